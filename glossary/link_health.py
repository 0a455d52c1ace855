"""Links that are missing or lead nowhere, asked for each entry along an index."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from glossary import addresses, external_links
from glossary.models import (
    Entry,
    EntryQuerySet,
    ExternalLink,
    InternalLink,
    Mention,
    NamedLink,
    OldSlug,
)

SHOWN = Entry.State.PUBLISHED
FIRST = 5
"""Entries that are named of those that share a link."""

First = tuple[list[tuple[str, int]], int]
"""(term, key) of the first entries of many, and how many there are."""


# Entries ------------------------------------------------------------------------------------


def orphans(entries: EntryQuerySet) -> EntryQuerySet:
    """Those among `entries` that the text of no other entry on the site links to."""
    here = {"language": OuterRef("language"), "slug": OuterRef("slug")}
    by_others = InternalLink.objects.filter(source__state=SHOWN, **here)
    at_old_address = OldSlug.objects.filter(
        Exists(by_others.exclude(source=OuterRef(OuterRef("pk")))), entry=OuterRef("pk")
    )
    return entries.exclude(
        Exists(Mention.objects.filter(target=OuterRef("pk"), is_link=True, source__state=SHOWN))
        | Exists(by_others.exclude(source=OuterRef("pk")))
        | Exists(at_old_address)
        | Exists(
            NamedLink.objects.filter(target=OuterRef("pk"), source__state=SHOWN).exclude(
                source=OuterRef("pk")
            )
        )
    )


def dead_ends(entries: EntryQuerySet) -> EntryQuerySet:
    """Those among `entries` whose texts link to no other entry on the site."""
    own = {"source": OuterRef("pk")}
    addressed = InternalLink.objects.filter(_leads_somewhere(besides=OuterRef("source")), **own)
    named = NamedLink.objects.filter(target__state=SHOWN, **own)
    return entries.exclude(
        Exists(Mention.objects.filter(is_link=True, target__state=SHOWN, **own))
        | Exists(addressed)
        | Exists(named.exclude(target=OuterRef("pk")))
    )


def with_dropped_links(entries: EntryQuerySet) -> EntryQuerySet:
    """Those among `entries` whose texts name an entry that readers cannot see, or none."""
    return entries.filter(
        Exists(_dropped_addresses().filter(source=OuterRef("pk")))
        | Exists(_dropped_names().filter(source=OuterRef("pk")))
    )


def dropped_in(entries: Iterable[int]) -> dict[int, list[str]]:
    """Return where the texts of `entries` (keys) lead in vain. Two queries."""
    found: dict[int, list[str]] = defaultdict(list)
    keys = list(entries)
    links = _dropped_addresses().filter(source__in=keys).order_by("language", "slug")
    for source, language, slug in links.values_list("source", "language", "slug"):
        found[source].append(addresses.path_of(slug, language=language))
    names = _dropped_names().filter(source__in=keys).order_by("key")
    for source, text in names.values_list("source", "text"):
        found[source].append(f"[[{text}]]")
    return found


def _dropped_addresses() -> QuerySet[InternalLink]:
    return InternalLink.objects.exclude(_leads_somewhere())


def _dropped_names() -> QuerySet[NamedLink]:
    """Names of entries that are not on the site; those of none are wanted terms."""
    return NamedLink.objects.filter(target__isnull=False).exclude(target__state=SHOWN)


def _leads_somewhere(besides: OuterRef | None = None) -> Q:
    """That an InternalLink leads to an entry on the site, at its address or an old one."""
    here = {"language": OuterRef("language"), "slug": OuterRef("slug")}
    entries = Entry.objects.filter(state=SHOWN, **here)
    old = OldSlug.objects.filter(entry__state=SHOWN, **here)
    if besides is not None:
        entries, old = entries.exclude(pk=besides), old.exclude(entry=besides)
    return Q(Exists(entries)) | Q(Exists(old))


# Terms without an entry, and addresses elsewhere ---------------------------------------------


def wanted(sources: Q) -> QuerySet[NamedLink, Any]:
    """Return terms that texts name and no entry explains, with how many texts do.

    `sources` is a condition on the naming entries, by "source__…".
    """
    named = NamedLink.objects.filter(sources, target=None)
    found = named.order_by().values("key", "source__language")
    counted = found.annotate(text=Min("text"), number=Count("pk"))
    return counted.order_by("-number", "key", "source__language")


def sources_of(terms: Iterable[dict[str, Any]], sources: Q) -> dict[tuple[str, str], First]:
    """Return the first texts that name each of `terms`, rows of `wanted`. One query."""
    keys = {term["key"] for term in terms}
    named = NamedLink.objects.filter(sources, target=None, key__in=keys)
    by = ("key", "source__language")
    return _first(named, by=by, term="source__term", entry="source")


def entries_leading_to(links: Iterable[ExternalLink]) -> dict[tuple[int], First]:
    """Return the first entries on the site that lead to each of `links`. One query."""
    leads = external_links.leads_of_shown().filter(externallink__in=list(links))
    return _first(leads, by=("externallink",), term="entry__term", entry="entry")


def _first(rows: QuerySet, *, by: tuple[str, ...], term: str, entry: str) -> dict[Any, First]:
    """The first entries of each group of `rows`, and how many each has."""
    place = Window(RowNumber(), partition_by=list(by), order_by=[F(term), F(entry)])
    total = Window(Count("pk"), partition_by=list(by))
    numbered = rows.order_by().annotate(place=place, total=total).filter(place__lte=FIRST)
    found: dict[Any, First] = {}
    for row in numbered.order_by(*by, "place").values_list(*by, term, entry, "total"):
        *group, name, key, count = row
        shown, _ = found.setdefault(tuple(group), ([], count))
        shown.append((name, key))
    return found
