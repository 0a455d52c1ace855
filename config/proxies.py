"""Believing what a reverse proxy says of the visitor, and nobody else."""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

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
        # Asked for each page that is kept, and mostly of the same proxy.
        self.is_trusted = lru_cache(maxsize=512)(self._is_trusted)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded_for = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        forwarded_proto = request.META.pop("HTTP_X_FORWARDED_PROTO", "")
        request.META.pop("HTTP_X_FORWARDED_HOST", None)
        if self.is_trusted(request.META.get("REMOTE_ADDR", "")):
            request.META["REMOTE_ADDR"] = self.client(forwarded_for, request.META["REMOTE_ADDR"])
            if forwarded_proto.strip().lower() == "https":
                # WSGIRequest.scheme reads the environment that META is.
                request.META["wsgi.url_scheme"] = "https"
        return self.get_response(request)

    def _is_trusted(self, address: str) -> bool:
        try:
            peer = ip_address(address.strip())
        except ValueError:
            return False
        # A socket for both protocols shows IPv4 peers as ::ffff:10.0.0.1.
        peer = getattr(peer, "ipv4_mapped", None) or peer
        return any(peer in network for network in self.trusted)

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


def _without_port(part: str) -> str:
    """The address in `part`; some proxies write its port as well, as in [2001:db8::1]:4711."""
    found = _WITH_PORT.fullmatch(part.strip())
    return (found[1] or found[2]) if found else part.strip()
