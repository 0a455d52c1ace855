"""The glossary's addresses for search engines, dated by the updates that readers saw."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db.models import F, OuterRef, Subquery
from django.utils import translation

from authors.models import Author, AuthorQuerySet
from config import site
from config.http import key_of
from config.sitemaps import SiteSitemap
from glossary.models import Entry, EntryQuerySet, EntryTopic, Topic
from glossary.models.orders import SITEMAP_FILE, steps


def languages() -> list[str]:
    """Return the languages that have public entries; one query."""
    return [code for code, _ in steps(Entry.objects.published(), by="glossary_entry.language")]


class EntryFiles(Paginator):
    """The files of the entries' section: each covers a stretch of keys, so none counts the others.

    The first is the first that has entries. A file that one of them leaves
    stays where it is.
    """

    def page(self, number: int | str) -> Page:
        """Return the entries of a file, in one or two queries.

        Raises PageNotAnInteger and EmptyPage.
        """
        place = key_of(str(number))
        if place is None:
            raise PageNotAnInteger(number)
        entries: Any = self.object_list
        if place == 1:
            first = entries.order_by("pk").values_list("pk", flat=True).first() or 0
            place = first // self.per_page + 1
        keys = range((place - 1) * self.per_page, place * self.per_page)
        found = list(entries.filter(pk__gte=keys.start, pk__lt=keys.stop).order_by("pk"))
        if not found:
            raise EmptyPage(number)
        return Page(found, place, self)

    def newest(self) -> list[tuple[int, datetime | None]]:
        """Return the numbers of the files and the latest update in each; one query."""
        entries: Any = self.object_list
        by = f"glossary_entry.id / {self.per_page:d}"
        found = steps(entries, by=by, above="-1", beside="max(glossary_entry.updated_at)")
        return [(place + 1, _moment(said)) for place, said in found]


def _moment(said: datetime | str | None) -> datetime | None:
    """A time as the database says it; SQLite has but words for one."""
    return datetime.fromisoformat(said).replace(tzinfo=UTC) if isinstance(said, str) else said


class EntrySitemap(SiteSitemap):
    """Every published entry of every language, in an order that new ones do not disturb."""

    limit = SITEMAP_FILE

    def items(self) -> EntryQuerySet:
        return Entry.objects.published().only("slug", "language", "updated_at")

    @property
    def paginator(self) -> EntryFiles:
        return EntryFiles(self.items(), self.limit)

    def lastmod(self, item: Entry) -> datetime | None:
        return item.updated_at

    def files(self) -> Iterator[tuple[int, datetime | None]]:
        """One query that asks for each file's newest, along an index."""
        yield from self.paginator.newest()


class TopicSitemap(SiteSitemap):
    """Each topic once per language that has entries about it, as new as the newest of them."""

    def items(self) -> list[tuple[Topic, str]]:
        return [
            (topic, language)
            for language in languages()
            for topic in Topic.objects.in_use(language).annotate(newest=_newest(language))
        ]

    def location(self, item: tuple[Topic, str]) -> str:
        topic, language = item
        with translation.override(language):
            return topic.get_absolute_url()

    def lastmod(self, item: tuple[Topic, str]) -> datetime | None:
        return item[0].newest


def _newest(language: str) -> Subquery:
    """The latest update of the entries about a topic."""
    public = EntryTopic.objects.filter(tag=OuterRef("pk")).public(language)
    return Subquery(public.order_by(F("updated_at").desc()).values("updated_at")[:1])


class AuthorSitemap(SiteSitemap):
    """Each visible author, as new as the newest entry that their page lists."""

    def items(self) -> AuthorQuerySet:
        listed = Entry.objects.published().in_language(site.current().language)
        of_author = listed.filter(author=OuterRef("pk")).order_by(F("updated_at").desc())
        newest = Subquery(of_author.values("updated_at")[:1])
        return Author.objects.visible().annotate(newest=newest).order_by("pk")

    def location(self, item: Author) -> str:
        with translation.override(site.current().language):
            return item.get_absolute_url()

    def lastmod(self, item: Author) -> datetime | None:
        return item.newest  # type: ignore[attr-defined] # annotated above
