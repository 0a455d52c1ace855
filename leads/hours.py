"""Opening hours as people write them: “9:00-12:00, 13:30-17:00”. Pure."""

import re

Hours = tuple[tuple[int, int], ...]
"""Minutes since midnight by the clock on the wall: intervals in order, none touching another."""

MIDNIGHT = 24 * 60
_TIME = r"(\d{1,2})(?::(\d{2}))?"
_INTERVAL = re.compile(rf"{_TIME}\s*(?:-|–|—|to)\s*{_TIME}\Z")


class NotHours(ValueError):
    """This text does not say when somebody is there; the message says why."""


def parse(text: str) -> Hours:
    """Return the intervals that `text` lists; none for an empty text. Raises NotHours.

    24:00 is the end of the day, and so is 0:00 after a dash. Intervals that
    meet become one.
    """
    found = sorted(_interval(part) for part in re.split(r"[,;\n]", text) if part.strip())
    joined: list[tuple[int, int]] = []
    for opens, closes in found:
        if joined and opens < joined[-1][1]:
            raise NotHours("Two of these times overlap.")
        if joined and opens == joined[-1][1]:
            joined[-1] = (joined[-1][0], closes)
        else:
            joined.append((opens, closes))
    return tuple(joined)


def write(hours: Hours) -> str:
    """Return `hours` as `parse` reads them, written the same way each time."""
    return ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in hours)


def _interval(part: str) -> tuple[int, int]:
    match = _INTERVAL.match(part.strip())
    if match is None:
        raise NotHours(f"“{part.strip()[:40]}” is not like 9:00–12:00.")
    opens, closes = _minutes(match[1], match[2]), _minutes(match[3], match[4]) or MIDNIGHT
    if opens >= closes:
        raise NotHours(f"“{part.strip()[:40]}” ends before it begins.")
    return opens, closes


def _minutes(hour: str, minute: str | None) -> int:
    total = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) > 59 or total > MIDNIGHT:
        raise NotHours(f"There is no time {hour}:{minute or '00'}.")
    return total


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"
