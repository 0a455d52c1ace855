"""Mails about bookings, as the worker sends them: to the prospect, to staff, by a real server."""

import re
import socket
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.utils import parseaddr
from io import StringIO
from pathlib import Path

import ics as other_reader
import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from icalendar import Calendar

from config import outbox, site
from config.models import OutboxMessage
from leads import booking, booking_mail, links
from leads.models import Booking
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

GOLDEN = Path(__file__).parent / "data" / "booking_mail.txt"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday; Lisbon is on UTC, New York five hours behind."""
TEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
ELEVEN = TEN + timedelta(hours=1)
PLACE = "https://meet.example/northlight"
AT_TEN = "Wednesday, March 4, 2026, 05:00 (America/New York, UTC−05:00)"
AT_ELEVEN = "Wednesday, March 4, 2026, 06:00 (America/New York, UTC−05:00)"
MIME = """multipart/mixed
  multipart/alternative
    text/plain
    text/html
    text/calendar
  application/ics"""


@pytest.fixture(autouse=True)
def _site():
    make_site(name="Northlight", contact_email="hi@northlight.example")


def offer_of_ines(**fields):
    """An offer with a host who reads mail at ines@northlight.example."""
    offer = make_offer(place=PLACE, **fields)
    user = make_staff("sales")
    user.email = "ines@northlight.example"
    user.save()
    make_calendar(offer, host=make_author(name="Ines Carvalho", user=user))
    return offer


def booked_by_prospect(*, now=NOW, start=TEN, lead=None, **fields) -> Booking:
    offer = offer_of_ines(**fields)
    lead = lead or make_lead()
    return booking.book(offer, start=start, lead=lead, visitor_zone="America/New_York", now=now)


def next_of(kind: str) -> OutboxMessage:
    return OutboxMessage.objects.waiting().filter(kind=f"leads.{kind}").earliest("pk")


def tell(now=NOW):
    """Let the oldest message to the prospect be sent; return the mail, if one was."""
    mail.outbox.clear()
    message = next_of("tell_prospect")
    booking_mail.tell_prospect(message, now=now)
    OutboxMessage.objects.filter(pk=message.pk).update(done_at=now)
    return mail.outbox[0] if mail.outbox else None


def tell_staff(now=NOW):
    mail.outbox.clear()
    message = next_of("tell_host")
    booking_mail.tell_host(message, now=now)
    OutboxMessage.objects.filter(pk=message.pk).update(done_at=now)
    return mail.outbox[0] if mail.outbox else None


def calendar_of(message):
    """(method of the header, the calendar, its event) of a mail in memory or off the wire."""
    whole = message_from_bytes(message.message().as_bytes(), policy=policy.default)
    return _calendar_of(whole)


def _calendar_of(whole):
    parts = [part for part in whole.walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        return None
    (part,) = parts
    (file,) = [p for p in whole.walk() if p.get_content_type() == "application/ics"]
    assert part.get_content_charset() == "utf-8"
    body = part.get_payload(decode=True)
    assert body.replace(b"\r\n", b"\n") == file.get_payload(decode=True).replace(b"\r\n", b"\n")
    calendar = Calendar.from_ical(body)
    return part.get_param("method"), str(calendar["METHOD"]), calendar.walk("VEVENT")[0]


def shape(part, depth=0) -> str:
    lines = ["  " * depth + part.get_content_type()]
    if part.is_multipart():
        lines += [shape(each, depth + 1) for each in part.iter_parts()]
    return "\n".join(lines)


# What the prospect hears ------------------------------------------------------------------


def test_the_mail_is_the_one_that_we_looked_at():
    booked = booked_by_prospect()
    sent = tell()
    text = sent.body.replace(links.token_of(booked), "TOKEN")
    text = text.replace(links.consent_token_of(booked.lead), "SECRET")
    assert f"{sent.subject}\n\n{text}" == GOLDEN.read_text()


def test_a_confirmed_booking_is_an_invitation():
    booked = booked_by_prospect()
    sent = tell()
    whole = message_from_bytes(sent.message().as_bytes(), policy=policy.default)
    assert shape(whole) == MIME
    header, method, event = calendar_of(sent)
    assert (header, method, event["STATUS"], event["UID"], event["SEQUENCE"]) == (
        *("REQUEST", "REQUEST", "CONFIRMED", booked.uid, 0),
    )
    assert event["ORGANIZER"] == f"mailto:{parseaddr(sent.from_email)[1]}"
    assert event["ATTENDEE"] == f"mailto:{sent.to[0]}"
    assert event["LOCATION"] == PLACE
    (file,) = [p for p in whole.walk() if p.get_content_type() == "application/ics"]
    assert file.get_filename() == "invite.ics"
    assert (sent.to, sent.reply_to) == (["paula@example.com"], ["ines@northlight.example"])


def test_what_was_told_is_noted_and_not_told_again():
    booked = booked_by_prospect()
    tell()
    booked.refresh_from_db()
    assert (booked.told_revision, booked.told_starts_at, booked.is_invited) == (0, TEN, True)
    outbox.enqueue("leads.tell_prospect", booking=booked.pk)
    assert tell() is None


def test_a_move_names_the_time_that_was_told_before():
    booked = booked_by_prospect()
    tell()
    booking.move(booked, start=TEN + timedelta(minutes=30), now=NOW)
    booking.move(booked, start=ELEVEN, now=NOW)
    sent = tell()
    assert sent.subject == "New time: Free consultation, Wednesday, March 4, 2026, 06:00"
    assert f"The former one, {AT_TEN}, no longer holds." in sent.body
    assert f"\nWhen: {AT_ELEVEN}\n" in sent.body
    assert (calendar_of(sent)[1], calendar_of(sent)[2]["SEQUENCE"]) == ("REQUEST", 2)
    assert tell() is None


def test_what_was_booked_and_cancelled_before_any_mail_gives_one_mail_without_a_file():
    booked = booked_by_prospect()
    booking.cancel(booked, reason="See evil.example", now=NOW)
    sent = tell()
    assert sent.subject == "Cancelled: Free consultation"
    assert f"your consultation on {AT_TEN} is cancelled" in sent.body
    assert ("evil" in sent.body, calendar_of(sent), tell()) == (False, None, None)


def test_a_cancellation_takes_the_invitation_back():
    booked = booked_by_prospect()
    tell()
    booking.cancel(booked, reason="Ines is ill, we are sorry", by=make_staff("sales"), now=NOW)
    sent = tell()
    header, method, event = calendar_of(sent)
    assert (header, method, event["STATUS"], event["UID"], event["SEQUENCE"]) == (
        *("CANCEL", "CANCEL", "CANCELLED", booked.uid, 1),
    )
    assert "The reason: Ines is ill, we are sorry\n" in sent.body
    assert "https://glossary.example/consultation/\n" in sent.body
    assert PLACE not in sent.body
    booked.refresh_from_db()
    assert (booked.told_revision, booked.is_invited) == (1, False)


def test_an_address_that_is_not_verified_gets_nothing_that_the_visitor_typed():
    typed = {"name": "Cheap Pills", "company": "Pills Inc", "message": "buy", "phone": "+1 23"}
    booked = booked_by_prospect(verifies_email=True, lead=make_lead(**typed))
    sent = tell()
    parts = [sent.subject, sent.body, *[html for html, _ in sent.alternatives]]
    found = [word for word in typed.values() for part in parts if word in part]
    assert (found, calendar_of(sent), PLACE in sent.body) == ([], None, False)
    code = links.verification_of(booked)
    page = f"/consultation/booking/{links.token_of(booked)}/verify/{code}/"
    assert f"https://glossary.example{page}\n" in sent.body
    assert "until Monday, March 2, 2026, 03:30 (America/New York, UTC−05:00)" in sent.body
    assert sent.subject == "Please confirm your address: Free consultation"


@pytest.mark.parametrize(
    ("minutes", "said"), [(30, "30 minutes"), (60, "1 hour"), (95, "1 hour 35 minutes")]
)
def test_the_mail_says_how_long_in_the_words_of_the_page(minutes, said):
    booked_by_prospect(duration=minutes)
    assert f"\nHow long: {said}\n" in tell().body


def test_verified_is_confirmed():
    booked = booked_by_prospect(verifies_email=True)
    tell()
    booking.verify(booked, now=NOW)
    sent = tell()
    assert sent.subject == "Confirmed: Free consultation, Wednesday, March 4, 2026, 05:00"
    assert sent.body.startswith("Hello Paula Prospect,\n")
    assert calendar_of(sent)[2]["SEQUENCE"] == 1


def test_a_booking_that_lapsed_before_its_mail_was_sent_asks_for_nothing_any_more():
    booked = booked_by_prospect(verifies_email=True, lead=make_lead(name="Cheap Pills"))
    sent = tell(now=NOW + timedelta(minutes=31))
    assert sent.subject == "No longer kept for you: Free consultation"
    assert ("verify" in sent.body, "Cheap Pills" in sent.body) == (False, False)
    booked.refresh_from_db()
    assert booked.told_revision == 0


def test_a_booking_to_be_confirmed_hides_the_place_until_it_is():
    booked = booked_by_prospect(confirms_by_hand=True)
    sent = tell()
    assert sent.subject.startswith("To be confirmed: Free consultation, Wednesday")
    assert "until Wednesday, March 4, 2026, 03:00 (America/New York" in sent.body
    assert (PLACE in sent.body, calendar_of(sent)) == (False, None)
    booking.confirm(booked, by=make_staff("sales"), now=NOW)
    sent = tell()
    assert (f"Where: {PLACE}\n" in sent.body, calendar_of(sent)[1]) == (True, "REQUEST")


def test_refused_and_expired_without_invitation_have_no_file():
    booked = booked_by_prospect(confirms_by_hand=True)
    tell()
    booking.refuse(booked, by=make_staff("sales"), reason="We are away", now=NOW)
    sent = tell()
    assert sent.subject == "Not confirmed: Free consultation"
    assert ("The reason: We are away" in sent.body, calendar_of(sent)) == (True, None)


def test_a_move_that_needs_staff_changes_the_invitation_to_a_tentative_one():
    booked = booked_by_prospect(confirms_by_hand=True)
    booking.confirm(booked, by=make_staff("sales"), now=NOW)
    tell()
    booking.move(booked, start=ELEVEN, now=NOW)
    sent = next(each for each in (tell(), tell()) if each)
    _, method, event = calendar_of(sent)
    assert (method, event["STATUS"], event["DTSTART"].dt) == ("REQUEST", "TENTATIVE", ELEVEN)
    assert ("LOCATION" in event, PLACE in sent.body) == (False, False)
    assert f"Your former time, {AT_TEN}, no longer holds." in sent.body
    booking.refuse(booked, by=make_staff("sales"), now=NOW)
    assert calendar_of(tell())[1] == "CANCEL"


def test_what_expired_while_nobody_confirmed_is_told_once():
    booked = booked_by_prospect(confirms_by_hand=True, pending_hours=1)
    later = NOW + timedelta(hours=2)
    assert tell(now=later) is None
    booking.book(booked.offer, start=ELEVEN, lead=make_lead(email="o@x.test"), now=later)
    sent = tell(now=later)
    assert (sent.to, sent.subject) == (
        *(["paula@example.com"], "No longer kept for you: Free consultation"),
    )


def test_after_the_talk_nothing_is_told():
    booked = booked_by_prospect()
    assert tell(now=TEN + timedelta(minutes=30)) is None
    booking.mark_held(booked, by=make_staff("sales"), now=ELEVEN)
    outbox.enqueue("leads.tell_prospect", booking=booked.pk)
    assert tell(now=ELEVEN) is None


def test_a_booking_that_was_erased_is_not_mailed():
    booked_by_prospect().lead.delete()
    assert (tell(), tell_staff()) == (None, None)


@pytest.mark.parametrize("minutes", [0, 300])
def test_the_mail_says_until_when_and_whom_to_ask(minutes):
    lead, now = make_lead(), TEN - timedelta(hours=4, minutes=1) + timedelta(minutes=minutes)
    offer = offer_of_ines(contact="Ines, +351 21 000 0000", notice=0)
    booking.book(offer, start=ELEVEN, lead=lead, now=now if minutes else NOW)
    body = tell(now=now).body
    limit = "until Wednesday, March 4, 2026, 07:00 (Europe/Lisbon, UTC+00:00). After that: "
    assert ("Ines, +351 21 000 0000." in body, limit in body) == (True, not minutes)


@pytest.mark.parametrize(
    ("language", "subject", "path"),
    [("de", "4. März 2026, 05:00", "/de/"), ("pt", "4 de março de 2026, 05:00", "/pt/")],
)
def test_the_mail_is_in_the_language_of_the_request(language, subject, path):
    booked = booked_by_prospect(lead=make_lead(language=language))
    sent = tell()
    assert sent.subject.endswith(subject)
    assert f"https://glossary.example{path}consultation/booking/" in sent.body
    html = sent.alternatives[0][0]
    assert html.startswith(f'<!doctype html>\n<html lang="{language}">')
    booking.cancel(booked, now=NOW)
    cancelled = tell()
    said = "\n".join([sent.subject, sent.body, html, cancelled.subject, cancelled.body])
    said += str(calendar_of(sent)[2]["DESCRIPTION"])
    # That each sentence is translated is tests/test_translations.py's to say.
    assert re.findall(r"%\(|\{\{|\{%|None", said) == []


@pytest.mark.parametrize(
    "name", ["Win at evil.example", "x\r\nBcc: eve@evil.example", "https://e.x"]
)
def test_a_name_that_would_be_a_link_is_left_out(name):
    booked = booked_by_prospect(lead=make_lead(name=name))
    sent = tell()
    assert sent.body.startswith("Hello,\n")
    whole = sent.message().as_string()
    assert ("evil" in whole, "Bcc" in whole, "https://e.x" in whole) == (False, False, False)
    booking.cancel(booked, now=NOW)
    assert tell().body.startswith("Hello,\n")


@pytest.mark.parametrize("name", ['Zoë 👩🏽‍💻; , "q"', "NUL", "a" * 120, "<b>x</b>"])
def test_no_name_stops_a_mail(name):
    booked_by_prospect(lead=make_lead(name=name, message="x" * 5000))
    sent = tell()
    assert calendar_of(sent)[2]["ATTENDEE"] == "mailto:paula@example.com"
    assert "<b>" not in sent.alternatives[0][0]


def test_a_mail_of_one_revision_has_one_id_and_the_next_has_another():
    booked = booked_by_prospect()
    first = tell().extra_headers["Message-ID"]
    Booking.objects.update(told_revision=None)
    outbox.enqueue("leads.tell_prospect", booking=booked.pk)
    assert tell().extra_headers["Message-ID"] == first
    booking.move(booked, start=ELEVEN, now=NOW)
    assert tell().extra_headers["Message-ID"] != first


def test_of_two_workers_only_one_tells():
    booked = booked_by_prospect()
    booking.move(booked, start=ELEVEN, now=NOW)
    first, second = OutboxMessage.objects.filter(kind="leads.tell_prospect").order_by("pk")
    OutboxMessage.objects.filter(pk=first.pk).update(claimed_until=NOW + timedelta(minutes=1))
    with pytest.raises(booking_mail.InOtherHands):
        booking_mail.tell_prospect(second, now=NOW)
    assert mail.outbox == []
    booking_mail.tell_prospect(first, now=NOW)
    OutboxMessage.objects.filter(pk=first.pk).update(done_at=NOW, claimed_until=None)
    booking_mail.tell_prospect(second, now=NOW)
    assert [each.to for each in mail.outbox] == [["paula@example.com"]]


@pytest.mark.parametrize(
    ("month", "theirs", "hosts"),
    [
        (3, "15:45 (Asia/Kathmandu, UTC+05:45)", "06:30 (America/St Johns, UTC−03:30)"),
        (7, "15:45 (Asia/Kathmandu, UTC+05:45)", "07:30 (America/St Johns, UTC−02:30)"),
    ],
)
def test_every_mail_says_one_instant_by_both_clocks(month, theirs, hosts):
    """3.13: two clocks that never show the same minute, in the host's winter and summer."""
    offer = offer_of_ines(notice=0)
    offer.calendars.update(time_zone="America/St_Johns", thursday="0:00–24:00")
    start = datetime(2027, month, {3: 4, 7: 15}[month], 10, 0, tzinfo=UTC)
    day = f"Thursday, {start:%B} {start.day}, 2027, "
    early = start - timedelta(days=9)
    booked = booking.book(
        offer, start=start, lead=make_lead(), visitor_zone="Asia/Kathmandu", now=early
    )
    told, staff = tell(early), tell_staff(early)
    mail.outbox.clear()
    booking_mail.remind(next_of("remind"), now=start - timedelta(hours=24))
    for each in (told, *mail.outbox):
        assert f"When: {day}{theirs}\nOn your host’s clock: {day}{hosts}\n" in each.body
    assert f"When: {day}{hosts}\n" in staff.body
    assert f"Their clock: {day}{theirs}\n" in staff.body
    assert (len(mail.outbox), calendar_of(told)[2]["DTSTART"].dt) == (1, booked.starts_at)


