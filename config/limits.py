"""How often somebody did something: counters that are right across processes.

They are kept in the cache that the processes share, where CACHE_URL names one,
and else in rows. A server that does not answer is passed by: the rows count on
from nothing, so that at the worst somebody does twice what the limit allows.

A counter is one fixed window. Each count is one statement, which begins a new
window once the former one has ended. Nobody's address is kept: a counter has a
hash, made with a key that is another one every day, so that those of two days
cannot be brought together, and none can be looked up without the site's secret.
A window ends with its day, in UTC, at the latest.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable

from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from config.models import LimitCounter
from config.networks import network_of

SALT = "config.limits"

_ONE_MORE = """
INSERT INTO config_limitcounter (key, times, ends_at) VALUES (%s, 1, %s)
ON CONFLICT (key) DO UPDATE SET
    times = CASE WHEN config_limitcounter.ends_at <= %s THEN 1
                 ELSE config_limitcounter.times + 1 END,
    ends_at = CASE WHEN config_limitcounter.ends_at <= %s THEN excluded.ends_at
                   ELSE config_limitcounter.ends_at END
RETURNING times
"""


@runtime_checkable
class Counters(Protocol):
    """A cache in which processes count together; None is what it says while it is away."""

    def hit(self, key: str, *, seconds: float) -> int | None:
        """Count once more, and return how often it was within `seconds` of the first."""

    def times(self, key: str) -> int | None:
        """Return how often it was."""


def hit(scope: str, key: str, *, window: timedelta, now: datetime | None = None) -> int:
    """Count once more that `key` did what `scope` names; return how often it was in its window.

    One statement, outside a transaction if it shall count what is rolled back; a shared cache
    counts that in any case.
    """
    now = now or timezone.now()
    if (times := shared_hit(scope, key, window=window, now=now)) is not None:
        return times
    ends_at, at = (connection.ops.adapt_datetimefield_value(t) for t in (now + window, now))
    with connection.cursor() as cursor:
        cursor.execute(_ONE_MORE, [_row_key(scope, key, now), ends_at, at, at])
        return int(cursor.fetchone()[0])


def shared_hit(
    scope: str, key: str, *, window: timedelta, now: datetime | None = None
) -> int | None:
    """As `hit`, in the shared cache alone: None, and no query, where none counts."""
    cache = caches["default"]
    if not isinstance(cache, Counters):
        return None
    name = _row_key(scope, key, now or timezone.now())
    return cache.hit(name, seconds=window.total_seconds())


def count(scope: str, key: str, *, now: datetime | None = None) -> int:
    """Return how often `key` did it in the present window; at most one query."""
    now = now or timezone.now()
    cache = caches["default"]
    if isinstance(cache, Counters):
        times = cache.times(_row_key(scope, key, now))
        if times is not None:
            return times
    rows = LimitCounter.objects.filter(key=_row_key(scope, key, now), ends_at__gt=now)
    return rows.values_list("times", flat=True).first() or 0


def hit_by(
    request: HttpRequest, scope: str, *, window: timedelta, now: datetime | None = None
) -> int:
    """As `hit`, for the network that `request` came from; 0 where there is none to tell."""
    network = network_of(request.META.get("REMOTE_ADDR", ""))
    return hit(scope, network, window=window, now=now) if network else 0


def count_by(request: HttpRequest, scope: str, *, now: datetime | None = None) -> int:
    """As `count`, for the network that `request` came from."""
    network = network_of(request.META.get("REMOTE_ADDR", ""))
    return count(scope, network, now=now) if network else 0


def tidy(now: datetime | None = None) -> int:
    """Delete the rows whose window has ended; return how many."""
    return LimitCounter.objects.filter(ends_at__lte=now or timezone.now()).delete()[0]


def _row_key(scope: str, key: str, now: datetime) -> str:
    day = now.astimezone(UTC).date().isoformat()
    said = f"{scope}\0{key}"
    return salted_hmac(f"{SALT}.{day}", said, algorithm="sha256").hexdigest()
