"""The act of asking: one transaction stores the lead, the consent and the mails to send."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.utils import timezone

from config import outbox, site, zones
from glossary.models import Entry
from leads import clock, consenting, ledger, notices, pipeline, puzzles, webhooks
from leads.arrival import Trail
from leads.booking import FARTHEST, SlotTaken, TooManyBookings, book
from leads.consenting import Agreement
from leads.models import Booking, Lead, Offer
from leads.models.leads import email_key
from leads.submission import FORM_MARK_LENGTH

MOST_REQUESTS = 3
"""Requests of one form, or of one address within an hour, that are taken at their word."""


UNTALKED = (Lead.State.NEW, Lead.State.CONTACTED, Lead.State.QUALIFIED, Lead.State.LOST)
"""States of leads with whom no talk was agreed; out of these staff put spam aside."""

NO_SPAM = "Somebody talked to them, or they count on a talk: cancel it first."
"""Why others are not put aside, for staff."""

LATER = timedelta(minutes=10)
"""Whoever lost the race for a time mostly takes another one; then one mail says it all."""


@dataclass(frozen=True)
class Request:
    """What a visitor sent, and where from."""

    answers: dict[str, str]
    agreements: tuple[Agreement, ...]
    language: str
    page: str = ""
    """Where the form was."""
    entry: Entry | None = None
    source_path: str = ""
    trail: Trail = field(default_factory=Trail)
    suspicion: str = ""
    """Why it looks as if no person with a question had sent it; "" if it does not."""
    solution: str = ""
    """Of the puzzle that its network needed; it opens one request."""


def request_consultation(
    request: Request, *, mark: str, offer: Offer | None = None, now: datetime | None = None
) -> Lead:
    """Store a request without a time and promise the mails; the same `mark` is the same lead.

    A suspect request is kept apart as spam, visible to staff and sending
    nothing; it is never dropped. Suspect is also the fourth one of a form, or
    of an hour for one address: our confirmations must not become somebody's
    means to fill a mailbox.
    """
    now = now or timezone.now()
    with transaction.atomic():
        lead, is_new = _keep(request, mark, offer, now)
        if is_new and lead.state != Lead.State.SPAM:
            _promise_mails(lead)
    return lead


def request_booking(
    request: Request,
    *,
    offer: Offer,
    start: datetime,
    visitor_zone: str,
    mark: str,
    now: datetime | None = None,
) -> Booking | None:
    """Store a request and hold `start` for it; None for a suspect, who holds nothing.

    One form books once: sent again with the same `mark`, whatever the time, it
    gets the booking that it has. Raises SlotTaken and TooManyBookings after
    the lead was stored; the same form can then try another time for it. A lead
    without a booking says which time was chosen.
    """
    now = now or timezone.now()
    refusal: SlotTaken | TooManyBookings | None = None
    with transaction.atomic():
        lead, is_new = _keep(request, mark, offer, now)
        known = lead.bookings.with_people().first()
        if known:
            return known
        if lead.state == Lead.State.SPAM:
            _keep_wish(lead, start, visitor_zone, now)
            return None
        try:
            return book(offer, start=start, lead=lead, visitor_zone=visitor_zone, now=now)
        except (SlotTaken, TooManyBookings) as error:
            refusal = error
        _keep_wish(lead, start, visitor_zone, now)
        if is_new:
            _promise_mails(lead, due_at=now + LATER, unless_booked=True)
    raise refusal


def _keep(request: Request, mark: str, offer: Offer | None, now: datetime) -> tuple[Lead, bool]:
    """Return the lead with `mark`, locked, and whether it is new.

    A form that is sent again, since its time had gone, brings its newest
    answers, and what is ticked in it now.
    """
    suspicion = (
        request.suspicion
        or _spent(request.solution, now)
        or _repeats(request.answers["email"], mark, now)
    )
    asked = {
        **request.answers,
        "offer": offer,
        "entry": request.entry,
        "source_path": request.source_path,
        "language": request.language,
    }
    state = Lead.State.SPAM if suspicion else Lead.State.NEW
    first = {"created_at": now, "state": state, "suspicion": suspicion}
    # The second click of a double click waits here until the first one's lead is stored.
    lead, is_new = Lead.objects.select_for_update().get_or_create(
        submission=mark, defaults={**asked, **first}
    )
    if is_new:
        consenting.record(lead, request.agreements, page=request.page, now=now)
        ledger.open_line(lead, request.trail, now=now)
        pipeline.note(lead, "lead.created", text=suspicion, now=now)
        if lead.state != Lead.State.SPAM:
            webhooks.lead_created(lead, now=now)
    elif not lead.bookings.exists():
        Lead.objects.filter(pk=lead.pk).update(**{"preferred_time": "", **request.answers})
        lead.refresh_from_db()
        consenting.record(lead, request.agreements, page=request.page, now=now)
        if suspicion:
            out_of = [Lead.State.NEW]
            pipeline.advance(lead, Lead.State.SPAM, out_of=out_of, reason=suspicion, now=now)
    return lead, is_new


def _keep_wish(lead: Lead, start: datetime, visitor_zone: str, now: datetime) -> None:
    """Note the time that nothing holds, for whoever answers `lead`; not one that cannot be."""
    if now < start < now + FARTHEST:
        zone = zones.find(visitor_zone) or site.current().zone
        lead.preferred_time = clock.whole(start, zone)
        lead.save(update_fields=["preferred_time"])


def _promise_mails(
    lead: Lead,
    *,
    by: AbstractBaseUser | None = None,
    due_at: datetime | None = None,
    unless_booked: bool = False,
) -> None:
    notices.of_lead(lead, by=by, due_at=due_at, unless_booked=unless_booked)
    outbox.enqueue(
        "leads.confirm_request", due_at=due_at, lead=lead.pk, unless_booked=unless_booked
    )


def _spent(solution: str, now: datetime) -> str:
    """Use up `solution`, if there is one; say so if another request has."""
    if not solution or puzzles.spend(solution, now):
        return ""
    return "The solution of its puzzle had opened another request before."


def _repeats(email: str, mark: str, now: datetime) -> str:
    """Say so if as many requests as one person could mean came from this form or address."""
    others = Lead.objects.exclude(submission=mark)
    of_form = others.filter(submission__startswith=mark[:FORM_MARK_LENGTH])
    if of_form.count() >= MOST_REQUESTS:
        return "The same form was sent again and again."
    recent = others.filter(email_key=email_key(email), created_at__gt=now - timedelta(hours=1))
    if recent.count() >= MOST_REQUESTS:
        return f"More than {MOST_REQUESTS} requests of one address within an hour."
    return ""


@transaction.atomic
def accept(lead: Lead, *, by: AbstractBaseUser | None = None) -> bool:
    """Take `lead` out of the suspects: it becomes new, and what it missed is promised.

    Returns whether it was one.
    """
    owes_mails = not has_heard(lead)
    if not pipeline.advance(lead, Lead.State.NEW, out_of=[Lead.State.SPAM], by=by):
        return False
    if owes_mails:
        _promise_mails(lead, by=by)
    return True


@transaction.atomic
def put_aside(lead: Lead, *, by: AbstractBaseUser) -> bool:
    """Bring `lead` to the suspects, where staff who know spam want it; return whether it went.

    Not one that counts on a talk or had one: a person, and a time that stays held.
    """
    # A booking that is being made refers to its lead, and waits for this lock.
    if not may_be_spam(Lead.objects.select_for_update().get(pk=lead.pk)):
        return False
    name = by.get_username()
    reason = f"Recognised by {name} on the desk."
    return pipeline.advance(lead, Lead.State.SPAM, out_of=UNTALKED, by=by, reason=reason)


def may_be_spam(lead: Lead) -> bool:
    """Return whether nobody has talked to `lead`, as the database has it, or is about to."""
    ahead = Booking.objects.of(lead).upcoming().without_lapsed()
    return lead.state in UNTALKED and not ahead.exists()


def has_heard(lead: Lead) -> bool:
    """Return whether a suspect had its mails: it was put aside, or taken up, by staff before."""
    moves = lead.events.filter(kind="lead.status_changed")
    spam = Lead.State.SPAM
    return moves.filter(models.Q(data__from=spam) | models.Q(data__to=spam)).exists()
