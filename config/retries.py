"""When something that failed is tried again, and when it is given up. Pure."""

import random
from datetime import timedelta

RETRY_DELAYS = (
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 8, 12, 20, 24)),
)
"""Waits after the first, second … failure, three days in all."""
MOST_ATTEMPTS = len(RETRY_DELAYS) + 1
LONGEST_WAIT = timedelta(days=1)
"""How long another side may ask us to wait before the next try."""


class GiveUp(Exception):
    """Raised by a handler that knows that no later try will succeed either."""


class TryLater(Exception):
    """Raised by a handler that was told how long to wait; the wait is at most `LONGEST_WAIT`."""

    def __init__(self, reason: str, *, after: timedelta) -> None:
        super().__init__(reason)
        self.after = after


def is_over(attempts: int, error: Exception) -> bool:
    """Return whether the failure of try number `attempts` was the last one."""
    return isinstance(error, GiveUp) or attempts >= MOST_ATTEMPTS


def wait(attempts: int, error: Exception) -> timedelta:
    """Return how long to wait after try number `attempts` failed with `error`."""
    if isinstance(error, TryLater):
        return max(timedelta(seconds=1), min(error.after, LONGEST_WAIT))
    # A spread of a tenth keeps messages that failed together from returning together.
    spread = 1 + random.random() / 10  # noqa: S311 - nothing secret
    return RETRY_DELAYS[attempts - 1] * spread


def words(error: Exception) -> str:
    """Return what staff are told: the handler's own sentence, else what Python says."""
    is_said = isinstance(error, GiveUp | TryLater)
    return str(error) if is_said else f"{type(error).__name__}: {error}"
