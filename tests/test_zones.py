"""Time zones as people choose them, and as browsers and strangers name them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.core.exceptions import ValidationError

from config import zones
from config.models import SiteSettings

HOSTILE = [
    "../../etc/passwd",
    "/etc/localtime",
    "Europe/../../etc/passwd",
    "Europe/Lisbon\0",
    "\0",
    "Europe/Lisbon\r\nX: y",
    "Europe",
    "America/Pacific",
    "Europe/Lisbon/",
    " Europe/Lisbon",
    "europe/lisbon",
    "+01:00",
    "Etc/Unknown",
    "posixrules",
    "localtime",
    "Factory",
    "x" * 10_000,
    "Europe/" * 2_000,
    "\ud800",
    "日本",
    "",
    None,
    1,
    b"Europe/Lisbon",
    ["Europe/Lisbon"],
    {"Europe/Lisbon": 1},
]
REPORTED = {
    "Africa/Asmera": "Africa/Asmara",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Catamarca": "America/Argentina/Catamarca",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Cordoba": "America/Argentina/Cordoba",
    "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "America/Jujuy": "America/Argentina/Jujuy",
    "America/Louisville": "America/Kentucky/Louisville",
    "America/Mendoza": "America/Argentina/Mendoza",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Europe/Kiev": "Europe/Kyiv",
    "Europe/Uzhgorod": "Europe/Kyiv",
    "Pacific/Enderbury": "Pacific/Kanton",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "US/Eastern": "America/New_York",
    "Asia/Istanbul": "Europe/Istanbul",
    "GB": "Europe/London",
    "Iceland": "Atlantic/Reykjavik",
    "Etc/UTC": "UTC",
    "Zulu": "UTC",
    "GMT": "UTC",
}
"""Names that browsers and old systems report, with those under which people know them."""


def test_people_choose_from_present_names_alone():
    places = zones.places()
    assert set(places).isdisjoint(REPORTED)
    assert {"UTC", *REPORTED.values()} <= set(places)
    assert not [name for name in places if name.startswith(("Etc/", "US/", "Brazil/", "SystemV"))]
    assert [*places[:-1]] == sorted(places[:-1])
    assert (places[-1], len(set(places))) == ("UTC", len(places))
    assert len(places) > 400


@pytest.mark.parametrize(
    "name",
    [
        "Europe/Lisbon",
        "Europe/Amsterdam",
        "Europe/Oslo",
        "Asia/Kuwait",
        "Africa/Accra",
        "Asia/Aden",
    ],
)
def test_each_country_is_on_the_list_even_where_others_have_the_same_clocks(name):
    assert name in zones.places()
    assert zones.find(name) == ZoneInfo(name)


@pytest.mark.parametrize(("reported", "present"), REPORTED.items())
def test_a_former_name_is_understood_as_the_present_one(reported, present):
    found = zones.find(reported)
    assert (found and found.key) == present


def test_every_name_of_the_database_is_accepted():
    known = available_timezones() - {"Factory", "localtime", "posixrules"}
    assert [name for name in known if zones.find(name) is None] == []
    for name in known:
        zones.validate_time_zone(name)


def test_the_present_name_has_the_clocks_of_the_former_one():
    moments = [datetime(2024, 1, 15, 12, tzinfo=UTC) + timedelta(days=30 * n) for n in range(60)]
    for name in zones.names():
        found = zones.find(name)
        assert found is not None
        old, new = (
            [at.astimezone(z).utcoffset() for at in moments] for z in (ZoneInfo(name), found)
        )
        assert old == new, (name, found.key)


def test_what_is_found_is_on_the_list_or_no_place():
    others = {name for name in zones.names() if zones.find(name).key not in zones.places()}
    abbreviations = {"CET", "EET", "EST", "HST", "MET", "MST", "WET"}
    rules = {"CST6CDT", "EST5EDT", "MST7MDT", "PST8PDT"}
    assert {name for name in others if not name.startswith("Etc/GMT")} <= abbreviations | rules


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:30])
def test_whatever_else_is_sent_is_no_zone(name):
    assert zones.find(name) is None
    with pytest.raises(ValidationError):
        zones.validate_time_zone(name)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:30])
def test_a_site_whose_zone_is_unknown_goes_by_utc(name):
    assert SiteSettings(time_zone=name).zone == ZoneInfo("UTC")


def test_a_site_goes_by_its_zone():
    assert SiteSettings(time_zone="Asia/Calcutta").zone == ZoneInfo("Asia/Kolkata")
