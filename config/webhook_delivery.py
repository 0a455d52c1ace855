"""Outbox handler of webhooks: one event to one endpoint, signed anew at each try."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

from django.utils import timezone

from config import outgoing, webhook_signing, webhooks
from config.failpoints import reach
from config.models import OutboxMessage, WebhookDelivery
from config.models.webhooks import LONGEST_ANSWER
from config.page_versions import let_all_know
from config.retries import RETRY_DELAYS, GiveUp, TryLater

TIMEOUT = 20.0
"""Seconds for a whole exchange; the standard says 15 to 30."""
_GONE = 410
_READ = 4 * LONGEST_ANSWER
"""Bytes of an answer that are read: a character has at most four."""


class NotDelivered(Exception):
    """The other side answered, but not with success; the message says with what."""


def deliver(message: OutboxMessage) -> None:
    """Send the event of `message` to its endpoint; a success is any 2xx.

    Raises GiveUp where no later try can help or the webhook is switched off,
    so that staff can send it again; TryLater where the other side says when;
    NotDelivered and outgoing.Unreachable for another try. An answer of 404 is
    one of these: n8n says so while its workflow is inactive. A redirect is no
    success either, and is not followed.
    """
    delivery = (
        WebhookDelivery.objects.select_related("endpoint", "event")
        .filter(endpoint=message.payload["endpoint"], event=message.payload["event"])
        .first()
    )
    if delivery is None:
        # Endpoint or event were deleted: nobody is to be told, or nothing is left to tell.
        return
    if not delivery.endpoint.is_active:
        raise GiveUp("The webhook is switched off")
    if delivery.event.kind.startswith("entry."):
        let_all_know()
    reach("webhook.sending")
    try:
        answer = _posted(delivery)
    except outgoing.Refused as error:
        raise GiveUp(str(error)) from error
    reach("webhook.answered")
    is_delivered = 200 <= answer.status < 300
    _keep(delivery, answer, is_delivered=is_delivered)
    reach("webhook.kept")
    if not is_delivered:
        _complain(message, delivery, answer)


def _complain(message: OutboxMessage, delivery: WebhookDelivery, answer: outgoing.Answer) -> None:
    said = f"It answered {answer.status}"
    if answer.status == _GONE:
        webhooks.switch_off(delivery.endpoint)
        raise GiveUp(f"{said}: it is gone for good, and the webhook was switched off")
    asked = _asked_to_wait(answer)
    if asked is not None:
        # Never sooner than without being asked, so that all tries still take three days.
        usual = RETRY_DELAYS[min(message.attempts, len(RETRY_DELAYS)) - 1]
        raise TryLater(f"{said} and asked to wait", after=max(asked, usual))
    raise NotDelivered(said)


def _posted(delivery: WebhookDelivery) -> outgoing.Answer:
    endpoint, event = delivery.endpoint, delivery.event
    body = event.body.encode()
    headers = webhook_signing.headers(endpoint.secrets, event.uid, body, sent_at=timezone.now())
    if endpoint.header_name:
        headers[endpoint.header_name] = endpoint.header_value
    return outgoing.send(
        "POST", endpoint.url, body=body, headers=headers, timeout=TIMEOUT, limit=_READ
    )


def _keep(delivery: WebhookDelivery, answer: outgoing.Answer, *, is_delivered: bool) -> None:
    text = answer.body.decode("utf-8", "replace").replace("\0", "")
    changes: dict[str, object] = {"status": answer.status, "answer": text[:LONGEST_ANSWER]}
    if is_delivered:
        changes["delivered_at"] = timezone.now()
    # By an UPDATE: whoever erased it meanwhile must not get it back.
    WebhookDelivery.objects.filter(pk=delivery.pk).update(**changes)


def _asked_to_wait(answer: outgoing.Answer) -> timedelta | None:
    """What Retry-After says: seconds, or a date (RFC 9110 §10.2.3)."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return timedelta(seconds=int(value))
    try:
        return parsedate_to_datetime(value) - timezone.now()
    except (ValueError, TypeError, OverflowError):
        return None
