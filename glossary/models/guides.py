"""Pages made of several entries: comparisons and learning paths."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from config.addresses import address_of
from config.fields import RenderedField
from config.slugs import AddressField
from glossary.models.entries import Entry, is_public
from glossary.models.topics import Topic


class ComparisonQuerySet(models.QuerySet["Comparison"]):
    def published(self, now: datetime | None = None) -> Self:
        """What readers may see at `now`: finished, and both entries public."""
        # By EXISTS: joined, SQLite would begin with all entries where there are few comparisons.
        public = Entry.objects.published(now)
        left, right = (public.filter(pk=models.OuterRef(side)) for side in ("left", "right"))
        both = models.Exists(left) & models.Exists(right)
        return self.filter(both, is_published=True, right__language=models.F("left__language"))

    def with_entries(self) -> Self:
        return self.select_related("left", "right")

    def in_language(self, language: str) -> Self:
        return self.filter(left__language=language)


class Comparison(models.Model):
    """What two terms have in common and where they differ: “A vs B”."""

    left = models.ForeignKey(
        Entry,
        on_delete=models.CASCADE,
        related_name="comparisons_left",
        verbose_name="first entry",
    )
    right = models.ForeignKey(
        Entry,
        on_delete=models.CASCADE,
        related_name="comparisons_right",
        verbose_name="second entry",
    )
    introduction = models.TextField(
        blank=True, help_text="Markdown: the difference in two or three sentences."
    )
    introduction_html = RenderedField(source="introduction")
    verdict = models.TextField(blank=True, help_text="Markdown: when to choose which.")
    verdict_html = RenderedField(source="verdict")
    seo_description = models.CharField(
        "description for search engines",
        max_length=200,
        blank=True,
        help_text="Empty: the introduction. About 155 characters are shown.",
    )
    is_published = models.BooleanField(
        "published",
        default=False,
        help_text="Readers see the page as long as both entries are published as well.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        ordering = ["left__sort_key", "right__sort_key"]
        constraints = [
            models.UniqueConstraint(
                Least("left", "right"),
                Greatest("left", "right"),
                name="entries_are_compared_once",
                violation_error_message="These two entries are already compared.",
            ),
            models.CheckConstraint(
                condition=~models.Q(left=models.F("right")),
                name="comparison_is_of_two_entries",
                violation_error_message="Choose two different entries.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.left} vs {self.right}"

    def get_absolute_url(self) -> str:
        pair = f"{self.left.slug}-vs-{self.right.slug}"
        return address_of("glossary:comparison", pair, language=self.left.language)

    def clean(self) -> None:
        if self.left_id and self.right_id and self.left.language != self.right.language:
            raise ValidationError("Both entries have to be in the same language.")


class Difference(models.Model):
    """One line of a comparison's table."""

    comparison = models.ForeignKey(
        Comparison, on_delete=models.CASCADE, related_name="differences"
    )
    position = models.PositiveSmallIntegerField("place", default=1)
    aspect = models.CharField(max_length=100, help_text="What is compared: “Typical cost”.")
    left = models.CharField("first entry", max_length=300)
    right = models.CharField("second entry", max_length=300)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.aspect


class LearningPathQuerySet(models.QuerySet["LearningPath"]):
    def published(self, now: datetime | None = None) -> Self:
        """What readers may see at `now`: finished, with an entry to read."""
        steps = PathStep.objects.filter(is_public("entry__", now), path=models.OuterRef("pk"))
        return self.filter(models.Exists(steps), is_published=True)

    def in_language(self, language: str) -> Self:
        return self.filter(language=language)


class LearningPath(models.Model):
    """Entries in the order in which they are best read."""

    title = models.CharField(max_length=120, help_text="“Automation from the beginning”.")
    slug = AddressField(help_text="The last part of the address.")
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, default="en")
    topic = models.ForeignKey(
        Topic,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="paths",
        help_text="The topic whose page offers this path.",
    )
    introduction = models.TextField(
        blank=True, help_text="Markdown: for whom it is and what they know afterwards."
    )
    introduction_html = RenderedField(source="introduction")
    is_published = models.BooleanField("published", default=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = LearningPathQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(
                fields=["language", "slug"],
                name="path_address_is_unique",
                violation_error_message="Another path in this language has this address.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return address_of("glossary:path", self.slug, language=self.language)


class PathStep(models.Model):
    """An entry's place in a learning path."""

    path = models.ForeignKey(LearningPath, on_delete=models.CASCADE, related_name="steps")
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="path_steps")
    position = models.PositiveSmallIntegerField("place", default=1)
    note = models.CharField(
        max_length=200, blank=True, help_text="Why this comes here, in one sentence."
    )

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["path", "entry"],
                name="path_holds_an_entry_once",
                violation_error_message="This entry is already in the path.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.entry)
