"""What readers' browsers report: that a page was looked at, or a call on it followed.

Answered before anything else of the site runs: no query, no session, no
cookie. Every report gets the same empty answer, whether it counts or not.
"""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from threading import Lock

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from config import limits
from config.http import NOTHING_CHANGED
from config.networks import network_of
from glossary.misses import is_robot
from leads import counting, marks
from leads.models.ledger import DayCount, Position

PATH = "/seen/"
NOT_KEPT = {"Cache-Control": "no-store"}
LONGEST_REPORT = 1024
"""Bytes of a report; ours have fewer than fifty."""
MOST_A_MINUTE = 300
"""Reports of one network in a minute: more than an office reads, fewer than a script sends."""
MOST_NETWORKS = 20_000
PAGE_SALT = "leads.beacons.page"
CALL_SALT = "leads.beacons.call"

_PAGE = re.compile(r"(0|[1-9]\d{0,17})\.(0|[1-9]\d{0,17})\.([\w-]{16})", re.ASCII)
_CALL = re.compile(r"([a-z]{1,10})\.(0|[1-9]\d{0,17})\.([\w-]{16})", re.ASCII)
_DRIVEN = re.compile(r"headless|lighthouse|phantomjs|electron", re.IGNORECASE)


# What pages carry -------------------------------------------------------------------------


def address_of(entry_key: int, offer_key: int) -> str:
    """Return where a page about this entry, with this offer's call, is reported; 0 is none."""
    return f"{PATH}?{entry_key}.{offer_key}.{marks.mark(PAGE_SALT, entry_key, offer_key)}"


def call_mark(position: Position, offer_key: int) -> str:
    """Return what is reported of a call that was followed."""
    return f"{position}.{offer_key}.{marks.mark(CALL_SALT, position, offer_key)}"


# What comes back --------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """A page that was looked at; with a position, a call on it that was followed."""

    entry_key: int
    offer_key: int
    position: str = ""

    @property
    def kind(self) -> DayCount.Kind:
        return DayCount.Kind.CLICK if self.position else DayCount.Kind.VIEW


class SeenMiddleware:
    """Count what pages of ours report from readers' browsers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.crowd = Crowd()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH:
            return self.get_response(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"], headers=NOT_KEPT)
        request.META[NOTHING_CHANGED] = True
        report = report_of(request)
        if report and is_reader(request) and self.lets_in(request.META["REMOTE_ADDR"]):
            counting.count(
                report.kind,
                entry_key=report.entry_key,
                offer_key=report.offer_key,
                position=report.position,
            )
        return HttpResponse(status=204, headers=NOT_KEPT)

    def lets_in(self, address: str) -> bool:
        """Count a report in this process and, where a cache is shared, in all of them together.

        This process comes first: what it refuses fills no memory of others.
        """
        if not self.crowd.lets_in(address):
            return False
        network = network_of(address)
        sent = limits.shared_hit("leads.seen", network, window=timedelta(minutes=1))
        return sent is None or sent <= self.crowd.most


def report_of(request: HttpRequest) -> Report | None:
    """Return what `request` reports; None unless a page of ours carries it so."""
    page = _PAGE.fullmatch(request.META.get("QUERY_STRING", ""))
    if not page or not marks.is_ours(page[3], PAGE_SALT, page[1], page[2]):
        return None
    entry_key, offer_key = int(page[1]), int(page[2])
    body = _body(request)
    if not body:
        return Report(entry_key, offer_key) if body is not None else None
    call = _CALL.fullmatch(body)
    if not call or not marks.is_ours(call[3], CALL_SALT, call[1], call[2]):
        return None
    return Report(entry_key, int(call[2]), call[1])


def is_reader(request: HttpRequest) -> bool:
    """Return whether a person who is not of the staff seems to look at the page.

    Public pages set no cookie: whoever has a session has logged in to the desk.
    """
    program = request.headers.get("User-Agent", "")
    is_own_page = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    is_staff = settings.SESSION_COOKIE_NAME in request.COOKIES
    is_program = not program or is_robot(program) or _DRIVEN.search(program) is not None
    return is_own_page and not is_staff and not is_program


class Crowd:
    """How many reports each network has sent this minute: in memory, and only while it lasts."""

    def __init__(self, most: int = MOST_A_MINUTE, most_networks: int = MOST_NETWORKS) -> None:
        self.most, self.most_networks = most, most_networks
        self.lock = Lock()
        self.minute = -1
        self.salt = b""
        self.sent: dict[bytes, int] = {}

    def lets_in(self, address: str, now: float | None = None) -> bool:
        """Count a report from `address`; `now` is a clock in seconds that never goes back."""
        minute = int((time.monotonic() if now is None else now) // 60)
        with self.lock:
            if minute != self.minute:
                # A new salt: what was counted before cannot be told from anything any more.
                self.minute, self.salt, self.sent = minute, secrets.token_bytes(16), {}
            network = network_of(address).encode()
            key = blake2b(network, key=self.salt, digest_size=8).digest()
            sent = self.sent.get(key, 0)
            if sent >= self.most or (not sent and len(self.sent) >= self.most_networks):
                return False
            self.sent[key] = sent + 1
            return True


def _body(request: HttpRequest) -> str | None:
    """The text that was sent; None for what is too long or did not arrive."""
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_REPORT:
            return None
        return request.body.decode("ascii")
    except (ValueError, OSError):
        return None
