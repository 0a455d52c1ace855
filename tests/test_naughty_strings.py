"""Odd texts and odd addresses through every form that the public has.

What a form takes is kept, shown to staff, mailed and told to webhooks as it
was written; what it does not take gets a sentence; nothing breaks.
"""

import json
import re
from datetime import timedelta
from itertools import count, cycle
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from config import webhooks
from config.models import OutboxMessage, WebhookEvent
from glossary.models import Asker, Feedback, Suggestion
from leads import choosing, links, submission
from leads.models import Booking, Lead, LeadEvent
from tests.desk import page_of, work
from tests.factories import (
    make_booking,
    make_calendar,
    make_endpoint,
    make_entry,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parent / "data"
TEXTS = [
    text
    for texts in json.loads((DATA / "naughty_strings.json").read_text()).values()
    for text in texts
]
EMAILS = json.loads((DATA / "odd_emails.json").read_text())
ACCEPTED = 75
"""Percent of the texts that every form takes, so that refusing them all is no way out."""
EVERY_DAY = dict.fromkeys(
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "0:00-24:00"
)
_visitor = count(1)


@pytest.fixture(autouse=True)
def _site():
    make_site(lead_recipients="desk@example.com", contact_email="desk@example.com")


def words(text: str) -> list[str]:
    return text.split()


def send(client, path: str, **fields: str):
    """Send a form a minute after it was shown, each time from another network."""
    token = submission.issue(now=timezone.now() - timedelta(minutes=1))
    number = next(_visitor)
    address = f"198.18.{number // 250}.{number % 250}"
    data = {"consent": "on", "token": token, **fields}
    return client.post(path, data, REMOTE_ADDR=address)


def kept(answers: dict[str, int]) -> list[str]:
    """The texts that were taken. Every other one got its sentence, and most were taken."""
    assert set(answers.values()) <= {302, 303, 422}
    taken = [text for text, status in answers.items() if status != 422]
    assert len(taken) * 100 >= ACCEPTED * len(answers), answers
    return taken


def as_kept(text: str) -> str:
    """A text as it is stored: without blanks around it."""
    return text.strip()


def in_one_line(text: str) -> str:
    return " ".join(text.split())


# Asking and booking -------------------------------------------------------------------------


def test_whatever_is_written_into_a_request_is_kept_told_and_shown(client):
    make_endpoint(events=["lead.created"])
    answers, asked = {}, {}
    for number, text in enumerate(TEXTS):
        email = f"p{number}@example.com"
        fields = dict.fromkeys(("name", "company", "message", "preferred_time"), text)
        answers[text] = send(client, "/consultation/", email=email, **fields).status_code
        asked[email] = text
    leads = {lead.email: lead for lead in Lead.objects.all()}
    taken = kept(answers)
    assert {asked[email] for email in leads} == set(taken)
    for email, lead in leads.items():
        text = as_kept(asked[email])
        assert (lead.name, lead.company, lead.preferred_time) == (text, text, text)
        assert lead.message == text.replace("\r\n", "\n")
    told = {event.subject: json.loads(event.body) for event in WebhookEvent.objects.all()}
    # What is sent is the body as it stands there: tests of webhooks hold that.
    OutboxMessage.objects.filter(kind=webhooks.KIND).delete()
    work()
    mails = {}
    for each in mail.outbox:
        # As it leaves: whoever could write into the head would break this.
        assert each.message()["To"] in ("desk@example.com", *leads)
        mails.setdefault((*each.to, *each.reply_to), []).append(each.body)
    for email, lead in leads.items():
        if lead.state == Lead.State.SPAM:
            continue
        said = told[f"lead:{lead.pk}"]["data"]["lead"]
        assert (said["name"], said["message"]) == (lead.name, lead.message)
        (to_staff,) = mails["desk@example.com", email]
        assert set(words(lead.message)) <= set(words(to_staff)) | {lead.message}
        assert " ".join(words(lead.name)) in " ".join(words(to_staff))
    assert len(told) >= len(leads) // 2


def test_whatever_a_request_said_is_shown_on_the_desk(client):
    client.force_login(make_staff("sales"))
    shown = [text for text in TEXTS if "\0" not in text]
    for number, text in enumerate(shown):
        Lead.objects.create(name=text[:120], email=f"p{number}@example.com", message=text)
    page = "".join(
        "".join(page_of(client.get("/admin/leads/lead/", {"p": number})).itertext())
        for number in range(1, -(-len(shown) // 25) + 1)
    )
    listed = " ".join(words(page))
    assert [text for text in shown if in_one_line(text[:120]) not in listed] == []
    everything = Lead.objects.create(name="All", email="all@example.com", message="\n".join(shown))
    path = reverse("admin:leads_lead_change", args=[everything.pk])
    page = " ".join(words("".join(page_of(client.get(path)).itertext())))
    lines = [line for text in shown for line in re.split(r"[\r\n]+", text)]
    assert [line for line in lines if in_one_line(line) not in page] == []


def test_whatever_is_written_into_a_booking_is_kept_and_shown(client):
    offer = make_offer(duration=15, interval=15, notice=0, horizon=30)
    make_calendar(offer, time_zone="UTC", **EVERY_DAY)
    start = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0)
    start += timedelta(days=3)
    answers = {}
    # Three texts in each booking, which costs more than a request.
    for number, parts in enumerate(zip(*[iter(TEXTS)] * 3, strict=False)):
        chosen = choosing.text_of(start + timedelta(minutes=15 * number))
        fields = dict(zip(("name", "company", "message"), parts, strict=True))
        email = f"p{number}@example.com"
        path = reverse("leads:offer", args=[offer.slug])
        answer = send(client, path, email=email, start=chosen, zone="UTC", **fields)
        answers[parts] = answer.status_code
        if answer.status_code == 303:
            lead = Lead.objects.get(email=email)
            assert (lead.name, lead.company) == tuple(map(in_one_line, parts[:2]))
            assert lead.message == as_kept(parts[2]).replace("\r\n", "\n")
            assert client.get(answer.url).status_code == 200
    assert {*answers.values()} <= {303, 422}
    booked = Booking.objects.count()
    # Whoever looks like an advertisement is thanked, and holds no time.
    suspects = Lead.objects.quarantined().count()
    assert booked + suspects == list(answers.values()).count(303)
    assert booked * 2 > len(answers)
    work()
    assert len(mail.outbox) == 2 * booked
    for each in mail.outbox:
        assert each.message().as_bytes()


def test_whatever_reason_is_given_is_kept(client):
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    booked = make_booking(start=start)
    path = reverse("leads:booking_cancel", args=[links.token_of(booked)])
    answers = {}
    for text in TEXTS:
        Booking.objects.update(state=Booking.State.CONFIRMED, reason="")
        LeadEvent.objects.filter(kind="booking.cancelled").delete()
        answers[text] = client.post(path, {"reason": text}).status_code
        if answers[text] == 303:
            expected = as_kept(text).replace("\r\n", "\n").replace("\0", "")
            said = LeadEvent.objects.get(kind="booking.cancelled")
            assert (Booking.objects.get().reason, said.note) == (expected, expected)
    kept(answers)


@pytest.mark.parametrize("name", ["time", "zone"])
def test_a_booking_moves_to_no_nonsense(client, name):
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    booked = make_booking(start=start)
    path = reverse("leads:booking_move", args=[links.token_of(booked)])
    usual = {"time": "", "zone": "UTC"}
    answers = {client.post(path, {**usual, name: text}).status_code for text in TEXTS[::10]}
    assert answers <= {303, 409, 422}
    assert Booking.objects.get().starts_at == start


# Readers ------------------------------------------------------------------------------------


def test_whatever_term_is_missed_is_kept(client):
    answers = {}
    for text in TEXTS:
        Suggestion.objects.all().delete()
        answers[text] = send(client, "/suggest/", term=text, note=text, email="").status_code
        for row in Suggestion.objects.all():
            assert (row.term, row.note) == (as_kept(text), as_kept(text))
    kept(answers)


def test_whatever_a_reader_says_of_an_entry_is_kept(client):
    entry = make_entry()
    path = reverse("glossary:helpful", args=[entry.slug])
    said = unquote(send(client, path, helpful="no").url.partition("said=")[2])
    answers = {}
    for text in TEXTS:
        answers[text] = send(client, path, said=said, sentence=text).status_code
        if answers[text] == 302:
            assert Feedback.objects.get().sentence == as_kept(text)
    kept(answers)


@pytest.mark.parametrize("path", ["/search/", "/search/suggest/"])
def test_whatever_is_searched_for_gets_an_answer(client, path):
    make_entry(term="Webhook")
    for text in TEXTS:
        assert client.get(path, {"q": text}).status_code == 200


# Addresses ----------------------------------------------------------------------------------


def test_an_odd_address_is_refused_or_written_to_as_it_is(client):
    answers = {
        email: send(client, "/consultation/", name="Paula", email=email).status_code
        for email in EMAILS
    }
    assert {*answers.values()} <= {302, 422}
    taken = [email.strip() for email, status in answers.items() if status == 302]
    assert sorted(Lead.objects.values_list("email", flat=True)) == sorted(taken)
    assert {"paula+glossary@example.com", "o'brien@example.com", "=1+1@example.com"} <= {*taken}
    assert not [email for email in taken if any(sign in email for sign in "\r\n\0")]
    work()
    to_them = [each for each in mail.outbox if each.to != ["desk@example.com"]]
    for each in to_them:
        # One address each, which the server is told as the mail's head says it.
        (recipient,) = each.recipients()
        assert each.message()["To"].count("@") >= 1
        assert recipient in taken
    assert len(to_them) >= 10


def test_an_odd_address_of_an_asker_is_refused_or_kept_as_it_is(client):
    terms = cycle(f"Term {number}" for number in range(20))
    for email in EMAILS:
        Asker.objects.all().delete()
        answer = send(client, "/suggest/", term=next(terms), note="", email=email)
        assert answer.status_code in (302, 422)
        for asker in Asker.objects.all():
            assert (asker.email, answer.status_code) == (email.strip().lower(), 302)
