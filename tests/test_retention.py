"""How long leads are kept, and what the desk says before it changes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from glossary.models import Asker, Suggestion
from leads import pipeline, retention
from leads.models import Attribution, Lead, RetentionRule
from tests.desk import filled, page_of, words, work
from tests.factories import make_booking, make_lead, make_rules, make_site, make_staff

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LIST = "/admin/leads/retentionrule/"


@pytest.fixture(autouse=True)
def _rules():
    make_rules()


def aged(days: float, **fields) -> Lead:
    return make_lead(created_at=NOW - timedelta(days=days), **fields)


def left() -> list[Lead]:
    return list(Lead.objects.order_by("pk"))


def test_only_suspects_have_an_end_unless_somebody_says_so():
    rules = dict(RetentionRule.objects.values_list("state", "days"))
    assert rules == {**dict.fromkeys(Lead.State.values), "spam": 60}
    suspect, young = aged(61, state="spam"), aged(59, state="spam")
    others = [aged(9999, state=state) for state in Lead.State.values if state != "spam"]
    assert retention.run(NOW) == 1
    assert left() == [young, *others]
    assert suspect not in left()


def test_the_time_begins_anew_with_each_thing_that_happens():
    make_rules(lost=30)
    old, touched = aged(40, state="lost"), aged(40, state="lost")
    pipeline.note(touched, "lead.noted", now=NOW - timedelta(days=29))
    assert retention.run(NOW) == 1
    assert left() == [touched]
    assert retention.run(NOW + timedelta(days=1)) == 1
    assert old not in left()


@pytest.mark.parametrize("hours", [0, -1])
def test_the_last_day_is_a_whole_one(hours):
    make_rules(new=30)
    make_lead(created_at=NOW - timedelta(days=30, hours=hours))
    assert retention.run(NOW) == (1 if hours == 0 else 0)


def test_who_is_expected_or_has_a_next_step_is_left():
    make_rules(new=30, booked=30, contacted=30)
    created_at = timezone.now() - timedelta(days=99)
    planned, dated, expected, merged_into, gone = (
        make_lead(created_at=created_at, next_step=step, next_step_on=day)
        for step, day in [("Call", None), ("", NOW.date()), *[("", None)] * 3]
    )
    other = make_lead(created_at=created_at, merged_into=merged_into)
    for days, lead in ((2, expected), (3, other)):
        make_booking(start=timezone.now() + timedelta(days=days), lead=lead)
        lead.events.all().delete()
    assert retention.run() == 1
    assert left() == [planned, dated, expected, merged_into, other]
    assert gone not in left()


def test_merged_ones_go_with_the_lead_that_they_belong_to():
    make_rules(new=30)
    lead = aged(10)
    merged = aged(99, merged_into=lead)
    assert retention.run(NOW) == 0
    assert left() == [lead, merged]
    assert retention.run(NOW + timedelta(days=25)) == 2


def test_counts_and_promises_to_askers_stay():
    make_rules(new=30)
    aged(99)
    suggestion = Suggestion.objects.create(term="Loom")
    Asker.objects.create(suggestion=suggestion, email="paula@example.com")
    retention.run(NOW)
    assert (Lead.objects.count(), Asker.objects.count()) == (0, 1)
    assert Attribution.objects.get().requested_on is not None


def test_a_run_has_an_end_and_the_next_one_goes_on(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "MOST", 4)
    make_rules(new=30)
    for _ in range(5):
        aged(99)
    assert [retention.run(NOW) for _ in range(3)] == [4, 1, 0]


def test_the_worker_does_it_every_hour():
    make_rules(new=30)
    make_lead(created_at=timezone.now() - timedelta(days=31))
    assert "leads.retention.run" in settings.TIDYING
    work()
    assert left() == []


def test_looking_costs_one_query_however_many_there_are(django_assert_num_queries):
    for count in (1, 3):
        while Lead.objects.count() < count:
            aged(99)
        with django_assert_num_queries(1):
            assert retention.going({"new": 30}, NOW, NOW) == {"new": count}


# The desk ---------------------------------------------------------------------------------


@pytest.fixture
def admin(client):
    make_site()
    client.force_login(make_staff("administrator"))
    return client


def post(client, **changes: str):
    return client.post(LIST, {**filled(client, LIST), **changes})


def test_the_page_says_what_goes_in_the_next_week(admin):
    now = timezone.now()
    for days in (55, 58, 20):
        make_lead(state="spam", created_at=now - timedelta(days=days))
    page = page_of(admin.get(LIST))
    (spam,) = [r for r in page.iter("tr") if words(r).startswith("Suspected")]
    assert [words(cell) for cell in spam.findall("td[@class='number']")] == ["3", "2"]
    assert "2 leads are erased in the next 7 days." in words(page)


def test_a_change_that_erases_at_once_says_how_many_before_it_is_saved(admin):
    make_lead(created_at=timezone.now() - timedelta(days=40))
    make_lead(created_at=timezone.now() - timedelta(days=20))
    asked = post(admin, new="30")
    assert "1 request has had that time already." in words(page_of(asked))
    assert RetentionRule.objects.get(state="new").days is None
    data = {**filled_of(asked), "new": "10"}
    again = admin.post(LIST, data)
    assert "2 requests have had that time already." in words(page_of(again))
    assert admin.post(LIST, filled_of(again)).status_code == 302
    assert RetentionRule.objects.get(state="new").days == 10
    entry = LogEntry.objects.get()
    assert entry.get_change_message() == "New: 10"


def filled_of(response) -> dict[str, str]:
    boxes = [box for box in page_of(response).iter("input") if box.get("name")]
    return {box.get("name"): box.get("value", "") for box in boxes}


def test_a_change_that_erases_nobody_is_saved_at_once(admin):
    make_lead(state="spam", created_at=timezone.now() - timedelta(days=70))
    assert post(admin, lost="365", spam="50").status_code == 302
    rules = dict(RetentionRule.objects.values_list("state", "days"))
    assert (rules["lost"], rules["spam"], rules["won"]) == (365, 50, None)


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "36501"])
def test_days_that_are_none_are_refused(admin, value):
    response = post(admin, new=value)
    assert b"Nothing is saved yet" in response.content
    assert RetentionRule.objects.get(state="new").days is None


@pytest.mark.parametrize(
    ("role", "status"), [("administrator", 200), ("sales", 403), ("publisher", 403)]
)
def test_it_is_for_administrators(client, role, status):
    client.force_login(make_staff(role))
    assert client.get(LIST).status_code == status
    assert client.post(LIST, {"new": "1"}).status_code == (302 if status == 200 else 403)


def test_the_page_asks_a_fixed_number_of_times(admin, django_assert_num_queries):
    for count in (1, 3):
        while Lead.objects.count() < count:
            make_lead(state="spam", created_at=timezone.now() - timedelta(days=90))
        admin.get(LIST)
        with django_assert_num_queries(9):
            admin.get(LIST)


def test_what_happens_with_a_merged_one_counts_as_well():
    make_rules(booked=30)
    kept = aged(40, state="booked")
    pipeline.note(aged(40, merged_into=kept), "booking.held", now=NOW - timedelta(days=1))
    assert retention.run(NOW) == 0
    assert retention.run(NOW + timedelta(days=30)) == 2
