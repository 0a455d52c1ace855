"""How often somebody did something: counter rows, right across processes and databases.

A row is one fixed window. Each count is one statement, which begins a new
window in the same row once the former one has ended. Nobody's address is kept:
a row has a hash, made with a key that is another one every day, so that the
rows of two days cannot be brought together, and none can be looked up without
the site's secret. A window ends with its day, in UTC, at the latest.
"""

from datetime import UTC, datetime, timedelta

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


def hit(scope: str, key: str, *, window: timedelta, now: datetime | None = None) -> int:
    """Count once more that `key` did what `scope` names; return how often it was in its window.

    One statement, outside a transaction if it shall count what is rolled back.
    """
    now = now or timezone.now()
    ends_at, at = (connection.ops.adapt_datetimefield_value(t) for t in (now + window, now))
    with connection.cursor() as cursor:
        cursor.execute(_ONE_MORE, [_row_key(scope, key, now), ends_at, at, at])
        return int(cursor.fetchone()[0])


def count(scope: str, key: str, *, now: datetime | None = None) -> int:
    """Return how often `key` did it in the present window; one query."""
    now = now or timezone.now()
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
