"""When somebody is busy, read from the bytes of an .ics file (RFC 5545). Pure.

What is not free counts as busy: `STATUS:CANCELLED` and `TRANSP:TRANSPARENT`
are free, everything else is not, whoever was invited and whatever they
answered. An appointment that cannot be understood makes the copy useless
rather than being free time.
"""

import warnings
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]  # has no annotations
from icalendar.cal import Component
from icalendar.error import GloballyUniqueTZIDGuessed

from config import zones
from leads.availability import Interval, merged
from leads.busy_lines import Unreadable, about_time

MOST_OCCURRENCES = 20_000
"""Appointments within the range, each repetition counted."""
MOST_A_TURN = 24
"""Times that a rule may name by BYHOUR, BYMINUTE and BYSECOND together."""
FREQUENCIES = {"HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"}

_ONE_DAY = timedelta(days=1)
_MARGIN = timedelta(days=2)
"""More than any two clocks on earth differ."""
_MOMENTS = ("DTSTART", "DTEND", "RECURRENCE-ID")
_REPEATED = ("RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_FREE_BUSY_FREE = "FREE"

Moment = date | datetime


def read(
    data: bytes,
    *,
    zone: ZoneInfo,
    first: datetime,
    last: datetime,
    without: Collection[str] = (),
) -> list[Interval]:
    """Return the busy times from `first` until `last` in order, merged.

    Whole days are days in `zone`, and so are times without a zone unless the
    file names one. `without` holds UIDs in small letters that do not count.
    Raises Unreadable. How long it takes is up to whoever wrote the file:
    `busy_reading` asks for it with a limit.
    """
    text = about_time(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
            # Forget zones of other files, which may have other rules under the same name.
            icalendar.use_zoneinfo()
            found = list(_spans(text, zone, first, last, set(without)))
            begin, end = int(first.timestamp()), ceil(last.timestamp())
            return merged((max(since, begin), min(until, end)) for since, until in found)
    except Unreadable:
        raise
    # Whatever two libraries raise for what others wrote: it is no good copy.
    except Exception as error:
        raise Unreadable("One of its appointments cannot be read.") from error


def _spans(
    text: str, zone: ZoneInfo, first: datetime, last: datetime, without: set[str]
) -> Iterator[Interval]:
    count = 0
    for calendar in icalendar.Calendar.from_ical(text, multiple=True):
        if str(calendar.get("CALSCALE", "GREGORIAN")).upper() != "GREGORIAN":
            raise Unreadable("Only Gregorian calendars can be read.")
        wall = zones.find(str(calendar.get("X-WR-TIMEZONE", ""))) or zone
        events = [event for event in calendar.walk("VEVENT") if _uid(event).lower() not in without]
        for start, end in _moments(events, wall, first, last):
            count += 1
            if count > MOST_OCCURRENCES:
                raise Unreadable(
                    f"It holds more than {MOST_OCCURRENCES:,} appointments for the coming year."
                )
            yield _interval(start, end, zone)
        yield from _reported(calendar)


def _moments(
    events: list[Component], wall: ZoneInfo, first: datetime, last: datetime
) -> Iterator[tuple[Moment, Moment]]:
    """Yield beginning and end of what blocks time within the range, or near it."""
    for group in _groups(events):
        if not any(name in event for event in group for name in _REPEATED):
            for event in group:
                if _blocks(event) and _is_near(event, wall, first, last):
                    yield _bounds(event)
            continue
        for event in group:
            _place(event, wall)
            for rule in _rules(event):
                _refuse_endless(rule)
                _include_last_day(rule, _value(event, "DTSTART"))
        for event in _repetitions(group, first, last):
            if _blocks(event):
                yield _value(event, "DTSTART"), _value(event, "DTEND")


def _groups(events: Iterable[Component]) -> Iterator[list[Component]]:
    """Yield the events that belong together: a series with its changed repetitions.

    Some programs give several series one UID; of those each stands for
    itself, since the library would take one for an older version of another.
    """
    by_uid: dict[str, list[Component]] = defaultdict(list)
    for number, event in enumerate(events):
        if event.errors or "DTSTART" not in event:
            raise Unreadable("One of its appointments cannot be read.")
        by_uid[_uid(event) or f"{number}"].append(event)
    for group in by_uid.values():
        series = [event for event in group if "RECURRENCE-ID" not in event]
        series.sort(key=lambda event: "RRULE" in event, reverse=True)
        changed = [event for event in group if "RECURRENCE-ID" in event]
        yield [*series[:1], *changed]
        yield from ([event] for event in series[1:])


def _uid(event: Component) -> str:
    return str(event.get("UID", "")).strip()


def _blocks(event: Component) -> bool:
    status, shown = (str(event.get(name, "")).upper() for name in ("STATUS", "TRANSP"))
    if status == "CANCELLED" or shown == "TRANSPARENT":
        return False
    # Outlook's own word counts where it does not say the standard's.
    return bool(shown) or str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() != "FREE"


# When -------------------------------------------------------------------------------------


def _place(event: Component, wall: ZoneInfo) -> None:
    """Read times without a zone on the clock of `wall`. Raises Unreadable for unknown zones."""
    for name in _MOMENTS:
        value = event.get(name)
        if value is None or not _is_floating(value.dt):
            continue
        _refuse_unknown_zone(value)
        value.dt = value.dt.replace(tzinfo=wall)
    for name in ("RDATE", "EXDATE"):
        found: Any = event.get(name, [])
        for dates in found if isinstance(found, list) else [found]:
            if any(_is_floating(each.dt) for each in dates.dts):
                _refuse_unknown_zone(dates)


def _refuse_unknown_zone(value: Any) -> None:
    """Raise Unreadable for a time that was given a zone and came without one."""
    if "TZID" in value.params:
        named = str(value.params["TZID"])[:60]
        raise Unreadable(f"It names a time zone that nobody knows: “{named}”.")


def _is_floating(moment: Moment) -> bool:
    return isinstance(moment, datetime) and moment.tzinfo is None


def _is_near(event: Component, wall: ZoneInfo, first: datetime, last: datetime) -> bool:
    """Whether a single event concerns the range; only then its zone has to be known."""
    start, end = (_at(moment, wall) for moment in _bounds(event))
    if max(start, end) < first - _MARGIN or min(start, end) > last + _MARGIN:
        return False
    _place(event, wall)
    return True


def _bounds(event: Component) -> tuple[Moment, Moment]:
    """Beginning and end; without an end a day lasts a day and a time no time (§3.6.1)."""
    start = _value(event, "DTSTART")
    if "DTEND" in event:
        return start, _value(event, "DTEND")
    if "DURATION" not in event:
        return start, start
    lasts = _value(event, "DURATION")
    if not isinstance(start, datetime) and lasts % _ONE_DAY:
        start = datetime.combine(start, time())
    return start, start + lasts


def _value(event: Component, name: str) -> Any:
    """What a property says: a day, a time or a duration. Anything else fails, as it should."""
    found: Any = event[name]
    return found.dt


def _interval(start: Moment, end: Moment, zone: ZoneInfo) -> Interval:
    if not isinstance(start, datetime) and end == start:
        # A day that ends on itself is meant as that day.
        end = start + _ONE_DAY
    begin, until = sorted(_at(moment, zone).timestamp() for moment in (start, end))
    return int(begin // 1), ceil(until)


def _at(moment: Moment, zone: ZoneInfo) -> datetime:
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(), tzinfo=zone)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


# Repetitions ------------------------------------------------------------------------------


def _repetitions(group: list[Component], first: datetime, last: datetime) -> list[Component]:
    calendar = icalendar.Calendar()
    for event in group:
        calendar.add_component(event)
    return recurring_ical_events.of(calendar).between(first - _MARGIN, last + _MARGIN)


def _rules(event: Component) -> list[icalendar.vRecur]:
    rules: Any = event.get("RRULE", [])
    return rules if isinstance(rules, list) else [rules]


def _refuse_endless(rule: icalendar.vRecur) -> None:
    """Raise Unreadable for a rule that nobody's plans follow, before it is followed."""
    if str(_first(rule, "FREQ")).upper() not in FREQUENCIES:
        raise Unreadable("An appointment repeats every minute, or nobody knows how often.")
    times = 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= len(rule.get(name, [])) or 1
    if times > MOST_A_TURN or int(_first(rule, "INTERVAL", 1)) < 1:
        raise Unreadable("An appointment repeats more often than anybody could attend it.")


def _include_last_day(rule: icalendar.vRecur, start: Moment) -> None:
    """Let a series that ends on a day include that day, of which the library sees midnight."""
    until = _first(rule, "UNTIL")
    if isinstance(start, datetime) and until and not isinstance(until, datetime):
        end = datetime.combine(until, time(23, 59, 59), tzinfo=start.tzinfo)
        rule["UNTIL"] = [end.astimezone(UTC)]


def _first(rule: icalendar.vRecur, name: str, default: Any = None) -> Any:
    values = rule.get(name, default)
    return values[0] if isinstance(values, list) else values


# Free and busy ----------------------------------------------------------------------------


def _reported(calendar: Component) -> Iterator[Interval]:
    """Yield the periods of VFREEBUSY that are not free, whatever else they are (§3.2.9)."""
    for report in calendar.walk("VFREEBUSY"):
        periods = report.get("FREEBUSY", [])
        for period in periods if isinstance(periods, list) else [periods]:
            if str(period.params.get("FBTYPE", "BUSY")).upper() == _FREE_BUSY_FREE:
                continue
            if _is_floating(period.start) or _is_floating(period.end):
                raise Unreadable("A busy time in it is in no time zone.")
            yield int(period.start.timestamp() // 1), ceil(period.end.timestamp())
