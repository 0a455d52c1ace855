"""The lines of an .ics file that say when somebody is busy; all others are left out. Pure.

Texts, guests and alarms are most of such a file and are where programs make
mistakes. Without them reading is fast, and what is left has to be right: a
line about time that cannot be understood makes the whole copy useless, since
an appointment that is not seen would be offered as free time.
"""

import re

MOST_BYTES = 5 * 1024 * 1024
MOST_EVENTS = 20_000

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE_END = re.compile(r"\r?\n")
"""No other character ends a line: texts of others hold U+2028 and the like."""
_NAME = re.compile(r"([A-Za-z0-9-]+)[;:]")
_WHEN = {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"}
_WHETHER = {"UID", "SEQUENCE", "STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS"}
_ZONE = {"TZID", "DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME"}
_KEPT = {
    ("VCALENDAR",): {"CALSCALE", "X-WR-TIMEZONE"},
    ("VCALENDAR", "VEVENT"): _WHEN | _WHETHER,
    ("VCALENDAR", "VFREEBUSY"): {"FREEBUSY"},
    ("VCALENDAR", "VTIMEZONE"): _ZONE,
    ("VCALENDAR", "VTIMEZONE", "STANDARD"): _ZONE,
    ("VCALENDAR", "VTIMEZONE", "DAYLIGHT"): _ZONE,
}
_PLACED = {path[-1] for path in _KEPT}
"""Components that count, and are therefore accepted in their own place only."""
_SPOILT = re.compile(rf"\s*({'|'.join(sorted(_WHEN | {'BEGIN', 'END', 'FREEBUSY'}))})\b", re.I)


class Unreadable(Exception):
    """This is no good copy of a calendar; the message says why, for staff."""


def about_time(data: bytes) -> str:
    """Return what is about time in the file `data`, unfolded. Raises Unreadable."""
    if len(data) > MOST_BYTES:
        raise Unreadable(f"The file is larger than {MOST_BYTES // 1024**2} MB.")
    text = _FOLD.sub("", data.decode("utf-8-sig", "replace").replace("\0", ""))
    if not text.strip():
        raise Unreadable("The file is empty.")
    if not re.search(r"^BEGIN:VCALENDAR\s*$", text, re.I | re.M):
        raise Unreadable(_what_else(text))
    kept = _sorted_out(_LINE_END.split(text))
    if kept.count("BEGIN:VEVENT") > MOST_EVENTS:
        raise Unreadable(f"The file holds more than {MOST_EVENTS:,} appointments.")
    return "\r\n".join(kept) + "\r\n"


def _what_else(text: str) -> str:
    if re.match(r"\s*<(!doctype|html|head|body)\b", text, re.I):
        return (
            "What came is a web page, not a calendar. Enter the calendar's secret address in "
            ".ics form, not that of a page which shows it."
        )
    return "What came is not a calendar: nothing in it begins with BEGIN:VCALENDAR."


def _sorted_out(lines: list[str]) -> list[str]:
    """Return the lines that count, with the BEGIN and END of what they are in."""
    kept: list[str] = []
    path: tuple[str, ...] = ()
    for line in lines:
        found = _NAME.match(line)
        if not found:
            if path in _KEPT and _SPOILT.match(line):
                raise Unreadable("A line that says when something takes place cannot be read.")
            continue
        name, value = found[1].upper(), line[found.end() :].strip().upper()
        if name == "BEGIN":
            path = (*path, value)
            _refuse_misplaced(path)
            line = f"BEGIN:{value}"
        if path in _KEPT and (name in ("BEGIN", "END") or name in _KEPT[path]):
            kept.append(line)
        if name == "END":
            if path[-1:] != (value,):
                raise Unreadable("The file is damaged: its parts do not end where they should.")
            path = path[:-1]
    if path:
        raise Unreadable("The file is cut off: its end is missing.")
    return kept


def _refuse_misplaced(path: tuple[str, ...]) -> None:
    if path not in _KEPT and path[-1] in _PLACED - {"STANDARD", "DAYLIGHT"}:
        raise Unreadable("The file is damaged: one of its parts stands within another.")
