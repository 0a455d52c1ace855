"""What an entry is called: its other names, earlier addresses, and the names that texts use."""

from django.conf import settings
from django.db import models

from config.alphabet import fold
from config.fields import FollowingCharField
from config.slugs import AddressField
from config.unsought import Unsought
from glossary.models.entries import CaseRule, Entry
from glossary.models.topics import Topic


class AliasQuerySet(models.QuerySet["Alias"]):
    def in_language(self, language: str | models.OuterRef) -> "AliasQuerySet":
        """Other names of entries in this language, of which a further condition leaves few."""
        return self.alias(spoken=Unsought("entry__language")).filter(spoken=language)


class Alias(models.Model):
    """Another name of an entry's term."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=150)
    name_key = FollowingCharField(source="name", make=fold, max_length=200)
    case_rule = models.CharField("capitals", max_length=5, choices=CaseRule, default=CaseRule.AUTO)

    objects = AliasQuerySet.as_manager()

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
            models.CheckConstraint(
                condition=models.Q(case_rule__in=CaseRule.values), name="alias_case_rule_is_known"
            ),
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


class OldPath(models.Model):
    """An address of the site before this one, whose page an entry or a topic became."""

    path = models.CharField(
        max_length=300, unique=True, help_text="Decoded, from / to the last sign before a /."
    )
    entry = models.ForeignKey(
        Entry, on_delete=models.CASCADE, null=True, blank=True, related_name="old_paths"
    )
    topic = models.ForeignKey(
        Topic, on_delete=models.CASCADE, null=True, blank=True, related_name="old_paths"
    )

    class Meta:
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(entry=None) ^ models.Q(topic=None),
                name="old_path_leads_one_way",
            ),
        ]

    def __str__(self) -> str:
        return self.path


class OldTopicSlug(models.Model):
    """An address that a topic once had, or a topic that was merged into it."""

    slug = AddressField(unique=True)
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="old_slugs")

    def __str__(self) -> str:
        return self.slug


class TermName(models.Model):
    """A name under which texts, searches and addresses find a published entry.

    Written by `glossary.names` from the term and the public aliases.
    """

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="names")
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    text = models.CharField(max_length=150)
    link_key = models.CharField(max_length=200, help_text="`linking.key_of(text)`.")
    search_key = models.CharField(max_length=200, help_text="`alphabet.fold(text)`.")
    slug = models.CharField(max_length=200, help_text="`slugs.slugify(text)`.")
    is_term = models.BooleanField()
    is_linked = models.BooleanField(help_text="Whether texts link it; known to them in any case.")
    case_rule = models.CharField(max_length=5, choices=CaseRule)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "text"], name="term_name_is_stored_once"),
        ]
        indexes = [
            models.Index(fields=["language", "link_key"], name="term_name_by_link_key"),
            models.Index(fields=["language", "search_key"], name="term_name_by_search_key"),
            models.Index(fields=["language", "slug"], name="term_name_by_slug"),
        ]

    def __str__(self) -> str:
        return self.text
