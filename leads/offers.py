"""The offers that pages show, read together with the site settings; and which pages those are."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Collate

from authors.models import Author
from config import site
from config.alphabet import fold
from config.models import SiteSettings
from config.rows import JsonRows
from glossary import calls
from glossary.models import Entry, EntryQuerySet, Topic
from leads.models import Offer, OfferTopic

_COLUMNS = ("id", "name", "slug", "heading", "text", "button", "is_default", "search_phrases")
_HOST = ("id", "name", "slug", "role", "portrait", "portrait_alt", "is_visible")
_OF_HOST = {f"host_{name}": f"host__{name}" for name in _HOST if name != "id"}
_OF_TOPIC = {"topic": "topic__name", "offer": "offer_id"}


class Reason(TextChoices):
    """Why an entry shows the offer that it shows."""

    OWN = "own", "The entry says so"
    TOPIC = "topic", "One of its topics says so"
    DEFAULT = "default", "It is the site's default"


# What pages show --------------------------------------------------------------------------


def rows() -> JsonRows:
    """Return the subquery of active offers with their hosts, the default first."""
    columns = {name: name for name in (*_COLUMNS, "host_id")}
    return JsonRows(_active(), **columns, **_OF_HOST)


def topic_rows() -> JsonRows:
    """Return the subquery of the topics that have an active offer, by their names."""
    return JsonRows(_attached(), **_OF_TOPIC)


def active() -> list[Offer]:
    """Return the active offers, the default first; no query, once site settings are saved."""
    settings = _with_rows(site.current())
    if not hasattr(settings, "active_offers"):
        # A page asks for them in six places.
        settings.active_offers = [_offer(row) for row in settings.offers]
    return settings.active_offers


def default() -> Offer | None:
    """Return the offer that pages show unless they have one of their own."""
    return next((offer for offer in active() if offer.is_default), None)


def for_page(key: int | None = None, topics: Iterable[str] = ()) -> Offer | None:
    """Return the offer of a page that wants `key` and is about `topics`, by `glossary.calls`."""
    known = {offer.pk: offer for offer in active()}
    choice = calls.choose(key, topics)
    return known[choice.offer] if choice else None


def for_comparison(first: Entry, second: Entry) -> Offer | None:
    """Return what the first entry shows, or the second one where that is the default only."""
    known = {offer.pk: offer for offer in active()}
    wishes = [calls.of_entry(entry) for entry in (first, second)]
    chosen = next((each for each in wishes if each and not each.is_default), wishes[0])
    return known[chosen.offer] if chosen else None


def pinned_to(query: str) -> Offer | None:
    """Return the offer that staff want to be seen by those who search for `query`."""
    key = fold(query)
    return next((offer for offer in active() if key and key in _phrases(offer)), None)


# Which entries show it --------------------------------------------------------------------


def with_offers(entries: EntryQuerySet) -> EntryQuerySet:
    """Give each of `entries` the key of its `shown_offer`, the `reason` and the `deciding_topic`.

    The rule of `glossary.calls` in SQL, on the rows that readers see; a planned
    change counts from when the worker has put it in its place.
    """
    own = Offer.objects.active().filter(pk=OuterRef("offer"))
    attached = OfferTopic.objects.filter(
        offer__is_active=True, topic__memberships__content_object=OuterRef("pk")
    ).order_by(_by_name())
    default = Offer.objects.active().filter(is_default=True)
    chosen = entries.annotate(
        own_offer=Subquery(own.values("pk")[:1]),
        topic_offer=Subquery(attached.values("offer")[:1]),
        deciding_topic=Subquery(attached.values("topic__name")[:1]),
    )
    return chosen.annotate(
        shown_offer=Coalesce(
            "own_offer",
            "topic_offer",
            Subquery(default.values("pk")[:1]),
            output_field=BigIntegerField(),
        ),
        reason=Case(
            When(own_offer__isnull=False, then=Value(Reason.OWN)),
            When(topic_offer__isnull=False, then=Value(Reason.TOPIC)),
            default=Value(Reason.DEFAULT),
        ),
    )


def entries_showing(offer: Offer, now: datetime | None = None) -> EntryQuerySet:
    """Return the public entries whose pages show `offer`, as `with_offers` says why."""
    return with_offers(Entry.objects.published(now)).filter(Q(shown_offer=offer.pk))


def reasons(offer: Offer, now: datetime | None = None) -> dict[Reason, int]:
    """Return how many public entries show `offer` for which reason; one query."""
    found = _counted(entries_showing(offer, now), "reason")
    return {reason: found.get(reason, 0) for reason in Reason}


def counts(now: datetime | None = None) -> dict[int, int]:
    """Return how many public entries show each offer, by its key; one query."""
    return _counted(with_offers(Entry.objects.published(now)), "shown_offer")


def _counted(entries: Any, by: str) -> dict[Any, int]:
    return dict(entries.order_by().values_list(by).annotate(Count("pk")))


def follow_merge(gone: Iterable[Topic], *, into: Topic) -> None:
    """Keep the offer of a topic that becomes part of `into`, unless that has one of its own."""
    if OfferTopic.objects.filter(topic=into).exists():
        return
    attached = OfferTopic.objects.filter(topic__in=list(gone)).order_by(_by_name())
    if first := attached.first():
        OfferTopic.objects.filter(pk=first.pk).update(topic=into)


# Rows -------------------------------------------------------------------------------------


def _with_rows(settings: SiteSettings) -> Any:
    """Read what no query could bring along: nobody has saved these settings yet."""
    if not hasattr(settings, "offers"):
        of_host = {name: F(path) for name, path in _OF_HOST.items()}
        found = _active().values(*_COLUMNS, "host_id", **of_host)
        pairs = _attached().values_list(*_OF_TOPIC.values())
        of_topics = [dict(zip(_OF_TOPIC, pair, strict=True)) for pair in pairs]
        vars(settings).update(offers=list(found), offer_topics=of_topics)
    return settings


def _active() -> QuerySet[Offer]:
    return Offer.objects.active().order_by("-is_default", "name")


def _attached() -> QuerySet[OfferTopic]:
    return OfferTopic.objects.filter(offer__is_active=True).order_by("pk")


def _by_name() -> Collate:
    """The order in which pages show topics: by code points, whatever the database prefers."""
    return Collate("topic__name", "C" if connection.vendor == "postgresql" else "BINARY")


def _phrases(offer: Offer) -> set[str]:
    return {fold(line) for line in offer.search_phrases.splitlines()}


def _offer(row: dict[str, object]) -> Offer:
    """An offer from its row; not all of its fields, and not for saving."""
    host = Author(**{name: row[f"host_{name}"] for name in _HOST}) if row["host_id"] else None
    columns = {name: row[name] for name in _COLUMNS} | {"is_default": bool(row["is_default"])}
    return Offer(**columns, host=host)
