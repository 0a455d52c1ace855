"""Servers that the site can do without, such as a cache: asked while they answer."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

logger = logging.getLogger(__name__)

REST = 5.0
"""Seconds that a server is left alone which could not be reached, or did not answer in time."""
SILENCE = 60.0
"""Seconds between two warnings about a server in the log of one process."""

Answer = TypeVar("Answer")
Errors = tuple[type[Exception], ...]


class Neighbour:
    """A server as this process found it last; for any number of threads.

    `faults` are the errors that mean it is away: for a while it is not asked
    again, so that visitors do not wait for it one by one. After `losses` it is.
    """

    def __init__(
        self,
        name: str,
        *,
        faults: Errors,
        losses: Errors = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.faults, self.losses, self.clock = name, faults, losses, clock
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
        except self.faults as error:
            self.rests_until = self.clock() + REST
            self._warn(error)
            return otherwise
        except self.losses as error:
            self.rests_until = 0.0
            self._warn(error)
            return otherwise
        self.rests_until = 0.0
        return answer

    def _warn(self, error: Exception) -> None:
        now = self.clock()
        if now >= self.silent_until:
            self.silent_until = now + SILENCE
            logger.warning("%s did not answer: %s", self.name, type(error).__name__)
