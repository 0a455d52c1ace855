"""Which topic a name means: whatever its capitals, and under the name that it once had."""

import unicodedata
from collections.abc import Iterable

from config.slugs import slugify
from glossary.models import OldTopicSlug, Topic


def key_of(name: str) -> str:
    """Return what two spellings of one topic have in common; accents tell topics apart."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def called(names: Iterable[str]) -> dict[str, Topic]:
    """Return the topic that each of `names` means, without those that mean none.

    A topic's own name goes first, then the address that it once had, so that a
    version or a file from before a renaming or a merger still finds it. Two
    queries, however many names.
    """
    wanted = list(names)
    by_key = {key_of(topic.name): topic for topic in Topic.objects.order_by("-pk")}
    found = {name: by_key[key_of(name)] for name in wanted if key_of(name) in by_key}
    slugs = {name: slugify(name) for name in wanted if name not in found}
    if not any(slugs.values()):
        return found
    old = OldTopicSlug.objects.filter(slug__in=slugs.values()).select_related("topic")
    moved = {each.slug: each.topic for each in old}
    # Renamed without a new address: the address still says what it was called.
    moved |= {topic.slug: topic for topic in by_key.values() if slugify(topic.name) != topic.slug}
    return found | {name: moved[slug] for name, slug in slugs.items() if slug and slug in moved}


def spelled(names: Iterable[str]) -> list[str]:
    """Return `names` as their topics are spelled, each topic once; unknown names stay."""
    wanted = list(names)
    known = called(wanted)
    found: dict[str, str] = {}
    for name in wanted:
        spelling = known[name].name if name in known else name
        found.setdefault(key_of(spelling), spelling)
    return list(found.values())


def same(name: str, *, but: int | None = None) -> Topic | None:
    """Return the topic that has `name` in whatever capitals, other than the one with key `but`."""
    key = key_of(name)
    others = Topic.objects.exclude(pk=but).only("name", "slug")
    return next((topic for topic in others if key_of(topic.name) == key), None)
