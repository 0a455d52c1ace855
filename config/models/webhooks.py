"""Webhooks: who is told of what, what was said, and what became of it."""

import re
import secrets
from base64 import b64encode
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from config.models.outbox import OutboxMessage

SECRET_BYTES = 32
LONGEST_ANSWER = 1000
"""Characters of an answer that are kept for staff."""

validate_header_value = RegexValidator(
    r"^[\x21-\x7e]{1,200}\Z", "Characters of a keyboard without spaces, at most 200."
)


_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_OUR_HEADERS = re.compile(
    r"webhook-.*|x-headword-.*|content-.*|accept-.*|host|connection|transfer-encoding|te|trailer"
    r"|upgrade|expect|user-agent",
    re.IGNORECASE,
)


def validate_header_name(value: str) -> None:
    """Raise ValidationError unless `value` names a header that is not the site's own business."""
    if not _HEADER_NAME.fullmatch(value):
        raise ValidationError("Letters, digits and hyphens, such as X-Token.")
    if _OUR_HEADERS.fullmatch(value):
        raise ValidationError("The site sends this header itself. Choose another name.")


def new_secret() -> str:
    """Return a signing secret as Standard Webhooks writes it: whsec_ and 32 random bytes."""
    return f"whsec_{b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def new_event_id() -> str:
    return f"msg_{secrets.token_hex(16)}"


def validate_event_names(value: list[str]) -> None:
    """Raise ValidationError unless `value` is a list of names of settings.WEBHOOK_EVENTS."""
    if not isinstance(value, list) or any(name not in settings.WEBHOOK_EVENTS for name in value):
        raise ValidationError("Choose the events from the list.")


class EndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def active(self) -> "EndpointQuerySet":
        return self.filter(is_active=True)


class WebhookEndpoint(models.Model):
    """An address that is told of events, such as a workflow of n8n."""

    name = models.CharField(max_length=80, help_text="For staff: “n8n, new requests”.")
    url = models.CharField(
        "address",
        max_length=1000,
        help_text="Where events are sent. For n8n: the production URL of its Webhook node.",
    )
    events = models.JSONField(
        "tell it when", default=list, blank=True, validators=[validate_event_names]
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="Untick to send it nothing. What happens meanwhile is not kept for it.",
    )
    header_name = models.CharField(
        max_length=60,
        blank=True,
        validators=[validate_header_name],
        help_text="A header of your own, for n8n's “Header Auth”. Optional.",
    )
    header_value = models.CharField(
        max_length=200,
        blank=True,
        validators=[validate_header_value],
        help_text="What the other side compares it with, such as a long random word.",
    )
    secret = models.CharField(max_length=100, default=new_secret, editable=False)
    former_secret = models.CharField(max_length=100, blank=True, editable=False)
    """Signs as well, until staff say that nobody checks with it any more."""
    switched_off_at = models.DateTimeField(null=True, editable=False)
    """When the other side said that it is gone (410)."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = "webhook"
        constraints = [
            models.CheckConstraint(condition=~models.Q(url=""), name="webhook_has_an_address"),
            models.CheckConstraint(
                condition=models.Q(header_name="", header_value="")
                | ~(models.Q(header_name="") | models.Q(header_value="")),
                name="webhook_header_is_whole",
                violation_error_message="A header needs a name and a value.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def secrets(self) -> list[str]:
        """Those that sign: the present one first."""
        return [each for each in (self.secret, self.former_secret) if each]


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    def about(self, subject: str) -> "WebhookEventQuerySet":
        return self.filter(subject=subject)


class WebhookEvent(models.Model):
    """Something that happened, in the words that every endpoint is told."""

    uid = models.CharField(max_length=40, unique=True, default=new_event_id)
    """The webhook-id: the same for each endpoint and each try."""
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=60)
    """Whom or what it is about, as lead:17: erasing that erases this."""
    body = models.TextField()
    """JSON exactly as it is signed and sent."""
    created_at = models.DateTimeField(default=timezone.now)

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["subject"], name="webhook_event_subject"),
            models.Index(fields=["created_at"], name="webhook_event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def failed(self, *, since: datetime) -> "WebhookDeliveryQuerySet":
        """Those given up, of events from `since` on."""
        return self.filter(message__failed_at__isnull=False, event__created_at__gte=since)


class WebhookDelivery(models.Model):
    """An event on its way to an endpoint; the outbox message holds tries and errors."""

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries"
    )
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries")
    message = models.OneToOneField(
        OutboxMessage, on_delete=models.SET_NULL, null=True, related_name="webhook"
    )
    """None: it was delivered, and the message has been tidied away."""
    status = models.PositiveSmallIntegerField(null=True)
    """HTTP status of the last answer."""
    answer = models.TextField(blank=True)
    """The beginning of the last answer."""
    delivered_at = models.DateTimeField(null=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event"], name="event_goes_to_each_endpoint_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event.kind} to {self.endpoint}"

    @property
    def state(self) -> str:
        """One word: waiting, retrying, failed or delivered."""
        if self.message is None or self.message.done_at:
            return "delivered"
        return self.message.state
