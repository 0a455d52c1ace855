"""Reading Markdown files, in a folder or a ZIP: front matter in the shapes generators use.

Hugo, Jekyll, MkDocs, MDN and hand-made glossaries name the same things
differently; this module turns each file into one `Source`, or says in words
why not.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import frontmatter
import yaml
from django.core.files import File

from config import markdown
from config.alphabet import fold
from config.sanitising import is_local
from config.slugs import slugify
from glossary.exchange import coming
from glossary.exchange.pages import BEGINNING, is_ours
from glossary.importing.folders import Folder, first_picture, is_picture, picture_at
from glossary.importing.macros import without_macros
from glossary.importing.own_fields import OWN_KEYS, own_fields
from glossary.importing.sources import (
    NotAnEntry,
    Skipped,
    Source,
    is_said,
    line_of,
    lines_of,
    moment_of,
    term_of,
    unique,
)

SUFFIXES = (".md", ".markdown")
LANDING_NAMES = ("_index", "index")
"""Hugo's and MkDocs' names for the page of a folder."""
MOST_BYTES = 4 * markdown.MAX_LENGTH + 100_000

_KEYS = {
    "term": ("term", "title", "name"),
    "slug": ("slug",),
    "definition": ("definition", "short_definition", "description", "summary", "excerpt"),
    "aliases": ("aliases", "synonyms", "abbreviation", "abbreviations", "acronym", "also"),
    "topics": ("topics", "tags", "category", "categories"),
    "author": ("author", "authors"),
    "reviewer": ("reviewer",),
    "date": ("publishdate", "date", "dateadded", "published", "published_at", "pubdate"),
    "language": ("language", "lang"),
    "seo_title": ("seo_title",),
    "seo_description": ("seo_description",),
    "heading": ("heading",),
    "draft": ("draft", "state"),
    "layout": ("layout", "toc_hide", "menu", "weight", "status", "type"),
    "moved": ("redirect_from", "permalink", "url"),
    "mdn": ("page-type", "sidebar", "short-title"),
}
_KNOWN = {key for keys in _KEYS.values() for key in keys} | OWN_KEYS


class MarkdownFiles:
    """The Markdown files of a folder; dates without a zone are in `zone`."""

    creates_authors = False

    def __init__(self, folder: Folder, *, zone: tzinfo = UTC) -> None:
        self.folder = folder
        self.zone = zone
        self.prefix = f"markdown:{folder.name}/"

    def scan(self) -> Iterator[Source | Skipped]:
        return self.read()

    def read(self) -> Iterator[Source | Skipped]:
        for path in self.folder.files(SUFFIXES):
            if self._is_own(path):
                continue
            try:
                yield _source(path, self._bytes(path), zone=self.zone)
            except NotAnEntry as error:
                place = f"{path}:{error.line}" if error.line else path
                yield Skipped(place, str(error))

    def own_files(self) -> Iterator[tuple[str, bytes]]:
        """Yield (path, content) of the files that we exported, which say it by themselves."""
        for path in self.folder.files(SUFFIXES):
            if self._is_own(path):
                yield path, self.folder.read(path, coming.MOST_BYTES)

    def _is_own(self, path: str) -> bool:
        try:
            return is_ours(self.folder.read(path, BEGINNING).decode("utf-8", "replace"))
        except OSError:
            return False

    def _bytes(self, path: str) -> bytes:
        if PurePosixPath(path).stem.startswith("_"):
            raise NotAnEntry("a page of the generator, by its name with an underscore")
        try:
            return self.folder.read(path, MOST_BYTES)
        except OSError as error:
            raise NotAnEntry(f"cannot be read: {error.strerror or error}") from error

    def find(self, source: Source, href: str, locations: dict[str, str]) -> str | None:
        """The file at the path: beside the source, else by the longest known end of the path."""
        if not is_local(href):
            return None
        path = _path_of(href)
        wanted = re.sub(r"\.(md|markdown|html?)$", "", path.strip("/"))
        wanted = re.sub(r"(^|/)_?index$", "", wanted)
        if not path.startswith("/"):
            beside = joined(source.key.rpartition("/")[0], wanted)
            if beside in locations:
                return locations[beside]
            wanted = joined("", wanted)
        parts = wanted.split("/")
        ends = ("/".join(parts[start:]) for start in range(len(parts)))
        return next((locations[end] for end in ends if end in locations), None)

    def is_ours(self, href: str) -> bool:
        return is_local(href)

    def brings(self, source: Source, href: str) -> bool:
        return bool(self._picture_path(source, href))

    def picture(self, source: Source, href: str) -> File | None:
        path = self._picture_path(source, href)
        return picture_at(self.folder, path) if path else None

    def _picture_path(self, source: Source, href: str) -> str:
        path = _path_of(href)
        if not is_picture(path) or not is_local(href):
            return ""
        here = "" if path.startswith("/") else source.key.rpartition("/")[0]
        # Hugo and Jekyll serve these folders from the root.
        served = [joined(top, path) for top in ("", "static", "assets", "public")]
        return first_picture(self.folder, joined(here, path), *served)


def joined(folder: str, path: str) -> str:
    """`path` seen from `folder`, "." and ".." resolved, never above the root."""
    parts: list[str] = []
    for part in f"{folder}/{path}".split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _path_of(href: str) -> str:
    try:
        return unquote(urlsplit(href).path)
    except ValueError:
        return ""


def _source(path: str, raw: bytes, *, zone: tzinfo) -> Source:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise NotAnEntry("not a text file in UTF-8", line=line) from error
    if "\0" in text:
        raise NotAnEntry("a binary file", line=text[: text.index("\0")].count("\n") + 1)
    if len(text) > markdown.MAX_LENGTH:
        raise NotAnEntry(f"longer than {markdown.MAX_LENGTH:,} characters")
    return _of_page(path, *_split(text), zone=zone)


def _split(text: str) -> tuple[dict[str, Any], str]:
    """Return front matter (keys in lower case) and body. Raises NotAnEntry."""
    # A file that ends with the fence has front matter, too: the parser wants a line after it.
    try:
        post = frontmatter.loads(text.rstrip() + "\n")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise NotAnEntry(f"broken front matter: {error.problem}", line=line) from error
    # A parser of another notation (TOML, JSON) has errors of its own, all of them ValueErrors.
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise NotAnEntry(f"broken front matter: {error}", line=1) from error
    return {str(key).strip().lower(): value for key, value in post.metadata.items()}, post.content


def _of_page(path: str, meta: Mapping[str, Any], body: str, *, zone: tzinfo) -> Source:
    values = {name: _first(meta, keys) for name, keys in _KEYS.items()}
    if not meta:
        raise NotAnEntry("no front matter", line=1)
    title = line_of(values["term"])
    if not title:
        raise NotAnEntry("no title in the front matter", line=1)
    is_ours = bool(line_of(meta.get("term")))
    if not body.strip() and not (is_ours and values["definition"]):
        raise NotAnEntry("no text below the front matter")
    term, heading = (title, "") if is_ours else term_of(title)
    source = Source(
        key=path,
        place=path,
        location=_location(path),
        term=term,
        # MDN writes the whole path.
        slug=slugify(line_of(values["slug"]).rpartition("/")[2] or _page_name(path))
        or slugify(term),
        body=body.strip() + "\n" if body.strip() else "",
        definition=line_of(values["definition"]),
        aliases=[a for a in _aliases(meta) if fold(a) != fold(term)],
        topics=_all(meta, _KEYS["topics"]),
        author=next(iter(lines_of(values["author"])), ""),
        reviewer=line_of(values["reviewer"]),
        published_at=moment_of(values["date"], zone),
        language=line_of(values["language"]).lower()[:10],
        seo_title=line_of(values["seo_title"]),
        seo_description=line_of(values["seo_description"]),
        title_override=line_of(values["heading"]) or heading,
        is_draft=_is_draft(meta),
        more=own_fields(meta, zone),
    )
    source.old_paths = _old_paths(meta)
    source.warnings = _warnings(meta, source)
    return source


def _is_draft(meta: Mapping[str, Any]) -> bool:
    is_named = is_said(meta.get("draft"), "true") or is_said(meta.get("published"), "false")
    return is_named or line_of(meta.get("state")).casefold() in ("draft", "withdrawn")


def _aliases(meta: Mapping[str, Any]) -> list[str]:
    """Other names; Hugo's aliases that begin with a slash are addresses."""
    return [name for name in _all(meta, _KEYS["aliases"]) if not name.startswith("/")]


