"""What somebody agreed to, kept with the words that they were shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from leads.models import Consent, Lead


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

    `page` is where; "" if somebody said it to staff. What was said before for
    the same purpose stays as it was.
    """
    at = now or timezone.now()
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
    ]
    Consent.objects.bulk_create(rows, ignore_conflicts=True)
