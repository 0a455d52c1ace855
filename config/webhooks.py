"""Telling other systems what happened, through rows of the outbox.

The body is written and stored once, in the transaction of what happened, and
sent byte for byte by `config.webhook_delivery`.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from config import outbox, site
from config.models import OutboxMessage, WebhookDelivery, WebhookEndpoint, WebhookEvent
from config.models.webhooks import WebhookDeliveryQuerySet, new_secret

VERSION = "1"
"""Of the payloads: changes when a field goes or means something else, not when one is added."""
TEST = "test"
"""The kind of event that staff send to see whether anybody listens."""
KEPT = timedelta(days=30)
"""How long what was said is kept for the log and for sending it again."""
KIND = "config.deliver_webhook"


# Saying -----------------------------------------------------------------------------------


def rows() -> models.Exists:
    """Return what `site.current()` brings along: whether anybody is told of anything."""
    return models.Exists(WebhookEndpoint.objects.active())


def emit(
    kind: str,
    *,
    subject: str,
    data: Callable[[], dict[str, object]],
    now: datetime | None = None,
) -> None:
    """Promise word of an event to all endpoints that want it, in the caller's transaction.

    `kind` is one of settings.WEBHOOK_EVENTS, `subject` names the row, as
    "lead:17", `data` makes JSON values and is only called when somebody wants
    it. Without active endpoints it costs no query, once the site settings are
    saved. Raises LookupError for an unknown kind.
    """
    if kind not in settings.WEBHOOK_EVENTS:
        raise LookupError(kind)
    if not _anybody_listens():
        return
    wanting = [each for each in WebhookEndpoint.objects.active() if kind in each.events]
    if wanting:
        send_to(wanting, kind, subject=subject, data=data(), now=now)


def send_to(
    endpoints: Sequence[WebhookEndpoint],
    kind: str,
    *,
    subject: str,
    data: dict[str, object],
    now: datetime | None = None,
) -> WebhookEvent:
    """Promise word of one event to `endpoints`, whatever they subscribed to."""
    now = now or timezone.now()
    content = {"type": kind, "version": VERSION, "timestamp": moment(now), "data": data}
    body = json.dumps(content, ensure_ascii=False)
    with transaction.atomic():
        event = WebhookEvent.objects.create(kind=kind, subject=subject, body=body, created_at=now)
        for endpoint in endpoints:
            message = outbox.enqueue(KIND, endpoint=endpoint.pk, event=event.pk)
            WebhookDelivery.objects.create(endpoint=endpoint, event=event, message=message)
    return event


def send_test(endpoint: WebhookEndpoint, *, now: datetime | None = None) -> WebhookEvent:
    """Promise a `test` event to `endpoint` alone."""
    data: dict[str, object] = {
        "message": f"A test from {site.current().name or settings.SITE_URL}: it works – é 🙂",
        "endpoint": endpoint.name,
    }
    return send_to([endpoint], TEST, subject=f"endpoint:{endpoint.pk}", data=data, now=now)


def moment(at: datetime) -> str:
    """Return how payloads say a moment: UTC, ISO 8601, to the microsecond."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def public_id(*parts: object) -> str:
    """Return an id for the outside that stays the same and is no database key: 32 hex digits."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]


def _anybody_listens() -> bool:
    current = site.current()
    if not hasattr(current, "has_webhooks"):
        # Nobody has saved the site settings yet, so that no query brought it along.
        vars(current)["has_webhooks"] = WebhookEndpoint.objects.active().exists()
    return bool(getattr(current, "has_webhooks"))  # noqa: B009 - not declared


# Saying it again --------------------------------------------------------------------------


def send_again(delivery: WebhookDelivery, *, now: datetime | None = None) -> None:
    """Send what was delivered or given up once more, with the same id; at once if it waits."""
    now = now or timezone.now()
    with transaction.atomic():
        mine = OutboxMessage.objects.filter(webhook=delivery)
        if mine.filter(done_at=None).exists():
            outbox.retry(mine, now)
            mine.waiting().filter(claimed_until=None).update(due_at=now)
            return
        message = outbox.enqueue(KIND, endpoint=delivery.endpoint_id, event=delivery.event_id)
        WebhookDelivery.objects.filter(pk=delivery.pk).update(message=message)


def send_all_again(deliveries: WebhookDeliveryQuerySet, *, now: datetime | None = None) -> int:
    """Try those of `deliveries` that were given up again, with all their tries; how many."""
    return outbox.retry(OutboxMessage.objects.filter(webhook__in=deliveries), now)


# Endpoints --------------------------------------------------------------------------------


def renew_secret(endpoint: WebhookEndpoint) -> bool:
    """Sign with a new secret from now on, and with the one so far until `forget_former`.

    Returns whether it was done: not while a former secret still signs, which
    the other side may be checking with.
    """
    settled = WebhookEndpoint.objects.filter(pk=endpoint.pk, former_secret="")
    return bool(settled.update(former_secret=models.F("secret"), secret=new_secret()))


def forget_former(endpoint: WebhookEndpoint) -> None:
    """Sign with the present secret alone."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(former_secret="")


def switch_off(endpoint: WebhookEndpoint, *, now: datetime | None = None) -> None:
    """Tell `endpoint` nothing more: it said that it is gone."""
    gone = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    gone.update(is_active=False, switched_off_at=now or timezone.now())


# Forgetting -------------------------------------------------------------------------------


def erase(subject: str) -> int:
    """Delete what was said about `subject`, sent or not, with the answers; how many events."""
    return _delete(WebhookEvent.objects.about(subject))


def tidy(now: datetime | None = None) -> int:
    """Delete what was said more than 30 days ago and waits for no further try; how many events."""
    old = WebhookEvent.objects.filter(created_at__lt=(now or timezone.now()) - KEPT)
    waiting = OutboxMessage.objects.waiting().filter(webhook__isnull=False)
    return _delete(old.exclude(deliveries__message__in=waiting))


@transaction.atomic
def _delete(events: models.QuerySet[WebhookEvent]) -> int:
    keys = list(events.values_list("pk", flat=True))
    OutboxMessage.objects.filter(webhook__event__in=keys).delete()
    return WebhookEvent.objects.filter(pk__in=keys).delete()[1].get("config.WebhookEvent", 0)
