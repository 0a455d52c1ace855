"""Mails to prospects that came back: a mark on the lead, a line of its timeline.

A server that refuses the address says so at once; a mail service says it
later, to its webhook, which django-anymail turns into events.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from config.mail import MESSAGE, AddressRefused
from config.models import OutboxMessage
from config.typed import one_line
from leads import failures, pipeline
from leads.models import Lead, LeadEvent
from leads.models.leads import email_key

LONGEST_REASON = 200
KIND = "mail.bounced"
_TYPES = ("bounced", "rejected", "failed", "complained")
"""Anymail's events of mails that did not arrive, or were not wanted; a delay is none."""
_FOR_GOOD = ("invalid", "bounced", "spam", "unsubscribed")
"""Anymail's reasons after which no later mail arrives either."""


@contextmanager
def noticed(lead: Lead, message: OutboxMessage) -> Iterator[None]:
    """Mark `lead` if its address is refused for good within the block, which still fails."""
    try:
        yield
    except AddressRefused as error:
        came_back(lead, "hard", reason=str(error), mark=f"smtp:{message.pk}")
        raise


def came_back(
    lead: Lead, sort: str, *, reason: str, mark: str, now: datetime | None = None
) -> LeadEvent | None:
    """Note that a mail to `lead` came back: "hard", "soft" or a "complaint".

    `mark` names the event: the second time it changes nothing and returns None.
    """
    now = now or timezone.now()
    with transaction.atomic():
        # Services send an event until they hear of success, and at times twice at once.
        locked = Lead.objects.select_for_update().filter(pk=lead.pk).first()
        known = LeadEvent.objects.filter(lead=lead.pk, kind=KIND, data__mark=mark)
        if locked is None or known.exists():
            return None
        Lead.objects.filter(pk=lead.pk).update(bounced_at=now)
        text = one_line(reason)[:LONGEST_REASON]
        return pipeline.note(locked, KIND, text=text, data={"kind": sort, "mark": mark}, now=now)


def heard(sender: object, event: Any, esp_name: str, **_: object) -> None:
    """Receive what a mail service says of a mail; connected to Anymail's signal in `apps`.

    The owner, and who else chose to, hears of it. What is about no prospect is
    ignored.
    """
    if event.event_type not in _TYPES:
        return
    lead = _lead_of(event)
    if lead is None:
        return
    with transaction.atomic():
        line = came_back(lead, _sort_of(event), reason=_reason_of(event), mark=_mark_of(event))
        if line:
            failures.gather("bounces", line.pk, lead=lead)


def _lead_of(event: Any) -> Lead | None:
    """Whose mail it was: by our own mark if the service kept it, else the newest of the address.

    Mails to staff are about leads as well; the recipient decides.
    """
    of_address = Lead.objects.select_related("merged_into")
    of_address = of_address.filter(email_key=email_key(event.recipient or ""))
    marked = str((event.metadata or {}).get(MESSAGE, ""))
    if marked.isascii() and marked.isdigit() and len(marked) < 19:
        message = OutboxMessage.objects.filter(pk=marked).first()
        meant = failures.lead_of(message) if message else None
        found = of_address.filter(pk=meant.pk).first() if meant else None
        if found:
            return found.merged_into or found
    newest = of_address.first()
    return (newest.merged_into or newest) if newest else None


def _sort_of(event: Any) -> str:
    if event.event_type == "complained":
        return "complaint"
    is_final = event.event_type == "rejected" or event.reject_reason in _FOR_GOOD
    # Postmark's soft bounces have Anymail's reason of hard ones.
    said = event.esp_event.get("Type", "") if isinstance(event.esp_event, dict) else ""
    return "hard" if is_final and said != "SoftBounce" else "soft"


def _reason_of(event: Any) -> str:
    return str(event.mta_response or event.description or event.reject_reason or "")


def _mark_of(event: Any) -> str:
    """The service's own id of the event; some have none."""
    told = event.event_id or f"{event.message_id}\n{event.event_type}\n{event.timestamp}"
    return hashlib.sha256(str(told).encode()).hexdigest()[:32]
