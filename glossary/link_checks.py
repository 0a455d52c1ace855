"""Asking other sites whether our links still lead somewhere: politely, guarded, a few at a time.

One message of the outbox is a round of some seconds, so that mails never wait
long behind it; it leaves word for the next round, a minute later, as long as
something is due. Rounds are one after the other whatever the number of
workers, and a round asks one thing at a time, of each host but a few.
"""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from config import locks, outbox, outgoing, site
from config.models import OutboxMessage
from glossary import external_links
from glossary.external_links import host_of
from glossary.models import ExternalLink

KIND = "glossary.check_links"
ROUND = 8.0
"""Seconds after which a round begins no further check."""
PATIENCE = 8.0
"""Seconds for one address, with everything that it redirects to."""
PER_HOST = 4
"""Requests to one host in a round."""
PAUSE = timedelta(minutes=1)
"""From the end of one round to the beginning of the next."""
LOOK_AHEAD = timedelta(hours=1)
"""A check that is due by then is waited for; later ones are found by the hourly `plan`."""
WINDOW = 200
"""Addresses that a round looks at."""
CLAIM_LASTS = timedelta(minutes=10)
MOST_HOPS = 3
MOST_BYTES = 1024
DAY, WEEK = timedelta(days=1), timedelta(days=7)
LONGEST_REST = timedelta(days=30)
"""However long a server asks us to stay away."""

REDIRECTS = {301, 302, 303, 307, 308}
BUSY = 429
"""Too many requests: the page may be there, we came too often."""
TWICE_ASKED = {400, 401, 403, 404, 405, 406, 410, 500, 501, 502}
"""Answers to HEAD by which some servers mean HEAD, not the page."""


@dataclass(frozen=True)
class Outcome:
    """What became of asking for an address."""

    status: int | None
    error: str = ""
    retry_at: datetime | None = None
    """Before when the server does not want to be asked again."""
    host: str = ""
    """Of the server that answered, after redirects."""

    @property
    def has_failed(self) -> bool:
        if self.error or self.status is None:
            return True
        return self.status >= 400 and self.status != BUSY


# Rounds -------------------------------------------------------------------------------------


def plan(now: datetime | None = None) -> bool:
    """Leave word for a round if an address is due and none is planned; return whether."""
    return _plan(now or timezone.now(), within=timedelta(0))


def check(message: OutboxMessage) -> None:
    """Outbox handler: one round, and word for the next one."""
    check_due()
    _plan(timezone.now() + PAUSE, within=LOOK_AHEAD, after=message)


