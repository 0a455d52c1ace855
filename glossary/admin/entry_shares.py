"""The links by which drafts of an entry are shared, and what came of them."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from authors.models import Author
from config import site
from glossary import permissions, sharing
from glossary.admin.entry_desk import EntryDesk
from glossary.models import DraftShare, Entry

DAYS = [(3, "three days"), (14, "two weeks"), (30, "30 days"), (90, "90 days")]


class ShareForm(forms.Form):
    """For whom a link is, how long it lasts, and whether it may approve."""

    recipient = forms.CharField(
        label="For whom",
        max_length=100,
        help_text="A name that you will recognise in the comments.",
    )
    days = forms.TypedChoiceField(label="It ends after", choices=DAYS, coerce=int, initial=14)
    may_approve = forms.BooleanField(required=False)

    def __init__(self, *args: Any, reviewer: Author | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if reviewer is None:
            del self.fields["may_approve"]
            return
        self.fields["may_approve"].label = f"They are {reviewer.name} and may approve the text"


class EntryShares(EntryDesk):
    """Pages to share a draft and to end what was shared."""

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, tuple[str, Any]] = {
            "share": ("<int:pk>/share/", self.share_view),
            "revoke": ("<int:pk>/share/<int:share>/revoke/", require_POST(self.revoke_view)),
        }
        own = [
            path(route, self.admin_site.admin_view(view), name=f"glossary_entry_{name}")
            for name, (route, view) in views.items()
        ]
        return [*own, *super().get_urls()]

    def share_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a link to the newest version; list those that were made."""
        entry = self.entry_for(request, pk)
        permissions.require(request.user, "share", entry)
        reviewer = _reviewer(entry) if permissions.may(request.user, "approve") else None
        form = ShareForm(request.POST or None, reviewer=reviewer)
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            sharing.share(
                entry,
                recipient=said["recipient"],
                lasts=timedelta(days=said["days"]),
                reviewer=reviewer if said.get("may_approve") else None,
                by=request.user,
            )
            messages.success(request, "The link is ready: copy it and send it to them.")
            return redirect("admin:glossary_entry_share", pk)
        made = DraftShare.objects.filter(revision__entry=entry)
        shares = made.select_related("revision", "reviewer").prefetch_related("comments")
        context = {
            **self.page_context(request, entry, "Share a draft"),
            "form": form,
            "shares": [(each, site.absolute(sharing.path_of(each))) for each in shares],
        }
        return TemplateResponse(request, "admin/glossary/entry/share.html", context)

    def revoke_view(self, request: HttpRequest, pk: int, share: int) -> HttpResponse:
        entry = self.entry_for(request, pk)
        made = get_object_or_404(DraftShare, pk=share, revision__entry=entry)
        sharing.revoke(made, by=request.user)
        messages.success(request, "The link has ended.")
        return redirect("admin:glossary_entry_share", pk)


def _reviewer(entry: Entry) -> Author | None:
    """The author whom the newest version names as its reviewer."""
    named = entry.draft.snapshot.get("reviewer") if entry.draft else entry.reviewer_id
    return Author.objects.filter(pk=named or 0).first()
