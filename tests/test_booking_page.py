"""The page of a booking at its secret address: what it tells, and what its buttons do."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from leads import booking, links
from leads.models import Booking
from tests.factories import make_calendar, make_lead, make_offer

pytestmark = pytest.mark.django_db

State = Booking.State


def soon(days: int = 7) -> datetime:
    """Ten in the morning, UTC, of a Wednesday that is at least `days` ahead."""
    day = timezone.now() + timedelta(days=days)
    day += timedelta(days=(2 - day.weekday()) % 7)
    return day.replace(hour=10, minute=0, second=0, microsecond=0, tzinfo=UTC)


def booked(**options) -> Booking:
    offer = options.pop("offer", None) or make_offer()
    if not offer.calendars.exists():
        make_calendar(offer, time_zone="UTC")
    options.setdefault("start", soon())
    return booking.book(offer, lead=options.pop("lead", None) or make_lead(), **options)


def address(made: Booking, name: str = "booking", *parts: str) -> str:
    return reverse(f"leads:{name}", args=[links.token_of(made), *parts])


def test_the_page_says_what_was_agreed(client):
    page = client.get(address(booked()))
    assert page.status_code == 200


def test_a_booking_is_cancelled_by_its_button(client):
    made = booked()
    assert client.get(address(made, "booking_cancel")).status_code == 200
    answer = client.post(address(made, "booking_cancel"), {"reason": "Ill."})
    assert (answer.status_code, answer.url) == (302, address(made))
    made.refresh_from_db()
    assert (made.state, made.reason) == (State.CANCELLED, "Ill.")
    assert client.get(address(made)).status_code == 200


def test_a_booking_is_moved_by_its_button(client):
    made = booked()
    later = soon() + timedelta(hours=1)
    page = client.get(address(made, "booking_move"), {"time": later.isoformat()})
    assert page.status_code == 200
    assert client.post(address(made, "booking_move"), {"start": later.isoformat()}).url == address(
        made
    )
    made.refresh_from_db()
    assert made.starts_at == later


def test_an_address_is_verified_by_a_button(client):
    made = booked(offer=make_offer(verifies_email=True))
    there = address(made, "booking_verify", links.verification_of(made))
    assert client.get(there).status_code == 200
    assert client.post(there).url == address(made)
    made.refresh_from_db()
    assert made.state == State.CONFIRMED
    assert client.get(address(made, "booking_verify", "wrong")).status_code == 404
