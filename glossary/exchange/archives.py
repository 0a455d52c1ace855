"""The whole content of a site as one ZIP.

    entries/<language>/<slug>.md   as `going` writes them; `import_entries` takes them
    authors.json  topics.json  comparisons.json  paths.json  redirects.json
    and a file for each name in settings.ARCHIVED, such as offers.json
    media/…                        every uploaded file under its own path
    headword.json                  {"format": 1} and how many rows each file has

Each JSON file is a list of rows; a row names others by their addresses, never
by keys: an entry as "en/webhook", an author or a topic by the slug.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, default_storage
from django.utils.module_loading import import_string

from authors.models import Author
from glossary.exchange import going
from glossary.exchange.zips import PIECE, Content
from glossary.models import (
    Comparison,
    Entry,
    LearningPath,
    OldPath,
    OldSlug,
    OldTopicSlug,
    Topic,
)

FORMAT = 1
Row = dict[str, Any]


def files(storage: Storage | None = None) -> Iterator[tuple[str, Content]]:
    """Yield (path, content) of everything that belongs into the archive."""
    counts = {"entries": 0}
    for path, text in going.files(going.all_entries()):
        counts["entries"] += not path.endswith(".draft.md")
        yield f"entries/{path}", text.encode()
    for name, rows in _tables().items():
        found = list(rows())
        counts[name] = len(found)
        yield f"{name}.json", _json(found)
    counts["media"] = 0
    storage = storage or default_storage
    for path in sorted(_paths(storage)):
        counts["media"] += 1
        yield f"media/{path}", _content(storage, path)
    yield "headword.json", _json({"format": FORMAT, "rows": counts})


def _tables() -> dict[str, Callable[[], Iterable[Row]]]:
    more = {name: import_string(path) for name, path in sorted(settings.ARCHIVED.items())}
    return {
        "authors": authors,
        "topics": topics,
        "comparisons": comparisons,
        "paths": paths,
        "redirects": redirects,
        **more,
    }


def authors() -> Iterator[Row]:
    """People with what readers see of them; logins belong to no archive."""
    fields = ("slug", "name", "role", "biography", "profiles", "portrait_alt", "is_visible")
    for author in Author.objects.order_by("slug"):
        yield {**{n: getattr(author, n) for n in fields}, "portrait": author.portrait.name}


def topics() -> Iterator[Row]:
    """Topics with the entries that stand under “Start here”, in their order."""
    for topic in Topic.objects.order_by("slug").iterator(chunk_size=500):
        placed = topic.memberships.exclude(position=None).order_by("position", "pk")
        first = placed.values_list("content_object__language", "content_object__slug")
        yield {
            "slug": topic.slug,
            "name": topic.name,
            "description": topic.description,
            "first_entries": ["/".join(address) for address in first],
        }


def comparisons() -> Iterator[Row]:
    rows = Comparison.objects.order_by("left__language", "left__slug", "right__slug")
    for each in rows.select_related("left", "right").prefetch_related("differences"):
        lines = [{n: getattr(d, n) for n in ("aspect", "left", "right")} for d in _ordered(each)]
        yield {
            "left": _address(each.left),
            "right": _address(each.right),
            "introduction": each.introduction,
            "verdict": each.verdict,
            "seo_description": each.seo_description,
            "is_published": each.is_published,
            "differences": lines,
        }


def paths() -> Iterator[Row]:
    rows = LearningPath.objects.order_by("language", "slug").select_related("topic")
    for path in rows.prefetch_related("steps__entry"):
        steps = [{"entry": _address(step.entry), "note": step.note} for step in path.steps.all()]
        yield {
            "language": path.language,
            "slug": path.slug,
            "title": path.title,
            "topic": path.topic.slug if path.topic else None,
            "introduction": path.introduction,
            "is_published": path.is_published,
            "steps": steps,
        }


def redirects() -> Iterator[Row]:
    """Addresses that lead elsewhere: of entries, of topics, and of the site before this one."""
    for old in OldSlug.objects.order_by("language", "slug").select_related("entry"):
        yield {"entry": _address(old.entry), "old": f"{old.language}/{old.slug}"}
    for known in OldTopicSlug.objects.order_by("slug").select_related("topic"):
        yield {"topic": known.topic.slug, "old": known.slug}
    for path in OldPath.objects.order_by("path").select_related("entry", "topic"):
        led_to = {"entry": _address(path.entry)} if path.entry else {}
        yield {**led_to, **({"topic": path.topic.slug} if path.topic else {}), "path": path.path}


def _address(entry: Entry) -> str:
    return f"{entry.language}/{entry.slug}"


def _ordered(comparison: Comparison) -> Iterable[Any]:
    return comparison.differences.all()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _paths(storage: Storage, folder: str = "") -> Iterator[str]:
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        # Nothing was ever uploaded.
        return
    yield from (f"{folder}{name}" for name in names)
    for name in folders:
        yield from _paths(storage, f"{folder}{name}/")


def _content(storage: Storage, path: str) -> Iterator[bytes]:
    with storage.open(path) as file:
        yield from file.chunks(PIECE)
