"""Addresses of pages by name and slug: what Django's reverse() returns, without asking it again.

A page shows dozens of them, and reverse() takes some 20 µs for each.
"""

import re
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from django.conf import settings
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
        unprefixed = which[1]
        urls = _Urls(unprefixed) if unprefixed else None
        with translation.override(language or translation.get_language()):
            # Any object with patterns will do, of which the stubs know nothing.
            path = reverse(name, cast(str, urls), [STAND_IN] if is_slugged else [])
        before, _, after = path.partition(STAND_IN)
        if not unprefixed:
            return before, after
        _parts[key] = before, after
    return _parts[key]


@dataclass(frozen=True)
class _Urls:
    """The site's URLs while the language without prefix is this one.

    Django keeps what reverse() found out by the URLs it was asked of. Those of
    the site are asked by requests of former settings as well, for a moment.
    """

    unprefixed: str

    @property
    def urlpatterns(self) -> list[Any]:
        return import_module(settings.ROOT_URLCONF).urlpatterns


def kind(language: str | None = None) -> Kind:
    """Return all that an address depends on but its name and slug."""
    spoken = language or translation.get_language()
    return spoken, site.unprefixed_language(), get_script_prefix()


def are_settled() -> bool:
    """Whether `kind()` says all: the language without prefix is not known before the settings."""
    return site.unprefixed_language() is not None
