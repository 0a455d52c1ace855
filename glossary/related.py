"""Which entries are worth reading next: chosen by hand first, then by links and topics."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from config import outbox
from config.models import OutboxMessage
from glossary.models import Entry, EntryTopic, Mention, RelatedEntry

MOST = 6
"""Related entries that are kept for a page, those chosen by hand included."""
LOOKED_AT = 60
"""Mentions, and members of each topic, that are looked at: bounded, however many there are."""

BATCH = 25
"""Entries that are looked at together, and locked meanwhile; SQLite has others wait so long."""
PATIENCE = timedelta(seconds=5)
"""After which entries that others had locked are looked at again."""
KEYS_PER_QUERY = 1_000

LINK_WEIGHT = 3
TOPIC_WEIGHT = 1

_FACTS = ("pk", "language", "state")


def renew(entry: Entry) -> None:
    """Compute the related entries of `entry` again; those chosen by hand stay."""
    renew_all([entry.pk])


def renew_all(entries: Iterable[int]) -> None:
    """The same for several entries (keys).

    Those that another transaction holds are left to the outbox. Eleven queries,
    whatever their number up to `BATCH`, and one for each topic they have.
    """
    keys = sorted(entries)
    for start in range(0, len(keys), BATCH):
        _renew(keys[start : start + BATCH])


@transaction.atomic
def _renew(wanted: list[int]) -> None:
    # What was looked at before may be outdated when it is written. Waiting for an entry while
    # others are held could end with two who wait for each other.
    free = Entry.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=wanted)
    keys = list(free.order_by("pk").values_list("pk", flat=True))
    if busy := sorted(set(wanted) - set(keys)):
        outbox.enqueue("glossary.relate", due_at=timezone.now() + PATIENCE, entries=busy)
    stored: dict[int, list[RelatedEntry]] = {pk: [] for pk in keys}
    for row in RelatedEntry.objects.filter(entry__in=keys).order_by("pk"):
        stored[row.entry_id].append(row)
    ranked = _ranked(keys)
    gone: list[int] = []
    changed: list[RelatedEntry] = []
    for pk in keys:
        chosen = {row.other_id for row in stored[pk] if row.is_chosen}
        room = max(0, MOST - len(chosen))
        found = [other for other in ranked[pk] if other not in chosen][:room]
        places = {row.other_id: row.position for row in stored[pk] if not row.is_chosen}
        gone += [row.pk for row in stored[pk] if not row.is_chosen and row.other_id not in found]
        changed += [
            RelatedEntry(entry_id=pk, other_id=other, position=place, is_chosen=False)
            for place, other in enumerate(found, start=1)
            if places.get(other) != place
        ]
    if gone:
        RelatedEntry.objects.filter(pk__in=gone).delete()
    RelatedEntry.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["entry", "other", "is_chosen"],
        update_fields=["position"],
    )


def relate(message: OutboxMessage) -> None:
    """Outbox handler: compute the related entries of the published ones among `entries`."""
    keys = message.payload["entries"]
    published = Entry.objects.filter(pk__in=keys, state=Entry.State.PUBLISHED)
    renew_all(published.values_list("pk", flat=True))


def mentioned(entry: Entry) -> list[int]:
    """Keys of the entries that the text of `entry` mentions."""
    return list(entry.mentions_made.order_by("pk").values_list("target", flat=True)[:LOOKED_AT])


def neighbours(entry: Entry) -> list[int]:
    """Keys of the entries that may find `entry` worth reading next."""
    topics = entry.memberships.values_list("tag", flat=True)
    found = set(mentioned(entry)).union(*map(_Members(), topics))
    return sorted(found - {entry.pk})


class _Members:
    """Keys of the newest published entries about a topic, each asked for once."""

    def __init__(self) -> None:
        self.known: dict[int, list[int]] = {}

    def __call__(self, topic: int) -> list[int]:
        if topic not in self.known:
            about = EntryTopic.objects.filter(
                tag=topic, content_object__state=Entry.State.PUBLISHED
            )
            newest = about.order_by("-pk").values_list("content_object", flat=True)
            self.known[topic] = list(newest[:LOOKED_AT])
        return self.known[topic]


def _ranked(keys: list[int]) -> dict[int, list[int]]:
    """For each of `keys` those of others by how much connects the two, the strongest first."""
    members = _Members()
    scores: dict[int, Counter[int]] = {pk: Counter() for pk in keys}
    for pk, others in _mentioned_by(keys).items():
        for other in others[:LOOKED_AT]:
            scores[pk][other] += LINK_WEIGHT
    for pk, other in _newest_mentioning(keys):
        scores[pk][other] += LINK_WEIGHT
    memberships = EntryTopic.objects.filter(content_object__in=keys)
    for pk, topic in memberships.values_list("content_object", "tag"):
        for other in members(topic):
            scores[pk][other] += TOPIC_WEIGHT
    facts = _facts({*keys, *(other for found in scores.values() for other in found)})
    return {pk: _best(pk, found, facts) for pk, found in scores.items()}


def _best(pk: int, scores: Counter[int], facts: dict[int, tuple[str, str]]) -> list[int]:
    """Published entries in the language of `pk`, the strongest first."""
    wanted = (facts[pk][0], Entry.State.PUBLISHED) if pk in facts else None
    kept = [other for other in scores if facts.get(other) == wanted and other != pk]
    return sorted(kept, key=lambda other: (-scores[other], other))


def _facts(keys: set[int]) -> dict[int, tuple[str, str]]:
    """Language and state of entries; one query for each 1,000."""
    ordered = sorted(keys)
    found: dict[int, tuple[str, str]] = {}
    for start in range(0, len(ordered), KEYS_PER_QUERY):
        # By their keys alone: with the language as well, SQLite would walk through all of it.
        some = Entry.objects.filter(pk__in=ordered[start : start + KEYS_PER_QUERY])
        found |= {pk: (language, state) for pk, language, state in some.values_list(*_FACTS)}
    return found


def _mentioned_by(keys: list[int]) -> dict[int, list[int]]:
    """Whom each of `keys` mentions, in the order in which that was found."""
    found: dict[int, list[int]] = {}
    mentions = Mention.objects.filter(source__in=keys).order_by("source", "pk")
    for source, target in mentions.values_list("source", "target"):
        found.setdefault(source, []).append(target)
    return found


def _newest_mentioning(keys: list[int]) -> list[tuple[int, int]]:
    """Each of `keys` with those that mention it, the newest; one query."""
    # A part for each: some are mentioned by so many that all of them must not be read.
    part = (
        "SELECT * FROM (SELECT target_id, source_id FROM glossary_mention"
        " WHERE target_id = %s ORDER BY id DESC LIMIT %s) AS newest"
    )
    with connection.cursor() as cursor:
        limited = [value for pk in keys for value in (pk, LOOKED_AT)]
        cursor.execute(" UNION ALL ".join([part] * len(keys)), limited)
        return list(cursor.fetchall())
