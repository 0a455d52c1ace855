"""Links between entries, as they were found when the source was published."""

from django.conf import settings
from django.db import models

from config.slugs import AddressField
from glossary.models.entries import Entry


class InternalLink(models.Model):
    """A link in an entry's text to another entry's address, whether that is public or not."""

    source = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="internal_links")
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    slug = AddressField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "language", "slug"], name="internal_link_is_stored_once"
            ),
        ]
        indexes = [models.Index(fields=["language", "slug"], name="internal_link_by_target")]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.slug}"
