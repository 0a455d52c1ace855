"""Telling whether an item changed at its source, and whether its entry changed here.

`Entry.import_digest` holds both halves: what the row was when the import wrote
it, then what the source said. A trailing "+" says that the import still has to
show the entry to readers.
"""

import hashlib
import json
from typing import Any

from authors.models import Author
from glossary.importing.sources import Source
from glossary.models import Alias, CaseRule, Entry

IMPORTED_FIELDS = (
    "term",
    "slug",
    "language",
    "title_override",
    "short_definition",
    "body",
    "seo_title",
    "seo_description",
    "author",
    "reviewer",
)
_MORE = {"links_terms": True, "is_linked_to": True, "case_rule": CaseRule.AUTO.value}
"""Further fields of a version, with what they are unless somebody says otherwise."""
_HALF = 30
PENDING = "+"


def of_source(values: dict[str, Any], source: Source, pictures: list[str]) -> str:
    """The half that stands for what the source says; `pictures` are those that it brings."""
    more = {name: str(value) for name, value in source.more.items()}
    said = [more, source.case_rules, source.old_paths, source.topic_paths, pictures]
    return _hash(_plain(values), source.topics, source.aliases, said)


def of_values(values: dict[str, Any], source: Source) -> str:
    """The half that a row has which says what `source` says."""
    more = {name: source.more[name] for name in _MORE if name in source.more}
    rules = [source.case_rules.get(name, CaseRule.AUTO.value) for name in source.aliases]
    return _row(values, source.topics, source.aliases, _unusual({**_MORE, **more}, rules))


def of_row(entry: Entry, topics: list[str], aliases: list[Alias]) -> str:
    """The half of `entry` as it stands, with these topics and aliases."""
    values = {name: getattr(entry, name) for name in IMPORTED_FIELDS}
    more = {name: getattr(entry, name) for name in _MORE}
    unusual = _unusual(more, [alias.case_rule for alias in aliases])
    return _row(values, topics, [alias.name for alias in aliases], unusual)


def of_entry(entry: Entry) -> str:
    """The half that the stored `entry` has."""
    topics = [topic.name for topic in entry.topics.all()]
    return of_row(entry, topics, list(entry.aliases.all()))


def said_by_source(entry: Entry) -> str:
    return entry.import_digest[_HALF : 2 * _HALF]


def is_pending(entry: Entry) -> bool:
    return entry.import_digest.endswith(PENDING)


def is_changed_here(entry: Entry) -> bool:
    """Whether an editor changed `entry` since it was imported, or has a newer version of it."""
    if entry.draft_id or entry.planned_id:
        return True
    return bool(entry.import_digest) and entry.import_digest[:_HALF] != of_entry(entry)


def _unusual(more: dict[str, Any], rules: list[str]) -> list[Any]:
    """What is not as it mostly is, so that usual rows keep the digest they always had."""
    other = {name: value for name, value in more.items() if value != _MORE[name]}
    kept = rules if set(rules) - {CaseRule.AUTO.value} else []
    return [other, kept] if other or kept else []


def _row(values: dict[str, Any], topics: list[str], aliases: list[str], unusual: list[Any]) -> str:
    return _hash(_plain(values), topics, aliases, unusual)


def _plain(values: dict[str, Any]) -> list[Any]:
    found = [values[name] for name in IMPORTED_FIELDS]
    return [value.slug if isinstance(value, Author) else value for value in found]


def _hash(plain: list[Any], topics: list[str], aliases: list[str], more: list[Any]) -> str:
    parts = [plain, sorted(topic.casefold() for topic in topics), aliases]
    raw = json.dumps([*parts, more] if more else parts, ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )
    return hashlib.sha256(raw).hexdigest()[:_HALF]
