"""A new site needs something to offer, and somebody who has time."""

from django.urls import reverse

from config.first_steps import Step
from leads.models import Calendar, Offer
from leads.models.calendars import WEEKDAYS


def step() -> Step:
    return Step(
        "Word the offer: the call to action that every page shows.",
        reverse("admin:leads_offer_add"),
        "leads.add_offer",
        Offer.objects.filter(is_default=True).exists(),
    )


def calendar_step() -> Step:
    """Done when an active offer has a host that readers may see, with hours."""
    calendars = Calendar.objects.exclude(**dict.fromkeys(WEEKDAYS, ""))
    hosting = calendars.filter(offers__is_active=True, author__is_visible=True)
    is_done = hosting.exists()
    if is_done or not calendars.exists():
        return Step(
            "Open a calendar, so that visitors can pick a time.",
            reverse("admin:leads_calendar_add"),
            "leads.add_calendar",
            is_done,
        )
    return Step(
        "Name the hosts of the offer, so that visitors can pick a time.",
        reverse("admin:leads_offer_changelist"),
        "leads.change_offer",
        is_done,
    )
