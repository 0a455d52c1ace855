"""What prospects are offered, when, and what came of it."""

from leads.models.bookings import BLOCKING, OPEN, WAITING, Booking
from leads.models.calendars import BlockedPeriod, Calendar, DateOverride
from leads.models.consents import Consent
from leads.models.desk import NoticeChoices, Reply, ReplyTemplate, RetentionRule, SavedView
from leads.models.leads import Lead, LeadEvent, new_submission
from leads.models.ledger import UTM, Attribution, DayCount, Position
from leads.models.offers import RESERVED_SLUGS, Offer, OfferTopic

__all__ = [
    "BLOCKING",
    "OPEN",
    "RESERVED_SLUGS",
    "UTM",
    "WAITING",
    "Attribution",
    "BlockedPeriod",
    "Booking",
    "Calendar",
    "Consent",
    "DateOverride",
    "DayCount",
    "Lead",
    "LeadEvent",
    "NoticeChoices",
    "Offer",
    "OfferTopic",
    "Position",
    "Reply",
    "ReplyTemplate",
    "RetentionRule",
    "SavedView",
    "new_submission",
]
