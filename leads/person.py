"""Everything that is held about one person, to hand to them (GDPR, articles 15 and 20)."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import capfirst

from config import site
from config.models import OutboxAttempt, OutboxMessage, WebhookDelivery, WebhookEvent
from glossary.models import Asker
from leads import traces
from leads.models import Attribution, Booking, Consent, Lead, LeadEvent, Reply, SavedView
from leads.traces import Traces

Record = dict[str, object]
OUR_STAFF = "our staff"
"""Instead of the names of those who work here, which are not about the person."""


@dataclass(frozen=True)
class Section:
    """The rows of one table, and which columns say nothing of the person."""

    title: str
    model: type[models.Model]
    rows: Callable[[Traces], models.QuerySet]
    without: frozenset[str] = frozenset()

    def records(self, held: Traces) -> list[Record]:
        return [_record(row, self.without) for row in self.rows(held)]


SECTIONS = (
    Section(
        "Requests",
        Lead,
        lambda held: held.requests.select_related("offer", "entry"),
        # Marks by which the site knows a form and compares addresses.
        frozenset({"submission", "email_key"}),
    ),
    Section("What was agreed to", Consent, lambda held: held.consents),
    Section(
        "Bookings",
        Booking,
        lambda held: held.bookings.select_related("offer", "calendar__author"),
        # What opens the page of the booking, as a hash.
        frozenset({"token_hash"}),
    ),
    Section("What happened", LeadEvent, lambda held: held.events.select_related("booking__offer")),
    Section("What we wrote", Reply, lambda held: held.replies),
    Section(
        "Where they came from, and how far it went",
        Attribution,
        lambda held: held.lines.select_related("offer", "entry"),
    ),
    Section("Terms they wait for", Asker, lambda held: held.askers.select_related("suggestion")),
    Section("What other systems were told", WebhookEvent, lambda held: held.webhook_events),
    Section(
        "What these answered",
        WebhookDelivery,
        lambda held: held.deliveries.select_related("endpoint", "event"),
        frozenset({"message"}),
    ),
    Section("Mails and other messages", OutboxMessage, lambda held: held.messages),
    Section(
        "Tries to send them",
        OutboxAttempt,
        lambda held: OutboxAttempt.objects.filter(message__in=held.messages).select_related(
            "message"
        ),
    ),
    Section(
        "What staff changed on the desk",
        LogEntry,
        lambda held: held.desk_log.select_related("content_type"),
    ),
    Section("Searches that staff keep", SavedView, lambda held: held.saved_views),
)


@dataclass(frozen=True)
class Found:
    """What one section holds of somebody."""

    title: str
    records: list[Record]


def held_of(held: Traces) -> list[Found]:
    """Return what is held, by sections that are not empty; a fixed number of queries."""
    found = (Found(section.title, section.records(held)) for section in SECTIONS)
    return [each for each in found if each.records]


def archive(email: str, *, now: datetime | None = None) -> bytes:
    """Return a ZIP with what is held of whoever has this address, to read and for programs."""
    now = now or timezone.now()
    found = held_of(traces.of_address(email))
    content = {
        "about": email,
        "made_at": now.isoformat(),
        "by": site.current().publisher,
        "held": {each.title: each.records for each in found},
    }
    context = {
        "about": email,
        "made_at": now,
        "site": site.current(),
        "site_url": settings.SITE_URL,
        "found": [(each.title, [_in_words(r) for r in each.records]) for each in found],
    }
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as files:
        files.writestr("person.json", json.dumps(content, ensure_ascii=False, indent=2))
        files.writestr("person.html", render_to_string("admin/leads/person/export.html", context))
    return packed.getvalue()


def _record(row: models.Model, without: Iterable[str]) -> Record:
    """The columns of `row` by name; those without a value are left out."""
    fields = (f for f in row._meta.concrete_fields if f.name not in without)
    values = {field.name: _value(row, field) for field in fields}
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _value(row: models.Model, field: models.Field) -> object:
    if field.related_model is User:
        return OUR_STAFF if getattr(row, field.attname) else None
    if field.related_model is Lead:
        # The number is enough to find it in the section of requests.
        return getattr(row, field.attname)
    value: Any = getattr(row, field.name)
    if field.related_model:
        return str(value) if value else None
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _in_words(record: Record) -> list[tuple[str, str]]:
    """A record for people: names of columns as words, lists and rows of other tables as text."""
    return [(capfirst(name.replace("_", " ")), _text(value)) for name, value in record.items()]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
