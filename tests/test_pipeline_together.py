"""Colleagues who act on one lead at the same moment: on PostgreSQL they really overlap."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client

from leads import pipeline
from leads.models import Attribution, Lead
from tests.desk import change, filled
from tests.factories import make_lead, make_site, make_staff

pytestmark = pytest.mark.django_db(transaction=True)
COLLEAGUES = 4
ROUNDS = 3
STATES = ["contacted", "qualified", "held", "won"]


def at_once(acts: list[Callable[[], object]]) -> list[object]:
    """Do all of `acts` at the same moment; return what each returned or raised."""
    start, found = Barrier(len(acts)), {}

    def do(place: int) -> None:
        start.wait()
        try:
            found[place] = acts[place]()
        except Exception as error:
            found[place] = error
        finally:
            connection.close()

    threads = [Thread(target=do, args=[place]) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[place] for place in range(len(acts))]


def advance(pk: int, state: Lead.State) -> bool:
    return pipeline.advance(Lead.objects.get(pk=pk), state, out_of=Lead.State)


def win(pk: int, value: int) -> bool:
    return pipeline.win(Lead.objects.get(pk=pk), Decimal(value))


def chain_of(lead: Lead) -> list[str]:
    """The states that the timeline tells, each of which has to follow on the one before."""
    state, found = "new", []
    for event in lead.events.filter(kind="lead.status_changed").order_by("pk"):
        assert event.data["from"] == state
        state = event.data["to"]
        found.append(state)
    return found


@pytest.fixture
def desks():
    """A browser for each colleague, logged in."""
    make_site()
    found = []
    for number in range(COLLEAGUES):
        client = Client()
        client.force_login(make_staff("sales", username=f"colleague {number}"))
        found.append(client)
    return found


@pytest.mark.parametrize("name", ["state", "owner", "step"])
def test_of_those_who_read_the_same_page_one_is_first_and_the_others_are_told(desks, name):
    owners = [desk.session["_auth_user_id"] for desk in desks]
    values = {"state": STATES, "owner": owners, "step": [f"Step {n}" for n in range(COLLEAGUES)]}
    field = {"step": "next_step"}.get(name, name)
    for _ in range(ROUNDS):
        lead = make_lead()
        page = filled(desks[0], change(lead), name)
        address = f"/admin/leads/lead/{lead.pk}/{name}/"
        acts = [
            partial(desk.post, address, {**page, field: value})
            for desk, value in zip(desks, values[name], strict=True)
        ]
        answers = [answer.status_code for answer in at_once(acts)]
        assert Counter(answers) == {302: 1, 200: COLLEAGUES - 1}
        won = values[name][answers.index(302)]
        assert str(Lead.objects.values_list(field, flat=True).get(pk=lead.pk)) == won
        assert lead.events.count() == 1


def test_states_follow_on_each_other_whoever_is_first():
    for _ in range(ROUNDS):
        lead = make_lead()
        acts = [partial(advance, lead.pk, Lead.State(state)) for state in STATES]
        answers = at_once(acts)
        lead.refresh_from_db()
        chain = chain_of(lead)
        assert set(answers) <= {True, False}
        assert (len(chain), chain[-1]) == (answers.count(True), lead.state)
        line = Attribution.objects.get(lead=lead)
        assert (line.won_on is not None) == (lead.state == "won")


def test_one_is_won_once_by_whoever_says_so():
    for _ in range(ROUNDS):
        lead = make_lead()
        acts = [partial(win, lead.pk, value) for value in range(1, COLLEAGUES + 1)]
        assert set(at_once(acts)) <= {True, False}
        lead.refresh_from_db()
        assert chain_of(lead) == ["won"]
        last = lead.events.filter(kind="lead.valued").order_by("pk").last()
        value = Attribution.objects.get(lead=lead).value
        assert (str(lead.value), lead.value) == (f"{last.data['value']}.00", value)


def test_an_answer_at_the_same_moment_keeps_nobody_from_being_booked():
    before = [Lead.State.NEW, Lead.State.CONTACTED]
    for _ in range(5 * ROUNDS):
        lead = make_lead()
        acts = [
            lambda: pipeline.answered(Lead.objects.get(pk=lead.pk)),  # noqa: B023 - done at once
            lambda: pipeline.advance(lead, Lead.State.BOOKED, out_of=before),  # noqa: B023
        ]
        assert at_once(acts)[1] is True
        assert Lead.objects.get(pk=lead.pk).state == "booked"
