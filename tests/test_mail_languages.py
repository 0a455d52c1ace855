"""Mails to visitors hold no word of another language.

That marked sentences are translated is for tests/test_translations.py to say; here
the mails are made, so that a sentence that nobody marked is found as well.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone, translation
from icalendar import Calendar

from config import outbox
from config.models import OutboxMessage
from glossary import askers
from glossary.models import Asker, Suggestion
from leads import booking, booking_mail, booking_words
from leads.mail import confirm_request
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

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
DATA = {"Arbutus", "Basalt", "Cirrus", "Dolmen", "Feldspar", "Paula", "Prospect"}
"""Site, offer, host, place and what people typed."""
ZONES = {"America", "New", "York", "Europe", "Lisbon", "UTC"}
ALIKE = {"de": {"Name"}, "pt": {"mail"}}
"""Words that English spells like that language; “E-mail” without its E."""


def words_of_mails(language: str) -> dict[str, set[str]]:
    """The words of a mail of each kind."""
    make_site(name="Arbutus", contact_email="")
    texts = {**dict(_of_bookings(language)), **dict(_of_requests(language))}
    return {kind: _words(text) for kind, text in texts.items()}


def _of_bookings(language: str) -> Iterator[tuple[str, str]]:
    staff = make_staff("sales")
    booked = _booked(language)
    yield "confirmed", _told()
    for minutes in (6000, 1440, 240, 60, 30, 5):
        with translation.override(language):
            letter = booking_words.reminder(booked, TEN - timedelta(minutes=minutes))
        said = [letter.subject, *letter.sentences, letter.call, letter.link, *letter.after]
        yield f"reminder, {minutes}", "\n".join(said)
    booking.move(booked, start=TEN + HOUR, now=NOW)
    yield "moved", _told()
    booking.cancel(booked, by=staff, reason="Feldspar", now=NOW)
    yield "cancelled", _told()
    booked = _booked(language, confirms_by_hand=True, duration=90)
    yield "pending", _told()
    booking.confirm(booked, by=staff, now=NOW)
    _told()
    booking.move(booked, start=TEN + 3 * HOUR, now=NOW)
    yield "pending again", _told()
    booking.refuse(booked, by=staff, now=NOW)
    yield "refused", _told()
    _booked(language, verifies_email=True)
    yield "verify", _told()
    _booked(language, verifies_email=True)
    yield "expired", _told(now=NOW + HOUR)


def _of_requests(language: str) -> Iterator[tuple[str, str]]:
    typed = {"phone": "1", "company": "Feldspar", "preferred_time": "Feldspar"}
    lead = make_lead(language=language, consent_text="Feldspar", **typed)
    outbox.enqueue("leads.confirm_request", lead=lead.pk)
    yield "request", _sent(confirm_request)
    for count in ("one", "several"):
        lead.offer = make_offer(name="Basalt", slug=f"{language}-{count}", is_default=False)
        lead.save()
        for hours in range(1 if count == "one" else 2):
            # The handler has no clock of its own.
            start = TEN.replace(year=timezone.now().year + 1) + hours * HOUR
            make_booking(start=start, offer=lead.offer, lead=make_lead())
        outbox.enqueue("leads.confirm_request", lead=lead.pk)
        yield f"request, {count} booked", _sent(confirm_request)
    asked = Suggestion.objects.create(term="Feldspar", language=language)
    asker = Asker.objects.create(suggestion=asked, email="p@x.example", language=language)
    entry = make_entry(term="Feldspar", short_definition="", language=language)
    outbox.enqueue("glossary.tell_asker", entry=entry.pk, asker=asker.pk)
    yield "published", _sent(askers.tell_asker)


def _booked(language: str, **fields: object) -> Booking:
    slug = f"{language}-{Booking.objects.count()}"
    offer = make_offer(name="Basalt", slug=slug, is_default=False, place="Dolmen", **fields)
    make_calendar(offer, host=make_author(name="Cirrus", slug=slug))
    lead = make_lead(language=language)
    return booking.book(offer, start=TEN, lead=lead, visitor_zone="America/New_York", now=NOW)


def _told(now: datetime = NOW) -> str:
    OutboxMessage.objects.exclude(kind="leads.tell_prospect").delete()
    return _sent(booking_mail.tell_prospect, now=now)


def _sent(handler, **options: object) -> str:
    """All that the mail of the newest message shows, its invitation included."""
    mail.outbox.clear()
    handler(OutboxMessage.objects.latest("pk"), **options)
    (made,) = mail.outbox
    html, *invitations = [content for content, _ in made.alternatives]
    shown = [made.subject, made.body, re.sub("<[^>]*>", " ", html)]
    for file in invitations:
        event = Calendar.from_ical(file).walk("VEVENT")[0]
        shown += [event["SUMMARY"], event.get("DESCRIPTION", "")]
    return "\n".join(shown)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{3,}", re.sub(r"\S+@\S+|https?://\S+", "", text)))


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_shares_no_word_with_the_english_one(language):
    english, other = words_of_mails("en"), words_of_mails(language)
    known = DATA | ZONES | ALIKE[language]
    assert len(other) >= 18
    assert {kind: words & english[kind] - known for kind, words in other.items()} == {
        kind: set() for kind in english
    }
