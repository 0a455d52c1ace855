"""The processes of a race: python -m tests.racers NUMBER [unlocked].

Reads a line of JSON for each round, with an act for each contestant, and
writes one with their answers. See tests/racing.py.
"""

import json
import multiprocessing
import os
import sys
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from functools import cache
from threading import BrokenBarrierError
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from config import limits, locks  # noqa: E402
from config.models import OutboxMessage  # noqa: E402
from leads import booking, schedules  # noqa: E402
from leads.booking import NotPossible, SlotTaken, TooLate, TooManyBookings  # noqa: E402
from leads.choosing import text_of  # noqa: E402
from leads.consenting import to_answer  # noqa: E402
from leads.models import Booking, Lead, Offer  # noqa: E402
from leads.requesting import Request, request_booking  # noqa: E402

LONGEST_WAIT = 60
"""Seconds after which a contestant goes home whom the others have left alone."""
OURS = (NotPossible, SlotTaken, TooLate, TooManyBookings)


def main(number: int, *, locked: bool) -> None:
    # A slow machine makes people wait longer, it does not make them lose.
    locks.PATIENCE = 60_000
    if not locked:
        unlock()
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(number)
    pipes = []
    for _ in range(number):
        ours, theirs = context.Pipe()
        pipes.append(ours)
        context.Process(target=compete, args=[theirs, gate, pipes], daemon=True).start()
        theirs.close()
    for line in sys.stdin:
        acts = json.loads(line)
        for place, pipe in enumerate(pipes):
            pipe.send(acts[place] if place < len(acts) else None)
        answers = [pipe.recv() for pipe in pipes]
        print(json.dumps(answers[: len(acts)]), flush=True)  # noqa: T201


def unlock() -> None:
    """Take away what keeps two verbs apart in our code."""
    if connection.vendor == "postgresql":
        locks.take = lambda name: None
    else:
        # On SQLite it is the transaction itself.
        booking.transaction = SimpleNamespace(atomic=nullcontext)


def compete(pipe: Any, gate: Any, ends: list[Any]) -> None:
    # Without copies of the other ends, everybody hears it when the parent dies, and goes as well.
    for end in ends:
        end.close()
    connection.ensure_connection()
    with suppress(EOFError, BrokenBarrierError, BrokenPipeError):
        while True:
            act = pipe.recv()
            gate.wait(LONGEST_WAIT)
            pipe.send(attempt(act) if act else "")


def attempt(act: dict[str, Any]) -> str:
    values = dict(act)
    verb = VERBS[values.pop("verb")]
    for name in {"start", "now"} & values.keys():
        values[name] = datetime.fromisoformat(values[name])
    try:
        return verb(**values) or "done"
    except OURS as error:
        # Who was refused by the database, not by our own look, is told apart here only.
        by = f" by {refusal(error.__cause__)}" if error.__cause__ else ""
        return f"{type(error).__name__}{by}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def refusal(error: BaseException) -> str:
    return getattr(error.__cause__, "sqlstate", None) or "the wall"


def book(*, offer: int, lead: int, **options: Any) -> None:
    booking.book(Offer.objects.get(pk=offer), lead=Lead.objects.get(pk=lead), **options)


def book_backwards(*, offer: int, lead: int, **options: Any) -> None:
    """As `book`, with the hosts in the opposite order."""
    schedules.calendars_of = lambda offer: [*offer.calendars.order_by("-pk")]
    book(offer=offer, lead=lead, **options)


def book_by_phone(*, offer: int, lead: int, **options: Any) -> None:
    """As staff do, at any time, with the first of the hosts."""
    calendar = Offer.objects.get(pk=offer).calendars.first()
    by = User.objects.get(is_staff=True)
    book(offer=offer, lead=lead, calendar=calendar, by=by, any_time=True, **options)


def move(*, booked: int, **options: Any) -> None:
    booking.move(Booking.objects.get(pk=booked), **options)


def confirm(*, booked: int, **options: Any) -> None:
    booking.confirm(Booking.objects.get(pk=booked), **options)


def expire(*, booked: int) -> None:
    """As the worker does when the time to wait has passed."""
    booking.expire(OutboxMessage(kind="leads.expire_booking", payload={"booking": booked}))


def ask(*, offer: int, email: str, **options: Any) -> None:
    """As a visitor does whose form was read."""
    request = Request(
        {"name": "Paula", "email": email, "message": ""}, to_answer("I agree."), "en"
    )
    offered = Offer.objects.get(pk=offer)
    request_booking(request, offer=offered, visitor_zone="", **options)


def post(*, path: str, form: dict[str, str], address: str = "127.0.0.1") -> str:
    """As a browser at `address` does; the answer is the status, and where it leads to."""
    body = urlencode(form)
    kind = "application/x-www-form-urlencoded"
    answer = Client(raise_request_exception=False).post(
        path, body, content_type=kind, REMOTE_ADDR=address
    )
    return " ".join([str(answer.status_code), answer.get("Location", "")]).strip()


def hit(*, scope: str, key: str, times: int) -> str:
    """Count `times` times; the answer is the highest count that was told."""
    hour = timedelta(hours=1)
    return str(max(limits.hit(scope, key, window=hour) for _ in range(times)))


def move_on_desk(*, booked: int, start: datetime) -> str | None:
    """As staff do by the admin's form, with a time of its list."""
    return save("move", booked, start=text_of(start))


def confirm_on_desk(*, booked: int) -> str | None:
    return save("confirm", booked)


def save(page: str, booked: int, **form: str) -> str | None:
    """Send the form of an admin page; say how it ended unless it was saved."""
    answer = on_desk().post(reverse(f"admin:leads_booking_{page}", args=[booked]), form)
    if answer.status_code == 302:
        return None
    is_taken = answer.status_code == 200 and "This time has just been taken." in answer.text
    return "SlotTaken" if is_taken else f"{answer.status_code} without a reason"


@cache
def on_desk() -> Client:
    """The browser of somebody who has logged in before."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(is_staff=True))
    return client


VERBS = {
    each.__name__: each
    for each in (
        *(book, book_backwards, book_by_phone, move, confirm, expire, ask, post),
        *(move_on_desk, confirm_on_desk, hit),
    )
}


if __name__ == "__main__":
    main(int(sys.argv[1]), locked="unlocked" not in sys.argv)