# What staff hear --------------------------------------------------------------------------


def test_staff_and_host_hear_of_a_new_booking_with_all_that_is_known():
    make_site(lead_recipients="sales@northlight.example\nInes@northlight.example")
    entry = make_entry(term="Webhook")
    lead = make_lead(name="Paula <b>P</b>", message="Orders\nby hand", entry=entry)
    booked = booked_by_prospect(lead=lead)
    told = tell_staff()
    assert told.to == ["sales@northlight.example", "ines@northlight.example"]
    assert told.reply_to == ["paula@example.com"]
    assert told.subject == "New booking: Paula <b>P</b>, Wednesday, March 4, 2026, 10:00"
    assert "When: Wednesday, March 4, 2026, 10:00 (Europe/Lisbon, UTC+00:00)\n" in told.body
    assert f"Their clock: {AT_TEN}\n" in told.body
    assert ("Orders\nby hand" in told.body, "Came from: Webhook\n" in told.body) == (True, True)
    address = f"https://glossary.example/admin/leads/booking/{booked.pk}/change/"
    assert f"\n{address}\n" in told.body
    html = told.alternatives[0][0]
    assert ("<b>P" in html, f'<a href="{address}">' in html) == (False, True)


def test_whoever_acts_is_not_told_of_it():
    booked = booked_by_prospect()
    tell_staff()
    host = booked.calendar.author.user
    booking.cancel(booked, reason="I am ill", by=host, now=NOW)
    told = tell_staff()
    assert (told.to, told.subject[:10]) == (["hi@northlight.example"], "Cancelled:")
    assert f"By: {host.username}\nReason: I am ill\n" in told.body


