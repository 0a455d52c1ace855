"""Topics: tags with a page of their own."""

from datetime import datetime

from django.db import models
from django.db.models import OuterRef
from django.utils import timezone
from taggit.models import ItemBase, TagBase

from config.addresses import address_of
from config.bounded import CountUpTo
from config.slugs import AddressField, slugify
from glossary.models.orders import MOST_COUNTED


class TopicQuerySet(models.QuerySet["Topic"]):
    def get_by_natural_key(self, name: str) -> "Topic":
        """What `loaddata` asks for; the counterpart of taggit's `natural_key`."""
        return self.get(name=name)

    def used_by(self, entries: models.QuerySet) -> "TopicQuerySet":
        """Topics of any of `entries`, each with its number of them as `entry_count`."""
        of_entries = models.Q(memberships__content_object__in=entries.order_by().values("pk"))
        return (
            self.filter(of_entries)
            .annotate(entry_count=models.Count("memberships"))
            .order_by("name")
        )

    def in_use(self, language: str, now: datetime | None = None) -> "TopicQuerySet":
        """Topics that readers find public entries about, by name."""
        return self.filter(models.Exists(_public_entries(language, now))).order_by("name")

    def with_numbers(self, language: str, now: datetime | None = None) -> "TopicQuerySet":
        """Each with the number of its public entries as `entry_count`, cut after MOST_COUNTED."""
        public = _public_entries(language, now).order_by("sort_key", "content_object_id")
        return self.annotate(entry_count=CountUpTo(public, MOST_COUNTED + 1))

    def with_uses(self, now: datetime | None = None) -> "TopicQuerySet":
        """Each with the numbers of its entries, `entry_count`, and of those that readers find,
        `public_count`, in all languages; both cut after MOST_COUNTED."""
        entries = EntryTopic.objects.filter(tag=OuterRef("pk"))
        public = entries.filter(public_from__lte=now or timezone.now())
        return self.annotate(
            entry_count=CountUpTo(
                entries.order_by("sort_key", "content_object_id"), MOST_COUNTED + 1
            ),
            public_count=CountUpTo(
                public.order_by("language", "sort_key", "content_object_id"), MOST_COUNTED + 1
            ),
        )


class Topic(TagBase):
    """A tag with a page of its own."""

    slug = AddressField(unique=True)
    description = models.TextField(
        blank=True, help_text="One or two sentences at the top of the topic's page."
    )

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = "topic"

    def get_absolute_url(self) -> str:
        return address_of("glossary:topic", self.slug)

    @property
    def is_counted(self) -> bool:
        """Whether the `entry_count` of `with_numbers` is exact."""
        return self.entry_count <= MOST_COUNTED

    def slugify(self, tag: str, i: int | None = None) -> str:
        """Return the slug of `tag`; taggit counts `i` up while it is taken."""
        slug = slugify(tag) or "topic"
        return slug if i is None else f"{slug}-{i + 1}"


class EntryTopicQuerySet(models.QuerySet["EntryTopic"]):
    def public(self, language: str, now: datetime | None = None) -> "EntryTopicQuerySet":
        """Those of entries that readers may see, as `Entry.objects.published()` says it."""
        return self.filter(language=language, public_from__lte=now or timezone.now())

    def of(self, topic: "Topic") -> "EntryTopicQuerySet":
        return self.filter(tag=topic)

    def with_entries(self, language: str) -> "EntryTopicQuerySet":
        """Each with its entry of `language`, as `EntryQuerySet.for_lists()` reads it."""
        long = ("body", "body_html", "plain_text", "contents", "anchors")
        entries = self.filter(content_object__language=language).select_related("content_object")
        return entries.defer(*(f"content_object__{name}" for name in long))


class EntryTopic(ItemBase):
    """An entry's membership in a topic.

    The fields of the last block are the entry's own, written by triggers of
    the database, so that a topic's list is read along one index.
    """

    tag = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="memberships")
    content_object = models.ForeignKey(
        "Entry", on_delete=models.CASCADE, related_name="memberships", verbose_name="entry"
    )
    position = models.PositiveSmallIntegerField(
        "start here",
        null=True,
        blank=True,
        help_text="A number puts the entry under “Start here” on the topic's page, in this order.",
    )
    language = models.CharField(max_length=10, default="", editable=False)
    sort_key = models.CharField(max_length=200, default="", editable=False)
    public_from = models.DateTimeField(null=True, editable=False)
    """When it is or was published; None for drafts and what was withdrawn."""
    updated_at = models.DateTimeField(null=True, editable=False)

    objects = EntryTopicQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tag", "content_object"], name="entry_has_each_topic_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tag", "language", "sort_key", "content_object", "public_from"],
                name="topic_entries_by_term",
                condition=models.Q(public_from__isnull=False),
            ),
            models.Index(
                fields=["tag", "language", "-updated_at"],
                name="topic_entries_by_update",
                condition=models.Q(public_from__isnull=False),
            ),
            # Of the desk, with drafts and all languages.
            models.Index(fields=["tag", "sort_key", "content_object"], name="topic_all_by_term"),
            models.Index(
                fields=["tag", "position"],
                name="topic_entries_to_start",
                condition=models.Q(position__isnull=False),
            ),
        ]


def _public_entries(language: str, now: datetime | None) -> EntryTopicQuerySet:
    return EntryTopic.objects.filter(tag=OuterRef("pk")).public(language, now)
