"""Addresses on other sites that published entries lead to; `link_checks` asks whether they answer.

They are noted when a text is published, one row for an address however many
entries lead there, and forgotten by `tidy` when none does any more.
"""

from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from glossary.models import Entry, ExternalLink

LONGEST = 2_000
"""Characters of an address; browsers and servers refuse most that are longer."""
BROKEN_AFTER = 2
"""Failed checks, on as many days, after which an address is broken: everybody has a bad day."""
BATCH = 1_000

_Leads = ExternalLink.entries.through


def leads_of_shown() -> QuerySet:
    """Return the rows that join entries on the site to addresses."""
    return _Leads.objects.filter(entry__state=Entry.State.PUBLISHED)


def in_use() -> QuerySet[ExternalLink]:
    """Return the addresses that entries on the site lead to."""
    return ExternalLink.objects.filter(
        Exists(leads_of_shown().filter(externallink=OuterRef("pk")))
    )


def broken() -> QuerySet[ExternalLink]:
    """Return those of `in_use` that answered 4xx or 5xx, or not at all, on several days."""
    return in_use().filter(failures__gte=BROKEN_AFTER)


def found_in(html: str) -> set[str]:
    """Return the addresses on other sites that stored HTML links to, each without its #part."""
    return {url for href in _Targets.of(html) if (url := _elsewhere(href))}


def host_of(url: str) -> str:
    """Return the host of an address that `found_in` returned."""
    return urlsplit(url).hostname or ""


@transaction.atomic
def store(entry: Entry, html: str) -> None:
    """Make the noted addresses of `entry` equal to those in its stored HTML; "" for none.

    One query when nothing changed, at most six. New addresses are due for a
    check at once.
    """
    wanted = {sha256(url.encode()).hexdigest(): url for url in found_in(html)}
    leads = _Leads.objects.filter(entry=entry)
    stored = dict(leads.values_list("externallink__digest", "pk"))
    gone = [pk for digest, pk in stored.items() if digest not in wanted]
    if gone:
        _Leads.objects.filter(pk__in=gone).delete()
    new = sorted(wanted.keys() - stored.keys())
    if not new:
        return
    # What nobody used might be forgotten at this moment; held, or else made anew below.
    unused = ExternalLink.objects.filter(_is_unused(), digest__in=new).order_by("digest")
    list(unused.select_for_update(no_key=True).values_list("pk"))
    ExternalLink.objects.bulk_create(
        [ExternalLink(url=wanted[digest], digest=digest) for digest in new], ignore_conflicts=True
    )
    keys = ExternalLink.objects.filter(digest__in=new).values_list("pk", flat=True)
    _Leads.objects.bulk_create(
        [_Leads(entry_id=entry.pk, externallink_id=pk) for pk in keys], ignore_conflicts=True
    )


@transaction.atomic
def tidy() -> int:
    """Forget addresses that no entry leads to any more; return how many."""
    unused = ExternalLink.objects.filter(_is_unused()).order_by("digest")
    held = unused.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH]
    # Asked again: an entry may have come to one before it was held.
    forgotten = ExternalLink.objects.filter(_is_unused(), pk__in=list(held))
    return forgotten.delete()[0]


def _is_unused() -> Q:
    return ~Q(Exists(_Leads.objects.filter(externallink=OuterRef("pk"))))


def _elsewhere(href: str) -> str:
    """`href` as it is called if it leads to another site; "" for all that is not to be called."""
    try:
        given = urlsplit(f"https:{href}" if href.startswith("//") else href.strip())
        parts = given._replace(netloc=given.netloc.lower(), fragment="")
        is_called = parts.scheme in ("http", "https") and _is_elsewhere(parts)
    except ValueError:
        return ""
    url = parts.geturl()
    return url if is_called and len(url) <= LONGEST else ""


def _is_elsewhere(parts: SplitResult) -> bool:
    """Whether there is a host that is not ours; with a password, it is nobody's business."""
    return bool(parts.hostname) and parts.hostname != settings.SITE_HOST and not parts.username


class _Targets(HTMLParser):
    """Collects where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @classmethod
    def of(cls, html: str) -> Iterator[str]:
        parser = cls()
        parser.feed(html)
        parser.close()
        return iter(parser.found)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]
