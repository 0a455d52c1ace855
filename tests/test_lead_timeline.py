"""The timeline of a lead: every kind in words, with what webhooks and mails came to."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from config import outbox, webhooks
from config.models import OutboxMessage, WebhookDelivery
from leads import pipeline, timeline
from leads.admin import lead_timeline
from leads.models import Lead, LeadEvent
from leads.requesting import accept
from tests.desk import change, page_of, words
from tests.factories import (
    make_booking,
    make_calendar,
    make_endpoint,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def site():
    return make_site(currency="CHF", time_zone="UTC")


# Words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "data", "note", "said"),
    [
        ("lead.created", {}, "", "The prospect: Asked for a consultation"),
        (
            "lead.status_changed",
            {"from": "new", "to": "held"},
            "",
            "The site: State: new → talked to",
        ),
        ("lead.assigned", {"owner": "Carl Stone"}, "", "The site: Owner: Carl Stone"),
        ("lead.assigned", {"owner": None}, "", "The site: Owner: nobody"),
        ("lead.valued", {"value": "1200.5"}, "", "Staff: Worth CHF\xa01,200.50"),
        ("lead.valued", {"value": None}, "", "Staff: Worth: not known"),
        ("lead.noted", {}, "Nice.", "Staff: Noted"),
        ("booking.no_show", {}, "", "Staff: Noted that they did not come"),
        ("lead.merged", {"from": 3}, "", "The site: Merged another request into it"),
        (
            "mail.bounced",
            {"kind": "hard"},
            "",
            "The site: A mail came back: the address takes none",
        ),
        ("mail.bounced", {}, "", "The site: A mail came back"),
        (
            "consent.withdrawn",
            {"purpose": "marketing"},
            "",
            "The prospect: Took back their agreement: news and offers",
        ),
        (
            "booking.reminded",
            {"starts_at": "2026-03-03T09:30:00+00:00"},
            "",
            "The site: Reminded them of Tuesday, March 3, 2026, 09:30 (UTC)",
        ),
        ("some.new_thing", {}, "", "The prospect: some: new thing"),
    ],
)
def test_what_happened_by_itself_is_told_in_words(kind, data, note, said):
    event = make_lead().events.create(kind=kind, data=data, note=note, at=AT)
    [line] = timeline.lines([event], ZoneInfo("UTC"))
    assert f"{line.who}: {line.words}" == said


@pytest.mark.parametrize(
    ("kind", "data", "note", "said"),
    [
        ("lead.created", {}, "", "Entered the lead"),
        ("lead.called", {}, "Rang.", "Booked on the phone"),
        ("lead.noted", {}, "Nice.", "Noted"),
        ("lead.replied", {"reply": 1}, "Your request", "Wrote a reply"),
        ("lead.explained", {}, "Too dear.", "Said better why it was lost"),
        ("lead.planned", {"former": "", "on": "2026-03-09"}, "Call", "Next step, by 9 Mar 2026"),
        ("lead.planned", {"former": "Call", "on": None}, "Write", "Next step"),
        ("lead.planned", {"former": "Call", "on": None}, "", "Next step done: Call"),
    ],
)
def test_what_staff_did_is_told_in_words(kind, data, note, said):
    by = make_staff(username="ines")
    event = make_lead().events.create(kind=kind, data=data, note=note, at=AT, by=by)
    assert timeline.lines([event], ZoneInfo("UTC")) == [timeline.Line(AT, "ines", said, note)]


# Webhooks and mails -----------------------------------------------------------------------


def told(lead: Lead, user) -> list[str]:
    """What the timeline says that the site did, newest first."""
    lines, _ = lead_timeline.of_lead(lead, user)
    found = [each for each in lines if each.words.startswith(("Webhook", "The mail", "A mail"))]
    return [f"{each.words} | {each.note}".removesuffix(" | ") for each in found]


def test_what_webhooks_were_told_is_in_the_timeline(admin_user):
    endpoint = make_endpoint(name="n8n")
    lead = make_lead()
    pipeline.advance(lead, Lead.State.QUALIFIED, out_of=Lead.State)
    pipeline.advance(make_lead(name="Other"), Lead.State.LOST, out_of=Lead.State)
    promised = WebhookDelivery.objects.filter(event__subject=f"lead:{lead.pk}")
    known = "lead.status_changed"
    assert told(lead, admin_user) == [f"Webhook n8n is to be told of {known}"]
    message = OutboxMessage.objects.filter(webhook__in=promised)
    message.update(attempts=1, last_error="It answered 500")
    promised.update(status=500)
    again = f"Webhook n8n is to be told of {known}, and answered 500 | It answered 500"
    assert told(lead, admin_user) == [again]
    message.update(failed_at=timezone.now())
    failed = f"Webhook n8n could not be told of {known}, and answered 500 | It answered 500"
    assert told(lead, admin_user) == [failed]
    message.update(failed_at=None, done_at=timezone.now(), last_error="")
    promised.update(status=204)
    assert told(lead, admin_user) == [f"Webhook n8n was told of {known}, and answered 204"]
    webhooks.erase(f"lead:{lead.pk}")
    assert (told(lead, admin_user), endpoint.deliveries.count()) == ([], 1)


def test_what_was_mailed_to_the_prospect_is_in_the_timeline(admin_user):
    lead, other = make_lead(state="spam"), make_lead(state="spam")
    accept(lead)
    accept(other)
    name = "The mail that confirms the request"
    assert told(lead, admin_user) == [f"{name} waits to be sent"]
    mine = OutboxMessage.objects.filter(payload__lead=lead.pk, kind="leads.confirm_request")
    mine.update(attempts=2, last_error="451 busy", due_at=AT)
    later = f"{name} could not be sent yet, and is tried again at 2 Mar 2026, 12:00 | 451 busy"
    assert told(lead, admin_user) == [later]
    mine.update(failed_at=AT)
    assert told(lead, admin_user) == [f"{name} could not be sent | 451 busy"]
    mine.update(failed_at=None, done_at=AT)
    assert told(lead, admin_user) == [f"{name} was handed to the mail server"]


def test_mails_about_bookings_are_told_and_reminders_that_failed(admin_user):
    lead = make_lead()
    make_calendar(make_offer())
    start = timezone.now() + timedelta(days=5)
    booking = make_booking(lead=lead, start=start)
    make_booking(lead=make_lead(), start=start + timedelta(days=1))
    outbox.enqueue("leads.confirm_request", lead=lead.pk, unless_booked=True)
    assert told(lead, admin_user) == ["A mail about the booking waits to be sent"]
    outbox.enqueue("leads.remind", booking=booking.pk, starts_at=start.isoformat())
    assert len(told(lead, admin_user)) == 1
    reminder = OutboxMessage.objects.filter(kind="leads.remind", payload__booking=booking.pk)
    reminder.update(failed_at=AT, last_error="550 no such user")
    assert set(told(lead, admin_user)) == {
        "A mail about the booking waits to be sent",
        "A mail that reminds of the talk could not be sent | 550 no such user",
    }


def test_only_those_who_may_look_there_are_led_to_the_logs(client, admin_user):
    endpoint = make_endpoint()
    lead = make_lead(state="spam")
    accept(lead)
    message = OutboxMessage.objects.get(kind="leads.confirm_request")
    logs = {change(endpoint), change(message)}

    def links(user) -> set[str]:
        client.force_login(user)
        page = page_of(client.get(change(lead)))
        found = page.findall(".//ol[@class='timeline']//a")
        assert len(page.findall(".//ol[@class='timeline']/li")) == 3
        return {each.get("href") for each in found}

    assert links(admin_user) == logs
    assert links(make_staff("sales")) == set()


# Length -----------------------------------------------------------------------------------


def test_the_newest_hundred_are_shown_and_all_on_demand(client):
    make_site()
    client.force_login(make_staff("sales"))
    lead = make_lead()
    rows = [
        LeadEvent(lead=lead, kind="lead.noted", note=f"note {n}", at=AT + timedelta(minutes=n))
        for n in range(120)
    ]
    LeadEvent.objects.bulk_create(rows)

    def notes(address: str) -> list[str]:
        page = page_of(client.get(address))
        return [words(each) for each in page.findall(".//ol[@class='timeline']//q")]

    assert notes(change(lead)) == [f"note {n}" for n in range(119, 19, -1)]
    page = page_of(client.get(change(lead)))
    (older,) = (link for link in page.iter("a") if words(link) == "Show all from the beginning")
    assert notes(older.get("href")) == [f"note {n}" for n in range(119, -1, -1)]
    assert "Show all from the beginning" not in client.get(older.get("href")).content.decode()


def test_the_page_asks_as_often_for_many_lines_as_for_one(admin_client, django_assert_num_queries):
    make_endpoint()
    lead = make_lead()
    by = make_staff()
    make_calendar(make_offer())
    for count in (1, 3):
        for number in range(count):
            pipeline.assign(lead, by if number % 2 else None, by=by)
            pipeline.advance(lead, Lead.State.NEW, out_of=Lead.State)
            pipeline.advance(lead, Lead.State.LOST, out_of=Lead.State, by=by)
            make_booking(lead=lead, start=timezone.now() + timedelta(days=count * 5 + number))
            outbox.enqueue("leads.confirm_request", lead=lead.pk)
        admin_client.get(change(lead))
        with django_assert_num_queries(18):
            admin_client.get(change(lead))
