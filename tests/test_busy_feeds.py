"""What hosts have planned elsewhere: fetched, kept, never guessed; staff hear when it fails."""

import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from django.core import mail
from django.core.management import call_command
from django.urls import reverse

from config import outbox, outgoing
from config.models import OutboxMessage
from leads import booking, busy_download, busy_feeds, schedules
from leads.busy_download import download
from leads.busy_lines import Unreadable
from leads.mail import NoRecipient
from leads.models import Calendar
from tests.calendar_files import event, file_of
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)
from tests.serving import serving
from tests.test_outgoing import dripping, names

pytestmark = pytest.mark.django_db

SECRET = "private-8f3a1c"
NINE = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=5)
"""A morning next week; the code under test asks the real clock, as the worker does."""
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HTML = (200, {"Content-Type": "text/html"}, b"<!doctype html><title>Sign in</title>")
EVERY_DAY = dict.fromkeys(
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "8:00-12:00"
)


class Feeds(BaseHTTPRequestHandler):
    """Answers each path as its server was told, and notes who asked."""

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        status, headers, body = self.server.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Nothing: the test looks at what was seen."""


def running():
    return serving(Feeds, seen=[], answers={})


@pytest.fixture
def there(settings):
    with running() as server:
        server.url = f"http://{server.host}/{SECRET}.ics"
        settings.OUTGOING_ALLOWED_HOSTS = [server.host]
        sends(server, file_of())
        yield server


def sends(server, content, **headers):
    server.answers[f"/{SECRET}.ics"] = (200, headers, content.encode())


def appointment(start=NINE, *lines, lasts="PT1H", **options):
    return event(f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DURATION:{lasts}", *lines, **options)


def calendar_of(server, **fields):
    offer = make_offer(duration=60, interval=60, notice=0, horizon=30)
    fields = {"time_zone": "UTC", "feed_url": server.url, **EVERY_DAY, **fields}
    return make_calendar(offer, **fields)


def free(calendar, day=NINE):
    """Hours of the day that prospects are offered."""
    offer = calendar.offers.get()
    found = schedules.times(schedules.calendars_of(offer), offer)
    return [start.hour for start in found if start.date() == day.date()]


def good(calendar, ago=timedelta(0), **fields):
    """Pretend that the last good copy came some time ago."""
    at = datetime.now(UTC) - ago
    Calendar.objects.filter(pk=calendar.pk).update(feed_good_at=at, feed_checked_at=at, **fields)
    calendar.refresh_from_db()
    return at


def waiting(kind):
    return list(OutboxMessage.objects.waiting().filter(kind=kind).order_by("due_at"))


def run(kind, calendar, **payload):
    OutboxMessage.objects.filter(kind=kind).delete()
    message = outbox.enqueue(kind, calendar=calendar.pk, **payload)
    assert outbox.run_here(message)
    calendar.refresh_from_db()
    message.refresh_from_db()
    return message


# Fetching -----------------------------------------------------------------------------------


def test_busy_times_of_the_feed_are_not_offered(there):
    calendar = calendar_of(there)
    assert free(calendar) == []
    sends(there, file_of(appointment()))
    assert busy_feeds.refresh(calendar)
    calendar.refresh_from_db()
    assert calendar.busy_intervals == [(NINE.timestamp(), NINE.timestamp() + 3600)]
    assert free(calendar) == [8, 10, 11]
    with pytest.raises(booking.SlotTaken):
        booking.book(calendar.offers.get(), start=NINE, lead=make_lead())
    booking.book(calendar.offers.get(), start=NINE + HOUR, lead=make_lead())


@pytest.mark.parametrize("line", ["STATUS:CANCELLED", "TRANSP:TRANSPARENT"])
def test_what_is_cancelled_or_free_is_offered(there, line):
    calendar = calendar_of(there)
    sends(there, file_of(appointment(NINE, line)))
    assert busy_feeds.refresh(calendar)
    assert free(calendar) == [8, 9, 10, 11]


def test_the_coming_year_is_read_and_no_more(there):
    calendar = calendar_of(there)
    sends(there, file_of(appointment(NINE - 400 * HOUR, "RRULE:FREQ=DAILY")))
    assert busy_feeds.refresh(calendar)
    calendar.refresh_from_db()
    began, ended = calendar.busy_intervals[0][0], calendar.busy_intervals[-1][1]
    now = datetime.now(UTC).timestamp()
    assert 0 < now - began < 2 * 86400
    assert 374 * 86400 < ended - now < 377 * 86400


def test_server_learns_who_asks_and_no_more(there):
    assert download(there.url) == file_of().encode()
    assert there.seen == [
        (
            f"/{SECRET}.ics",
            {
                "Host": there.host,
                "Accept-Encoding": "identity",
                "User-Agent": "Headword (+https://glossary.example)",
                "Accept": "text/calendar, */*;q=0.1",
            },
        )
    ]


FAILURES = {
    "500": ((500, {}, b"oops"), "127.0.0.1 answered 500 instead of sending the calendar."),
    "204": ((204, {}, b""), "127.0.0.1 answered 204 instead of sending the calendar."),
    "304": ((304, {}, b""), "127.0.0.1 answered 304 instead of sending the calendar."),
    "404": ((404, {}, b""), "127.0.0.1 has no calendar at this address any more (answer 404)."),
    "410": ((410, {}, b""), "Ask there for a new secret address."),
    "a page": (HTML, "What came is a web page, not a calendar."),
    "nothing": ((200, {}, b""), "The file is empty."),
    "half": ((200, {}, file_of(appointment())[:-15].encode()), "The file is cut off"),
    "broken off": ((200, {"Content-Length": "9999"}, file_of().encode()), "did not answer"),
    "too much": ((200, {}, b"x" * (5 * 1024 * 1024 + 1)), "The file is larger than 5 MB."),
    "nonsense": (
        (200, {}, file_of(appointment(lasts="long")).encode()),
        "One of its appointments cannot be read.",
    ),
}


@pytest.mark.parametrize(("answer", "words"), FAILURES.values(), ids=FAILURES)
def test_failure_keeps_the_last_good_copy_and_says_why(there, answer, words, caplog):
    calendar = calendar_of(there)
    sends(there, file_of(appointment()))
    assert busy_feeds.refresh(calendar)
    at = good(calendar, HOUR)
    there.answers[f"/{SECRET}.ics"] = answer
    message = run("leads.fetch_feed", calendar)
    assert (calendar.feed_good_at, calendar.feed_checked_at > at) == (at, True)
    assert free(calendar) == [8, 10, 11]
    assert words in calendar.feed_error
    assert (message.last_error, message.done_at is not None) == ("", True)
    assert SECRET not in calendar.feed_error + caplog.text + str(message.payload)
    # The next good copy takes its place.
    sends(there, file_of())
    run("leads.fetch_feed", calendar)
    assert (calendar.feed_error, free(calendar)) == ("", [8, 9, 10, 11])


def test_slow_server_is_not_waited_for(settings, monkeypatch):
    monkeypatch.setattr(busy_download, "PATIENCE", 0.3)
    with dripping(b"H") as host:
        settings.OUTGOING_ALLOWED_HOSTS = [host]
        with pytest.raises(Unreadable, match=r"did not answer|within"):
            download(f"http://{host}/{SECRET}.ics")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_one_redirect_is_followed(there, status):
    there.answers["/moved"] = (status, {"Location": f"/{SECRET}.ics"}, b"")
    assert download(there.url.replace(f"{SECRET}.ics", "moved")) == file_of().encode()


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("/again", "127.0.0.1 redirects again and again."),
        ("http://10.0.0.1/private", "10.0.0.1 is at 10.0.0.1, which is not on the public"),
        ("http://169.254.169.254/latest/meta-data", "which is not on the public internet"),
        ("http://[::1]/private", "which is not on the public internet"),
        ("http://user@example.org/", "may not hold a name or password"),
        ("http://example.org:22/", "Port 22 is not one of"),
        ("file:///etc/passwd", "Only addresses with http"),
        ("http://[::1/", "redirects to an address that cannot be read"),
        ("", "redirects to nowhere"),
    ],
)
def test_redirect_leads_nowhere_that_an_address_may_not(there, location, words):
    there.answers[f"/{SECRET}.ics"] = (302, {"Location": location}, b"")
    there.answers["/again"] = (302, {"Location": f"/{SECRET}.ics"}, b"")
    with pytest.raises(Unreadable) as refused:
        download(there.url)
    assert words in str(refused.value)
    assert "private" not in str(refused.value)
    assert len(there.seen) == 1 + (location == "/again")


def test_redirect_out_of_encryption_is_not_followed(monkeypatch):
    asked = []

    def send(method, url, **options):
        asked.append(url)
        return outgoing.Answer(302, {"location": "http://example.org/x.ics"}, b"")

    monkeypatch.setattr(outgoing, "send", send)
    with pytest.raises(Unreadable, match="not encrypted"):
        download("https://example.org/x.ics")
    assert asked == ["https://example.org/x.ics"]


def test_addresses_within_the_network_are_never_asked(there, settings, monkeypatch):
    settings.OUTGOING_ALLOWED_HOSTS = []
    monkeypatch.setattr(outgoing, "PORTS", {there.server_port})
    names(monkeypatch, inner_example=["10.0.0.1"])
    for url in (there.url, f"http://inner.example:{there.server_port}/"):
        with pytest.raises(Unreadable, match="not on the public internet"):
            download(url)
    assert there.seen == []


def test_cancelled_booking_does_not_come_back_by_the_hosts_calendar(there):
    calendar = calendar_of(there)
    good(calendar)
    booked = make_booking(start=NINE, calendar=calendar, offer=calendar.offers.get())
    sends(
        there,
        file_of(
            appointment(NINE, uid=booked.uid),
            appointment(NINE + 2 * HOUR, uid="someone@glossary.example"),
        ),
    )
    booking.cancel(booked, by=make_staff("sales"))
    assert busy_feeds.refresh(calendar)
    assert free(calendar) == [8, 9, 10]


def test_copy_of_an_address_that_was_replaced_is_not_kept(there):
    calendar = calendar_of(there)
    sends(there, file_of(appointment()))
    Calendar.objects.filter(pk=calendar.pk).update(feed_url=f"{there.url}?new")
    assert busy_feeds.refresh(calendar) is False
    calendar.refresh_from_db()
    assert (calendar.busy, calendar.feed_good_at, calendar.feed_error) == ("[]", None, "")


# Chains -------------------------------------------------------------------------------------


def test_new_address_forgets_the_old_copy_and_is_fetched_at_once(there):
    calendar = calendar_of(there)
    good(calendar, busy="[[1, 2]]", feed_error="x", feed_warned_at=NINE)
    outbox.enqueue("leads.fetch_feed", calendar=calendar.pk, due_at=NINE)
    for _ in range(2):
        busy_feeds.start(calendar)
    assert (calendar.busy, calendar.feed_good_at, calendar.feed_warned_at) == ("[]", None, None)
    assert free(calendar) == []
    [fetching], [warning] = waiting("leads.fetch_feed"), waiting("leads.warn_of_feed")
    assert fetching.due_at <= datetime.now(UTC)
    assert timedelta(minutes=29) < warning.due_at - datetime.now(UTC) <= timedelta(minutes=30)
    calendar.refresh_from_db()
    assert calendar.feed_error == ""
    assert outbox.run(outbox.claim())
    assert free(calendar) == [8, 9, 10, 11]


def test_removing_the_address_ends_both_chains(there):
    calendar = calendar_of(there)
    busy_feeds.start(calendar)
    in_hand = outbox.claim()
    Calendar.objects.update(feed_url="")
    calendar.refresh_from_db()
    busy_feeds.start(calendar)
    assert outbox.run(in_hand)
    assert OutboxMessage.objects.waiting().count() == 0
    assert (there.seen, busy_feeds.plan(), free(calendar)) == ([], 0, [8, 9, 10, 11])


def test_each_fetch_leaves_word_for_the_next_one(there):
    calendar = calendar_of(there)
    message = run("leads.fetch_feed", calendar)
    [following] = waiting("leads.fetch_feed")
    assert following.due_at - message.created_at >= timedelta(minutes=15)
    assert following.due_at - message.done_at <= timedelta(minutes=15)


def test_chains_do_not_multiply(there):
    calendar = calendar_of(there)
    messages = [outbox.enqueue("leads.fetch_feed", calendar=calendar.pk) for _ in range(3)]
    for _ in messages:
        assert outbox.run(outbox.claim())
    assert len(waiting("leads.fetch_feed")) == 1
    assert [busy_feeds.plan(), busy_feeds.plan()] == [0, 0]
    assert len(waiting("leads.warn_of_feed")) == 1


def test_calendar_that_another_worker_fetches_is_left_to_it(there):
    calendar = calendar_of(there)
    stale = busy_feeds._with_feed(OutboxMessage(payload={"calendar": calendar.pk}))
    good(calendar)
    mine = Calendar.objects.filter(pk=stale.pk, feed_checked_at=stale.feed_checked_at)
    assert mine.update(feed_checked_at=NINE) == 0


def test_broken_chains_are_begun_anew_within_the_hour(there):
    calendar = calendar_of(there)
    make_calendar()
    assert [busy_feeds.plan(), busy_feeds.plan()] == [2, 0]
    [fetching], [warning] = waiting("leads.fetch_feed"), waiting("leads.warn_of_feed")
    # One that failed for reasons of its own would wait for a day; a shorter limit is due sooner.
    at = good(calendar, feed_hours=2)
    OutboxMessage.objects.update(due_at=NINE)
    assert busy_feeds.plan() == 2
    fetching.refresh_from_db()
    warning.refresh_from_db()
    assert fetching.due_at <= datetime.now(UTC)
    assert warning.due_at == at + 2 * HOUR


def test_worker_begins_by_itself(there, capsys):
    calendar = calendar_of(there)
    sends(there, file_of(appointment()))
    for _ in range(2):
        call_command("work", once=True)
    assert free(calendar) == [8, 10, 11]


def test_message_of_a_calendar_that_is_gone_does_nothing(there):
    calendar = calendar_of(there)
    key = calendar.pk
    calendar.delete()
    for kind in ("leads.fetch_feed", "leads.warn_of_feed"):
        message = outbox.enqueue(kind, calendar=key)
        assert outbox.run_here(message)
    assert (there.seen, mail.outbox, OutboxMessage.objects.waiting().count()) == ([], [], 0)


# Closing ------------------------------------------------------------------------------------


@pytest.fixture
def staffed():
    make_site(lead_recipients="sales@example.com\nanna@example.com", name="Headword")


def host(**fields):
    user = make_staff("sales")
    type(user).objects.filter(pk=user.pk).update(email="anna@example.com", **fields)
    return make_author(name="Anna O'Host", user=user)


def test_calendar_closes_at_the_very_moment(there):
    calendar = calendar_of(there, feed_hours=2)
    at = good(calendar)
    offer = calendar.offers.get()
    for after, is_open in [(2 * HOUR - MINUTE, True), (2 * HOUR, False), (9 * HOUR, False)]:
        now = at + after
        found = schedules.times([calendar], offer, now=now)
        assert (bool(found), busy_feeds.status(calendar, now).is_closed) == (is_open, not is_open)
    with pytest.raises(booking.SlotTaken):
        booking.book(offer, start=NINE, lead=make_lead(), now=at + 2 * HOUR)


def test_staff_are_told_once_that_it_closed_and_once_that_it_is_open(there, staffed):
    calendar = calendar_of(there, author=host(), feed_hours=2)
    at = good(calendar, 3 * HOUR, feed_error="127.0.0.1 answered 500.")
    for _ in range(2):
        run("leads.warn_of_feed", calendar)
    [told] = mail.outbox
    assert told.to == ["sales@example.com", "anna@example.com"]
    assert told.subject == "No times are offered with Anna O'Host: their calendar cannot be read"
    closed = busy_feeds._words(at + 2 * HOUR, calendar)
    for body in (told.body, told.alternatives[0].content):
        assert f"Since {closed} Headword offers" in body
        assert "2 hours ago or more" in body
        assert "What went wrong: 127.0.0.1 answered 500." in body
        address = reverse("admin:leads_calendar_change", args=[calendar.pk])
        assert f"https://glossary.example{address}" in body
        assert SECRET not in body
    assert waiting("leads.warn_of_feed") == []
    run("leads.fetch_feed", calendar)
    over, later = waiting("leads.warn_of_feed")
    assert (calendar.feed_warned_at, "is_over" in over.payload) == (None, True)
    assert later.due_at == calendar.feed_good_at + 2 * HOUR
    assert outbox.run_here(over)
    assert mail.outbox[1].subject == "Times are offered with Anna O'Host again"
    run("leads.fetch_feed", calendar)
    assert len(mail.outbox) == 2


def test_warning_waits_for_the_next_moment_while_good_copies_come(there, staffed):
    calendar = calendar_of(there, feed_hours=2)
    at = good(calendar, HOUR)
    run("leads.warn_of_feed", calendar)
    [later] = waiting("leads.warn_of_feed")
    assert (later.due_at, mail.outbox) == (at + 2 * HOUR, [])


def test_address_that_never_worked_is_told_as_that(there, staffed):
    calendar = calendar_of(there, author=host(is_active=False))
    there.answers.clear()
    run("leads.fetch_feed", calendar)
    run("leads.warn_of_feed", calendar)
    [told] = mail.outbox
    assert told.to == ["sales@example.com", "anna@example.com"]
    assert "could not be read since its address was entered" in told.body
    assert "127.0.0.1 has no calendar at this address" in told.body


def test_news_that_is_old_is_not_told(there, staffed):
    calendar = calendar_of(there)
    good(calendar, 99 * HOUR)
    run("leads.warn_of_feed", calendar, is_over=True)
    assert (mail.outbox, calendar.feed_warned_at) == ([], None)


def test_host_alone_is_told_and_nobody_is_an_error(there):
    calendar = calendar_of(there, author=host())
    good(calendar, 99 * HOUR)
    run("leads.warn_of_feed", calendar)
    assert mail.outbox[0].to == ["anna@example.com"]
    other = make_calendar(feed_url=there.url)
    with pytest.raises(NoRecipient):
        busy_feeds.warn(outbox.enqueue("leads.warn_of_feed", calendar=other.pk))
    other.refresh_from_db()
    assert other.feed_warned_at is None


# What staff see -----------------------------------------------------------------------------


def test_status_says_what_is_known_and_what_follows(there):
    calendar = calendar_of(there, feed_hours=2)
    assert str(busy_feeds.status(calendar)) == (
        "No time is offered before this calendar was read. It was not read yet; the worker does "
        "that within a minute."
    )
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    calendar.feed_good_at, calendar.busy = at, json.dumps([[1, 2], [3, 4]])
    read = busy_feeds.status(calendar, at + HOUR)
    assert read.words == (
        "Read at Monday, March 2, 2026, 09:00 (UTC): 2 busy times in the coming year."
    )
    calendar.feed_error = "It answered 500."
    failing = busy_feeds.status(calendar, at + HOUR)
    assert (failing.is_closed, failing.since) == (False, None)
    assert failing.words == (
        "The copy of Monday, March 2, 2026, 09:00 (UTC) is used until Monday, March 2, 2026, "
        "11:00 (UTC); then no time is offered. It answered 500."
    )
    closed = busy_feeds.status(calendar, at + 2 * HOUR)
    assert (closed.is_closed, closed.since) == (True, at + 2 * HOUR)
    assert closed.words == (
        "No time is offered since Monday, March 2, 2026, 11:00 (UTC). The last good copy is of "
        "Monday, March 2, 2026, 09:00 (UTC). It answered 500."
    )
    calendar.feed_url = ""
    assert busy_feeds.status(calendar) == busy_feeds.FeedStatus(
        "No other calendar is read.", False
    )
