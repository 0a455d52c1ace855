"""Two requests of one person become one history; neither is rewritten."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from config.models import WebhookEvent
from leads import booking as verbs
from leads import erasing, merging, pipeline
from leads.consenting import to_answer
from leads.merging import NotMerged, merge
from leads.models import Attribution, Booking, Lead, LeadEvent
from leads.requesting import Request, request_booking, request_consultation
from leads.schedules import calendars_of, times
from tests.factories import (
    make_booking,
    make_calendar,
    make_endpoint,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)
from tests.webhook_schema import problems

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
S = Lead.State


@pytest.fixture
def ines():
    return make_staff("sales", username="ines")


def hence(**how) -> datetime:
    return (timezone.now() + timedelta(**how)).replace(second=0, microsecond=0)


def bring(lead: Lead, state: str, by) -> Lead:
    pipeline.advance(lead, S(state), out_of=S, by=by, reason="Too late" * (state == "lost"))
    return lead


def written(lead: Lead) -> dict:
    """The row as the visitor made it."""
    left_out = ("merged_into", "state", "value", "owner", "next_step", "next_step_on")
    return {
        field.name: getattr(lead, field.attname)
        for field in Lead._meta.fields
        if field.name not in left_out
    }


# The same e-mail --------------------------------------------------------------------------


@pytest.mark.parametrize("again", ["paula@example.com", "Paula@Example.COM"])
def test_a_second_request_of_an_address_leaves_the_first_as_it_was(again):
    offer = make_offer(most_open=2)
    make_calendar(offer)
    first, second = times(calendars_of(offer), offer)[:2]
    answers = {"name": "Paula", "email": "paula@example.com", "phone": "1234567", "message": "A"}
    others = {"name": "Mallory", "email": again, "phone": "7654321", "message": "B"}

    def book(said, start, mark):
        asked = Request(said, agreements=to_answer("Yes."), language="en")
        return request_booking(asked, offer=offer, start=start, visitor_zone="", mark=mark)

    booked = book(answers, first, "a" * 64)
    before = Lead.objects.filter(pk=booked.lead.pk).values().get()
    other = book(others, second, "b" * 64)
    asked = Request(others, agreements=to_answer("Yes."), language="de")
    third = request_consultation(asked, mark="c" * 64)
    assert Lead.objects.filter(pk=booked.lead.pk).values().get() == before
    assert set(Lead.objects.same_email(booked.lead)) == {other.lead, third}
    assert Lead.objects.count() == 3


# What becomes of the two ------------------------------------------------------------------


def test_both_requests_stay_as_they_were_written_and_one_goes_on(ines):
    first = make_lead(message="Call me.", phone="1", value=None)
    second = make_lead(name="P. Prospect", message="Did you call?", submission="mark")
    before = [written(lead) for lead in (first, second)]
    assert merge(second, into=first, by=ines, now=NOW) == first
    first.refresh_from_db()
    second.refresh_from_db()
    assert [written(lead) for lead in (first, second)] == before
    assert (first.merged_into, second.merged_into) == (None, first)
    assert list(Lead.objects.inbox()) == list(Lead.objects.unanswered()) == [first]
    assert [lead.consents.count() for lead in (first, second)] == [1, 1]
    events = LeadEvent.objects.filter(kind="lead.merged").order_by("pk")
    assert [(event.lead, event.by, event.data) for event in events] == [
        (second, ines, {"into": first.pk}),
        (first, ines, {"from": second.pk}),
    ]


@pytest.mark.parametrize(
    ("gone", "kept", "after"),
    [
        ("new", "new", "new"),
        ("contacted", "new", "contacted"),
        ("booked", "new", "booked"),
        ("held", "qualified", "held"),
        ("won", "held", "won"),
        ("new", "booked", "booked"),
        ("lost", "new", "new"),
        ("won", "lost", "won"),
        ("held", "lost", "lost"),
        ("held", "won", "won"),
    ],
)
def test_the_kept_one_comes_as_far_as_the_other_but_its_end_is_respected(ines, gone, kept, after):
    one, other = bring(make_lead(), gone, ines), bring(make_lead(), kept, ines)
    lines = list(Attribution.objects.order_by("pk").values())
    assert merging.state_after(one, other) == after
    merge(one, into=other, by=ines)
    other.refresh_from_db()
    assert other.state == after
    # Both were requests, and what came of each was counted when it did.
    assert list(Attribution.objects.order_by("pk").values()) == lines


def test_owner_and_next_step_are_taken_over_only_where_there_is_none(ines):
    tomas = make_staff("sales", username="tomas")
    gone, empty, full = make_lead(), make_lead(), make_lead()
    for lead, owner in ((gone, tomas), (full, ines)):
        pipeline.assign(lead, owner)
        pipeline.plan(lead, f"Call {owner}", on=date(2026, 3, 3))
    merge(gone, into=empty, by=ines)
    empty.refresh_from_db()
    assert (empty.owner, empty.next_step, empty.next_step_on) == (
        *(tomas, "Call tomas", date(2026, 3, 3)),
    )
    merge(empty, into=full, by=ines)
    full.refresh_from_db()
    assert (full.owner, full.next_step) == (ines, "Call ines")


def test_what_was_won_is_worth_the_same_and_counted_once(ines):
    gone, kept = make_lead(), make_lead()
    pipeline.win(gone, Decimal(900), by=ines)
    merge(gone, into=kept, by=ines)
    kept.refresh_from_db()
    worth = Attribution.objects.exclude(value=None).values_list("lead", "value")
    assert (kept.state, kept.value, list(worth)) == ("won", 900, [(gone.pk, 900)])
    assert kept.events.get(kind="lead.valued").data == {"value": "900.00"}
    pipeline.win(kept, Decimal(1000), by=ines)
    assert list(worth.all()) == [(gone.pk, 1000)]
    pipeline.advance(kept, S.HELD, out_of=[S.WON], by=ines)
    assert not Attribution.objects.exclude(won_on=None).exists()


def worth(lead: Lead) -> tuple:
    """What the desk says `lead` is worth, and what each line of its history is."""
    lead.refresh_from_db()
    lines = Attribution.objects.filter(lead__in=Lead.objects.together(lead)).order_by("pk")
    return lead.value, list(lines.values_list("value", flat=True))


def test_two_wins_are_two_deals_that_add_up_to_what_the_desk_says(ines):
    gone, kept = make_lead(), make_lead()
    pipeline.win(gone, Decimal(900), by=ines)
    pipeline.win(kept, Decimal(500), by=ines)
    merge(gone, into=kept, by=ines)
    assert worth(kept) == (1400, [900, 500])
    for value, lines in ((2000, [900, 1100]), (900, [900, 0]), (700, [None, 700])):
        pipeline.win(kept, Decimal(value), by=ines)
        assert worth(kept) == (value, lines)
    pipeline.win(kept, None, by=ines)
    assert worth(kept) == (None, [None, None])
    assert Attribution.objects.exclude(won_on=None).count() == 2


def test_a_client_is_not_lost_by_a_request_that_was(ines):
    gone, kept = make_lead(), bring(make_lead(), "lost", ines)
    pipeline.win(gone, Decimal(900), by=ines)
    merge(gone, into=kept, by=ines)
    assert worth(kept) == (900, [900, None])
    assert (kept.state, kept.lost_reason) == ("won", "")
    # Whoever takes them up again later counts once.
    bring(kept, "lost", ines)
    pipeline.win(kept, Decimal(1000), by=ines)
    assert worth(kept) == (1000, [None, 1000])
    assert Attribution.objects.exclude(won_on=None).count() == 1


def test_whatever_is_merged_the_desk_and_the_ledger_agree(ines):
    """Random wins, losses, ways back, merges and erasures."""
    chance = Random(6)
    leads = [make_lead(email=f"p{n}@example.com") for n in range(30)]
    erased = Decimal(0)
    for _ in range(150):
        lead = Lead.objects.get(pk=chance.choice(leads).kept.pk)
        what = chance.choice(["win", "win", "merge", "lost", "contacted", "booked", "held"])
        if what == "win":
            pipeline.win(lead, Decimal(chance.randrange(100_000)) / 100, by=ines)
        elif what == "merge":
            other = Lead.objects.get(pk=chance.choice(leads).kept.pk)
            if not merging.why_not(lead, other):
                merge(lead, into=other, by=ines)
        else:
            bring(lead, what, ines)
        if len(leads) > 12 and chance.random() < 0.05:
            end = lead.kept
            end.refresh_from_db()
            end = end.kept
            erased += Lead.objects.get(pk=end.pk).value or 0
            erasing.erase([end], by=ines)
        leads = list(Lead.objects.select_related("merged_into"))
        kept = [each for each in leads if each.merged_into is None]
        for each in kept:
            lines = Attribution.objects.filter(lead__in=Lead.objects.together(each))
            values = [line.value or 0 for line in lines]
            assert (each.value or 0) == sum(values)
            assert (each.state == "won") == any(line.won_on for line in lines)
        whole = sum((each.value or 0 for each in kept), start=erased)
        assert whole == sum(line.value or 0 for line in Attribution.objects.all())


# What comes later -------------------------------------------------------------------------


def test_a_talk_of_the_merged_request_moves_the_kept_one_and_counts_where_it_was_booked(ines):
    gone, kept = make_lead(), make_lead()
    talk = make_booking(start=hence(days=-1), now=hence(days=-3), lead=gone, by=ines)
    merge(gone, into=kept, by=ines)
    kept.refresh_from_db()
    assert kept.state == "booked"
    verbs.mark_held(Booking.objects.get(pk=talk.pk), by=ines)
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.state, gone.state) == ("held", "booked")
    held = Attribution.objects.exclude(held_on=None).values_list("lead", flat=True)
    assert list(held) == [gone.pk]
    assert kept.events.filter(data__to="held").count() == 1
    verbs.mark_no_show(Booking.objects.get(pk=talk.pk), by=ines)
    kept.refresh_from_db()
    assert kept.state == "contacted"
    assert not Attribution.objects.exclude(held_on=None).exists()


def test_who_came_once_stays_talked_to_whatever_becomes_of_another_talk(ines):
    gone, kept = make_lead(), make_lead()
    talks = [
        make_booking(start=hence(days=-day), now=hence(days=-5), lead=lead, by=ines)
        for day, lead in ((3, gone), (2, kept), (1, kept))
    ]
    merge(gone, into=kept, by=ines)
    for talk in talks:
        verbs.mark_held(Booking.objects.get(pk=talk.pk), by=ines)
    found = []
    for talk in reversed(talks):
        verbs.mark_no_show(Booking.objects.get(pk=talk.pk), by=ines)
        kept.refresh_from_db()
        found.append((kept.state, Attribution.objects.exclude(held_on=None).count()))
    assert found == [("held", 1), ("held", 1), ("contacted", 0)]


def test_who_did_not_come_and_has_another_time_is_booked(ines):
    lead = make_lead()
    missed = make_booking(start=hence(days=-1), now=hence(days=-3), lead=lead, by=ines)
    make_booking(start=hence(days=2), lead=lead, by=ines)
    verbs.mark_no_show(Booking.objects.get(pk=missed.pk), by=ines)
    lead.refresh_from_db()
    assert lead.state == "booked"


def test_a_time_given_back_leaves_the_kept_one_booked_while_the_other_has_one(ines):
    gone, kept = make_lead(), make_lead()
    talks = [
        make_booking(start=hence(days=2 + n), lead=lead) for n, lead in enumerate((gone, kept))
    ]
    merge(gone, into=kept, by=ines)
    verbs.cancel(Booking.objects.get(pk=talks[1].pk))
    kept.refresh_from_db()
    assert kept.state == "booked"
    verbs.cancel(Booking.objects.get(pk=talks[0].pk))
    kept.refresh_from_db()
    assert kept.state == "new"


# Chains -----------------------------------------------------------------------------------


def test_merging_into_a_merged_one_goes_to_its_end_and_leaves_no_chain(ines):
    a, b, c, d = (make_lead(name=name) for name in "abcd")
    merge(a, into=b, by=ines)
    assert merge(c, into=a, by=ines) == b
    assert merge(b, into=d, by=ines) == d
    found = dict(Lead.objects.values_list("name", "merged_into__name"))
    assert found == {"a": "d", "b": "d", "c": "d", "d": None}
    assert set(Lead.objects.together(d)) == {a, b, c, d}


def test_the_same_merge_twice_is_one(ines):
    gone, kept = make_lead(), make_lead()
    for _ in range(2):
        merge(gone, into=kept, by=ines)
    assert LeadEvent.objects.filter(kind="lead.merged").count() == 2


@pytest.mark.parametrize("case", ["itself", "circle", "elsewhere", "spam", "into spam", "erased"])
def test_what_cannot_be_merged_says_why_and_changes_nothing(ines, case):
    lead, into = make_lead(), make_lead()
    if case == "itself":
        into = lead
    if case == "circle":
        merge(into, into=lead, by=ines)
    if case == "elsewhere":
        merge(lead, into=make_lead(), by=ines)
    if "spam" in case:
        bring(into if "into" in case else lead, "spam", ines)
    if case == "erased":
        Lead.objects.filter(pk=into.pk).delete()
    before = [*Lead.objects.values(), *LeadEvent.objects.values()]
    with pytest.raises(NotMerged) as refused:
        merge(lead, into=into, by=ines)
    assert str(refused.value).endswith(".")
    assert [*Lead.objects.values(), *LeadEvent.objects.values()] == before


def test_whoever_erases_the_kept_one_erases_all_of_them(ines):
    gone, kept = make_lead(), make_lead()
    other = make_lead()
    merge(gone, into=kept, by=ines)
    kept.delete()
    assert list(Lead.objects.all()) == [other]
    assert set(LeadEvent.objects.values_list("lead", flat=True)) <= {other.pk}


# Webhooks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["new", "contacted", "won"])
def test_webhooks_hear_once_of_the_kept_one_with_the_ids_that_are_one_now(ines, state):
    make_site()
    make_endpoint()
    kept = make_lead(name="Kept")
    gone = bring(make_lead(name="Gone"), state, ines)
    revision = kept.events.count() + gone.events.count()
    WebhookEvent.objects.all().delete()
    merge(gone, into=kept, by=ines)
    [event] = WebhookEvent.objects.all()
    assert (event.kind, problems(event.body)) == ("lead.status_changed", [])
    said = json.loads(event.body)["data"]
    assert (said["lead"]["name"], said["lead"]["state"], said["former_state"]) == (
        *("Kept", state, "new"),
    )
    assert len(said["lead"]["merged"]) == 1
    assert said["lead"]["revision"] > revision

    make_booking(start=hence(days=3), lead=Lead.objects.get(pk=gone.pk))
    told = [json.loads(each.body)["data"]["lead"] for each in WebhookEvent.objects.all()]
    assert {each["id"] for each in told} == {said["lead"]["id"]}


# At once ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_merges_at_once_in_both_directions_leave_one_that_is_kept(ines):
    for _ in range(3):
        leads = [make_lead() for _ in range(3)]
        pairs = [(a, b) for a in leads for b in leads if a != b]
        start, raised = Barrier(len(pairs)), []

        def act(pair, start=start, raised=raised) -> None:
            start.wait()
            try:
                with transaction.atomic():
                    merge(pair[0], into=pair[1], by=ines)
            except NotMerged:
                pass
            except BaseException as error:
                raised.append(error)
            finally:
                connection.close()

        threads = [Thread(target=act, args=[pair]) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rows = Lead.objects.filter(pk__in=[lead.pk for lead in leads])
        [kept] = rows.filter(merged_into=None)
        assert (raised, rows.filter(merged_into=kept).count()) == ([], 2)
