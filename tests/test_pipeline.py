"""The verbs of the pipeline: what each changes, and what it leaves in timeline and webhooks."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from config.models import WebhookEvent
from leads import pipeline
from leads.models import Lead
from tests.factories import make_endpoint, make_lead, make_site, make_staff

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STATES = [str(state) for state in Lead.State]


def told() -> list[tuple[str, str]]:
    """(kind, state) of what webhooks were told, oldest first."""
    events = WebhookEvent.objects.order_by("pk")
    return [(each.kind, json.loads(each.body)["data"]["lead"]["state"]) for each in events]


def lines_of(lead: Lead) -> list[tuple]:
    """(kind, note, data) of the timeline, oldest first."""
    return list(lead.events.order_by("pk").values_list("kind", "note", "data"))


def stored(lead: Lead, *names: str) -> tuple:
    return Lead.objects.values_list(*names).get(pk=lead.pk)


# advance ----------------------------------------------------------------------------------


@pytest.mark.parametrize("former", STATES)
@pytest.mark.parametrize("state", STATES)
def test_a_lead_goes_from_any_state_to_any_other_and_says_so(former, state):
    make_endpoint()
    lead, by = make_lead(state=former), make_staff()
    is_news = pipeline.advance(lead, Lead.State(state), out_of=Lead.State, by=by, now=NOW)
    assert (is_news, lead.state, stored(lead, "state")) == (former != state, state, (state,))
    if former == state:
        assert (lines_of(lead), told()) == ([], [])
        return
    assert lines_of(lead) == [("lead.status_changed", "", {"from": former, "to": state})]
    assert lead.events.values_list("by", "at").get() == (by.pk, NOW)
    # Out of the suspects, it is a new lead for everybody else.
    kind = "lead.created" if former == "spam" else "lead.status_changed"
    assert told() == [(kind, state)]


def test_what_is_in_no_state_that_was_expected_stays():
    make_endpoint()
    lead = make_lead(state="lost")
    is_news = pipeline.advance(lead, Lead.State.BOOKED, out_of=[Lead.State.NEW], by=None)
    assert (is_news, lead.state, stored(lead, "state")) == (False, "lost", ("lost",))
    assert (lines_of(lead), told()) == ([], [])


def test_a_reason_is_kept_as_long_as_it_holds():
    lead = make_lead(state="new")
    pipeline.advance(lead, Lead.State.LOST, out_of=Lead.State, reason="Too expensive.")
    assert stored(lead, "lost_reason", "suspicion") == ("Too expensive.", "")
    pipeline.advance(lead, Lead.State.SPAM, out_of=Lead.State, reason="Sells links.")
    assert stored(lead, "lost_reason", "suspicion") == ("", "Sells links.")
    pipeline.advance(lead, Lead.State.NEW, out_of=Lead.State, reason="")
    assert stored(lead, "lost_reason", "suspicion") == ("", "")
    # The timeline knows them still.
    assert [note for _, note, _ in lines_of(lead)] == ["Too expensive.", "Sells links.", ""]


def test_what_is_won_no_more_is_worth_nothing():
    lead = make_lead(state="held")
    pipeline.win(lead, Decimal("1200"))
    pipeline.advance(lead, Lead.State.LOST, out_of=Lead.State, reason="Took it back.")
    assert (lead.value, stored(lead, "state", "value")) == (None, ("lost", None))


@pytest.mark.parametrize("verb", ["advance", "assign", "lose", "win"])
def test_a_lead_that_was_erased_meanwhile_is_left_alone(verb):
    lead = make_lead()
    Lead.objects.filter(pk=lead.pk).delete()
    acts = {
        "advance": lambda: pipeline.advance(lead, Lead.State.LOST, out_of=Lead.State),
        "assign": lambda: pipeline.assign(lead, make_staff()),
        "lose": lambda: pipeline.lose(lead, "No."),
        "win": lambda: pipeline.win(lead, Decimal(1)),
    }
    assert (acts[verb](), Lead.objects.exists()) == (False, False)


# assign and plan --------------------------------------------------------------------------


def test_an_owner_is_named_changed_and_taken_away():
    make_endpoint()
    bea, carl = make_staff(username="bea"), make_staff(username="carl")
    carl.first_name, carl.last_name = "Carl", "Stone"
    lead, done = make_lead(), []
    for owner in (None, bea, bea, carl, None):
        done.append(pipeline.assign(lead, owner, by=bea, now=NOW))
        assert (lead.owner_id, *stored(lead, "owner")) == (owner and owner.pk,) * 2
    assert done == [False, True, False, True, True]
    assert [(kind, data["owner"]) for kind, _, data in lines_of(lead)] == [
        ("lead.assigned", "bea"),
        ("lead.assigned", "Carl Stone"),
        ("lead.assigned", None),
    ]
    assert set(lead.events.values_list("by", "at")) == {(bea.pk, NOW)}
    assert told() == []


def test_a_step_is_planned_put_off_and_done():
    lead, by, day = make_lead(), make_staff(), date(2026, 3, 9)
    steps = [("Call", day), ("Call", day), ("Call", date(2026, 3, 10)), ("Send it", None)]
    done = [pipeline.plan(lead, step, on=on, by=by, now=NOW) for step, on in steps]
    assert done == [True, False, True, True]
    assert stored(lead, "next_step", "next_step_on") == ("Send it", None)
    assert pipeline.plan(lead, "", on=None, by=by, now=NOW)
    assert (lead.next_step, *stored(lead, "next_step", "next_step_on")) == ("", "", None)
    assert lines_of(lead) == [
        ("lead.planned", "Call", {"former": "", "on": "2026-03-09"}),
        ("lead.planned", "Call", {"former": "Call", "on": "2026-03-10"}),
        ("lead.planned", "Send it", {"former": "Call", "on": None}),
        ("lead.planned", "", {"former": "Send it", "on": None}),
    ]


# win, lose, answered ----------------------------------------------------------------------


@pytest.mark.parametrize("former", [state for state in STATES if state not in ("won", "spam")])
def test_a_lead_is_won_with_its_value(former):
    make_endpoint()
    lead = make_lead(state=former)
    assert pipeline.win(lead, Decimal("1200.50"), by=make_staff(), now=NOW)
    assert (lead.state, lead.value) == ("won", Decimal("1200.50"))
    assert stored(lead, "state", "value") == ("won", Decimal("1200.50"))
    assert [(kind, data) for kind, _, data in lines_of(lead)] == [
        ("lead.status_changed", {"from": former, "to": "won"}),
        ("lead.valued", {"value": "1200.50"}),
    ]
    assert told() == [("lead.status_changed", "won")]


def test_the_value_of_what_is_won_is_corrected_and_forgotten():
    lead = make_lead(state="held")
    values = [None, Decimal(10), Decimal("10.00"), Decimal(20), None, None]
    done = [pipeline.win(lead, value) for value in values]
    assert done == [True, True, False, True, True, False]
    assert [data.get("value", "-") for _, _, data in lines_of(lead)] == ["-", "10", "20", None]


def test_a_suspect_is_not_won():
    lead = make_lead(state="spam")
    assert not pipeline.win(lead, Decimal(10))
    assert (stored(lead, "state", "value"), lines_of(lead)) == (("spam", None), [])


def test_a_lead_is_lost_and_the_reason_corrected():
    make_endpoint()
    lead = make_lead(state="held")
    done = [pipeline.lose(lead, why, now=NOW) for why in ("No monny.", "No money.", "No money.")]
    assert (done, lead.lost_reason) == ([True, True, False], "No money.")
    assert stored(lead, "state", "lost_reason") == ("lost", "No money.")
    assert [(kind, note) for kind, note, _ in lines_of(lead)] == [
        ("lead.status_changed", "No monny."),
        ("lead.explained", "No money."),
    ]
    assert told() == [("lead.status_changed", "lost")]


@pytest.mark.parametrize("state", STATES)
def test_whoever_was_answered_waits_no_more(state):
    lead = make_lead(state=state)
    pipeline.answered(lead, by=make_staff(), now=NOW)
    pipeline.answered(lead, now=NOW.replace(year=2027))
    after = "contacted" if state == "new" else state
    assert (lead.answered_at, stored(lead, "state", "answered_at")) == (NOW, (after, NOW))
    assert lead.events.count() == (1 if state == "new" else 0)


# Who waits --------------------------------------------------------------------------------


def test_only_new_ones_that_nobody_answered_wait():
    make_site(answer_hours=24)
    now = datetime(2026, 3, 5, 12, tzinfo=UTC)
    waits = make_lead(name="waits", created_at=datetime(2026, 3, 4, 11, 59, tzinfo=UTC))
    make_lead(name="fresh", created_at=datetime(2026, 3, 4, 12, 1, tzinfo=UTC))
    make_lead(name="answered", created_at=NOW, answered_at=NOW)
    make_lead(name="merged", created_at=NOW, merged_into=waits)
    for state in STATES:
        if state != "new":
            make_lead(name=state, state=state, created_at=NOW)
    assert {each.name for each in Lead.objects.unanswered()} == {"waits", "fresh"}
    assert {each.name for each in Lead.objects.overdue(hours=24, now=now)} == {"waits"}
    overdue = {each.name for each in Lead.objects.all() if each.is_overdue(hours=24, now=now)}
    assert overdue == {"waits"}
