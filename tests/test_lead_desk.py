"""The page of a lead: what it shows, and small forms that never lose what others changed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from config.models import OutboxMessage
from leads import pipeline
from leads.models import Lead
from tests.desk import change, errors, filled, form_on, notices, page_of, send, words
from tests.factories import (
    make_booking,
    make_calendar,
    make_entry,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site():
    return make_site(answer_hours=24, currency="EUR", time_zone="UTC")


@pytest.fixture
def bea():
    return make_staff("sales", username="bea")


@pytest.fixture
def sales(client, bea):
    client.force_login(bea)
    return client


def kinds(lead: Lead) -> list[str]:
    return list(lead.events.order_by("pk").values_list("kind", flat=True))


def stored(lead: Lead, *names: str) -> tuple:
    return Lead.objects.values_list(*names).get(pk=lead.pk)


def said_on(response) -> str:
    """What stands above the form that was not taken."""
    top, note = page_of(response).findall(".//p[@class='errornote']")
    assert words(top).startswith("Nothing was changed yet. What you wrote is still here:")
    return words(note)


# What it shows ----------------------------------------------------------------------------


def test_the_page_says_what_an_answerer_needs(sales, bea):
    lead = make_lead(
        name="Paula",
        email="pau+la@example.com",
        phone="+351 (0) 91-555",
        company="Lifts Ltd",
        message="First line.\n\n<b>Second</b>",
        preferred_time="Monday",
        language="de",
        entry=make_entry(term="Webhook"),
        offer=make_offer(name="Data check"),
        source_path="/glossary/webhook/",
        created_at=timezone.now() - timedelta(days=3),
        owner=bea,
        next_step="Call",
        next_step_on=date(2026, 1, 5),
    )
    page = page_of(sales.get(change(lead)))
    head = words(page.find(".//p[@class='lead-head']"))
    assert head == "New Overdue asked 3 days ago yours next: Call, by 5 Jan 2026 Late"
    links = {link.get("href") for link in page.findall(".//dl[@class='facts']//a")}
    assert links == {"mailto:pau+la@example.com", "tel:+351091555", "/glossary/webhook/"}
    assert [words(p) for p in page.findall(".//blockquote/p")] == ["First line.", "<b>Second</b>"]
    facts = {words(row.find("dt")): words(row.find("dd")) for row in page.findall(".//dl/div")}
    assert facts["Company"] == "Lifts Ltd"
    assert (facts["Would suit them"], facts["Language"]) == ("Monday", "Deutsch")
    assert facts["From entry"] == "Webhook /glossary/webhook/"
    assert (facts["Offer"], facts["Phone"]) == ("Data check", "+351 (0) 91-555")


def test_whoever_may_only_look_is_offered_no_form(client):
    reader = make_staff()
    reader.user_permissions.add(Permission.objects.get(codename="view_lead"))
    client.force_login(reader)
    lead = make_lead(message="Read me.")
    page = page_of(client.get(change(lead)))
    assert "Read me." in words(page)
    assert page.findall(".//div[@id='content-main']//form") == []
    answers = [client.post(f"/admin/leads/lead/{lead.pk}/{name}/") for name in _NAMES]
    assert {answer.status_code for answer in answers} == {403}
    assert kinds(lead) == []


_NAMES = ("owner", "step", "state", "note")


def _permissions(*names: str):
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename__in=names)


def test_the_address_of_a_form_leads_back_to_the_page(sales):
    lead = make_lead()
    for name in _NAMES:
        assert sales.get(f"/admin/leads/lead/{lead.pk}/{name}/")["Location"] == change(lead)
        assert sales.post(f"/admin/leads/lead/{lead.pk + 1}/{name}/").status_code == 404
    history = change(lead).replace("change", "history")
    assert sales.get(history)["Location"] == change(lead)
    assert sales.get("/admin/leads/lead/x/change/").status_code == 404


def test_a_request_that_was_merged_leads_to_the_other_and_is_not_changed(sales, bea):
    kept = make_lead(name="Kept")
    merged = make_lead(merged_into=kept)
    page = page_of(sales.get(change(merged)))
    assert change(kept) in {link.get("href") for link in page.iter("a")}
    assert page.find(".//form[@id='owner_form']") is None
    answer = sales.post(f"/admin/leads/lead/{merged.pk}/note/", {"text": "Hello?"})
    assert notices(sales, answer) == ["Nothing was changed: this request was merged."]
    assert kinds(merged) == []


# Owner and step ---------------------------------------------------------------------------


def test_an_owner_is_chosen_and_taken_away(sales, bea):
    carl = make_staff("sales", username="carl")
    make_staff("writer", username="wendy")
    lead = make_lead()
    form = form_on(sales, change(lead), "owner")
    assert [words(option) for option in form.iter("option")] == ["Nobody", "bea", "carl"]
    for owner, said in (
        (str(carl.pk), "The owner is now carl."),
        (str(carl.pk), "Nothing to change: it is so already."),
        ("", "Nobody owns it now."),
    ):
        assert notices(sales, send(sales, change(lead), "owner", owner=owner)) == [said]
    assert kinds(lead) == ["lead.assigned", "lead.assigned"]
    assert set(lead.events.values_list("by", flat=True)) == {bea.pk}


def test_one_click_makes_it_mine(sales, bea):
    lead = make_lead()
    form = form_on(sales, change(lead), "owner")
    (button,) = (each for each in form.iter("button") if each.get("name"))
    # As a browser sends it: the list's choice, then the button's.
    sales.post(form.get("action"), {"shown": "", "owner": ["", button.get("value")]})
    assert stored(lead, "owner") == (bea.pk,)


def test_whoever_may_not_work_with_leads_owns_none(sales):
    lead, wendy = make_lead(), make_staff("writer")
    answer = send(sales, change(lead), "owner", owner=str(wendy.pk))
    said = "This login may not work with leads any more. Choose another one."
    assert (errors(answer), stored(lead, "owner")) == ([said], (None,))


def test_an_owner_who_left_stays_chosen_until_somebody_else_is(sales):
    left = make_staff(username="gone")
    lead = make_lead(owner=left)
    assert filled(sales, change(lead), "owner")["owner"] == str(left.pk)


def test_a_step_is_planned_and_done(sales):
    lead = make_lead()
    answer = send(sales, change(lead), "step", next_step=" Call ", next_step_on="2026-01-05")
    assert stored(lead, "next_step", "next_step_on") == ("Call", date(2026, 1, 5))
    assert notices(sales, answer) == ["Next: Call, by 5 Jan 2026."]
    answer = send(sales, change(lead), "step", done="yes")
    assert stored(lead, "next_step", "next_step_on") == ("", None)
    assert notices(sales, answer) == ["The step is done. What is next?"]
    assert kinds(lead) == ["lead.planned", "lead.planned"]


@pytest.mark.parametrize(
    ("step", "on", "said"),
    [
        ("", "2026-01-05", "Say what is to be done by then."),
        ("Call", "soon", "Write the day as 2026-11-26."),
        ("x" * 201, "", "One line of at most 200 characters; a note takes more."),
    ],
)
def test_a_step_that_cannot_be_gets_a_sentence_and_keeps_the_rest(sales, step, on, said):
    lead = make_lead(next_step="Before")
    answer = send(sales, change(lead), "step", next_step=step, next_step_on=on)
    assert errors(answer) == [said]
    form = page_of(answer).find(".//form[@id='step_form']")
    values = {each.get("name"): each.get("value") for each in form.iter("input")}
    assert (values["next_step"] or "", values["next_step_on"] or "") == (step, on)
    assert (stored(lead, "next_step"), kinds(lead)) == (("Before",), [])


# State ------------------------------------------------------------------------------------


def test_what_is_lost_has_a_reason_and_what_is_won_a_value(sales):
    lead = make_lead(state="held")
    answer = send(sales, change(lead), "state", state="lost")
    assert errors(answer) == ["Say why it was lost: it helps to lose fewer."]
    assert stored(lead, "state") == ("held",)
    for changes, said in (
        ({"state": "lost", "reason": "Too dear."}, "The state is now “Lost: Too dear.”."),
        ({"reason": "Too expensive."}, "The state is now “Lost: Too expensive.”."),
        ({"state": "won", "value": "1200.5"}, "The state is now “Won, EUR 1,200.50”."),
        ({"value": ""}, "The state is now “Won”."),
        ({}, "Nothing to change: it is so already."),
        ({"state": "contacted"}, "The state is now “Contacted”."),
    ):
        assert notices(sales, send(sales, change(lead), "state", **changes)) == [said]
    assert stored(lead, "state", "value", "lost_reason") == ("contacted", None, "")
    assert kinds(lead) == [
        *("lead.status_changed", "lead.explained", "lead.status_changed", "lead.valued"),
        *("lead.valued", "lead.status_changed"),
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("much", "Write a number, such as 1200 or 1200.50."),
        ("-1", "Ensure this value is greater than or equal to 0."),
        ("1.234", "Ensure that there are no more than 2 decimal places."),
        ("99999999999", "Ensure that there are no more than 10 digits before the decimal point."),
    ],
)
def test_a_value_that_cannot_be_gets_a_sentence(sales, value, said):
    lead = make_lead(state="held")
    assert errors(send(sales, change(lead), "state", state="won", value=value)) == [said]
    assert (stored(lead, "state"), kinds(lead)) == (("held",), [])


def test_a_suspect_is_set_apart_and_taken_up_again(sales):
    lead = make_lead()
    send(sales, change(lead), "state", state="spam")
    assert stored(lead, "state", "suspicion") == ("spam", "Recognised by bea on the desk.")
    page = page_of(sales.get(change(lead)))
    note = page.find(".//section[@aria-labelledby='quarantine']")
    assert "Recognised by bea on the desk." in words(note)
    form = note.find(".//form")
    data = {each.get("name"): each.get("value") for each in form.iter("input")}
    sales.post(form.get("action"), data)
    assert stored(lead, "state", "suspicion") == ("new", "")
    # It had its mails when it came.
    assert OutboxMessage.objects.count() == 0


def test_whoever_counts_on_a_talk_is_no_spam(sales):
    lead = make_lead()
    make_calendar(make_offer())
    make_booking(lead=lead, start=timezone.now() + timedelta(days=2))
    said = errors(send(sales, change(lead), "state", state="spam"))
    assert "This is no spam. Somebody talked to them, or they count on a talk" in " ".join(said)
    assert stored(lead, "state", "suspicion") == ("booked", "")


# Two at once ------------------------------------------------------------------------------


def test_a_form_from_before_a_booking_does_not_undo_what_the_booking_did(sales):
    lead = make_lead()
    page = filled(sales, change(lead), "state")
    make_calendar(make_offer())
    make_booking(
        lead=lead, start=timezone.now() + timedelta(days=2), by=make_staff(username="ann")
    )
    sent = {**page, "state": "contacted"}
    answer = sales.post(f"/admin/leads/lead/{lead.pk}/state/", sent)
    assert stored(lead, "state") == ("booked",)
    assert said_on(answer) == (
        "The state has changed since you opened this page. ann has made it “Booked”. "
        "Save yours again if it is still right."
    )


@pytest.mark.parametrize(
    ("name", "meanwhile", "sent", "column"),
    [
        (
            "owner",
            lambda lead, ann: pipeline.assign(lead, ann, by=ann),
            lambda bea: {"owner": str(bea.pk)},
            "owner",
        ),
        (
            "step",
            lambda lead, ann: pipeline.plan(lead, "Write", on=None, by=ann),
            lambda bea: {"next_step": "Call"},
            "next_step",
        ),
        (
            "step",
            lambda lead, ann: pipeline.plan(lead, "Write", on=None, by=ann),
            lambda bea: {"done": "yes"},
            "next_step",
        ),
        (
            "state",
            lambda lead, ann: pipeline.win(lead, Decimal(5), by=ann),
            lambda bea: {"state": "won", "value": "7"},
            "value",
        ),
        (
            "state",
            lambda lead, ann: pipeline.lose(lead, "No money.", by=ann),
            lambda bea: {"state": "lost", "reason": "No."},
            "lost_reason",
        ),
    ],
    ids=["owner", "step", "step done", "value", "reason"],
)
def test_what_a_colleague_changed_is_said_and_kept_until_one_knows(
    sales, bea, name, meanwhile, sent, column
):
    lead, ann = make_lead(), make_staff("sales", username="ann")
    page = {**filled(sales, change(lead), name), **sent(bea)}
    address = f"/admin/leads/lead/{lead.pk}/{name}/"
    meanwhile(Lead.objects.get(pk=lead.pk), ann)
    theirs, lines = stored(lead, column), kinds(lead)
    answer = sales.post(address, page)
    assert " ann has made it “" in said_on(answer)
    assert (stored(lead, column), kinds(lead)) == (theirs, lines)

    form = page_of(answer).find(f".//form[@id='{name}_form']")
    shown = {each.get("name"): each.get("value") for each in form.iter("input")}["shown"]
    assert sales.post(address, {**page, "shown": shown}).status_code == 302
    assert stored(lead, column) != theirs


def test_other_things_that_changed_meanwhile_are_no_conflict(sales, bea):
    lead = make_lead()
    pages = {name: filled(sales, change(lead), name) for name in ("owner", "step", "state")}
    sent = {
        "owner": {"owner": str(bea.pk)},
        "step": {"next_step": "Call"},
        "state": {"state": "qualified"},
    }
    for name, page in pages.items():
        answer = sales.post(f"/admin/leads/lead/{lead.pk}/{name}/", {**page, **sent[name]})
        assert answer.status_code == 302
    assert stored(lead, "owner", "next_step", "state") == (bea.pk, "Call", "qualified")


# Notes ------------------------------------------------------------------------------------


def test_a_note_is_written_once_and_read_by_everybody(sales, bea):
    lead = make_lead()
    for text in ("Rang,\r\nno answer.", "Rang,\r\nno answer.", "Rang again."):
        send(sales, change(lead), "note", text=text)
    assert kinds(lead) == ["lead.noted", "lead.noted"]
    page = page_of(sales.get(change(lead)))
    notes = [words(each) for each in page.findall(".//ol[@class='timeline']//q")]
    assert notes == ["Rang again.", "Rang,no answer."]
    assert errors(send(sales, change(lead), "note", text=" ")) == ["Write something first."]
    too_long = send(sales, change(lead), "note", text="x" * 5001)
    assert errors(too_long) == ["A note has at most 5000 characters."]
    assert page_of(too_long).find(".//form[@id='note_form']//textarea").text.strip() == "x" * 5001
