"""What readers see of an entry: its row and everything around it, in one query."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from config.alphabet import fold
from config.prepared import PreparedQuery
from config.rows import JsonRows
from config.slugs import slugify
from glossary import rendering
from glossary.models import (
    Comparison,
    Entry,
    Mention,
    OldSlug,
    PathStep,
    RelatedEntry,
    Revision,
    TermName,
)
from glossary.models.entries import is_public

Row = dict[str, Any]

MOST_RELATED = 6
MOST_MENTIONS = 5
MOST_CHANGES = 20


@dataclass(frozen=True)
class EntryPage:
    """An entry with what its page shows around the text; each row is a dictionary."""

    entry: Entry
    related: list[Row]
    mentions: list[Row]
    """One more than are shown, if there are more."""
    comparisons: list[Row]
    paths: list[Row]
    previous: list[Row]
    """The entry before this one in the alphabet, if there is one."""
    following: list[Row]
    changes: list[Row]
    """What readers are told of, the newest first."""


def page_of(slug: str, *, language: str, now: datetime | None = None) -> EntryPage | None:
    """Return the page of the public entry at `slug`; one query.

    A change whose time has come is shown even before the worker has put it in
    its place, which costs a few queries until then.
    """
    now = now or timezone.now()
    entry = _PAGE.first(slug=slug, language=language, now=now)
    if entry is None:
        return None
    if entry.planned_at and entry.planned_id and entry.planned_at <= now:
        rendering.show_planned(entry)
    return EntryPage(entry, **{name: getattr(entry, f"{name}_rows") for name in _AROUND})


@dataclass(frozen=True)
class Told:
    """A change of an entry, as its page tells it."""

    at: datetime
    kind: str
    why: str

    @classmethod
    def of(cls, row: Row) -> "Told":
        """From a row as JSON, in which SQLite leaves out that the time is UTC."""
        at = datetime.fromisoformat(row["at"])
        return cls(at if at.tzinfo else at.replace(tzinfo=UTC), row["kind"], row["why"])


def entry_called(slug: str, *, language: str, now: datetime | None = None) -> Entry | None:
    """Return the public entry that `slug` once led to, or whose name it is.

    Case and accents do not matter; an entry's own term goes before another
    one's alias. None where two entries claim an alias. At most three queries.
    """
    public = Entry.objects.published(now).for_lists()
    plain = slugify(slug)
    old = OldSlug.objects.filter(language=language, slug__in={slug, plain})
    for known in sorted(old, key=lambda each: each.slug != slug):
        if entry := public.filter(pk=known.entry_id).first():
            return entry
    names = TermName.objects.filter(is_public("entry__", now), language=language, slug=plain)
    claims = dict(names.order_by("is_term").values_list("entry", "is_term")) if plain else {}
    terms = [pk for pk, is_term in claims.items() if is_term] or list(claims)
    return public.filter(pk=terms[0]).first() if len(terms) == 1 else None


def entry_named(name: str, *, language: str, now: datetime | None = None) -> Entry | None:
    """Return a public entry whose term or alias is `name`, its term rather. One query."""
    names = TermName.objects.filter(
        is_public("entry__", now), language=language, search_key=fold(name)[:200]
    )
    first = names.order_by("-is_term", "pk").values("entry")[:1]
    return Entry.objects.published(now).for_lists().filter(pk__in=Subquery(first)).first()


def is_gone(slug: str, *, language: str, now: datetime | None = None) -> bool:
    """Whether readers once found an entry at `slug` that was withdrawn. One query."""
    old = OldSlug.objects.filter(language=language, slug=slug).values("entry")
    here = Q(language=language, slug=slug) | Q(pk__in=old)
    return Entry.objects.withdrawn(now).filter(here).exists()


def mentions_of(entry: Entry, now: datetime | None = None) -> QuerySet[Mention]:
    """Return the mentions of `entry` in public entries of its language, with their sources.

    In the order in which they were found, as on the entry's page.
    """
    mentions = Mention.objects.filter(
        is_public("source__", now), target=entry, source__language=entry.language
    )
    shown = ("sentence", "start", "length", "source__term", "source__slug")
    return mentions.select_related("source").only(*shown).order_by("pk")


def _related(now: datetime | None) -> JsonRows:
    related = RelatedEntry.objects.filter(
        is_public("other__", now), entry=OuterRef("pk"), other__language=OuterRef("language")
    )
    return JsonRows(
        related.order_by("-is_chosen", "position", "pk")[:MOST_RELATED],
        term="other__term",
        slug="other__slug",
        definition="other__short_definition",
    )


def _mentions(now: datetime | None) -> JsonRows:
    mentions = Mention.objects.filter(
        is_public("source__", now), target=OuterRef("pk"), source__language=OuterRef("language")
    )
    return JsonRows(
        mentions.order_by("pk")[: MOST_MENTIONS + 1],
        term="source__term",
        slug="source__slug",
        sentence="sentence",
        start="start",
        length="length",
    )


def _comparisons(now: datetime | None) -> JsonRows:
    published = Comparison.objects.published(now)
    return JsonRows(
        published.filter(Q(left=OuterRef("pk")) | Q(right=OuterRef("pk"))),
        left="left__term",
        right="right__term",
        left_slug="left__slug",
        right_slug="right__slug",
    )


def _paths(now: datetime | None) -> JsonRows:
    """The learning paths that hold the entry, each with the step after it."""
    later = Q(position__gt=OuterRef("position")) | Q(
        position=OuterRef("position"), pk__gt=OuterRef("pk")
    )
    following = PathStep.objects.filter(later, is_public("entry__", now), path=OuterRef("path"))
    first = following.order_by("position", "pk")
    return JsonRows(
        PathStep.objects.filter(
            entry=OuterRef("pk"), path__is_published=True, path__language=OuterRef("language")
        ),
        title="path__title",
        slug="path__slug",
        next_term=Subquery(first.values("entry__term")[:1]),
        next_slug=Subquery(first.values("entry__slug")[:1]),
    )


def _changes(now: datetime | None) -> JsonRows:
    told = Revision.objects.told(now).filter(entry=OuterRef("pk"))
    return JsonRows(
        told.order_by("-published_at", "-pk")[:MOST_CHANGES],
        at="published_at",
        kind="change",
        why="why",
    )


def _neighbour(now: datetime | None, *, is_next: bool) -> JsonRows:
    """The entry before or after this one in the alphabet."""
    public = Entry.objects.published(now).filter(language=OuterRef("language"))
    if is_next:
        beyond = public.filter(sort_key__gte=OuterRef("sort_key")).exclude(
            sort_key=OuterRef("sort_key"), pk__lte=OuterRef("pk")
        )
        ordered = beyond.order_by("sort_key", "pk")
    else:
        beyond = public.filter(sort_key__lte=OuterRef("sort_key")).exclude(
            sort_key=OuterRef("sort_key"), pk__gte=OuterRef("pk")
        )
        ordered = beyond.order_by("-sort_key", "-pk")
    return JsonRows(ordered[:1], term=F("term"), slug=F("slug"))


_AROUND: dict[str, Callable[[datetime], JsonRows]] = {
    "related": _related,
    "mentions": _mentions,
    "comparisons": _comparisons,
    "paths": _paths,
    "previous": partial(_neighbour, is_next=False),
    "following": partial(_neighbour, is_next=True),
    "changes": _changes,
}


def _page(slug: str, language: str, now: datetime) -> QuerySet[Entry]:
    """The entry with all that its page shows around the text, as `…_rows`."""
    rows = {f"{name}_rows": make(now) for name, make in _AROUND.items()}
    entries = Entry.objects.published(now).with_people().in_language(language).filter(slug=slug)
    return entries.defer("body", "anchors").annotate(**rows)


_PAGE = PreparedQuery(
    _page, slug="the slug", language="the language", now=datetime(1, 1, 1, tzinfo=UTC)
)
