"""How long leads are kept: what has had its time is erased, hour by hour, by the worker.

The time of a lead begins anew with each thing that happens with it, or with
what was merged into it. Whoever
is expected for a talk, or has a next step that staff wrote down, is left.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, Count, DateTimeField, Exists, F, OuterRef, Q, Value, When
from django.utils import timezone

from leads import erasing, traces
from leads.models import Booking, Lead, LeadEvent, RetentionRule
from leads.models.leads import LeadQuerySet

Days = Mapping[str, int | None]
"""Days by state; None, or no state: kept."""
SOON = timedelta(days=7)
BATCH = 50
MOST = 500
"""Leads that one run erases; what is left waits for the next hour, so that mails do not."""
_ITS, _OF_MERGED = Q(lead=OuterRef("pk")), Q(lead__merged_into=OuterRef("pk"))


def rules() -> dict[str, int | None]:
    """Return the days of each state; one query."""
    return dict(RetentionRule.objects.values_list("state", "days"))


def due(days: Days, at: datetime, now: datetime | None = None) -> LeadQuerySet:
    """Return the leads whose time will have passed at `at`, if nothing happens with them.

    Merged ones go with the lead that they were merged into.
    """
    until = {state: at - timedelta(days=number) for state, number in days.items() if number}
    if not until:
        return Lead.objects.none()
    cases = [When(state=state, then=Value(moment)) for state, moment in until.items()]
    since = LeadEvent.objects.filter(at__gt=OuterRef("until"))
    ahead = Booking.objects.upcoming(now).without_lapsed(now)
    left = Lead.objects.filter(
        state__in=until, merged_into=None, next_step="", next_step_on=None
    ).annotate(until=Case(*cases, output_field=DateTimeField()))
    # Two conditions with an index each; no database uses one for “this one's or that one's”.
    stirs = [Exists(rows.filter(whose)) for rows in (since, ahead) for whose in (_ITS, _OF_MERGED)]
    return left.filter(*(~stir for stir in stirs), created_at__lte=F("until"))


def going(days: Days, at: datetime, now: datetime | None = None) -> dict[str, int]:
    """Return how many leads of each state will be erased by `at`; one query."""
    rows = due(days, at, now).order_by().values_list("state").annotate(Count("pk"))
    return dict(rows)


def run(now: datetime | None = None) -> int:
    """Erase what has had its time, at most `MOST`; return how many requests. For TIDYING."""
    now = now or timezone.now()
    days = rules()
    erased = 0
    while erased < MOST and (number := _erase_some(days, now)):
        erased += number
    return erased


def _erase_some(days: Days, now: datetime) -> int:
    with transaction.atomic():
        traces.one_at_a_time()
        ready = due(days, now, now).order_by("pk")
        first = list(ready[:BATCH])
        erasing.hold_talks(traces.of(first))
        # What somebody is changing waits for the next hour.
        rows = ready.filter(pk__in=[lead.pk for lead in first])
        batch = list(rows.select_for_update(of=("self",), skip_locked=True))
        return _erase(batch, now) if batch else 0


def _erase(leads: list[Lead], now: datetime) -> int:
    """Erase `leads`, together or, where one of them is expected after all, each by itself."""
    try:
        return erasing.erase(leads, keeps_askers=True, now=now)
    except erasing.TalkAhead:
        return sum(_erase([lead], now) for lead in leads) if len(leads) > 1 else 0
