"""Kept pages that processes share: a cache server, or files where there is one machine.

What comes back is not trusted: each page is sealed with SECRET_KEY, and what is
broken, foreign or of another release counts as not there. A store that fails
or is slow is left alone for a while; pages are made anew meanwhile.
"""

import json
import logging
import os
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from hashlib import blake2b
from hmac import compare_digest
from pathlib import Path
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.core.cache import BaseCache, caches

from config.pages import Page

logger = logging.getLogger(__name__)

KEPT_FOR = 30 * 24 * 3600
CLAIMED_FOR = 5
"""Seconds after which whoever makes a page is taken for dead."""
LEFT_ALONE_FOR = 5.0
SLOW = 0.5
"""Seconds that an answer may take; a store that needs longer is left alone as well."""
MOST_BYTES = 1_000_000_000
"""Of pages kept as files; the oldest go first, and so do those of releases that are gone."""
_SEAL = 16
Given = TypeVar("Given")


class SharedPages(Protocol):
    """Pages by their key, for all processes of one release."""

    def get(self, key: Hashable) -> Page | None: ...
    def put(self, key: Hashable, page: Page) -> None: ...
    def claim(self, key: Hashable) -> bool:
        """Return whether the caller is to make the page; True as well when nobody can say."""
        ...

    def is_free(self, key: Hashable) -> bool: ...
    def free(self, key: Hashable) -> None: ...


def shared(release: str) -> SharedPages | None:
    """Return the store that CACHE_URL names; None where each process keeps its own pages."""
    backend = settings.CACHES["pages"]["BACKEND"]
    if backend.endswith((".LocMemCache", ".DummyCache")):
        return None
    if backend.endswith(".FileBasedCache"):
        return FileStore(_folder(), release)
    return CacheStore(caches["pages"], release)


def tidy() -> None:
    """Keep the folder of pages from growing; cache servers look after themselves."""
    if settings.CACHES["pages"]["BACKEND"].endswith(".FileBasedCache"):
        FileStore(_folder(), "").tidy()


def _folder() -> Path:
    return Path(settings.CACHES["pages"]["LOCATION"]) / "pages"


# A cache server ---------------------------------------------------------------------------------


class BytesSerializer:
    """For Django's Redis cache: nothing that a stranger has put there is ever unpickled."""

    def dumps(self, value: bytes) -> bytes:
        return value

    def loads(self, data: bytes) -> bytes:
        return data


class CacheStore:
    """Pages in one of Django's caches."""

    def __init__(self, cache: BaseCache, release: str) -> None:
        self.cache = cache
        self.release = release
        self.left_alone_until = 0.0

    def get(self, key: Hashable) -> Page | None:
        data = self._try(lambda: self.cache.get(self._name("page", key)), None)
        return unpack(data, self.release, key) if isinstance(data, bytes) else None

    def put(self, key: Hashable, page: Page) -> None:
        data = pack(page, self.release, key)
        self._try(lambda: self.cache.set(self._name("page", key), data, KEPT_FOR), None)

    def claim(self, key: Hashable) -> bool:
        name = self._name("made", key)
        is_claimed = self._try(lambda: self.cache.add(name, b"1", CLAIMED_FOR), True)
        # A cache that is away says no; so does nobody else then.
        return bool(is_claimed) or self.is_free(key)

    def is_free(self, key: Hashable) -> bool:
        return self._try(lambda: self.cache.get(self._name("made", key)), None) is None

    def free(self, key: Hashable) -> None:
        self._try(lambda: self.cache.delete(self._name("made", key)), None)

    def _name(self, kind: str, key: Hashable) -> str:
        return f"{kind}:{_digest(self.release, key)}"

    def _try(self, ask: Callable[[], Given], otherwise: Given) -> Given:
        if time.monotonic() < self.left_alone_until:
            return otherwise
        began = time.monotonic()
        try:
            return ask()
        # Each client raises its own family of errors, and all of them mean the same here.
        except Exception as error:
            self._leave_alone(type(error).__name__)
            return otherwise
        finally:
            if time.monotonic() - began > SLOW:
                self._leave_alone("it is slow")

    def _leave_alone(self, reason: str) -> None:
        self.left_alone_until = time.monotonic() + LEFT_ALONE_FOR
        logger.warning("the shared cache of pages is left alone for a while: %s", reason)


# Files ------------------------------------------------------------------------------------------


