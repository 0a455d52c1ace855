"""Leads as rows of a table, with all that staff know; how they are written is not said here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from config import site
from config.spreadsheets import Cell, Digits
from leads.models import UTM, Attribution, Booking, Consent, Lead

BATCH = 500
"""Rows that are in memory at once."""
_TALKS = dict(Booking.State.choices)


@dataclass(frozen=True)
class Column:
    name: str
    value: Callable[[Any], Cell]
    """Of a lead as `_known` reads it."""


def _lead(name: str, field: str) -> Column:
    return Column(name, attrgetter(field))


def _trail(name: str, read: Callable[[Attribution], Cell]) -> Column:
    """What the ledger knows; nothing for a lead that has no line in it."""

    def value(lead: Lead) -> Cell:
        line = getattr(lead, "attribution", None)
        return read(line) if line else None

    return Column(name, value)


COLUMNS = (
    _lead("Received", "created_at"),
    Column("State", lambda lead: lead.get_state_display()),
    _lead("Name", "name"),
    _lead("E-mail", "email"),
    Column("Phone", lambda lead: Digits(lead.phone)),
    _lead("Company", "company"),
    _lead("Message", "message"),
    _lead("Would suit them", "preferred_time"),
    _lead("Language", "language"),
    Column("Offer", lambda lead: lead.offer.name if lead.offer else ""),
    Column("Owner", lambda lead: _name(lead.owner)),
    _lead("Next step", "next_step"),
    _lead("Next step on", "next_step_on"),
    _lead("First answered", "answered_at"),
    _lead("Mail came back", "bounced_at"),
    _lead("Talk", "talk_at"),
    Column("State of the talk", lambda lead: _TALKS.get(lead.talk_state, "")),
    _lead("Value", "value"),
    Column("Currency", lambda lead: lead.currency if lead.value is not None else ""),
    _lead("Why lost", "lost_reason"),
    _lead("Why suspected", "suspicion"),
    Column("Marketing", lambda lead: _marketing(lead)),
    Column("Entry", lambda lead: lead.entry.term if lead.entry else ""),
    _lead("Came from", "source_path"),
    _trail("Followed", lambda line: line.get_position_display()),
    _trail("First page", lambda line: line.landing_path),
    _trail("Came here from", lambda line: line.referrer_host),
    *(_trail(name, attrgetter(name)) for name in UTM),
    _trail("Read", lambda line: "\n".join(line.read)),
    _trail("Searched", lambda line: "\n".join(line.searched)),
    _lead("Merged into it", "merged_count"),
    Column("Desk", lambda lead: site.absolute(_page_of(lead))),
)


def rows(leads: QuerySet[Lead]) -> Iterator[list[Cell]]:
    """Yield the names of the columns, then a row for each of `leads`, in their order; two queries.

    Moments are those of the site's clock. A text is what somebody wrote, and
    can be a formula: whoever writes the rows has to see to that.
    """
    current = site.current()
    yield [column.name for column in COLUMNS]
    for lead in _known(leads).iterator(BATCH):
        lead.currency = current.currency
        yield [_on_clock(column.value(lead), current.zone) for column in COLUMNS]


def _known(leads: QuerySet[Lead]) -> QuerySet[Any]:
    one = Q(lead=OuterRef("pk")) | Q(lead__merged_into=OuterRef("pk"))
    talks = Booking.objects.filter(one).order_by("-starts_at", "-pk")
    # An agreement was given by an address: a merged request of another one says nothing.
    address = Q(lead__email_key=OuterRef("email_key"))
    asked = Consent.objects.filter(one, address, purpose=Consent.Purpose.MARKETING)
    gone = Lead.objects.filter(merged_into=OuterRef("pk")).order_by()
    merged = gone.values("merged_into").annotate(count=Count("pk"))
    return leads.select_related("offer", "entry", "owner", "attribution").annotate(
        talk_at=Subquery(talks.values("starts_at")[:1]),
        talk_state=Subquery(talks.values("state")[:1]),
        agreed=Exists(asked.valid()),
        withdrew=Exists(asked.filter(withdrawn_at__isnull=False)),
        merged_count=Coalesce(Subquery(merged.values("count")), 0),
    )


def _marketing(lead: Any) -> str:
    """Whoever took an agreement back, has taken back all that they gave."""
    if lead.withdrew:
        return "withdrawn"
    return "yes" if lead.agreed else "no"


def _on_clock(cell: Cell, zone: ZoneInfo) -> Cell:
    if isinstance(cell, datetime):
        return cell.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    return cell


def _name(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


def _page_of(lead: Lead) -> str:
    return reverse("admin:leads_lead_change", args=[lead.pk])
