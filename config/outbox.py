"""Side effects as rows: written with the change that causes them, done by `manage.py work`.

A row is claimed by an UPDATE that only succeeds while nobody else holds it, so
that any number of workers share one table on either database. A claim lasts
`CLAIM_LASTS`; a worker that dies leaves the row to the next one. An effect
can therefore happen twice when a worker is killed between the effect and its
note of it, never zero times.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from config import retries
from config.failpoints import reach
from config.models import OutboxAttempt, OutboxMessage

logger = logging.getLogger(__name__)

CLAIM_LASTS = timedelta(minutes=10)
KEEP_DONE = timedelta(days=30)
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
        reach("outbox.claimed")
        message = OutboxMessage.objects.get(pk=pk)
        if message.attempts <= retries.MOST_ATTEMPTS:
            return message
        # Each try ended with the worker, which therefore could not note it.
        ended: dict[str, object] = {
            "failed_at": now,
            "claimed_until": None,
            "last_error": DIED_EACH_TIME,
        }
        _note(message, OutboxAttempt.Outcome.FAILED, ended, now)


def run(message: OutboxMessage) -> bool:
    """Do a claimed message's effect; note success, or the error and the next try.

    Returns whether it succeeded. No transaction is open around the handler:
    one that waits for a mail server would keep every other writer waiting.
    """
    started_at = timezone.now()
    try:
        handler: Handler = import_string(_handler_path(message.kind))
        handler(message)
        reach("outbox.acted")
    # Whatever a handler raises must neither stop the worker nor lose the message.
    except Exception as error:
        _note_failure(message, error, started_at)
        return False
    outcome: dict[str, object] = {"done_at": timezone.now(), "claimed_until": None}
    _note(message, OutboxAttempt.Outcome.DONE, {**outcome, "last_error": ""}, started_at)
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


def _note_failure(message: OutboxMessage, error: Exception, started_at: datetime) -> None:
    # The log gets the kind of error only: its text may hold an address.
    logger.warning(
        "outbox %s %s failed: %s",
        message.kind,
        message.pk,
        type(error).__name__,
        exc_info=settings.DEBUG,
    )
    now = timezone.now()
    text = retries.words(error)
    outcome: dict[str, object] = {"last_error": _storable(text)[:2000], "claimed_until": None}
    if retries.is_over(message.attempts, error):
        _note(message, OutboxAttempt.Outcome.FAILED, {**outcome, "failed_at": now}, started_at)
        return
    due_at = now + retries.wait(message.attempts, error)
    _note(message, OutboxAttempt.Outcome.RETRY, {**outcome, "due_at": due_at}, started_at)


def _note(
    message: OutboxMessage,
    outcome: OutboxAttempt.Outcome,
    changes: dict[str, object],
    started_at: datetime,
) -> None:
    """Write what came of a try to the message, as long as it is ours, and into its log."""
    passed = timezone.now() - started_at
    with transaction.atomic():
        if not _mine(message).update(**changes):
            return
        reach("outbox.noting")
        OutboxAttempt.objects.create(
            message=message,
            number=message.attempts,
            started_at=started_at,
            milliseconds=passed // timedelta(milliseconds=1),
            outcome=outcome,
            error=str(changes["last_error"]),
        )
        if outcome == OutboxAttempt.Outcome.FAILED:
            _tell_given_up(message)
    reach("outbox.noted")


def _tell_given_up(message: OutboxMessage) -> None:
    """Call what settings name for a message that is given up, in the transaction that notes it.

    What is raised there must not keep the failure itself from being noted.
    """
    for path in settings.OUTBOX_GIVEN_UP:
        try:
            with transaction.atomic():
                import_string(path)(message)
        except Exception as error:
            logger.error("outbox %s: %s failed: %s", message.pk, path, type(error).__name__)


def _storable(text: str) -> str:
    """`text` without what a database refuses: NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
