"""A mail a week to whoever keeps entries that are due for review; links to the desk in it."""

from datetime import date, datetime, time, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation

from config import locks, mail, outbox, site
from config.models import OutboxMessage
from glossary import freshness
from glossary.models import EntryQuerySet

KIND = "glossary.remind_of_reviews"
FROM = time(7)
"""When on Monday, where the site is; later in the week for what came up since."""
MOST_LISTED = 50

NOBODY = Q(owner=None) | Q(owner__is_active=False) | Q(owner__is_staff=False) | Q(owner__email="")
"""Entries whose owner no mail reaches; the site's contact hears of them."""


def plan(now: datetime | None = None) -> int:
    """Leave a mail for each owner with reviews due until Sunday; return how many.

    One in a week of the calendar, from Monday morning on, however often and by
    however many workers this is called.
    """
    local = (now or timezone.now()).astimezone(site.renew().zone)
    monday, sunday = _week(local.date())
    if local.date() == monday and local.time() < FROM:
        return 0
    entries = freshness.due(sunday).order_by()
    owners: set[int | None] = set(entries.exclude(NOBODY).values_list("owner", flat=True))
    if site.current().contact_email and entries.filter(NOBODY).exists():
        owners.add(None)
    if not owners:
        return 0
    week = monday.isoformat()
    with transaction.atomic():
        locks.take(KIND)
        # Messages are kept for longer than a week once they are done.
        told = OutboxMessage.objects.filter(kind=KIND, payload__week=week)
        owners -= {message.payload["owner"] for message in told}
        for owner in owners:
            outbox.enqueue(KIND, owner=owner, week=week)
    return len(owners)


def remind(message: OutboxMessage) -> None:
    """Outbox handler: send the mail, unless nothing is due or nobody is there any more."""
    owner = message.payload["owner"]
    if owner is None:
        user, address = None, site.current().contact_email
    else:
        user = get_user_model().objects.filter(pk=owner, is_active=True, is_staff=True).first()
        address = user.email if user else ""
    _, sunday = _week(date.fromisoformat(message.payload["week"]))
    entries = due_of(user, until=sunday)
    count = entries.count()
    if not address or not count:
        return
    with translation.override("en"):
        mail.send(message, "admin/mail/reviews_due", _context(entries, count, user), to=[address])


def due_of(user: User | None, *, until: date) -> EntryQuerySet:
    """Return what is due of `user`, or of nobody whom a mail would reach."""
    return freshness.due(until).filter(NOBODY if user is None else Q(owner=user))


def _week(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def _context(entries: EntryQuerySet, count: int, user: User | None) -> dict[str, object]:
    listed = [
        (entry, site.absolute(reverse("admin:glossary_entry_change", args=[entry.pk])))
        for entry in entries.only("term", "review_due_on")[:MOST_LISTED]
    ]
    return {
        "listed": listed,
        "count": count,
        "more": count - len(listed),
        "owner": user,
        "today": freshness.today(),
        "site": site.current(),
        "list_url": site.absolute(f"{reverse('reviews_due')}?owner={'me' if user else 'nobody'}"),
    }
