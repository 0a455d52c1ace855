"""A shared draft as its recipient sees it: read, compare with the live text, comment, approve."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from glossary import diffing, sharing
from glossary.forms import DecoyForm
from glossary.models import DraftShare
from glossary.voice_views import reader_form

FIELDS = ("term", "title_override", "short_definition", "body")
"""What a comparison shows: what a reader would read."""


class CommentForm(DecoyForm):
    """What a reader of a draft says about one of its headings."""

    heading = forms.ChoiceField(label=_("About"), required=False)
    text = forms.CharField(
        label=_("Your comment"),
        max_length=sharing.LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": sharing.LONGEST_COMMENT}),
        error_messages={"required": _("Please write a few words.")},
    )

    def __init__(self, *args: object, contents: dict[str, str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("The whole text")), *contents.items()]
        self.fields["heading"].choices = choices  # type: ignore[attr-defined]


@reader_form
def draft(request: HttpRequest, token: str) -> HttpResponse:
    """One version of an entry, for whoever holds its link."""
    try:
        made = sharing.share_at(token)
    except sharing.LinkEnded:
        return _private(render(request, "glossary/draft_ended.html", status=410))
    if made is None:
        raise Http404(token)
    if request.method == "GET":
        DraftShare.objects.filter(pk=made.pk).update(opened_at=timezone.now())
    return _private(_answer(request, made))


def _answer(request: HttpRequest, made: DraftShare) -> HttpResponse:
    entry = made.revision.entry
    live = entry.live.snapshot if entry.live and entry.is_public() else {}
    shown, rendered = sharing.text_of(made)
    contents = {each["id"]: each["title"] for each in rendered.anchors}
    form = CommentForm(request.POST if _is(request, "comment") else None, contents=contents)
    notice = _act(request, made, form, contents)
    if notice and notice != "error":
        return redirect(f"{request.path}?said={notice}#page-comments")
    is_comparing = request.GET.get("view") == "compare" and bool(live)
    both = [live, made.revision.snapshot]
    old, new = ({name: each.get(name, "") for name in FIELDS} for each in both)
    context = {
        "made": made,
        "entry": shown,
        "rendered": rendered,
        "form": form,
        "said": request.GET.get("said", ""),
        "has_live": bool(live),
        "differences": diffing.fields(old, new) if is_comparing else None,
        "comments": made.comments.all(),
        "is_newest": entry.draft_id == made.revision_id,
        "is_live": entry.is_public() and entry.live_id == made.revision_id,
        "has_newer": made.revision_id not in (entry.draft_id, entry.live_id)
        or (entry.draft_id is not None and entry.draft_id != made.revision_id),
    }
    return render(
        request, "glossary/draft.html", context, status=422 if notice == "error" else 200
    )


def _act(
    request: HttpRequest, made: DraftShare, form: CommentForm, contents: dict[str, str]
) -> str:
    """Do what was sent; return what to say of it, "" if nothing was sent."""
    if _is(request, "approve"):
        try:
            sharing.approve(made)
        except sharing.TextChanged:
            return "changed"
        return "approved"
    if not _is(request, "comment"):
        return ""
    if not form.is_valid():
        return "error"
    heading = form.cleaned_data["heading"]
    about = (heading, contents.get(heading, ""))
    if not form.looks_automatic:
        sharing.comment(made, form.cleaned_data["text"], heading=about)
    return "kept"


def _is(request: HttpRequest, act: str) -> bool:
    return request.method == "POST" and request.POST.get("act") == act


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
