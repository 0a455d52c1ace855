"""The call to action, for any page's template."""

from django import template
from django.template import Context

from leads import origin
from leads.models import Offer

register = template.Library()


@register.simple_tag(takes_context=True)
def consultation_url(context: Context) -> str:
    """Return the address of the consultation form, carrying the page that links to it."""
    return origin.consultation_link(context["request"].path)


@register.inclusion_tag("leads/_call_to_action.html", takes_context=True)
def call_to_action(context: Context) -> dict[str, object]:
    """Show the default offer's call to action; nothing while there is none. One query."""
    offer = Offer.objects.active().filter(is_default=True).first()
    path = context["request"].path
    return {"offer": offer, "url": origin.consultation_link(path, offer) if offer else ""}
