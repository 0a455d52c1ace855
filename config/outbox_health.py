"""Whether what waits to be sent is being sent, for the desk's first page."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils import timezone

from config import webhooks
from config.desk_home import Panel
from config.health import WORKER_IS_LATE_AFTER
from config.models import OutboxMessage, Worker
from config.models.outbox import LATE


@dataclass(frozen=True)
class Health:
    """What is late, what failed, and whether anybody works."""

    seen_at: datetime | None
    """When a worker last said that it is alive."""
    is_working: bool
    oldest_at: datetime | None = None
    """Since when the message waits that has been due longest."""
    overdue: int = 0
    reminders: int = 0
    failed: int = 0
    failed_webhooks: int = 0

    @property
    def is_good(self) -> bool:
        return self.is_working and not (self.overdue or self.failed)


def of(now: datetime | None = None, *, counts: bool = True) -> Health:
    """Return the state of worker and outbox; two queries, one without `counts`."""
    now = now or timezone.now()
    seen_at = Worker.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    is_working = seen_at is not None and seen_at >= now - WORKER_IS_LATE_AFTER
    if not counts:
        return Health(seen_at, is_working)
    failed, late = Q(failed_at__isnull=False), Q(failed_at=None, due_at__lt=now - LATE)
    found = OutboxMessage.objects.filter(done_at=None).aggregate(
        oldest_at=Min("due_at", filter=Q(failed_at=None, due_at__lte=now)),
        overdue=Count("pk", filter=late),
        reminders=Count("pk", filter=late & Q(kind__in=settings.REMINDERS)),
        failed=Count("pk", filter=failed),
        failed_webhooks=Count("pk", filter=failed & Q(kind=webhooks.KIND)),
    )
    return Health(seen_at, is_working, **found)


def panel(user: User, now: datetime | None = None) -> Panel | None:
    """Say to everybody that nothing is sent, and the rest to those who may see the outbox."""
    may_see = user.has_perm("config.view_outboxmessage")
    health = of(now, counts=may_see)
    if not may_see and health.is_working:
        return None
    return Panel(
        "sending",
        "Mails and webhooks",
        "admin/_outbox_health.html",
        {"health": health, "may_see": may_see},
        count=health.failed,
        url=reverse("admin:config_outboxmessage_changelist") if may_see else "",
        link="Outbox",
        is_urgent=not health.is_working,
    )
