"""What hosts have planned elsewhere: fetched every quarter of an hour, and never guessed.

A calendar whose copy is too old offers nothing (`Calendar.knows_plans`), at
the very second and whatever became of the worker. Two chains of messages
belong to each calendar: one fetches and leaves word for the next time, one
waits for the moment of closing and tells staff. A chain that broke is begun
anew within the hour.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from config import locks, mail, outbox, site
from config.models import OutboxMessage, OutboxQuerySet
from leads import clock
from leads.busy_download import download
from leads.busy_lines import Unreadable
from leads.busy_reading import read_apart
from leads.mail import NoRecipient
from leads.models import Booking, Calendar
from leads.models.offers import FARTHEST

FETCH, WARN = "leads.fetch_feed", "leads.warn_of_feed"
EVERY = timedelta(minutes=15)
PAST = timedelta(days=1)
AHEAD = timedelta(days=FARTHEST + 10)
"""Farther than any offer reaches, by more than the oldest copy that is good enough."""
PATIENT = timedelta(minutes=30)
"""How long a new address may give nothing before staff hear of it by mail."""

_FORGOTTEN = {
    "busy": "[]",
    "feed_checked_at": None,
    "feed_good_at": None,
    "feed_warned_at": None,
    "feed_error": "",
}


@dataclass(frozen=True)
class FeedStatus:
    """What staff are told of a calendar's feed."""

    words: str
    is_closed: bool
    since: datetime | None = None
    """When it closed; None as long as it is open, or if it never was."""

    def __str__(self) -> str:
        return self.words


# Fetching ---------------------------------------------------------------------------------


def start(calendar: Calendar, now: datetime | None = None) -> None:
    """Forget the copy of a former address and fetch the present one at once.

    For whoever has just saved another address or zone; without an address
    both chains end. Until the first good copy the calendar offers nothing.
    """
    now = now or timezone.now()
    with transaction.atomic():
        _alone(calendar.pk)
        Calendar.objects.filter(pk=calendar.pk).update(**_FORGOTTEN)
        for name, value in _FORGOTTEN.items():
            setattr(calendar, name, value)
        OutboxMessage.objects.waiting().filter(
            kind__in=[FETCH, WARN], payload__calendar=calendar.pk, claimed_until=None
        ).delete()
        if calendar.feed_url:
            outbox.enqueue(FETCH, due_at=now, calendar=calendar.pk)
            outbox.enqueue(WARN, due_at=now + PATIENT, calendar=calendar.pk)


def fetch(message: OutboxMessage) -> None:
    """Outbox handler: fetch the calendar that the message names, and leave word for next time."""
    calendar = _with_feed(message)
    if calendar is None:
        return
    now = timezone.now()
    # Of two messages for one calendar, however they came about, one fetches.
    mine = Calendar.objects.filter(pk=calendar.pk, feed_checked_at=calendar.feed_checked_at)
    if mine.update(feed_checked_at=now):
        refresh(calendar, now)
    _plan(FETCH, calendar.pk, at=now + EVERY, after=message)


def refresh(calendar: Calendar, now: datetime | None = None) -> bool:
    """Fetch and keep the calendar's busy times; without a good copy the last one stays.

    Returns whether the copy was good. What belongs to an address that staff
    have replaced meanwhile is not kept.
    """
    now = now or timezone.now()
    same = Calendar.objects.filter(
        pk=calendar.pk, feed_url=calendar.feed_url, time_zone=calendar.time_zone
    )
    try:
        busy = read_apart(
            download(calendar.feed_url),
            zone=calendar.zone,
            first=now - PAST,
            last=now + AHEAD,
            without=_own_uids(calendar, now),
        )
    except Unreadable as error:
        same.update(feed_error=str(error)[:300])
        return False
    with transaction.atomic():
        kept = same.update(busy=json.dumps(busy), feed_good_at=now, feed_error="")
        if kept and Calendar.objects.filter(pk=calendar.pk).exclude(feed_warned_at=None).update(
            feed_warned_at=None
        ):
            outbox.enqueue(WARN, calendar=calendar.pk, is_over=True)
        if kept:
            _plan(WARN, calendar.pk, at=now + timedelta(hours=calendar.feed_hours))
    return bool(kept)


def plan(now: datetime | None = None) -> int:
    """Begin chains that broke, and hurry those that wait too long; return how many. Hourly."""
    now = now or timezone.now()
    begun = 0
    for calendar in Calendar.objects.exclude(feed_url=""):
        begun += _plan(FETCH, calendar.pk, at=now, latest=now + EVERY)
        if calendar.feed_warned_at is None:
            closes = closes_at(calendar)
            at = now + PATIENT if closes is None else max(closes, now)
            begun += _plan(WARN, calendar.pk, at=at, latest=at)
    return begun


