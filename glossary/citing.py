"""How others may cite an entry: a sentence, Markdown, BibTeX."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from config import site
from glossary.models import Entry

_SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        **{sign: f"\\{sign}" for sign in "&%$#_"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)
_MARKDOWN = str.maketrans({sign: f"\\{sign}" for sign in "\\[]*_`<>"})


@dataclass(frozen=True)
class Source:
    """What is cited; `updated_on` is the day of the version that is cited."""

    title: str
    author: str
    publisher: str
    url: str
    updated_on: date
    key: str


def as_text(source: Source) -> str:
    who = f"{source.author}, " if source.author else ""
    day = source.updated_on.isoformat()
    return f"{who}“{source.title}”, {source.publisher}, {day}, {source.url}"


def as_markdown(source: Source) -> str:
    title = source.title.translate(_MARKDOWN)
    who = ", ".join(filter(None, [source.author, source.publisher])).translate(_MARKDOWN)
    return f"[{title}]({source.url}), {who}, {source.updated_on.isoformat()}"


def as_bibtex(source: Source) -> str:
    """Return an entry for BibTeX's standard styles; the title keeps its capitals."""
    fields = {
        "title": f"{{{source.title.translate(_SPECIAL)}}}",
        "author": f"{{{(source.author or source.publisher).translate(_SPECIAL)}}}",
        "publisher": source.publisher.translate(_SPECIAL),
        "year": str(source.updated_on.year),
        "note": f"Updated {source.updated_on.isoformat()}",
        "url": source.url,
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{source.key},\n{lines}\n}}"


def citation(entry: Entry) -> dict[str, str]:
    """Return the ways to cite a published `entry`, and its lasting address."""
    changed = entry.updated_at or entry.published_at or timezone.now()
    source = Source(
        title=entry.title,
        author=entry.visible_author.name if entry.visible_author else "",
        publisher=site.current().publisher,
        url=site.absolute(entry.get_absolute_url()),
        updated_on=timezone.localdate(changed),
        key=entry.slug if entry.slug.isascii() else f"entry-{entry.pk}",
    )
    return {
        "url": source.url,
        "text": as_text(source),
        "markdown": as_markdown(source),
        "bibtex": as_bibtex(source),
    }
