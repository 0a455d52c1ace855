"""Who of the staff hears of what, by their own choice; one outbox row for each of them.

The rows are written in the transaction of what happened, so that one address
that is refused keeps nobody else's mail. Whoever did it hears nothing of it,
nor does anybody who may not see requests.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from django.contrib.auth.models import AbstractBaseUser, User
from django.db.models import Q, QuerySet
from django.urls import reverse

from config import outbox, site
from leads.models import Booking, Lead, LeadEvent, NoticeChoices

Of = NoticeChoices.Of
OF_LEAD, OF_BOOKING = "leads.notify_staff", "leads.notify_of_booking"
CHOICES = {
    # A request that comes with a time is told as a booking, once.
    "booking.created": ("new_leads", "bookings"),
    "booking.verified": ("new_leads", "bookings"),
    "booking.confirmed": ("bookings",),
    "booking.moved": ("bookings",),
    "booking.cancelled": ("cancellations",),
    "booking.refused": ("cancellations",),
    "booking.expired": ("cancellations",),
    "booking.no_show": ("cancellations",),
}
"""Which choices want the event of a booking."""
_BACKEND = "django.contrib.auth.backends.ModelBackend"


# Who --------------------------------------------------------------------------------------


def readers() -> QuerySet[User]:
    """Return the staff whom mails about requests may reach at all."""
    may_see = User.objects.with_perm("leads.view_lead", backend=_BACKEND)
    return may_see.filter(is_staff=True).exclude(email="")


def wanting(
    choices: Iterable[str], lead: Lead | None, *, without: int | None = None
) -> QuerySet[User]:
    """Return who wants word of `lead` by any of `choices`, names of fields of NoticeChoices.

    What belongs to no lead is nobody's. Who never chose hears of their own
    leads alone. `without` is the key of whoever did it.
    """
    owner = lead.owner_id if lead else None
    mine = Q(pk=owner) if owner else Q()
    wish = Q(notice_choices=None, pk=owner) if owner else Q(pk__in=[])
    for name in choices:
        wish |= Q(**{f"notice_choices__{name}": Of.ALL})
        wish |= Q(**{f"notice_choices__{name}": Of.MINE}) & mine
    others = readers().exclude(pk=without) if without else readers()
    return others.filter(wish).order_by("pk")


def reader(pk: int) -> User | None:
    """Return the member of staff with this key, if mails may still reach them."""
    return readers().filter(pk=pk).first()


def choices_url() -> str:
    """Return where staff choose what they hear of; it needs their login."""
    return site.absolute(reverse("lead_desk:notifications"))


def mark_of(address: str) -> str:
    """Return what stands for an address of the site's group in messages, which hold none."""
    return sha256(address.casefold().encode()).hexdigest()[:16]


# Of what ----------------------------------------------------------------------------------


def of_lead(
    lead: Lead,
    *,
    by: AbstractBaseUser | None = None,
    to_group: bool = True,
    due_at: datetime | None = None,
    unless_booked: bool = False,
) -> None:
    """Promise word of a new request to the site's group and to all who want it.

    Where nobody is named who could hear of it, one message waits until somebody is.
    """
    group = site.current().recipients if to_group else []
    actor = _address_of(by)
    payload = {"lead": lead.pk, "unless_booked": unless_booked}
    told = {actor} if actor else set()
    wanted: list[dict[str, object]] = []
    for address in group:
        if address.casefold() not in told:
            wanted.append({"address": mark_of(address)})
            told.add(address.casefold())
    for user in wanting(["new_leads"], lead, without=by.pk if by else None):
        if user.email.casefold() not in told:
            wanted.append({"user": user.pk})
            told.add(user.email.casefold())
    if to_group and not group and not wanted:
        wanted.append({})
    for recipient in wanted:
        outbox.enqueue(OF_LEAD, due_at=due_at, **payload, **recipient)


def of_booking(booking: Booking, event: LeadEvent) -> None:
    """Promise word of what happened to a booking to all who want it.

    The mail to host and group is `leads.tell_host`; who gets that one is left
    out when this one is sent.
    """
    choices = CHOICES.get(event.kind)
    if choices is None:
        return
    told: set[str] = set()
    for user in wanting(choices, booking.lead, without=event.by_id):
        if user.email.casefold() not in told:
            outbox.enqueue(OF_BOOKING, booking=booking.pk, event=event.pk, user=user.pk)
        told.add(user.email.casefold())


def _address_of(user: AbstractBaseUser | None) -> str:
    return user.email.casefold() if isinstance(user, User) else ""
