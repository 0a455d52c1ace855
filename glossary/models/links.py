"""Links between entries, as they were found when the source was published."""

from django.conf import settings
from django.db import models
from django.utils import timezone

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


class Mention(models.Model):
    """The first place where a published entry's text uses another one's term."""

    source = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="mentions_made")
    target = models.ForeignKey(
        Entry, on_delete=models.CASCADE, related_name="mentions", db_index=False
    )
    sentence = models.CharField(max_length=400, help_text="Plain text around the term.")
    start = models.PositiveSmallIntegerField(help_text="Of the term, in characters.")
    length = models.PositiveSmallIntegerField(help_text="Of the term, in characters.")
    is_link = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "target"], name="mention_is_stored_once"),
            models.CheckConstraint(
                condition=~models.Q(source=models.F("target")), name="mention_is_of_another_entry"
            ),
        ]
        indexes = [models.Index(fields=["target", "id"], name="mention_by_target")]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"


class RelatedEntry(models.Model):
    """An entry worth reading after another one, best first by `position`."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="related_entries")
    other = models.ForeignKey(
        Entry, on_delete=models.CASCADE, related_name="related_from", verbose_name="related entry"
    )
    position = models.PositiveSmallIntegerField(
        "place", default=1, help_text="Lower numbers stand first."
    )
    is_chosen = models.BooleanField(
        default=True, editable=False, help_text="By an editor, not by links and topics."
    )

    class Meta:
        verbose_name_plural = "related entries"
        ordering = ["-is_chosen", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "other", "is_chosen"], name="related_entry_is_named_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(entry=models.F("other")),
                name="related_entry_is_another_one",
                violation_error_message="An entry is not related to itself.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} – {self.other_id}"


class NamedLink(models.Model):
    """An entry that a text means by `[[its name]]`, remembered by key.

    The target stays when it is renamed; without one, the term is wanted.
    Written for the newest version of the text and for the live one.
    """

    source = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="named_links")
    key = models.CharField(max_length=200, help_text="`alphabet.fold(text)`.")
    text = models.CharField(max_length=150)
    target = models.ForeignKey(
        Entry, on_delete=models.SET_NULL, null=True, blank=True, related_name="named_by"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="named_link_is_stored_once"),
        ]
        indexes = [
            models.Index(
                fields=["key"], name="named_link_wanted", condition=models.Q(target=None)
            ),
        ]

    def __str__(self) -> str:
        return self.text


class LinkDecision(models.Model):
    """What an editor decided on an automatic link from one entry to another."""

    source = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="link_decisions")
    target = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+")
    is_wanted = models.BooleanField(help_text="Whether the link was accepted, not refused.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "target"], name="link_is_decided_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"


class ExternalLink(models.Model):
    """An address on another site that published entries lead to, and how it last answered."""

    url = models.TextField()
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the address.")
    entries = models.ManyToManyField(Entry, related_name="external_links")
    status = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="HTTP status; empty: it did not answer."
    )
    error = models.CharField(max_length=200, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="In a row.")
    checked_at = models.DateTimeField(null=True, blank=True)
    check_at = models.DateTimeField("next check", default=timezone.now)

    class Meta:
        ordering = ["-failures", "url"]
        indexes = [models.Index(fields=["check_at"], name="external_link_by_check")]

    def __str__(self) -> str:
        return self.url
