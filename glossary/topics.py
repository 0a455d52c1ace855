"""The acts on topics: rename, merge, delete; no address that readers know is lost."""

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from config import outbox
from config.slugs import slugify
from glossary import indexnow, publishing, relinking, topic_names
from glossary.models import Entry, EntryTopic, LearningPath, OldPath, OldTopicSlug, Topic


class NameTaken(Exception):
    """Another topic has this name, in whatever capitals; `topic` is that one."""

    def __init__(self, topic: Topic) -> None:
        super().__init__(f"There is already a topic called “{topic.name}”.")
        self.topic = topic


class AddressTaken(Exception):
    """Another topic has this address."""


@transaction.atomic
def rename(topic: Topic, *, name: str, slug: str = "", old_slug: str | None = None) -> None:
    """Call `topic` something else; its old address leads to the new one.

    Without a `slug` the address stays. `old_slug` is for callers who have
    stored the new one already. Raises NameTaken or AddressTaken.
    """
    name = " ".join(name.split())
    slug = slug or topic.slug
    stored = _locked([topic.pk])[0]
    if other := topic_names.same(name, but=topic.pk):
        raise NameTaken(other)
    if Topic.objects.filter(slug=slug).exclude(pk=topic.pk).exists():
        raise AddressTaken(f"Another topic has the address “{slug}”.")
    topic.name, topic.slug = name, slug
    topic.save(update_fields=["name", "slug"])
    follow(topic, old_slug=old_slug or stored.slug)


@transaction.atomic
def follow(topic: Topic, *, old_slug: str = "") -> None:
    """Let `old_slug` and all pages follow a `topic` that is stored under its new name.

    The live address always wins: one that a topic has now is an old address
    of none, so that no loop can arise.
    """
    OldTopicSlug.objects.filter(slug=topic.slug).delete()
    if old_slug and old_slug != topic.slug:
        keep_address(old_slug, topic=topic)
    publishing.renew_topics(entries_about([topic]))
    indexnow.announce(_addresses([old_slug or topic.slug, topic.slug]))


def keep_address(slug: str, *, topic: Topic) -> None:
    """Let `slug` lead to `topic`, unless a topic has it."""
    if not Topic.objects.filter(slug=slug).exists():
        OldTopicSlug.objects.update_or_create(slug=slug, defaults={"topic": topic})


@transaction.atomic
def merge(topics: Iterable[Topic], *, into: Topic, description: str | None = None) -> int:
    """Make one topic of several: `into` gets all that the others had, and their addresses.

    Its places under “Start here” come first, those of the others follow in
    their order. Without a `description` the first that is there stays.
    Returns how many entries changed their topic.
    """
    doomed = [topic for topic in topics if topic.pk != into.pk]
    rows = {topic.pk: topic for topic in _locked([into.pk, *(topic.pk for topic in doomed)])}
    into, gone = rows[into.pk], [rows[topic.pk] for topic in doomed if topic.pk in rows]
    described = next((t.description for t in (into, *gone) if t.description.strip()), "")
    into.description = described if description is None else description
    into.save(update_fields=["description"])
    affected = entries_about([into, *gone])
    moved = entries_about(gone)
    _lock_entries(affected)
    for topic in gone:
        _move_entries(topic, into=into)
    keys = [topic.pk for topic in gone]
    LearningPath.objects.filter(topic__in=keys).update(topic=into, updated_at=timezone.now())
    OldPath.objects.filter(topic__in=keys).update(topic=into)
    OldTopicSlug.objects.filter(topic__in=keys).update(topic=into)
    for path in settings.TOPICS_MERGED:
        import_string(path)(gone, into=into)
    Topic.objects.filter(pk__in=keys).delete()
    for topic in gone:
        for slug in {topic.slug, slugify(topic.name)} - {"", into.slug}:
            keep_address(slug, topic=into)
    publishing.renew_topics(affected)
    for start in range(0, len(moved), relinking.BATCH):
        outbox.enqueue("glossary.relate", entries=moved[start : start + relinking.BATCH])
    indexnow.announce(_addresses([*(topic.slug for topic in gone), into.slug]))
    return len(moved)


