"""Fetching a host's calendar by its secret address, which no message of ours repeats."""

import time
from urllib.parse import urljoin, urlsplit

from config import outgoing
from leads.busy_lines import MOST_BYTES, Unreadable

PATIENCE = 10.0
"""Seconds for everything, a redirect included."""
REDIRECTS = {301, 302, 303, 307, 308}
REFUSALS = {401, 403, 404, 410}
"""Answers by which a secret address ends."""

_HEADERS = {"Accept": "text/calendar, */*;q=0.1"}


def download(url: str) -> bytes:
    """Return the file at `url`, or at the one address that it redirects to.

    Both are guarded by `outgoing`, and a secret that was sent in private is
    not sent in the clear. Raises Unreadable.
    """
    ends = time.monotonic() + PATIENCE
    answer = _asked(url, ends)
    if answer.status in REDIRECTS:
        url = _next(url, answer)
        answer = _asked(url, ends)
    host = urlsplit(url).hostname
    if answer.status in REDIRECTS:
        raise Unreadable(f"{host} redirects again and again.")
    if answer.status in REFUSALS:
        raise Unreadable(
            f"{host} has no calendar at this address any more (answer {answer.status}). Ask there "
            "for a new secret address."
        )
    if answer.status != 200:
        raise Unreadable(f"{host} answered {answer.status} instead of sending the calendar.")
    if not answer.is_complete:
        raise Unreadable(f"The file is larger than {MOST_BYTES // 1024**2} MB.")
    return answer.body


def _asked(url: str, ends: float) -> outgoing.Answer:
    left = ends - time.monotonic()
    if left <= 0:
        raise Unreadable(f"{urlsplit(url).hostname} did not answer in time.")
    try:
        return outgoing.send("GET", url, headers=_HEADERS, timeout=left, limit=MOST_BYTES)
    except (outgoing.Refused, outgoing.Unreachable) as error:
        raise Unreadable(f"{error}.") from error


def _next(url: str, answer: outgoing.Answer) -> str:
    host = urlsplit(url).hostname
    try:
        found = urljoin(url, answer.headers.get("location", ""))
        is_open = urlsplit(url).scheme == "https" and urlsplit(found).scheme == "http"
    except ValueError:
        raise Unreadable(f"{host} redirects to an address that cannot be read.") from None
    if found == url:
        raise Unreadable(f"{host} redirects to nowhere.")
    if is_open:
        raise Unreadable(f"{host} redirects to an address that is not encrypted.")
    return found
