"""Reminders of bookings, over days that pass as the test says."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import translation

from config import outbox
from config.models import OutboxMessage
from leads import booking, booking_mail, booking_words
from leads.models import Booking, LeadEvent
from tests.factories import make_calendar, make_lead, make_offer, make_site, make_staff

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
"""Wednesday; Lisbon is on UTC."""
HANDLERS = {
    "leads.remind": booking_mail.remind,
    "leads.tell_host": booking_mail.tell_host,
    "leads.tell_prospect": booking_mail.tell_prospect,
}


@pytest.fixture(autouse=True)
def _site():
    make_site(name="Northlight", contact_email="hi@northlight.example")


def offered(**fields):
    offer = make_offer(notice=0, change_cutoff=0, place="Rua Augusta 1", **fields)
    make_calendar(offer)
    return offer


def book(offer=None, *, start=TEN, now=MONDAY, **options) -> Booking:
    return booking.book(offer or offered(), start=start, lead=make_lead(), now=now, **options)


def work_at(now: datetime) -> list[str]:
    """Let a worker do what is due at `now`; return what reminders it sent, by their subjects."""
    # What verbs enqueue is due at once, by the clock on the wall.
    new = OutboxMessage.objects.waiting().exclude(kind="leads.remind")
    new.update(due_at=MONDAY)
    mail.outbox.clear()
    while message := outbox.claim(now):
        HANDLERS[message.kind](message, now=now)
        OutboxMessage.objects.filter(pk=message.pk).update(done_at=now, claimed_until=None)
    reminders = [each.subject for each in mail.outbox if each.subject.startswith("Reminder")]
    return [subject.removeprefix("Reminder: Free consultation, ") for subject in reminders]


def work_from(begin: datetime, end: datetime) -> list[tuple[str, str]]:
    """(when, what) of the reminders of a worker that starts at `begin`."""
    said, now = [], begin
    while now <= end:
        said += [(f"{now:%a %H:%M}", subject) for subject in work_at(now)]
        later = OutboxMessage.objects.waiting().filter(due_at__gt=now).order_by("due_at").first()
        now = later.due_at if later else end + timedelta(days=1)
    return said


def hours_before(hours: float) -> datetime:
    return TEN - timedelta(hours=hours)


def test_a_week_brings_each_reminder_once_and_at_its_time():
    book()
    assert work_from(MONDAY, TEN + timedelta(days=2)) == [
        ("Tue 10:00", "tomorrow at 10:00"),
        ("Wed 09:00", "in about an hour"),
    ]
    told = LeadEvent.objects.filter(kind="booking.reminded").order_by("pk")
    assert [event.data["before"] for event in told] == [24 * 60, 60]


def test_a_reminder_says_when_where_and_how_to_change_it():
    book()
    work_at(MONDAY)
    work_at(hours_before(24))
    (sent,) = mail.outbox
    assert "your consultation takes place tomorrow at 10:00.\n" in sent.body
    assert "When: Wednesday, March 4, 2026, 10:00 (Europe/Lisbon, UTC+00:00)\n" in sent.body
    assert ("Where: Rua Augusta 1\n" in sent.body, "/consultation/booking/" in sent.body) == (
        *(True, True),
    )
    assert (len(sent.alternatives), sent.attachments) == (1, [])


def test_nobody_is_reminded_of_what_was_cancelled():
    booked = book()
    work_at(MONDAY)
    booking.cancel(booked, now=MONDAY)
    assert work_from(MONDAY, TEN) == []


def test_after_a_move_only_the_new_time_is_reminded_of():
    booked = book()
    work_at(hours_before(24))
    booking.move(booked, start=TEN + timedelta(hours=5), now=hours_before(23))
    assert work_from(hours_before(23), TEN + timedelta(hours=6)) == [
        ("Tue 15:00", "tomorrow at 15:00"),
        ("Wed 14:00", "in about an hour"),
    ]


def test_moved_away_and_back_each_reminder_comes_once():
    booked = book()
    booking.move(booked, start=TEN + timedelta(hours=5), now=MONDAY)
    booking.move(booked, start=TEN, now=MONDAY)
    assert OutboxMessage.objects.filter(kind="leads.remind").count() == 6
    assert work_from(MONDAY, TEN + timedelta(hours=6)) == [
        ("Tue 10:00", "tomorrow at 10:00"),
        ("Wed 09:00", "in about an hour"),
    ]


def test_moved_back_just_before_a_reminder_it_is_left_out():
    booked = book()
    work_at(MONDAY)
    booking.move(booked, start=TEN + timedelta(hours=5), now=MONDAY)
    booking.move(booked, start=TEN, now=hours_before(24.5))
    assert work_from(hours_before(24.5), TEN) == [("Wed 09:00", "in about an hour")]


def test_a_late_booking_is_reminded_of_once():
    book(now=hours_before(20))
    assert work_from(hours_before(20), TEN) == [("Wed 09:00", "in about an hour")]


def test_a_booking_of_the_last_hour_needs_no_reminder():
    book(now=hours_before(1.5))
    assert work_from(hours_before(1.5), TEN) == []


@pytest.mark.parametrize(
    ("back", "said"),
    [
        (12, [("Tue 22:00", "tomorrow at 10:00"), ("Wed 09:00", "in about an hour")]),
        (8, [("Wed 02:00", "today at 10:00"), ("Wed 09:00", "in about an hour")]),
        (1.25, [("Wed 08:45", "in about an hour")]),
        (0.5, [("Wed 09:30", "in 30 minutes")]),
        (0, []),
        (-1, []),
    ],
)
def test_after_an_outage_one_mail_comes_and_says_what_is_true_then(back, said):
    book()
    work_at(MONDAY)
    assert work_from(hours_before(back), TEN + timedelta(hours=2)) == said


def test_an_invitation_that_was_late_is_reminder_enough():
    book()
    assert work_from(hours_before(23.5), TEN) == [("Wed 09:00", "in about an hour")]


def test_reminders_close_to_each_other_all_come():
    book(offered(reminders="2h, 1h, 30m, 15m"))
    assert [when for when, _ in work_from(MONDAY, TEN)] == [
        *("Wed 08:00", "Wed 09:00", "Wed 09:30", "Wed 09:45"),
    ]


def test_reminders_that_staff_took_out_do_not_come():
    booked = book()
    booked.offer.reminders = ""
    booked.offer.save()
    assert work_from(MONDAY, TEN) == []


def test_only_what_is_confirmed_is_reminded_of():
    booked = book(offered(confirms_by_hand=True))
    OutboxMessage.objects.filter(kind="leads.expire_booking").delete()
    assert work_from(MONDAY, hours_before(47)) == []
    booking.confirm(booked, by=make_staff("sales"), now=hours_before(47))
    assert [when for when, _ in work_from(hours_before(47), TEN)] == ["Tue 10:00", "Wed 09:00"]


def test_a_reminder_sent_twice_is_one_mail():
    booked = book()
    work_at(MONDAY)
    ids = []
    for _ in range(2):
        work_at(hours_before(24))
        ids += [each.extra_headers["Message-ID"] for each in mail.outbox]
        # As if the worker had died before it noted what it sent.
        LeadEvent.objects.filter(kind="booking.reminded").delete()
        OutboxMessage.objects.filter(kind="leads.remind").update(done_at=None)
    assert (len(ids), len(set(ids)), booked.uid[:16] in ids[0]) == (2, 1, True)


@pytest.mark.parametrize(
    ("now", "zone", "said"),
    [
        (TEN - timedelta(minutes=3), "Europe/Lisbon", "in a few minutes"),
        (TEN - timedelta(minutes=44), "Europe/Lisbon", "in 44 minutes"),
        (TEN - timedelta(hours=1), "Europe/Lisbon", "in about an hour"),
        (TEN - timedelta(hours=3), "Europe/Lisbon", "today at 10:00"),
        (TEN - timedelta(hours=12), "Europe/Lisbon", "tomorrow at 10:00"),
        (TEN - timedelta(hours=12), "Pacific/Kiritimati", "tomorrow at 00:00"),
        (TEN - timedelta(hours=9), "Pacific/Kiritimati", "tomorrow at 00:00"),
        (TEN - timedelta(hours=12), "Pacific/Niue", "today at 23:00"),
        (TEN - timedelta(days=2), "Europe/Lisbon", "on Wednesday, March 4, 2026 at 10:00"),
    ],
)
def test_how_soon_is_said_by_the_visitors_clock(now, zone, said):
    with translation.override("en"):
        assert booking_words.how_soon(TEN, ZoneInfo(zone), now) == said
