"""How public pages answer: anybody may keep them, everybody asks whether they changed."""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial, wraps
from typing import Any

from csp.constants import HEADER as POLICY
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware import gzip, http
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.functional import cached_property
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from config.keyset import PageMoved
from config.media_storage import StorageAway
from config.static_files import static_address

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]


STYLES = "css/site.css"
"""What no page can be shown without."""
KEEPER = "headword.keeper"
"""Where config.pagecache leaves in the environment who keeps the page of a request."""
NOTHING_CHANGED = "headword.nothing_changed"
"""Left in the environment by whoever answers a POST that no page can depend on."""


def public_page(
    view: View | None = None,
    *,
    depends: Collection[str] | None = None,
    parameters: tuple[str, ...] = (),
    unkept: tuple[str, ...] = (),
) -> Any:
    """Answer GET and HEAD only, with the same bytes for everyone until something changes.

    The page may be stored by browsers and proxies but is asked for again each
    time and known by its ETag, so that a published change is seen at once.
    config.pagecache keeps it until a stamp of `depends` (config.page_stamps)
    says that it has changed; without, until anything has. A view that knows it
    better calls `depends_on`.

    Of the query, the view sees `parameters`, of which each value is a page of
    its own, and `unkept`, with which pages are too many to be kept.
    """
    if view is None:
        return partial(public_page, depends=depends, parameters=parameters, unkept=unkept)
    public = cache_control(public=True, max_age=0, must_revalidate=True)
    answer = require_safe(public(_where_pages_are(view)))

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _leave_out_unknown(request, {*parameters, *unkept})
        keeper = request.META.get(KEEPER)
        if keeper is not None:
            keeper.depends = None if depends is None else frozenset(depends)
            if keeper.begin((parameters, unkept)):
                return HttpResponse()
        response = answer(request, *args, **kwargs)
        _name_styles(response)
        if keeper is not None:
            keeper.is_page = response.status_code == 200
        return response

    page.parameters = parameters  # type: ignore[attr-defined]
    return page


def _where_pages_are(view: View) -> View:
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except PageMoved as moved:
            return redirect(moved.path)

    return answer


def _name_styles(response: HttpResponse) -> None:
    """Let a proxy send word of the style sheet before the page: 103 Early Hints."""
    if response.headers["Content-Type"].startswith("text/html"):
        response.headers.setdefault("Link", f"<{static_address(STYLES)}>; rel=preload; as=style")


def depends_on(request: HttpRequest, *keys: str, until: datetime | None = None) -> None:
    """Say which stamps alone make the page of this request new, and when it does by itself."""
    keeper = request.META.get(KEEPER)
    if keeper is not None:
        keeper.depends = frozenset(keys)
        keeper.until = until.timestamp() if until else float("inf")


def _leave_out_unknown(request: HttpRequest, names: set[str]) -> None:
    """Let a view see of the query only what it has named: the rest must not change a page."""
    if request.GET and not names.issuperset(request.GET):
        known = request.GET.copy()
        for name in set(known) - names:
            del known[name]
        request.GET = known  # type: ignore[assignment] # the stubs know no changed copy


class GZipMiddleware(gzip.GZipMiddleware):
    """Django's; config.pagecache compresses the pages that it finishes, and pictures are."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        is_picture = response.headers.get("Content-Type", "").startswith("image/")
        if is_picture or _is_finished_elsewhere(request):
            return response
        answer = super().process_response(request, response)
        if request.method == "HEAD" and answer.has_header("Content-Encoding"):
            # Django adds some bytes by chance, so that nobody can say how many GET would get.
            del answer.headers["Content-Length"]
        return answer


class ConditionalGetMiddleware(http.ConditionalGetMiddleware):
    """Django's, for HEAD as well; pages that config.pagecache finishes get their ETag there."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if _is_finished_elsewhere(request):
            return response
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            # Our views make the same body for it, which only the server leaves out.
            if self.needs_etag(response) and not response.has_header("ETag"):
                set_response_etag(response)
            tag = response.headers.get("ETag")
            if tag:
                return get_conditional_response(request, etag=tag, response=response) or response
        return super().process_response(request, response)


def _is_finished_elsewhere(request: HttpRequest) -> bool:
    keeper = request.META.get(KEEPER)
    return keeper is not None and (keeper.is_page or keeper.found is not None)


def form_page(view: View) -> View:
    """Never stored: the page holds a form with its own token."""
    return cache_control(no_store=True)(view)


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp's, with directives as the settings order them: not as each process happens to.

    The policy of an answer for which no view asks for another is made once.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        asks = any(name.startswith("_csp") for name in (*vars(response), *vars(request)))
        if self.usual and not (asks or settings.DEBUG or POLICY in response.headers):
            response.headers[POLICY] = self.usual
            return response
        answer = super().process_response(request, response)
        if POLICY in answer.headers:
            answer.headers[POLICY] = _ordered(answer.headers[POLICY])
        return answer

    @cached_property
    def usual(self) -> str:
        """The policy of most answers; "" where settings make exceptions, or have a second one."""
        is_one = set(settings.CONTENT_SECURITY_POLICY) == {"DIRECTIVES"}
        has_other = getattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY", None)
        return _ordered(build_policy()) if is_one and not has_other else ""


def _ordered(policy: str) -> str:
    names = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    places = {name: place for place, name in enumerate(names)}
    parts = policy.split("; ")
    parts.sort(key=lambda part: places.get(part.partition(" ")[0], len(places)))
    return "; ".join(parts)


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


class StorageMiddleware:
    """Say kindly that uploads cannot be kept or shown just now."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        if not isinstance(fault, StorageAway):
            return None
        logger.warning("%s", fault)
        answer = render(request, "config/storage_away.html", status=503)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Retry-After"] = "30"
        return answer


def page_of(request: HttpRequest, items: Sequence | QuerySet, *, size: int) -> Page:
    """Return the page of `items` that ?page= names, the first without it.

    Raises Http404 for a number that is none or has no page, so that only real
    pages can be linked and indexed.
    """
    number = request.GET.get("page", "1")
    if not (number.isascii() and number.isdigit() and 0 < len(number) < 9) or number[0] == "0":
        # " 2", "02" and "٢" would be as many addresses of one page.
        raise Http404(number)
    try:
        return Paginator(items, size).page(number)
    except InvalidPage as error:
        raise Http404(str(error)) from error


def key_of(text: str) -> int | None:
    """Return the key of a row that an address or a form names; None for what can be none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
