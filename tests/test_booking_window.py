"""Two verbs at one moment, the second let in between the first one's look and its write."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from types import SimpleNamespace

import pytest
from django.db import connection

from config import locks
from leads import booking, requesting
from leads.booking import SlotTaken
from leads.consenting import to_answer
from leads.models import Booking
from leads.requesting import Request, request_booking
from tests.factories import make_lead, make_staff
from tests.racing import doubles, wall_down
from tests.test_booking import NOW, TEN, offer_with_hosts

pytestmark = pytest.mark.django_db(transaction=True)

State = Booking.State


def at_once(acts):
    """Do `acts` in threads with connections of their own; return what each raised, or None."""

    def run(act):
        try:
            act()
        except SlotTaken as error:
            return type(error)
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def together(acts, monkeypatch, *, patience=20):
    """Do `acts`; return what each raised, and how many had looked before one wrote.

    Whoever has looked and found the time free waits for the other one to do
    so as well, `patience` seconds at most.
    """
    gate, looked = Barrier(2), []
    look = booking._free

    def look_and_wait(*args, **options):
        found = look(*args, **options)
        if found:
            with suppress(BrokenBarrierError):
                looked.append(gate.wait(timeout=patience))
        return found

    monkeypatch.setattr(booking, "_free", look_and_wait)
    return sorted(at_once(acts), key=str), len(looked)


def contenders():
    """Ways to take 10:00 of one host, by name."""
    offer = offer_with_hosts(most_open=0)
    calendar, staff = offer.calendars.get(), make_staff("sales")
    mover, other = (
        booking.book(offer, start=TEN + timedelta(hours=hours), lead=make_lead(), now=NOW)
        for hours in (4, 5)
    )
    lead = make_lead(email="two@example.com")
    half_past = TEN + timedelta(minutes=15)

    def ask():
        request = Request({"name": "A", "email": "a@example.com"}, to_answer("I agree."), "en")
        request_booking(request, offer=offer, start=TEN, visitor_zone="", mark="m", now=NOW)

    return {
        "book": lambda: booking.book(offer, start=TEN, lead=make_lead(), now=NOW),
        "ask": ask,
        "by phone": lambda: booking.book(
            *[offer],
            start=half_past,
            lead=lead,
            calendar=calendar,
            any_time=True,
            by=staff,
            now=NOW,
        ),
        "move": lambda: booking.move(mover, start=TEN, now=NOW),
        "move by staff": lambda: booking.move(
            other, start=half_past, any_time=True, by=staff, now=NOW
        ),
    }


PAIRS = [
    ("book", "book"),
    ("book", "by phone"),
    ("book", "move"),
    ("ask", "move by staff"),
    ("move", "by phone"),
    ("move", "move by staff"),
]


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_nobody_comes_between_look_and_write(pair, monkeypatch):
    acts = contenders()
    answers, looked = together([acts[name] for name in pair], monkeypatch, patience=0.5)
    assert (answers, looked, doubles()) == ([SlotTaken, None], 0, [])


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_without_lock_and_wall_both_come(pair, monkeypatch):
    acts = contenders()
    unlock(monkeypatch)
    with wall_down():
        answers, looked = together([acts[name] for name in pair], monkeypatch)
        assert (answers, looked, len(doubles())) == ([None, None], 2, 1)


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_the_wall_alone_stops_the_second(pair, monkeypatch):
    acts = contenders()
    unlock(monkeypatch)
    answers, looked = together([acts[name] for name in pair], monkeypatch)
    assert (answers, looked, doubles()) == ([SlotTaken, None], 2, [])


def unlock(monkeypatch):
    if connection.vendor == "postgresql":
        monkeypatch.setattr(locks, "take", lambda name: None)
    else:
        # On SQLite it is the transaction itself that keeps others out.
        for module in (booking, requesting):
            monkeypatch.setattr(module, "transaction", SimpleNamespace(atomic=nullcontext))
