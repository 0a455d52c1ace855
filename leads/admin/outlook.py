"""What visitors can choose from now, and why there is nothing, in words for staff."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from leads import availability, clock, hours, schedules
from leads.availability import Schedule
from leads.models import Calendar, Offer

SHOWN = 5
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Outlook:
    """The next times of an offer in one calendar or, without any, the reason."""

    offer: Offer
    times: Sequence[datetime]
    why_none: str


def of_calendar(calendar: Calendar, *, now: datetime | None = None) -> list[Outlook]:
    """Return the outlook of each offer that has `calendar`; three queries each, and one."""
    now = now or timezone.now()
    return [_outlook(calendar, offer, now) for offer in calendar.offers.all()]


def _outlook(calendar: Calendar, offer: Offer, now: datetime) -> Outlook:
    schedule = schedules.of([calendar], offer, now=now)[calendar]
    times = _times(schedule, offer, now) if calendar.author.is_visible else []
    why_none = "" if times else _why_none(calendar, schedule, offer, now)
    return Outlook(offer, times[:SHOWN], why_none)


def of_offer(offer: Offer, *, now: datetime | None = None) -> str:
    """Say what visitors of the page of `offer` see; at most five queries."""
    now = now or timezone.now()
    if not offer.is_active:
        return "Not active: no page leads to this offer, and its own address is closed."
    if offer.is_paused:
        return "Paused: visitors see no times, and can leave a request."
    calendars = schedules.calendars_of(offer)
    if not calendars:
        is_hidden = offer.calendars.exists()
        why = "Its hosts are not shown as authors" if is_hidden else "No host"
        return f"{why}: visitors leave a request without a time."
    found = schedules.of(calendars, offer, now=now)
    times = sorted({at for each in found.values() for at in _times(each, offer, now)})
    if times:
        return _in_numbers(times, calendars[0], now)
    reasons = [
        f"{calendar.author.name}: {_why_none(calendar, schedule, offer, now)}"
        for calendar, schedule in found.items()
    ]
    return " ".join(["No free time: visitors leave a request.", *reasons])


def _in_numbers(times: Sequence[datetime], calendar: Calendar, now: datetime) -> str:
    first = clock.whole(times[0], calendar.zone)
    count = sum(at < now + _WEEK for at in times)
    if not count:
        return f"No free time in the next 7 days; the first is on {first}."
    plural = "s" if count > 1 else ""
    return f"{count} free time{plural} in the next 7 days, the first on {first}."


def _times(schedule: Schedule, offer: Offer, now: datetime) -> list[datetime]:
    last = now + timedelta(days=offer.horizon + 2)
    return availability.slots(schedule, offer.rules, first=now, last=last, now=now)


def _why_none(calendar: Calendar, schedule: Schedule, offer: Offer, now: datetime) -> str:
    if not offer.is_active:
        return "the offer is not active."
    if offer.is_paused:
        return "the offer is paused."
    if not calendar.author.is_visible:
        return "the host is not shown as an author."
    if not calendar.knows_plans(now):
        return "closed, because there is no good copy of the calendar to respect."
    if not any(calendar.weekly) and not any(schedule.overrides.values()):
        return "no opening hours."
    days = "the next day" if offer.horizon == 1 else f"the next {offer.horizon} days"
    if not _times(replace(schedule, taken=(), booked={}), offer, now):
        return f"no opening hours that fit in {days}."
    return f"everything is booked or blocked in {days}."


def outside_hours(calendar: Calendar, *, now: datetime | None = None) -> int:
    """Return how many talks to come no longer lie within the hours; three queries."""
    overrides = {row.day: hours.parse(row.hours) for row in calendar.overrides.all()}
    away = list(calendar.blocked.values_list("starts_at", "ends_at"))
    talks = calendar.bookings.upcoming(now).without_lapsed(now)
    return sum(
        not _is_open(calendar, overrides, start, end)
        or any(begins < end and ends > start for begins, ends in away)
        for start, end in talks.values_list("starts_at", "ends_at")
    )


def _is_open(
    calendar: Calendar, overrides: dict[date, hours.Hours], start: datetime, end: datetime
) -> bool:
    begins, ends = (at.astimezone(calendar.zone).replace(tzinfo=None) for at in (start, end))
    day = begins.date()
    midnight = datetime.combine(day, time())
    first, last = ((at - midnight).total_seconds() / 60 for at in (begins, ends))
    open_hours = overrides.get(day, calendar.weekly[day.weekday()])
    return any(opens <= first and last <= closes for opens, closes in open_hours)
