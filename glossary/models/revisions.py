"""Versions of entries, what happened to them, and who is at work on them."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from authors.models import Author
from glossary.models.entries import Entry


class Change(models.TextChoices):
    """What a new version means to somebody who has read the one before."""

    TYPO = "typo", "Typing errors only"
    CLARIFICATION = "clarification", "Clarification"
    MEANING = "meaning", "New meaning"


SIGNIFICANT = (Change.CLARIFICATION, Change.MEANING)
"""Changes that readers are told of; the others move no date."""


class RevisionQuerySet(models.QuerySet["Revision"]):
    def told(self, now: datetime | None = None) -> "RevisionQuerySet":
        """What the public change log tells at `now`: significant changes that readers see."""
        return self.filter(change__in=SIGNIFICANT, published_at__lte=now or timezone.now())


class Revision(models.Model):
    """The whole editorial content of an entry as it was saved once.

    `snapshot` is what `glossary.revisions.snapshot_of` returns. A version is
    never changed, but for an autosave that its author goes on with.
    """

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    snapshot = models.JSONField()
    created_at = models.DateTimeField("saved", default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_by_name = models.CharField("by", max_length=150, blank=True)
    note = models.CharField(max_length=200, blank=True)
    is_autosave = models.BooleanField(default=False)
    change = models.CharField(max_length=15, choices=Change, blank=True)
    why = models.CharField(max_length=200, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="revision_is_numbered_once"),
            models.CheckConstraint(
                condition=models.Q(change__in=["", *Change.values]),
                name="revision_change_is_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["entry", "-published_at"],
                name="revision_told",
                condition=models.Q(change__in=["clarification", "meaning"]),
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class EntryEvent(models.Model):
    """A line in an entry's history: who did what, and why."""

    class Verb(models.TextChoices):
        CREATED = "created", "created"
        SAVED = "saved", "saved a draft"
        SUBMITTED = "submitted", "submitted for review"
        APPROVED = "approved", "approved"
        RETURNED = "returned", "returned with a comment"
        SCHEDULED = "scheduled", "scheduled"
        UNSCHEDULED = "unscheduled", "took back the schedule"
        PUBLISHED = "published", "published"
        WITHDRAWN = "withdrawn", "withdrew"
        RESTORED = "restored", "restored"
        DISCARDED = "discarded", "discarded the draft"
        CONFIRMED = "confirmed", "found it still correct"
        SHARED = "shared", "shared a draft"
        REVOKED = "revoked", "revoked a shared link"
        COMMENTED = "commented", "commented on a shared draft"
        CHANGED = "changed", "changed"
        IMPORTED = "imported", "imported"

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="events")
    verb = models.CharField(max_length=12, choices=Verb)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    by_name = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=500, blank=True)
    revision = models.ForeignKey(
        Revision, on_delete=models.SET_NULL, null=True, related_name="events"
    )

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    verb__in=[
                        *("created", "saved", "submitted", "approved", "returned", "scheduled"),
                        *("unscheduled", "published", "withdrawn", "restored", "discarded"),
                        *("confirmed", "shared", "revoked", "commented", "changed", "imported"),
                    ]
                ),
                name="entry_event_verb_is_known",
            ),
        ]
        indexes = [models.Index(fields=["entry", "-at"], name="entry_event_by_time")]

    def __str__(self) -> str:
        return f"{self.by_name or 'Headword'} {self.get_verb_display()}"


class Presence(models.Model):
    """Somebody who has an entry's form open."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "user"], name="presence_is_noted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.entry_id}"


class DraftShare(models.Model):
    """A link by which somebody without a login reads one version of an entry.

    The link is the signed key of this row; nothing secret is stored.
    """

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="shares")
    recipient = models.CharField(
        "for whom", max_length=100, help_text="A name that you will recognise in the comments."
    )
    reviewer = models.ForeignKey(
        Author,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        help_text="The author who may approve the text by this link. Empty: read and comment.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField("last opened", null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.recipient

    def is_open(self, now: datetime | None = None) -> bool:
        return self.revoked_at is None and self.expires_at > (now or timezone.now())


class DraftComment(models.Model):
    """What somebody said about a heading of a shared draft."""

    share = models.ForeignKey(DraftShare, on_delete=models.CASCADE, related_name="comments")
    heading = models.CharField(max_length=200, blank=True, help_text="Its id; empty: the whole.")
    heading_text = models.CharField(max_length=300, blank=True)
    text = models.TextField(max_length=2000)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]
