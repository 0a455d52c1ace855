"""Every address of the site; DESIGN's promises to the outside."""

from collections.abc import Iterable

from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, reverse

from authors.sitemaps import AuthorSitemap
from config import editor, views
from config.http import public_page
from config.languages import in_every_language
from config.sitemaps import SiteSitemap
from glossary.sitemaps import EntrySitemap, TopicSitemap


class PageSitemap(SiteSitemap):
    def items(self) -> Iterable[str]:
        return [
            "home",
            "glossary:index",
            "glossary:topics",
            "authors:index",
            "leads:consultation",
            "privacy",
        ]

    def location(self, item: str) -> str:
        return reverse(item)


SITEMAPS = {
    "pages": PageSitemap,
    "entries": EntrySitemap,
    "topics": TopicSitemap,
    "authors": AuthorSitemap,
}

urlpatterns = [
    path("admin/markdownx/upload/", editor.upload, name="markdownx_upload"),
    path("admin/markdownx/preview/", editor.preview, name="markdownx_markdownify"),
    path("admin/", admin.site.urls),
    path("media/<path:path>", views.media, name="media"),
    path("theme/<slug:colour>.css", views.theme, name="theme"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("sitemap.xml", public_page(sitemap), {"sitemaps": SITEMAPS}, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    *in_every_language(
        path("", views.home, name="home"),
        path("privacy/", views.privacy, name="privacy"),
        path("", include("glossary.urls")),
        path("", include("authors.urls")),
        path("", include("leads.urls")),
    ),
]
