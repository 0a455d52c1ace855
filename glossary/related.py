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


def _ranked(entry: Entry) -> list[int]:
    """Keys of entries by how much connects them with `entry`, the strongest first."""
    scores: Counter[int] = Counter()
    made = entry.mentions_made.order_by("pk").values_list("target", flat=True)
    received = entry.mentions.order_by("-pk").values_list("source", flat=True)
    for mentioned in (made, received):
        for pk in mentioned[:LOOKED_AT]:
            scores[pk] += LINK_WEIGHT
    for topic in entry.memberships.values_list("tag", flat=True):
        members = EntryTopic.objects.filter(tag=topic).order_by("-pk")
        for pk in members.values_list("content_object", flat=True)[:LOOKED_AT]:
            scores[pk] += TOPIC_WEIGHT
    scores.pop(entry.pk, None)
    # By their keys alone: with the language as well, SQLite would walk through all of it.
    found = Entry.objects.filter(pk__in=scores).values_list("pk", "language", "state")
    wanted = (entry.language, Entry.State.PUBLISHED)
    kept = {pk for pk, *facts in found if tuple(facts) == wanted}
    return [
        pk for pk, _ in sorted(scores.items(), key=lambda item: (-item[1], item[0])) if pk in kept
    ]
