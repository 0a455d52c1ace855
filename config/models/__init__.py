"""What belongs to the site as a whole: its settings, its pictures, its outbox, its workers."""

from config.models.limits import LimitCounter, SpentSolution
from config.models.outbox import OutboxAttempt, OutboxMessage, OutboxQuerySet, Worker
from config.models.pages import PageDate, PageStamp
from config.models.pictures import LONGEST_ALT, Picture
from config.models.settings import (
    AiAccess,
    SiteSettings,
    validate_indexnow_key,
    validate_recipients,
    validate_time_zone,
    validate_title_pattern,
)
from config.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookEvent

__all__ = [
    "LONGEST_ALT",
    "AiAccess",
    "LimitCounter",
    "OutboxAttempt",
    "OutboxMessage",
    "OutboxQuerySet",
    "PageDate",
    "PageStamp",
    "Picture",
    "SiteSettings",
    "SpentSolution",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "Worker",
    "validate_indexnow_key",
    "validate_recipients",
    "validate_time_zone",
    "validate_title_pattern",
]
