"""Time zones by their IANA names, which also arrive from browsers, forms and files."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError

_NO_PLACES = {"Factory", "localtime", "posixrules"}
_AREAS = (
    *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic"),
    *("Australia", "Europe", "Indian", "Pacific"),
)
_FORMER = {
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "America/Louisville": "America/Kentucky/Louisville",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Europe/Kiev": "Europe/Kyiv",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
}
"""Names that browsers still report, with those that people know now."""


@cache
def names() -> frozenset[str]:
    """Return every name that the IANA database holds; it is read once per process."""
    return frozenset(available_timezones() - _NO_PLACES)


@cache
def places() -> tuple[str, ...]:
    """Return the names that people choose from: areas with places, and UTC."""
    found = (name for name in names() if name.startswith(_AREAS) and "/" in name)
    return (*sorted(set(found) - _FORMER.keys()), "UTC")


def find(name: str) -> ZoneInfo | None:
    """Return the zone called `name`, under its present name; None if there is none such."""
    present = _FORMER.get(name, name)
    known = present if present in names() else name
    return ZoneInfo(known) if known in names() else None


def validate_time_zone(value: str) -> None:
    """Raise ValidationError for a name that the IANA database does not hold."""
    if value not in names():
        raise ValidationError("Choose a time zone such as Europe/Lisbon.")
