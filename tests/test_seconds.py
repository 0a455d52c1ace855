from datetime import UTC, datetime, timedelta

import pytest

from config.seconds import SecondsDown, SecondsUp
from leads.models import BlockedPeriod
from tests.factories import make_calendar

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 4, 10, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, 1, tzinfo=UTC),
        datetime(2026, 3, 4, 10, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 3, 4, 10, 0, 59, 999_999, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
)
def test_the_database_counts_as_python_does(moment):
    BlockedPeriod.objects.create(
        calendar=make_calendar(), starts_at=moment - timedelta(days=1), ends_at=moment
    )
    whole = moment.replace(microsecond=0)
    up = whole + timedelta(seconds=bool(moment.microsecond))
    found = BlockedPeriod.objects.values_list(SecondsDown("ends_at"), SecondsUp("ends_at")).get()
    expected = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=each) for each in found]
    assert expected == [whole, up]
