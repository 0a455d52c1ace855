"""Where a request came from: the page whose call to action was followed, and the call's place."""

import re
from collections.abc import Iterable
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q

from config.addresses import address_of
from glossary.addresses import Target, target_of
from glossary.models import Entry
from leads import marks
from leads.models import Offer
from leads.models.ledger import Position

MAX_PATH = 300
SALT = "leads.origin"
_LANGUAGES = "|".join(code for code, _ in settings.LANGUAGES)
_SECRET = re.compile(
    rf"/consultation/(?:booking|calendar|consent)/|^/(?:(?:{_LANGUAGES})/)?drafts/"
)


def consultation_link(path: str, offer: Offer | None = None, *, position: Position) -> str:
    """Return the address of the form that remembers `path`, and where on it the link stood."""
    address = offer.get_absolute_url() if offer else address_of("leads:consultation")
    page = clean_path(path)
    told = {"from": page, "via": via(page, offer, position)}
    given = {name: value for name, value in told.items() if value}
    return f"{address}?{urlencode(given, safe='/')}"


def via(path: str, offer: Offer | None, position: Position) -> str:
    """Return what proves to the form that a call at `position` of the page at `path` was followed.

    The same for everybody: it says nothing of who followed it.
    """
    return f"{position}.{marks.mark(SALT, path, position, _key(offer))}"


def position_of(via: str, path: str, offer: Offer | None) -> str:
    """Return the position that `via` proves for a form with `offer`, "" if we did not sign it.

    Links at the head and foot of a page name no offer and lead to the default one.
    """
    position, _, mark = via.partition(".")
    keys = {_key(offer), 0}
    is_known = position in Position.values and mark.isascii()
    is_ours = is_known and any(marks.is_ours(mark, SALT, path, position, key) for key in keys)
    return position if is_ours else ""


def signed_via(via: str, path: str, offer: Offer | None) -> str:
    """Return `via` if it proves a position, else "": nothing else is carried on."""
    return via if position_of(via, path, offer) else ""


def clean_path(path: str) -> str:
    """Return `path` if it can be a page of ours, else "". Secret addresses are not to go on."""
    is_ours = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    is_secret = _SECRET.search(path) is not None
    return path if is_ours and not is_secret and len(path) <= MAX_PATH else ""


def entry_at(path: str) -> Entry | None:
    """Return the public entry whose page is at `path`, or None; at most one query."""
    return entries_at([path]).get(path)


def entries_at(paths: Iterable[str]) -> dict[str, Entry]:
    """Return the public entries whose pages are at `paths`, in this order; at most one query."""
    targets: dict[str, Target] = {}
    for path in paths:
        target = target_of(path) if path else None
        if target:
            targets[path] = target
    if not targets:
        return {}
    wanted = Q()
    for language, slug in targets.values():
        wanted |= Q(language=language, slug=slug)
    found = {
        (entry.language, entry.slug): entry
        for entry in Entry.objects.published().for_lists().filter(wanted)
    }
    return {path: found[target] for path, target in targets.items() if target in found}


def _key(offer: Offer | None) -> int:
    return offer.pk if offer else 0
