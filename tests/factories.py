"""Test data as plain functions: a valid row each time, with what the test says about it."""

from datetime import datetime
from importlib import import_module
from io import BytesIO
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from authors.models import Author
from config import site
from config.models import SiteSettings, WebhookEndpoint
from config.slugs import slugify
from glossary import publishing
from glossary.models import Comparison, Entry, LearningPath
from leads import booking, consenting, ledger
from leads.arrival import Trail
from leads.models import Booking, Calendar, Lead, Offer, RetentionRule

_number = count(1)
ROLES = ("writer", "reviewer", "publisher", "sales", "administrator")
"""The groups that migrations made."""


def make_author(**fields: Any) -> Author:
    number = next(_number)
    fields.setdefault("name", f"Author {number}")
    fields.setdefault("slug", slugify(fields["name"]))
    fields.setdefault("role", "Consultant")
    return Author.objects.create(**fields)


def make_draft(
    *, topics: list[str] | None = None, aliases: list[str] | None = None, **fields: Any
) -> Entry:
    number = next(_number)
    fields.setdefault("term", f"Term {number}")
    fields.setdefault("slug", slugify(fields["term"]))
    fields.setdefault("short_definition", f"What {fields['term']} means.")
    fields.setdefault("body", f"About {fields['term']}.\n\n## Background\n\nIt began somewhere.")
    entry = Entry.objects.create(**fields)
    entry.topics.add(*(topics or []))
    for name in aliases or []:
        entry.aliases.create(name=name)
    return entry


def make_entry(*, at: datetime | None = None, **fields: Any) -> Entry:
    """A published entry, public since `at` or since now."""
    entry = make_draft(**fields)
    publishing.publish(entry, at=at or timezone.now())
    return entry


def make_comparison(
    left: Entry | None = None, right: Entry | None = None, **fields: Any
) -> Comparison:
    """A comparison that readers see as long as they see its entries."""
    fields.setdefault("introduction", "Two things that people *mix up*.")
    fields.setdefault("is_published", True)
    return Comparison.objects.create(
        left=left or make_entry(), right=right or make_entry(), **fields
    )


def make_path(*entries: Entry, **fields: Any) -> LearningPath:
    """A published learning path through `entries`."""
    fields.setdefault("title", "From the beginning")
    fields.setdefault("slug", slugify(fields["title"]))
    fields.setdefault("is_published", True)
    path = LearningPath.objects.create(**fields)
    for place, entry in enumerate(entries, start=1):
        path.steps.create(entry=entry, position=place, note=f"Why {entry.term}.")
    return path


def make_offer(**fields: Any) -> Offer:
    fields.setdefault("name", "Free consultation")
    fields.setdefault("slug", slugify(fields["name"]))
    fields.setdefault("heading", "Want to automate your business?")
    fields.setdefault("text", "Schedule a free consultation.")
    fields.setdefault("is_default", True)
    return Offer.objects.create(**fields)


def make_calendar(*offers: Offer, **fields: Any) -> Calendar:
    """A host's calendar, open on weekdays, in Lisbon; its times are those of `offers`."""
    fields.setdefault("author", fields.pop("host", None) or make_author())
    calendar = Calendar.objects.create(**fields)
    calendar.offers.set(offers)
    return calendar


def make_booking(
    *, start: datetime, offer: Offer | None = None, lead: Lead | None = None, **options: Any
) -> Booking:
    """A booking that staff made, at any time; `options` go to `booking.book`."""
    offer = offer or Offer.objects.filter(calendars__isnull=False).first() or make_offer()
    calendar = options.pop("calendar", None) or offer.calendars.first() or make_calendar(offer)
    options.setdefault("by", make_staff("sales"))
    lead = lead or make_lead()
    return booking.book(offer, start=start, lead=lead, calendar=calendar, any_time=True, **options)


def make_lead(
    *, consent_text: str = "I agree.", trail: Trail | None = None, **fields: Any
) -> Lead:
    """Somebody who asked by the form, by way of `trail`."""
    fields.setdefault("name", "Paula Prospect")
    fields.setdefault("email", "paula@example.com")
    lead = Lead.objects.create(**fields)
    agreements = consenting.to_answer(consent_text)
    consenting.record(lead, agreements, page="/consultation/", now=lead.created_at)
    ledger.open_line(lead, trail, now=lead.created_at)
    return lead


def make_site(**fields: Any) -> SiteSettings:
    return SiteSettings.objects.update_or_create(pk=1, defaults=fields)[0]


def make_endpoint(**fields: Any) -> WebhookEndpoint:
    """A webhook that is told of everything."""
    fields.setdefault("name", "n8n")
    fields.setdefault("url", "https://n8n.example/webhook/headword")
    fields.setdefault("events", list(settings.WEBHOOK_EVENTS))
    endpoint = WebhookEndpoint.objects.create(**fields)
    site.forget()
    return endpoint


def make_staff(*groups: str, username: str = "") -> User:
    """A member of staff in `groups`, names of ROLES."""
    user = User.objects.create_user(
        username or f"staff{next(_number)}", password="a long password", is_staff=True
    )
    user.groups.set(map(make_role, groups))
    return user


def make_role(name: str) -> Group:
    return Group.objects.get(name=name)


def make_rules(**days: int) -> list[RetentionRule]:
    """How long leads are kept: as the migration set it, or again after a flush, but for `days`."""
    made = import_module("leads.migrations.0010_keep_consents")
    wanted = dict.fromkeys(made.STATES) | {"spam": made.DAYS_OF_SPAM} | days
    rules = RetentionRule.objects
    return [
        rules.update_or_create(state=state, defaults={"days": number})[0]
        for state, number in wanted.items()
    ]


def make_picture(
    *, size: tuple[int, int] = (60, 40), kind: str = "PNG", name: str = "", **options: Any
) -> SimpleUploadedFile:
    """An uploaded picture; `options` go to Pillow's save()."""
    encoded = BytesIO()
    Image.new("RGB", size, "teal").save(encoded, kind, **options)
    return SimpleUploadedFile(name or f"picture.{kind.lower()}", encoded.getvalue())
