"""Time zones by their IANA names, which also arrive from browsers, forms and files."""

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError

UTC = "UTC"
_NO_PLACES = {"Factory", "localtime", "posixrules"}
_ABBREVIATIONS = {"CET", "EET", "EST", "HST", "MET", "MST", "WET"}
"""These say how a clock goes, not where; they are understood and stay as they are."""
_OTHER_PLACES = {
    "Africa/Asmera": "Africa/Asmara",
    "Africa/Timbuktu": "Africa/Bamako",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Virgin": "America/St_Thomas",
    "Antarctica/South_Pole": "Antarctica/McMurdo",
    "Atlantic/Jan_Mayen": "Arctic/Longyearbyen",
    "Iceland": "Atlantic/Reykjavik",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "Pacific/Yap": "Pacific/Chuuk",
}
"""Former names that the database leads to another country with the same clocks."""


@cache
def names() -> frozenset[str]:
    """Return every name that the IANA database holds; it is read once per process."""
    return frozenset(available_timezones() - _NO_PLACES)


@cache
def places() -> tuple[str, ...]:
    """Return the names that people choose from: those of the database's own list, and UTC.

    That list (zone.tab) has a present name for each country with the same
    clocks; former names, and spellings of the past, are in `names` alone.
    """
    rows = (line.split("\t") for line in _lines("zone.tab") if not line.startswith("#"))
    return (*sorted({row[2] for row in rows} & names()), UTC)


@cache
def _former() -> dict[str, str]:
    """Names that browsers still report, such as Asia/Calcutta, each with its present one."""
    rows = (line.split() for line in _lines("tzdata.zi") if line.startswith("L "))
    links = {name: target for _, target, name in rows} | _OTHER_PLACES
    listed = set(places())
    found = {}
    for name in names() - listed - _ABBREVIATIONS:
        present = links.get(name, name)
        if present in ("Etc/UTC", "Etc/GMT"):
            present = UTC
        if present in listed:
            found[name] = present
    return found


def find(name: object) -> ZoneInfo | None:
    """Return the zone called `name`, under its present name; None if there is none such."""
    if not isinstance(name, str) or name not in names():
        return None
    return ZoneInfo(_former().get(name, name))


def validate_time_zone(value: object) -> None:
    """Raise ValidationError for a name that the IANA database does not hold."""
    if find(value) is None:
        raise ValidationError("Choose a time zone such as Europe/Lisbon.")


def _lines(name: str) -> list[str]:
    """A file of the database, from the package that brings it where the system has none."""
    return files("tzdata").joinpath("zoneinfo", name).read_text("utf-8").splitlines()
