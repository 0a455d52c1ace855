"""Pages of the site as a whole; the roof, so they may show everything below."""

from django.conf import settings as rules
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from authors.models import Author
from config import crawlers, replica, seo, site
from config.alphabet import rail
from config.colours import theme_css, validate_colour
from config.http import public_page
from config.media_storage import StorageAway
from config.page_stamps import SITE
from config.slugs import in_words
from glossary import guides, misses, moves
from glossary.models import Entry, Topic
from glossary.models.orders import MOST_COUNTED
from glossary.page_stamps import LISTS
from glossary.search import search
from leads import promises

NEWEST = 6
FACES = 4
PATHS = 3
NEAR = 5
"""Entries that a page which is not there offers instead."""


@public_page(depends=LISTS, unkept=moves.NUMBERED)
def home(request: HttpRequest) -> HttpResponse:
    is_numbered = any(name in request.GET for name in moves.NUMBERED)
    if is_numbered and (moved := moves.from_former_site(request)):
        return moved
    settings = site.current()
    entries = Entry.objects.published().in_language(get_language())
    newest = entries.with_people().for_lists().newest()[:NEWEST]
    graph = [
        seo.website(settings, search_path=reverse("glossary:search")),
        seo.organization(settings),
    ]
    context = {
        "newest": newest,
        "letters": rail(entries.letters()),
        "paths": guides.paths().in_language(get_language())[:PATHS],
        "topics": Topic.objects.in_use(get_language()).with_numbers(get_language()),
        "most": MOST_COUNTED,
        "authors": Author.objects.visible()[:FACES],
        "description": seo.description(settings.home_intro, settings.tagline, settings.name),
        "json_ld": seo.json_ld(graph),
    }
    return render(request, "config/home.html", context)


@public_page(depends=(SITE,))
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "config/privacy.html", {"promises": promises.as_set()})


@public_page(depends=(SITE,))
def robots(request: HttpRequest) -> HttpResponse:
    settings = site.current()
    context = {
        "kept_out": crawlers.kept_out(settings.ai_access),
        "rules": settings.robots_rules.strip().splitlines(),
    }
    return render(request, "config/robots.txt", context, content_type="text/plain; charset=utf-8")


@public_page(depends=(SITE,))
def indexnow_key(request: HttpRequest, key: str) -> HttpResponse:
    """The file that shows IndexNow's services that the key is ours."""
    if key != site.current().indexnow_key:
        raise Http404
    return HttpResponse(key, content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=31536000, immutable=True)
def theme(request: HttpRequest, colour: str) -> HttpResponse:
    """The accent colour as a style sheet; its address holds the colour, so it never changes."""
    try:
        validate_colour(f"#{colour}")
    except ValidationError as error:
        raise Http404 from error
    return HttpResponse(theme_css(f"#{colour}"), content_type="text/css; charset=utf-8")


@require_safe
def media(request: HttpRequest, path: str) -> FileResponse | HttpResponse:
    """An uploaded file, under rules that would keep even a page in disguise from acting.

    Where readers fetch uploads elsewhere, the way there: texts name them by this address.
    """
    if not rules.MEDIA_URL.startswith("/"):
        return _elsewhere(path)
    try:
        upload = default_storage.open(path)
    except StorageAway:
        raise
    except (OSError, ValueError, SuspiciousOperation) as error:
        raise Http404 from error
    response = FileResponse(upload, content_type="image/webp")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _elsewhere(path: str) -> HttpResponse:
    try:
        response = redirect(default_storage.url(path))
    except (ValueError, SuspiciousOperation) as error:
        raise Http404 from error
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    logo = site.current().logo
    return redirect(logo.url if logo else staticfiles_storage.url("img/headword.png"))


@replica.may_answer
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say so, and look for what the address may have meant, unless it was somebody's once."""
    if moved := moves.from_former_site(request):
        return moved
    query = in_words(request.path_info)
    is_file = "." in request.path_info.rpartition("/")[2]
    found = [] if is_file else search(query, language=get_language()).results[:NEAR]
    slug = misses.slug_of(request)
    context = {
        "near": [result.entry for result in found],
        "slug": slug,
        "mark": misses.mark(slug, language=get_language()) if slug else "",
    }
    return render(request, "404.html", context, status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of the staff arrived without its token: logged out elsewhere, or cookies are off."""
    return render(request, "config/csrf_failure.html", status=403)
