"""People who asked, and what happened with each of them."""

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone

from glossary.models import Entry
from leads.models.offers import Offer


def new_submission() -> str:
    """Return a mark for a lead that no form token stands behind: one that staff entered."""
    return secrets.token_hex(32)


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
    consent_text = models.TextField(help_text="The sentence beside the box, as it was shown.")
    consent_at = models.DateTimeField("consented")
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    created_at = models.DateTimeField("received", default=timezone.now)
    submission = models.CharField(max_length=64, default=new_submission, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["submission"], name="lead_is_sent_once"),
            models.CheckConstraint(condition=~models.Q(email=""), name="lead_can_be_answered"),
            models.CheckConstraint(condition=~models.Q(consent_text=""), name="lead_has_consent"),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        *("new", "contacted", "qualified", "booked", "held"),
                        *("won", "lost", "spam"),
                    ]
                ),
                name="lead_state_is_known",
            ),
        ]
        indexes = [models.Index(fields=["state", "-created_at"], name="lead_inbox")]

    def __str__(self) -> str:
        return self.name


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
