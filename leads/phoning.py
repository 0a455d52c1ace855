"""The act of booking for somebody on the phone: lead, consent and booking in one transaction."""

from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from config import locks
from glossary.models import Entry
from leads import consenting, ledger, pipeline, webhooks
from leads.booking import book
from leads.consenting import Agreement
from leads.models import Booking, Calendar, Lead, LeadEvent, Offer


@dataclass(frozen=True)
class Call:
    """What a member of staff wrote down while somebody called."""

    offer: Offer
    start: datetime
    any_time: bool = False
    """Whether the time is none of the offered ones."""
    calendar: Calendar | None = None
    """None: any host who is free."""
    lead: Lead | None = None
    """Who called, if they asked before; else `answers` and what follows say who."""
    answers: dict[str, str] = field(default_factory=dict)
    entry: Entry | None = None
    language: str = "en"
    agreements: tuple[Agreement, ...] = ()
    """What they were read and said yes to."""
    visitor_zone: str = ""
    note: str = ""


def book_on_phone(
    call: Call,
    *,
    mark: str,
    by: AbstractBaseUser,
    tell: bool = True,
    now: datetime | None = None,
) -> Booking:
    """Hold the time of `call`, and store who called; the same `mark` is the same booking.

    Raises SlotTaken, after which nothing is stored: the form still has it all.
    """
    now = now or timezone.now()
    with transaction.atomic():
        # The second click of a double click waits here for the booking of the first.
        locks.take(f"call {mark}")
        known = _known(call, mark)
        if known:
            return known
        lead = call.lead or _enter(call, mark, by, now)
        booked = book(
            call.offer,
            start=call.start,
            lead=lead,
            visitor_zone=call.visitor_zone,
            calendar=call.calendar,
            any_time=call.any_time,
            by=by,
            tell=tell,
            now=now,
        )
        pipeline.note(
            lead,
            "lead.called",
            by=by,
            booking=booked,
            text=call.note,
            data={"mark": mark},
            now=now,
        )
    return booked


def _known(call: Call, mark: str) -> Booking | None:
    called = LeadEvent.objects.filter(kind="lead.called", data__mark=mark)
    of_lead = called.filter(lead=call.lead) if call.lead else called.filter(lead__submission=mark)
    event = of_lead.select_related("booking").first()
    return event.booking if event else None


def _enter(call: Call, mark: str, by: AbstractBaseUser, now: datetime) -> Lead:
    lead = Lead.objects.create(
        **call.answers,
        offer=call.offer,
        entry=call.entry,
        language=call.language,
        created_at=now,
        submission=mark,
    )
    consenting.record(lead, call.agreements, now=now)
    ledger.open_line(lead, now=now)
    pipeline.note(lead, "lead.created", by=by, now=now)
    webhooks.lead_created(lead, by=by, now=now)
    return lead
