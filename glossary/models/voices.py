"""What readers tell the editors: whether a text helped, and which terms they miss."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from config.alphabet import fold
from config.fields import FollowingCharField
from glossary.models.entries import Entry


class Feedback(models.Model):
    """One reader's answer to “Was this helpful?”; nothing says who it was."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="feedback")
    is_helpful = models.BooleanField("helpful")
    sentence = models.TextField(blank=True)
    created_at = models.DateTimeField("received", default=timezone.now)

    class Meta:
        verbose_name_plural = "feedback"
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["entry", "-created_at"], name="feedback_by_entry")]

    def __str__(self) -> str:
        return "Yes" if self.is_helpful else "No"


class Suggestion(models.Model):
    """A term that a reader looked for in vain."""

    term = models.CharField(max_length=150)
    term_key = FollowingCharField(source="term", make=fold, max_length=200)
    note = models.TextField(blank=True)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    times = models.PositiveIntegerField(default=1, help_text="How often it was suggested.")
    created_at = models.DateTimeField("first suggested", default=timezone.now)
    last_at = models.DateTimeField("last suggested", default=timezone.now)
    is_done = models.BooleanField("dealt with", default=False)

    class Meta:
        ordering = ["is_done", "-times", "-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["language", "term_key"], name="suggestion_is_kept_once"
            ),
        ]

    def __str__(self) -> str:
        return self.term
