"""A little work for the browser, once a network asks more than an office does.

ALTCHA's proof of work, made and checked here: nobody else is asked, nothing is
told about the visitor, and no picture has to be read. A puzzle belongs to one
form, and its solution opens one request.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import altcha
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from config import limits
from config.models import SpentSolution
from leads import submission

SCOPE = "leads.asking"
WINDOW = timedelta(hours=1)
BUSY = 12
"""Requests of one network within an hour, from which on its forms carry a puzzle. A household or
a small firm never sends so many; who does solves it unasked while the form is filled in."""
FULL = 40
"""Requests of one network within an hour that are taken without a solution: an office of thirty
people behind one address books, some of them twice, in browsers that run no script."""

ALGORITHM = "PBKDF2/SHA-256"
COST = 5_000
"""Rounds of one try: so many that the work is in native code, so few that progress is steady."""
TRIES = 240
"""The solution is among so many tries, and so the longest wait is known: a slow phone (250,000
rounds a second on each of four cores) mostly needs 0.6 seconds, and 1.2 at the worst."""
LASTS = submission.LASTS
"""As long as its form."""
LONGEST_SOLUTION = 4_000
"""Characters; ours have about 800."""
FIELD, SHOWN = "altcha", "puzzle"
"""The fields of the form: the solution, and that the page had a puzzle."""


class OneMoreStep(Exception):
    """The form has to be sent once more, by way of a puzzle that its page did not have."""


@dataclass(frozen=True)
class Gate:
    """How a network's limit meets a request."""

    is_open: bool
    solution: str = ""
    """What opened it, to be spent with the request; "" while no solution is needed."""


def offered(
    request: HttpRequest, token: object, *, is_needed: bool = False, now: datetime | None = None
) -> str:
    """Return the puzzle (JSON) for the form with `token`, "" for a network that is not busy.

    One query, none for a form that needs one anyway.
    """
    if not is_needed and limits.count_by(request, SCOPE, now=now) < BUSY:
        return ""
    return json.dumps(new(str(token), now=now).to_dict())


def new(token: str, now: datetime | None = None) -> altcha.Challenge:
    """Make a puzzle that only the form with `token` can use."""
    return altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=secrets.randbelow(TRIES),
        expires_at=(now or timezone.now()) + LASTS,
        data=_data(token),
        hmac_secret=_key("puzzle"),
        hmac_key_secret=_key("solution"),
    )


def gate(
    request: HttpRequest, token: str, *, is_needed: bool = False, now: datetime | None = None
) -> Gate:
    """Count a request of its network, and say whether it may pass; one statement.

    `is_needed` asks for a solution whatever the network. Raises OneMoreStep for whoever could
    not know of the puzzle: the form was shown before the network got busy.
    """
    if limits.hit_by(request, SCOPE, window=WINDOW, now=now) <= FULL and not is_needed:
        return Gate(is_open=True)
    solution = solution_of(request.POST.get(FIELD, ""), token)
    if not solution and SHOWN not in request.POST:
        raise OneMoreStep
    return Gate(is_open=bool(solution), solution=solution)


def solution_of(sent: str, token: str) -> str:
    """Return what stands for the puzzle that `sent` solves; "" if it solves none of `token`."""
    if not sent or len(sent) > LONGEST_SOLUTION:
        return ""
    known = altcha.verify_solution(sent, _key("puzzle"), hmac_key_secret=_key("solution"))
    if not known.verified:
        return ""
    challenge = json.loads(base64.b64decode(sent))["challenge"]
    if challenge["parameters"].get("data") != _data(token):
        return ""
    return hashlib.sha256(challenge["signature"].encode()).hexdigest()


def spend(solution: str, now: datetime | None = None) -> bool:
    """Use up `solution`; False if it was used before.

    Within the transaction of the request: a second click of the same form
    waits for the first one's, and finds its lead.
    """
    ends_at = (now or timezone.now()) + LASTS
    return SpentSolution.objects.get_or_create(digest=solution, defaults={"ends_at": ends_at})[1]


def tidy(now: datetime | None = None) -> int:
    """Forget solutions whose puzzles have expired; return how many."""
    return SpentSolution.objects.filter(ends_at__lte=now or timezone.now()).delete()[0]


def _data(token: str) -> dict[str, str]:
    return {"form": submission.form_mark(token)}


def _key(purpose: str) -> str:
    return salted_hmac("leads.puzzles", purpose, algorithm="sha256").hexdigest()
