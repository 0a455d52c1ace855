"""Where a request came from: the page whose call to action was followed."""

from urllib.parse import urlencode

from django.urls import reverse

from glossary.addresses import target_of
from glossary.models import Entry
from leads.models import Offer

MAX_PATH = 300


def consultation_link(path: str, offer: Offer | None = None) -> str:
    """Return the address of the consultation form that remembers `path`."""
    address = offer.get_absolute_url() if offer else reverse("leads:consultation")
    return f"{address}?{urlencode({'from': path}, safe='/')}"


def clean_path(path: str) -> str:
    """Return `path` if it can be a page of ours, else "". Secret addresses are not to go on."""
    is_ours = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    is_secret = "/consultation/booking/" in path or "/consultation/calendar/" in path
    return path if is_ours and not is_secret and len(path) <= MAX_PATH else ""


def entry_at(path: str) -> Entry | None:
    """Return the public entry whose page is at `path`, or None; at most one query."""
    target = target_of(path) if path else None
    if target is None:
        return None
    language, slug = target
    return Entry.objects.published().for_lists().filter(language=language, slug=slug).first()
