"""Talking to the search server: the one call that requests make over the network.

It is the operator's own server, so that its address is not judged as
`config.outgoing` judges those that other people wrote. What it says is: no
answer is waited for longer than said, read further than said, or believed
without looking. A server that fails is left alone for `PAUSE`, so that not
every visitor waits for it.
"""

import json
import logging
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, TypeVar

from django.conf import settings
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from config import outgoing
from config.search_address import SearchServer

logger = logging.getLogger(__name__)

TIMEOUT = 0.5
"""Seconds that a visitor's search waits for the server, all questions together."""
PAUSE = 30.0
"""Seconds for which a process does not ask a server that failed; then one request tries."""
SAID_EVERY = 60.0
"""Seconds between two lines in the log that say so."""
MOST_BYTES = 256 * 1024
"""Of an answer; 200 hits take 24 KB."""
MOST_IDLE = 8
"""Connections that a process keeps open."""

_FAILURES = (HTTPError, HTTPException, OSError, ValueError)

T = TypeVar("T")


class Unavailable(Exception):
    """The server gave no answer that could be used; says why, without what was asked."""


class _Line:
    """What this process has of a server: connections at rest, and whether it answers."""

    def __init__(self, server: SearchServer) -> None:
        self.server = server
        self.idle: list[HTTPConnection] = []
        self._lock = threading.Lock()
        self._is_suspect = False
        self._left_alone_until = 0.0
        self._said_at = -SAID_EVERY

    def may_ask(self) -> bool:
        now = time.monotonic()
        with self._lock:
            if now < self._left_alone_until:
                return False
            if self._is_suspect:
                # Whoever asks now finds out for all others, who do not wait for it.
                self._left_alone_until = now + PAUSE
            return True

    def answered(self) -> None:
        with self._lock:
            self._is_suspect, self._left_alone_until = False, 0.0

    def failed(self, error: Unavailable) -> None:
        now = time.monotonic()
        with self._lock:
            self._is_suspect, self._left_alone_until = True, now + PAUSE
            is_news = now - self._said_at >= SAID_EVERY
            if is_news:
                self._said_at = now
        if is_news:
            logger.warning("the search server failed, the database searches: %s", error)

    def connection(self, deadline: float) -> tuple[HTTPConnection, bool]:
        """Return a connection, and whether it was at rest before. Raises Unavailable."""
        try:
            return self.idle.pop(), True
        except IndexError:
            pass
        server = self.server
        try:
            addresses = outgoing.resolve(server.host, server.port, deadline)
            scheme = "https" if server.is_tls else "http"
            where = scheme, server.host, server.port, addresses, deadline
            return outgoing.connect(*where, ca_certs=server.ca), False
        except outgoing.Unreachable as error:
            raise Unavailable(str(error)) from error

    def keep(self, connection: HTTPConnection) -> None:
        if connection.sock is not None and len(self.idle) < MOST_IDLE:
            self.idle.append(connection)
        else:
            connection.close()


_lines: dict[SearchServer, _Line] = {}


def ask(question: Callable[[], T]) -> T:
    """Return what `question` makes of the server's answers.

    Raises Unavailable when it does, which is logged at most once a minute, and
    at once while the server is left alone.
    """
    line = _line()
    if not line.may_ask():
        raise Unavailable("the search server failed a moment ago and is left alone")
    try:
        answer = question()
    except Unavailable as error:
        line.failed(error)
        raise
    line.answered()
    return answer


def attempt(question: Callable[[], T]) -> T | None:
    """Return as `ask` does, or None: there is no server of use, and the database has to do."""
    if settings.SEARCH_SERVER is None:
        return None
    try:
        return ask(question)
    except Unavailable:
        return None


def send(
    method: str,
    path: str,
    content: object = None,
    *,
    lines: bytes = b"",
    timeout: float = TIMEOUT,
    limit: int = MOST_BYTES,
) -> tuple[int, Any]:
    """Send one request, with `content` as JSON or `lines` of it; return status and JSON read.

    What is no JSON is None. `timeout` is in seconds and covers everything.
    Raises Unavailable.
    """
    deadline = time.monotonic() + timeout
    if timeout <= 0:
        raise Unavailable("no time was left to ask")
    body = lines or (b"" if content is None else json.dumps(content).encode())
    kind = "application/x-ndjson" if lines else "application/json"
    line = _line()
    while True:
        connection, was_idle = line.connection(deadline)
        try:
            status, answer = _exchange(connection, method, path, body, kind, deadline, limit)
        except _FAILURES as error:
            connection.close()
            if time.monotonic() >= deadline:
                raise Unavailable(f"no answer within {timeout:g} seconds") from error
            if was_idle:
                # The server may have closed it meanwhile; what is asked may be asked twice.
                continue
            raise Unavailable(f"the answer broke off: {type(error).__name__}") from error
        if len(answer) > limit:
            connection.close()
            raise Unavailable(f"an answer of more than {limit} bytes")
        line.keep(connection)
        return status, _json(answer)


def index() -> str:
    """Return the name of the index that searches use."""
    return _server().index


def state() -> str:
    """Return "ok", or what operators should know of the search server. At most `TIMEOUT`."""
    try:
        status, _ = send("HEAD", f"/{index()}")
    except Unavailable:
        return "unreachable, the database searches"
    if status == 404:
        return "without an index, the database searches"
    return "ok" if status == 200 else f"answers {status}, the database searches"


def forget() -> None:
    """Close all connections, and remember of no server that it failed."""
    while _lines:
        for connection in _lines.popitem()[1].idle:
            connection.close()


def _server() -> SearchServer:
    assert settings.SEARCH_SERVER is not None  # noqa: S101 - nobody calls one that is not there
    return settings.SEARCH_SERVER


def _line() -> _Line:
    server = _server()
    return _lines.get(server) or _lines.setdefault(server, _Line(server))


def _exchange(
    connection: HTTPConnection,
    method: str,
    path: str,
    body: bytes,
    kind: str,
    deadline: float,
    limit: int,
) -> tuple[int, bytes]:
    left = max(0.001, deadline - time.monotonic())
    connection.timeout = left
    # Timeouts of sockets start again with each byte; a server that drips must not keep us.
    end = threading.Timer(left, outgoing.cut, [connection.sock])
    end.daemon = True
    end.start()
    try:
        connection.request(
            method, path, body=body or None, headers=_headers(kind), preload_content=False
        )
        response = connection.getresponse()
        answer = response.read(limit + 1)
        if time.monotonic() >= deadline:
            raise TimeoutError
        return response.status, answer
    finally:
        end.cancel()


def _headers(kind: str) -> dict[str, str]:
    server = _server()
    host = f"[{server.host}]" if ":" in server.host else server.host
    headers = {"Host": f"{host}:{server.port}", "Content-Type": kind, "User-Agent": "Headword"}
    if server.user:
        secret = b64encode(f"{server.user}:{server.password}".encode()).decode()
        headers["Authorization"] = f"Basic {secret}"
    return headers


def _json(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        return None
