"""Reply templates filled in: each named placeholder is replaced once, and nothing else is."""

import re
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import translation

from config import site
from config.typed import as_name
from leads.models import Lead, ReplyTemplate

PLACEHOLDERS = {
    "name": "their name",
    "term": "the term whose entry they came from",
    "offer": "the offer they asked about",
    "booking_link": "the address at which they can choose a time",
    "me": "your name",
}
_WHY_NOT = {
    "name": "what they gave as their name is not fit for a mail",
    "term": "they came from no entry",
    "offer": "they asked about no offer",
    "me": "you have no name here: it belongs to your login",
}
_NAMED = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")
_BRACED = re.compile(r"\{[^{}]{0,40}\}?|\}")
"""Anything in braces, and a brace that stands alone."""


@dataclass(frozen=True)
class Filled:
    """The text of a template for one person."""

    subject: str
    body: str
    missing: dict[str, str] = field(default_factory=dict)
    """Placeholders that are in the text still, each with the reason."""


def filled(template: ReplyTemplate, lead: Lead, user: User) -> Filled:
    """Return what `template` says to `lead` when `user` sends it; no query if `lead` is read.

    A value that looks like a placeholder is not filled in again. What has no
    value stays as it is, and is named in `missing`: such a text is not sent.
    """
    values = _values(lead, user)

    def replaced(text: str) -> str:
        return _NAMED.sub(lambda found: values[found[1]] or found[0], text)

    written = f"{template.subject}\n{template.body}"
    missing = {name: _WHY_NOT[name] for name in _NAMED.findall(written) if not values[name]}
    return Filled(replaced(template.subject), replaced(template.body), missing)


def unknown(text: str) -> list[str]:
    """Return what stands in braces in `text` and is no placeholder, each once."""
    return list(dict.fromkeys(_BRACED.findall(_NAMED.sub(" ", text))))


def left_in(text: str) -> list[str]:
    """Return the placeholders in `text`, which nobody would fill in any more, each once."""
    return list(dict.fromkeys(found[0] for found in _NAMED.finditer(text)))


def _values(lead: Lead, user: User) -> dict[str, str]:
    return {
        "name": as_name(lead.name, longest=120),
        "term": lead.entry.term if lead.entry else "",
        "offer": lead.offer.name if lead.offer else "",
        "booking_link": _booking_link(lead),
        "me": user.get_full_name() or site.current().publisher,
    }


def _booking_link(lead: Lead) -> str:
    """The form of the offer that they asked about, as long as it is open; else the default one."""
    with translation.override(lead.language):
        is_open = lead.offer is not None and lead.offer.is_active
        path = lead.offer.get_absolute_url() if lead.offer and is_open else None
        return site.absolute(path or reverse("leads:consultation"))
