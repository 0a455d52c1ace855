"""What somebody agreed to, kept with the words that they were shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from leads.models import Consent, Lead

_SAID = ["text", "version", "language", "page", "is_given", "at", "withdrawn_at"]
"""What a row says of one answer; a new answer brings all of it."""


@dataclass(frozen=True)
class Agreement:
    """A sentence that was shown beside a box, and whether the box was ticked."""

    purpose: Consent.Purpose
    text: str
    is_given: bool = True


def to_answer(text: str) -> tuple[Agreement, ...]:
    """Return the one agreement without which no request is kept: that it may be answered."""
    return (Agreement(Consent.Purpose.REQUEST, text),)


def record(
    lead: Lead,
    agreements: Iterable[Agreement],
    *,
    page: str = "",
    now: datetime | None = None,
) -> None:
    """Keep what was shown and said, for `lead`, whose language it was shown in.

    `page` is where; "" if somebody said it to staff. A purpose that was asked
    before has one row: said again in the same words, the first time stays;
    otherwise the newest answer holds, as the newest answers of a form do.
    """
    at = now or timezone.now()
    kept = lead.consents.filter(withdrawn_at=None)
    known = set(kept.values_list("purpose", "text", "is_given"))
    rows = [
        Consent(
            lead=lead,
            purpose=each.purpose,
            text=each.text,
            language=lead.language,
            page=page,
            is_given=each.is_given,
            at=at,
        )
        for each in agreements
        if (each.purpose, each.text, each.is_given) not in known
    ]
    Consent.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["lead", "purpose"],
        update_fields=_SAID,
    )
