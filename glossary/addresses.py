"""Links between entries: which address means which entry, and whether readers may follow it."""

from collections.abc import Callable, Iterable
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import Q
from django.urls import Resolver404, resolve
from django.utils import translation

from config import languages
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


class LinkResolver:
    """Decides on the links of one text: public entries at their present address, no others.

    `targets` afterwards holds every entry address that the text names, and
    `has_dropped` whether any of them could not be shown.
    """

    def __init__(self, addresses: Callable[[Target], str | None]) -> None:
        self.addresses = addresses
        self.targets: set[Target] = set()
        self.has_dropped = False

    def __call__(self, href: str) -> str | None:
        try:
            target = target_of(href)
        except ValueError:
            return href
        if target is None:
            return href
        self.targets.add(target)
        address = self.addresses(target)
        self.has_dropped |= address is None
        fragment = urlsplit(href).fragment
        return f"{address}#{fragment}" if address and fragment else address


def public_address(target: Target) -> str | None:
    """Return the present path of the public entry at `target`, old addresses included.

    One query, a second one when no live entry has the slug.
    """
    language, slug = target
    published = Entry.objects.published().only("slug", "language")
    entry = published.filter(language=language, slug=slug).first()
    if entry is None:
        old = OldSlug.objects.filter(language=language, slug=slug).values("entry")
        entry = published.filter(pk__in=old).first()
    return entry.get_absolute_url() if entry else None


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
    old = entry.old_slugs.values_list("language", "slug")
    addresses = Q(language=entry.language, slug=entry.slug)
    for language, slug in old:
        addresses |= Q(language=language, slug=slug)
    links = InternalLink.objects.filter(addresses)
    return list(links.exclude(source=entry).values_list("source", flat=True).distinct())
