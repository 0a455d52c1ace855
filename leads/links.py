"""Secret addresses: made from a row's random mark and the site's key, so that no table holds them.

What is stored is a hash. Whoever reads the database cannot open a booking's
page; mails are made from the row when they are sent.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from config.http import key_of
from leads.models import Booking, Calendar, Lead

_PAGE = "leads.booking.page"
_VERIFY = "leads.booking.verify"
_FEED = "leads.calendar.feed"
_CONSENT = "leads.consent.page"


def new_uid() -> str:
    """Return the UID of a new booking: random, with the site's domain (RFC 5545 §3.8.4.7)."""
    return f"{secrets.token_hex(16)}@{settings.SITE_HOST}"


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def new_token(uid: str) -> str:
    """Return the secret (256 bits) of the page of the booking with `uid`."""
    return _made(_PAGE, uid, settings.SECRET_KEY)


def token_of(booking: Booking) -> str:
    """Return the secret in the address of the booking's page.

    After a change of SECRET_KEY those in SECRET_KEY_FALLBACKS are tried. If
    none made it, the booking gets a new one, and its old links end.
    """
    if known := known_token_of(booking):
        return known
    token = new_token(booking.uid)
    booking.token_hash = hash_of(token)
    booking.save(update_fields=["token_hash"])
    return token


def known_token_of(booking: Booking) -> str:
    """Return the secret in the address of the booking's page, "" if no key of ours made it."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = _made(_PAGE, booking.uid, key)
        if hash_of(token) == booking.token_hash:
            return token
    return ""


def booking_at(token: str) -> Booking | None:
    """Return the booking whose page has the secret `token`, with its people, or None."""
    return Booking.objects.with_people().filter(token_hash=hash_of(token)).first()


def verification_of(booking: Booking) -> str:
    """Return the second secret, which only the mail to the prospect holds."""
    return _made(_VERIFY, booking.uid, settings.SECRET_KEY)


def verifies(booking: Booking, code: str) -> bool:
    """Return whether `code` is the one that was mailed to the prospect."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(code, _made(_VERIFY, booking.uid, key)) for key in keys)


def consent_token_of(lead: Lead) -> str:
    """Return the secret in the address of the page on what `lead` agreed to."""
    return f"{lead.pk}-{_made(_CONSENT, lead.submission, settings.SECRET_KEY)}"


def lead_at(token: str) -> Lead | None:
    """Return the lead whose page on consent has the secret `token`, or None."""
    text, _, secret = token.partition("-")
    key = key_of(text)
    lead = Lead.objects.filter(pk=key).first() if key else None
    if lead is None:
        return None
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    made = [_made(_CONSENT, lead.submission, each) for each in keys]
    return lead if any(constant_time_compare(secret, each) for each in made) else None


def subscription_of(calendar: Calendar) -> str:
    """Return the secret in the address that the host subscribes to."""
    return _made(_FEED, calendar.subscription_key, settings.SECRET_KEY)


def calendar_at(token: str) -> Calendar | None:
    """Return the calendar whose feed has the secret `token`, or None; one query.

    There are as many calendars as hosts, so that all are asked.
    """
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    for calendar in Calendar.objects.select_related("author"):
        made = (_made(_FEED, calendar.subscription_key, key) for key in keys)
        if any(constant_time_compare(token, each) for each in made):
            return calendar
    return None


def _made(salt: str, mark: str, key: str | bytes) -> str:
    digest = salted_hmac(salt, mark, secret=key, algorithm="sha256").digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")
