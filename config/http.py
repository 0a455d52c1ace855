"""How public pages answer: anybody may keep them, everybody asks whether they changed."""

from collections.abc import Callable, Sequence

from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

View = Callable[..., HttpResponse]


def public_page(view: View) -> View:
    """Answer GET and HEAD only, with the same bytes for everyone.

    The page may be stored by browsers and proxies but is asked for again each
    time; ConditionalGetMiddleware turns that into a 304 by its ETag, so that a
    published change is seen at once.
    """
    return require_safe(cache_control(public=True, max_age=0, must_revalidate=True)(view))


def form_page(view: View) -> View:
    """Never stored: the page holds a form with its own token."""
    return cache_control(no_store=True)(view)


class PermissionsPolicyMiddleware:
    """Switch off what no page of ours uses, for whatever might be smuggled into one."""

    policy = ", ".join(
        f"{feature}=()"
        for feature in ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
    )

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Permissions-Policy"] = self.policy
        return response


def page_of(request: HttpRequest, items: Sequence | QuerySet, *, size: int) -> Page:
    """Return the page of `items` that ?page= names, the first without it.

    Raises Http404 for a number that is none or has no page, so that only real
    pages can be linked and indexed.
    """
    try:
        return Paginator(items, size).page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404(str(error)) from error


def key_of(text: str) -> int | None:
    """Return the key of a row that an address or a form names; None for what can be none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
