"""Boxes on the forms: asked apart, unticked, kept over errors, stored as they were shown."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads import consenting, submission
from leads.consenting import Agreement
from leads.models import Consent, Lead
from tests.desk import page_of
from tests.factories import make_calendar, make_lead, make_offer, make_site
from tests.test_requesting import fields, filled, send

pytestmark = pytest.mark.django_db

NEWS = "Write to me\nonce a month."
Purpose = Consent.Purpose


def said(lead: Lead) -> dict[str, tuple[str, bool]]:
    return {c.purpose: (c.text, c.is_given) for c in lead.consents.all()}


def ticked(response) -> dict[str, bool]:
    """The boxes that ask for agreement, as the page shows them without its script."""
    boxes = [box for box in page_of(response).iter("input") if box.get("type") == "checkbox"]
    said = {
        box.get("name"): "checked" in box.attrib for box in boxes if "disabled" not in box.attrib
    }
    said.pop("arrival")  # says how somebody came, and agrees to nothing
    return said


@pytest.fixture
def _asks():
    make_site(consent_text="You may answer me.", marketing_text=NEWS)


@pytest.mark.usefixtures("_asks")
def test_news_are_a_box_of_their_own_that_nobody_ticked(client):
    assert ticked(client.get("/consultation/")) == {"consent": False, "marketing": False}


def test_without_a_sentence_for_news_nobody_is_asked(client):
    make_site(consent_text="You may answer me.")
    assert ticked(client.get("/consultation/")) == {"consent": False}
    send(client, filled(marketing="on"))
    assert said(Lead.objects.get()) == {"request": ("You may answer me.", True)}


@pytest.mark.usefixtures("_asks")
@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_request_is_taken_with_news_or_without(client, is_wanted):
    shown = fields(client.get("/pt/consultation/"))
    # Browsers send a line break as two characters.
    signed = {name: shown[name].replace("\n", "\r\n") for name in shown if "_shown" in name}
    form = filled(**signed, marketing="on" if is_wanted else None)
    assert send(client, form, path="/pt/consultation/").status_code == 302
    lead = Lead.objects.get()
    assert said(lead) == {"request": ("You may answer me.", True), "marketing": (NEWS, is_wanted)}
    row = lead.consents.get(purpose="marketing")
    assert (row.page, row.language, row.at) == ("/pt/consultation/", "pt", lead.created_at)
    assert len(row.version) == 12


@pytest.mark.usefixtures("_asks")
def test_what_was_ticked_stays_ticked_over_an_error(client):
    shown = fields(client.get("/consultation/"))
    make_site(consent_text="Other words.", marketing_text="Daily!")
    form = filled(**{n: shown[n] for n in shown if "_shown" in n}, marketing="on", name="")
    again = send(client, form)
    assert (again.status_code, ticked(again)) == (422, {"consent": True, "marketing": True})
    labels = ["".join(label.itertext()) for label in page_of(again).iter("label")]
    assert any(NEWS in label for label in labels)
    assert not any("Daily!" in label or "Other words." in label for label in labels)
    send(client, {**form, **fields(again), "name": "Paula", "consent": "on", "marketing": "on"})
    assert said(Lead.objects.get())["marketing"] == (NEWS, True)


@pytest.mark.usefixtures("_asks")
def test_a_form_that_was_shown_without_the_box_did_not_ask(client):
    send(client, filled(marketing="on", marketing_shown="I want everything:abcdef"))
    assert list(said(Lead.objects.get())) == ["request"]


@pytest.mark.usefixtures("_asks")
def test_a_booking_form_asks_as_well(client):
    offer = make_offer()
    make_calendar(offer)
    times = page_of(client.get("/consultation/"))
    (first, *_) = [a.get("href") for a in times.iter("a") if "time=" in a.get("href", "")]
    page = client.get(first)
    assert ticked(page) == {"consent": False, "marketing": False}
    token = submission.issue(now=timezone.now() - timedelta(minutes=1))
    send(client, {**fields(page), **filled(marketing="on"), "token": token})
    lead = Lead.objects.get()
    assert lead.bookings.count() == 1
    assert said(lead)["marketing"] == (NEWS, True)


@pytest.mark.usefixtures("_asks")
def test_a_form_sent_again_for_another_time_brings_the_newest_answer(client):
    """The time had gone: the form is the same, its boxes and answers can be others."""
    make_calendar(make_offer())
    shown = fields(client.get("/consultation/?time=none"))
    signed = {name: shown[name] for name in shown if "_shown" in name}
    form = filled(**signed, marketing="on", start="2020-01-01T10:00Z", zone="Europe/Lisbon")
    assert send(client, form).status_code == 409
    assert said(Lead.objects.get())["marketing"] == (NEWS, True)
    del form["marketing"]
    assert send(client, {**form, "message": "Newer"}).status_code == 409
    lead = Lead.objects.get()
    assert (lead.message, said(lead)["marketing"]) == ("Newer", (NEWS, False))


def test_the_same_answer_again_leaves_the_first_as_proof():
    lead = make_lead(consent_text="Yes.")
    before = lead.consents.values().get()
    later = timezone.now() + timedelta(hours=1)
    consenting.record(lead, consenting.to_answer("Yes."), page="/elsewhere/", now=later)
    assert lead.consents.values().get() == before


def test_another_answer_replaces_all_that_the_first_said():
    lead = make_lead(consent_text="Yes.")
    first = lead.consents.get()
    lead.language = "pt"
    later = timezone.now() + timedelta(hours=1)
    consenting.record(lead, [Agreement(Purpose.REQUEST, "Sim.")], page="/pt/", now=later)
    row = lead.consents.get()
    assert (row.text, row.page, row.language, row.at) == ("Sim.", "/pt/", "pt", later)
    assert row.version != first.version


def test_who_took_it_back_can_say_yes_again():
    lead = make_lead(consent_text="Yes.")
    lead.consents.update(withdrawn_at=timezone.now())
    consenting.record(lead, consenting.to_answer("Yes."))
    assert lead.consents.get().withdrawn_at is None
