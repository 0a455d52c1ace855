"""The desk's list of reviews that are due, with one click for “still correct”."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from config.http import key_of, page_of
from glossary import freshness, history, permissions, reminding
from glossary.models import Entry, EntryQuerySet

PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def reviews_due(request: HttpRequest) -> HttpResponse:
    """Reviews that are due or will be within 30 days; POST finds some of them still correct."""
    if not request.user.has_perm("glossary.view_entry"):
        raise PermissionDenied
    if request.method == "POST":
        return find_correct(request)
    today = freshness.today()
    entries = freshness.due(today + freshness.SOON)
    owner = request.GET.get("owner", "")
    found = of_owner(entries, owner, request.user).select_related("owner", "reviewer")
    context = {
        **admin.site.each_context(request),
        "title": "Due for review",
        "today": today,
        "owner": owner,
        "query": urlencode({"owner": owner}) if owner else "",
        "owners": owners_of(entries, request.user),
        "page": page_of(request, found.for_lists(), size=PER_PAGE),
        "may_confirm": permissions.may(request.user, "confirm"),
    }
    return render(request, "admin/glossary/health/due.html", context)


def find_correct(request: HttpRequest) -> HttpResponse:
    """Confirm the chosen entries, or the one whose button was pressed; back to the list."""
    permissions.require(request.user, "confirm")
    given = [request.POST["one"]] if "one" in request.POST else request.POST.getlist("chosen")
    keys = [key for each in given[:PER_PAGE] if (key := key_of(each))]
    until = freshness.today() + freshness.SOON
    entries = list(freshness.due(until).filter(pk__in=keys))
    for entry in entries:
        freshness.confirm(entry, by=request.user, note=request.POST.get("note", "").strip())
    if entries:
        messages.success(request, said_of(entries))
    elif keys:
        messages.info(request, "Nothing to do: somebody has been here in the meantime.")
    else:
        messages.warning(request, "Tick the entries that are still correct first.")
    owner = request.GET.get("owner", "")
    query = f"?{urlencode({'owner': owner})}" if owner else ""
    return HttpResponseRedirect(reverse("reviews_due") + query)


def said_of(entries: list[Entry]) -> str:
    if len(entries) > 1:
        return f"{len(entries)} entries are still correct. Readers see no new date of update."
    [entry] = entries
    if entry.review_due_on is None:
        return f"“{entry}” is still correct. It has no interval, so that no review follows."
    day = formats.date_format(entry.review_due_on, "j F Y")
    return f"“{entry}” is still correct. Its next review is due on {day}."


def of_owner(entries: EntryQuerySet, owner: str, user: Any) -> EntryQuerySet:
    """`entries` of `user` ("me"), of nobody ("nobody"), of one owner by key, or all of them."""
    if owner == "me":
        return entries.filter(owner=user)
    if owner == "nobody":
        return entries.filter(reminding.NOBODY)
    key = key_of(owner)
    return entries.filter(owner=key) if key else entries


def owners_of(entries: EntryQuerySet, user: Any) -> Iterable[tuple[str, str, int]]:
    """(value, words, number) for the choice of an owner. One query."""
    columns = ("owner", "owner__first_name", "owner__last_name", "owner__username")
    rows = (
        entries.order_by()
        .values(*columns)
        .annotate(number=Count("pk"), unreached=Count("pk", filter=Q(reminding.NOBODY)))
    )
    found = sorted(rows, key=lambda row: row["owner__username"] or "")
    mine = sum(row["number"] for row in found if row["owner"] == user.pk)
    yield "", "Everybody’s", sum(row["number"] for row in found)
    yield "me", "Mine", mine
    yield "nobody", "Without an owner whom mails reach", sum(row["unreached"] for row in found)
    for row in found:
        if row["owner"] not in (None, user.pk):
            names = {key.removeprefix("owner__"): row[key] for key in columns[1:]}
            yield str(row["owner"]), history.name_of(User(**names)), row["number"]
