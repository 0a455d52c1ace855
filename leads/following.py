"""What follows a change of a booking: its timeline, the lead's state, messages to send."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from config import outbox
from leads import notices, pipeline, reminders, webhooks
from leads.models import Booking, Lead

State = Booking.State
_BEFORE_TALK = (Lead.State.NEW, Lead.State.CONTACTED, Lead.State.QUALIFIED)


def follow_up(
    booking: Booking,
    kind: str,
    *,
    by: AbstractBaseUser | None = None,
    tell: bool = True,
    note: str = "",
    former: datetime | None = None,
    now: datetime,
) -> None:
    """The timeline, the lead's state and the messages of a change that was just written."""
    data = {"state": booking.state, "starts_at": booking.starts_at.isoformat()}
    if former:
        data["former"] = former.isoformat()
    event = pipeline.note(
        booking.lead, kind, by=by, booking=booking, text=note, data=data, now=now
    )
    _lead_follows(booking, by, now)
    webhooks.booking_changed(booking, kind, former=former, by=by, now=now)
    if tell:
        outbox.enqueue("leads.tell_prospect", booking=booking.pk)
    else:
        _count_as_told(booking)
    outbox.enqueue("leads.tell_host", booking=booking.pk, event=event.pk)
    notices.of_booking(booking, event)
    if booking.holds_until:
        outbox.enqueue("leads.expire_booking", due_at=booking.holds_until, booking=booking.pk)
    # Who wanted no mail when it was booked wants none that reminds of it.
    if booking.is_confirmed and (tell or booking.told_revision is not None):
        _promise_reminders(booking, now)


def _count_as_told(booking: Booking) -> None:
    """Keep the mails of later changes from telling this one, unless an earlier one is due yet."""
    told = Booking.objects.filter(pk=booking.pk, told_revision=booking.revision - 1)
    told.update(told_revision=booking.revision, told_starts_at=booking.starts_at)


def _promise_reminders(booking: Booking, now: datetime) -> None:
    times = reminders.due(booking.offer.reminders, starts_at=booking.starts_at, now=now)
    for _, at in times:
        outbox.enqueue(
            "leads.remind",
            due_at=at,
            booking=booking.pk,
            starts_at=booking.starts_at.isoformat(),
        )


def _lead_follows(booking: Booking, by: AbstractBaseUser | None, now: datetime) -> None:
    lead, known, through = _whose_state(booking), Lead.State, booking.lead
    if booking.is_confirmed:
        pipeline.advance(lead, known.BOOKED, out_of=_BEFORE_TALK, by=by, through=through, now=now)
    elif booking.state == State.HELD:
        before = (*_BEFORE_TALK, known.BOOKED)
        pipeline.advance(lead, known.HELD, out_of=before, by=by, through=through, now=now)
    elif booking.state == State.NO_SHOW:
        _go_back(booking, lead, by, now)
    elif not Booking.objects.of(lead).upcoming(now).exists():
        # A prospect who gave the time back, or was never answered, needs somebody again.
        next_state = known.CONTACTED if by else known.NEW
        pipeline.advance(lead, next_state, out_of=[known.BOOKED], by=by, now=now)


def _go_back(booking: Booking, lead: Lead, by: AbstractBaseUser | None, now: datetime) -> None:
    """Nobody came to `booking`: `lead` is before that talk; another one that was held, was."""
    talks = Booking.objects.of(lead)
    is_ahead = talks.upcoming(now).exists()
    next_state = Lead.State.BOOKED if is_ahead else Lead.State.CONTACTED
    out_of = [Lead.State.BOOKED]
    if not talks.filter(state=State.HELD).exists():
        out_of.append(Lead.State.HELD)
    pipeline.advance(lead, next_state, out_of=out_of, by=by, now=now)


def _whose_state(booking: Booking) -> Lead:
    """The lead of `booking`, or the one into which it was merged; no merge comes between.

    Both are locked in the order of keys, as merging does.
    """
    asked = booking.lead
    keys = [key for key in (asked.pk, asked.merged_into_id) if key]
    rows = Lead.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    found = {each.pk: each for each in rows}
    kept = found[asked.pk].merged_into_id
    return (found.get(kept) or Lead.objects.get(pk=kept)) if kept else asked
