"""The Markdown field of the admin: markdownx's widget and URL names, our views and script.

django-markdownx as shipped lets strangers upload HTML (see docs/decisions.md),
so its views are never routed and its script is never loaded.
"""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.module_loading import import_string
from markdownx.widgets import AdminMarkdownxWidget

from config import markdown, picture_views, pictures, site

View = Callable[[HttpRequest], HttpResponse]


class MarkdownEditor(AdminMarkdownxWidget):
    """A textarea with a toolbar above and a live preview beside it, for admin forms."""

    template_name = "config/markdown_editor.html"

    class Media:
        extend = False  # by the scripts of markdownx
        css: ClassVar = {"all": ["css/editor.css", "css/pictures.css"]}
        # In this order: what stands first hears a key first.
        js = (
            "js/editor.js",
            Script("js/editor-preview.js", type="module"),
            Script("js/editor-terms.js", type="module"),
            Script("js/editor-toolbar.js", type="module"),
            Script("js/editor-lists.js", type="module"),
            "js/pictures.js",
        )

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 22, "maxlength": markdown.MAX_LENGTH, **(attrs or {})})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["theme_url"] = reverse("theme", args=[site.current().theme])
        return context


def _for_writers(view: View) -> View:
    """Let a view answer, by POST, staff who may change some text; others get a sentence."""

    def guarded(request: HttpRequest) -> HttpResponse:
        user = request.user
        if not (user.is_active and user.is_staff):
            return _refusal("Your session has ended. Log in again in another tab.", status=403)
        if not any(map(user.has_perm, settings.MARKDOWN_WRITER_PERMISSIONS)):
            return _refusal("You do not have the permission to write.", status=403)
        if request.method != "POST":
            return _refusal("This address only answers the editor.", status=405)
        return view(request)

    return guarded


@_for_writers
def preview(request: HttpRequest) -> HttpResponse:
    """Return the HTML that the page will show for POST `content`.

    With POST `entry` (its key, or empty for a new one) or `language`, it is the
    text of an entry, which settings.MARKDOWN_PREVIEW renders.
    """
    content = request.POST.get("content", "")
    if len(content) > markdown.MAX_LENGTH:
        return _refusal("This text is too long for one page.", status=400)
    entry, language = request.POST.get("entry"), request.POST.get("language")
    if entry is None and language is None:
        return _private(HttpResponse(markdown.to_html(content)))
    render = import_string(settings.MARKDOWN_PREVIEW)
    try:
        html = render(content, user=request.user, entry=entry or "", language=language or "")
    except PermissionDenied:
        return _refusal("You do not have the permission to write entries.", status=403)
    return _private(HttpResponse(html))


@_for_writers
def upload(request: HttpRequest) -> HttpResponse:
    """Put POST file `image` into the media library; answer its address, size and key as JSON."""
    if not request.user.has_perm("config.add_picture"):
        return _refusal("You do not have the permission to add pictures.", status=403)
    file = request.FILES.get("image")
    if file is None:
        return _error("No picture arrived. Please try again.")
    try:
        picture = pictures.keep(file, by=cast("User", request.user))
    except ValidationError as error:
        return _error(error.messages[0])
    return _private(JsonResponse(picture_views.described(picture)))


def _error(sentence: str) -> HttpResponse:
    return _private(JsonResponse({"error": sentence}, status=400))


def _refusal(sentence: str, *, status: int) -> HttpResponse:
    return _private(
        HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    )


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
