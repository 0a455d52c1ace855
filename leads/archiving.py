"""Offers as rows of the site's archive; the people who answered them are no content."""

from collections.abc import Iterator
from typing import Any

from leads.models import Offer

FIELDS = (
    *("slug", "name", "heading", "text", "button", "search_phrases", "description"),
    *("is_active", "is_default"),
)


def offers() -> Iterator[dict[str, Any]]:
    """Every offer, active or not, its host by the slug."""
    for offer in Offer.objects.order_by("slug").select_related("host"):
        host = offer.host.slug if offer.host else None
        yield {**{name: getattr(offer, name) for name in FIELDS}, "host": host}
