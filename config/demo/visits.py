"""What the demonstration's pages brought in, as if it had been open for three months."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from glossary.models import Entry
from leads import consenting, ledger, offers
from leads.arrival import Trail
from leads.consenting import Agreement
from leads.models import Attribution, Consent, DayCount, Position

DAYS = 90
UNSEEN = 2
"""Of the newest entries, those that nobody has found yet."""
_PLACES = (Position.HEADER, Position.LINE, Position.END, Position.END, Position.BAR)
_READERS_A_DAY = 28
_CLICKS_OF_A_HUNDRED = 2.4
_SHARED = "Share what I read and searched for here, so that you can prepare our talk."
TRAILS = {
    "Helena Prates": Trail(
        position=Position.END,
        landing_path="/glossary/robotic-process-automation/",
        referrer_host="www.google.com",
        read=(
            "/glossary/robotic-process-automation/",
            "/glossary/chatbot/",
            "/glossary/human-in-the-loop/",
            "/glossary/workflow-automation/",
        ),
        searched=("read orders from whatsapp", "rpa or workflow automation"),
    ),
    "Martin Oyelaran": Trail(
        position=Position.HEADER,
        landing_path="/glossary/machine-learning-engineer/",
        referrer_host="chatgpt.com",
        utm={"utm_source": "chatgpt.com"},
    ),
    "Yusuf Demir": Trail(
        position=Position.LINE,
        landing_path="/glossary/chatbot/",
        referrer_host="www.linkedin.com",
        utm={"utm_source": "linkedin", "utm_medium": "post", "utm_campaign": "chatbots"},
        read=("/glossary/chatbot/", "/glossary/large-language-model/", "/glossary/prompt/"),
    ),
    "Annika Weiss": Trail(position=Position.LINE, referrer_host="duckduckgo.com"),
    "Carla Monteiro": Trail(position=Position.BAR, landing_path="/glossary/data-pipeline/"),
}
"""How some of the people came who asked, by their names."""


def load(now: datetime) -> None:
    """Count three months of visits and say who came how, unless anything has been counted yet."""
    if DayCount.objects.exists():
        return
    today = ledger.day_of(now)
    entries = offers.with_offers(Entry.objects.published(now)).order_by("published_at", "pk")
    rows = [
        row
        for rank, entry in enumerate([*entries][:-UNSEEN], start=1)
        for row in _of_entry(entry, rank, today)
    ]
    DayCount.objects.bulk_create(rows)
    for name, trail in TRAILS.items():
        _came(name, trail)


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


def _came(name: str, trail: Trail) -> None:
    """Write down how the person of this name came, and that they agreed to what they share."""
    lines = Attribution.objects.filter(lead__submission__startswith="demo ", lead__name=name)
    for line in lines.select_related("lead"):
        Attribution.objects.filter(pk=line.pk).update(**trail.columns)
        if trail.read and line.lead:
            shares = Agreement(Consent.Purpose.READING, _SHARED)
            consenting.record(line.lead, [shares], page="/consultation/", now=line.lead.created_at)
