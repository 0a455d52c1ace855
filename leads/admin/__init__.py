"""The desk's pages of consultations, a module for each of its nouns."""

from leads.admin import (
    bookings,
    calendars,
    leads,
    notices,
    offers,
    reply_templates,
    retention,
)

__all__ = [
    "bookings",
    "calendars",
    "leads",
    "notices",
    "offers",
    "reply_templates",
    "retention",
]