def test_a_member_of_staff_alone_hears_nothing_of_their_own_acts():
    make_site(contact_email="")
    booked = booked_by_prospect()
    tell_staff()
    booking.cancel(booked, by=booked.calendar.author.user, now=NOW)
    assert tell_staff() is None


def test_a_move_tells_both_times_and_what_happened_since():
    booked = booked_by_prospect()
    booking.move(booked, start=ELEVEN, now=NOW)
    booking.cancel(booked, now=NOW)
    subjects = [tell_staff(), tell_staff(), tell_staff()]
    assert [each.subject.partition(":")[0] for each in subjects] == [
        *("New booking", "Moved", "Cancelled"),
    ]
    moved, cancelled = subjects[1].body, subjects[2].body
    assert "Before: Wednesday, March 4, 2026, 10:00 (Europe/Lisbon, UTC+00:00)\nWhen: " in moved
    assert ("Now it is: Cancelled, " in moved, "has changed" in cancelled) == (True, False)


def test_staff_are_asked_to_confirm_and_hear_what_expired():
    booked = booked_by_prospect(confirms_by_hand=True, pending_hours=1)
    told = tell_staff()
    assert told.subject.startswith("To be confirmed: Paula Prospect, ")
    assert "until Monday, March 2, 2026, 09:00 (Europe/Lisbon" in told.body
    later = NOW + timedelta(hours=2)
    booking.book(booked.offer, start=TEN, lead=make_lead(email="o@x.test"), now=later)
    subjects = [tell_staff().subject.partition(":")[0] for _ in range(2)]
    assert subjects == ["Expired", "To be confirmed"]


