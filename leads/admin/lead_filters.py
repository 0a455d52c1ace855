"""What narrows a view of the inbox down: by state, owner, offer, topic of the entry, and age.

Each filter's condition is a function of its own, so that a saved view holds
the same rows when it is counted as when it is looked at.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, QueryDict

from config.http import key_of
from config.staff_admin import member_of_staff
from glossary.history import name_of
from glossary.models import Entry, Topic
from leads.admin import lead_lists
from leads.admin.lead_lists import PARAMETER, STATE, VIEWS, Asker
from leads.models import Lead, Offer
from leads.models.leads import LeadQuerySet

ME, NOBODY = "me", "nobody"
AGES = {"1": "Today", "7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}
"""Counted in days of the site's zone, with today; so that a saved view stays true."""
Lookups = list[tuple[Any, str]]


class InboxFilter(admin.SimpleListFilter):
    parameter_name: str

    def queryset(self, request: HttpRequest, queryset: Any) -> LeadQuerySet:
        value = self.value()
        if value is None:
            return queryset
        return NARROW[self.parameter_name](
            queryset, str(value), Asker.now_of(member_of_staff(request))
        )


class ViewFilter(admin.SimpleListFilter):
    """The views are tabs above the list, so that the side shows nothing of them."""

    title = "view"
    parameter_name = PARAMETER
    template = "admin/leads/booking/_no_filter.html"

    def lookups(self, request: HttpRequest, model_admin: object) -> Lookups:
        return [(name, view.words) for name, view in VIEWS.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> LeadQuerySet:
        view = VIEWS[lead_lists.name_of(request.GET)]
        return view.rows(queryset, Asker.now_of(member_of_staff(request)))


class StateFilter(InboxFilter):
    """The states that the view has; none to choose from where there is but one."""

    title = "state"
    parameter_name = STATE

    def lookups(self, request: HttpRequest, model_admin: object) -> Lookups:
        view = VIEWS[lead_lists.name_of(request.GET)]
        return [(str(state.value), str(state.label)) for state in view.states]


class OwnerFilter(InboxFilter):
    title = "owner"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: object) -> Lookups:
        has_any = Exists(Lead.objects.filter(owner=OuterRef("pk")))
        others = User.objects.filter(has_any).exclude(pk=request.user.pk or 0)
        named = [(user.pk, name_of(user)) for user in others.order_by("first_name", "username")]
        return [(ME, "Me"), (NOBODY, "Nobody"), *named]


class OfferFilter(InboxFilter):
    title = "offer"
    parameter_name = "offer"

    def lookups(self, request: HttpRequest, model_admin: object) -> Lookups:
        return list(Offer.objects.values_list("pk", "name"))


class TopicFilter(InboxFilter):
    title = "topic of the entry"
    parameter_name = "topic"

    def lookups(self, request: HttpRequest, model_admin: object) -> Lookups:
        return list(Topic.objects.order_by("name").values_list("pk", "name"))


class ReceivedFilter(InboxFilter):
    title = "age"
    parameter_name = "received"

    def lookups(self, request: HttpRequest, model_admin: object) -> Lookups:
        return list(AGES.items())


FILTERS: list[Any] = [
    ViewFilter,
    StateFilter,
    OwnerFilter,
    ReceivedFilter,
    OfferFilter,
    TopicFilter,
]


# Conditions -------------------------------------------------------------------------------


def _by_state(rows: LeadQuerySet, value: str, asker: Asker) -> LeadQuerySet:
    return rows.filter(state=value)


def _by_owner(rows: LeadQuerySet, value: str, asker: Asker) -> LeadQuerySet:
    if value == ME:
        return rows.of(asker.user)
    if value == NOBODY:
        return rows.filter(owner=None)
    return rows.filter(owner=key_of(value) or 0)


def _by_offer(rows: LeadQuerySet, value: str, asker: Asker) -> LeadQuerySet:
    return rows.filter(offer=key_of(value) or 0)


def _by_topic(rows: LeadQuerySet, value: str, asker: Asker) -> LeadQuerySet:
    about = Entry.objects.filter(topics=key_of(value) or 0)
    return rows.filter(entry__in=about.order_by().values("pk"))


def _by_age(rows: LeadQuerySet, value: str, asker: Asker) -> LeadQuerySet:
    if value not in AGES:
        return rows
    first = asker.today - timedelta(days=int(value) - 1)
    return rows.filter(created_at__date__gte=first)


NARROW: dict[str, Callable[[LeadQuerySet, str, Asker], LeadQuerySet]] = {
    STATE: _by_state,
    "owner": _by_owner,
    "offer": _by_offer,
    "topic": _by_topic,
    "received": _by_age,
}


def rows_of(
    query: QueryDict, asker: Asker, *, search: Callable[[LeadQuerySet, str], LeadQuerySet]
) -> LeadQuerySet:
    """Return the rows that the list shows at an address with `query`; no query of its own."""
    rows = VIEWS[lead_lists.name_of(query)].rows(Lead.objects.all(), asker)
    for name, narrow in NARROW.items():
        if value := query.get(name):
            rows = narrow(rows, value, asker)
    words = query.get("q", "").strip()
    return search(rows, words) if words else rows
