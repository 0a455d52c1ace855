"""Which entries are worth reading next: chosen by hand first, then by links and topics."""

from collections import Counter

from django.db import transaction

from config.models import OutboxMessage
from glossary.models import Entry, EntryTopic, RelatedEntry

MOST = 6
"""Related entries that are kept for a page, those chosen by hand included."""
LOOKED_AT = 60
"""Mentions, and members of each topic, that are looked at: bounded, however many there are."""

LINK_WEIGHT = 3
TOPIC_WEIGHT = 1


@transaction.atomic
def renew(entry: Entry) -> None:
    """Compute the related entries of `entry` again; those chosen by hand stay."""
    chosen = set(entry.related_entries.filter(is_chosen=True).values_list("other", flat=True))
    found = [pk for pk in _ranked(entry) if pk not in chosen][: max(0, MOST - len(chosen))]
    entry.related_entries.filter(is_chosen=False).delete()
    RelatedEntry.objects.bulk_create(
        [
            RelatedEntry(entry=entry, other_id=pk, position=place, is_chosen=False)
            for place, pk in enumerate(found, start=1)
        ],
        ignore_conflicts=True,
    )


def relate(message: OutboxMessage) -> None:
    """Outbox handler: compute the related entries of the published ones among `entries`."""
    for entry in Entry.objects.filter(
        pk__in=message.payload["entries"], state=Entry.State.PUBLISHED
    ).for_lists():
        renew(entry)


def mentioned(entry: Entry) -> list[int]:
    """Keys of the entries that the text of `entry` mentions."""
    return list(entry.mentions_made.order_by("pk").values_list("target", flat=True)[:LOOKED_AT])


def neighbours(entry: Entry) -> list[int]:
    """Keys of the entries that may find `entry` worth reading next."""
    found = set(mentioned(entry)).union(*_members(entry))
    return sorted(found - {entry.pk})


def _ranked(entry: Entry) -> list[int]:
    """Keys of entries by how much connects them with `entry`, the strongest first."""
    scores: Counter[int] = Counter()
    received = entry.mentions.order_by("-pk").values_list("source", flat=True)[:LOOKED_AT]
    for pk in (*mentioned(entry), *received):
        scores[pk] += LINK_WEIGHT
    for members in _members(entry):
        for pk in members:
            scores[pk] += TOPIC_WEIGHT
    scores.pop(entry.pk, None)
    # By their keys alone: with the language as well, SQLite would walk through all of it.
    found = Entry.objects.filter(pk__in=scores).values_list("pk", "language", "state")
    wanted = (entry.language, Entry.State.PUBLISHED)
    kept = {pk for pk, *facts in found if tuple(facts) == wanted}
    ranked = sorted(scores, key=lambda pk: (-scores[pk], pk))
    return [pk for pk in ranked if pk in kept]


def _members(entry: Entry) -> list[list[int]]:
    """Keys of the newest published entries about each topic of `entry`."""
    published = EntryTopic.objects.filter(content_object__state=Entry.State.PUBLISHED)
    return [
        list(
            published.filter(tag=topic)
            .order_by("-pk")
            .values_list("content_object", flat=True)[:LOOKED_AT]
        )
        for topic in entry.memberships.values_list("tag", flat=True)
    ]
