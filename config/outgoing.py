"""HTTP to addresses that other people wrote: webhooks, link checks, calendar feeds.

A name is resolved here, every address it has is judged, and the connection
goes to the address that was judged: a name that answers differently the next
time gains nothing. Whoever writes an address must not reach what only this
machine can reach.
"""

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

TIMEOUT = 10.0
"""Seconds for everything: name, connection, request and answer."""

MOST_BYTES = 1024 * 1024
PORTS = {80, 443, 8080, 8443}
"""Where web servers listen; a mail server or a database would read a request as its own."""

_PIECE = 64 * 1024
_FAILURES = (HTTPError, HTTPException, OSError, ValueError)
"""Wrong names on certificates are ValueErrors to urllib3."""
_OUR_HEADERS = {"host", "accept-encoding"}
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")
_NOT_FOR_US = [
    *map(ipaddress.ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")),
    *map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24")),
]
"""Tunnels into IPv4 (Teredo, 6to4) and documentation, which `is_global` does not always refuse."""


class Refused(Exception):
    """This address is never called, and trying again would not help."""


class Unreachable(Exception):
    """No whole answer came; another time one may."""


@dataclass(frozen=True)
class Answer:
    """What a server said: header names in small letters, the body as it was sent."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_complete: bool = True
    """Whether `body` is all there was, rather than its beginning."""


def send(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    limit: int = MOST_BYTES,
) -> Answer:
    """Send one request and return its answer; a redirect is an answer, not followed.

    `timeout` is in seconds and covers everything, `limit` is how many bytes of
    the body are read. Raises Refused for an address that may not be called,
    Unreachable when no answer came in time. Neither repeats the path of `url`,
    which may hold a secret.
    """
    deadline = time.monotonic() + timeout
    target = _target(url)
    host, port = str(target.hostname), _port(target)
    addresses = resolve(host, port, deadline)
    if not _is_allowed(host, port):
        _refuse_inner(host, addresses)
    lines = {"User-Agent": f"Headword (+{settings.SITE_URL})", **(headers or {})}
    lines = {name: lines[name] for name in lines if name.lower() not in _OUR_HEADERS}
    lines |= {"Host": target.netloc, "Accept-Encoding": "identity"}
    path = f"{target.path or '/'}{'?' * bool(target.query)}{target.query}"
    with _connected(target.scheme, host, port, addresses, deadline) as connection:
        try:
            connection.request(
                method,
                iri_to_uri(path),
                # Without a body, GET and HEAD speak of no length.
                body=body or None,
                headers=lines,
                preload_content=False,
                decode_content=False,
            )
            response = connection.getresponse()
            content, is_complete = _read(response, limit)
        except _FAILURES as error:
            raise Unreachable(f"{host} did not answer: {_words(error)}") from error
        if time.monotonic() >= deadline:
            raise Unreachable(f"{host} did not answer within {timeout:g} seconds")
    found = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, found, content, is_complete)


def check(url: str) -> None:
    """Raise Refused for an address that is never called, as far as its words tell.

    Nothing is looked up: what a name leads to is judged when it is called.
    """
    target = _target(url)
    host = str(target.hostname)
    if not _is_allowed(host, _port(target)) and _is_address(host):
        _refuse_inner(host, [host])


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


# Where to ---------------------------------------------------------------------------------


def _target(url: str) -> SplitResult:
    """Return the parts of `url`, its host in ASCII. Raises Refused."""
    if any(char.isspace() or not char.isprintable() or char == "\\" for char in url):
        raise Refused("The address holds spaces, backslashes or characters that nobody sees")
    try:
        target = urlsplit(url)
        host = (target.hostname or "").encode("idna").decode("ascii")
        port = target.port
    except ValueError as error:
        raise Refused("The address cannot be read") from error
    if target.scheme not in ("http", "https"):
        raise Refused("Only addresses with http:// or https:// are called")
    if not host or "@" in target.netloc:
        raise Refused("The address needs a host and may not hold a name or password")
    if not _is_allowed(host, _port(target)) and _port(target) not in PORTS:
        raise Refused(f"Port {port} is not one of {', '.join(map(str, sorted(PORTS)))}")
    return target._replace(netloc=_netloc(host, port))


def _port(target: SplitResult) -> int:
    return target.port or (443 if target.scheme == "https" else 80)


def _netloc(host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


def _is_allowed(host: str, port: int) -> bool:
    """Whether the operator named this host: with its port, or for the usual ports without."""
    allowed = settings.OUTGOING_ALLOWED_HOSTS
    return _netloc(host, port) in allowed or (port in PORTS and _netloc(host, None) in allowed)


def resolve(host: str, port: int, deadline: float) -> list[str]:
    """Return the addresses of `host`, IPv4 first. Raises Unreachable.

    `deadline` is a moment of the monotonic clock.
    """
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([str(each[4][0]) for each in found])
        except (OSError, UnicodeError) as error:
            answers.put(error)

    # The system's resolver knows no deadline, so that we stop listening instead.
    threading.Thread(target=look_up, daemon=True).start()
    try:
        answer = answers.get(timeout=max(0, deadline - time.monotonic()))
    except queue.Empty:
        raise Unreachable(f"The name {host} was not resolved in time") from None
    if isinstance(answer, Exception):
        raise Unreachable(f"Nobody knows the name {host}") from answer
    return sorted(dict.fromkeys(answer), key=lambda address: ":" in address)


def _refuse_inner(host: str, addresses: list[str]) -> None:
    for address in addresses:
        if not is_public(address):
            raise Refused(f"{host} is at {address}, which is not on the public internet")


def is_public(address: str) -> bool:
    """Return whether an IP address is somebody's on the open internet, by itself.

    Tunnels that carry an IPv4 address inside (mapped, NAT64, 6to4, Teredo)
    are not: what they lead to is decided elsewhere.
    """
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address) and parsed not in _GLOBAL_IPV6:
        return False
    is_ours_to_call = parsed.is_global and not (parsed.is_multicast or parsed.is_reserved)
    return is_ours_to_call and not any(
        parsed in network for network in _NOT_FOR_US if network.version == parsed.version
    )


# The exchange -----------------------------------------------------------------------------


@contextmanager
def _connected(
    scheme: str, host: str, port: int, addresses: list[str], deadline: float
) -> Iterator[HTTPConnection]:
    """A connection to the first of `addresses` that takes one, cut off at `deadline`."""
    connection = connect(scheme, host, port, addresses, deadline)
    # Timeouts of sockets start again with each byte; a server that drips must not keep us.
    end = threading.Timer(max(0, deadline - time.monotonic()), cut, [connection.sock])
    end.daemon = True
    end.start()
    try:
        yield connection
    finally:
        end.cancel()
        connection.close()


def connect(
    scheme: str,
    host: str,
    port: int,
    addresses: list[str],
    deadline: float,
    *,
    ca_certs: str | None = None,
) -> HTTPConnection:
    """Return a connection to the first of `addresses` that takes one, judged or not.

    `deadline` is a moment of the monotonic clock; `ca_certs` a file with the
    authorities that vouch for `host`, the system's when None. Raises Unreachable.
    """
    failure: Exception = OSError("no address")
    for tried, address in enumerate(addresses):
        left = (deadline - time.monotonic()) / (len(addresses) - tried)
        if left <= 0:
            break
        connection = (
            HTTPSConnection(
                address,
                port,
                timeout=left,
                cert_reqs="CERT_REQUIRED",
                server_hostname=host,
                assert_hostname=host,
                ca_certs=ca_certs,
            )
            if scheme == "https"
            else HTTPConnection(address, port, timeout=left)
        )
        try:
            connection.connect()
        except _FAILURES as error:
            connection.close()
            failure = error
            continue
        connection.sock.settimeout(max(0.001, deadline - time.monotonic()))
        return connection
    raise Unreachable(f"{host} cannot be reached: {_words(failure)}") from failure


def cut(connected: socket.socket) -> None:
    """End a conversation from another thread: whoever reads sees its end."""
    try:
        # Of the plain socket beneath TLS as well, whose own shutdown would wait for the other.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
    except OSError:
        return


def _read(response: BaseHTTPResponse, limit: int) -> tuple[bytes, bool]:
    """Return at most `limit` bytes of the body, and whether that is all of it."""
    content = b""
    while len(content) <= limit:
        piece = response.read(min(_PIECE, limit + 1 - len(content)), decode_content=False)
        if not piece:
            return content, True
        content += piece
    return content[:limit], False


def _words(error: Exception) -> str:
    """What the system said, without the connection that urllib3's own words begin with."""
    return str(error.__cause__ or error) or type(error).__name__
