"""Publishing what an import stored, when all of it is stored: links find their targets at once."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from django.db import transaction
from django.db.models import Q, QuerySet

from config import outbox
from glossary import addresses, names, publishing, relinking
from glossary.addresses import Found, Target
from glossary.importing import digests
from glossary.importing.report import Report
from glossary.models import Entry, TermName
from glossary.rendering import Lookups
from glossary.terms import TermIndex

BATCH = 50
"""Entries that one transaction publishes: well under a second of others' waiting."""
_AROUND = ("topics", "aliases", "internal_links")
MOST_TARGETS = 5_000
"""Link targets that are remembered."""


def show_all(prefix: str, report: Report, *, now: datetime) -> Iterator[tuple[int, int]]:
    """Publish what waits for it among the entries of `prefix`; yield (done, of how many).

    The rows themselves say what waits, so that it makes no difference whether
    this import stored them or one that was killed.
    """
    waiting = _waiting(prefix)
    total = waiting.count()
    if not total:
        return
    lookups = _lookups(waiting, now)
    places = {pk: place for place, pk in report.entries.items()}
    done = last = 0
    while pks := list(waiting.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            shown = [entry for entry in _locked(pks) if _show(entry, lookups, report, places, now)]
            _leave_the_rest(shown, now)
        last = pks[-1]
        done += len(pks)
        yield done, total


def _waiting(prefix: str) -> QuerySet[Entry]:
    marked = Entry.objects.filter(
        import_ref__startswith=prefix, import_digest__endswith=digests.PENDING
    )
    return marked.order_by("pk")


def _locked(pks: list[int]) -> QuerySet[Entry]:
    rows = Entry.objects.filter(pk__in=pks).order_by("pk").select_for_update(no_key=True)
    return rows.prefetch_related(*_AROUND)


def _show(
    entry: Entry, lookups: Lookups, report: Report, places: dict[int, str], now: datetime
) -> bool:
    """Publish `entry`, unless it was changed or withdrawn here meanwhile; return whether."""
    place = places.get(entry.pk, entry.import_ref or "")
    is_to_show = entry.state != Entry.State.WITHDRAWN
    if is_to_show and digests.is_changed_here(entry):
        report.skipped.append(f"{place}: changed here meanwhile; not published")
        is_to_show = False
    if is_to_show:
        if entry.state != Entry.State.PUBLISHED:
            entry.published_at = entry.published_at or now
            report.published.append(place)
        publishing.publish(entry, lookups=lookups, reload=False, now=now)
    entry.import_digest = entry.import_digest.rstrip(digests.PENDING)
    entry.save(update_fields=["import_digest"])
    return is_to_show


def _leave_the_rest(shown: list[Entry], now: datetime) -> None:
    """Let the worker see to the texts around the imported ones, and to what is related."""
    pks = [entry.pk for entry in shown]
    if not pks:
        return
    outbox.enqueue("glossary.relink", entries=pks)
    outbox.enqueue("glossary.relate", entries=pks)
    if dead := relinking.sources_of_dead_links(pks):
        # Withdrawn since this import began.
        outbox.enqueue("glossary.rerender", entries=sorted(dead))
    for entry in shown:
        if not entry.is_public(now):
            relinking.check_later(entry, now)


def _lookups(waiting: QuerySet[Entry], now: datetime) -> Lookups:
    """Answers for the texts of a whole import: what is public, and what it will make public."""
    to_be = waiting.filter(Q(published_at=None) | Q(published_at__lte=now)).exclude(
        state=Entry.State.WITHDRAWN
    )
    indexes: dict[str, TermIndex] = {}

    def index_for(text: str, *, language: str, own: list[TermName]) -> TermIndex:
        if language not in indexes:
            coming = _names_of(to_be.filter(language=language))
            indexes[language] = names.whole_index(language, also=coming, now=now)
        return indexes[language]

    @lru_cache(maxsize=MOST_TARGETS)
    def entry_at(target: Target) -> Found | None:
        language, slug = target
        pk = to_be.filter(language=language, slug=slug).values_list("pk", flat=True).first()
        if pk:
            return Found(pk, addresses.path_of(slug, language=language))
        return addresses.public_entry(target)

    return Lookups(now=now, entry_at=entry_at, index_for=index_for)


def _names_of(entries: QuerySet[Entry]) -> Iterator[TermName]:
    plain = entries.only("term", "slug", "language", "case_rule", "is_linked_to", "import_ref")
    for entry in plain.prefetch_related("aliases").iterator(chunk_size=500):
        yield from names.of(entry)
