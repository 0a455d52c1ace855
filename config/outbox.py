"""Side effects as rows: written with the change that causes them, done by `manage.py work`.

A row is claimed by an UPDATE that only succeeds while nobody else holds it, so
that any number of workers share one table on either database. A claim lasts
`CLAIM_LASTS`; a worker that dies leaves the row to the next one. An effect
can therefore happen twice when a worker is killed between the effect and its
note of it, never zero times.
"""

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.module_loading import import_string

from config.models import OutboxMessage

logger = logging.getLogger(__name__)

CLAIM_LASTS = timedelta(minutes=10)
KEEP_DONE = timedelta(days=30)
RETRY_DELAYS = (
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 8, 16, 24)),
)
"""Waits after the first, second … failure, about two and a half days in all."""

MOST_ATTEMPTS = len(RETRY_DELAYS) + 1
DIED_EACH_TIME = "The worker died at every try of this message."

Handler = Callable[[OutboxMessage], None]


class UnknownKind(LookupError):
    """No handler is named for this kind in settings.OUTBOX_HANDLERS."""


def enqueue(kind: str, *, due_at: datetime | None = None, **payload: object) -> OutboxMessage:
    """Write a side effect into the caller's transaction, due at once or at `due_at` (UTC).

    `payload` holds JSON values: keys of rows, not personal data, which the
    handler reads when it runs. Raises UnknownKind.
    """
    if kind not in settings.OUTBOX_HANDLERS:
        raise UnknownKind(kind)
    now = timezone.now()
    return OutboxMessage.objects.create(
        kind=kind, payload=payload, created_at=now, due_at=due_at or now
    )


def claim(now: datetime | None = None) -> OutboxMessage | None:
    """Take the message that has been due longest, or None when there is nothing to do."""
    now = now or timezone.now()
    while True:
        candidates = OutboxMessage.objects.claimable(now).order_by("due_at", "pk")
        pk = candidates.values_list("pk", flat=True).first()
        if pk is None:
            return None
        # The condition is checked again by the UPDATE itself: of two workers one sees a 1.
        taken = (
            OutboxMessage.objects.claimable(now)
            .filter(pk=pk)
            .update(claimed_until=now + CLAIM_LASTS, attempts=models.F("attempts") + 1)
        )
        if not taken:
            continue
        message = OutboxMessage.objects.get(pk=pk)
        if message.attempts <= MOST_ATTEMPTS:
            return message
        # Each try ended with the worker, which therefore could not note it.
        _mine(message).update(failed_at=now, claimed_until=None, last_error=DIED_EACH_TIME)


def run(message: OutboxMessage) -> bool:
    """Do a claimed message's effect; note success, or the error and the next try.

    Returns whether it succeeded. No transaction is open around the handler:
    one that waits for a mail server would keep every other writer waiting.
    """
    try:
        handler: Handler = import_string(_handler_path(message.kind))
        handler(message)
        _mine(message).update(done_at=timezone.now(), claimed_until=None, last_error="")
    # Whatever a handler raises must neither stop the worker nor lose the message.
    except Exception as error:
        _note_failure(message, error)
        return False
    return True


def run_here(message: OutboxMessage, now: datetime | None = None) -> bool:
    """Do the effect of a message that the caller has just written and committed.

    A worker does it if one was faster, or takes over if this process dies.
    """
    now = now or timezone.now()
    fresh = OutboxMessage.objects.claimable(now).filter(pk=message.pk)
    if not fresh.update(claimed_until=now + CLAIM_LASTS, attempts=models.F("attempts") + 1):
        return False
    return run(OutboxMessage.objects.get(pk=message.pk))


def retry(messages: models.QuerySet[OutboxMessage], now: datetime | None = None) -> int:
    """Make failed messages due again, with all their tries; return how many."""
    return messages.exclude(failed_at=None).update(
        failed_at=None, attempts=0, claimed_until=None, due_at=now or timezone.now()
    )


def tidy(now: datetime | None = None) -> int:
    """Delete messages done more than `KEEP_DONE` ago; return how many."""
    old = OutboxMessage.objects.filter(done_at__lt=(now or timezone.now()) - KEEP_DONE)
    return old.delete()[0]


def _handler_path(kind: str) -> str:
    try:
        return settings.OUTBOX_HANDLERS[kind]
    except KeyError:
        raise UnknownKind(kind) from None


def _mine(message: OutboxMessage) -> models.QuerySet[OutboxMessage]:
    """The row, as long as this claim holds: a later claimer's note must not be overwritten."""
    return OutboxMessage.objects.filter(pk=message.pk, attempts=message.attempts, done_at=None)


def _note_failure(message: OutboxMessage, error: Exception) -> None:
    # The log gets the kind of error only: its text may hold an address.
    logger.warning(
        "outbox %s %s failed: %s",
        message.kind,
        message.pk,
        type(error).__name__,
        exc_info=settings.DEBUG,
    )
    now = timezone.now()
    outcome: dict[str, object] = {
        "last_error": _storable(f"{type(error).__name__}: {error}")[:2000],
        "claimed_until": None,
    }
    if message.attempts >= MOST_ATTEMPTS:
        outcome["failed_at"] = now
    else:
        # A spread of a tenth keeps messages that failed together from returning together.
        spread = 1 + random.random() / 10  # noqa: S311 - nothing secret
        outcome["due_at"] = now + RETRY_DELAYS[message.attempts - 1] * spread
    _mine(message).update(**outcome)


def _storable(text: str) -> str:
    """`text` without what a database refuses: NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
