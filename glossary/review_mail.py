"""Mails between writers and reviewers; outbox handlers."""

from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse

from authors.models import Author
from config import mail, site
from config.models import OutboxMessage
from glossary.models import Entry, EntryEvent


def tell_reviewer(message: OutboxMessage) -> None:
    """Tell whoever should review the draft in `message`: its reviewer, or all who may."""
    entry = _entry(message)
    if entry is None or entry.review != Entry.Review.WAITING:
        return
    _send(message, entry, "submitted", to=_reviewers(entry))


def tell_writer(message: OutboxMessage) -> None:
    """Tell the writer of the draft in `message` that it came back, and why."""
    entry = _entry(message)
    writer = entry.draft.created_by if entry and entry.draft else None
    if entry is None or entry.review != Entry.Review.RETURNED:
        return
    _send(message, entry, "returned", to=_addresses([writer] if writer else []))


def _entry(message: OutboxMessage) -> Entry | None:
    found = Entry.objects.select_related("draft__created_by")
    return found.filter(pk=message.payload["entry"]).first()


def _reviewers(entry: Entry) -> list[str]:
    named = entry.draft.snapshot.get("reviewer") if entry.draft else None
    reviewer = Author.objects.filter(pk=named or 0).select_related("user").first()
    if reviewer and reviewer.user and (found := _addresses([reviewer.user])):
        return found
    backend = "django.contrib.auth.backends.ModelBackend"
    everybody = get_user_model().objects.with_perm(
        "glossary.review_entry", backend=backend, include_superusers=False
    )
    return _addresses(everybody.filter(is_staff=True).order_by("pk"))


def _addresses(users: Any) -> list[str]:
    return [user.email for user in users if user.is_active and user.email]


def _send(message: OutboxMessage, entry: Entry, verb: str, *, to: list[str]) -> None:
    said = entry.events.filter(verb=EntryEvent.Verb(verb)).select_related("by").first()
    path = reverse("admin:glossary_entry_change", args=[entry.pk])
    context: dict[str, object] = {
        "entry": entry,
        "event": said,
        "site": site.current(),
        "admin_url": site.absolute(path),
    }
    asks = said.by.email if said and said.by else ""
    for address in to:
        # One mail each: nobody has to know who else was asked.
        mail.send(
            message, f"admin/mail/{verb}", context, to=[address], reply_to=[asks] if asks else []
        )
