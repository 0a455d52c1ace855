"""Views of the inbox that staff keep: filters and search under a name, as a tab above the list."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from config.staff_admin import member_of_staff
from glossary.history import name_of
from leads.admin import lead_lists
from leads.admin.lead_filters import NARROW, rows_of
from leads.admin.lead_lists import MOST_COUNTED, PARAMETER, UNSEEN, URGENT, VIEWS, Asker
from leads.models import SavedView
from leads.models.leads import LeadQuerySet

KEPT = (PARAMETER, *NARROW, "q", "o")
"""What is kept of the address of a list: its view, filters, search and order, not its page."""
LIST = "admin:leads_lead_changelist"
LONGEST_QUERY = 1000
MOST = 30
"""Saved views that the list shows."""


class SavedViewForm(forms.ModelForm):
    class Meta:
        model = SavedView
        fields = ["name", "is_shared"]
        labels = {"is_shared": "Show it to everybody"}
        help_texts = {"is_shared": "“Me” then means whoever looks at it."}
        error_messages = {"name": {"required": "Give it a name, such as “Lifts, this month”."}}

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        others = SavedView.objects.filter(owner=self.instance.owner_id, name=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("You have a view of this name already.")
        return name


class LeadViews(admin.ModelAdmin):
    """The tabs, and the pages on which one's own are kept, renamed and deleted."""

    def get_urls(self) -> list[URLPattern]:
        keep = self.admin_site.admin_view(self.keep_view)
        change = self.admin_site.admin_view(self.change_saved_view)
        return [
            path("views/keep/", keep, name="leads_lead_keep_view"),
            path("views/<int:pk>/", change, name="leads_lead_saved_view"),
            *super().get_urls(),
        ]

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """Keep what the list shows under a name."""
        user = member_of_staff(request)
        if not user.has_perm("leads.add_savedview"):
            raise PermissionDenied
        kept = kept_of(QueryDict(request.POST.get("query", "")))
        view = SavedView(owner=user, query=kept)
        form = SavedViewForm(request.POST if request.method == "POST" else None, instance=view)
        if len(kept) > LONGEST_QUERY:
            messages.error(request, "Too much is searched for at once to be kept as a view.")
            return redirect(LIST)
        if form.is_valid():
            form.save()
            messages.success(request, f"“{view}” is a tab of your inbox now.")
            return redirect(address_of(view))
        return self._page(request, form, "Keep this view")

    def change_saved_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Rename, share or delete a view of one's own."""
        user = member_of_staff(request)
        view = get_object_or_404(SavedView, pk=pk, owner=user)
        if not user.has_perm("leads.change_savedview"):
            raise PermissionDenied
        if "delete" in request.POST:
            if not user.has_perm("leads.delete_savedview"):
                raise PermissionDenied
            view.delete()
            messages.success(request, f"“{view}” is no view any more. Its leads stay.")
            return redirect(LIST)
        form = SavedViewForm(request.POST if request.method == "POST" else None, instance=view)
        if form.is_valid():
            form.save()
            messages.success(request, f"“{view}” is kept.")
            return redirect(address_of(view))
        return self._page(request, form, "Change this view")

    def _page(self, request: HttpRequest, form: SavedViewForm, title: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": form,
            "list_url": address_of(form.instance),
        }
        return TemplateResponse(request, "admin/leads/lead/view.html", context)

    def tabs_for(self, request: HttpRequest) -> dict[str, Any]:
        """What the list's page says of views: tabs with their counts. Two queries."""
        user = member_of_staff(request)
        asker, present = Asker.now_of(user), kept_of(request.GET)
        saved = _seen_by(user)
        rows = {view.pk: self._rows(request, view, asker) for view in saved}
        counts, own = lead_lists.counts(asker, rows)
        current = next(
            (v for v in saved if _without_order(v.query) == _without_order(present)), None
        )
        tabs = [*_built_in(request, counts, is_current=not current)]
        tabs += [_tab(view, own[view.pk], user, is_current=view == current) for view in saved]
        may_keep = user.has_perm("leads.add_savedview") and not current
        return {
            "tabs": tabs,
            "current": current if current and current.owner_id == user.pk else None,
            "keep": SavedViewForm() if may_keep and _is_narrowed(request.GET) else None,
            "query": present,
            "merged": counts["merged"] if lead_lists.name_of(request.GET) == "all" else 0,
        }

    def _rows(self, request: HttpRequest, view: SavedView, asker: Asker) -> LeadQuerySet:
        def search(rows: LeadQuerySet, words: str) -> Any:
            return self.get_search_results(request, rows, words)[0]

        return rows_of(QueryDict(view.query), asker, search=search)


def kept_of(query: QueryDict) -> str:
    """Return what a view keeps of `query`, always in the same order and with its tab."""
    found = {name: value for name in KEPT if (value := query.get(name, "").strip())}
    return urlencode({PARAMETER: lead_lists.name_of(query)} | found)


def address_of(view: SavedView) -> str:
    return f"{reverse(LIST)}?{view.query}"


def _without_order(query: str) -> dict[str, str]:
    found = QueryDict(query).dict()
    return {name: str(value) for name, value in found.items() if name != "o"}


def _is_narrowed(query: QueryDict) -> bool:
    return any(query.get(name, "").strip() for name in (*NARROW, "q"))


def _seen_by(user: User) -> list[SavedView]:
    """Return one's own views and those that others share, one's own first."""
    seen = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True)).select_related("owner")
    return sorted(seen[:MOST], key=lambda view: (view.owner_id != user.pk, view.name.casefold()))


def _built_in(
    request: HttpRequest, counts: dict[str, int], *, is_current: bool
) -> Iterable[dict[str, Any]]:
    present = lead_lists.name_of(request.GET)
    for name, view in VIEWS.items():
        if name not in UNSEEN or name == present:
            yield {
                "words": view.words,
                "url": f"{reverse(LIST)}?{urlencode({PARAMETER: name})}",
                "count": _said(counts[name]),
                "is_urgent": name in URGENT and bool(counts[name]),
                "is_current": is_current and name == present,
            }


def _said(count: int) -> int | str:
    return count if count <= MOST_COUNTED else f"{MOST_COUNTED}+"


def _tab(view: SavedView, count: int, user: User, *, is_current: bool) -> dict[str, Any]:
    whose = "" if view.owner_id == user.pk else name_of(view.owner)
    return {
        "words": view.name,
        "whose": whose,
        "url": address_of(view),
        "count": _said(count),
        "is_saved": True,
        "is_current": is_current,
    }
