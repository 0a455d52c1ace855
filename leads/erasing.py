"""Erasing people: every row that is about them goes, and the counts stay.

What is outside of this database is not reached: mails that were sent, what
webhooks delivered, what hosts' calendars have fetched, backups.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone

from config import webhooks
from config.models import OutboxAttempt, OutboxMessage, WebhookDelivery
from glossary.models import Feedback, Suggestion
from leads import traces
from leads.booking import hold
from leads.models import UTM, Booking, Lead
from leads.traces import Traces, any_of
from leads.webhooks import subject_of

logger = logging.getLogger(__name__)

LEFT_OUT = "(left out: it named somebody who was erased)"
_MENTIONS: list[tuple[type[models.Model], str]] = [
    (OutboxMessage, "last_error"),
    (OutboxAttempt, "error"),
    (WebhookDelivery, "answer"),
    (LogEntry, "object_repr"),
    (LogEntry, "change_message"),
    (Suggestion, "note"),
    (Feedback, "sentence"),
]
"""Texts about other things that can hold somebody's address all the same."""

Reach = Callable[[Traces], None]


class TalkAhead(Exception):
    """Somebody still counts on a talk, which has to be cancelled first."""

    def __init__(self, bookings: Iterable[Booking]) -> None:
        self.bookings = list(bookings)
        super().__init__("A talk is still to come: cancel it first.")


def erase(
    leads: Iterable[Lead],
    *,
    by: AbstractBaseUser | None = None,
    keeps_askers: bool = False,
    now: datetime | None = None,
) -> int:
    """Erase `leads`, what was merged with them and all that hangs on them; how many requests.

    `keeps_askers` leaves the promise alone to tell an address of a term: it
    was asked for apart, and ends by itself. Raises TalkAhead.
    """
    with transaction.atomic():
        traces.one_at_a_time()
        held = _locked(traces.of(leads))
        return _erase(replace(held, counts_askers=not keeps_askers), by=by, now=now)


def erase_address(
    email: str, *, by: AbstractBaseUser | None = None, now: datetime | None = None
) -> int:
    """Erase all that is held of whoever has this address; how many requests. Raises TalkAhead."""
    with transaction.atomic():
        traces.one_at_a_time()
        return _erase(_locked(traces.of_address(email)), by=by, now=now)


def talks_ahead(keys: Iterable[int], now: datetime | None = None) -> models.QuerySet[Booking]:
    """Return the bookings of leads that somebody still counts on."""
    ahead = Booking.objects.upcoming(now).without_lapsed(now)
    return ahead.filter(lead__in=keys).with_people()


def hold_talks(held: Traces) -> None:
    """Let nobody change their bookings until this transaction ends, nor any at the same hosts."""
    hold(held.bookings.order_by().values_list("calendar", flat=True))


def _locked(held: Traces) -> Traces:
    """`held`, as nobody changes it any more."""
    hold_talks(held)
    # A booking that is being made refers to its lead, and waits for this lock.
    there = {lead.pk for lead in held.requests.select_for_update().order_by("pk")}
    return replace(held, leads=tuple(lead for lead in held.leads if lead.pk in there))


def _erase(held: Traces, *, by: AbstractBaseUser | None, now: datetime | None) -> int:
    ahead = talks_ahead(held.keys, now)
    if ahead:
        raise TalkAhead(ahead)
    for reach in REACHES:
        reach(held)
    if held.leads:
        _say(len(held.leads), by, now or timezone.now())
    return len(held.leads)


def _say(number: int, by: AbstractBaseUser | None, now: datetime) -> None:
    """Leave word of how much was erased, by whom and when; of whom, nobody can say any more."""
    logger.info("erased %d requests", number)
    if by:
        LogEntry.objects.create(
            user_id=by.pk,
            content_type=ContentType.objects.get_for_model(Lead),
            object_repr=f"{number} request{'' if number == 1 else 's'}",
            action_flag=DELETION,
            change_message="Erased with all that was held.",
            action_time=now,
        )


# What is reached --------------------------------------------------------------------------


def _desk_log(held: Traces) -> None:
    held.desk_log.delete()


def _messages(held: Traces) -> None:
    """Mails and notices that told them or of them, with what servers said; waiting ones too."""
    held.messages.delete()


def _webhooks(held: Traces) -> None:
    for lead in held.leads:
        webhooks.erase(subject_of(lead))


def _saved_views(held: Traces) -> None:
    held.saved_views.delete()


def _askers(held: Traces) -> None:
    held.askers.delete()


def _mentions(held: Traces) -> None:
    """Their addresses in texts that stay, such as what a mail server said of another mail."""
    for model, field in _MENTIONS:
        # Most of the rows hold no address at all, which is seen at once.
        some = model._default_manager.filter(**{f"{field}__contains": "@"})
        some.filter(any_of(f"{field}__icontains", held.addresses)).update(**{field: LEFT_OUT})


def _lines(held: Traces) -> None:
    """The ledger keeps a count without a person; what never counted goes."""
    held.lines.filter(requested_on=None, booked_on=None, held_on=None, won_on=None).delete()
    emptied = dict.fromkeys(("landing_path", "referrer_host", *UTM), "")
    held.lines.update(lead=None, read=[], searched=[], **emptied)


def _requests(held: Traces) -> None:
    """Consents, bookings, timeline and replies go with their request."""
    held.requests.delete()


REACHES: tuple[Reach, ...] = (
    *(_desk_log, _messages, _webhooks, _saved_views, _askers, _mentions, _lines),
    _requests,
)
"""In this order: what is found by the requests goes before them."""
