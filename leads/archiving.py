"""Offers and calendars as rows of the site's archive; the people who answered are no content.

Neither are what hosts have elsewhere and the secret addresses of their calendars.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from leads.models import BlockedPeriod, Calendar, Offer
from leads.models.calendars import WEEKDAYS

OFFER_FIELDS = (
    *("slug", "name", "heading", "text", "button", "search_phrases", "description"),
    *("duration", "interval", "buffer_before", "buffer_after", "notice", "horizon"),
    *("most_a_day", "most_open", "place", "confirms_by_hand", "pending_hours", "verifies_email"),
    *("change_cutoff", "contact", "reminders", "is_paused", "pause_message"),
    *("is_active", "is_default"),
)


def offers() -> Iterator[dict[str, Any]]:
    """Every offer, active or not: its host and the hosts of its calendars by their slugs.

    Its topics are named by their slugs as well.
    """
    found = Offer.objects.order_by("slug").select_related("host")
    for offer in found.prefetch_related("calendars__author", "offer_topics__topic"):
        yield {
            **{name: getattr(offer, name) for name in OFFER_FIELDS},
            "host": offer.host.slug if offer.host else None,
            "calendars": sorted(each.author.slug for each in offer.calendars.all()),
            "topics": sorted(each.topic.slug for each in offer.offer_topics.all()),
        }


def calendars() -> Iterator[dict[str, Any]]:
    """Every calendar by the slug of its host: hours, days with other hours, times away (UTC)."""
    found = Calendar.objects.order_by("author__slug").select_related("author")
    for calendar in found.prefetch_related("overrides", "blocked"):
        yield {
            "host": calendar.author.slug,
            "time_zone": calendar.time_zone,
            "hours": {day: getattr(calendar, day) for day in WEEKDAYS},
            "overrides": [
                {"day": each.day.isoformat(), "hours": each.hours}
                for each in calendar.overrides.all()
            ],
            "blocked": [
                {
                    "from": each.starts_at.isoformat(),
                    "until": each.ends_at.isoformat(),
                    "reason": each.reason,
                }
                for each in sorted(calendar.blocked.all(), key=_in_order)
            ],
        }


def _in_order(period: BlockedPeriod) -> tuple[datetime, datetime, str]:
    return period.starts_at, period.ends_at, period.reason
