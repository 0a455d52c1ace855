"""The sitemap's rules for this site: its own address, honest dates, files that stay small."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import SitemapIndexItem, sitemap
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from config import site


class SiteSitemap(Sitemap):
    """A sitemap section whose addresses start with SITE_URL, whatever host was asked.

    Sections are named in `config.urls`; each is one file per `limit` addresses,
    of which the protocol allows 50,000.
    """

    protocol = urlsplit(settings.SITE_URL).scheme
    limit = 10_000

    def get_domain(self, site: object = None) -> str:
        return urlsplit(settings.SITE_URL).netloc

    @property
    def paginator(self) -> Paginator:
        """Without a first page when there is nothing: an empty file is not valid."""
        items: Any = self.items()
        return Paginator(items, self.limit, allow_empty_first_page=False)

    def lastmod(self, item: Any) -> datetime | None:
        """When readers last saw `item` change, None when nobody knows."""
        return None

    def files(self) -> Iterator[tuple[int, datetime | None]]:
        """Yield the number and the latest `lastmod` of each file of the section."""
        paginator = self.paginator
        for number in paginator.page_range:
            updates = map(self.lastmod, paginator.page(number).object_list)
            yield number, max(filter(None, updates), default=None)


Sections = dict[str, type[SiteSitemap]]


def index(request: HttpRequest, sections: Sections) -> HttpResponse:
    """The list of all files, each with the date of the newest change in it."""
    files = []
    for name, section in sections.items():
        address = site.absolute(reverse("sitemap_section", args=[name]))
        for place, (number, newest) in enumerate(section().files()):
            location = f"{address}?p={number}" if place else address
            # The stubs take the type of Django's default for that of the value.
            files.append(SitemapIndexItem(location, newest))  # type: ignore[arg-type]
    response = render(
        request, "sitemap_index.xml", {"sitemaps": files}, content_type="application/xml"
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def section(request: HttpRequest, section: str, sections: Sections) -> HttpResponse:
    """One file of a section, ?p= from the second on."""
    response = sitemap(request, {**sections}, section=section)
    # A page that left the list makes it no newer, so that only the ETag tells.
    del response.headers["Last-Modified"]
    return response
