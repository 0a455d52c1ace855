"""Reading a folder of Markdown files: front matter in the shapes that generators use.

Hugo, Jekyll, MkDocs and hand-made glossaries name the same things differently;
this module turns each file into one `Source`, or says in words why not. It
knows nothing of the database.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from pathlib import Path
from typing import Any

import frontmatter
import yaml
from django.utils.dateparse import parse_datetime

from config import markdown
from config.alphabet import fold
from config.slugs import slugify

SUFFIXES = (".md", ".markdown")
LANDING_NAMES = ("_index", "index")
"""Hugo's and MkDocs' names for the page of a folder."""

_KEYS = {
    "term": ("title", "term", "name"),
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
    "draft": ("draft",),
    "layout": ("layout", "toc_hide", "menu", "weight", "status", "type"),
}
_QUESTION = re.compile(
    r"^what(?:\s+(?:is|are)|['’]s)\s*:?\s+(?:(?:an?|the)\s+)?(.+?)\s*\?*$", re.I
)
_MACRO_LINE = re.compile(r"^[ \t]*\{\{[<%][^\n]*[>%]\}\}[ \t]*$\n?", re.MULTILINE)


class NotAnEntry(Exception):
    """Why a file gives no entry, in words; `line` is counted from 1, 0 when unknown."""

    def __init__(self, reason: str, *, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


@dataclass
class Source:
    """What one file says."""

    path: str
    """Relative to the folder, with slashes."""
    term: str
    slug: str
    body: str
    definition: str = ""
    aliases: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    author: str = ""
    reviewer: str = ""
    published_at: datetime | None = None
    language: str = ""
    seo_title: str = ""
    seo_description: str = ""
    title_override: str = ""
    is_draft: bool = False
    warnings: list[str] = field(default_factory=list)

    @property
    def location(self) -> str:
        """The path without suffix, and without the name of a landing page."""
        stem = self.path.rsplit(".", 1)[0]
        parts = stem.split("/")
        return "/".join(parts[:-1] if parts[-1] in LANDING_NAMES and parts[1:] else parts)


def files(folder: Path) -> Iterator[Path]:
    """Yield the Markdown files below `folder` in a stable order."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return iter(sorted(path for path in found if path.is_file()))


def read(path: Path, *, folder: Path, zone: tzinfo = UTC) -> Source:
    """Return what the file says; dates without a zone are in `zone`. Raises NotAnEntry."""
    relative = path.relative_to(folder).as_posix()
    if path.stem.startswith("_"):
        raise NotAnEntry("a page of the generator, by its name with an underscore")
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise NotAnEntry("not a text file in UTF-8", line=line) from error
    if "\0" in text:
        raise NotAnEntry("a binary file", line=text[: text.index("\0")].count("\n") + 1)
    if len(text) > markdown.MAX_LENGTH:
        raise NotAnEntry(f"longer than {markdown.MAX_LENGTH:,} characters")
    return _source(relative, *_split(text), zone=zone)


def _split(text: str) -> tuple[dict[str, Any], str]:
    """Return front matter (keys in lower case) and body. Raises NotAnEntry."""
    # A file that ends with the fence has front matter, too: the parser wants a line after it.
    try:
        post = frontmatter.loads(text.rstrip() + "\n")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise NotAnEntry(f"broken front matter: {error.problem}", line=line) from error
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise NotAnEntry(f"broken front matter: {error}", line=1) from error
    return {str(key).strip().lower(): value for key, value in post.metadata.items()}, post.content


def _source(path: str, meta: Mapping[str, Any], body: str, *, zone: tzinfo) -> Source:
    values = {name: _first(meta, keys) for name, keys in _KEYS.items()}
    if not meta:
        raise NotAnEntry("no front matter", line=1)
    title = _line(values["term"])
    if not title:
        raise NotAnEntry("no title in the front matter", line=1)
    if not body.strip():
        raise NotAnEntry("no text below the front matter")
    term, heading = _term(title)
    source = Source(
        path=path,
        term=term,
        slug=slugify(_line(values["slug"]) or _page_name(path)) or slugify(term),
        body=body.strip() + "\n",
        definition=_line(values["definition"]),
        aliases=[a for a in _all(meta, _KEYS["aliases"]) if fold(a) != fold(term)],
        topics=_all(meta, _KEYS["topics"]),
        author=next(iter(_lines(values["author"])), ""),
        reviewer=_line(values["reviewer"]),
        published_at=_moment(values["date"], zone),
        language=_line(values["language"]).lower()[:10],
        seo_title=_line(values["seo_title"]),
        seo_description=_line(values["seo_description"]),
        title_override=_line(values["heading"]) or heading,
        is_draft=_is(values["draft"], "true") or _is(meta.get("published"), "false"),
    )
    source.warnings = _warnings(meta, source)
    return source


def _page_name(path: str) -> str:
    """The name of the file, or of its folder for a landing page within one."""
    page = Path(path)
    is_landing = page.stem in LANDING_NAMES and page.parent.name
    return page.parent.name if is_landing else page.stem


def _term(title: str) -> tuple[str, str]:
    """Return the term of a title and the heading to keep: "What is a Warp?" is about "Warp"."""
    question = _QUESTION.match(title)
    if not question:
        return title, ""
    term = question[1]
    # "What are registers?" would become "What is: registers".
    is_plural = title.lower().startswith("what are")
    return term[:1].upper() + term[1:] if term.islower() else term, title if is_plural else ""


def _first(meta: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((meta[key] for key in keys if meta.get(key) not in (None, "", [])), None)


def _all(meta: Mapping[str, Any], keys: tuple[str, ...]) -> list[str]:
    """Values of all `keys` in one list, blanks and repetitions dropped."""
    unique: dict[str, str] = {}
    for key in keys:
        for line in _lines(meta.get(key)):
            unique.setdefault(fold(line), line)
    return list(unique.values())


def _lines(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [line for item in values if (line := _line(item))]


def _is(value: Any, word: str) -> bool:
    """Whether `value` says `word`, as YAML's own value or in quotes."""
    return str(value).strip().casefold() == word


def _line(value: Any) -> str:
    """`value` on one line; nothing for what is no scalar."""
    if value is None or isinstance(value, dict | list | bool):
        return ""
    return " ".join(str(value).replace("\0", "").split())


def _moment(value: Any, zone: tzinfo) -> datetime | None:
    if isinstance(value, str):
        try:
            value = parse_datetime(value) or parse_datetime(f"{value.strip()[:10]}T00:00:00")
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(), tzinfo=zone)
    # Hugo writes year 1 for "no date"; time zones cannot be told at the ends of the calendar.
    if not isinstance(value, datetime) or not 1900 < value.year < 9999:
        return None
    return value if value.tzinfo else value.replace(tzinfo=zone)


def _warnings(meta: Mapping[str, Any], source: Source) -> list[str]:
    known = {key for keys in _KEYS.values() for key in keys}
    found = [f"front matter not used: {key}" for key in sorted(set(meta) - known)]
    macros = _MACRO_LINE.findall(source.body)
    found += [f"macro of the generator left out: {macro.strip()}" for macro in macros]
    source.body = _MACRO_LINE.sub("", source.body)
    if meta.get("date") and source.published_at is None:
        found.append(f"date not understood: {_line(meta['date'])}")
    return found
