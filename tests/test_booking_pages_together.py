"""Many browsers send their form for one time at one moment, while others move there."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from config.models import OutboxMessage
from leads import booking, links, submission
from leads.models import Booking, Lead
from tests.factories import make_lead, make_offer, make_staff
from tests.racing import contestants, doubles
from tests.test_booking_together import NUMBER, QUARTERS, at, open_calendar

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 4


def form(place, start):
    """What a browser sends a minute after the form was shown."""
    return {
        "name": "Paula",
        "email": f"paula{place}@example.com",
        "message": "We lose hours every day.",
        "consent": "on",
        "token": submission.issue(now=timezone.now() - timedelta(minutes=1)),
        "start": f"{start:%Y-%m-%dT%H:%MZ}",
        "zone": "Europe/Lisbon",
    }


def posts(number, start, *, day):
    """Forms of different people, for `start` and the quarters of an hour after it."""
    path = reverse("leads:consultation")
    quarters = [start + timedelta(minutes=15 * (place % 2)) for place in range(number)]
    return [
        {
            "verb": "post",
            "path": path,
            "form": form(f"{day}-{place}", quarter),
            "address": f"192.0.2.{place}",
        }
        for place, quarter in enumerate(quarters)
    ]


def test_of_many_browsers_one_gets_the_time_and_all_are_answered():
    number = NUMBER // 2
    offer = make_offer(**QUARTERS, change_cutoff=0)
    open_calendar(offer)
    make_staff("sales")
    with contestants(number + 3) as race:
        for day in range(ROUNDS):
            ten = at(day, 10)
            moving = booking.book(offer, start=at(day, 16), lead=make_lead())
            path = reverse("leads:booking_move", args=[links.token_of(moving)])
            acts = posts(number, ten, day=day)
            acts.append({"verb": "post", "path": path, "form": {"time": f"{ten:%Y-%m-%dT%H:%MZ}"}})
            by_phone = make_lead(email="phone@example.com").pk
            acts += [
                {"verb": verb, "offer": offer.pk, "lead": by_phone, "start": ten.isoformat()}
                for verb in ("book", "book_by_phone")
            ]
            answers = race(acts)
            statuses = [answer.split()[0] for answer in answers]
            assert set(statuses) <= {"303", "302", "409", "done", "SlotTaken"}
            assert len(statuses) - statuses.count("409") - statuses.count("SlotTaken") == 1
            assert doubles() == []
    # Whoever got no time has not written in vain.
    assert Lead.objects.filter(email__startswith="paula").count() >= number * ROUNDS


def test_one_form_sent_by_twenty_clicks_books_once_and_all_see_the_booking():
    offer = make_offer(**QUARTERS)
    open_calendar(offer)
    act = {"verb": "post", "path": reverse("leads:consultation"), "form": form("", at(0, 10))}
    with contestants(20) as race:
        answers = race([act] * 20)
    page = reverse("leads:booking", args=[links.token_of(Booking.objects.get())])
    assert answers == [f"303 {page}"] * 20
    assert Lead.objects.count() == 1
    assert OutboxMessage.objects.filter(kind="leads.tell_prospect").count() == 1
