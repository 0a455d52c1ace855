"""The token of a form: proves when the form was shown, and marks what is sent with it."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.core import signing
from django.utils import timezone

SALT = "leads.submission"
FORM_MARK_LENGTH = 24
CONSENT_SALT = "leads.consent"
READING_SALT = "leads.consent.reading"
LASTS = timedelta(hours=24)
TOO_FAST = timedelta(seconds=2)
"""Nobody reads and fills in the form in less."""


class FormExpired(Exception):
    """The token is too old, altered or missing; a fresh form has to be sent."""


def issue(now: datetime | None = None) -> str:
    """Return a token for a form shown at `now`."""
    shown_at = (now or timezone.now()).timestamp()
    return signing.dumps([secrets.token_urlsafe(12), shown_at], salt=SALT)


def age(token: str, now: datetime | None = None) -> timedelta:
    """Return how long ago the form of `token` was shown. Raises FormExpired."""
    try:
        _, shown_at = signing.loads(token, salt=SALT)
        passed = (now or timezone.now()) - datetime.fromtimestamp(shown_at, tz=UTC)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise FormExpired from error
    if passed > LASTS:
        raise FormExpired
    return passed


def sign_consent(text: str) -> str:
    """Return `text` as the form carries it, so that what is stored is what was shown."""
    return signing.Signer(salt=CONSENT_SALT).sign(_with_plain_breaks(text))


def consent_shown(signed: str) -> str:
    """Return the text that `sign_consent` signed, "" for anything else."""
    try:
        return signing.Signer(salt=CONSENT_SALT).unsign(_with_plain_breaks(signed))
    except signing.BadSignature:
        return ""


def sign_reading(text: str) -> str:
    """Return the sentence beside the box that shares what was read, as the form carries it."""
    return signing.Signer(salt=READING_SALT).sign(text)


def reading_shown(signed: str) -> str:
    """Return the text that `sign_reading` signed, "" for anything else: the box was not shown."""
    try:
        return signing.Signer(salt=READING_SALT).unsign(signed)
    except signing.BadSignature:
        return ""


def mark(token: str, answers: Mapping[str, object]) -> str:
    """Return the same mark for the same answers on the same form, and only for them.

    A second click sends what the first sent and gets its mark; a form that was
    gone back to and changed is a new request.
    """
    lines = [f"{name}={answers[name]}" for name in sorted(answers)]
    return (
        form_mark(token) + hashlib.sha256("\0".join(lines).encode()).hexdigest()[FORM_MARK_LENGTH:]
    )


def form_mark(token: str) -> str:
    """Return what the marks of everything sent with one form begin with."""
    return hashlib.sha256(token.encode()).hexdigest()[:FORM_MARK_LENGTH]


def _with_plain_breaks(text: str) -> str:
    """`text` with line breaks of one character, of which browsers send two."""
    return text.replace("\r\n", "\n")
