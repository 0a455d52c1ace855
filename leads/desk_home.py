"""What the desk's first page says of requests and talks."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from config import site
from config.desk_home import Panel
from leads import funnel
from leads.models import Booking, Lead

MOST_LISTED = 5
SUSPECTS_SINCE = timedelta(days=7)


def unanswered(user: User, now: datetime | None = None) -> Panel | None:
    """Requests that nobody has answered, the oldest first, and word of suspects; three queries."""
    if not user.has_perm("leads.view_lead"):
        return None
    now = now or timezone.now()
    waiting = Lead.objects.unanswered()
    latest = now - timedelta(hours=site.current().answer_hours)
    listed = [
        (lead, lead.created_at < latest)
        for lead in waiting.select_related("entry", "owner").order_by("created_at", "pk")[
            :MOST_LISTED
        ]
    ]
    # A person among them waits for an answer as well, and hears nothing until somebody looks.
    suspects = Lead.objects.quarantined().filter(created_at__gt=now - SUSPECTS_SINCE)
    return Panel(
        "unanswered",
        "New requests",
        "admin/leads/home/_unanswered.html",
        {"listed": listed, "suspects": suspects.count(), "days": SUSPECTS_SINCE.days},
        count=_number(waiting, listed),
        url=f"{reverse('admin:leads_lead_changelist')}?show=new",
    )


def todays_talks(user: User, now: datetime | None = None) -> Panel | None:
    """Talks of the day where the site is, over or to come; one query."""
    if not user.has_perm("leads.view_booking"):
        return None
    now = now or timezone.now()
    zone = site.current().zone
    states = (Booking.State.CONFIRMED, Booking.State.HELD, Booking.State.NO_SHOW)
    talks = Booking.objects.on_day(now.astimezone(zone).date(), zone).filter(state__in=states)
    return Panel(
        "talks",
        "Consultations today",
        "admin/leads/home/_talks.html",
        {
            "talks": list(talks.with_people()),
            "now": now,
            "zone": zone,
            "may_brief": user.has_perm("leads.view_lead"),
        },
        url=reverse("admin:leads_booking_week"),
        link="The week",
    )


def to_confirm(user: User, now: datetime | None = None) -> Panel | None:
    """Bookings that wait for a yes or no, the next to lapse first; nothing where none does."""
    if not user.has_perm("leads.view_booking"):
        return None
    waiting = Booking.objects.to_confirm(now)
    listed = list(waiting.with_people().order_by("holds_until", "pk")[:MOST_LISTED])
    if not listed:
        return None
    return Panel(
        "to-confirm",
        "Bookings to confirm",
        "admin/leads/home/_to_confirm.html",
        {"listed": listed},
        count=_number(waiting, listed),
        url=f"{reverse('admin:leads_booking_changelist')}?show=waiting",
    )


def month(user: User, now: datetime | None = None) -> Panel | None:
    """The funnel of the month so far; two queries."""
    if not user.has_perm("leads.view_attribution"):
        return None
    return Panel(
        "month",
        "This month",
        "admin/leads/home/_month.html",
        {"month": funnel.of_month(now)},
        url=f"{reverse('lead_desk:figures')}?period=this-month",
        link="All figures",
    )


def _number(rows: QuerySet, listed: list) -> int:
    """How many there are; the query is only needed where a part is listed."""
    return rows.count() if len(listed) == MOST_LISTED else len(listed)
