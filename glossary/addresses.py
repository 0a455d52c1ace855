"""Links between entries: which address means which entry, and whether readers may follow it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import Q
from django.urls import Resolver404, resolve
from django.utils import translation

from config import languages
from config.addresses import address_of
from config.slugs import MAX_LENGTH
from glossary.models import Entry, InternalLink, OldSlug

Target = tuple[str, str]
"""(language, slug) of an entry's address."""


def target_of(href: str) -> Target | None:
    """Return the entry address that `href` names on this site; None for any other link."""
    local = href.removeprefix(settings.SITE_URL)
    parts = urlsplit(local) if local.startswith("/") and not local.startswith("//") else None
    if parts is None:
        return None
    path = unquote(parts.path)
    language = languages.of_path(path)
    with translation.override(language):
        try:
            match = resolve(path if path.endswith("/") else f"{path}/")
        except Resolver404:
            return None
    if match.view_name != "glossary:entry":
        return None
    return language, match.kwargs["slug"]


@dataclass(frozen=True)
class Found:
    """A public entry that a link leads to."""

    pk: int
    path: str


class LinkResolver:
    """Decides on the links of one text: public entries at their present address, no others.

    `targets` afterwards holds every entry address that the text names,
    `led_to` the key of each entry that it leads to by its path, and
    `has_dropped` whether any link could not be shown.
    """

    def __init__(self, find: Callable[[Target], Found | None]) -> None:
        self.find = find
        self.targets: set[Target] = set()
        self.led_to: dict[str, int] = {}
        self.shown: set[str] = set()
        """Paths that need no second look, because they lead to public entries."""
        self.has_dropped = False

    def __call__(self, href: str) -> str | None:
        if href.partition("#")[0] in self.shown:
            return href
        try:
            target = target_of(href)
        except ValueError:
            return href
        if target is None:
            return href
        self.targets.add(target)
        found = self.find(target)
        if found is None:
            self.has_dropped = True
            return None
        self._show(found)
        fragment = urlsplit(href).fragment
        return f"{found.path}#{fragment}" if fragment else found.path

    def path_to(self, entry: Entry | None, now: datetime | None = None) -> str | None:
        """Return the path to `entry`, if readers may see it, for a link by its name.

        No entry, for a name that none has, is a link that could not be shown.
        """
        found = None
        if entry and entry.is_public(now):
            found = Found(entry.pk, entry.get_absolute_url())
        elif entry:
            found = self.find((entry.language, entry.slug))
        if entry is None or found is None or found.pk != entry.pk:
            self.has_dropped = True
            return None
        self._show(found)
        return found.path

    def _show(self, found: Found) -> None:
        self.led_to[found.path] = found.pk
        self.shown.add(found.path)


def public_entry(target: Target) -> Found | None:
    """Return the public entry at `target`, old addresses included.

    One query, a second one when no live entry has the slug.
    """
    language, slug = target
    published = Entry.objects.published().only("slug", "language")
    entry = published.filter(language=language, slug=slug).first()
    if entry is None:
        old = OldSlug.objects.filter(language=language, slug=slug).values("entry")
        entry = published.filter(pk__in=old).first()
    return Found(entry.pk, entry.get_absolute_url()) if entry else None


def path_of(slug: str, *, language: str) -> str:
    """Return the path of the entry with this slug."""
    return address_of("glossary:entry", slug, language=language)


def without_links_to(path: str, html: str) -> str:
    """Return stored HTML with the links to `path` as plain words.

    For pages that wait to be rendered again: HTML that `config.markdown` made,
    in which links neither nest nor lack their quotes.
    """
    link = re.compile(
        rf'<a (?:[^>]* )?href="{re.escape(path)}(?:#[^"]*)?"[^>]*>(.*?)</a>', re.DOTALL
    )
    return link.sub(r"\1", html)


def store(source: Entry, targets: Iterable[Target]) -> None:
    """Make the stored links of `source` equal to `targets`."""
    wanted = {target for target in targets if len(target[1]) <= MAX_LENGTH}
    stored = {(link.language, link.slug): link.pk for link in source.internal_links.all()}
    gone = [pk for target, pk in stored.items() if target not in wanted]
    if gone:
        InternalLink.objects.filter(pk__in=gone).delete()
    InternalLink.objects.bulk_create(
        InternalLink(source=source, language=language, slug=slug)
        for language, slug in sorted(wanted - stored.keys())
    )


def sources_linking_to(entry: Entry) -> list[int]:
    """Return the keys of the entries whose texts link to `entry`, at any of its addresses."""
    links = InternalLink.objects.filter(leading_to(entry))
    return list(links.exclude(source=entry).values_list("source", flat=True).distinct())


def leading_to(entry: Entry) -> Q:
    """The condition of stored links to `entry`, at any of its addresses. One query."""
    condition = Q(language=entry.language, slug=entry.slug)
    for language, slug in entry.old_slugs.values_list("language", "slug"):
        condition |= Q(language=language, slug=slug)
    return condition
