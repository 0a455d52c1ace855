"""Contestants for one time: processes with connections of their own, which start together.

They live in `python -m tests.racers`, which loads Django once and forks one
process for each. Every round each of them gets an act, waits at the barrier,
acts, and says how it ended.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from django.db import connection

from leads.models import Booking
from tests.processes import python

WALL = import_module("leads.migrations.0007_booking_wall")

Act = dict[str, Any]
"""The "verb", a function of tests.racers, and its arguments."""
Race = Callable[[list[Act]], list[str]]


@contextmanager
def contestants(number: int, *, locked: bool = True) -> Iterator[Race]:
    """Yield a function that lets at most `number` contestants loose and returns their answers.

    Each is "done", the name of one of our exceptions, or another one with what
    it says. Not `locked`, nothing in the code keeps them apart.
    """
    words = ["-m", "tests.racers", str(number), *["unlocked"] * (not locked)]
    with python(*words, seconds=300) as process:

        def race(acts: list[Act]) -> list[str]:
            process.stdin.write(f"{json.dumps(acts)}\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield race
        process.stdin.close()
        assert process.wait(20) == 0


@contextmanager
def wall_down() -> Iterator[None]:
    """Take the database's own wall away; all bookings go before it is raised again."""
    is_postgresql = connection.vendor == "postgresql"
    tell(WALL.POSTGRESQL_BACK if is_postgresql else WALL.SQLITE_BACK)
    try:
        yield
    finally:
        Booking.objects.all().delete()
        tell(WALL.POSTGRESQL if is_postgresql else WALL.SQLITE)


def tell(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def doubles() -> list[tuple[int, int]]:
    """Bookings that hold one moment of one calendar together."""
    held = list(Booking.objects.held().order_by("calendar", "blocked_from"))
    return [
        (first.pk, second.pk)
        for place, first in enumerate(held)
        for second in held[place + 1 :]
        if first.calendar_id == second.calendar_id
        and first.blocked_until > second.blocked_from
        and first.blocked_from < second.blocked_until
    ]
