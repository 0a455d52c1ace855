"""Valkey or Redis, shared by all processes on all machines: used while it answers.

Each question has a quarter of a second. A server that is gone, slow or full is
a cache that knows nothing, never an error on a page; after a fault this process
leaves it alone for some seconds, so that its visitors do not wait one by one.
"""

from functools import cache
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

from config.neighbours import Neighbour

TIMEOUT = 0.25
"""Seconds for connecting, and for each answer."""
FAULTS = (NoConnection, NoAnswer, OSError)


@cache
def server_at(address: str) -> Neighbour:
    """Return what this process knows of the server at `address`."""
    # It may answer and have no room, or hold what cannot be read: any other error loses one
    # question.
    return Neighbour("the shared cache", faults=FAULTS, losses=(Exception,))


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
        self.server = server_at(server)

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

        return self.server.ask(question, None)

    def times(self, key: str) -> int | None:
        """Return what `hit` would, and count nothing; None where the server does not answer."""
        name = self.make_and_validate_key(key)
        return self.server.ask(lambda: int(self._cache.get_client(name).get(name) or 0), None)

    # What Django's own promises ---------------------------------------------------------

    def add(self, *arguments: Any, **options: Any) -> bool:
        return self.server.ask(lambda: RedisCache.add(self, *arguments, **options), False)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self.server.ask(lambda: RedisCache.get(self, key, default, version), default)

    def set(self, *arguments: Any, **options: Any) -> None:
        self.server.ask(lambda: RedisCache.set(self, *arguments, **options), None)

    def touch(self, *arguments: Any, **options: Any) -> bool:
        return self.server.ask(lambda: RedisCache.touch(self, *arguments, **options), False)

    def delete(self, *arguments: Any, **options: Any) -> bool:
        return self.server.ask(lambda: RedisCache.delete(self, *arguments, **options), False)

    def get_many(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        return self.server.ask(lambda: RedisCache.get_many(self, *arguments, **options), {})

    def has_key(self, *arguments: Any, **options: Any) -> bool:
        return self.server.ask(lambda: RedisCache.has_key(self, *arguments, **options), False)

    def set_many(self, data: Any, *arguments: Any, **options: Any) -> list[str]:
        kept = self.server.ask(
            lambda: RedisCache.set_many(self, data, *arguments, **options), None
        )
        return list(data) if kept is None else kept

    def delete_many(self, *arguments: Any, **options: Any) -> None:
        self.server.ask(lambda: RedisCache.delete_many(self, *arguments, **options), None)

    def clear(self) -> None:
        self.server.ask(lambda: RedisCache.clear(self), None)
