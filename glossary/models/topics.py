"""Topics: tags with a page of their own."""

from django.db import models
from django.urls import reverse
from taggit.models import ItemBase, TagBase

from config.slugs import AddressField, slugify


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
        return reverse("glossary:topic", args=[self.slug])

    def slugify(self, tag: str, i: int | None = None) -> str:
        """Return the slug of `tag`; taggit counts `i` up while it is taken."""
        slug = slugify(tag) or "topic"
        return slug if i is None else f"{slug}-{i + 1}"


class EntryTopic(ItemBase):
    """An entry's membership in a topic."""

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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tag", "content_object"], name="entry_has_each_topic_once"
            ),
        ]
