"""Side effects that wait their turn, their tries, and who does them."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

LATE = timedelta(minutes=5)
"""How long a message may be due before it counts as overdue."""


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    def waiting(self) -> "OutboxQuerySet":
        return self.filter(done_at=None, failed_at=None)

    def claimable(self, now: datetime) -> "OutboxQuerySet":
        """Due, and in nobody's hands: never claimed, or claimed by a worker that died."""
        free = models.Q(claimed_until=None) | models.Q(claimed_until__lt=now)
        return self.due(now).filter(free)

    def due(self, now: datetime) -> "OutboxQuerySet":
        return self.waiting().filter(due_at__lte=now)

    def failed(self, *, since: datetime | None = None) -> "OutboxQuerySet":
        """Those given up, at `since` or later."""
        found = self.filter(failed_at__isnull=False)
        return found.filter(failed_at__gte=since) if since else found

    def overdue(self, now: datetime) -> "OutboxQuerySet":
        return self.waiting().filter(due_at__lt=now - LATE)


class OutboxMessage(models.Model):
    """A side effect waiting its turn; `config.outbox` writes and claims the rows."""

    kind = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="outbox_waiting",
                condition=models.Q(done_at=None, failed_at=None),
            ),
            models.Index(fields=["done_at"], name="outbox_done"),
            models.Index(fields=["kind", "-id"], name="outbox_kind"),
            models.Index(
                fields=["-id"],
                name="outbox_failed",
                condition=models.Q(failed_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done_at=None) | models.Q(failed_at=None),
                name="outbox_message_is_done_or_failed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def state(self) -> str:
        if self.done_at:
            return "done"
        if self.failed_at:
            return "failed"
        return "retrying" if self.attempts else "waiting"


class OutboxAttempt(models.Model):
    """One try of a message: when, how long, and what came of it. Never changed."""

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        RETRY = "retry", "To be tried again"
        FAILED = "failed", "Given up"

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField("begun")
    milliseconds = models.PositiveIntegerField()
    outcome = models.CharField(max_length=6, choices=Outcome)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "try"
        verbose_name_plural = "tries"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["done", "retry", "failed"]),
                name="outbox_try_has_an_outcome",
            )
        ]

    def __str__(self) -> str:
        return f"try {self.number}: {self.get_outcome_display().lower()}"


class Worker(models.Model):
    """A `manage.py work` process and when it was last seen alive."""

    name = models.CharField(max_length=100, unique=True)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return self.name
