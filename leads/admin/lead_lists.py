"""The views of the inbox: which leads each holds, in which order, and how many they are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.http import QueryDict
from django.utils import timezone

from config import site
from config.bounded import CountUpTo
from leads.models import Lead
from leads.models.leads import LeadQuerySet

PARAMETER = "show"
STATE = "state__exact"
State = Lead.State
OPEN = (State.NEW, State.CONTACTED, State.QUALIFIED, State.BOOKED, State.HELD)
"""States in which somebody still has to do something, sooner or later."""
KNOWN = (*OPEN, State.WON, State.LOST)


@dataclass(frozen=True)
class Asker:
    """Who looks, when, and what the site promises."""

    user: User
    now: datetime
    hours: int
    """Within which requests are to be answered."""

    @property
    def today(self) -> date:
        return timezone.localdate(self.now, site.current().zone)

    @classmethod
    def now_of(cls, user: User, now: datetime | None = None) -> "Asker":
        return cls(user, now or timezone.now(), site.current().answer_hours)


@dataclass(frozen=True)
class View:
    """A tab above the list."""

    words: str
    rows: Callable[[LeadQuerySet, Asker], LeadQuerySet]
    nothing: str
    """What is said when it is empty."""
    states: tuple[Lead.State, ...] = ()
    """Among which its rows can be narrowed down."""
    ordering: tuple[Any, ...] = ("-created_at", "-pk")


_WAITING = Q(state=State.NEW, answered_at=None)
_BY_URGENCY = (
    Case(When(_WAITING, then=Value(0)), default=Value(1), output_field=IntegerField()).asc(),
    Case(When(_WAITING, then=F("created_at"))).asc(nulls_last=True),
    F("next_step_on").asc(nulls_last=True),
    "-created_at",
    "-pk",
)
"""Whoever waits for an answer, the longest first; then the steps by their day; then the rest."""
_BY_STEP = ("next_step_on", "created_at", "pk")
_OLDEST_FIRST = ("created_at", "pk")

VIEWS = {
    # The first is what the inbox opens with. Not “New”: a promise to call on Tuesday would be
    # out of sight. Not “All”: what was won and lost needs nobody, and grows for ever.
    "open": View(
        "Open",
        lambda leads, who: leads.inbox().filter(state__in=OPEN),
        "Nobody waits for anything. Once somebody asks, they are listed here.",
        OPEN,
        _BY_URGENCY,
    ),
    "new": View(
        "New and unanswered",
        lambda leads, who: leads.unanswered(),
        "Everybody who asked has an answer.",
        ordering=_OLDEST_FIRST,
    ),
    "mine": View(
        "Mine",
        lambda leads, who: leads.inbox().of(who.user).filter(state__in=OPEN),
        "You follow up nobody at the moment. Leads that nobody owns are under “Open”.",
        OPEN,
        _BY_URGENCY,
    ),
    "due": View(
        "Due today",
        lambda leads, who: leads.inbox().due(who.today),
        "No next step is due today.",
        KNOWN,
        _BY_STEP,
    ),
    "overdue": View(
        "Overdue",
        lambda leads, who: leads.overdue(hours=who.hours, now=who.now),
        "Nobody waits for longer than the site promises.",
        ordering=_OLDEST_FIRST,
    ),
    "all": View(
        "All",
        lambda leads, who: leads.inbox(),
        "Nobody has asked yet. What visitors send by the form is listed here.",
        KNOWN,
    ),
    "spam": View(
        "Suspected spam",
        lambda leads, who: leads.quarantined(),
        "Nothing looks like spam. What does is kept here and answered only once you take it up.",
    ),
    "merged": View(
        "Merged",
        lambda leads, who: leads.filter(merged_into__isnull=False),
        "No request was merged into another one.",
        (*KNOWN, State.SPAM),
    ),
}
UNSEEN = ("merged",)
"""Views that have no tab: whoever looks for one of these asks for it."""
MOST_COUNTED = 1_000
"""Leads up to which a tab says how many it holds."""
URGENT = ("overdue",)
"""Views in which nobody should be."""


def name_of(query: QueryDict) -> str:
    """Return the view that an address asks for by `query`.

    One that only names a state, as bookmarks do, means all in this state.
    """
    name = query.get(PARAMETER, "")
    if name in VIEWS:
        return name
    state = query.get(STATE)
    if state == State.SPAM:
        return "spam"
    return "all" if state else "open"


def counts(
    asker: Asker, saved: dict[int, LeadQuerySet] | None = None
) -> tuple[dict[str, int], dict[int, int]]:
    """Return how many leads each view holds, and each of the `saved` by its key. One query.

    One more than MOST_COUNTED stands for all that is more.
    """
    leads = Lead.objects.all()
    rows = {f"view_{name}": view.rows(leads, asker) for name, view in VIEWS.items()}
    rows |= {f"saved_{key}": found for key, found in (saved or {}).items()}
    columns = {name: CountUpTo(found.order_by(), MOST_COUNTED + 1) for name, found in rows.items()}
    # Any row will do to hang the counts on; without one they are all zero.
    row = leads.order_by().values(**columns).first() or dict.fromkeys(columns, 0)
    built_in = {name: row[f"view_{name}"] for name in VIEWS}
    return built_in, {key: row[f"saved_{key}"] for key in saved or {}}
