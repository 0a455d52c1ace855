"""Addresses of our own static files: what static() returns, without asking it again."""

from functools import cache

from django.templatetags.static import static


@cache
def static_address(path: str) -> str:
    """Return the address of a file in static/, which it keeps as long as a process lives."""
    return static(path)
