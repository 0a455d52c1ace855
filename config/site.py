"""The site settings, read once per request and never older than that."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import clear_url_caches, set_urlconf
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.module_loading import import_string

from config.models import SiteSettings
from config.prepared import PreparedQuery

_current: ContextVar[SiteSettings | None] = ContextVar("site_settings", default=None)
_known_language: list[str] = []


def current() -> SiteSettings:
    """Return the site settings: one query, then the same row until `forget()`.

    The query brings the rows that settings.SITE_ROWS names along, such as the
    offers: what every page shows costs no query of its own. From here on reverse()
    knows which language has no prefix.
    """
    site = _current.get()
    if site is None:
        site = _SETTINGS.first() or SiteSettings(pk=1)
        _current.set(site)
        # Any object with patterns will do, of which the stubs know nothing.
        set_urlconf(cast(str, Urls(site.language)))
        _remember(site.language)
    return site


def forget() -> None:
    """Make the next `current()` read the row again."""
    _current.set(None)


def unprefixed_language() -> str | None:
    """Return the language whose addresses have no prefix; None until `current()` was asked."""
    site = _current.get()
    return site.language if site else None


def renew() -> SiteSettings:
    """Read the settings again; requests and the worker's messages begin with it."""
    forget()
    return current()


def _with_rows() -> QuerySet[SiteSettings]:
    rows = {name: import_string(path)() for name, path in settings.SITE_ROWS.items()}
    return SiteSettings.objects.annotate(**rows).filter(pk=1)


_SETTINGS = PreparedQuery(_with_rows)


def _remember(language: str) -> None:
    """Drop what Django keeps of addresses when another language became the one without prefix.

    Whoever reverses before asking for the settings reads that.
    """
    if _known_language != [language]:
        clear_url_caches()
        _known_language[:] = [language]


@dataclass(frozen=True)
class Urls:
    """The site's URLs while the language without prefix is this one.

    Django keeps what reverse() found out for each URLconf. Requests that know
    the former language and those that know the new one thus never mix.
    """

    unprefixed: str

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(settings.ROOT_URLCONF), name)


class SiteMiddleware:
    """Give each request fresh settings and the site's time zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(renew().zone):
            return self.get_response(request)


def context(request: HttpRequest) -> dict[str, object]:
    """Template context: the settings as `site`, its address, and this page's canonical one."""
    return {
        "site": current(),
        # Django's login page has a `site` of its own, named like the host.
        "desk_name": current().name,
        "site_url": settings.SITE_URL,
        "canonical_url": absolute(iri_to_uri(request.path)),
        # A list's; to find out that there is none costs more than the rest of its place.
        "page": None,
    }


def absolute(path: str) -> str:
    """Return `path` as an address on this site, whatever host the visitor used."""
    return settings.SITE_URL + path
