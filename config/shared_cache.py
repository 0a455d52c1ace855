"""Valkey or Redis, shared by all processes on all machines: used while it answers.

Each question has a quarter of a second. A server that is gone, slow or full is
a cache that knows nothing, never an error on a page; after a fault this process
leaves it alone for some seconds, so that its visitors do not wait one by one.
"""

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT = 0.25
"""Seconds for connecting, and for each answer."""
REST = 5.0
"""Seconds that a server is left alone which could not be reached, or did not answer in time."""
SILENCE = 60.0
"""Seconds between two warnings in the log of one process."""

Answer = TypeVar("Answer")


class Link:
    """The way to a server, as this process found it last; for any number of threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.rests_until = 0.0
        self.silent_until = 0.0

    def ask(self, question: Callable[[], Answer], otherwise: Answer) -> Answer:
        """Return what `question` does, or `otherwise` where the server does not answer."""
        now = self.clock()
        if now < self.rests_until:
            return otherwise
        if self.rests_until:
            # One thread finds out whether it is back; the others need not wait as well.
            self.rests_until = now + REST
        try:
            answer = question()
        except (NoConnection, NoAnswer, OSError) as error:
            self.rests_until = self.clock() + REST
            self._warn(error)
            return otherwise
        # It answers, but has no room, or what it holds cannot be read: only this one is lost.
        except Exception as error:
            self.rests_until = 0.0
            self._warn(error)
            return otherwise
        self.rests_until = 0.0
        return answer

    def _warn(self, error: Exception) -> None:
        now = self.clock()
        if now >= self.silent_until:
            self.silent_until = now + SILENCE
            logger.warning("the shared cache did not answer: %s", type(error).__name__)


@cache
def link_to(address: str) -> Link:
    """Return the one link of this process to the server at `address`."""
    return Link()


class SharedCache(RedisCache):
    """Django's cache on such a server, with counters; no method raises for want of an answer."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        patience = {
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
            # The client would try again and again, and the visitor wait as often.
            "retry": Retry(NoBackoff(), 0),
        }
        super().__init__([server], {**params, "OPTIONS": params.get("OPTIONS", {}) | patience})
        self.link = link_to(server)

    # Counters that all processes share --------------------------------------------------

    def hit(self, key: str, *, seconds: float) -> int | None:
        """Count once more and return how often it was since the first, at most `seconds` ago.

        None where nothing was counted, because the server does not answer or has no room.
        """
        name = self.make_and_validate_key(key)

        def question() -> int:
            counting = self._cache.get_client(name, write=True).pipeline(transaction=True)
            counting.set(name, 0, px=max(1, round(seconds * 1000)), nx=True)
            counting.incr(name)
            return int(counting.execute()[1])

        return self.link.ask(question, None)

    def times(self, key: str) -> int | None:
        """Return what `hit` would, and count nothing; None where the server does not answer."""
        name = self.make_and_validate_key(key)
        return self.link.ask(lambda: int(self._cache.get_client(name).get(name) or 0), None)

    # What Django's own promises ---------------------------------------------------------

    def add(self, *arguments: Any, **options: Any) -> bool:
        return self.link.ask(lambda: RedisCache.add(self, *arguments, **options), False)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self.link.ask(lambda: RedisCache.get(self, key, default, version), default)

    def set(self, *arguments: Any, **options: Any) -> None:
        self.link.ask(lambda: RedisCache.set(self, *arguments, **options), None)

    def touch(self, *arguments: Any, **options: Any) -> bool:
        return self.link.ask(lambda: RedisCache.touch(self, *arguments, **options), False)

    def delete(self, *arguments: Any, **options: Any) -> bool:
        return self.link.ask(lambda: RedisCache.delete(self, *arguments, **options), False)

    def get_many(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        return self.link.ask(lambda: RedisCache.get_many(self, *arguments, **options), {})

    def has_key(self, *arguments: Any, **options: Any) -> bool:
        return self.link.ask(lambda: RedisCache.has_key(self, *arguments, **options), False)

    def set_many(self, data: Any, *arguments: Any, **options: Any) -> list[str]:
        kept = self.link.ask(lambda: RedisCache.set_many(self, data, *arguments, **options), None)
        return list(data) if kept is None else kept

    def delete_many(self, *arguments: Any, **options: Any) -> None:
        self.link.ask(lambda: RedisCache.delete_many(self, *arguments, **options), None)

    def clear(self) -> None:
        self.link.ask(lambda: RedisCache.clear(self), None)