def _old_paths(meta: Mapping[str, Any]) -> list[str]:
    """Addresses that Hugo, Jekyll and MkDocs gave the page, or let lead to it."""
    named = _all(meta, ("aliases", *_KEYS["moved"]))
    paths = [unquote(path).rstrip("/") for path in named if path.startswith("/")]
    return [path for path in paths if path and ":" not in path]


def _location(path: str) -> str:
    """The path without suffix, and without the name of a landing page."""
    parts = path.rsplit(".", 1)[0].split("/")
    return "/".join(parts[:-1] if parts[-1] in LANDING_NAMES and parts[1:] else parts)


def _page_name(path: str) -> str:
    """The name of the file, or of its folder for a landing page within one."""
    page = PurePosixPath(path)
    is_landing = page.stem in LANDING_NAMES and page.parent.name
    return page.parent.name if is_landing else page.stem


def _first(meta: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((meta[key] for key in keys if meta.get(key) not in (None, "", [])), None)


def _all(meta: Mapping[str, Any], keys: tuple[str, ...]) -> list[str]:
    """Values of all `keys` in one list, blanks and repetitions dropped."""
    return unique([line for key in keys for line in lines_of(meta.get(key))])


def _warnings(meta: Mapping[str, Any], source: Source) -> list[str]:
    found = [f"front matter not used: {key}" for key in sorted(set(meta) - _KNOWN)]
    source.body, told = without_macros(source.body)
    found += told
    if meta.get("date") and source.published_at is None:
        found.append(f"date not understood: {line_of(meta['date'])}")
    return found
