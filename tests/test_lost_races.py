"""What the database says to whoever came too late, and what the verbs make of it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Event

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from config import locks
from leads import booking
from leads.booking import SlotTaken
from leads.models import Booking, Lead, Offer
from leads.requesting import Request, request_booking
from tests.desk import notices
from tests.factories import make_booking, make_calendar, make_offer, make_staff
from tests.test_booking import NOW, TEN, book, offer_with_hosts

LIST = "/admin/leads/booking/"
pytestmark = pytest.mark.django_db(transaction=True)


def raised_by(act):
    """What the database raises in `act`, with a connection of its own."""
    try:
        with transaction.atomic():
            act()
    except DatabaseError as error:
        return error
    finally:
        connection.close()
    return None


def state_of(error):
    return getattr(error.__cause__, "sqlstate", None)


def tell(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def excluded():
    """A booking moved onto another one, past the verbs."""
    offer = offer_with_hosts(most_open=0)
    first = book(offer)
    second = book(offer, start=TEN + timedelta(hours=1))
    times = {"blocked_from": first.blocked_from, "blocked_until": second.blocked_until}
    return raised_by(lambda: Booking.objects.filter(pk=second.pk).update(**times))


def twice():
    """A row that another constraint refuses."""
    booked = book(offer_with_hosts())
    booked.pk = None
    booked.state = Booking.State.CANCELLED
    return raised_by(lambda: booked.save(force_insert=True))


def not_serialisable():
    offer, looked, changed = offer_with_hosts(), Event(), Event()

    def look_and_change():
        tell("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        Offer.objects.get()
        looked.set()
        assert changed.wait(20)
        Offer.objects.update(button="Later")

    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(raised_by, look_and_change)
        assert looked.wait(20)
        Offer.objects.filter(pk=offer.pk).update(button="Sooner")
        changed.set()
        return late.result(20)


def deadlocked():
    both = Barrier(2, timeout=20)

    def take(first, second):
        locks.take(first)
        both.wait()
        locks.take(second)

    with ThreadPoolExecutor(2) as pool:
        ways = [("a", "b"), ("b", "a")]
        found = [pool.submit(raised_by, lambda way=way: take(*way)) for way in ways]
        [loser] = filter(None, [each.result(30) for each in found])
        return loser


def impatient():
    with somebody_sitting_on("a"):
        return raised_by(lambda: (tell("SET LOCAL lock_timeout = 50"), locks.take("a")))


@contextmanager
def somebody_sitting_on(name):
    """A transaction of another connection that holds the lock `name` while the block runs."""
    sits, leaves = Event(), Event()

    def sit():
        locks.take(name)
        sits.set()
        assert leaves.wait(20)

    with ThreadPoolExecutor(1) as pool:
        sitting = pool.submit(raised_by, sit)
        assert sits.wait(20)
        try:
            yield
        finally:
            leaves.set()
            assert sitting.result(20) is None


LOST = {
    "sqlite": {excluded: None},
    "postgresql": {
        excluded: "23P01",
        not_serialisable: "40001",
        deadlocked: "40P01",
        impatient: "55P03",
    },
}


def test_whoever_lost_a_race_is_known_by_what_the_database_says():
    for provoke, expected in LOST[connection.vendor].items():
        Booking.objects.all().delete()
        Offer.objects.all().delete()
        error = provoke()
        assert (provoke, state_of(error)) == (provoke, expected)
        assert (provoke, booking.is_lost_race(error)) == (provoke, True)


def test_what_is_wrong_with_a_row_is_no_lost_race():
    error = twice()
    assert isinstance(error, DatabaseError)
    assert not booking.is_lost_race(error)


def test_nobody_waits_for_ever_and_the_request_is_kept(monkeypatch):
    """PostgreSQL only has such a lock; SQLite has one queue for all who write."""
    offer = offer_with_hosts()
    calendar = offer.calendars.get()
    monkeypatch.setattr(locks, "PATIENCE", 50)
    request = Request({"name": "Paula", "email": "paula@example.com"}, (), "en")

    def ask():
        request_booking(request, offer=offer, start=TEN, visitor_zone="", mark="m", now=NOW)

    if connection.vendor == "postgresql":
        with somebody_sitting_on(f"calendar {calendar.pk}"):
            with pytest.raises(SlotTaken) as refusal:
                ask()
            assert state_of(refusal.value.__cause__) == "55P03"
        assert (Lead.objects.count(), Booking.objects.count()) == (1, 0)
    ask()
    assert (Lead.objects.count(), Booking.objects.count()) == (1, 1)


def test_staff_who_wait_for_a_calendar_in_vain_are_told(client, monkeypatch):
    """PostgreSQL only; on SQLite they come to their turn."""
    make_calendar(make_offer())
    past = make_booking(start=timezone.now() - timedelta(days=2), now=NOW)
    monkeypatch.setattr(locks, "PATIENCE", 50)
    client.force_login(make_staff("sales"))
    listed = {"action": "mark_held", "_selected_action": [past.pk]}
    ways = [(f"/admin/leads/booking/{past.pk}/held/", {}), (f"{LIST}?show=all", listed)]
    busy = "Too much happened at once in this calendar. Please try it once more."
    if connection.vendor == "postgresql":
        with somebody_sitting_on(f"calendar {past.calendar_id}"):
            said = [notices(client, client.post(path, data)) for path, data in ways]
        assert said == [
            [f"Nothing was changed. {busy}"],
            [f"Left as they were: Paula Prospect: {busy}"],
        ]
    for path, data in ways:
        client.post(path, data)
    past.refresh_from_db()
    assert past.state == Booking.State.HELD


def test_what_the_mails_noted_in_the_meantime_is_kept(monkeypatch):
    """Mails are sent outside of the verbs' locks."""
    booked = book(offer_with_hosts())
    reload = booking._reload

    def reload_while_a_mail_is_noted(*args):
        reload(*args)
        told = {"told_revision": 0, "told_starts_at": TEN, "is_invited": True}
        Booking.objects.filter(pk=booked.pk).update(**told, token_hash="another")

    monkeypatch.setattr(booking, "_reload", reload_while_a_mail_is_noted)
    booking.move(booked, start=TEN + timedelta(hours=1), now=NOW)
    booking.cancel(booked, reason="Ill", now=NOW)
    kept = Booking.objects.get()
    assert (kept.told_revision, kept.told_starts_at, kept.is_invited) == (0, TEN, True)
    assert kept.token_hash == "another"
    assert (kept.state, kept.reason, kept.revision) == ("cancelled", "Ill", 2)
    assert kept.starts_at == TEN + timedelta(hours=1)
