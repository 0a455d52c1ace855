"""Marks that prove a text to be ours: short, and the same for everybody, as pages are."""

import base64
import hashlib
import hmac
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import constant_time_compare

BYTES = 12
"""96 bits: nobody guesses one, and a link stays short."""


def mark(salt: str, *parts: object) -> str:
    """Return 16 characters for an address, which only this site can make for `parts`."""
    return _mark(settings.SECRET_KEY, salt, parts)


def is_ours(given: str, salt: str, *parts: object) -> bool:
    """Return whether `given` is the mark of `parts`, made with the present key or a former one."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(given, _mark(key, salt, parts)) for key in keys)


def _mark(key: str, salt: str, parts: tuple[object, ...]) -> str:
    said = "\0".join(map(str, parts))
    digest = hmac.digest(_salted(key, salt), said.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:BYTES]).decode()


@lru_cache(maxsize=32)
def _salted(key: str, salt: str) -> bytes:
    """Return what Django's salted_hmac makes of both, which is the same for each page."""
    return hashlib.sha256(f"{salt}{key}".encode()).digest()
