"""Pictures of the media library."""

from django.conf import settings
from django.db import models
from django.utils import timezone

LONGEST_ALT = 300
"""Longest alternative text of a picture, in characters."""


class Picture(models.Model):
    """A picture that staff uploaded for texts; `config.pictures` stores and finds them."""

    path = models.CharField(max_length=200, unique=True, editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    name = models.CharField(max_length=200, help_text="To find it again; readers do not see it.")
    alt = models.CharField(
        "alternative text",
        max_length=LONGEST_ALT,
        blank=True,
        help_text="What the picture shows, for those who cannot see it. Offered when it is used.",
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    uploaded_at = models.DateTimeField("uploaded", default=timezone.now, editable=False)

    class Meta:
        ordering = ["-uploaded_at", "-pk"]
        indexes = [
            models.Index(fields=["-uploaded_at", "-id"], name="picture_by_date"),
            models.Index(
                fields=["-uploaded_at", "-id"],
                name="picture_without_words",
                condition=models.Q(alt=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name
