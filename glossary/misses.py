"""Addresses under the glossary that lead nowhere: counted by day, so that editors see them.

The page that says so is the same for everyone and writes nothing; its script
reports it once for a tab, as it does a search, and a mark proves that the
report is about a page of ours. Nobody's name is kept.
"""

import re
from datetime import date, datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from config.slugs import MAX_LENGTH, in_words
from glossary import hearing
from glossary.models import MissedPath

MOST_A_DAY = 1_000
"""Different addresses that are kept of a day: no program fills the table."""
SALT = "glossary.misses"

_ROBOT = re.compile(r"bot\b|crawl|spider|slurp|preview|scan", re.IGNORECASE)


def slug_of(request: HttpRequest) -> str:
    """Return the slug for which `request` found no entry; "" for any other address."""
    match = request.resolver_match
    if match is None or match.view_name != "glossary:entry":
        return ""
    slug = match.kwargs["slug"]
    return slug if len(slug) <= MAX_LENGTH else ""


def mark(slug: str, *, language: str) -> str:
    """Return what proves that a page of ours said that there is nothing at `slug`."""
    return salted_hmac(SALT, f"{language}\0{slug}", algorithm="sha256").hexdigest()[:32]


def is_marked(given: str, slug: str, *, language: str) -> bool:
    return constant_time_compare(given, mark(slug, language=language))


def is_robot(user_agent: str) -> bool:
    """Whether a program says that it is one; those that run scripts as readers do often say so."""
    return bool(_ROBOT.search(user_agent))


def missed(slug: str, *, language: str, now: datetime | None = None) -> None:
    """Count that there was nothing at `slug`.

    What looks personal is not kept, nor are more than 1,000 addresses of a day.
    """
    if not slug or len(slug) > MAX_LENGTH or hearing.looks_personal(in_words(slug)):
        return
    day = timezone.localdate(now or timezone.now())
    same = MissedPath.objects.filter(language=language, slug=slug, day=day)
    fresh = MissedPath(language=language, slug=slug, day=day)
    hearing.count(same, fresh, is_full=lambda: _is_full(day))


def tidy(now: datetime | None = None) -> int:
    """Delete what was missed more than 400 days ago; return how many rows."""
    oldest = timezone.localdate(now or timezone.now()) - hearing.KEPT
    return MissedPath.objects.filter(day__lt=oldest).delete()[0]


def _is_full(day: date) -> bool:
    return MissedPath.objects.filter(day=day).count() >= MOST_A_DAY