class FileStore:
    """Pages as files, for the processes of one machine."""

    def __init__(self, folder: Path, release: str) -> None:
        self.folder = folder
        self.release = release

    def get(self, key: Hashable) -> Page | None:
        try:
            return unpack(self._path(key).read_bytes(), self.release, key)
        except OSError:
            return None

    def put(self, key: Hashable, page: Page) -> None:
        path = self._path(key)
        fresh = path.with_suffix(f".{os.getpid()}-{time.monotonic_ns()}")
        # A full or read-only disk keeps nothing, and that is all.
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                fresh.write_bytes(pack(page, self.release, key))
                fresh.replace(path)
            finally:
                fresh.unlink(missing_ok=True)

    def claim(self, key: Hashable) -> bool:
        path = self._claim(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not self._is_claimed(path):
                path.unlink(missing_ok=True)
            path.touch(exist_ok=False)
        except FileExistsError:
            return False
        except OSError:
            return True
        return True

    def is_free(self, key: Hashable) -> bool:
        return not self._is_claimed(self._claim(key))

    def free(self, key: Hashable) -> None:
        with suppress(OSError):
            self._claim(key).unlink(missing_ok=True)

    def tidy(self, *, most_bytes: int = MOST_BYTES) -> None:
        """Remove what is older than `KEPT_FOR`, and the oldest while there are more bytes."""
        found = []
        for path in self.folder.glob("??/*"):
            # Others write and remove meanwhile.
            with suppress(OSError):
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
        found.sort(reverse=True)
        total = 0
        for written_at, size, path in found:
            total += size
            if total > most_bytes or time.time() - written_at > KEPT_FOR:
                with suppress(OSError):
                    path.unlink()

    def _is_claimed(self, path: Path) -> bool:
        try:
            return time.time() - path.stat().st_mtime < CLAIMED_FOR
        except OSError:
            return False

    def _path(self, key: Hashable) -> Path:
        digest = _digest(self.release, key)
        return self.folder / digest[:2] / digest[2:]

    def _claim(self, key: Hashable) -> Path:
        return self._path(key).with_suffix(".made")


# Packed -----------------------------------------------------------------------------------------


def pack(page: Page, release: str, key: Hashable) -> bytes:
    """Return `page` as sealed bytes; without its plain body where that can be unpacked."""
    parts = dict(page.coded)
    if "gzip" not in parts:
        parts[""] = page.body
    facts = {
        "headers": page.headers,
        "depends": None if page.depends is None else sorted(page.depends),
        "parameters": page.parameters,
        "unkept": page.unkept,
        "checked": page.checked,
        "made_at": page.made_at,
        "until": page.until,
        "etag": page.etag,
        "is_best": page.is_best,
        "parts": [[coding, len(part)] for coding, part in parts.items()],
    }
    head = json.dumps(facts).encode()
    data = b"".join([len(head).to_bytes(4, "big"), head, *parts.values()])
    return _seal(data, release, key) + data


def unpack(sealed: bytes, release: str, key: Hashable) -> Page | None:
    """Return the page that was packed under this key; None unless it is just that."""
    data = sealed[_SEAL:]
    if not compare_digest(sealed[:_SEAL], _seal(data, release, key)):
        return None
    length = int.from_bytes(data[:4], "big")
    facts: dict[str, Any] = json.loads(data[4 : 4 + length])
    coded: dict[str, bytes] = {}
    at = 4 + length
    for coding, size in facts["parts"]:
        coded[coding] = data[at : at + size]
        at += size
    body = coded.pop("", b"")
    return Page(
        headers=[(name, value) for name, value in facts["headers"]],
        body=body,
        depends=None if facts["depends"] is None else frozenset(facts["depends"]),
        parameters=tuple(facts["parameters"]),
        unkept=tuple(facts["unkept"]),
        checked=facts["checked"],
        made_at=facts["made_at"],
        until=facts["until"],
        etag=facts["etag"],
        coded=coded,
        is_best=facts["is_best"],
    )


def _seal(data: bytes, release: str, key: Hashable) -> bytes:
    own = blake2b(settings.SECRET_KEY.encode(), digest_size=32).digest()
    name = _digest(release, key).encode()
    return blake2b(name + data, key=own, digest_size=_SEAL).digest()


def _digest(release: str, key: Hashable) -> str:
    return blake2b(f"{release} {key!r}".encode(), digest_size=20).hexdigest()