def check_due(now: datetime | None = None) -> int:
    """Check addresses that are due until the round's time is over; return how many.

    Those of a host that has been asked often enough are put off, which makes
    room for others in the next round; those of one that wants to be left alone,
    until it said.
    """
    now = now or timezone.now()
    ends = time.monotonic() + ROUND
    asked: Counter[str] = Counter()
    put_off: Counter[str] = Counter()
    resting: set[str] = set()
    later: list[ExternalLink] = []
    checked = 0
    for link in list(due(now)[:WINDOW]):
        host = host_of(link.url)
        if time.monotonic() > ends:
            break
        if host in resting:
            continue
        if asked[host] >= PER_HOST:
            link.check_at = now + PAUSE * (1 + put_off[host] // PER_HOST)
            put_off[host] += 1
            later.append(link)
        elif _is_claimed(link, now):
            outcome = ask(link.url, asked=asked, now=now)
            note(link, outcome, now=now)
            checked += 1
            if outcome.retry_at:
                resting.add(outcome.host)
                later = [each for each in later if host_of(each.url) != outcome.host]
                _leave_alone(outcome.host, until=outcome.retry_at)
    ExternalLink.objects.bulk_update(later, ["check_at"], batch_size=WINDOW)
    return checked


def due(now: datetime) -> QuerySet[ExternalLink]:
    """Return the addresses to check at `now`, those that have waited longest first."""
    return external_links.in_use().filter(check_at__lte=now).order_by("check_at", "pk")


@transaction.atomic
def _plan(at: datetime, *, within: timedelta, after: OutboxMessage | None = None) -> bool:
    """Leave word for a round at `at`, or when the first address is due `within` that time."""
    locks.take(KIND)
    waiting = OutboxMessage.objects.waiting().filter(kind=KIND)
    others = waiting.exclude(pk=after.pk) if after else waiting
    if others.exists():
        return False
    first = due(at + within).values_list("check_at", flat=True).first()
    if first is None:
        return False
    outbox.enqueue(KIND, due_at=max(at, first))
    return True


def _leave_alone(host: str, *, until: datetime) -> None:
    """Put off all checks at `host`; slow with many addresses, and rarely asked for."""
    at_host = Q(url__startswith=f"https://{host}/") | Q(url__startswith=f"http://{host}/")
    at_port = Q(url__startswith=f"https://{host}:") | Q(url__startswith=f"http://{host}:")
    ExternalLink.objects.filter(at_host | at_port, check_at__lt=until).update(check_at=until)


def _is_claimed(link: ExternalLink, now: datetime) -> bool:
    """Take the address for this round; what a killed worker took comes back by itself."""
    mine = ExternalLink.objects.filter(pk=link.pk, check_at=link.check_at)
    return bool(mine.update(check_at=now + CLAIM_LASTS))


# One address --------------------------------------------------------------------------------


def ask(url: str, *, asked: Counter[str] | None = None, now: datetime | None = None) -> Outcome:
    """Ask for `url` as a browser would find it, at most three redirects on.

    Each address on the way is guarded by `outgoing`. `asked` counts the
    requests by host.
    """
    ends = time.monotonic() + PATIENCE
    method, hops = "HEAD", 0
    counted = Counter() if asked is None else asked
    while (left := ends - time.monotonic()) > 0:
        counted[host_of(url)] += 1
        try:
            answer = outgoing.send(method, url, timeout=left, limit=MOST_BYTES)
        except (outgoing.Refused, outgoing.Unreachable) as error:
            return Outcome(None, str(error)[:200])
        location = answer.headers.get("location")
        if answer.status in REDIRECTS and location:
            if hops == MOST_HOPS:
                return Outcome(answer.status, f"It redirects more than {MOST_HOPS} times")
            try:
                url, method, hops = urljoin(url, location), "HEAD", hops + 1
            except ValueError:
                return Outcome(answer.status, "It redirects to an address that cannot be read")
        elif method == "HEAD" and answer.status in TWICE_ASKED:
            method = "GET"
        else:
            wait = answer.headers.get("retry-after", "")
            until = retry_at(wait, now or timezone.now())
            return Outcome(answer.status, retry_at=until, host=host_of(url))
    return Outcome(None, f"No whole answer within {PATIENCE:g} seconds")


def note(link: ExternalLink, outcome: Outcome, *, now: datetime) -> None:
    """Remember what came of it, and when to ask again: weekly, sooner after a failure."""
    zone = site.current().zone
    is_new_day = link.checked_at is None or (
        timezone.localdate(link.checked_at, zone) < timezone.localdate(now, zone)
    )
    if outcome.has_failed:
        link.failures += is_new_day or not link.failures
        wait = min(WEEK, DAY * 2 ** min(link.failures - 1, 3))
    elif outcome.status == BUSY:
        wait = DAY
    else:
        link.failures, wait = 0, WEEK
    link.status, link.error, link.checked_at = outcome.status, outcome.error, now
    link.check_at = max(now + wait, outcome.retry_at or now)
    link.save(update_fields=["status", "error", "failures", "checked_at", "check_at"])


def retry_at(value: str, now: datetime) -> datetime | None:
    """Return the time that a Retry-After header names (RFC 9110 §10.2.3), 30 days at most."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return now + min(timedelta(seconds=int(value[:9])), LONGEST_REST)
    try:
        named = parsedate_to_datetime(value)
    except ValueError:
        return None
    named = named if named.tzinfo else named.replace(tzinfo=UTC)
    return min(named, now + LONGEST_REST) if named > now else None
