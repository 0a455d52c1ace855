"""Choosing a time on the desk: one that is offered, or any other by the host's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from config import zones
from leads import choosing, clock
from leads.booking import FARTHEST
from leads.models import Calendar, Offer
from leads.wall_times import NoSuchTime, TimeTwice, instant

OTHER = "other"
DAYS = 7
"""Days of the list of times that are shown at once."""


@dataclass(frozen=True)
class OfferedDay:
    """The times of one day."""

    words: str
    times: Sequence[tuple[str, str]]
    """The value that the form sends, and what people read."""
    is_open: bool
    """Whether they are shown at once: those of the chosen time, else of the first day."""


@dataclass(frozen=True)
class Offered:
    """Some days of the times that are offered, by the clock of `zone`."""

    zone: ZoneInfo
    first: date
    days: Sequence[OfferedDay]
    earlier: date | None
    later: date | None
    """From which day on there are others."""


def offered(
    times: Sequence[datetime], zone: ZoneInfo, wanted: date | None, chosen: str = ""
) -> Offered:
    """Return `DAYS` days of `times` from `wanted` on, else from the first that has one."""
    by_day: dict[date, list[datetime]] = {}
    for start in times:
        by_day.setdefault(start.astimezone(zone).date(), []).append(start)
    first = wanted or min(by_day, default=timezone.now().astimezone(zone).date())
    after = first + timedelta(days=DAYS)
    before = [day for day in by_day if day < first]
    return Offered(
        zone,
        first,
        _days([starts for day, starts in by_day.items() if first <= day < after], zone, chosen),
        earlier=max(min(before), max(before) - timedelta(days=DAYS - 1)) if before else None,
        later=min((day for day in by_day if day >= after), default=None),
    )


def _days(found: list[list[datetime]], zone: ZoneInfo, chosen: str) -> list[OfferedDay]:
    named = [
        [(choosing.text_of(start), clock.time(start, zone)) for start in day] for day in found
    ]
    holding = (number for number, day in enumerate(named) if chosen in dict(day))
    shown = next(holding, 0)
    return [
        OfferedDay(clock.day(starts[0], zone), day, is_open=number == shown)
        for number, (starts, day) in enumerate(zip(found, named, strict=True))
    ]


def day_of(text: str) -> date | None:
    """Return the date in `text`; None for what is none, or years away."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if abs(day - timezone.now().date()) < FARTHEST else None


def why_none(offer: Offer, hosts: Sequence[Calendar]) -> str:
    """Return why a list of times can be empty, and what to do then."""
    if not hosts:
        return "Nobody hosts this offer yet: choose its hosts on the page of the offer."
    if offer.is_paused or not offer.is_active:
        return "This offer is paused: no times are offered. You can still write another time."
    if not any(each.knows_plans() for each in hosts):
        return (
            "The external calendar could not be read for too long, so that no times are offered. "
            "Ask the host, then write another time."
        )
    return "No time is free on these days. You can still write another time."


class TimeForm(forms.Form):
    """A time from the list, or another one. `starts_at` and `is_other` say which was chosen."""

    start = forms.CharField(required=False)
    other_date = forms.DateField(
        label="Date",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": "Write the date as year-month-day, for example 2027-03-01."},
    )
    other_time = forms.TimeField(
        label="Time, from 00:00 to 23:59",
        required=False,
        widget=forms.TimeInput(
            format="%H:%M", attrs={"placeholder": "14:30", "autocomplete": "off"}
        ),
        error_messages={"invalid": "Write the time as hours:minutes, for example 14:30."},
    )
    shown_zone = forms.CharField(required=False, widget=forms.HiddenInput)
    """The zone whose clock the page promised; other hosts may live elsewhere."""

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.is_other = False
        self.starts_at: datetime | None = None

    @property
    def chosen(self) -> str:
        """The value of the time that is ticked."""
        return str(self["start"].value() or "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        value, day, time = cleaned["start"], cleaned["other_date"], cleaned["other_time"]
        if value in ("", OTHER):
            self.is_other = True
            self.starts_at = self._other(day, time)
        elif day or time:
            raise forms.ValidationError(
                "You chose a time from the list and wrote another one as well. "
                "Empty the date and the time below, or choose “Another time”."
            )
        else:
            self.starts_at = _parsed(value)
        return cleaned

    def _other(self, day: date | None, time: Any) -> datetime:
        if not day or time is None:
            raise forms.ValidationError(
                "Choose a time from the list, or write a date and a time of your own."
            )
        zone = zones.find(self.cleaned_data["shown_zone"]) or self.zone
        now = timezone.now()
        # Years that no clock can show are refused before anything is computed with them.
        if not now.date() - timedelta(days=2) < day < (now + FARTHEST).date():
            raise forms.ValidationError(_out_of_reach(day < now.date()))
        try:
            start = instant(datetime.combine(day, time.replace(second=0, microsecond=0)), zone)
        except NoSuchTime as error:
            raise forms.ValidationError(
                f"In {name_of(zone)} the clock is put forward then: there is no {time:%H:%M} on "
                "this day. Choose a time before or after."
            ) from error
        except TimeTwice as error:
            raise forms.ValidationError(
                f"In {name_of(zone)} the clock is put back then: it is {time:%H:%M} twice on this "
                "day. Choose a time before or after, so that nobody comes an hour late."
            ) from error
        if start <= now:
            raise forms.ValidationError(_out_of_reach(True))
        return start


def _parsed(value: str) -> datetime:
    start = choosing.start_of(value)
    if start is None:
        raise forms.ValidationError("This is none of the times below. Choose again.")
    return start


def _out_of_reach(is_past: bool) -> str:
    if is_past:
        return "This time has passed. Choose a later one."
    return "This is more than two years ahead. Choose an earlier time."


def name_of(zone: ZoneInfo) -> str:
    return zone.key.replace("_", " ")
