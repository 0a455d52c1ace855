"""The act of asking: one transaction stores the lead, the consent and the mails to send."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from config import outbox
from glossary.models import Entry
from leads.models import Lead, Offer
from leads.submission import FORM_MARK_LENGTH

MOST_REQUESTS = 3
"""Requests of one form, or of one address within an hour, that are taken at their word."""


def request_consultation(
    answers: dict[str, str],
    *,
    mark: str,
    consent_text: str,
    language: str,
    offer: Offer | None = None,
    entry: Entry | None = None,
    source_path: str = "",
    is_suspect: bool = False,
    now: datetime | None = None,
) -> Lead:
    """Store what a visitor sent and promise the mails; the same `mark` again is the same lead.

    A suspect request is kept apart as spam, visible to staff and sending
    nothing; it is never dropped. Suspect is also the fourth one of a form, or
    of an hour for one address: our confirmations must not become somebody's
    means to fill a mailbox.
    """
    now = now or timezone.now()
    is_suspect = is_suspect or _repeats(answers["email"], mark, now)
    try:
        with transaction.atomic():
            lead = Lead.objects.create(
                **answers,
                submission=mark,
                offer=offer,
                entry=entry,
                source_path=source_path,
                language=language,
                consent_text=consent_text,
                consent_at=now,
                created_at=now,
                state=Lead.State.SPAM if is_suspect else Lead.State.NEW,
            )
            if not is_suspect:
                outbox.enqueue("leads.notify_staff", lead=lead.pk)
                outbox.enqueue("leads.confirm_request", lead=lead.pk)
    except IntegrityError:
        # The second click of a double click lost the race for the unique mark.
        known = Lead.objects.filter(submission=mark).first()
        if known is None:
            raise
        return known
    return lead


def _repeats(email: str, mark: str, now: datetime) -> bool:
    """Whether as many requests as one person could mean came from this form or address."""
    others = Lead.objects.exclude(submission=mark)
    of_form = others.filter(submission__startswith=mark[:FORM_MARK_LENGTH])
    of_address = others.filter(email__iexact=email, created_at__gt=now - timedelta(hours=1))
    return of_form.count() >= MOST_REQUESTS or of_address.count() >= MOST_REQUESTS


@transaction.atomic
def accept(lead: Lead) -> None:
    """Take `lead` out of the suspects: it becomes new, and the mails it missed are promised."""
    taken = Lead.objects.filter(pk=lead.pk, state=Lead.State.SPAM).update(state=Lead.State.NEW)
    if taken:
        outbox.enqueue("leads.notify_staff", lead=lead.pk)
        outbox.enqueue("leads.confirm_request", lead=lead.pk)
