"""Offers that pages make, and the people who answer them."""

import secrets

from django.core.validators import MaxLengthValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone

from authors.models import Author
from config.fields import RenderedField
from config.slugs import AddressField
from glossary.models import Entry

RESERVED_SLUGS = ("booking", "thanks")


def new_submission() -> str:
    """Return a mark for a lead that no form token stands behind: one that staff entered."""
    return secrets.token_hex(32)


class OfferQuerySet(models.QuerySet["Offer"]):
    def active(self) -> "OfferQuerySet":
        return self.filter(is_active=True)


class Offer(models.Model):
    """A kind of consultation, with the call to action that pages show for it."""

    name = models.CharField(max_length=80, help_text="For staff and mails: “Free consultation”.")
    slug = AddressField(unique=True)
    heading = models.CharField(
        max_length=120,
        help_text="Heading of the call to action: “Want to automate your business?”",
    )
    text = models.TextField(
        validators=[MaxLengthValidator(300)],
        help_text="The sentence under it, which invites to the consultation.",
    )
    button = models.CharField(
        max_length=60,
        default="Schedule a free consultation",
        help_text="What the button says; an act, not “Submit”.",
    )
    host = models.ForeignKey(
        Author,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="offers",
        help_text="Whose portrait stands beside the call to action. Empty: the entry's author.",
    )
    search_phrases = models.TextField(
        blank=True,
        validators=[MaxLengthValidator(2000)],
        help_text="One per line: whoever searches for one of them sees this offer first.",
    )
    description = models.TextField(
        blank=True, help_text="Markdown, beside the form: what happens, how long, what it costs."
    )
    description_html = RenderedField(source="description")
    is_default = models.BooleanField(
        "default", default=False, help_text="The offer that pages show. There is only one."
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Untick to stop offering it; requests are kept."
    )

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_offer_is_the_default",
                violation_error_message="Another offer is the default. Untick it there first.",
            ),
            models.CheckConstraint(
                condition=~models.Q(slug__in=RESERVED_SLUGS),
                name="offer_slug_is_not_reserved",
                violation_error_message="This address is used by the site itself.",
            ),
            models.CheckConstraint(
                condition=models.Q(is_default=False) | models.Q(is_active=True),
                name="default_offer_is_active",
                violation_error_message="The default offer has to be active.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        if self.is_default:
            return reverse("leads:consultation")
        return reverse("leads:offer", args=[self.slug])


class Lead(models.Model):
    """A person who asked for a consultation, with what they said and agreed to."""

    class State(models.TextChoices):
        NEW = "new", "New"
        CONTACTED = "contacted", "Contacted"
        QUALIFIED = "qualified", "Qualified"
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
                    state__in=["new", "contacted", "qualified", "won", "lost", "spam"]
                ),
                name="lead_state_is_known",
            ),
        ]
        indexes = [models.Index(fields=["state", "-created_at"], name="lead_inbox")]

    def __str__(self) -> str:
        return self.name
