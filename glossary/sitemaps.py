"""The glossary's addresses for search engines, dated by the updates that readers saw."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from django.db.models import Max, OuterRef, Subquery
from django.utils import translation

from authors.models import Author, AuthorQuerySet
from config import site
from config.sitemaps import SiteSitemap
from glossary.models import Entry, EntryQuerySet, Topic


def languages() -> list[str]:
    """Return the languages that have public entries; one query."""
    published = Entry.objects.published().order_by("language")
    return list(published.values_list("language", flat=True).distinct())


class EntrySitemap(SiteSitemap):
    """Every published entry of every language, in an order that new ones do not disturb."""

    def items(self) -> EntryQuerySet:
        return Entry.objects.published().only("slug", "language", "updated_at").order_by("pk")

    def lastmod(self, item: Entry) -> datetime | None:
        return item.updated_at

    def files(self) -> Iterator[datetime | None]:
        """One query that reads a column, however many files there are."""
        updates = self.items().values_list("updated_at", flat=True).iterator()
        while updates_of_file := list(islice(updates, self.limit)):
            yield max(filter(None, updates_of_file), default=None)


class TopicSitemap(SiteSitemap):
    """Each topic once per language that has entries about it, as new as the newest of them."""

    def items(self) -> list[tuple[Topic, str]]:
        return [
            (topic, language)
            for language in languages()
            for topic in Topic.objects.used_by(
                Entry.objects.published().in_language(language)
            ).annotate(newest=Max("memberships__content_object__updated_at"))
        ]

    def location(self, item: tuple[Topic, str]) -> str:
        topic, language = item
        with translation.override(language):
            return topic.get_absolute_url()

    def lastmod(self, item: tuple[Topic, str]) -> datetime | None:
        return item[0].newest


class AuthorSitemap(SiteSitemap):
    """Each visible author, as new as the newest entry that their page lists."""

    def items(self) -> AuthorQuerySet:
        listed = Entry.objects.published().in_language(site.current().language)
        of_author = listed.filter(author=OuterRef("pk")).order_by().values("author")
        newest = of_author.annotate(newest=Max("updated_at")).values("newest")
        return Author.objects.visible().annotate(newest=Subquery(newest)).order_by("pk")

    def location(self, item: Author) -> str:
        with translation.override(site.current().language):
            return item.get_absolute_url()

    def lastmod(self, item: Author) -> datetime | None:
        return item.newest  # type: ignore[attr-defined] # annotated above
