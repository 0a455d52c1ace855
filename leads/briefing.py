"""What a host wants to know before a talk: one booking, with all that is known around it.

For staff alone: nothing of it is ever shown or mailed to a prospect.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.db.models import Q
from django.urls import reverse

from glossary.addresses import Target, target_of
from glossary.models import Entry, OldSlug
from leads import clock
from leads.models import UTM, Attribution, Booking, Lead, LeadEvent, Reply

MOST_PATHS = 30
"""Of what somebody read, the newest that are looked up."""
MOST_TERMS = 12
MOST_CONTACTS = 20


@dataclass(frozen=True)
class Contact:
    """Something that was said or done with this person, besides the booking itself."""

    at: datetime
    words: str
    text: str = ""
    url: str = ""


@dataclass(frozen=True)
class Reading:
    """Entries that somebody knows."""

    terms: list[Entry]
    """Public ones: that whose call they followed, then those that they read, newest first."""
    missing: int
    """How many of those they read are not in `terms`: not public any more, or too many."""


@dataclass(frozen=True)
class Briefing:
    """What is known of a booking; what the visitor chose not to share is missing."""

    booking: Booking
    line: Attribution | None
    """How they came here."""
    reading: Reading
    contacts: list[Contact]
    """Newest first."""
    more_contacts: int

    @property
    def lead(self) -> Lead:
        return self.booking.lead

    @property
    def ways(self) -> list[tuple[str, str]]:
        """How they came here, in words: what each of it is, and what it was."""
        line = self.line
        if line is None:
            return []
        known = [
            ("Call", line.get_position_display()),
            ("First page", line.landing_path),
            ("Referrer", line.referrer_host),
            ("Campaign", " / ".join(filter(None, (getattr(line, name) for name in UTM)))),
        ]
        return [(name, value) for name, value in known if value]

    @property
    def has_shared(self) -> bool:
        return bool(self.line and (self.line.read or self.line.searched))

    @property
    def searched(self) -> list[str]:
        """What they searched for, newest first, if they chose to share it."""
        return list(reversed(self.line.searched)) if self.line else []

    def get_admin_url(self) -> str:
        return reverse("lead_desk:briefing", args=[self.booking.pk])


def of(booking: Booking) -> Briefing:
    """Return the briefing for `booking`, which was read `with_people`; at most seven queries."""
    line = Attribution.objects.filter(lead=booking.lead_id).first()
    contacts = _contacts(booking)
    return Briefing(
        booking,
        line,
        _reading(line.read if line else [], booking.lead.entry_id),
        contacts[:MOST_CONTACTS],
        more_contacts=max(0, len(contacts) - MOST_CONTACTS),
    )


# What they know ---------------------------------------------------------------------------


def _reading(read: Sequence[str], source: int | None) -> Reading:
    """The entries at the paths in `read`, oldest first, after that with the key `source`."""
    targets = [target_of(path) for path in dict.fromkeys(reversed(read[-MOST_PATHS:]))]
    known = list(filter(None, targets))
    by_target, by_key = _public(known, source)
    found = [by_key.get(source or 0), *(by_target.get(target) for target in known)]
    terms = list(dict.fromkeys(filter(None, found)))
    lost = len(targets) - sum(target in by_target for target in known)
    return Reading(terms[:MOST_TERMS], lost + max(0, len(terms) - MOST_TERMS))


def _public(
    targets: Sequence[Target], source: int | None
) -> tuple[dict[Target, Entry], dict[int, Entry]]:
    """The public entries at `targets`, at old addresses too, and all of them by key."""
    if not targets and source is None:
        return {}, {}
    moved = {
        (language, slug): key
        for language, slug, key in OldSlug.objects.filter(_at(targets)).values_list(
            "language", "slug", "entry"
        )
    }
    wanted = _at(targets) | Q(pk__in=[*moved.values(), source or 0])
    by_key = {entry.pk: entry for entry in Entry.objects.published().for_lists().filter(wanted)}
    found = {(entry.language, entry.slug): entry for entry in by_key.values()}
    for target, key in moved.items():
        if key in by_key:
            found.setdefault(target, by_key[key])
    return found, by_key


def _at(targets: Sequence[Target]) -> Q:
    """The condition of being at one of `targets`."""
    condition = Q(pk__in=[])
    for language, slug in targets:
        condition |= Q(language=language, slug=slug)
    return condition


# What was said before ---------------------------------------------------------------------


def _contacts(booking: Booking) -> list[Contact]:
    """Other requests and bookings of the same person, replies and notes; newest first."""
    lead = booking.lead
    same_person = Q(pk__in=Lead.objects.same_email(lead).values("pk")) | Q(merged_into=lead)
    others = list(
        Lead.objects.filter(same_person).exclude(state=Lead.State.SPAM).select_related("entry")
    )
    everything = {"lead__in": [lead, *others]}
    bookings = Booking.objects.filter(**everything).exclude(pk=booking.pk).with_people()
    replies = Reply.objects.filter(**everything).select_related("by")
    notes = LeadEvent.objects.filter(kind="lead.noted", **everything).select_related("by")
    found = chain(
        map(_request, others),
        map(_booked, bookings),
        (_by_staff("Reply", each.created_at, each, each.subject, each.body) for each in replies),
        (_by_staff("Note", each.at, each, "", each.note) for each in notes),
    )
    return sorted(found, key=lambda contact: contact.at, reverse=True)


def _request(lead: Lead) -> Contact:
    after = f" after reading “{lead.entry.term}”" if lead.entry else ""
    words = f"Request{after} ({lead.get_state_display().lower()})"
    return Contact(lead.created_at, words, lead.message, _address_of(lead.pk))


def _booked(booking: Booking) -> Contact:
    host, zone = booking.calendar.author.name, booking.host_zone
    words = (
        f"{booking.offer.name} with {host} on {clock.day(booking.starts_at, zone)}, "
        f"{clock.time(booking.starts_at, zone)} ({booking.get_state_display().lower()})"
    )
    return Contact(booking.created_at, words, booking.reason, booking.get_admin_url())


def _by_staff(kind: str, at: datetime, row: Reply | LeadEvent, subject: str, text: str) -> Contact:
    who = f" by {row.by.get_full_name() or row.by.get_username()}" if row.by else ""
    words = f"{kind}{who}: {subject}" if subject else f"{kind}{who}"
    return Contact(at, words, text, _address_of(row.lead_id))


def _address_of(lead: int) -> str:
    return reverse("admin:leads_lead_change", args=[lead])
