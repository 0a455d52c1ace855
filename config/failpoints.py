"""Named places in the work of the outbox where tests let a process die, fail or stand still.

`settings.FAILPOINTS` says what happens where: `{"mail.sent": "kill"}`, or
`"kill@3"` for the third time only that a process comes by. It is empty, and
no variable of the environment fills it: only settings of tests do.
"""

import os
import signal
from collections import Counter

from django.conf import settings

PLACES = {
    "outbox.claimed": "a message is this worker's, and nothing has been done",
    "mail.sending": "a mail is written, and no server has been called",
    "mail.sent": "the mail server said OK",
    "webhook.sending": "a webhook's body is read, and nobody has been called",
    "webhook.answered": "the other side answered, and its answer is not kept",
    "webhook.kept": "the answer is kept in the webhook's log",
    "outbox.acted": "the effect is done, and the message does not know",
    "outbox.noting": "within the transaction that notes what came of a try",
    "outbox.noted": "what came of a try is committed",
}
"""What is true at each of them."""

_passed: Counter[str] = Counter()


class Failed(Exception):
    """What the act `raise` raises."""


def reach(place: str) -> None:
    """Act as settings.FAILPOINTS says for `place`, one of PLACES; else nothing.

    `kill` ends the process as kill -9 does, `stop` lets it stand still until
    SIGCONT, `raise` raises Failed. Raises LookupError for any other place or act.
    """
    if settings.FAILPOINTS:
        _act(place, settings.FAILPOINTS)


def _act(place: str, acts: dict[str, str]) -> None:
    if unknown := {place, *acts} - PLACES.keys():
        raise LookupError(f"There is no failpoint {unknown}")
    _passed[place] += 1
    act, _, time = acts.get(place, "").partition("@")
    if not act or (time and int(time) != _passed[place]):
        return
    if act == "raise":
        raise Failed(place)
    os.kill(os.getpid(), {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}[act])
