"""The call to action, for any page's template."""

from collections.abc import Iterable, Mapping

from django import template
from django.template import Context

from authors.models import Author
from glossary.models import Entry, Topic
from leads import offers, origin
from leads.models import Offer

register = template.Library()
Topics = Iterable[Mapping[str, str]]
"""Rows with the name of a topic each, in the order in which the page shows them."""


@register.simple_tag(takes_context=True)
def consultation_url(context: Context) -> str:
    """Return the address of the consultation form, carrying the page that links to it."""
    return origin.consultation_link(context["request"].path)


@register.inclusion_tag("leads/_call_to_action.html", takes_context=True)
def call_to_action(
    context: Context,
    host: Author | None = None,
    offer: int | None = None,
    topics: Topics = (),
    topic: Topic | None = None,
) -> dict[str, object]:
    """Show the call to action of an offer (key), else of the topics, else the default. No query.

    Nothing while there is none. `topic` is the one that a page is about as a
    whole; `host` is whose portrait stands beside the call where the offer has
    no host of its own.
    """
    names = [topic.name] if topic else _names(topics)
    return _call(context, offers.for_page(offer, names), host)


@register.inclusion_tag("leads/_call_to_action.html", takes_context=True)
def comparison_call(context: Context, first: Entry, second: Entry) -> dict[str, object]:
    """Show the call to action of the first entry, else of the second, else the default."""
    return _call(context, offers.for_comparison(first, second))


@register.inclusion_tag("leads/_call_line.html", takes_context=True)
def call_line(
    context: Context, offer: int | None = None, topics: Topics = ()
) -> dict[str, object]:
    """Show the same offer as `call_to_action` in one line, for the middle of a page. No query."""
    shown = offers.for_page(offer, _names(topics))
    return {"offer": shown, "url": _link(context, shown)}


@register.inclusion_tag("leads/_call_bar.html", takes_context=True)
def call_bar(context: Context, offer: int | None = None, topics: Topics = ()) -> dict[str, object]:
    """Show the same offer as `call_to_action` within reach on small screens. No query."""
    shown = offers.for_page(offer, _names(topics))
    return {"offer": shown, "url": _link(context, shown)}


@register.inclusion_tag("leads/_call_to_action.html", takes_context=True)
def pinned_offer(context: Context, query: str) -> dict[str, object]:
    """Show the offer that is pinned to a search; nothing where none is. No query."""
    offer = offers.pinned_to(query)
    url = _link(context, offer)
    return {"offer": offer, "host": None, "url": url, "name": "page-pinned-call"}


def _call(context: Context, offer: Offer | None, host: Author | None = None) -> dict[str, object]:
    person = (offer.host if offer else None) or host
    shown = person if person and person.is_visible and person.portrait else None
    return {"offer": offer, "host": shown, "url": _link(context, offer), "name": "page-call"}


def _names(topics: Topics) -> list[str]:
    return [topic["name"] for topic in topics]


def _link(context: Context, offer: Offer | None) -> str:
    return origin.consultation_link(context["request"].path, offer) if offer else ""
