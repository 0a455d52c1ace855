"""One language per address: the site's own without prefix, others under /<language>/…"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from django.http import HttpRequest, HttpResponse
from django.urls import URLResolver, get_urlconf
from django.urls.resolvers import LocalePrefixPattern, URLPattern
from django.utils import translation
from django.utils.translation import gettext_noop

from config import site

SPELT_ANEW = (
    *(gettext_noop("Monday"), gettext_noop("Tuesday"), gettext_noop("Wednesday")),
    *(gettext_noop("Thursday"), gettext_noop("Friday"), gettext_noop("Saturday")),
    *(gettext_noop("Sunday"), gettext_noop("January"), gettext_noop("February")),
    *(gettext_noop("March"), gettext_noop("April"), gettext_noop("May")),
    *(gettext_noop("June"), gettext_noop("July"), gettext_noop("August")),
    *(gettext_noop("September"), gettext_noop("October"), gettext_noop("November")),
    gettext_noop("December"),
)
"""Django's words of dates; our catalogue comes first. Portuguese writes them small, Django not."""


class SitePrefixPattern(LocalePrefixPattern):
    """Django's language prefix, with the default language taken from the site settings."""

    @property
    def language_prefix(self) -> str:
        urls, language = get_urlconf(), translation.get_language()
        # Django keeps this with the URLs, which may be asked when the settings are others already.
        own = urls.unprefixed if isinstance(urls, site.Urls) else site.current().language
        return "" if language in (None, own) else f"{language}/"


def in_every_language(*patterns: URLPattern | URLResolver) -> list[URLResolver]:
    """Return URL patterns that exist once per language, for the root URLconf only."""
    return [URLResolver(SitePrefixPattern(), list(patterns))]


def speaking(language: str) -> AbstractContextManager[None]:
    """Speak `language` inside; what is spoken already is not begun again, which takes longer."""
    if translation.get_language() == language:
        return nullcontext()
    return translation.override(language)


def of_path(path: str) -> str:
    """Return the language that `path` is written in, by its first part."""
    return translation.get_language_from_path(path) or site.current().language


class LanguageMiddleware:
    """Activate the language of the address; no cookie, no header, so nothing to vary on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = of_path(request.path_info)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response
