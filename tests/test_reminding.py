"""The weekly mail about reviews: to whom, when, once, and what is in it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from django.core import mail
from django.db import connection

from config import outbox, site
from config.models import OutboxMessage
from glossary import freshness, reminding
from glossary.models import Entry
from tests.factories import make_entry, make_site, make_staff

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
KIND = reminding.KIND


@pytest.fixture(autouse=True)
def _settings():
    make_site(name="Lexicon", contact_email="desk@example.com", time_zone="Europe/Lisbon")
    site.forget()


def make_owner(username, **fields):
    user = make_staff("writer", username=username)
    fields.setdefault("email", f"{username}@example.com")
    for name, value in fields.items():
        setattr(user, name, value)
    user.save()
    return user


def make_due(term, owner=None, day=date(2026, 11, 20)):
    entry = make_entry(term=term, owner=owner)
    Entry.objects.filter(pk=entry.pk).update(review_due_on=day)
    return entry


def told() -> list[int | None]:
    return [m.payload["owner"] for m in OutboxMessage.objects.filter(kind=KIND).order_by("pk")]


def send_all():
    for message in OutboxMessage.objects.filter(kind=KIND):
        reminding.remind(message)


# When and to whom ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "now", "is_told"),
    [
        ("Europe/Lisbon", datetime(2026, 11, 22, 23, tzinfo=UTC), True),
        ("Europe/Lisbon", datetime(2026, 11, 23, 6, 59, tzinfo=UTC), False),
        ("Europe/Lisbon", datetime(2026, 11, 23, 7, 0, tzinfo=UTC), True),
        ("Pacific/Auckland", datetime(2026, 11, 22, 17, 59, tzinfo=UTC), False),
        ("Pacific/Auckland", datetime(2026, 11, 22, 18, 0, tzinfo=UTC), True),
        ("Europe/Lisbon", datetime(2026, 11, 26, 3, tzinfo=UTC), True),
    ],
)
def test_mail_is_planned_from_monday_morning_where_the_site_is(zone, now, is_told):
    make_site(time_zone=zone)
    owner = make_owner("paula")
    make_due("Warp", owner, date(2026, 11, 15))
    reminding.plan(now)
    assert told() == [owner.pk] * is_told


def test_each_owner_hears_once_a_week_however_often_it_is_asked():
    owner, other = make_owner("paula"), make_owner("rui")
    make_due("Warp", owner)
    assert [reminding.plan(MONDAY), reminding.plan(MONDAY)] == [1, 0]
    make_due("Weft", other)
    assert reminding.plan(MONDAY + timedelta(days=3)) == 1
    assert told() == [owner.pk, other.pk]
    assert reminding.plan(MONDAY + timedelta(days=6)) == 0
    assert reminding.plan(MONDAY + timedelta(days=7)) == 2
    OutboxMessage.objects.update(done_at=MONDAY)
    assert reminding.plan(MONDAY + timedelta(days=8)) == 0


def test_nothing_due_until_sunday_is_no_mail():
    make_due("Warp", make_owner("paula"), date(2026, 11, 30))
    make_entry(owner=make_owner("rui"))
    assert reminding.plan(MONDAY) == 0
    Entry.objects.filter(term="Warp").update(review_due_on=date(2026, 11, 29))
    assert reminding.plan(MONDAY) == 1


def test_site_s_contact_hears_of_what_no_owner_hears_of():
    make_due("Warp", make_owner("gone", is_active=False))
    make_due("Weft", make_owner("mute", email=""))
    make_due("Woof", make_owner("outside", is_staff=False))
    make_due("Web")
    make_due("Kept", make_owner("paula"))
    reminding.plan(MONDAY)
    assert len(told()) == 2
    send_all()
    by_address = {message.to[0]: message.body for message in mail.outbox}
    assert set(by_address) == {"desk@example.com", "paula@example.com"}
    for term in ("Warp", "Weft", "Woof", "Web"):
        assert f"{term}: overdue" in by_address["desk@example.com"]
    assert "Kept" not in by_address["desk@example.com"]


def test_without_a_contact_nobody_hears_of_the_rest():
    make_site(contact_email="")
    make_due("Web")
    assert reminding.plan(MONDAY) == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_write_one_message():
    make_site(name="Lexicon", contact_email="", time_zone="Europe/Lisbon")
    owner = make_owner("paula")
    make_due("Warp", owner)
    barrier = Barrier(2, timeout=20)

    def plan(_):
        try:
            barrier.wait()
            return reminding.plan(MONDAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(plan, range(2)))
    assert (sorted(counts), told()) == ([0, 1], [owner.pk])


# What it says -------------------------------------------------------------------------------


def test_mail_names_what_is_due_and_leads_to_the_desk():
    owner = make_owner("paula")
    warp = make_due("Warp <b>", owner, date(2026, 11, 20))
    make_due("Weft", owner, freshness.today())
    make_due("Secret", make_owner("rui"))
    outbox.enqueue(KIND, owner=owner.pk, week=freshness.today().isoformat())
    send_all()
    [message] = mail.outbox
    assert (message.subject, message.to) == ("2 entries are due for review", ["paula@example.com"])
    address = f"https://glossary.example/admin/glossary/entry/{warp.pk}/change/"
    list_address = "https://glossary.example/admin/glossary/entry/due/?owner=me"
    html = message.alternatives[0].content
    assert "Warp <b>: overdue since 20 November 2026\n" + address in message.body
    assert "Weft: due on " in message.body
    assert list_address in message.body
    assert f'<a href="{address}">Warp &lt;b&gt;</a>' in html
    assert f'href="{list_address}"' in html
    assert "Secret" not in message.body + html
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_long_list_says_how_many_more(monkeypatch):
    monkeypatch.setattr(reminding, "MOST_LISTED", 1)
    owner = make_owner("paula")
    make_due("Warp", owner)
    make_due("Weft", owner)
    reminding.plan(MONDAY)
    send_all()
    assert "Weft" not in mail.outbox[0].body
    assert "And 1 more." in mail.outbox[0].body


def test_mail_is_dropped_when_there_is_no_more_reason():
    owner, left = make_owner("paula"), make_owner("rui")
    warp = make_due("Warp", owner)
    make_due("Weft", left)
    reminding.plan(MONDAY)
    freshness.confirm(warp, now=MONDAY)
    left.is_active = False
    left.save()
    send_all()
    left.delete()
    send_all()
    assert mail.outbox == []
