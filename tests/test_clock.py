"""Moments in words: the same instant everywhere, with zone and offset."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import formats, translation

from leads import clock

TEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "zone", "words"),
    [
        ("en", "Europe/Lisbon", "Wednesday, March 4, 2026, 10:00 (Europe/Lisbon, UTC+00:00)"),
        (
            "en",
            "America/St_Johns",
            "Wednesday, March 4, 2026, 06:30 (America/St Johns, UTC−03:30)",
        ),
        ("en", "UTC", "Wednesday, March 4, 2026, 10:00 (UTC)"),
        ("de", "Asia/Kathmandu", "Mittwoch, 4. März 2026, 15:45 (Asia/Kathmandu, UTC+05:45)"),
        ("pt", "Pacific/Kiritimati", None),
        (
            "en",
            "Pacific/Kiritimati",
            "Thursday, March 5, 2026, 00:00 (Pacific/Kiritimati, UTC+14:00)",
        ),
    ],
)
def test_a_moment_leaves_no_question(language, zone, words):
    with translation.override(language):
        said = clock.whole(TEN, ZoneInfo(zone))
    assert said == (
        words or "quinta-feira, 5 de março de 2026, 00:00 (Pacific/Kiritimati, UTC+14:00)"
    )


@pytest.mark.parametrize("language", ["en", "de", "pt"])
def test_every_language_tells_the_time_by_24_hours(language):
    afternoon = datetime(2026, 3, 4, 14, 5, tzinfo=UTC)
    with translation.override(language):
        said = {
            formats.date_format(afternoon, name)
            for name in ("TIME_FORMAT", "DATETIME_FORMAT", "SHORT_DATETIME_FORMAT")
        }
    assert [text for text in said if not text.endswith("14:05")] == []
