"""A finished page: its bytes in every coding, and the answer to whoever asks for it.

By RFC 9110: which coding (12.5.3), whether it has changed (13), HEAD (9.3.2).
Ranges are answered with the whole page, as 14.2 allows.
"""

import re
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import brotli

Headers = list[tuple[str, str]]
Answer = tuple[str, Headers, bytes]
"""Status line, headers, body."""
Environ = dict[str, Any]

SHORTEST = 200
"""Bytes below which nothing is compressed."""
CODINGS = ("br", "gzip")
"""The best first."""
_QUICK = {"br": 4, "gzip": 5}
_BEST = {"br": 11, "gzip": 9}
_NOT_OURS = {"content-encoding", "content-length", "etag", "last-modified", "vary", "date"}
_KEPT_IN_304 = {"cache-control", "content-location", "date", "etag", "expires", "vary"}
_KEPT_IN_304 |= {"last-modified"}
_TAG = re.compile(r'(?:W/)?"[^"]*"')
UNSURE = 2.0
"""Seconds after it was made in which a page may be followed by another of the same date: HTTP's
dates, and the tags that web servers make of files, know whole seconds."""


@dataclass(slots=True, eq=False)
class Page:
    """What is sent for one address, until something that it shows has changed."""

    headers: Headers
    """Those that the view gave, without those about coding and condition."""
    body: bytes
    """The plain bytes; empty once they can be had from the best compressed ones (`whole`)."""
    depends: frozenset[str] | None
    """Keys of `config.page_versions`; None: whatever changes."""
    parameters: tuple[str, ...] = ()
    """Names in the query that make it another page."""
    unkept: tuple[str, ...] = ()
    """Names in the query with which no page is kept."""
    checked: int = -1
    """The newest version at which it was known to be right."""
    made_at: float = 0.0
    """Seconds since 1970; until when it is right, whatever changes: `until`."""
    until: float = float("inf")
    etag: str = ""
    coded: dict[str, bytes] = field(default_factory=dict)
    is_best: bool = False
    is_improving: bool = False
    is_done: bool = False
    """Whether nothing is left to do for it but to send it."""
    was_used: bool = False
    _ready: dict[str, tuple[Headers, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.headers = [pair for pair in self.headers if pair[0].lower() not in _NOT_OURS]
        self.etag = self.etag or f'W/"{blake2b(self.body, digest_size=12).hexdigest()}"'

    @property
    def whole(self) -> bytes:
        """The plain bytes: few ask for them, so that they need not be kept."""
        return self.body or (zlib.decompress(self.coded["gzip"], 31) if self.coded else b"")

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return 2_000 + len(self.body) + sum(map(len, self.coded.values()))

    def compress(self, codings: Iterable[str] = CODINGS, *, best: bool = False) -> None:
        """Have the page ready in these codings."""
        whole, levels = self.whole, _BEST if best else _QUICK
        if len(whole) >= SHORTEST:
            coded = {coding: _compress(whole, coding, levels[coding]) for coding in codings}
            # Another thread may be doing the better at this moment.
            self.coded = {**self.coded, **coded} if best else {**coded, **self.coded}
            self._ready = {}
            self.body = b"" if best else self.body
        self.is_best = self.is_best or best

    def answer(self, environ: Environ) -> Answer:
        """Return what a GET or HEAD request is answered."""
        coding = _choice(environ.get("HTTP_ACCEPT_ENCODING", ""))
        ready = self._ready.get(coding) or self._prepare(coding)
        headers, body = ready
        if self._has_gone(environ):
            return "412 Precondition Failed", [("Content-Length", "0")], b""
        if self._is_known(environ):
            return "304 Not Modified", self._short(headers), b""
        return "200 OK", headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body

    def _prepare(self, coding: str) -> tuple[Headers, bytes]:
        body = self.whole
        headers = [*self.headers, ("Vary", "Accept-Encoding"), ("ETag", self.etag)]
        if coding and len(body) >= SHORTEST:
            if coding not in self.coded:
                self.compress([coding])
            body = self.coded[coding]
            headers.append(("Content-Encoding", coding))
        headers.append(("Content-Length", str(len(body))))
        if self.is_dated:
            headers.append(("Last-Modified", formatdate(int(self.made_at), usegmt=True)))
            if coding or self.body:
                self._ready = {**self._ready, coding: (headers, body)}
        return headers, body

    @property
    def is_dated(self) -> bool:
        """Whether the date tells the page from any that may follow."""
        return time.time() - self.made_at > UNSURE

    # Conditions -------------------------------------------------------------------------

    def _is_known(self, environ: Environ) -> bool:
        """Whether whoever asks has the page already."""
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags is not None:
            own = self.etag.removeprefix("W/")
            is_any = tags.strip() == "*"
            return is_any or own in (tag.removeprefix("W/") for tag in _TAG.findall(tags))
        if "HTTP_IF_MODIFIED_SINCE" not in environ:
            return False
        since = _seconds(environ["HTTP_IF_MODIFIED_SINCE"])
        return since is not None and self.is_dated and int(self.made_at) <= since

    def _has_gone(self, environ: Environ) -> bool:
        """Whether a condition fails under which alone the page is wanted."""
        tags = environ.get("HTTP_IF_MATCH")
        if tags is not None:
            # Compared strongly, and ours are all weak.
            return tags.strip() != "*"
        if "HTTP_IF_UNMODIFIED_SINCE" not in environ:
            return False
        since = _seconds(environ["HTTP_IF_UNMODIFIED_SINCE"])
        return since is not None and int(self.made_at) > since

    def _short(self, headers: Headers) -> Headers:
        return [pair for pair in headers if pair[0].lower() in _KEPT_IN_304]


def _compress(body: bytes, coding: str, level: int) -> bytes:
    if coding == "br":
        return brotli.compress(body, quality=level, mode=brotli.MODE_TEXT)
    # No time and no name in the head: the same page is the same bytes.
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def _seconds(date: str) -> float | None:
    """Return a date of HTTP as seconds since 1970; None for what is none."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


@lru_cache(maxsize=512)
def _choice(accepted: str) -> str:
    """Return the coding for a header Accept-Encoding; "" for none."""
    wishes: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        if name:
            wishes[name] = quality
    rest = wishes.get("*", 0.0)
    plain = wishes.get("identity", rest if "*" in wishes else 0.001)
    found = max(CODINGS, key=lambda coding: wishes.get(coding, rest))
    return found if wishes.get(found, rest) > 0 and wishes.get(found, rest) >= plain else ""
