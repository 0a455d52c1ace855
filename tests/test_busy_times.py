"""When somebody is busy by an .ics file: what blocks, when, and what makes a copy useless."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leads import busy_times
from leads.busy_lines import Unreadable, about_time
from leads.busy_reading import read_apart
from tests.calendar_files import (
    GOOGLE,
    ICLOUD,
    LIGHTNING,
    NEXTCLOUD,
    OUTLOOK,
    OUTLOOK_COM,
    event,
    file_of,
)

LISBON = ZoneInfo("Europe/Lisbon")
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
LAST = datetime(2026, 6, 1, tzinfo=UTC)


def read(data, *, zone=LISBON, first=FIRST, last=LAST, without=()):
    """What is busy, as text in UTC."""
    if isinstance(data, str):
        data = data.encode()
    found = busy_times.read(data, zone=zone, first=first, last=last, without=without)
    return [f"{shown(begin)} – {shown(end)}" for begin, end in found]


def shown(instant):
    return datetime.fromtimestamp(instant, UTC).strftime("%d.%m. %H:%M")


def busy(*lines, **options):
    return read(file_of(event(*lines)), **options)


def refusal(data):
    with pytest.raises(Unreadable) as refused:
        busy_times.read(data, zone=LISBON, first=FIRST, last=LAST)
    return str(refused.value)


# What blocks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART:20260302T100000Z", "DTEND:20260302T113000Z"], ["02.03. 10:00 – 02.03. 11:30"]),
        (["DTSTART:20260302T100000Z", "DURATION:PT45M"], ["02.03. 10:00 – 02.03. 10:45"]),
        (["DTSTART:20260302T100000Z", "DURATION:P1DT1H"], ["02.03. 10:00 – 03.03. 11:00"]),
        (["DTSTART:20260302T100000Z"], []),
        (["DTSTART:20260302T100000Z", "DTEND:20260302T100000Z"], []),
        (["DTSTART:20260302T113000Z", "DTEND:20260302T100000Z"], ["02.03. 10:00 – 02.03. 11:30"]),
        (["DTSTART;VALUE=DATE:20260302"], ["02.03. 00:00 – 03.03. 00:00"]),
        (["DTSTART:20260302"], ["02.03. 00:00 – 03.03. 00:00"]),
        (
            ["DTSTART;VALUE=DATE:20260402", "DTEND;VALUE=DATE:20260404"],
            ["01.04. 23:00 – 03.04. 23:00"],
        ),
        (
            ["DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260302"],
            ["02.03. 00:00 – 03.03. 00:00"],
        ),
        (["DTSTART;VALUE=DATE:20260302", "DURATION:P2D"], ["02.03. 00:00 – 04.03. 00:00"]),
        (["DTSTART;VALUE=DATE:20260302", "DURATION:PT2H"], ["02.03. 00:00 – 02.03. 02:00"]),
        # From before the range, and beyond its end.
        (["DTSTART:20260210T100000Z", "DTEND:20260303T100000Z"], ["01.03. 00:00 – 03.03. 10:00"]),
        (["DTSTART:20260530T100000Z", "DTEND:20260710T100000Z"], ["30.05. 10:00 – 01.06. 00:00"]),
        (["DTSTART:20260210T100000Z", "DTEND:20260710T100000Z"], ["01.03. 00:00 – 01.06. 00:00"]),
        (["DTSTART:20250302T100000Z", "DTEND:20250302T113000Z"], []),
        (["DTSTART:20270302T100000Z", "DTEND:20270302T113000Z"], []),
    ],
)
def test_an_appointment_blocks_its_time(lines, expected):
    assert busy(*lines) == expected


@pytest.mark.parametrize(
    ("line", "blocks"),
    [
        ("TRANSP:TRANSPARENT", False),
        ("TRANSP:OPAQUE", True),
        ("transp:transparent", False),
        ("STATUS:CANCELLED", False),
        ("status:Cancelled", False),
        ("STATUS:TENTATIVE", True),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", True),
        ("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", True),
        ("TRANSP:OPAQUE\r\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", True),
        # Whoever declines and keeps it in the calendar does not say that the time is free.
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.com", True),
        ("CLASS:PRIVATE", True),
    ],
)
def test_free_is_what_says_that_it_is(line, blocks):
    found = busy("DTSTART:20260302T100000Z", "DTEND:20260302T113000Z", *line.split("\r\n"))
    assert bool(found) is blocks


def test_appointments_that_touch_or_overlap_are_one_time():
    text = file_of(
        event("DTSTART:20260302T120000Z", "DTEND:20260302T130000Z"),
        event("DTSTART:20260302T100000Z", "DTEND:20260302T113000Z"),
        event("DTSTART:20260302T113000Z", "DTEND:20260302T114500Z"),
        event("DTSTART:20260302T110000Z", "DTEND:20260302T111500Z"),
    )
    assert read(text) == ["02.03. 10:00 – 02.03. 11:45", "02.03. 12:00 – 02.03. 13:00"]


def test_an_empty_calendar_blocks_nothing():
    assert read(file_of()) == []


def test_our_own_bookings_that_come_back_do_not_block():
    ours, others = "abc@glossary.example", "def@glossary.example"
    text = file_of(
        event("DTSTART:20260302T100000Z", "DURATION:PT1H", uid=ours.upper()),
        event("DTSTART:20260303T100000Z", "DURATION:PT1H", uid=others),
    )
    assert read(text, without={ours}) == ["03.03. 10:00 – 03.03. 11:00"]


def test_one_uid_for_two_appointments_hides_neither():
    text = file_of(
        event("DTSTART:20260302T100000Z", "DURATION:PT1H", uid="same"),
        event("DTSTART:20260303T100000Z", "DURATION:PT1H", uid="same"),
        event("DTSTART:20260304T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2", uid="same"),
        event("DTSTART:20260307T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2", uid="same"),
    )
    assert [line[:6] for line in read(text)] == "02.03. 03.03. 04.03. 05.03. 07.03. 08.03.".split()


def test_appointments_without_a_uid_all_count():
    text = file_of(
        *(
            event(f"DTSTART:2026030{day}T100000Z", "DURATION:PT1H", rule, uid="")
            for day, rule in [
                (2, "TRANSP:OPAQUE"),
                (4, "RRULE:FREQ=YEARLY"),
                (5, "RRULE:FREQ=YEARLY"),
            ]
        )
    )
    assert [line[:6] for line in read(text)] == ["02.03.", "04.03.", "05.03."]


# Zones --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calendar_lines", "expected"),
    [
        ((), "07.04. 09:00 – 07.04. 10:00"),
        (("X-WR-TIMEZONE:Europe/Berlin",), "07.04. 08:00 – 07.04. 09:00"),
        (("X-WR-TIMEZONE:Nowhere/Land",), "07.04. 09:00 – 07.04. 10:00"),
    ],
)
def test_time_without_a_zone_is_the_calendars(calendar_lines, expected):
    text = file_of(event("DTSTART:20260407T100000", "DTEND:20260407T110000"), lines=calendar_lines)
    assert read(text) == [expected]


def test_repeated_time_without_a_zone_follows_the_clock_on_the_wall():
    found = busy(
        *("DTSTART:20260323T100000", "DTEND:20260323T110000", "RRULE:FREQ=WEEKLY;COUNT=3"),
        "EXDATE:20260330T100000",
    )
    assert found == ["23.03. 10:00 – 23.03. 11:00", "06.04. 09:00 – 06.04. 10:00"]


def test_a_day_is_the_day_of_the_host():
    line = "DTSTART;VALUE=DATE:20260407"
    assert busy(line, zone=ZoneInfo("Pacific/Kiritimati")) == ["06.04. 10:00 – 07.04. 10:00"]
    assert busy(line, zone=ZoneInfo("Pacific/Niue")) == ["07.04. 11:00 – 08.04. 11:00"]
    weekly = busy(line, "RRULE:FREQ=WEEKLY;COUNT=2", zone=ZoneInfo("Pacific/Niue"))
    assert weekly == ["07.04. 11:00 – 08.04. 11:00", "14.04. 11:00 – 15.04. 11:00"]


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Berlin",
        "W. Europe Standard Time",
        "/freeassociation.sourceforge.net/Europe/Berlin",
        "/mozilla.org/20050126_1/Europe/Berlin",
    ],
)
def test_zones_are_known_without_being_described(zone):
    found = busy(f'DTSTART;TZID="{zone}":20260407T100000', f'DTEND;TZID="{zone}":20260407T110000')
    assert found == ["07.04. 08:00 – 07.04. 09:00"]


def described(name, offset):
    return (
        "BEGIN:VTIMEZONE",
        *(f"TZID:{name}", "BEGIN:STANDARD", "DTSTART:16010101T000000"),
        *(f"TZOFFSETFROM:{offset}", f"TZOFFSETTO:{offset}", "END:STANDARD", "END:VTIMEZONE"),
    )


def test_zone_of_one_file_is_not_that_of_another():
    """Outlook calls every zone that it does not know “Customized Time Zone”."""
    lines = ("DTSTART;TZID=Customized Time Zone:20260407T100000", "DURATION:PT1H")
    found = [
        read(file_of(event(*lines), lines=described("Customized Time Zone", offset)))
        for offset in ("+0200", "-0500")
    ]
    assert found == [["07.04. 08:00 – 07.04. 09:00"], ["07.04. 15:00 – 07.04. 16:00"]]


def test_zone_may_be_described_at_the_end():
    text = file_of(event("DTSTART;TZID=Ours:20260407T100000", "DURATION:PT1H"))
    text = text.replace(
        "END:VCALENDAR", "\r\n".join([*described("Ours", "+0300"), "END:VCALENDAR"])
    )
    assert read(text) == ["07.04. 07:00 – 07.04. 08:00"]


def test_zone_that_nobody_knows_is_no_reason_to_guess():
    unknown = event("DTSTART;TZID=Middle Earth:20260407T100000", "DURATION:PT1H")
    assert refusal(file_of(unknown).encode()) == (
        "It names a time zone that nobody knows: “Middle Earth”."
    )
    repeated = unknown.replace("DURATION", "RRULE:FREQ=DAILY\r\nDURATION")
    assert "Middle Earth" in refusal(file_of(repeated).encode())
    for line in ("RDATE", "EXDATE"):
        series = event(*WEEKLY, f"{line};TZID=Middle Earth:20260323T093000")
        assert "Middle Earth" in refusal(file_of(series).encode())
    # What was years ago concerns nobody.
    assert read(file_of(unknown.replace("2026", "2019"))) == []


# Repetitions --------------------------------------------------------------------------------

WEEKLY = (
    "DTSTART;TZID=Europe/Lisbon:20260316T093000",
    "DTEND;TZID=Europe/Lisbon:20260316T103000",
    "RRULE:FREQ=WEEKLY;BYDAY=MO",
)


def starts(text, **options):
    return [line.partition(" – ")[0] for line in read(text, **options)]


def test_repeated_appointment_keeps_the_time_on_the_wall():
    last = datetime(2026, 4, 14, tzinfo=UTC)
    assert starts(file_of(event(*WEEKLY)), last=last) == [
        *("16.03. 09:30", "23.03. 09:30", "30.03. 08:30", "06.04. 08:30", "13.04. 08:30"),
    ]


def test_repetitions_go_on_for_years():
    years = event(*WEEKLY).replace("20260316", "20110314")
    last = datetime(2026, 3, 14, tzinfo=UTC)
    assert starts(file_of(years), last=last) == ["02.03. 09:30", "09.03. 09:30"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("EXDATE;TZID=Europe/Lisbon:20260323T093000", ["16.03.", "30.03."]),
        ("EXDATE:20260323T093000Z", ["16.03.", "30.03."]),
        ("EXDATE;VALUE=DATE:20260323", ["16.03.", "30.03."]),
        ("EXDATE;TZID=Europe/Lisbon:20260323T093000,20260330T093000", ["16.03."]),
        ("EXDATE;TZID=Europe/Lisbon:20260323T100000", ["16.03.", "23.03.", "30.03."]),
        ("RDATE;TZID=Europe/Lisbon:20260318T093000", ["16.03.", "18.03.", "23.03.", "30.03."]),
        (
            "RDATE;VALUE=PERIOD:20260318T200000Z/PT3H",
            ["16.03.", "18.03.", "23.03.", "30.03."],
        ),
    ],
)
def test_exceptions_and_additions_of_a_series(line, expected):
    text = file_of(event(*WEEKLY, line))
    days = [each[:6] for each in starts(text, last=datetime(2026, 4, 1, tzinfo=UTC))]
    assert days == expected


def test_until_ends_a_series_in_either_notation():
    for until in ("20260323T235959Z", "20260323", "20260323T093000"):
        text = file_of(event(*WEEKLY[:2], f"RRULE:FREQ=WEEKLY;UNTIL={until}"))
        assert starts(text) == ["16.03. 09:30", "23.03. 09:30"], until


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # Moved within the range, shortened, moved out of a week, cancelled, declared free.
        (
            ["DTSTART:20260324T120000Z", "DTEND:20260324T121500Z"],
            ["16.03. 09:30 – 16.03. 10:30", "24.03. 12:00 – 24.03. 12:15"],
        ),
        (["DTSTART:20260323T093000Z", "DURATION:PT1H", "STATUS:CANCELLED"], None),
        (["DTSTART:20260323T093000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT"], None),
        (["DTSTART:20260520T093000Z", "DURATION:PT1H"], None),
    ],
)
def test_changed_repetition_takes_the_place_of_the_usual_one(lines, expected):
    for mark in (
        "RECURRENCE-ID;TZID=Europe/Lisbon:20260323T093000",
        "RECURRENCE-ID:20260323T093000Z",
    ):
        text = file_of(
            event(*WEEKLY, uid="series"), event(mark, *lines, uid="series"), event(*WEEKLY[:1])
        )
        found = read(text, last=datetime(2026, 3, 29, tzinfo=UTC))
        assert found == (expected or ["16.03. 09:30 – 16.03. 10:30"]), mark


def test_repetition_that_was_moved_into_the_range_counts():
    series = event(*WEEKLY, "RRULE:FREQ=WEEKLY;COUNT=1".replace("RRULE", "X-OTHER"), uid="series")
    moved = event(
        *("RECURRENCE-ID;TZID=Europe/Lisbon:20260824T093000", "DTSTART:20260317T120000Z"),
        *("DTEND:20260317T130000Z",),
        uid="series",
    )
    found = read(file_of(series, moved), last=datetime(2026, 3, 20, tzinfo=UTC))
    assert found == ["16.03. 09:30 – 16.03. 10:30", "17.03. 12:00 – 17.03. 13:00"]


def test_changed_repetition_without_its_series_counts():
    alone = event("RECURRENCE-ID:20260323T093000Z", "DTSTART:20260324T120000Z", "DURATION:PT1H")
    assert read(file_of(alone)) == ["24.03. 12:00 – 24.03. 13:00"]


def test_free_series_may_have_a_repetition_that_blocks():
    text = file_of(
        event(*WEEKLY, "TRANSP:TRANSPARENT", uid="series"),
        event(
            "RECURRENCE-ID:20260323T093000Z",
            "DTSTART:20260323T093000Z",
            "DURATION:PT1H",
            uid="series",
        ),
    )
    assert read(text) == ["23.03. 09:30 – 23.03. 10:30"]


# Free and busy ------------------------------------------------------------------------------


def test_reported_periods_block_unless_they_are_free():
    report = "\r\n".join(
        [
            *("BEGIN:VFREEBUSY", "UID:report", "DTSTAMP:20260301T000000Z"),
            "FREEBUSY:20260302T100000Z/20260302T110000Z,20260302T120000Z/PT30M",
            "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260303T100000Z/PT1H",
            "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260304T100000Z/PT1H",
            "FREEBUSY;FBTYPE=X-LUNCH:20260305T100000Z/PT1H",
            "FREEBUSY;FBTYPE=FREE:20260306T100000Z/PT1H",
            "END:VFREEBUSY",
        ]
    )
    assert starts(file_of(report)) == [
        *("02.03. 10:00", "02.03. 12:00", "03.03. 10:00", "04.03. 10:00", "05.03. 10:00"),
    ]
    assert refusal(file_of(report.replace("00Z/PT1H", "00/PT1H")).encode()) == (
        "A busy time in it is in no time zone."
    )


# Calendars as programs write them -----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            GOOGLE,
            [
                *("02.03. 09:00 – 02.03. 09:30", "09.03. 14:00 – 09.03. 15:00"),
                *("16.03. 09:00 – 16.03. 09:30", "02.04. 13:00 – 02.04. 14:00"),
            ],
        ),
        (
            OUTLOOK,
            [
                *("03.03. 08:00 – 03.03. 09:00", "10.03. 08:00 – 10.03. 09:00"),
                *("18.03. 12:00 – 18.03. 13:30", "31.03. 07:00 – 31.03. 08:00"),
            ],
        ),
        (OUTLOOK_COM, ["04.03. 13:00 – 04.03. 13:30", "05.03. 00:00 – 07.03. 00:00"]),
        (ICLOUD, ["06.03. 17:00 – 06.03. 18:00", "13.03. 17:00 – 13.03. 19:00"]),
        (NEXTCLOUD, ["09.03. 07:30 – 09.03. 08:15", "12.03. 23:00 – 13.03. 23:00"]),
        (LIGHTNING, ["11.03. 15:00 – 11.03. 16:00"]),
    ],
    ids=["Google", "Outlook", "Outlook.com", "iCloud", "Nextcloud", "Lightning"],
)
def test_calendars_of_the_world_are_understood(text, expected):
    zone = ZoneInfo("Europe/Berlin") if text is NEXTCLOUD else LISBON
    assert read(text, zone=zone) == expected


@pytest.mark.parametrize("form", ["\r\n", "\n"])
def test_file_may_be_folded_anywhere_and_begin_with_a_mark(form):
    lines = GOOGLE.strip().splitlines()
    folded = form.join(f"{line[:7]}{form} {line[7:]}" for line in lines)
    assert read(f"\ufeff{folded}{form}") == read(GOOGLE)


def test_nobodys_text_can_write_lines():
    hostile = "SUMMARY:Lunch\u2028TRANSP:TRANSPARENT\x0bSTATUS:CANCELLED\x85STATUS:CANCELLED"
    assert busy("DTSTART:20260302T100000Z", "DURATION:PT1H", hostile) != []


# No good copy -------------------------------------------------------------------------------

GOOD = file_of(event("DTSTART:20260302T100000Z", "DURATION:PT1H", uid="mine@calendar.example"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b" \r\n\r\n", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (b"<!DOCTYPE html><html><title>Sign in</title></html>", "What came is a web page"),
        (b"\n<html>BEGIN:VCALENDAR</html>", "What came is a web page"),
        (b'{"error": "not found"}', "What came is not a calendar"),
        (b"\xff\xfeB\x00E\x00", "What came is not a calendar"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "What came is not a calendar"),
        (GOOD[:-20].encode(), "The file is damaged"),
        (GOOD.partition("DURATION")[0].encode(), "The file is cut off"),
        (GOOD.replace("END:VEVENT\r\n", "").encode(), "The file is damaged"),
        (GOOD.replace("END:VEVENT", "END:VTODO").encode(), "The file is damaged"),
        (file_of(event(event("DTSTART:20260302"))).encode(), "stands within another"),
        (file_of(file_of()).encode(), "stands within another"),
        (GOOD.replace("DTSTART:", "DTSTART ").encode(), "A line that says when"),
        (GOOD.replace("DTSTART:", "X-START:").encode(), "One of its appointments"),
        (GOOD.replace("20260302T", "20261302T").encode(), "One of its appointments"),
        (GOOD.replace("20260302T", "tomorrow T").encode(), "One of its appointments"),
        (GOOD.replace("PT1H", "an hour").encode(), "One of its appointments"),
        (GOOD.replace("DURATION", "DTEND").encode(), "One of its appointments"),
        (GOOD.replace("DURATION:PT1H", "DTSTART:20260303").encode(), "One of its appointments"),
        (GOOD.replace("PT1H", "PT1H\r\nRRULE:EVERY=DAY").encode(), "repeats every minute, or"),
        (GOOD.replace("PT1H", "PT1H\r\nRRULE:FREQ=DAILY;BYDAY=XX").encode(), "One of its"),
        (GOOD.replace("PT1H", "PT1H\r\nEXDATE:").encode(), "One of its appointments"),
        (GOOD.replace("PT1H", "P99999999999D").encode(), "One of its appointments"),
        (file_of(lines=["CALSCALE:CHINESE"]).encode(), "Only Gregorian"),
        (b"BEGIN:VCALENDAR\n" + b"X" * (5 * 1024 * 1024), "larger than 5 MB"),
    ],
)
def test_what_cannot_be_read_is_no_good_copy(data, words):
    assert words in refusal(data)


def test_every_beginning_of_a_file_is_refused():
    """A connection may break anywhere; half a calendar would be free time."""
    whole = GOOGLE.strip().encode()
    for length in range(0, len(whole), 37):
        assert refusal(whole[:length]), length


@pytest.mark.parametrize(
    "line",
    [
        "DTSTAMP:yesterday",
        "DESCRIPTION:A text\r\nof which a line is not folded: really",
        "GEO:somewhere",
        "BEGIN:VALARM\r\nTRIGGER:soon\r\nEND:VALARM",
        "X-WHATEVER",
    ],
)
def test_mistakes_that_are_not_about_time_are_forgiven(line):
    found = busy("DTSTART:20260302T100000Z", "DURATION:PT1H", *line.split("\r\n"))
    assert found == ["02.03. 10:00 – 02.03. 11:00"]


def test_what_is_no_appointment_is_not_read():
    task = "BEGIN:VTODO\r\nDTSTART:nonsense\r\nDUE:20260302T100000Z\r\nEND:VTODO"
    assert read(file_of(task)) == []
    assert "VTODO" not in about_time(file_of(task).encode())


# Files that are meant to hurt ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=SECONDLY", "repeats every minute"),
        ("FREQ=MINUTELY;COUNT=999999999", "repeats every minute"),
        ("FREQ=DAILY;INTERVAL=0", "more often than anybody"),
        ("FREQ=DAILY;INTERVAL=-1", "more often than anybody"),
        (
            f"FREQ=DAILY;BYHOUR=9,10,11,12,13;BYMINUTE={','.join(map(str, range(60)))}",
            "more often than anybody",
        ),
    ],
)
def test_rules_that_nobodys_plans_follow_are_refused_unread(rule, words):
    began = time.monotonic()
    text = file_of(event("DTSTART:20260302T100000Z", "DURATION:PT1H", f"RRULE:{rule}"))
    assert words in refusal(text.encode())
    assert time.monotonic() - began < 1


def test_long_and_endless_series_are_read_as_far_as_they_matter():
    text = file_of(
        event("DTSTART:20260302T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=999999999"),
        event("DTSTART:19700101T120000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"),
    )
    assert len(read(text)) == 92 + 91


def test_number_of_appointments_is_bounded():
    many = "".join("BEGIN:VEVENT\r\nEND:VEVENT\r\n" for _ in range(100_000)).strip()
    assert refusal(file_of(many).encode()) == "The file holds more than 20,000 appointments."
    hourly = [
        event(f"DTSTART:20260302T10{minute:02}00Z", "DURATION:PT1M", "RRULE:FREQ=HOURLY")
        for minute in range(12)
    ]
    assert "more than 20,000 appointments for the coming year" in refusal(
        file_of(*hourly).encode()
    )


def options():
    return {"zone": LISBON, "first": FIRST, "last": LAST}


def test_file_is_read_in_a_process_of_its_own_alike():
    assert read_apart(GOOGLE.encode(), **options()) == busy_times.read(
        GOOGLE.encode(), **options()
    )
    ours = read_apart(GOOD.encode(), without={"mine@calendar.example"}, **options())
    assert ours == []
    with pytest.raises(Unreadable, match="What came is a web page"):
        read_apart(b"<html></html>", **options())


@pytest.mark.parametrize(
    "rule", ["FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"]
)
def test_search_for_a_day_that_never_comes_is_broken_off(rule):
    endless = [
        event("DTSTART:00010101T100000Z", "DURATION:PT1H", f"RRULE:{rule}") for _ in range(50)
    ]
    began = time.monotonic()
    with pytest.raises(Unreadable, match="takes too long, or too much memory"):
        read_apart(file_of(*endless).encode(), patience=1.0, **options())
    assert time.monotonic() - began < 5


def test_reading_is_bounded_by_itself_as_well():
    """Its parent may be killed while it waits."""
    probe = (
        "import resource\nfrom leads import busy_reading\n"
        "try: busy_reading.main()\nexcept ValueError: pass\n"
        "limits = resource.RLIMIT_AS, resource.RLIMIT_CPU\n"
        "print(*(resource.getrlimit(limit)[0] for limit in limits))"
    )
    command = [sys.executable, "-c", probe]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(1024**3), "10"]


def test_range_far_away_costs_nothing():
    first = datetime(2026, 3, 1, tzinfo=UTC)
    assert (
        busy_times.read(GOOD.encode(), zone=LISBON, first=first, last=first + timedelta(0)) == []
    )
