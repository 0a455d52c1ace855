"""What readers look for and the glossary does not have yet."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from config.slugs import AddressField
from glossary.models.entries import Entry
from glossary.models.voices import Suggestion


class MissedPath(models.Model):
    """How often an address under the glossary led nowhere on a day; nobody's name."""

    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    slug = AddressField()
    day = models.DateField()
    times = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-day", "-times"]
        constraints = [
            models.UniqueConstraint(
                fields=["language", "slug", "day"], name="missed_path_is_counted_by_day"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="missed_path_by_day")]

    def __str__(self) -> str:
        return self.slug


class Demand(models.Model):
    """A term that is asked for, with how often and where; gathered by `glossary.demand`."""

    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    term = models.CharField(max_length=150)
    term_key = models.CharField(max_length=200, help_text="`alphabet.fold(term)`.")
    searches = models.PositiveIntegerField("searched for", default=0)
    wanted = models.PositiveIntegerField("linked as [[wanted]]", default=0)
    missed = models.PositiveIntegerField("address tried", default=0)
    suggested = models.PositiveIntegerField(default=0)
    used_in = models.PositiveIntegerField("used in entries", default=0)
    score = models.PositiveIntegerField(default=0)
    entry = models.ForeignKey(
        Entry, on_delete=models.SET_NULL, null=True, blank=True, related_name="demands"
    )
    is_dismissed = models.BooleanField("not for us", default=False)
    created_at = models.DateTimeField("first asked for", default=timezone.now)

    class Meta:
        verbose_name_plural = "demand"
        ordering = ["-score", "term_key", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["language", "term_key"], name="demand_is_kept_once"),
        ]
        indexes = [models.Index(fields=["-score", "term_key"], name="demand_by_score")]

    def __str__(self) -> str:
        return self.term


class Asker(models.Model):
    """Somebody who wants to hear when a suggested term is published; deleted once told."""

    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="askers")
    email = models.EmailField("e-mail")
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["suggestion", "email"], name="asker_is_kept_once"),
        ]

    def __str__(self) -> str:
        return self.email