def _own_uids(calendar: Calendar, now: datetime) -> set[str]:
    """UIDs of the host's bookings with us, which come back if that calendar shows our feed.

    A booking that was cancelled must not block its time by this detour.
    """
    bookings = Booking.objects.filter(calendar=calendar, blocked_until__gt=now - PAST)
    return {uid.lower() for uid in bookings.order_by().values_list("uid", flat=True)}


def _with_feed(message: OutboxMessage) -> Calendar | None:
    calendars = Calendar.objects.select_related("author__user").exclude(feed_url="")
    return calendars.filter(pk=message.payload["calendar"]).first()


# Chains -----------------------------------------------------------------------------------


def _alone(key: int) -> None:
    locks.take(f"feed {key}")


def _waiting(kind: str, key: int) -> OutboxQuerySet:
    found = OutboxMessage.objects.waiting().filter(kind=kind, payload__calendar=key)
    return found.exclude(payload__has_key="is_over")


@transaction.atomic
def _plan(
    kind: str,
    key: int,
    *,
    at: datetime,
    after: OutboxMessage | None = None,
    latest: datetime | None = None,
) -> bool:
    """Leave word for `at` unless the chain goes on already; return whether anything was done.

    A message of the chain that is due after `latest` is brought forward to `at`.
    """
    _alone(key)
    waiting = _waiting(kind, key)
    if after:
        waiting = waiting.exclude(pk=after.pk)
    if waiting.exists():
        late = waiting.filter(due_at__gt=latest, claimed_until=None) if latest else None
        return late is not None and bool(late.update(due_at=at))
    outbox.enqueue(kind, due_at=at, calendar=key)
    return True


# Telling staff ----------------------------------------------------------------------------


def closes_at(calendar: Calendar) -> datetime | None:
    """Return when the copy is too old to offer times by; None if there never was one."""
    good = calendar.feed_good_at
    return good + timedelta(hours=calendar.feed_hours) if good else None


def warn(message: OutboxMessage) -> None:
    """Outbox handler: tell staff once that the calendar has closed, and once that it is open.

    Due at the moment of closing; if good copies came meanwhile, it waits for
    the next such moment. Raises NoRecipient.
    """
    calendar = _with_feed(message)
    if calendar is None:
        return
    now = timezone.now()
    is_open = calendar.knows_plans(now)
    if message.payload.get("is_over"):
        if is_open:
            _tell(message, calendar, "admin/mail/feed_open")
        return
    if is_open:
        _plan(WARN, calendar.pk, at=closes_at(calendar) or now, after=message)
    elif calendar.feed_warned_at is None:
        _tell(message, calendar, "admin/mail/feed_closed")
        Calendar.objects.filter(pk=calendar.pk).update(feed_warned_at=now)


def status(calendar: Calendar, now: datetime | None = None) -> FeedStatus:
    """Return what staff are told of the calendar's feed: English, times in its zone."""
    if not calendar.feed_url:
        return FeedStatus("No other calendar is read.", is_closed=False)
    closes, error = closes_at(calendar), calendar.feed_error
    if closes is None:
        why = error or "It was not read yet; the worker does that within a minute."
        return FeedStatus(f"No time is offered before this calendar was read. {why}", True)
    good, limit = (_words(moment, calendar) for moment in (calendar.feed_good_at, closes))
    if not calendar.knows_plans(now):
        why = error or "Nothing was fetched since: is the worker running?"
        words = f"No time is offered since {limit}. The last good copy is of {good}. {why}"
        return FeedStatus(words, True, closes)
    if error:
        words = f"The copy of {good} is used until {limit}; then no time is offered. {error}"
        return FeedStatus(words, False)
    count = len(calendar.busy_intervals)
    times = "one busy time" if count == 1 else f"{count} busy times"
    return FeedStatus(f"Read at {good}: {times} in the coming year.", False)


def _tell(message: OutboxMessage, calendar: Calendar, template: str) -> None:
    user = calendar.author.user
    addresses = list(site.current().recipients)
    if user and user.is_active and user.is_staff and user.email:
        addresses.append(user.email)
    if not addresses:
        raise NoRecipient("Name somebody in the site settings under “who hears of new requests”.")
    closes = closes_at(calendar)
    path = reverse("admin:leads_calendar_change", args=[calendar.pk])
    context: dict[str, object] = {
        "calendar": calendar,
        "closed_at": _words(closes, calendar),
        "good_at": _words(calendar.feed_good_at, calendar),
        "site": site.current(),
        "admin_url": site.absolute(path),
    }
    with translation.override("en"):
        mail.send(message, template, context, to=list(dict.fromkeys(addresses)))


def _words(moment: datetime | None, calendar: Calendar) -> str:
    with translation.override("en"):
        return clock.whole(moment, calendar.zone) if moment else ""
