"""Other names and earlier addresses of entries."""

from django.conf import settings
from django.db import models

from config.alphabet import fold
from config.fields import FollowingCharField
from config.slugs import AddressField
from glossary.models.entries import Entry


class Alias(models.Model):
    """Another name of an entry's term."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=150)
    name_key = FollowingCharField(source="name", make=fold, max_length=200)

    class Meta:
        verbose_name_plural = "aliases"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "name_key"],
                name="alias_is_given_once",
                violation_error_message="This entry already has this alias.",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="alias_has_a_name"),
        ]
        indexes = [models.Index(fields=["name_key"], name="alias_by_name")]

    def __str__(self) -> str:
        return self.name


class OldSlug(models.Model):
    """An address that an entry once had and still answers for."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="old_slugs")
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    slug = AddressField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["language", "slug"], name="old_slug_leads_one_way"),
        ]

    def __str__(self) -> str:
        return self.slug
