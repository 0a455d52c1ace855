"""The media library as the Markdown field asks for it: answers in JSON, to staff alone."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse

from config import pictures
from config.models import LONGEST_ALT, Picture

PICTURES_PER_PAGE = 24

ENDED = "Your session has ended. Log in again in another tab; your text stays in the field."


def for_staff(method: str, *permissions: str) -> Callable[[Callable], Callable]:
    """Let a view answer, by one method, staff with one of `permissions`; others get a sentence."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def guarded(request: HttpRequest, **parts: Any) -> HttpResponse:
            user = request.user
            if not (user.is_active and user.is_staff):
                return _answer({"error": ENDED}, status=403)
            if not any(map(user.has_perm, permissions)):
                return _answer({"error": "You do not have the permission for this."}, status=403)
            if request.method != method:
                return _answer({"error": "This address only answers the editor."}, status=405)
            return view(request, **parts)

        return guarded

    return decorate


@for_staff("GET", "config.view_picture")
def choose(request: HttpRequest) -> HttpResponse:
    """Answer page `page` of the pictures that fit `q`, the newest first."""
    found = Paginator(pictures.find(request.GET.get("q", "")), PICTURES_PER_PAGE)
    page = found.get_page(request.GET.get("page"))
    return _answer(
        {
            "count": found.count,
            "next": page.next_page_number() if page.has_next() else None,
            "pictures": [described(picture) for picture in page],
        }
    )


@for_staff("POST", "config.change_picture", "config.add_picture")
def describe(request: HttpRequest, pk: int) -> HttpResponse:
    """Store POST `alt` as what a picture shows: any, or one's own with the permission to add."""
    found = Picture.objects.filter(pk=pk)
    if not request.user.has_perm("config.change_picture"):
        found = found.filter(uploaded_by=request.user.pk)
    alt = " ".join(request.POST.get("alt", "").replace("\0", "").split())
    if len(alt) > LONGEST_ALT:
        return _answer({"error": f"Please use at most {LONGEST_ALT} characters."}, status=400)
    if not found.update(alt=alt):
        return _answer({"error": "This picture is no longer in the library."}, status=404)
    return _answer({"alt": alt})


def described(picture: Picture) -> dict[str, object]:
    """Return what the editor has to know of a picture."""
    return {
        "id": picture.pk,
        "image_path": pictures.address(picture),
        "thumbnail": pictures.thumbnail(picture),
        "width": picture.width,
        "height": picture.height,
        "name": picture.name,
        "alt": picture.alt,
    }


def _answer(data: dict[str, object], *, status: int = 200) -> HttpResponse:
    response = JsonResponse(data, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
