"""Who of the staff hears of requests and bookings, by their own choice."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from config import site
from config.models import OutboxMessage
from leads import booking, notices, pipeline
from leads.consenting import to_answer
from leads.models import Booking, Lead, NoticeChoices
from leads.requesting import Request, accept, request_consultation
from tests.desk import submit, work
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site():
    make_site(lead_recipients="desk@example.com", contact_email="desk@example.com")


def make_reader(name, *groups, email="", **choices) -> User:
    user = make_staff(*(groups or ["sales"]), username=name)
    User.objects.filter(pk=user.pk).update(email=email or f"{name}@example.com")
    if choices:
        NoticeChoices.objects.create(user=user, **choices)
    return User.objects.get(pk=user.pk)


def ask(**answers) -> Lead:
    answers = {"name": "Paula Prospect", "email": "paula@example.org", **answers}
    asked = Request(answers, agreements=to_answer("I agree."), language="en")
    return request_consultation(asked, mark=f"mark {Lead.objects.count()}")


def told() -> list[str]:
    """Who gets a mail by all that waits, prospects left out; each as often as they do."""
    OutboxMessage.objects.update(due_at=timezone.now())
    work()
    addresses = sorted(address for sent in mail.outbox for address in sent.to)
    mail.outbox.clear()
    return [address for address in addresses if not address.endswith(".org")]


def booked(**options) -> Booking:
    make_calendar(make_offer(), host=make_author())
    lead = make_lead(email="paula@example.org", **options.pop("lead", {}))
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    return make_booking(start=start, lead=lead, **options)


# Requests ---------------------------------------------------------------------------------


def test_everybody_hears_of_a_request_as_they_chose_and_once():
    make_reader("all", new_leads="all")
    make_reader("mine", new_leads="mine")
    make_reader("nothing", new_leads="none", bookings="all")
    make_reader("silent")
    make_reader("grouped", email="Desk@Example.com", new_leads="all")
    make_reader("twin", email="ALL@example.com", new_leads="all")
    ask()
    assert told() == ["all@example.com", "desk@example.com", "mine@example.com"]


def test_those_who_may_not_see_requests_hear_nothing():
    wants = {"new_leads": "all", "bookings": "all", "cancellations": "all"}
    make_reader("writer", "writer", **wants)
    make_reader("mute", **wants)
    for name, change in {"gone": "is_active", "outside": "is_staff"}.items():
        User.objects.filter(pk=make_reader(name, **wants).pk).update(**{change: False})
    User.objects.filter(username="mute").update(email="")
    ask()
    booking.cancel(booked(), by=make_staff("sales"))
    assert set(told()) == {"desk@example.com"}


def test_who_leaves_before_the_mail_goes_out_gets_none():
    make_reader("left", new_leads="all")
    ask()
    User.objects.filter(username="left").update(is_active=False)
    assert told() == ["desk@example.com"]


def test_an_address_that_is_refused_keeps_nobody_else_s_mail():
    make_reader("all", new_leads="all")
    make_site(lead_recipients="desk@example.com\nsecond@example.com")
    site.forget()
    lead = ask()
    rows = OutboxMessage.objects.filter(kind="leads.notify_staff")
    assert [row.payload["lead"] for row in rows] == [lead.pk] * 3
    assert "@" not in "".join(str(row.payload) for row in OutboxMessage.objects.all())
    make_site(lead_recipients="second@example.com")
    assert told() == ["all@example.com", "second@example.com"]


def test_a_suspect_that_is_taken_up_is_told_but_not_to_who_took_it_up():
    by = make_reader("all", new_leads="all")
    make_reader("other", new_leads="mine")
    accept(make_lead(state="spam", email="paula@example.org"), by=by)
    assert told() == ["desk@example.com", "other@example.com"]
    User.objects.filter(pk=by.pk).update(email="desk@example.com")
    by.refresh_from_db()
    accept(make_lead(state="spam", email="p@example.org", submission="2"), by=by)
    assert told() == ["other@example.com"]


def test_a_request_that_staff_entered_is_told_to_those_who_chose(client):
    client.force_login(make_reader("me", new_leads="all"))
    make_reader("other", new_leads="all")
    entered = {"name": "Carl", "email": "carl@example.org", "consent_text": "Said yes."}
    submit(client, "/admin/leads/lead/add/", offer=str(make_offer().pk), **entered)
    assert told() == ["other@example.com"]


def test_the_mail_to_a_member_of_staff_says_where_to_end_it():
    make_reader("all", new_leads="all")
    ask()
    OutboxMessage.objects.update(due_at=timezone.now())
    work()
    by_address = {sent.to[0]: sent for sent in mail.outbox}
    url = "https://glossary.example/admin/leads/desk/notifications/"
    mine, group = by_address["all@example.com"], by_address["desk@example.com"]
    assert f"Choose which mails you get:\n{url}" in mine.body
    assert f'<a href="{url}">' in mine.alternatives[0].content
    assert mine.extra_headers["List-Unsubscribe"] == f"<{url}>"
    assert url not in group.body + group.alternatives[0].content
    assert "List-Unsubscribe" not in group.extra_headers
    assert mine.reply_to == group.reply_to == ["paula@example.org"]


# Bookings ---------------------------------------------------------------------------------


def everybody() -> dict[str, User]:
    return {
        "owner": make_reader("owner"),
        "bookings": make_reader("bookings", bookings="all"),
        "cancels": make_reader("cancels", cancellations="all"),
        "unowned": make_reader("unowned", bookings="mine", cancellations="mine"),
        "requests": make_reader("requests", new_leads="all"),
    }


def names(addresses: list[str]) -> list[str]:
    return [address.removesuffix("@example.com") for address in addresses]


def test_each_event_of_a_booking_reaches_those_who_chose_it():
    staff = everybody()
    held = booked(by=staff["bookings"], lead={"owner": staff["owner"]})
    assert names(told()) == ["desk", "owner", "requests"]
    booking.move(held, start=held.starts_at + timedelta(hours=2), any_time=True, by=None)
    assert names(told()) == ["bookings", "desk", "owner"]
    booking.cancel(held, by=None)
    assert names(told()) == ["cancels", "desk", "owner"]
    pipeline.assign(held.lead, None)
    again = make_booking(start=held.starts_at, lead=held.lead, by=staff["requests"])
    assert names(told()) == ["bookings", "desk", "unowned"]
    booking.mark_no_show(again, by=staff["owner"], now=again.ends_at)
    assert names(told()) == ["cancels", "unowned"]
    booking.mark_held(again, by=staff["owner"], now=again.ends_at)
    assert told() == []


def test_an_owner_who_chose_nothing_hears_nothing():
    owner = make_reader("owner", new_leads="none")
    booked(lead={"owner": owner})
    assert names(told()) == ["desk"]


def test_a_host_hears_of_a_booking_once():
    host = make_reader("host", bookings="all", cancellations="all")
    held = booked(lead={"owner": host}, calendar=make_calendar(host=make_author(user=host)))
    assert names(told()) == ["desk", "host"]
    booking.cancel(held, by=host)
    assert names(told()) == ["desk"]


def test_what_nobody_verified_is_told_once_it_is():
    make_reader("bookings", bookings="all")
    make_calendar(make_offer(verifies_email=True), host=make_author())
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    held = make_booking(start=start, lead=make_lead(email="paula@example.org"), by=None)
    assert told() == []
    booking.verify(held)
    assert names(told()) == ["bookings", "desk"]


def test_the_choices_of_many_cost_no_more_than_those_of_one(django_assert_num_queries):
    held = booked()
    event = held.events.filter(kind="booking.created").get()
    for number in (1, 3):
        for _ in range(number):
            make_reader(f"reader{User.objects.count()}", bookings="all")
        site.current()
        with django_assert_num_queries(1 + NoticeChoices.objects.count()):
            notices.of_booking(held, event)
