"""The format of an exported entry: front matter that says everything, and the text as it is.

A file begins with `---` and `headword: 1`. Front matter is YAML, written as
one JSON value a line, which is YAML as well; the text follows after an empty
line, to the last sign, with one line break added. Knows nothing of the database.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import yaml

Page = dict[str, Any]
"""What a file says, by the names of `KINDS`; what it does not say is not there."""

KINDS = {
    "import_ref": "text",
    "draft_of": "text",
    "term": "text",
    "slug": "text",
    "language": "text",
    "state": "text",
    "published_at": "moment",
    "updated_at": "moment",
    "case_rule": "text",
    "title_override": "text",
    "short_definition": "text",
    "aliases": "aliases",
    "topics": "texts",
    "author": "person",
    "reviewer": "person",
    "reviewed_on": "day",
    "seo_title": "text",
    "seo_description": "text",
    "links_terms": "flag",
    "is_linked_to": "flag",
    "offer": "text",
    "related": "texts",
    "digest": "text",
    "body": "text",
}
"""Each key in the order of the file, with the kind of its value; `body` is what follows."""

_BEGINNING = re.compile(r"\A---\r?\nheadword: 1\r?\n")
_SHAPE = re.compile(r"\A---\r?\n(.*?\r?\n)---[ \t]*(?:\r?\n|\Z)(?:\r?\n)?(.*)\Z", re.DOTALL)
# What YAML takes for a line break or refuses, although JSON lets it stand.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


BEGINNING = 40
"""Bytes of a file that tell whether it is ours."""


class Malformed(Exception):
    """Why a file of ours cannot be read; `line` is counted from 1."""

    def __init__(self, reason: str, *, line: int = 1) -> None:
        super().__init__(reason)
        self.line = line


def is_ours(text: str) -> bool:
    """Whether a file that begins like this was exported by us."""
    return bool(_BEGINNING.match(text))


def dump(page: Page) -> str:
    """Return the file for `page`; equal pages give equal files."""
    named = [key for key in KINDS if key != "body" and page.get(key) not in (None, "", [])]
    lines = [f"{key}: {_json(page[key])}" for key in named]
    return "\n".join(["---", "headword: 1", *lines, "---", "", page["body"], ""])


def parse(text: str) -> Page:
    """Return what the file says. Raises Malformed."""
    shape = _SHAPE.match(text)
    if not shape:
        raise Malformed("the front matter has no end: a line with ---")
    block, body = shape[1], shape[2]
    try:
        said = yaml.load(block, Loader=_Loader)  # noqa: S506 - a safe loader, in C if there is one
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 2 if mark else 1
        raise Malformed(f"broken front matter: {error.problem}", line=line) from error
    except (yaml.YAMLError, ValueError) as error:
        raise Malformed(f"broken front matter: {error}") from error
    page: Page = {"body": body.removesuffix("\n").removesuffix("\r") if body else ""}
    for key, value in said.items():
        if key == "headword" or value is None:
            continue
        line = _line_of(block, str(key))
        if key not in KINDS:
            raise Malformed(f"{key}: there is no such field", line=line)
        try:
            page[key] = _READ[KINDS[key]](value)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise Malformed(f"{key}: cannot be understood", line=line) from error
    _require_names(page)
    return page


def of_texts(texts: dict[str, str], *, line: int) -> Page:
    """Return the page whose values are plain text, lists one name a line. Raises Malformed."""
    page: Page = {"body": texts.get("body", "")}
    for key, kind in KINDS.items():
        text = texts.get(key, "")
        if key == "body" or not text:
            continue
        try:
            page[key] = _READ[kind](_FROM_TEXT.get(kind, str)(text))
        except (TypeError, ValueError, KeyError) as error:
            raise Malformed(f"{key}: cannot be understood", line=line) from error
    _require_names(page, line=line)
    return page


def _require_names(page: Page, *, line: int = 1) -> None:
    for key in ("term", "slug", "language"):
        if not page.get(key):
            raise Malformed(f"{key}: is missing", line=line)


def _json(value: Any) -> str:
    plain = json.dumps(value, ensure_ascii=False)
    return _UNSAFE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", plain)


def _line_of(block: str, key: str) -> int:
    before = block.partition(f"\n{key}:")[0]
    return before.count("\n") + 3 if f"\n{key}:" in block else 2


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    return str(value).replace("\0", "")


def _texts(value: Any) -> list[str]:
    return [_text(each) for each in (value if isinstance(value, list) else [value])]


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _moment(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not 1900 < value.year < 9999:
        raise ValueError
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(value)


def _aliases(value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list):
        raise TypeError
    return [
        {"name": _text(each["name"]), "case_rule": _text(each.get("case_rule", "auto"))}
        if isinstance(each, dict)
        else {"name": _text(each), "case_rule": "auto"}
        for each in value
    ]


def _person(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {"slug": _text(value["slug"]), "name": _text(value.get("name", value["slug"]))}
    return {"slug": _text(value), "name": _text(value)}


_READ = {
    "text": _text,
    "texts": _texts,
    "flag": _flag,
    "moment": _moment,
    "day": _day,
    "aliases": _aliases,
    "person": _person,
}

_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "texts": lambda text: [line for line in text.split("\n") if line],
    "aliases": lambda text: [line for line in text.split("\n") if line],
    "flag": lambda text: {"true": True, "false": False}[text.strip().lower()],
}
"""What a cell of a table means, where it is not the text itself."""
