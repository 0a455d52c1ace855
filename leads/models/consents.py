"""What people agreed to, and what they were shown when they did."""

import hashlib

from django.db import models
from django.utils import timezone

from config.fields import FollowingCharField
from leads.models.leads import Lead


def version_of(text: str) -> str:
    """Return a mark that is the same for the same text and for no other."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class ConsentQuerySet(models.QuerySet["Consent"]):
    def valid(self) -> "ConsentQuerySet":
        """Those that were given and not taken back."""
        return self.filter(is_given=True, withdrawn_at=None)


class Consent(models.Model):
    """A box beside a sentence, as one person left it. Proof: only withdrawing changes it."""

    class Purpose(models.TextChoices):
        REQUEST = "request", "Answering the request"
        MARKETING = "marketing", "News and offers"
        READING = "reading", "Sharing what was read"

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=10, choices=Purpose)
    text = models.TextField(help_text="The sentence beside the box, as it was shown.")
    version = FollowingCharField(source="text", make=version_of, max_length=12)
    language = models.CharField(max_length=10)
    page = models.CharField(
        max_length=300, blank=True, help_text="Where it was shown. Empty: said to our staff."
    )
    is_given = models.BooleanField("ticked")
    at = models.DateTimeField("said", default=timezone.now)
    withdrawn_at = models.DateTimeField("withdrawn", null=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["lead", "purpose"], name="consent_is_asked_once"),
            models.CheckConstraint(
                condition=~models.Q(text=""), name="consent_says_what_was_shown"
            ),
            models.CheckConstraint(
                condition=models.Q(purpose__in=["request", "marketing", "reading"]),
                name="consent_has_a_purpose",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None) | models.Q(is_given=True),
                name="only_given_consent_is_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {'yes' if self.is_given else 'no'}"
