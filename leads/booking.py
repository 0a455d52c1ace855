"""The verbs of bookings; nothing else changes one.

Each takes the lock of the calendars first, then looks, then writes, in one
transaction with the timeline and the outbox. `by` is the member of staff who
acts, None the prospect or the system. `tell=False` mails the prospect nothing.
Any of them raises SlotTaken when others keep the calendar for too long.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError, IntegrityError, OperationalError, transaction
from django.db.models import Count
from django.utils import timezone

from config import locks
from config.models import OutboxMessage
from leads import availability, links, schedules
from leads.following import follow_up
from leads.models import Booking, Calendar, Lead, Offer

State = Booking.State
UNVERIFIED_LASTS = timedelta(minutes=30)
FARTHEST = timedelta(days=2 * 366)
"""How far ahead staff may book outside the offered times."""

_CHANGEABLE = (
    *("state", "holds_until", "revision", "reason", "starts_at", "ends_at"),
    *("blocked_from", "blocked_until", "time_zone", "wall_time", "visitor_zone"),
)
"""What the verbs write; the mails note in the other columns what they told, with no lock."""

_WALL = "booking_overlaps_no_other"
_LOST_RACES = {"23P01", "40001", "40P01", "55P03"}
"""SQLSTATEs: excluded, not serialisable, deadlock, lock not available (PostgreSQL, Appendix A)."""


class SlotTaken(Exception):
    """This time is not free any more, or was never offered."""


class TooManyBookings(Exception):
    """This address has as many open bookings of the offer as one person may have."""


class TooLate(Exception):
    """The time for changes has passed; the offer's contact can still help."""


class NotPossible(Exception):
    """A booking in this state knows no such change; the message says why, for staff."""


def book(
    offer: Offer,
    *,
    start: datetime,
    lead: Lead,
    visitor_zone: str = "",
    calendar: Calendar | None = None,
    any_time: bool = False,
    by: AbstractBaseUser | None = None,
    tell: bool = True,
    now: datetime | None = None,
) -> Booking:
    """Hold `start` for `lead` with the least booked host who is free, or with `calendar`.

    `any_time` lets staff go beyond the offered times; two at one time are
    never possible. Raises SlotTaken, TooManyBookings (not for staff).
    """
    now = now or timezone.now()
    candidates = [calendar] if calendar else schedules.calendars_of(offer)
    # All hosts of the offer, so that nobody's bookings of it are counted twice at once.
    with _alone_with(candidates, now=now):
        if by is None:
            _refuse_hoarding(offer, lead, now)
        free = _free(candidates, offer, start, any_time=any_time, now=now)
        if not free:
            raise SlotTaken(start)
        host = _least_booked(free, now)
        uid = links.new_uid()
        booking = Booking(
            offer=offer,
            calendar=host,
            lead=lead,
            visitor_zone=visitor_zone,
            uid=uid,
            token_hash=links.hash_of(links.new_token(uid)),
            created_at=now,
        )
        _set_time(booking, start)
        _set_state(booking, _first_state(offer, by), now)
        booking.save()
        follow_up(booking, "booking.created", by=by, tell=tell, now=now)
    return booking


def verify(booking: Booking, *, now: datetime | None = None) -> None:
    """Note that the prospect reads mail at their address. Raises NotPossible."""
    now = now or timezone.now()
    with _alone_with([booking.calendar], now=now):
        _reload(booking, State.UNVERIFIED)
        needs_staff = booking.offer.confirms_by_hand
        _change(booking, State.PENDING if needs_staff else State.CONFIRMED, now)
        follow_up(booking, "booking.verified", now=now)


def confirm(
    booking: Booking,
    *,
    by: AbstractBaseUser | None = None,
    tell: bool = True,
    now: datetime | None = None,
) -> None:
    """Promise the prospect the time that was kept for them. Raises NotPossible."""
    now = now or timezone.now()
    with _alone_with([booking.calendar], now=now):
        _reload(booking, State.UNVERIFIED, State.PENDING)
        _change(booking, State.CONFIRMED, now)
        follow_up(booking, "booking.confirmed", by=by, tell=tell, now=now)


