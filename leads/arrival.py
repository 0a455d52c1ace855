"""How somebody came to the form: the call they followed, where they came from, what they read.

All of it comes from a browser, and anybody can send anything: what cannot be
used is dropped, and nothing of it ever breaks a request.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest

from glossary.addresses import target_of
from glossary.hearing import looks_personal
from leads import origin
from leads.models.ledger import UTM

MOST_READ = 50
MOST_SEARCHED = 20
LONGEST = 16_384
"""Characters of a text that is read at all: fifty addresses of any script, percent-encoded."""
LONGEST_MARK = 100
LONGEST_SEARCH = 200
LONGEST_HOST = 253
UNREADABLE = "\N{REPLACEMENT CHARACTER}"
"""What bytes that are no text become."""

_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*", re.ASCII)


@dataclass(frozen=True)
class Trail:
    """What is known of a visitor's way to the form, cleaned; all of it can be missing."""

    position: str = ""
    """A `Position`: where on its page the call was followed."""
    landing_path: str = ""
    referrer_host: str = ""
    utm: dict[str, str] = field(default_factory=dict)
    """By the names of `UTM`."""
    read: tuple[str, ...] = ()
    """Paths of entries, oldest first; only what the visitor chose to share."""
    searched: tuple[str, ...] = ()

    @property
    def columns(self) -> dict[str, Any]:
        """The trail as columns of `Attribution`."""
        return {
            "position": self.position,
            "landing_path": self.landing_path,
            "referrer_host": self.referrer_host,
            "read": list(self.read),
            "searched": list(self.searched),
            **self.utm,
        }

    @property
    def text(self) -> str:
        """How somebody came, as addresses and forms hold it: what `clean` reads."""
        way = {"landing": self.landing_path, "host": self.referrer_host, **self.utm}
        return urlencode({name: value for name, value in way.items() if value}, safe="/")

    @property
    def campaign(self) -> str:
        """What the link said of its campaign, in one line."""
        return ", ".join(self.utm[name] for name in UTM if name in self.utm)


def clean(way: str, *, reading: str = "", position: str = "") -> Trail:
    """Return what can be used of `way` (landing, host, utm_*) and `reading` (read, searched).

    Both are fields as addresses hold them. Marks of campaigns are cut to what
    is kept of them; everything else is whole or dropped. No query.
    """
    came, shared = _fields(way), _fields(reading)
    marks = {name: _words(_first(came, name))[:LONGEST_MARK].strip() for name in UTM}
    return Trail(
        position=position,
        landing_path=_page(_first(came, "landing")),
        referrer_host=_foreign_host(_first(came, "host")),
        utm={name: said for name, said in marks.items() if said and "@" not in said},
        read=_newest(map(_entry_page, shared.get("read", [])), MOST_READ),
        searched=_newest(map(_search, shared.get("searched", [])), MOST_SEARCHED),
    )


def first_seen(request: HttpRequest) -> Trail:
    """Return what the address of a form, and the page before it, say of how somebody came.

    The first step carries it in its address, so that it needs neither script nor cookie.
    """
    if carried := request.GET.get("arrival", ""):
        return clean(carried)
    host = _host_of(request.headers.get("Referer", ""))
    if host == _host_of(f"//{request.get_host()}"):
        host = ""
    campaign = {name: request.GET[name] for name in UTM if name in request.GET}
    trail = clean(urlencode({"host": host, **campaign}, errors="replace"))
    if not trail.text:
        return trail
    return replace(trail, landing_path=origin.clean_path(request.path))


def _fields(text: str) -> dict[str, list[str]]:
    """The fields of `text`; {} for what is none, or too long to be ours."""
    if len(text) > LONGEST:
        return {}
    try:
        return parse_qs(text, max_num_fields=2 * (MOST_READ + MOST_SEARCHED))
    except ValueError:
        return {}


def _first(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _words(text: str) -> str:
    """`text` in one line; "" if it holds what nobody types and databases refuse."""
    line = " ".join(text.split())
    return line if line.isprintable() else ""


def _page(path: str) -> str:
    """A page of ours as `Lead.source_path` holds it: decoded, without what follows its path."""
    page = origin.clean_path(unquote(re.split("[?#]", path)[0]))
    return "" if UNREADABLE in page else page


def _entry_page(path: str) -> str:
    page = _page(path)
    return page if page and target_of(page) else ""


def _search(text: str) -> str:
    words = _words(text)
    return "" if len(words) > LONGEST_SEARCH or looks_personal(words) else words


def _newest(found: Iterable[str], most: int) -> tuple[str, ...]:
    """The last `most` of `found`, each once, oldest first."""
    kept = dict.fromkeys(each for each in found if each)
    return tuple(kept)[-most:]


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _foreign_host(text: str) -> str:
    """The name of another host as the network knows it (IDNA); "" for ours and for no name."""
    try:
        name = text.strip().lower().rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    is_name = len(name) <= LONGEST_HOST and _HOST.fullmatch(name) is not None
    return name if is_name and name != settings.SITE_HOST else ""
