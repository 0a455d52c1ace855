"""Environment variables, typed; every mistake names its variable."""

import os
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

from config import mail_services, media_storage, search_address
from config.media_storage import MediaStorage
from config.search_address import SearchServer

VARIABLES = (
    "ALLOWED_HOSTS",
    "CACHE_URL",
    "DATABASE_REPLICA_URL",
    "DATABASE_URL",
    "DEBUG",
    "EMAIL_URL",
    "EMAIL_WEBHOOK_SECRET",
    "MEDIA_ROOT",
    "MEDIA_STORAGE_URL",
    "PAGES_ROOT",
    "PAGE_MEMORY",
    "SEARCH_URL",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "SITE_URL",
    "TRUSTED_PROXIES",
    "WEBHOOK_ALLOWED_HOSTS",
)
"""All variables that Headword reads, as README.md lists them."""
FEWEST_CHARACTERS = 20
"""Of a secret that protects an address."""
SHARED_CACHES = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"}
"""Schemes of servers that processes share, as their client names them; those with s use TLS."""


class Environment:
    """Reads variables of the process; an empty one counts as not set.

    Raises ImproperlyConfigured, with the variable's name, for a value that
    does not parse and for a missing one that has no default.
    """

    def __init__(self) -> None:
        for name in VARIABLES:
            if os.environ.get(name, "").strip() == "":
                os.environ.pop(name, None)
        self._env = Env()

    def read(self, kind: str, name: str, *default: object) -> Any:
        """Return variable `name` parsed as environs' `kind` ("bool", "dj_db_url" …)."""
        try:
            return getattr(self._env, kind)(name, *default)
        except KeyError as error:
            raise ImproperlyConfigured(f"{name}: nobody knows a scheme {error}") from error
        except (EnvError, ValueError) as error:
            raise ImproperlyConfigured(f"{name}: {error}") from error

    def boolean(self, name: str, default: bool) -> bool:
        return bool(self.read("bool", name, default))

    def integer(self, name: str, default: int) -> int:
        """Return variable `name` as a number that is not negative."""
        number = int(self.read("int", name, default))
        if number < 0:
            raise ImproperlyConfigured(f"{name}: {number} is less than nothing")
        return number

    def text(self, name: str, *default: str) -> str:
        return str(self.read("str", name, *default))

    def mail_service(self, name: str, secret_name: str) -> dict[str, Any]:
        """Return the settings of the mail service that variable `name` names, if it names one."""
        secret = self.text(secret_name, "")
        if secret and len(secret) < FEWEST_CHARACTERS:
            raise ImproperlyConfigured(f"{secret_name}: fewer than 20 characters can be guessed")
        try:
            return mail_services.read(self.text(name, ""), secret=secret)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}") from error

    def search_server(self, name: str) -> SearchServer | None:
        """Return the search server that variable `name` names, if it names one."""
        try:
            return search_address.read(self.text(name, ""))
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}") from error

    def cache(self, name: str) -> dict[str, Any]:
        """Return the settings of the cache at variable `name`; each process its own without it."""
        url = self.text(name, "")
        scheme, _, rest = url.partition("://")
        if scheme not in {*SHARED_CACHES, "unix"}:
            return dict(self.read("dj_cache_url", name, "locmem://"))
        if find_spec("redis") is None:
            raise ImproperlyConfigured(f"{name}: {scheme}:// needs the package redis")
        try:
            parts = urlsplit(url)
            is_whole = bool(parts.path) if scheme == "unix" else bool(parts.hostname)
            number = parts.path.strip("/")
            if scheme != "unix":
                is_whole &= parts.port != 0 and not parts.query and (number or "0").isdecimal()
        except ValueError:
            is_whole = False
        if not is_whole:
            raise ImproperlyConfigured(
                f"{name}: write it like valkey://user:password@host:6379/0, or unix:///path.sock"
            )
        location = url if scheme == "unix" else f"{SHARED_CACHES[scheme]}://{rest}"
        return {"BACKEND": "config.shared_cache.SharedCache", "LOCATION": location}

    def media_storage(self, name: str) -> MediaStorage | None:
        """Return the storage of uploads that variable `name` stands for; None without it."""
        url = self.text(name, "")
        if not url:
            return None
        if find_spec("storages") is None or find_spec("boto3") is None:
            raise ImproperlyConfigured(f"{name}: needs the package django-storages[s3]")
        try:
            return media_storage.read(url)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}") from error

    def items(self, name: str) -> list[str]:
        """Return the comma-separated items of variable `name`, trimmed; none when unset."""
        return [item for part in self.text(name, "").split(",") if (item := part.strip())]

    def hosts(self, name: str) -> list[str]:
        """Return the hosts that variable `name` lists, each perhaps with its port."""
        found = [item.lower() for item in self.items(name)]
        for host in found:
            try:
                parts = urlsplit(f"//{host}")
                is_host = parts.hostname and parts.netloc == host and parts.port != 0
            except ValueError:
                is_host = False
            if not is_host or "@" in host:
                raise ImproperlyConfigured(
                    f"{name}: {host!r} is not a host such as crm.internal or 10.0.0.5:8000"
                )
        return found

    def origin(self, name: str, *default: str) -> str:
        """Return a URL of scheme and host alone, such as https://example.com."""
        url = self.text(name, *default).rstrip("/").lower()
        try:
            parts = urlsplit(url)
            is_origin = parts.hostname and url == f"{parts.scheme}://{parts.netloc}"
            is_plain = "@" not in parts.netloc and (parts.port or True)
        except ValueError:
            is_origin = is_plain = False
        if not (is_origin and is_plain and parts.scheme in ("http", "https")):
            raise ImproperlyConfigured(
                f"{name}: {url!r} is not an address such as https://www.example.com"
            )
        return url
