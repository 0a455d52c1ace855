"""Believing what a reverse proxy says of the visitor, and nobody else."""

import logging
import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

_WITH_PORT = re.compile(r"([0-9.]+):[0-9]+|\[([0-9A-Fa-f:.]+)\](?::[0-9]+)?")


class TrustedProxyMiddleware:
    """Take scheme and address from X-Forwarded-* when the peer is in TRUSTED_PROXIES.

    From any other peer the headers are removed, so that no later code can
    believe them by mistake. Raises ImproperlyConfigured for an entry of
    TRUSTED_PROXIES that is neither an address nor a network.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        try:
            self.trusted = [ip_network(item) for item in settings.TRUSTED_PROXIES]
        except ValueError as error:
            raise ImproperlyConfigured(f"TRUSTED_PROXIES: {error}") from error
        self.has_noticed = False
        # Asked for each page that is kept, and mostly of the same proxy.
        self.is_trusted = lru_cache(maxsize=512)(self._is_trusted)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded_for = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        forwarded_proto = request.META.pop("HTTP_X_FORWARDED_PROTO", "")
        request.META.pop("HTTP_X_FORWARDED_HOST", None)
        peer = request.META.get("REMOTE_ADDR", "")
        if forwarded_for and not self.is_trusted(peer):
            self._notice(peer)
        if self.is_trusted(peer):
            request.META["REMOTE_ADDR"] = self.client(forwarded_for, peer)
            if forwarded_proto.strip().lower() == "https":
                # WSGIRequest.scheme reads the environment that META is.
                request.META["wsgi.url_scheme"] = "https"
        return self.get_response(request)

    def _notice(self, peer: str) -> None:
        """Say once in each process that a proxy on this network seems to be missing.

        Of other addresses nothing is said: anybody can send the header.
        """
        found = _address(peer)
        if found and found.is_private and not self.has_noticed:
            self.has_noticed = True
            logger.warning("%s sends X-Forwarded-For, and is not in TRUSTED_PROXIES", found)

    def _is_trusted(self, address: str) -> bool:
        peer = _address(address)
        return peer is not None and any(peer in network for network in self.trusted)

    def is_secure(self, environ: dict[str, Any]) -> bool:
        """Whether the visitor came by TLS, as far as somebody says so who is believed."""
        if environ["wsgi.url_scheme"] == "https":
            return True
        said = environ.get("HTTP_X_FORWARDED_PROTO", "")
        return said.strip().lower() == "https" and self.is_trusted(environ.get("REMOTE_ADDR", ""))

    def client(self, forwarded_for: str, peer: str) -> str:
        """Return the last address that no trusted proxy wrote; `peer` if there is none."""
        for address in map(_without_port, reversed(forwarded_for.split(","))):
            if address and not self.is_trusted(address):
                return address
        return peer


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    # A socket for both protocols shows IPv4 peers as ::ffff:10.0.0.1.
    return getattr(found, "ipv4_mapped", None) or found


def _without_port(part: str) -> str:
    """The address in `part`; some proxies write its port as well, as in [2001:db8::1]:4711."""
    found = _WITH_PORT.fullmatch(part.strip())
    return (found[1] or found[2]) if found else part.strip()