def move(
    booking: Booking,
    *,
    start: datetime,
    visitor_zone: str = "",
    any_time: bool = False,
    by: AbstractBaseUser | None = None,
    tell: bool = True,
    now: datetime | None = None,
) -> None:
    """Exchange the time for `start`, with the same host; the old one is free again.

    `visitor_zone` is the zone in which it was chosen, if that has changed.
    Raises SlotTaken, TooLate (not for staff), NotPossible.
    """
    now = now or timezone.now()
    with _alone_with([booking.calendar], now=now):
        _reload(booking, State.UNVERIFIED, State.PENDING, State.CONFIRMED)
        _refuse_late(booking, by, now)
        former = booking.starts_at
        if start == former:
            return
        host = [booking.calendar]
        if not _free(host, booking.offer, start, any_time=any_time, without=booking, now=now):
            raise SlotTaken(start)
        _set_time(booking, start)
        booking.visitor_zone = visitor_zone or booking.visitor_zone
        # Who has to agree to a time has to agree to the next one as well.
        asks_again = by is None and booking.offer.confirms_by_hand and booking.is_confirmed
        _change(booking, State.PENDING if asks_again else State(booking.state), now)
        follow_up(booking, "booking.moved", by=by, tell=tell, former=former, now=now)


def cancel(
    booking: Booking,
    *,
    reason: str = "",
    by: AbstractBaseUser | None = None,
    tell: bool = True,
    now: datetime | None = None,
) -> None:
    """Give the time back. Raises TooLate (not for staff), NotPossible."""
    now = now or timezone.now()
    with _alone_with([booking.calendar], now=now):
        _reload(booking, State.UNVERIFIED, State.PENDING, State.CONFIRMED)
        _refuse_late(booking, by, now)
        booking.reason = reason
        _change(booking, State.CANCELLED, now)
        follow_up(booking, "booking.cancelled", by=by, tell=tell, note=reason, now=now)


def refuse(
    booking: Booking,
    *,
    by: AbstractBaseUser,
    reason: str = "",
    tell: bool = True,
    now: datetime | None = None,
) -> None:
    """Say no to a time that waits to be confirmed. Raises NotPossible."""
    now = now or timezone.now()
    with _alone_with([booking.calendar], now=now):
        _reload(booking, State.UNVERIFIED, State.PENDING)
        booking.reason = reason
        _change(booking, State.REFUSED, now)
        follow_up(booking, "booking.refused", by=by, tell=tell, note=reason, now=now)


def mark_held(
    booking: Booking, *, by: AbstractBaseUser | None = None, now: datetime | None = None
) -> None:
    """Note that the talk took place. Raises NotPossible."""
    _close(booking, State.HELD, by, now)


def mark_no_show(
    booking: Booking, *, by: AbstractBaseUser | None = None, now: datetime | None = None
) -> None:
    """Note that the prospect did not come. Raises NotPossible."""
    _close(booking, State.NO_SHOW, by, now)


def expire(message: OutboxMessage) -> None:
    """Outbox handler: end a booking that waited in vain, unless it was moved or confirmed."""
    now = timezone.now()
    booking = Booking.objects.with_people().filter(pk=message.payload["booking"]).first()
    if booking:
        with _alone_with([booking.calendar], now=now):
            pass  # whoever takes a calendar ends what has lapsed in it


# Locking, looking, writing ----------------------------------------------------------------


@contextmanager
def _alone_with(calendars: Sequence[Calendar], *, now: datetime) -> Iterator[None]:
    """One transaction, alone with `calendars`; what has lapsed there is ended.

    Raises SlotTaken where the database saw an overlap first, or somebody sat
    on a calendar for too long.
    """
    try:
        with transaction.atomic():
            locks.be_patient()
            hold(each.pk for each in calendars)
            for booking in Booking.objects.lapsed(now).filter(calendar__in=calendars):
                # Nobody knows whether an address is theirs that was never verified.
                is_known = booking.state == State.PENDING
                _change(booking, State.EXPIRED, now)
                follow_up(booking, "booking.expired", tell=is_known, now=now)
            yield
    except (IntegrityError, OperationalError) as error:
        if is_lost_race(error):
            raise SlotTaken from error
        raise


def hold(calendars: Iterable[int]) -> None:
    """Let nobody else book or change what is booked there until this transaction ends.

    By the keys of the calendars, before any lead is locked.
    """
    locks.take_all(f"calendar {key}" for key in calendars)


def is_lost_race(error: DatabaseError) -> bool:
    """Return whether the database says that somebody else was faster."""
    return getattr(error.__cause__, "sqlstate", "") in _LOST_RACES or _WALL in str(error)


def _refuse_hoarding(offer: Offer, lead: Lead, now: datetime) -> None:
    has = Booking.objects.upcoming(now).without_lapsed(now).filter(offer=offer)
    if offer.most_open and has.of_address(lead.email).count() >= offer.most_open:
        raise TooManyBookings


