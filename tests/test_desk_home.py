"""The desk's first page: what waits for whom, and whether anything is sent."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from config import desk_home, outbox_health, site
from config.models import OutboxMessage, Worker
from glossary.models import Demand, Entry
from leads.models import Lead
from tests.desk import page_of, words
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_entry,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db
HOME = "/admin/"
QUERIES = 25


@pytest.fixture(autouse=True)
def _site():
    make_site(time_zone="Europe/Lisbon", answer_hours=24)


def panels(client) -> dict[str, str]:
    """The words of each panel by its heading."""
    found = page_of(client.get(HOME)).iter("section")
    boxes = [box for box in found if "home-panel" in box.get("class", "")]
    return {words(box.find(".//h2")): words(box) for box in boxes}


def log_in(client, *groups):
    user = make_staff(*groups)
    client.force_login(user)
    return user


def at_work():
    Worker.objects.update_or_create(name="w", defaults={"seen_at": timezone.now()})


def make_busy(number: int, user=None) -> None:
    """One more of everything that the page can show."""
    now = timezone.now()
    name = f"Prospect {number}"
    entry = make_entry(term=f"Term {number}x", owner=user)
    Entry.objects.filter(pk=entry.pk).update(review_due_on=date(2020, 1, 1))
    make_lead(name=name, submission=name, entry=entry, owner=user)
    Demand.objects.create(language="en", term=name, term_key=name.lower(), score=number)
    offer = make_offer(name=name, is_default=not number, confirms_by_hand=True)
    make_calendar(offer, host=make_author())
    lead = make_lead(name=name, submission=f"b{name}", email=f"{number}@x.example")
    today = now.replace(hour=12, minute=0, second=0, microsecond=0)
    held = make_booking(start=today + timedelta(days=1), offer=offer, lead=lead)
    # No verb moves a talk into the past.
    type(held).objects.filter(pk=held.pk).update(
        starts_at=today,
        ends_at=today + timedelta(minutes=30),
        blocked_from=today,
        blocked_until=today + timedelta(minutes=30),
    )
    make_booking(start=today + timedelta(days=2), offer=offer, lead=lead, by=None)
    OutboxMessage.objects.create(kind="leads.remind", due_at=now, failed_at=now)


SALES = ["New requests", "Consultations today", "This month"]
GLOSSARY = ["Due for review", "What readers miss"]


@pytest.mark.parametrize(
    ("groups", "shown"),
    [
        (["administrator"], [*SALES, *GLOSSARY, "Mails and webhooks"]),
        (["sales"], [*SALES, "Due for review"]),
        (["publisher"], GLOSSARY),
        ([], []),
    ],
)
def test_everybody_sees_what_their_role_may(client, groups, shown):
    at_work()
    log_in(client, *groups)
    assert list(panels(client)) == shown


def test_on_a_quiet_day_the_page_says_so_kindly(client):
    at_work()
    log_in(client, "administrator")
    found = panels(client)
    assert "Everybody who asked has an answer." in found["New requests"]
    assert "No talk today." in found["Consultations today"]
    assert "Nothing is due" in found["Due for review"]
    assert "Readers find what they look for" in found["What readers miss"]
    assert "Waiting longest nothing waits" in found["Mails and webhooks"]
    assert "Given up nothing" in found["Mails and webhooks"]


def test_requests_are_the_oldest_first_and_say_what_is_overdue(client):
    log_in(client, "sales")
    now = timezone.now()
    for number in range(7):
        name = f"Prospect {number}"
        make_lead(name=name, submission=name, created_at=now - timedelta(hours=2 + 20 * number))
    make_lead(name="Spam", submission="s", state="spam")
    make_lead(name="Answered", submission="a", answered_at=now)
    said = panels(client)["New requests"]
    assert [said.find(f"Prospect {number}") > 0 for number in range(7)] == [False] * 2 + [True] * 5
    assert said.find("Prospect 6") < said.find("Prospect 5")
    assert (said.count("overdue"), said.startswith("New requests 7 All")) == (5, True)
    assert ("Spam" in said, "Answered" in said) == (False, False)
    assert "1 suspected to be spam in the last 7 days. Is a person among them?" in said
    Lead.objects.exclude(name__in=["Prospect 0", "Prospect 1"]).update(answered_at=now)
    assert panels(client)["New requests"].count("overdue") == 0
    Lead.objects.filter(state="spam").update(created_at=now - timedelta(days=8))
    assert "suspected" not in panels(client)["New requests"]


def test_the_page_shows_the_day_of_the_site_and_what_waits_for_an_answer(client):
    user = log_in(client, "administrator")
    make_busy(0, user)
    found = panels(client)
    assert "12:00 Prospect 0 Briefing Prospect 0" in found["Consultations today"].replace(" ·", "")
    assert "Prospect 0 kept for" in found["Bookings to confirm"]
    assert "Term 0x since 1 Jan 2020 yours" in found["Due for review"]
    assert "Prospect 0 0 points" in found["What readers miss"]


def test_the_page_costs_the_same_with_one_and_with_three_of_everything(
    client, django_assert_num_queries
):
    user = log_in(client, "administrator")
    at_work()
    number = 0
    for count in (1, 3):
        while number < count:
            make_busy(number, user)
            number += 1
        client.get(HOME)
        site.forget()
        with django_assert_num_queries(QUERIES):
            client.get(HOME)


def test_every_link_of_the_page_leads_somewhere(client):
    user = log_in(client, "administrator")
    make_busy(0, user)
    page = page_of(client.get(HOME))
    links = {
        link.get("href")
        for box in page.iter("section")
        if "home-panel" in box.get("class", "")
        for link in box.iter("a")
    }
    assert len(links) > 8
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


# Whether anything is sent -----------------------------------------------------------------


@pytest.mark.parametrize("groups", [["writer"], ["sales"], ["administrator"]])
def test_everybody_is_told_first_that_no_worker_runs(client, groups):
    log_in(client, *groups)
    first, said = next(iter(panels(client).items()))
    assert first == "Mails and webhooks"
    assert "Nothing is being sent. No worker has ever run." in said
    Worker.objects.create(name="w", seen_at=timezone.now() - timedelta(minutes=5))
    assert "The worker was last seen 5 minutes ago" in panels(client)[
        "Mails and webhooks"
    ].replace("\xa0", " ")
    at_work()
    assert "Nothing is being sent" not in "".join(panels(client).values())


def test_numbers_of_the_outbox_are_for_those_who_may_see_it(client):
    OutboxMessage.objects.create(
        kind="leads.remind", due_at=timezone.now(), failed_at=timezone.now()
    )
    log_in(client, "sales")
    assert "Given up" not in panels(client)["Mails and webhooks"]
    log_in(client, "administrator")
    assert "Given up 1" in panels(client)["Mails and webhooks"]


def test_the_health_of_the_outbox_counts_what_is_late_and_what_failed(django_assert_num_queries):
    now = timezone.now()
    at_work()
    rows = [
        ("leads.remind", {"due_at": now - timedelta(hours=2)}),
        ("leads.tell_host", {"due_at": now - timedelta(minutes=10)}),
        ("leads.tell_host", {"due_at": now - timedelta(minutes=1)}),
        ("leads.remind", {"due_at": now + timedelta(hours=2)}),
        ("leads.remind", {"due_at": now - timedelta(days=2), "done_at": now}),
        ("leads.remind", {"due_at": now - timedelta(days=2), "failed_at": now}),
        ("config.deliver_webhook", {"due_at": now - timedelta(days=2), "failed_at": now}),
    ]
    for kind, fields in rows:
        OutboxMessage.objects.create(kind=kind, **fields)
    with django_assert_num_queries(2):
        health = outbox_health.of(now)
    assert health.oldest_at == now - timedelta(hours=2)
    found = (health.overdue, health.reminders, health.failed, health.failed_webhooks)
    assert found == (2, 1, 2, 1)
    assert (health.is_working, health.is_good) == (True, False)
    OutboxMessage.objects.all().delete()
    assert outbox_health.of(now).is_good


def test_a_maker_without_a_panel_leaves_no_gap(settings):
    settings.DESK_PANELS = ["leads.desk_home.to_confirm", "leads.desk_home.unanswered"]
    found = desk_home.panels_for(make_staff("sales"))
    assert [panel.key for panel in found] == ["unanswered"]
