"""What webhooks are told of, and when; each body as docs/webhooks.schema.json says."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone

from config import outbox, webhooks
from config.models import OutboxMessage, WebhookEndpoint, WebhookEvent
from glossary import bulk_runs, drafting, publishing, revisions
from glossary import webhooks as entry_webhooks
from glossary.bulk import ACTS
from glossary.models import Change, Entry
from leads import booking, links, pipeline
from leads.consenting import to_answer
from leads.models import Lead
from leads.phoning import Call, book_on_phone
from leads.requesting import Request, accept, request_booking, request_consultation
from leads.webhooks import EVENTS_OF_BOOKINGS, subject_of
from tests.factories import (
    make_booking,
    make_calendar,
    make_draft,
    make_endpoint,
    make_entry,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)
from tests.webhook_schema import SCHEMA, problems

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
ANSWERS = {
    "name": "Zoë 🙂 Prospect",
    "email": "zoe@example.com",
    "phone": "+351 21 000 0000",
    "company": "Prospect & Filhos",
    "message": "Can that stop?\u2028\x7f",
    "preferred_time": "",
}


@pytest.fixture(autouse=True)
def _somebody_listens():
    make_endpoint()


def told() -> list[str]:
    """The events so far in their order, each checked against its schema; then forgotten."""
    events = list(WebhookEvent.objects.order_by("pk"))
    found = [problem for event in events for problem in problems(event.body)]
    assert found == []
    webhooks.tidy(timezone.now() + timedelta(days=9999))
    OutboxMessage.objects.filter(kind="config.deliver_webhook").delete()
    WebhookEvent.objects.all().delete()
    return [event.kind for event in events]


def newest() -> dict:
    return json.loads(WebhookEvent.objects.latest("pk").body)


def asked(**fields) -> Request:
    return Request(answers=ANSWERS, agreements=to_answer("I agree."), language="pt", **fields)


def run_due(kind: str, now: datetime) -> list[bool]:
    done = []
    while message := outbox.claim(now):
        if message.kind == kind:
            done.append(outbox.run(message))
    return done


# Leads ------------------------------------------------------------------------------------


def test_a_request_is_told_with_where_it_came_from():
    entry = make_entry(term="Webhook", language="pt")
    told()
    request = asked(entry=entry, source_path="/pt/glossary/webhook/?a=1")
    lead = request_consultation(request, mark="a" * 64, offer=make_offer())
    content = newest()
    assert content["data"]["lead"] | {"desk_url": ""} == {
        **ANSWERS,
        "id": webhooks.public_id("lead", "a" * 64),
        "revision": 1,
        "state": "new",
        "value": None,
        "currency": "EUR",
        "lost_reason": "",
        "merged": [],
        "language": "pt",
        "offer": "Free consultation",
        "source_path": "/pt/glossary/webhook/?a=1",
        "entry": {
            "term": "Webhook",
            "language": "pt",
            "url": f"https://glossary.example{entry.get_absolute_url()}",
        },
        "attribution": content["data"]["lead"]["attribution"],
        "created_at": webhooks.moment(lead.created_at),
        "desk_url": "",
    }
    assert told() == ["lead.created"]


def test_the_same_form_again_is_no_news():
    for _ in range(2):
        request_consultation(asked(), mark="a" * 64)
    assert told() == ["lead.created"]


def test_a_suspect_is_told_of_when_it_is_taken_up():
    lead = request_consultation(asked(suspicion="A decoy."), mark="a" * 64)
    assert told() == []
    accept(lead)
    assert newest()["data"]["lead"]["state"] == "new"
    accept(lead)
    assert told() == ["lead.created"]


def test_a_suspect_that_the_pipeline_takes_up_is_news_as_well():
    lead = request_consultation(asked(suspicion="A decoy."), mark="a" * 64)
    by = make_staff("sales")
    pipeline.advance(lead, Lead.State.CONTACTED, out_of=[Lead.State.SPAM], by=by)
    assert newest()["data"]["lead"]["state"] == "contacted"
    assert told() == ["lead.created"]


def test_a_status_is_told_with_the_former_one_and_a_higher_revision():
    lead = request_consultation(asked(), mark="a" * 64)
    first = newest()["data"]["lead"]
    pipeline.advance(lead, Lead.State.WON, out_of=[Lead.State.NEW], by=make_staff("sales"))
    data = newest()["data"]
    assert (data["former_state"], data["lead"]["state"], data["by_staff"]) == ("new", "won", True)
    assert data["lead"]["id"] == first["id"]
    assert data["lead"]["revision"] > first["revision"]
    pipeline.advance(lead, Lead.State.WON, out_of=[Lead.State.WON])
    assert told() == ["lead.created", "lead.status_changed"]


# Bookings ---------------------------------------------------------------------------------


def test_what_was_won_or_why_it_was_lost_is_told_with_the_state():
    make_site(currency="CHF")
    lead = make_lead()

    def said() -> list:
        lead = newest()["data"]["lead"]
        return [lead[name] for name in ("state", "value", "currency", "lost_reason")]

    pipeline.win(lead, Decimal("1200.5"))
    assert said() == ["won", "1200.50", "CHF", ""]
    pipeline.lose(lead, "Too dear.")
    assert said() == ["lost", None, "CHF", "Too dear."]
    assert told() == ["lead.status_changed", "lead.status_changed"]
    assert list(lead.events.values_list("kind", flat=True)) == [
        "lead.status_changed",
        "lead.valued",
        "lead.status_changed",
    ]


def test_a_booking_is_told_from_the_form_to_the_talk():
    offer = make_offer()
    make_calendar(offer)
    options = {"offer": offer, "start": TUESDAY, "visitor_zone": "America/New_York"}
    held = request_booking(asked(), mark="a" * 64, now=NOW, **options)
    assert held
    booking.move(held, start=TUESDAY + timedelta(hours=1), now=NOW)
    data = newest()["data"]["booking"]
    assert (data["former_starts_at"], data["starts_at"]) == (
        "2026-12-01T10:00:00Z",
        "2026-12-01T11:00:00Z",
    )
    assert (data["host_time_zone"], data["prospect_time_zone"]) == (
        "Europe/Lisbon",
        "America/New_York",
    )
    assert (data["id"], data["revision"]) == (held.uid, held.revision)
    booking.mark_no_show(held, now=TUESDAY + timedelta(days=1))
    booking.mark_held(held, now=TUESDAY + timedelta(days=1))
    assert told() == [
        *("lead.created", "lead.status_changed", "booking.created", "booking.moved"),
        *("lead.status_changed", "booking.no_show", "lead.status_changed", "booking.held"),
    ]


def test_verified_refused_and_expired_are_told_as_what_they_lead_to():
    offer = make_offer(verifies_email=True, confirms_by_hand=True)
    make_calendar(offer)
    times = [TUESDAY + timedelta(hours=hour) for hour in (0, 1, 4)]
    sales = make_staff("sales")
    refused, expired, confirmed = (
        booking.book(offer, start=at, lead=make_lead(email=f"{n}@a.example"), now=NOW)
        for n, at in enumerate(times)
    )
    assert newest()["data"]["booking"]["state"] == "unverified"
    for each in (refused, confirmed):
        booking.verify(each, now=NOW)
    assert told() == ["booking.created"] * 3
    booking.refuse(refused, by=sales, reason="We are away.", now=NOW)
    data = newest()["data"]
    assert (data["booking"]["state"], data["booking"]["reason"]) == ("refused", "We are away.")
    booking.confirm(confirmed, by=sales, now=NOW)
    booking.cancel(confirmed, now=NOW + timedelta(hours=1))
    assert newest()["data"]["by_staff"] is False
    assert told() == [
        *("booking.cancelled", "lead.status_changed", "booking.confirmed"),
        # What lapsed is noted by whoever takes the calendar next.
        *("booking.cancelled", "lead.status_changed", "booking.cancelled"),
    ]
    expired.refresh_from_db()
    assert expired.state == "expired"


def test_a_verified_address_confirms_where_nobody_else_has_to():
    offer = make_offer(verifies_email=True)
    make_calendar(offer)
    held = booking.book(offer, start=TUESDAY, lead=make_lead(), now=NOW)
    booking.verify(held, now=NOW)
    assert told() == ["booking.created", "lead.status_changed", "booking.confirmed"]


def test_a_call_is_told_as_lead_and_booking_by_staff():
    offer = make_offer()
    make_calendar(offer)
    call = Call(offer=offer, start=TUESDAY, answers=ANSWERS, agreements=to_answer("On the phone."))
    for _ in range(2):
        book_on_phone(call, mark="b" * 64, by=make_staff("sales"), now=NOW)
    assert newest()["data"]["by_staff"] is True
    assert told() == ["lead.created", "lead.status_changed", "booking.created"]


def test_no_body_holds_the_secret_of_a_booking():
    held = make_booking(start=TUESDAY, now=NOW)
    bodies = "".join(WebhookEvent.objects.values_list("body", flat=True))
    assert held.uid in bodies
    assert links.token_of(held) not in bodies
    assert links.verification_of(held) not in bodies
    assert held.lead.submission not in bodies


def test_erasing_a_lead_reaches_its_bookings():
    held = make_booking(start=TUESDAY, now=NOW)
    assert webhooks.erase(subject_of(held.lead)) == 2
    assert told() == []


# Entries ----------------------------------------------------------------------------------


def test_an_entry_is_told_from_publication_to_deletion():
    entry = make_draft(term="Webhook", topics=["Automation"])
    assert told() == []
    publishing.publish(entry)
    first = newest()["data"]["entry"]
    assert (first["term"], first["topics"], first["change"]) == ("Webhook", ["Automation"], None)
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "New words."})
    assert told() == ["entry.published"]
    publishing.publish(entry, change=Change.TYPO)
    second = newest()["data"]["entry"]
    assert (second["change"], second["id"]) == ("typo", first["id"])
    assert second["revision"] > first["revision"]
    publishing.withdraw(entry)
    assert newest()["data"]["entry"]["revision"] > second["revision"]
    publishing.publish(entry)
    publishing.delete([entry])
    assert told() == [*("entry.updated", "entry.withdrawn", "entry.published", "entry.withdrawn")]


def test_what_readers_never_saw_is_not_told():
    entry = make_draft()
    publishing.publish(entry, at=timezone.now() + timedelta(days=3))
    publishing.unschedule(entry)
    drafting.submit(entry, by=None)
    publishing.publish(entry, at=timezone.now() + timedelta(days=3))
    publishing.withdraw(entry)
    publishing.delete([entry])
    assert told() == []


def test_a_date_is_told_when_it_has_come_and_only_once():
    past = timezone.now() - timedelta(days=2)
    entry = make_draft()
    later = timezone.now() - timedelta(hours=1)
    # Written at another time than now, as it would be seen by a worker after the date.
    for at in (later - timedelta(hours=5), later, later):
        publishing.publish(entry, at=at, now=past)
    assert told() == []
    assert run_due("glossary.tell_webhooks", timezone.now()) == [True] * 3
    assert told() == ["entry.published"]


def test_a_date_that_was_taken_back_is_not_told():
    past = timezone.now() - timedelta(days=2)
    at = timezone.now() - timedelta(hours=1)
    gone, hidden = make_draft(), make_draft()
    for entry in (gone, hidden):
        publishing.publish(entry, at=at, now=past)
    publishing.unschedule(hidden, now=past)
    publishing.delete([gone])
    told()
    assert run_due("glossary.tell_webhooks", timezone.now()) == [True] * 2
    assert told() == []


def test_an_entry_that_is_put_off_disappears_first():
    entry = make_entry()
    told()
    publishing.publish(entry, at=timezone.now() + timedelta(days=3))
    assert told() == ["entry.withdrawn"]


def test_a_planned_change_is_told_when_it_takes_its_place():
    entry = make_entry()
    told()
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "New words."})
    past = timezone.now() - timedelta(hours=2)
    Entry.objects.filter(pk=entry.pk).update(published_at=past - timedelta(days=1))
    publishing.schedule(entry, at=past + timedelta(hours=1), now=past)
    assert told() == []
    assert run_due("glossary.publish_planned", timezone.now()) == [True]
    assert told() == ["entry.updated"]


def test_many_entries_are_told_one_by_one():
    drafts = [make_draft() for _ in range(3)]
    bulk_runs.begin(ACTS["publish"], [entry.pk for entry in drafts])
    assert told() == ["entry.published"] * 3


def test_publishing_asks_nobody_more_when_nobody_listens(django_assert_num_queries):
    make_site()
    WebhookEndpoint.objects.all().delete()
    entry = make_entry()
    with django_assert_num_queries(0):
        entry_webhooks.published(entry, was_public=True)


# The list ---------------------------------------------------------------------------------


def test_schema_settings_and_code_name_the_same_events():
    named = {each["$ref"].removeprefix("#/$defs/") for each in SCHEMA["oneOf"]}
    assert named == {*settings.WEBHOOK_EVENTS, webhooks.TEST}
    assert set(EVENTS_OF_BOOKINGS.values()) <= set(settings.WEBHOOK_EVENTS)


def test_a_test_is_as_the_schema_says():
    webhooks.send_test(make_endpoint(name="tested"))
    assert told() == ["test"]


@pytest.mark.parametrize(
    "change",
    [
        {"version": "2"},
        {"timestamp": "2026-07-01T09:30:00+01:00"},
        {"more": 1},
        {"data": {"message": 1, "endpoint": "n8n"}},
        {"data": {"endpoint": "n8n"}},
        {"type": "lead.imagined"},
    ],
)
def test_the_check_of_bodies_sees_what_is_wrong(change):
    good = {
        "type": "test",
        "version": "1",
        "timestamp": "2026-07-01T09:30:00Z",
        "data": {"message": "It works", "endpoint": "n8n"},
    }
    assert problems(json.dumps(good)) == []
    assert len(problems(json.dumps({**good, **change}))) == 1
