"""The offers that pages show, read together with the site settings."""

from django.db.models import F, QuerySet

from authors.models import Author
from config import site
from config.alphabet import fold
from config.rows import JsonRows
from leads.models import Offer

_COLUMNS = ("id", "name", "slug", "heading", "text", "button", "is_default", "search_phrases")
_HOST = ("id", "name", "slug", "role", "portrait", "portrait_alt", "is_visible")
_OF_HOST = {f"host_{name}": f"host__{name}" for name in _HOST if name != "id"}


def rows() -> JsonRows:
    """Return the subquery of active offers with their hosts, the default first."""
    columns = {name: name for name in (*_COLUMNS, "host_id")}
    return JsonRows(_active(), **columns, **_OF_HOST)


def active() -> list[Offer]:
    """Return the active offers, the default first; no query, once site settings are saved."""
    settings = site.current()
    if not hasattr(settings, "offers"):
        # Settings that nobody has saved came from no query that could have brought them along.
        of_host = {name: F(path) for name, path in _OF_HOST.items()}
        found = _active().values(*_COLUMNS, "host_id", **of_host)
        setattr(settings, "offers", list(found))  # noqa: B010 - as the query would have set it
    return [_offer(row) for row in getattr(settings, "offers")]  # noqa: B009 - not declared


def _active() -> QuerySet[Offer]:
    return Offer.objects.active().order_by("-is_default", "name")


def default() -> Offer | None:
    """Return the offer that pages show unless they have one of their own."""
    return next((offer for offer in active() if offer.is_default), None)


def for_page(key: int | None) -> Offer | None:
    """Return the offer that a page wants, or the default one where it is gone or paused."""
    chosen = next((offer for offer in active() if key and offer.pk == key), None)
    return chosen or default()


def pinned_to(query: str) -> Offer | None:
    """Return the offer that staff want to be seen by those who search for `query`."""
    key = fold(query)
    return next((offer for offer in active() if key and key in _phrases(offer)), None)


def _phrases(offer: Offer) -> set[str]:
    return {fold(line) for line in offer.search_phrases.splitlines()}


def _offer(row: dict[str, object]) -> Offer:
    """An offer from its row; not all of its fields, and not for saving."""
    host = Author(**{name: row[f"host_{name}"] for name in _HOST}) if row["host_id"] else None
    columns = {name: row[name] for name in _COLUMNS} | {"is_default": bool(row["is_default"])}
    return Offer(**columns, host=host)
