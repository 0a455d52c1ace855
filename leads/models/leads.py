"""People who asked, and what happened with each of them."""

import secrets
from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from config.fields import FollowingCharField
from glossary.models import Entry
from leads.models.offers import Offer


def new_submission() -> str:
    """Return a mark for a lead that no form token stands behind: one that staff entered."""
    return secrets.token_hex(32)


def email_key(email: str) -> str:
    """Return what two ways to write one address have in common."""
    return email.strip().casefold()


class LeadQuerySet(models.QuerySet["Lead"]):
    def inbox(self) -> "LeadQuerySet":
        """Those that staff work with: neither suspected nor merged into another."""
        return self.exclude(state=Lead.State.SPAM).filter(merged_into=None)

    def quarantined(self) -> "LeadQuerySet":
        return self.filter(state=Lead.State.SPAM, merged_into=None)

    def unanswered(self) -> "LeadQuerySet":
        """New ones to whom nobody has written yet."""
        return self.filter(state=Lead.State.NEW, answered_at=None, merged_into=None)

    def overdue(self, *, hours: int, now: datetime | None = None) -> "LeadQuerySet":
        """Those that have waited for an answer for more than `hours`."""
        latest = (now or timezone.now()) - timedelta(hours=hours)
        return self.unanswered().filter(created_at__lt=latest)

    def of(self, user: AbstractBaseUser) -> "LeadQuerySet":
        return self.filter(owner_id=user.pk)

    def due(self, day: date) -> "LeadQuerySet":
        """Those whose next step was to be done by `day`, in the site's zone."""
        return self.filter(next_step_on__lte=day, merged_into=None)

    def same_email(self, lead: "Lead") -> "LeadQuerySet":
        """Every other request of the address of `lead`, merged ones as well."""
        return self.filter(email_key=email_key(lead.email)).exclude(pk=lead.pk)

    def together(self, lead: "Lead") -> "LeadQuerySet":
        """It, and what was merged into it: the history of one person."""
        return self.filter(models.Q(pk=lead.pk) | models.Q(merged_into=lead.pk))


class Lead(models.Model):
    """A person who asked for a consultation, with what they said and agreed to."""

    class State(models.TextChoices):
        NEW = "new", "New"
        CONTACTED = "contacted", "Contacted"
        QUALIFIED = "qualified", "Qualified"
        BOOKED = "booked", "Booked"
        HELD = "held", "Talked to"
        WON = "won", "Won"
        LOST = "lost", "Lost"
        SPAM = "spam", "Suspected spam"

    offer = models.ForeignKey(Offer, on_delete=models.SET_NULL, null=True, related_name="leads")
    name = models.CharField(max_length=120)
    email = models.EmailField("e-mail")
    email_key = FollowingCharField(source="email", make=email_key, max_length=254)
    phone = models.CharField(max_length=40, blank=True)
    company = models.CharField(max_length=120, blank=True)
    message = models.TextField(blank=True)
    preferred_time = models.CharField(max_length=200, blank=True)
    entry = models.ForeignKey(
        Entry, on_delete=models.SET_NULL, null=True, blank=True, related_name="leads"
    )
    source_path = models.CharField(
        "came from", max_length=300, blank=True, help_text="The page whose call was followed."
    )
    language = models.CharField(max_length=10, default="en")
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    suspicion = models.CharField(
        "why suspected", max_length=300, blank=True, help_text="What made it look like spam."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        help_text="Who answers and follows up.",
    )
    next_step = models.CharField(
        max_length=200, blank=True, help_text="What to do next: “Send the proposal”."
    )
    next_step_on = models.DateField("to be done on", null=True, blank=True)
    value = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="What was won, in the site's currency.",
    )
    lost_reason = models.CharField(
        "reason", max_length=200, blank=True, help_text="Why it was lost: “Too expensive”."
    )
    answered_at = models.DateTimeField("first answered", null=True, blank=True, editable=False)
    bounced_at = models.DateTimeField("mail came back", null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="merged",
        editable=False,
        db_index=False,
    )
    """Whose history goes on with this one's: the same person asked twice."""
    created_at = models.DateTimeField("received", default=timezone.now)
    submission = models.CharField(max_length=64, default=new_submission, editable=False)

    objects = LeadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["submission"], name="lead_is_sent_once"),
            models.CheckConstraint(condition=~models.Q(email=""), name="lead_can_be_answered"),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        *("new", "contacted", "qualified", "booked", "held"),
                        *("won", "lost", "spam"),
                    ]
                ),
                name="lead_state_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(value=None) | models.Q(value__gte=0),
                name="lead_value_is_not_negative",
                violation_error_message="A value cannot be below zero.",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-created_at"], name="lead_inbox"),
            models.Index(fields=["email_key", "-created_at"], name="lead_same_email"),
            models.Index(fields=["owner", "next_step_on"], name="lead_next_step"),
            # Without those that were not merged, for which SQLite would read along it.
            models.Index(
                fields=["merged_into"],
                name="lead_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
            models.Index(
                fields=["-created_at", "-id"],
                name="lead_by_date",
                condition=models.Q(merged_into=None),
            ),
            models.Index(
                fields=["owner", "-created_at", "-id"],
                name="lead_by_owner",
                condition=models.Q(merged_into=None),
            ),
            models.Index(
                fields=["owner", "state"],
                name="lead_open_of_owner",
                condition=models.Q(merged_into=None),
            ),
            models.Index(
                fields=["offer", "-created_at", "-id"],
                name="lead_by_offer",
                condition=models.Q(merged_into=None),
            ),
            models.Index(
                fields=["next_step_on", "created_at", "id"],
                name="lead_by_step",
                condition=models.Q(next_step_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_unanswered(self) -> bool:
        """As `LeadQuerySet.unanswered` says it."""
        return (self.state, self.answered_at, self.merged_into_id) == (self.State.NEW, None, None)

    def is_overdue(self, *, hours: int, now: datetime | None = None) -> bool:
        """As `LeadQuerySet.overdue` says it."""
        latest = (now or timezone.now()) - timedelta(hours=hours)
        return self.is_unanswered and self.created_at < latest

    @property
    def kept(self) -> "Lead":
        """The request with which the history goes on: itself, if it was not merged."""
        return self.merged_into or self


class LeadEvent(models.Model):
    """One thing that happened with a lead, written by the verb that did it and never changed."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40, help_text="Such as booking.moved.")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Empty: the prospect or the system.",
    )
    booking = models.ForeignKey(
        "leads.Booking", on_delete=models.SET_NULL, null=True, related_name="events"
    )
    note = models.TextField(blank=True)
    data = models.JSONField(default=dict, help_text="What changed: values before and after.")

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["lead", "-at"], name="lead_timeline")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
