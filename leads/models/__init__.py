"""What prospects are offered, when, and what came of it."""

from leads.models.bookings import BLOCKING, OPEN, WAITING, Booking
from leads.models.calendars import BlockedPeriod, Calendar, DateOverride
from leads.models.leads import Lead, LeadEvent, new_submission
from leads.models.offers import RESERVED_SLUGS, Offer, OfferTopic

__all__ = [
    "BLOCKING",
    "OPEN",
    "RESERVED_SLUGS",
    "WAITING",
    "BlockedPeriod",
    "Booking",
    "Calendar",
    "DateOverride",
    "Lead",
    "LeadEvent",
    "Offer",
    "OfferTopic",
    "new_submission",
]
