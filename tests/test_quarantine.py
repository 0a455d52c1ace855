"""Suspected spam on the desk: why it was put aside, taking it up, putting another aside."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.models import OutboxMessage, WebhookEvent
from leads import pipeline
from leads.admin import quarantine
from leads.consenting import to_answer
from leads.models import Lead
from leads.requesting import Request, put_aside, request_booking
from tests.desk import change, notices, page_of, words
from tests.factories import (
    make_booking,
    make_calendar,
    make_endpoint,
    make_lead,
    make_offer,
    make_staff,
)
from tests.test_requesting import ANSWERS, MAILS, promised

pytestmark = pytest.mark.django_db

LIST = "/admin/leads/lead/"
SPAM = Lead.State.SPAM


@pytest.fixture
def sales(client):
    client.force_login(make_staff("sales", username="sara"))
    return client


def take_up(client, lead: Lead):
    return client.post(f"/admin/leads/desk/take-up/{lead.pk}/")


def panel(response) -> str:
    """What the page of a lead says of its suspicion, "" without a word."""
    for section in page_of(response).iter("section"):
        if section.get("aria-labelledby") == "quarantine":
            return words(section)
    return ""


def states() -> list[str]:
    return list(Lead.objects.order_by("pk").values_list("state", flat=True))


# The page of a suspect --------------------------------------------------------------------


def test_a_suspect_says_why_and_what_follows(sales):
    lead = make_lead(state="spam", suspicion="The message has 9 links.")
    said = panel(sales.get(change(lead)))
    for part in (
        "The message has 9 links.",
        "paula@example.com gets the confirmation",
        "Not spam",
    ):
        assert part in said
    assert "No time is held" not in said
    wish = make_lead(state="spam", preferred_time="Tuesday at 10", submission="b")
    assert "No time is held: offer them the one" in panel(sales.get(change(wish)))
    assert panel(sales.get(change(make_lead(submission="c")))) == ""


def test_a_suspect_is_taken_up_by_its_button_once(sales):
    make_endpoint()
    lead = make_lead(state="spam", suspicion="A decoy.")
    answer = take_up(sales, lead)
    assert (answer.status_code, answer["Location"]) == (302, change(lead))
    assert notices(sales, answer) == ["Taken up: Paula Prospect is new now."]
    lead.refresh_from_db()
    assert (lead.state, lead.suspicion, promised()) == ("new", "", MAILS)
    assert WebhookEvent.objects.filter(kind="lead.created").count() == 1
    take_up(sales, lead)
    assert promised() == MAILS


def test_the_wish_of_a_suspect_is_kept_when_it_is_taken_up(sales):
    offer = make_offer()
    make_calendar(offer)
    asked = Request(ANSWERS, to_answer("I agree."), "en", suspicion="A decoy.")
    start = timezone.now() + timedelta(days=3)
    assert not request_booking(asked, offer=offer, start=start, visitor_zone="UTC", mark="m")
    lead = Lead.objects.get()
    wish = lead.preferred_time
    assert f"{start:%H:%M}" in wish
    take_up(sales, lead)
    lead.refresh_from_db()
    assert (lead.state, lead.preferred_time, promised()) == ("new", wish, MAILS)


def test_looking_changes_nothing_and_needs_the_right(sales, client):
    lead = make_lead(state="spam")
    address = f"/admin/leads/desk/take-up/{lead.pk}/"
    assert sales.get(address).status_code == 405
    assert sales.post("/admin/leads/desk/0/take-up/").status_code == 404
    client.force_login(make_staff("writer"))
    assert client.post(address).status_code == 403
    client.logout()
    assert client.post(address).status_code == 302
    assert states() == ["spam"]


# From the list ----------------------------------------------------------------------------


def act(client, name: str, *leads: Lead):
    data = {"action": name, "_selected_action": [lead.pk for lead in leads]}
    return client.post(LIST, data)


def test_staff_put_spam_aside_and_nobody_is_told(sales):
    spam, talk, held = (make_lead(name=n, submission=n) for n in ("Sue", "Tom", "Hal"))
    make_booking(start=timezone.now() + timedelta(days=2), lead=talk)
    Lead.objects.filter(pk=held.pk).update(state="held")
    OutboxMessage.objects.all().delete()
    answer = act(sales, "suspect_selected", spam, talk, held)
    said = " ".join(notices(sales, answer))
    assert "Put aside: 1." in said
    assert "Left as they were: Hal, Tom." in said or "Left as they were: Tom, Hal." in said
    spam.refresh_from_db()
    assert (states()[0], spam.suspicion) == ("spam", "Recognised by sara on the desk.")
    assert (states()[1] == "spam", states()[2]) == (False, "held")
    assert promised() == []


def test_who_was_put_aside_by_mistake_is_not_mailed_twice(sales):
    lead = make_lead()
    assert put_aside(lead, by=make_staff("sales"))
    assert "Its mails went out before" in panel(sales.get(change(lead)))
    act(sales, "accept_selected", lead)
    assert (states(), promised()) == (["new"], [])
    suspect = make_lead(state="spam", submission="b")
    for _ in range(2):
        act(sales, "accept_selected", suspect)
        put_aside(suspect, by=make_staff("sales"))
    assert promised() == MAILS


def test_nothing_is_deleted_by_putting_aside(sales):
    lead = make_lead()
    act(sales, "suspect_selected", lead)
    act(sales, "suspect_selected", lead)
    assert lead.events.filter(kind="lead.status_changed").count() == 1
    assert Lead.objects.quarantined().get() == lead
    assert not pipeline.advance(lead, SPAM, out_of=[SPAM])


@pytest.mark.parametrize("events", [1, 3])
def test_the_panel_costs_the_same_however_much_happened(sales, django_assert_num_queries, events):
    lead = make_lead(state="spam")
    for _ in range(events):
        pipeline.note(lead, "lead.noted", text="Looked at.")
    user = make_staff("sales")
    user.has_perm("leads.change_lead")
    with django_assert_num_queries(1):
        assert quarantine.panel(user, lead)
