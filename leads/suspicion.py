"""What makes a request look as if no person with a question had sent it, in words for staff.

Each rule may err, so that a suspect is only put aside, where staff see it with
the reasons and take it up. The visitor is told the same as everybody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest

from config import limits
from leads import puzzles, submission
from leads.forms import ContactForm
from leads.models import Lead

DAY = timedelta(days=1)
MOST_LINKS = 3
"""The site of the asker, an example and one more; advertisements have a dozen."""
MOST_OF_MAILBOX = 10
"""Requests of one mailbox within a day: our confirmations shall fill nobody's."""
MOST_OF_MESSAGE = 3
"""Times that one text is sent within a day, from which on its form needs a puzzle: an office whose
head passed a text round solves it, a program that advertises mostly does not."""
LONG = 40
"""Letters from which on two people do not write the same by chance."""
LONGEST = 300

_LINK = re.compile(r"(?:https?://|\bwww\.)\S+", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_BBCODE = re.compile(r"\[(?:url|link)(?:\s*=|\]\s*(?:https?://|www\.))", re.IGNORECASE)
_DOTLESS = {"gmail.com", "googlemail.com"}
"""Where dots in an address mean nothing; both names lead to the same mailbox."""


@dataclass(frozen=True)
class Verdict:
    """What is thought of a request that was sent."""

    suspicion: str
    """Why it is put aside; "" if it is not."""
    solution: str = ""
    """Of a puzzle, to be spent with the request."""


def of(
    request: HttpRequest, form: ContactForm, *, mark: str, now: datetime | None = None
) -> Verdict:
    """Judge what a valid `form` brought; four statements. Raises puzzles.OneMoreStep.

    What is kept under its `mark` was counted when it came first, and is not counted
    again: in an office that books at once, many send their form for another time.
    """
    reasons = [*_of_form(form), *_of_words(form.answers)]
    known = Lead.objects.filter(submission=mark).values_list("email", flat=True).first()
    if known is not None:
        if mailbox_of(known) != mailbox_of(form.answers["email"]):
            reasons += _of_mailbox(form.answers["email"], now)
        return Verdict(" ".join(reasons)[:LONGEST])
    is_repeated = _is_repeated(form.answers["message"], now)
    gate = puzzles.Gate(is_open=False)
    try:
        gate = puzzles.gate(request, form.cleaned_data["token"], is_needed=is_repeated, now=now)
    except puzzles.OneMoreStep:
        # Whoever is put aside anyway has no more steps to take, and is not lost on the way.
        if not reasons:
            raise
    if not gate.is_open:
        reasons.append(_unsolved(is_repeated=is_repeated))
    reasons += _of_mailbox(form.answers["email"], now)
    return Verdict(" ".join(reasons)[:LONGEST], gate.solution)


def mailbox_of(email: str) -> str:
    """Return what the ways to write one mailbox have in common.

    Not to tell whose request it is: two people may share a mailbox.
    """
    local, _at, domain = email.strip().lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def _of_form(form: ContactForm) -> Iterator[str]:
    if form.cleaned_data["reference"]:
        yield "A field that people do not see was filled in."
    if form.age < submission.TOO_FAST:
        yield "The form was sent within two seconds."


def _of_words(answers: dict[str, str]) -> Iterator[str]:
    message = answers["message"]
    if _ADDRESS.search(answers["name"]):
        yield "A link stands in the name."
    # Small firms give the address of their site as their name: www.carvalho.example.
    if _SCHEME.search(answers["company"]):
        yield "A link stands in the company."
    if _BBCODE.search(message):
        yield "The message has links as forums write them."
    links = _LINK.findall(message)
    if len(links) > MOST_LINKS:
        yield f"The message has {len(links)} links."
    elif links and not any(sign.isalpha() for sign in _LINK.sub("", message)):
        yield "The message is nothing but a link."


def _of_mailbox(email: str, now: datetime | None) -> Iterator[str]:
    mailbox = mailbox_of(email)
    if limits.hit("leads.mailbox", mailbox, window=DAY, now=now) > MOST_OF_MAILBOX:
        yield f"More than {MOST_OF_MAILBOX} requests of one mailbox within a day."


def _unsolved(*, is_repeated: bool) -> str:
    why = (
        f"The same message was sent more than {MOST_OF_MESSAGE} times within a day"
        if is_repeated
        else f"More than {puzzles.FULL} requests from one network within an hour"
    )
    return f"{why}, and its puzzle was not solved. Browsers without JavaScript cannot."


def _is_repeated(message: str, now: datetime | None) -> bool:
    """Count `message` once more; return whether it goes round."""
    said = "".join(filter(str.isalnum, message.casefold()))
    if len(said) < LONG:
        return False
    return limits.hit("leads.message", said, window=DAY, now=now) > MOST_OF_MESSAGE
