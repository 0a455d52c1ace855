"""What the demonstration's pages were looked at, as if it had been open for three months."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from glossary.models import Entry
from leads import ledger, offers
from leads.models import DayCount, Position

DAYS = 90
UNSEEN = 2
"""Of the entries, those that nobody has found yet."""
_PLACES = (Position.HEADER, Position.LINE, Position.END, Position.END, Position.BAR)
_READERS_A_DAY = 28
_CLICKS_OF_A_HUNDRED = 2.4


def load(now: datetime) -> None:
    """Count three months of visits, unless anything has been counted before."""
    if DayCount.objects.exists():
        return
    today = ledger.day_of(now)
    entries = offers.with_offers(Entry.objects.published(now)).order_by("published_at", "pk")
    rows = [
        row
        for rank, entry in enumerate(entries[UNSEEN:], start=1)
        for row in _of_entry(entry, rank, today)
    ]
    DayCount.objects.bulk_create(rows)


def _of_entry(entry: Entry, rank: int, today: date) -> Iterator[DayCount]:
    """The visits of one entry: the first are read most, and at weekends few people read."""
    chance = Random(entry.slug)  # noqa: S311 - nothing secret
    offer = getattr(entry, "shown_offer") or 0  # noqa: B009 - not declared
    for before in range(DAYS):
        day = today - timedelta(days=before)
        usual = _READERS_A_DAY / rank**0.6 * (0.35 if day.weekday() > 4 else 1)
        usual *= 1 - 0.4 * before / DAYS
        views = round(chance.uniform(0.5, 1.5) * usual)
        if views:
            yield DayCount(
                day=day,
                kind=DayCount.Kind.VIEW,
                entry_key=entry.pk,
                offer_key=offer,
                times=views,
            )
        if chance.random() * 100 < views * _CLICKS_OF_A_HUNDRED:
            yield DayCount(
                day=day,
                kind=DayCount.Kind.CLICK,
                entry_key=entry.pk,
                offer_key=offer,
                position=chance.choice(_PLACES),
                times=1,
            )
