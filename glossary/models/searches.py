"""What searches look into, and what was searched for."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from config.alphabet import fold
from config.fields import FollowingCharField
from glossary.models.entries import Entry
from glossary.models.topics import EntryTopic, Topic


class SearchDocumentQuerySet(models.QuerySet["SearchDocument"]):
    def public(self, language: str, now: datetime | None = None) -> "SearchDocumentQuerySet":
        """Those of entries that readers may see, as `Entry.objects.published()` says it."""
        return self.filter(entry_language=language, public_from__lte=now or timezone.now())

    def about(self, topic: Topic) -> "SearchDocumentQuerySet":
        here = EntryTopic.objects.filter(tag=topic, content_object=models.OuterRef("pk"))
        return self.filter(models.Exists(here))


class SearchDocument(models.Model):
    """The words of a published entry; each database keeps its own index over these rows.

    The fields of the last block are the entry's own, written by triggers of the
    database: a search that had to ask for its entries would ask at each row.
    """

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, primary_key=True)
    term = models.TextField()
    aliases = models.TextField(blank=True)
    definition = models.TextField(blank=True)
    body = models.TextField(blank=True)
    entry_language = models.CharField(max_length=10, default="", editable=False)
    public_from = models.DateTimeField(null=True, editable=False)
    """When its entry was or will be published."""

    objects = SearchDocumentQuerySet.as_manager()

    def __str__(self) -> str:
        return self.term


class ServerIndex(models.Model):
    """What is remembered of the search server's index, in one row; see `glossary.indexing`."""

    readings = models.PositiveBigIntegerField(default=0)
    """How often documents were read for the server: the version of what was read then."""
    building = models.CharField(max_length=150, blank=True)
    """The index that `manage.py reindex` has begun."""
    built_through = models.PositiveBigIntegerField(default=0)
    """The highest key of an entry that is in it."""

    def __str__(self) -> str:
        return self.building or "no index is being built"


class Spelling(models.Model):
    """A way to mistype a word of a name: the word with letters left out (SymSpell's index)."""

    language = models.CharField(max_length=10)
    key = models.CharField(max_length=40)
    word = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["language", "key", "word"], name="spelling_is_stored_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} → {self.word}"


class PinnedResult(models.Model):
    """An entry that stands first when somebody searches for a phrase."""

    phrase = models.CharField(
        max_length=150, help_text="What visitors type; capitals and accents do not matter."
    )
    phrase_key = FollowingCharField(source="phrase", make=fold, max_length=200)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="pins")
    position = models.PositiveSmallIntegerField(
        "place", default=1, help_text="Lower numbers stand first."
    )

    class Meta:
        ordering = ["phrase_key", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["phrase_key", "entry"],
                name="result_is_pinned_once",
                violation_error_message="This entry is already pinned to this phrase.",
            ),
            models.CheckConstraint(condition=~models.Q(phrase=""), name="pin_has_a_phrase"),
        ]

    def __str__(self) -> str:
        return f"{self.phrase}: {self.entry}"


class SearchedPhrase(models.Model):
    """How often a phrase was searched for on a day, and what was found; nobody's name."""

    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    phrase = models.CharField(max_length=200)
    phrase_key = FollowingCharField(source="phrase", make=fold, max_length=200)
    day = models.DateField()
    times = models.PositiveIntegerField(default=1)
    results = models.PositiveIntegerField(help_text="Entries found the last time.")

    class Meta:
        ordering = ["-day", "-times"]
        constraints = [
            models.UniqueConstraint(
                fields=["language", "phrase_key", "day"], name="phrase_is_counted_by_day"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="searched_phrase_by_day")]

    def __str__(self) -> str:
        return self.phrase
