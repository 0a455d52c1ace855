"""The call to action, for any page's template."""

from django import template
from django.template import Context

from authors.models import Author
from leads import offers, origin
from leads.models import Offer

register = template.Library()


@register.simple_tag(takes_context=True)
def consultation_url(context: Context) -> str:
    """Return the address of the consultation form, carrying the page that links to it."""
    return origin.consultation_link(context["request"].path)


@register.inclusion_tag("leads/_call_to_action.html", takes_context=True)
def call_to_action(context: Context, host: Author | None = None) -> dict[str, object]:
    """Show the default offer's call to action; nothing while there is none. No query.

    `host` is whose portrait stands beside it where the offer has no host of its own.
    """
    offer = offers.default()
    person = (offer.host if offer else None) or host
    shown = person if person and person.is_visible and person.portrait else None
    return {"offer": offer, "host": shown, "url": _link(context, offer), "name": "page-call"}


@register.inclusion_tag("leads/_call_line.html", takes_context=True)
def call_line(context: Context) -> dict[str, object]:
    """Show the default offer in one line, for the middle of a page. No query."""
    offer = offers.default()
    return {"offer": offer, "url": _link(context, offer)}


@register.inclusion_tag("leads/_call_bar.html", takes_context=True)
def call_bar(context: Context) -> dict[str, object]:
    """Show the default offer where small screens keep it within reach. No query."""
    offer = offers.default()
    return {"offer": offer, "url": _link(context, offer)}


@register.inclusion_tag("leads/_call_to_action.html", takes_context=True)
def pinned_offer(context: Context, query: str) -> dict[str, object]:
    """Show the offer that is pinned to a search; nothing where none is. No query."""
    offer = offers.pinned_to(query)
    url = _link(context, offer)
    return {"offer": offer, "host": None, "url": url, "name": "page-pinned-call"}


def _link(context: Context, offer: Offer | None) -> str:
    return origin.consultation_link(context["request"].path, offer) if offer else ""
