"""The last wall: whatever the code does, the database keeps two bookings from one time."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from leads.models import Booking
from leads.models.bookings import BLOCKING
from tests.factories import make_calendar
from tests.test_booking import TEN, State, book, offer_with_hosts

pytestmark = pytest.mark.django_db

ASK = {
    "postgresql": """
        SELECT pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = 'leads_booking'::regclass AND conname = 'booking_overlaps_no_other'
    """,
    "sqlite": """
        SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'leads_booking'
    """,
}


def walls() -> list[str]:
    """What the database says of its walls, all migrations done."""
    with connection.cursor() as cursor:
        cursor.execute(ASK[connection.vendor])
        return [text for (text,) in cursor.fetchall()]


def test_the_wall_stands_after_all_migrations():
    """A later migration that has SQLite make the table anew would take its triggers along."""
    found = walls()
    assert len(found) == {"postgresql": 1, "sqlite": 2}[connection.vendor]
    for state in BLOCKING:
        assert all(f"'{state}'" in text for text in found)
    if connection.vendor == "sqlite":
        assert sorted(text.split(" ON ")[0].split()[4] for text in found) == ["INSERT", "UPDATE"]


@pytest.mark.parametrize(
    "change",
    [
        {"state": "confirmed"},
        {"blocked_from": TEN - timedelta(minutes=1)},
        {"blocked_until": TEN + timedelta(minutes=31)},
        {"calendar": "the other's"},
    ],
)
def test_no_single_column_can_be_changed_into_a_second_booking(change):
    """Each of the columns that the wall speaks of is watched, not only all of them together."""
    offer = offer_with_hosts(most_open=0)
    host, other_host = offer.calendars.get(), make_calendar(offer)
    before = book(offer, calendar=host, start=TEN - timedelta(minutes=30))
    book(offer, calendar=host, start=TEN + timedelta(minutes=30))
    between = book(offer, calendar=host)
    if "state" in change:
        Booking.objects.filter(pk=between.pk).update(state="cancelled")
        book(offer, calendar=host)
    if "calendar" in change:
        between = book(offer, calendar=other_host, start=before.starts_at)
        change = {"calendar": host}
    with pytest.raises(IntegrityError, match="booking_overlaps_no_other"), transaction.atomic():
        Booking.objects.filter(pk=between.pk).update(**change)


@pytest.mark.parametrize("first", State.values)
@pytest.mark.parametrize("second", State.values)
def test_the_database_itself_refuses_a_second_booking_at_one_time(first, second):
    blocking = {"unverified", "pending", "confirmed", "held", "no_show"}
    offer = offer_with_hosts(most_open=0)
    booked = book(offer)
    other = book(offer, start=TEN + timedelta(hours=4))
    Booking.objects.filter(pk=booked.pk).update(state=first, holds_until=TEN)
    Booking.objects.filter(pk=other.pk).update(state=second, holds_until=TEN)
    times = {"blocked_from": TEN - timedelta(minutes=5), "starts_at": TEN}
    times["ends_at"] = times["blocked_until"] = TEN + timedelta(minutes=5)

    def squeeze():
        with transaction.atomic():
            Booking.objects.filter(pk=other.pk).update(**times)

    if first in blocking and second in blocking:
        with pytest.raises(IntegrityError, match="booking_overlaps_no_other"):
            squeeze()
    else:
        squeeze()


def test_the_wall_stands_for_new_rows_and_not_between_neighbours():
    offer = offer_with_hosts(most_open=0)
    booked = book(offer)
    following = book(offer, start=booked.ends_at)
    booked.pk, booked.uid, booked.token_hash = None, "another", "another"
    with pytest.raises(IntegrityError, match="booking_overlaps_no_other"), transaction.atomic():
        booked.save(force_insert=True)
    assert following.state == State.CONFIRMED