def _refuse_late(booking: Booking, by: AbstractBaseUser | None, now: datetime) -> None:
    if by is None and not can_change(booking, now):
        raise TooLate


def can_change(booking: Booking, now: datetime | None = None) -> bool:
    """Return whether the prospect may still move or cancel by themselves."""
    cutoff = booking.starts_at - timedelta(minutes=booking.offer.change_cutoff)
    return booking.is_open and (now or timezone.now()) < min(cutoff, booking.starts_at)


def _free(
    calendars: Sequence[Calendar],
    offer: Offer,
    start: datetime,
    *,
    any_time: bool,
    without: Booking | None = None,
    now: datetime,
) -> list[Calendar]:
    """Those of `calendars` that have `start`, as the lists of times were made."""
    if any_time:
        return _unbooked(calendars, offer, start, without, now)
    found = schedules.of(calendars, offer, first=start, last=start, without=without, now=now)
    return [
        calendar
        for calendar, schedule in found.items()
        if availability.is_offered(schedule, offer.rules, start, now)
    ]


def _unbooked(
    calendars: Sequence[Calendar],
    offer: Offer,
    start: datetime,
    without: Booking | None,
    now: datetime,
) -> list[Calendar]:
    if not now < start < now + FARTHEST:
        return []
    begin, end = _blocked(offer, start)
    others = Booking.objects.held().overlapping(begin, end).filter(calendar__in=calendars)
    if without:
        others = others.exclude(pk=without.pk)
    taken = set(others.values_list("calendar", flat=True))
    return [calendar for calendar in calendars if calendar.pk not in taken]


def _least_booked(calendars: Sequence[Calendar], now: datetime) -> Calendar:
    upcoming = Booking.objects.upcoming(now).filter(calendar__in=calendars).order_by()
    counts = dict(upcoming.values_list("calendar").annotate(Count("pk")))
    return min(calendars, key=lambda calendar: (counts.get(calendar.pk, 0), calendar.pk))


def _blocked(offer: Offer, start: datetime) -> tuple[datetime, datetime]:
    end = start + offer.length
    before, after = offer.buffer_before, offer.buffer_after
    return start - timedelta(minutes=before), end + timedelta(minutes=after)


def _set_time(booking: Booking, start: datetime) -> None:
    booking.starts_at = start.astimezone(UTC)
    booking.ends_at = booking.starts_at + booking.offer.length
    booking.blocked_from, booking.blocked_until = _blocked(booking.offer, booking.starts_at)
    booking.time_zone = booking.calendar.time_zone
    local = booking.starts_at.astimezone(booking.host_zone)
    booking.wall_time = local.strftime("%Y-%m-%dT%H:%M")


def _first_state(offer: Offer, by: AbstractBaseUser | None) -> State:
    if by is None and offer.verifies_email:
        return State.UNVERIFIED
    return State.PENDING if by is None and offer.confirms_by_hand else State.CONFIRMED


def _set_state(booking: Booking, state: State, now: datetime) -> None:
    lasts = {
        State.UNVERIFIED: UNVERIFIED_LASTS,
        State.PENDING: timedelta(hours=booking.offer.pending_hours),
    }
    booking.state = state
    ends = now + lasts[state] if state in lasts else None
    if ends and state == State.UNVERIFIED and booking.holds_until:
        # Moving from time to time must not hold one for ever without a mailbox.
        ends = min(ends, booking.holds_until)
    booking.holds_until = min(ends, booking.starts_at) if ends else None


def _reload(booking: Booking, *states: State) -> None:
    """Read the row again, now that nobody else changes it. Raises NotPossible."""
    try:
        booking.refresh_from_db()
    except Booking.DoesNotExist:
        raise NotPossible("This booking has been deleted.") from None
    if booking.state not in states:
        raise NotPossible(f"This booking is “{booking.get_state_display().lower()}” now.")


def _change(booking: Booking, state: State, now: datetime) -> None:
    _set_state(booking, state, now)
    booking.revision += 1
    booking.save(update_fields=_CHANGEABLE)


def _close(
    booking: Booking, state: State, by: AbstractBaseUser | None, now: datetime | None
) -> None:
    now = now or timezone.now()
    with _alone_with([booking.calendar], now=now):
        _reload(booking, State.CONFIRMED, State.HELD, State.NO_SHOW)
        if now < booking.starts_at:
            raise NotPossible("The talk has not begun yet.")
        if booking.state != state:
            _change(booking, state, now)
            follow_up(booking, f"booking.{state}", by=by, tell=False, now=now)