def test_staff_hear_of_an_unverified_booking_only_once_it_is_verified():
    booked = booked_by_prospect(verifies_email=True)
    assert tell_staff() is None
    booking.verify(booked, now=NOW)
    assert tell_staff().subject.startswith("New booking: ")


def test_staff_never_hear_of_what_nobody_verified():
    booked = booked_by_prospect(verifies_email=True)
    booking.cancel(booked, now=NOW)
    assert (tell_staff(), tell_staff()) == (None, None)


def test_how_a_talk_went_is_mailed_to_nobody():
    booked = booked_by_prospect()
    tell_staff()
    booking.mark_no_show(booked, by=make_staff("sales"), now=ELEVEN)
    assert tell_staff() is None


def test_with_nobody_to_tell_the_mail_waits_until_somebody_is_named():
    make_site(contact_email="")
    offer = make_offer()
    make_calendar(offer)
    booking.book(offer, start=TEN, lead=make_lead(), now=NOW)
    with pytest.raises(booking_mail.NoRecipient):
        tell_staff()
    make_site(contact_email="hi@northlight.example")
    site.forget()
    assert tell_staff().to == ["hi@northlight.example"]


# Through a real mail server ---------------------------------------------------------------


class Sink:
    """A mail server that keeps what it takes, and answers as it is told."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if not answer.startswith("5"):
            self.taken.append(envelope.content)
        return answer

    def mails_to(self, address: str):
        mails = [message_from_bytes(each, policy=policy.default) for each in self.taken]
        return [each for each in mails if each["To"] == address]


@contextmanager
def listening(sink: Sink):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def sink(settings):
    server = Sink()
    with listening(server) as port:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield server


def work(*kinds: str) -> str:
    """Let the worker do all that is due, and what failed before."""
    failed = OutboxMessage.objects.waiting().exclude(last_error="")
    failed.update(due_at=timezone.now())
    said = StringIO()
    call_command("work", once=True, stdout=said)
    return said.getvalue().strip()


def in_a_week() -> datetime:
    return (timezone.now() + timedelta(days=7)).replace(minute=0, second=0, microsecond=0)


def test_the_life_of_an_invitation_by_mail_alone(sink):
    staff, start = make_staff("sales"), in_a_week()
    booked = make_booking(start=start, offer=offer_of_ines(), by=staff)
    work()
    booking.move(booked, start=start + timedelta(hours=3), any_time=True, by=staff)
    work()
    booking.move(booked, start=start, any_time=True, by=staff)
    work()
    booking.cancel(booked, by=staff)
    work()
    mails = sink.mails_to("paula@example.com")
    assert [shape(each) for each in mails] == [MIME] * 4
    files = [
        part.get_payload(decode=True).decode()
        for each in mails
        for part in each.walk()
        if part.get_content_type() == "application/ics"
    ]
    seen = [other_reader.Calendar(file) for file in files]
    events = [next(iter(calendar.events)) for calendar in seen]
    assert [calendar.method for calendar in seen] == ["REQUEST"] * 3 + ["CANCEL"]
    assert {event.uid for event in events} == {booked.uid}
    assert [event.begin for event in events] == [start, start + timedelta(hours=3), start, start]
    assert [event.status for event in events] == ["CONFIRMED"] * 3 + ["CANCELLED"]
    read = [_calendar_of(each) for each in mails]
    assert [event["SEQUENCE"] for _, _, event in read] == [0, 1, 2, 3]
    assert [header for header, _, _ in read] == [calendar.method for calendar in seen]
    assert len({each["Message-ID"] for each in mails}) == 4


@pytest.mark.parametrize(
    ("answer", "given_up"), [("451 try again", 0), ("550 no such user", 2), ("421 closing", 0)]
)
def test_what_the_server_refuses_is_tried_again_under_the_same_id(sink, answer, given_up):
    make_booking(start=in_a_week(), offer=offer_of_ines())
    sink.answers = [answer, answer]
    assert work() == "0 done, 2 to be tried again"
    refused = [message_from_bytes(each, policy=policy.default) for each in sink.taken]
    assert Booking.objects.get().told_revision is None
    # What is refused for good waits for staff, who may have mended the address meanwhile.
    assert outbox.retry(OutboxMessage.objects.all()) == given_up
    sink.taken.clear()
    assert work() == "2 done, 0 to be tried again"
    (sent,) = sink.mails_to("paula@example.com")
    assert {each["Message-ID"] for each in refused if each["To"] == sent["To"]} <= {
        sent["Message-ID"]
    }
    assert Booking.objects.get().told_revision == 0
