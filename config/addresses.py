"""Addresses of pages by name and slug: what Django's reverse() returns, without asking it again.

A page shows dozens of them, and reverse() takes some 20 µs for each.
"""

import re

from django.urls import get_script_prefix, reverse
from django.utils import translation

from config import site

STAND_IN = "stand-in-4-slugs"
PLAIN = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
"""Slugs that take the place of the stand-in wherever it may stand; none needs quoting."""

Kind = tuple[str | None, str | None, str]
_parts: dict[tuple[str, bool, Kind], tuple[str, str]] = {}


def address_of(name: str, slug: str = "", *, language: str | None = None) -> str:
    """Return the path of the page called `name`, in the active language unless another is named.

    Raises NoReverseMatch as reverse() does.
    """
    if slug and not PLAIN.fullmatch(slug):
        with translation.override(language or translation.get_language()):
            return reverse(name, args=[slug])
    before, after = parts(name, is_slugged=bool(slug), language=language)
    return before + slug + after


def parts(name: str, *, is_slugged: bool, language: str | None = None) -> tuple[str, str]:
    """Return what stands before and after a plain slug in an address that has one."""
    which = kind(language)
    key = (name, is_slugged, which)
    if key not in _parts:
        with translation.override(language or translation.get_language()):
            path = reverse(name, args=[STAND_IN] if is_slugged else [])
        before, _, after = path.partition(STAND_IN)
        if which[1] is None:
            return before, after
        _parts[key] = before, after
    return _parts[key]


def kind(language: str | None = None) -> Kind:
    """Return all that an address depends on but its name and slug."""
    spoken = language or translation.get_language()
    return spoken, site.unprefixed_language(), get_script_prefix()


def are_settled() -> bool:
    """Whether `kind()` says all: the language without prefix is not known before the settings."""
    return site.unprefixed_language() is not None
