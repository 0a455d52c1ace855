"""New and updated entries as an Atom feed (RFC 4287)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, SyndicationFeed
from django.utils.html import escape
from django.utils.translation import get_language

from config import site
from glossary.models import Entry

LENGTH = 30


class AtomFeed(Atom1Feed):
    """Django's, the same at any time: one without entries does not say that it is of now."""

    def latest_post_date(self) -> datetime:
        return super().latest_post_date() if self.items else datetime.fromtimestamp(0, UTC)


class EntryFeed(Feed):
    """The feed of one language; an item keeps its id whatever happens to its address."""

    feed_type = AtomFeed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Compared by its ETag alone: a withdrawn entry changes the feed, but no date in it."""
        response = super().__call__(request, *args, **kwargs)
        del response.headers["Last-Modified"]
        return response

    def get_feed(self, obj: None, request: HttpRequest) -> SyndicationFeed:
        feed = super().get_feed(obj, request)
        # Django builds these from the request's host; ours come from SITE_URL.
        feed.feed["link"] = site.absolute(reverse("glossary:index"))
        feed.feed["feed_url"] = site.absolute(request.path)
        feed.feed["id"] = feed.feed["link"]
        feed.feed["language"] = get_language()
        return feed

    def title(self) -> str:
        return site.current().name

    def description(self) -> str:
        return site.current().tagline

    subtitle = description

    def link(self) -> str:
        return site.absolute(reverse("glossary:index"))

    def items(self) -> Iterable[Entry]:
        published = Entry.objects.published().in_language(get_language()).with_people()
        return published.defer("body", "body_html", "contents").order_by("-updated_at", "-pk")[
            :LENGTH
        ]

    def item_title(self, item: Entry) -> str:
        return item.title

    def item_description(self, item: Entry) -> str:
        # Django calls every summary HTML; ours is plain text.
        return escape(item.short_definition or item.description)

    def item_link(self, item: Entry) -> str:
        return site.absolute(item.get_absolute_url())

    def item_guid(self, item: Entry) -> str:
        """A tag URI (RFC 4151): host, the year of the format, the row."""
        return f"tag:{urlsplit(settings.SITE_URL).hostname},2026:entry/{item.pk}"

    def item_pubdate(self, item: Entry) -> datetime | None:
        return item.published_at

    def item_updateddate(self, item: Entry) -> datetime | None:
        return item.updated_at

    def item_author_name(self, item: Entry) -> str:
        return item.visible_author.name if item.visible_author else site.current().publisher

    def item_categories(self, item: Entry) -> list[str]:
        return [topic["name"] for topic in item.public_topics]
