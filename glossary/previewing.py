"""The preview of an entry's text: what its page will show, and why a link will not be one."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.utils.safestring import SafeString

from config import markdown, site
from config.markdown import Unlinked
from glossary import addresses, rendering
from glossary.addresses import LinkResolver
from glossary.models import Entry
from glossary.named_links import NamedLinks, key_of
from glossary.rendering import Lookups

_WRITERS = ("glossary.add_entry", "glossary.change_entry")
_NOT_PUBLIC = "“{}” is not published: until it is, readers see these words without a link."
_NO_ADDRESS = "No entry has this address: readers see these words without a link."
_WANTED = "No entry is called “{}” yet: readers see these words without a link."


def preview(
    content: str, *, user: AbstractUser | AnonymousUser, entry: str, language: str
) -> SafeString:
    """Return the HTML that publishing `content` as the text of an entry would give.

    `entry` is its key, or empty for a new one in `language`. Nothing is stored.
    Words that lose their link say why in their title. Raises PermissionDenied
    for those who may not write entries.
    """
    if not any(map(user.has_perm, _WRITERS)):
        raise PermissionDenied
    subject = _subject(entry, language)
    subject.body = content
    links = LinkResolver(addresses.public_entry)
    derived = rendering.rendered_fields(
        subject,
        link=_explained(links),
        named=_names_explained(NamedLinks(subject, links)),
        weave=rendering.weaver_for(subject, Lookups(), links),
    )
    return derived["body_html"]


def _subject(pk: str, language: str) -> Entry:
    """The entry with what its newest version says of links, or a new one."""
    is_key = pk.isascii() and pk.isdecimal() and len(pk) < len(str(2**63))
    entry = Entry.objects.select_related("draft").filter(pk=int(pk)).first() if is_key else None
    if entry is None:
        is_known = language in dict(settings.LANGUAGES)
        return Entry(language=language if is_known else site.current().language)
    newest = entry.draft.snapshot if entry.draft else {}
    entry.links_terms = newest.get("links_terms", entry.links_terms)
    return entry


def _explained(links: LinkResolver) -> markdown.LinkResolver:
    def resolve(href: str) -> str | Unlinked:
        shown = links(href)
        if shown is not None:
            return shown
        language, slug = addresses.target_of(href) or ("", "")
        known = Entry.objects.filter(language=language, slug=slug).only("term").first()
        return Unlinked(_NOT_PUBLIC.format(known.term) if known else _NO_ADDRESS)

    return resolve


def _names_explained(named: NamedLinks) -> markdown.NameResolver:
    def resolve(names: list[str]) -> dict[str, str | Unlinked]:
        targets: dict[str, str | Unlinked] = dict(named(names))
        meant = {name: named.found.targets.get(key_of(name)) for name in names}
        terms = Entry.objects.only("term").in_bulk({pk for pk in meant.values() if pk})
        for name, pk in meant.items():
            if name in targets or (pk and pk == named.entry.pk):
                continue
            known = terms.get(pk or 0)
            why = _NOT_PUBLIC.format(known.term) if known else _WANTED.format(name)
            targets[name] = Unlinked(why)
        return targets

    return resolve
