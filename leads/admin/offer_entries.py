"""Which entries show an offer and why: a page beside its form, and how many in its list."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.alphabet import fold
from glossary import search
from glossary.models import EntryQuerySet
from leads import offers
from leads.models import Offer
from leads.offers import Reason

ENTRIES_PER_PAGE = 50


class OfferList(ChangeList):
    """The list of offers, each with the number of entries that show it; one query more."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        counts = offers.counts()
        for offer in self.result_list:
            offer.entry_count = counts.get(offer.pk, 0)


class OfferEntries(admin.ModelAdmin):
    """The page of an offer's entries, and the links to it."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OfferList

    def get_readonly_fields(self, request: HttpRequest, obj: Offer | None = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), "shown_by"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.entries_view)
        own = path("<int:pk>/entries/", view, name="leads_offer_entries")
        return [own, *super().get_urls()]

    @admin.display(description="shown by")
    def shown_by(self, offer: Any) -> SafeString | str:
        if offer.pk is None:
            return "–"
        known = getattr(offer, "entry_count", None)
        count = offers.entries_showing(offer).count() if known is None else known
        address = reverse("admin:leads_offer_entries", args=[offer.pk])
        said = "1 entry" if count == 1 else f"{count} entries" if count else "no entry"
        return format_html('<a href="{}">{}</a>', address, said)

    def entries_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The entries that show the offer; ?q= and ?reason= narrow the list."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        offer = get_object_or_404(Offer, pk=pk)
        query, reason = search.clean(request.GET.get("q", "")), request.GET.get("reason")
        reason = reason if reason in Reason.values else ""
        counts = offers.reasons(offer)
        found = _narrowed(offers.entries_showing(offer), query, reason)
        pages = Paginator(found.for_lists().order_by("sort_key", "pk"), ENTRIES_PER_PAGE)
        others = request.GET.copy()
        others.pop("page", None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Entries that show “{offer.name}”",
            "offer": offer,
            "topics": offer.offer_topics.select_related("topic").order_by("topic__name"),
            "reasons": [(each, each.label, counts[each], each == reason) for each in Reason],
            "total": sum(counts.values()),
            "page": pages.get_page(request.GET.get("page")),
            "said": query,
            "reason": reason,
            "query": others.urlencode(),
        }
        return TemplateResponse(request, "admin/leads/offer/entries.html", context)


def _narrowed(entries: Any, query: str, reason: str) -> EntryQuerySet:
    if reason:
        entries = entries.filter(reason=reason)
    return entries.filter(term_key__contains=fold(query)) if query else entries
