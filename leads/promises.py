"""What the privacy page says of requests: how long they are kept and who is told, as it is set."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config import site
from config.models import WebhookEndpoint
from leads import retention
from leads.models import Lead

State = Lead.State
_IN_WORDS: dict[str, Promise] = {
    State.NEW: _("Requests that nobody has answered"),
    State.CONTACTED: _("Requests that we have answered"),
    State.QUALIFIED: _("Requests that we are working on"),
    State.BOOKED: _("Requests with a booked consultation"),
    State.HELD: _("Requests of people we have talked to"),
    State.WON: _("Requests of people we work for"),
    State.LOST: _("Requests that led to nothing"),
    State.SPAM: _("Requests that look like spam"),
}


@dataclass(frozen=True)
class Promises:
    """What is true of requests at present."""

    ends: list[tuple[Promise, int]]
    """Kinds of requests with the days after which they are erased by themselves."""
    keeps_others: bool
    """Whether there are kinds without an end."""
    passes_on: bool
    """Whether other systems are told of requests or bookings."""


def as_set() -> Promises:
    """Return what the present settings promise; one query, a second one with webhooks."""
    days = retention.rules()
    ends = [(words, number) for state, words in _IN_WORDS.items() if (number := days.get(state))]
    return Promises(ends, keeps_others=len(ends) < len(_IN_WORDS), passes_on=_passes_on())


def _passes_on() -> bool:
    if not getattr(site.current(), "has_webhooks", True):
        return False
    told = WebhookEndpoint.objects.active().values_list("events", flat=True)
    kinds = [kind for events in told for kind in events]
    return any(kind.startswith(("lead.", "booking.")) for kind in kinds)
