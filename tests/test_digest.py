"""The daily digest: when, once a day, and what it says to whom."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.utils import timezone

from config import site
from config.models import OutboxMessage
from glossary.models import Entry
from leads import booking, digest
from leads.models import NoticeChoices
from tests.desk import submit
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
from tests.test_notices import make_reader

pytestmark = pytest.mark.django_db

LISBON, BERLIN = ZoneInfo("Europe/Lisbon"), ZoneInfo("Europe/Berlin")
TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 7, tzinfo=UTC)
QUERIES = 11


@pytest.fixture(autouse=True)
def _site():
    make_site(name="Lexicon", time_zone="Europe/Lisbon", contact_email="desk@example.com")
    site.forget()


def make_subscriber(name="paula", *groups, hour=7) -> User:
    return make_reader(name, *groups, has_digest=True, digest_hour=hour)


def promised() -> list[tuple[str, datetime]]:
    rows = OutboxMessage.objects.filter(kind=digest.KIND).order_by("pk")
    return [(row.payload["day"], row.due_at) for row in rows]


def sent(user, *, now=NOW) -> str:
    """What the digest of TODAY says to `user` at `now`; "" if there is none."""
    mail.outbox.clear()
    day = TODAY.isoformat()
    digest.send(OutboxMessage(pk=1, kind=digest.KIND, payload={"user": user.pk, "day": day}), now)
    return mail.outbox[0].body if mail.outbox else ""


# When -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "hour", "at"),
    [
        (BERLIN, date(2026, 3, 28), 2, datetime(2026, 3, 28, 1, tzinfo=UTC)),
        # The clock goes from 2:00 to 3:00.
        (BERLIN, date(2026, 3, 29), 2, datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (BERLIN, date(2026, 3, 29), 3, datetime(2026, 3, 29, 1, tzinfo=UTC)),
        # It shows 2:00 twice.
        (BERLIN, date(2026, 10, 25), 2, datetime(2026, 10, 25, 0, tzinfo=UTC)),
        (LISBON, date(2026, 7, 1), 0, datetime(2026, 6, 30, 23, tzinfo=UTC)),
    ],
)
def test_the_hour_is_that_of_the_site_s_clock(zone, day, hour, at):
    assert digest.moment(day, hour, zone) == at


@pytest.mark.parametrize(("zone", "hour"), [("Europe/Berlin", 2), ("Pacific/Chatham", 0)])
def test_every_day_has_one_digest_at_its_hour(zone, hour):
    """Whatever the clock does, and however often workers look."""
    make_site(time_zone=zone)
    make_subscriber(hour=hour)
    found = ZoneInfo(zone)
    # Around the changes of clocks.
    for month, first in ((3, 27), (10, 23)):
        start = datetime(2026, month, first, 12, 20, tzinfo=UTC)
        OutboxMessage.objects.all().delete()
        NoticeChoices.objects.update(digest_on=start.astimezone(found).date())
        for number in range(4 * 24):
            digest.plan(start + timedelta(minutes=59) * number)
        days = [date.fromisoformat(day) for day, _ in promised()]
        assert days == [days[0] + timedelta(days=number) for number in range(4)]
        for day, at in promised():
            assert at == digest.moment(date.fromisoformat(day), hour, found)


def test_a_digest_is_promised_before_its_hour_and_caught_up_after_an_outage():
    make_subscriber(hour=9)
    counts = [digest.plan(NOW - timedelta(minutes=1)), digest.plan(NOW), digest.plan(NOW)]
    assert (counts, promised()) == ([0, 1, 0], [("2026-11-25", NOW + timedelta(hours=2))])
    assert digest.plan(NOW + timedelta(days=1, hours=11)) == 1
    assert digest.plan(NOW + timedelta(days=2, hours=15)) == 0


def test_one_that_is_switched_off_or_for_nobody_is_not_sent():
    user = make_subscriber()
    make_lead()
    assert sent(user) != ""
    NoticeChoices.objects.update(has_digest=False)
    assert (sent(user), digest.plan(NOW)) == ("", 0)
    NoticeChoices.objects.update(has_digest=True)
    User.objects.update(is_active=False)
    assert sent(user) == ""
    user.delete()
    assert sent(user) == ""


def test_a_digest_that_waited_until_the_next_day_is_not_sent():
    user = make_subscriber()
    make_lead()
    assert sent(user, now=NOW + timedelta(hours=16, minutes=59)) != ""
    assert sent(user, now=NOW + timedelta(hours=17)) == ""


def test_a_digest_chosen_after_its_hour_begins_tomorrow(client):
    client.force_login(make_staff("sales"))
    hour = timezone.localtime(timezone=LISBON).hour
    page = "/admin/leads/desk/notifications/"
    submit(client, page, has_digest="on", digest_hour=str(hour))
    assert NoticeChoices.objects.get().digest_on == timezone.localdate(timezone=LISBON)
    assert digest.plan() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_promise_one_digest():
    make_site(time_zone="Europe/Lisbon")
    make_subscriber()
    barrier = Barrier(2, timeout=20)

    def plan(_):
        try:
            barrier.wait()
            return digest.plan(NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(plan, range(2))) == [0, 1]
    assert len(promised()) == 1


# What -------------------------------------------------------------------------------------


def test_on_a_day_with_nothing_to_say_there_is_no_mail():
    user = make_subscriber("paula", "administrator")
    make_lead(state="spam", created_at=NOW - timedelta(days=2))
    make_lead(submission="2", state="won")
    make_lead(submission="3", owner=make_staff("sales"))
    make_entry()
    assert sent(user) == ""


def test_the_digest_says_what_is_new_due_planned_and_stuck():
    user = make_subscriber("paula", "administrator")
    entry = make_entry(term="Webhook")
    Entry.objects.update(review_due_on=TODAY - timedelta(days=3))
    ages = {"Old": 30, "Fresh": 1}
    for name, hours in ages.items():
        at = NOW - timedelta(hours=hours)
        make_lead(name=name, created_at=at, submission=name, entry=entry)
    steps = {"Today": 0, "Late": 2, "Tomorrow": -1}
    for name, days in steps.items():
        make_lead(
            name=name,
            submission=name,
            state="qualified",
            owner=user,
            next_step="Call",
            next_step_on=TODAY - timedelta(days=days),
        )
    make_lead(name="Returned", submission="r", state="lost", bounced_at=NOW - timedelta(hours=2))
    make_calendar(make_offer(confirms_by_hand=True), host=make_author(name="Ines"))
    for name, hours in {"Morning": 3, "Evening": 16, "Next day": 18, "Too late": 41}.items():
        lead = make_lead(name=name, submission=name, state="contacted")
        make_booking(start=NOW + timedelta(hours=hours), lead=lead, now=NOW)
    asked = make_lead(name="Waiting", email="w@example.com", submission="w", state="contacted")
    make_booking(start=NOW + timedelta(days=9), lead=asked, by=None, now=NOW)
    OutboxMessage.objects.create(kind="leads.remind", due_at=NOW, failed_at=NOW)
    body = sent(user)
    expected = [
        "Wednesday, 25 November 2026",
        *("NEW AND UNANSWERED", "Old, Webhook, 30 h ago – overdue", "Fresh, Webhook, 1 h ago\n"),
        *("TO DO TODAY", "Late: Call – late since 23 November", "Today: Call\n"),
        *("CONSULTATIONS TODAY", "10:00 (Europe/Lisbon, UTC+00:00): Morning with Ines"),
        *("23:00", "CONSULTATIONS TOMORROW", "01:00", "Next day"),
        *("TO BE CONFIRMED", "Waiting, Friday, ", "kept until"),
        *("MAILS THAT CAME BACK SINCE YESTERDAY", "Returned"),
        *("WHAT COULD NOT BE SENT SINCE YESTERDAY", "1 message, to be sent again"),
        *("ENTRIES DUE FOR REVIEW", "Webhook – since 22 November"),
        "Everything else is on the desk:\nhttps://glossary.example/admin/\n",
        "https://glossary.example/admin/leads/desk/notifications/",
    ]
    places = [body.find(words) for words in expected]
    assert [words for words, place in zip(expected, places, strict=True) if place < 0] == []
    assert places == sorted(places)
    assert [name for name in ("Too late", "Tomorrow: ") if name in body] == []
    [message] = mail.outbox
    assert message.subject == "Lexicon on Wednesday, 25 November"
    html = message.alternatives[0].content
    assert "<strong>overdue</strong>" in html
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    leave_at = "<https://glossary.example/admin/leads/desk/notifications/>"
    assert message.extra_headers["List-Unsubscribe"] == leave_at


def test_everybody_reads_of_what_is_theirs_or_nobody_s():
    user, other = make_subscriber(), make_subscriber("rui")
    for owner in (user, other, None):
        name = owner.username if owner else "nobody"
        make_lead(name=f"Lead of {name}", submission=name, owner=owner)
    make_calendar(make_offer(), host=make_author(user=other))
    start = NOW + timedelta(hours=5)
    make_booking(start=start, lead=make_lead(name="Talk", submission="t", owner=user), now=NOW)
    own, others = sent(user), sent(other)
    assert [name in own for name in ("of paula", "of rui", "of nobody", "Talk")] == [
        *(True, False, True, True)
    ]
    assert [name in others for name in ("of paula", "of rui", "of nobody", "Talk")] == [
        *(False, True, True, True)
    ]
    make_entry(term="Webhook")
    Entry.objects.update(review_due_on=TODAY)
    OutboxMessage.objects.update(failed_at=NOW)
    assert [words in sent(user) for words in ("Webhook", "could not be sent")] == [False] * 2


def test_suspects_are_told_of_since_a_person_may_be_among_them():
    user = make_subscriber()
    for name, at in (("Real", NOW - timedelta(hours=3)), ("Old", NOW - timedelta(hours=30))):
        make_lead(name=name, submission=name, state="spam", created_at=at)
    body = sent(user)
    assert "1 request. Is a person among them?" in body
    assert "/admin/leads/lead/?show=spam" in body
    assert "Real" not in body


def test_a_long_list_says_how_many_more():
    user = make_subscriber()
    for number in range(12):
        make_lead(name="X", submission=f"{number}")
    body = sent(user)
    assert (body.count("\nX, "), "And 2 more." in body) == (10, True)


def test_three_of_everything_cost_as_much_as_one(django_assert_num_queries):
    user = make_subscriber("paula", "administrator")
    make_calendar(make_offer(), host=make_author())
    for number in range(3):
        lead = make_lead(submission=f"{number}", next_step_on=TODAY, bounced_at=NOW)
        make_booking(start=NOW + timedelta(hours=2 + 2 * number), lead=lead, now=NOW)
        make_lead(submission=f"new {number}", entry=make_entry())
        Entry.objects.update(review_due_on=TODAY)
        site.current()
        with django_assert_num_queries(QUERIES):
            assert len(digest.sections(user, TODAY, NOW)) == 5
        user = User.objects.get(pk=user.pk)


def test_a_cancelled_talk_is_not_in_it():
    user = make_subscriber()
    make_calendar(make_offer(), host=make_author())
    lead = make_lead(state="contacted")
    held = make_booking(start=NOW + timedelta(hours=5), lead=lead, now=NOW)
    assert "Paula Prospect with" in sent(user)
    booking.cancel(held, by=user, now=NOW)
    assert "Paula Prospect with" not in sent(user)


def test_what_a_prospect_typed_stays_one_line_of_text():
    user = make_subscriber()
    make_lead(name="Eve\r\nBcc: x@example.com <b>")
    body = sent(user)
    assert "Eve Bcc: x@example.com <b>, " in body
    assert "Eve Bcc: x@example.com &lt;b&gt;" in mail.outbox[0].alternatives[0].content
