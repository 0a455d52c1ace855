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
def call_to_action(
    context: Context, host: Author | None = None, offer: int | None = None
) -> dict[str, object]:
    """Show the call to action of an offer (key), or of the default one. No query.

    Nothing while there is none. `host` is whose portrait stands beside it
    where the offer has no host of its own.
    """
    shown_offer = offers.for_page(offer)
    person = (shown_offer.host if shown_offer else None) or host
    shown = person if person and person.is_visible and person.portrait else None
    url = _link(context, shown_offer)
    return {"offer": shown_offer, "host": shown, "url": url, "name": "page-call"}


@register.inclusion_tag("leads/_call_line.html", takes_context=True)
def call_line(context: Context, offer: int | None = None) -> dict[str, object]:
    """Show an offer (key) or the default one in one line, for the middle of a page. No query."""
    shown = offers.for_page(offer)
    return {"offer": shown, "url": _link(context, shown)}


@register.inclusion_tag("leads/_call_bar.html", takes_context=True)
def call_bar(context: Context, offer: int | None = None) -> dict[str, object]:
    """Show an offer (key) or the default one within reach on small screens. No query."""
    shown = offers.for_page(offer)
    return {"offer": shown, "url": _link(context, shown)}


@register.inclusion_tag("leads/_call_to_action.html", takes_context=True)
def pinned_offer(context: Context, query: str) -> dict[str, object]:
    """Show the offer that is pinned to a search; nothing where none is. No query."""
    offer = offers.pinned_to(query)
    url = _link(context, offer)
    return {"offer": offer, "host": None, "url": url, "name": "page-pinned-call"}


def _link(context: Context, offer: Offer | None) -> str:
    return origin.consultation_link(context["request"].path, offer) if offer else ""
