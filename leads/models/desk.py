"""What staff keep for their daily work with leads."""

from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from leads.models.leads import Lead

LONGEST_REPLY = 10_000


class ReplyTemplate(models.Model):
    """A reply that staff send with one click, or after a change."""

    name = models.CharField(max_length=80, help_text="For staff: “Ask for a time”.")
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, default="en")
    subject = models.CharField(max_length=150)
    body = models.TextField(
        validators=[MaxLengthValidator(LONGEST_REPLY)],
        help_text="Plain text. {name}, {term}, {offer}, {booking_link} and {me} are filled in.",
    )
    is_active = models.BooleanField("active", default=True)

    class Meta:
        ordering = ["language", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["language", "name"],
                name="reply_template_is_named_once",
                violation_error_message="There is a template of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Reply(models.Model):
    """A mail that staff wrote to a lead; the outbox sends it."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="replies")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    subject = models.CharField(max_length=150)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    """When the mail server took it."""

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "replies"

    def __str__(self) -> str:
        return self.subject


class SavedView(models.Model):
    """A list of leads that somebody comes back to: filters and search under a name."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="lead_views",
        editable=False,
    )
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, help_text="What follows the ? in its address.")
    is_shared = models.BooleanField("for everybody", default=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="saved_view_is_named_once",
                violation_error_message="You have a view of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class NoticeChoices(models.Model):
    """Of what one member of staff wants a mail."""

    class Of(models.TextChoices):
        NONE = "none", "Nothing"
        MINE = "mine", "What is mine, or nobody's"
        ALL = "all", "Everything"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_choices"
    )
    new_leads = models.CharField("new requests", max_length=4, choices=Of, default=Of.NONE)
    bookings = models.CharField("bookings and moves", max_length=4, choices=Of, default=Of.NONE)
    cancellations = models.CharField(max_length=4, choices=Of, default=Of.NONE)
    failures = models.CharField(
        "mails and webhooks that failed", max_length=4, choices=Of, default=Of.NONE
    )
    has_digest = models.BooleanField(
        "a daily digest", default=False, help_text="One mail a day: what is new, due and stuck."
    )
    digest_hour = models.PositiveSmallIntegerField(
        "at",
        default=7,
        validators=[MinValueValidator(0), MaxValueValidator(23)],
        help_text="Full hour by the site's clock.",
    )
    digest_on = models.DateField(null=True, editable=False)
    """The day of the last digest that was promised."""

    class Meta:
        verbose_name = "notification choices"
        verbose_name_plural = "notification choices"

    def __str__(self) -> str:
        return str(self.user)


class RetentionRule(models.Model):
    """How long leads of a state are kept after the last thing that happened with them."""

    state = models.CharField(max_length=10, choices=Lead.State, unique=True)
    days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(36500)],
        help_text="Days since the last event. Empty: kept until somebody erases them.",
    )

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_state_display()}: {self.days or 'for ever'}"
