"""A new site needs something to offer."""

from django.urls import reverse

from config.first_steps import Step
from leads.models import Offer


def step() -> Step:
    return Step(
        "Word the offer: the call to action that every page shows.",
        reverse("admin:leads_offer_add"),
        "leads.add_offer",
        Offer.objects.filter(is_default=True).exists(),
    )