@transaction.atomic
def delete(topics: Iterable[Topic]) -> None:
    """Delete `topics`; their entries stay and no longer show them."""
    doomed = list(topics)
    affected = entries_about(doomed)
    _lock_entries(affected)
    addresses = _addresses(topic.slug for topic in doomed)
    Topic.objects.filter(pk__in=[topic.pk for topic in doomed]).delete()
    publishing.renew_topics(affected)
    indexnow.announce(addresses)


def _lock_entries(keys: Iterable[int]) -> None:
    """Wait for whoever publishes one of these, who needs its memberships as well."""
    entries = Entry.objects.filter(pk__in=list(keys)).order_by("pk")
    list(entries.select_for_update(no_key=True).values_list("pk", flat=True))


def entries_about(topics: Iterable[Topic]) -> list[int]:
    """Keys of the entries about any of `topics`, whatever their state."""
    keys = [topic.pk for topic in topics]
    found = EntryTopic.objects.filter(tag__in=keys).order_by("content_object")
    return list(found.values_list("content_object", flat=True).distinct())


def moved(slug: str, *, language: str) -> Topic | None:
    """Return the topic with a page in `language` that `slug` once led to; three queries.

    Case and accents do not matter. None where a topic has this very address.
    """
    if Topic.objects.filter(slug=slug).exists():
        return None
    plain = slugify(slug)
    own = Q(slug=plain) | Q(old_slugs__slug__in=[slug, plain])
    known = Topic.objects.filter(own).distinct()
    found = {topic.pk: topic for topic in known.in_use(language)}
    exact = OldTopicSlug.objects.filter(slug=slug).values_list("topic", flat=True).first()
    if exact is not None:
        return found.get(exact)
    by_slug = {topic.slug: topic for topic in found.values()}
    return by_slug.get(plain) or next(iter(found.values()), None)


def is_gone(slug: str, *, language: str) -> bool:
    """Whether readers once found entries about the topic at `slug` that were all withdrawn."""
    here = Q(memberships__tag__slug=slug) | Q(memberships__tag__old_slugs__slug=slug)
    return Entry.objects.withdrawn().in_language(language).filter(here).exists()


def _locked(keys: Iterable[int]) -> list[Topic]:
    """The topics with these keys, in the order given; others wait for them."""
    wanted = list(keys)
    found = Topic.objects.filter(pk__in=wanted).select_for_update().order_by("pk")
    rows = {topic.pk: topic for topic in found}
    return [rows[key] for key in wanted if key in rows]


def _move_entries(topic: Topic, *, into: Topic) -> None:
    last = EntryTopic.objects.filter(tag=into).aggregate(last=Max("position"))["last"] or 0
    own = dict(EntryTopic.objects.filter(tag=into).values_list("content_object", "position"))
    placed = EntryTopic.objects.filter(tag=topic).exclude(position=None)
    places: dict[int, int] = {}
    for pk in placed.order_by("position", "pk").values_list("content_object", flat=True):
        if own.get(pk) is None:
            places[pk] = last + len(places) + 1
    both = EntryTopic.objects.filter(tag=topic, content_object__in=Entry.objects.about(into))
    both.delete()
    EntryTopic.objects.filter(tag=topic).update(tag=into, position=None)
    members = list(EntryTopic.objects.filter(tag=into, content_object__in=places))
    for member in members:
        member.position = places[member.content_object_id]
    EntryTopic.objects.bulk_update(members, ["position"], batch_size=relinking.BATCH)


def _addresses(slugs: Iterable[str]) -> Sequence[str]:
    return [reverse("glossary:topic", args=[slug]) for slug in dict.fromkeys(slugs)]
