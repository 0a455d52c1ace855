"""Titles and descriptions for search engines, as WordPress's plug-ins keep them."""

import re
from collections.abc import Mapping

from config.alphabet import fold
from glossary.importing.foreign_html import to_words
from glossary.importing.sources import Source, line_of

LONGEST_DEFINITION = 320
LONGEST_TITLE = 70
LONGEST_DESCRIPTION = 200
_TITLES = ("_yoast_wpseo_title", "rank_math_title", "_aioseo_title", "_aioseop_title")
_DESCRIPTIONS = (
    *("_yoast_wpseo_metadesc", "rank_math_description", "_aioseo_description"),
    *("_aioseop_description", "_genesis_description", "standard_seo_post_meta_description"),
)
_VARIABLE = re.compile(r"%%([\w-]+)%%|%([a-z_]+(?:\([^)%]*\))?)%|#([a-z_]+)\b")
_SEPARATORS = re.compile(r"^[\s|–—·•»:-]+|[\s|–—·•»:-]+$")
_SENTENCE = re.compile(r".*?[.!?…。](?=\s|$)", re.DOTALL)


def add(source: Source, meta: Mapping[str, str], site_name: str) -> None:
    """Give `source` the title and description that a plug-in kept for it."""
    values = {
        **dict.fromkeys(
            ("title", "post_title", "term_title"), source.title_override or source.term
        ),
        **dict.fromkeys(("sitename", "sitetitle", "site_title"), site_name),
        **dict.fromkeys(("sep", "separator", "separator_sa"), "–"),
        **dict.fromkeys(("page", "pagenumber", "pagetotal"), ""),
        **dict.fromkeys(("excerpt", "excerpt_only", "post_excerpt"), source.definition),
        **dict.fromkeys(("category", "primary_category", "categories"), _first(source.topics)),
        "name": source.author,
    }
    title, description = _stored(meta, _TITLES), _stored(meta, _DESCRIPTIONS)
    source.seo_title = _resolved(title, values, LONGEST_TITLE, "title", source.warnings)
    source.seo_description = _resolved(
        description, values, LONGEST_DESCRIPTION, "description", source.warnings
    )
    # What the site would say by itself needs no field.
    if fold(source.seo_description) == fold(source.definition):
        source.seo_description = ""


def definition(excerpt: str, warnings: list[str]) -> str:
    """Return an excerpt as a short definition: as many whole sentences as it may hold."""
    if len(excerpt) <= LONGEST_DEFINITION:
        return excerpt
    warnings.append("excerpt too long for a short definition: its first sentences were taken")
    kept = ""
    for sentence in _SENTENCE.findall(excerpt):
        if len(kept) + len(sentence) > LONGEST_DEFINITION:
            break
        kept += sentence
    return kept.strip() or shortened(excerpt, LONGEST_DEFINITION)


def shortened(text: str, length: int) -> str:
    """Return `text` cut off between words, with an ellipsis, at most `length` characters."""
    if len(text) <= length:
        return text
    words = text[: length - 1].rpartition(" ")[0] or text[: length - 1]
    return f"{words.rstrip(' ,;:–-')}…"


def _stored(meta: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((meta[key] for key in keys if meta.get(key, "").strip()), "")


def _first(topics: list[str]) -> str:
    return topics[0] if topics else ""


def _resolved(
    text: str, values: Mapping[str, str], length: int, what: str, warnings: list[str]
) -> str:
    if not text:
        return ""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2] or match[3]
        if name not in values:
            if match[3]:
                return match[0]
            warnings.append(f"{what} for search engines: {match[0]} was left out")
        return values.get(name, "")

    words = line_of(to_words(_VARIABLE.sub(value, text)))
    words = _SEPARATORS.sub("", words)
    if len(words) > length:
        warnings.append(f"{what} for search engines cut off after {length} characters: {words}")
    return shortened(words, length)
