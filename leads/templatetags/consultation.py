"""The call to action, for any page's template; and what a page is reported as when it is seen."""

from collections.abc import Iterable, Mapping

from django import template
from django.template import Context

from authors.models import Author
from config.addresses import address_of
from glossary.models import Entry, Topic
from leads import beacons, offers, origin
from leads.models import Offer
from leads.models.ledger import Position

register = template.Library()
Topics = Iterable[Mapping[str, str]]
"""Rows with the name of a topic each, in the order in which the page shows them."""


# What is counted --------------------------------------------------------------------------


@register.simple_tag
def seen_at(
    entry: Entry | None = None,
    offer: int | None = None,
    topics: Topics = (),
    topic: Topic | None = None,
) -> str:
    """Return where a browser reports that it shows the page of `entry`, if it is one. No query.

    What follows says, as for `call_to_action`, which offer the page shows.
    """
    names = [topic.name] if topic else _names(topics)
    return _seen(offers.for_page(offer, names), entry)


@register.simple_tag
def comparison_seen_at(first: Entry, second: Entry) -> str:
    """Return the same for the page that shows `comparison_call`."""
    return _seen(offers.for_comparison(first, second))


# Calls ------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def general_call(context: Context, position: str) -> dict[str, str]:
    """Return `url` and `mark` of a link to the default offer, at the head or foot of any page.

    A page on which somebody chooses a time is not where they came from.
    """
    path, form = context["request"].path, address_of("leads:consultation")
    if path.startswith(form):
        return {"url": form, "mark": ""}
    offer, place = offers.default(), Position(position)
    return {
        "url": origin.consultation_link(path, position=place),
        "mark": beacons.call_mark(place, offer.pk if offer else 0),
    }


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
    return _box(context, offers.for_page(offer, names), host)


@register.inclusion_tag("leads/_call_to_action.html", takes_context=True)
def comparison_call(context: Context, first: Entry, second: Entry) -> dict[str, object]:
    """Show the call to action of the first entry, else of the second, else the default."""
    return _box(context, offers.for_comparison(first, second))


@register.inclusion_tag("leads/_call_line.html", takes_context=True)
def call_line(
    context: Context, offer: int | None = None, topics: Topics = ()
) -> dict[str, object]:
    """Show the same offer as `call_to_action` in one line, for the middle of a page. No query."""
    return _call(context, offers.for_page(offer, _names(topics)), Position.LINE)


@register.inclusion_tag("leads/_call_bar.html", takes_context=True)
def call_bar(context: Context, offer: int | None = None, topics: Topics = ()) -> dict[str, object]:
    """Show the same offer as `call_to_action` within reach on small screens. No query."""
    return _call(context, offers.for_page(offer, _names(topics)), Position.BAR)


@register.inclusion_tag("leads/_call_to_action.html", takes_context=True)
def pinned_offer(context: Context, query: str) -> dict[str, object]:
    """Show the offer that is pinned to a search; nothing where none is. No query."""
    call = _call(context, offers.pinned_to(query), Position.SEARCH)
    return {**call, "host": None, "name": "page-pinned-call"}


def _box(context: Context, offer: Offer | None, host: Author | None = None) -> dict[str, object]:
    person = (offer.host if offer else None) or host
    shown = person if person and person.is_visible and person.portrait else None
    return {**_call(context, offer, Position.END), "host": shown, "name": "page-call"}


def _call(context: Context, offer: Offer | None, position: Position) -> dict[str, object]:
    if offer is None:
        return {"offer": None}
    url = origin.consultation_link(context["request"].path, offer, position=position)
    return {"offer": offer, "url": url, "mark": beacons.call_mark(position, offer.pk)}


def _seen(offer: Offer | None, entry: Entry | None = None) -> str:
    return beacons.address_of(entry.pk if entry else 0, offer.pk if offer else 0)


def _names(topics: Topics) -> list[str]:
    return [topic["name"] for topic in topics]
