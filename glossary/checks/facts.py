"""What the database knows about a draft: gathered in a bounded number of queries."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import chain, islice
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Q
from django.urls import Resolver404, resolve
from django.utils import timezone, translation

from config import languages, site
from config.alphabet import fold
from config.media_storage import StorageAway
from config.models import Picture
from config.slugs import slugify
from glossary import addresses, names, spelling, words
from glossary.addresses import Target
from glossary.checks import blocking, called, check, links, structure
from glossary.checks.text import Text, parsed
from glossary.checks.values import Answer, Draft, Facts, Finding, Other, State
from glossary.models import (
    Alias,
    Entry,
    ExternalLink,
    NamedLink,
    OldPath,
    OldSlug,
    TermName,
)
from glossary.terms import TermIndex

MOST_LOOKED_UP = 500
"""Different addresses, names or pictures of one text that are looked up."""
MOST_FILES = 20
"""Pictures without a row whose files are looked for."""
MOST_SIMILAR = 5
_COLUMNS = ("term", "slug", "language", "term_key", "state", "published_at")


def gather(draft: Draft, *, own: int | None = None, now: datetime | None = None) -> Facts:
    """Return what is known about `draft`, the text of the entry with the key `own` if it has one.

    At most fourteen queries, whatever the text holds and however large the glossary is; a
    text without any link needs one more for each 10,000 names that it could use.
    """
    now = now or timezone.now()
    text = parsed(str(draft.get("body") or ""))
    language = str(draft.get("language") or site.current().language)
    term = str(draft.get("term") or "").strip()
    stored = Entry.objects.filter(pk=own).only("anchors").first() if own else None
    ours = _ours(text)
    own_target = language, str(draft.get("slug") or slugify(term))
    pages, old = _pages({*filter(None, ours.values()), own_target}, now)
    keys = _keys(draft, text)
    terms, aliases = _claims(keys, language=language, own=own, now=now)
    here, before = pages.get(own_target), old.get(own_target)
    return Facts(
        own=own,
        heading=_heading(term, language),
        site_name=site.current().name,
        pages={
            href: pages.get(target) or old.get(target) for href, target in ours.items() if target
        },
        missing=_missing(ours),
        pictures=_pictures(text),
        address_of_another=here if here and here.pk != own else None,
        old_address_of=before if before and before.pk != own else None,
        terms=terms,
        aliases=aliases,
        remembered=_remembered(text, own),
        similar=_similar(term, language=language, own=own),
        answers=_answers(text),
        index=_index(text, language, now),
        anchors=frozenset(_ids(stored.anchors)) if stored else frozenset(),
    )


def held_back(
    draft: Draft, *, own: int | None = None, now: datetime | None = None
) -> list[Finding]:
    """Return what has to be mended before `draft` may be published."""
    return blocking(check(draft, gather(draft, own=own, now=now)))


def _index(text: Text, language: str, now: datetime) -> TermIndex:
    """The names that could be the only links of a text without any. One query for those."""
    if links.all_links(text) or text.named:
        return TermIndex([])
    return names.index_for(text.plain[: names.LONG_TEXT], language=language, now=now)


def _heading(term: str, language: str) -> str:
    with translation.override(language):
        return site.current().title_of(term) if term else ""


def _ids(anchors: list[dict]) -> Iterable[str]:
    return chain.from_iterable([anchor["id"], *anchor.get("old", [])] for anchor in anchors)


# Addresses --------------------------------------------------------------------------------


def _ours(text: Text) -> dict[str, Target | None]:
    """The addresses on this site in the text, each with the entry's address that it is."""
    found: dict[str, Target | None] = {}
    hrefs = _each_once(link.href.strip() for link in links.all_links(text))
    for href in filter(links.is_ours, hrefs):
        with suppress(ValueError):
            found[href] = addresses.target_of(href)
    return found


def _missing(ours: Mapping[str, Target | None]) -> frozenset[str]:
    """Those at which there is nothing, neither now nor on the site before this one. One query."""
    paths = {href: _path_of(href) for href, target in ours.items() if target is None}
    nowhere = {href: path for href, path in paths.items() if not _exists(path)}
    # No database takes NUL; nor is there anything at such an address.
    if not nowhere:
        return frozenset()
    stored = {path.rstrip("/") or "/" for path in nowhere.values() if "\0" not in path}
    known = set(OldPath.objects.filter(path__in=stored).values_list("path", flat=True))
    return frozenset(h for h, path in nowhere.items() if (path.rstrip("/") or "/") not in known)


def _path_of(href: str) -> str:
    return unquote(urlsplit(href.removeprefix(settings.SITE_URL)).path) or "/"


def _exists(path: str) -> bool:
    """Whether the site has pages at `path`, with or without a slash at its end."""
    with translation.override(languages.of_path(path)):
        for tried in {path, path if path.endswith("/") else f"{path}/"}:
            with suppress(Resolver404):
                resolve(tried)
                return True
    return False


def _pages(
    targets: Iterable[Target], now: datetime
) -> tuple[dict[Target, Other], dict[Target, Other]]:
    """The entries at these addresses, and those that once were there. Two queries."""
    here = Q()
    for language, slugs in _by_language(targets).items():
        here |= Q(language=language, slug__in=slugs)
    if not here:
        return {}, {}
    entries = Entry.objects.filter(here).only(*_COLUMNS)
    old = OldSlug.objects.filter(here).select_related("entry")
    old = old.only("language", "slug", *(f"entry__{column}" for column in _COLUMNS))
    return (
        {(entry.language, entry.slug): _other(entry, now) for entry in entries},
        {(each.language, each.slug): _other(each.entry, now) for each in old},
    )


def _by_language(targets: Iterable[Target]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for language, slug in targets:
        if slug:
            found[language].append(slug)
    return found


def _answers(text: Text) -> dict[str, Answer]:
    """How the addresses in the text answered. One query."""
    found = (link.href.strip() for link in links.all_links(text))
    outside = [href for href in _each_once(found) if href.startswith(("http://", "https://"))]
    digests = {href: hashlib.sha256(_as_called(href).encode()).hexdigest() for href in outside}
    rows = ExternalLink.objects.filter(digest__in=digests.values()).exclude(checked_at=None)
    answers = {
        row.digest: Answer(row.status, row.checked_at, row.error) for row in rows if row.checked_at
    }
    return {href: answers[digest] for href, digest in digests.items() if digest in answers}


def _as_called(href: str) -> str:
    """An address as it is asked for: its host in small letters, without its #part."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return href
    return parts._replace(netloc=parts.netloc.lower(), fragment="").geturl()


# Names ------------------------------------------------------------------------------------


def _keys(draft: Draft, text: Text) -> set[str]:
    given = [str(draft.get("term") or ""), *called.aliases_of(draft)]
    named = _each_once(name.text for name in text.named)
    return {key for name in [*given, *named] if (key := fold(name))}


def _claims(
    keys: set[str], *, language: str, own: int | None, now: datetime
) -> tuple[dict[str, Other], dict[str, tuple[Other, ...]]]:
    """Whose terms these folded names are, and whose aliases. Two queries."""
    if not keys:
        return {}, {}
    entries = Entry.objects.filter(language=language, term_key__in=keys).only(*_COLUMNS)
    aliases = Alias.objects.in_language(language).filter(name_key__in=keys)
    aliases = aliases.select_related("entry")
    claims: dict[str, dict[int, Other]] = defaultdict(dict)
    for alias in aliases.only("name_key", *(f"entry__{column}" for column in _COLUMNS)):
        if alias.entry_id != own:
            claims[alias.name_key][alias.entry_id] = _other(alias.entry, now)
    return (
        {entry.term_key: _other(entry, now) for entry in entries if entry.pk != own},
        {key: tuple(found.values()) for key, found in claims.items()},
    )


def _remembered(text: Text, own: int | None) -> frozenset[str]:
    """Names in `[[ ]]` that have led to an entry. One query."""
    keys = {fold(name) for name in _each_once(name.text for name in text.named)}
    if not (keys and own):
        return frozenset()
    found = NamedLink.objects.filter(source=own, key__in={key[:200] for key in keys})
    return frozenset(found.exclude(target=None).values_list("key", flat=True))


def _similar(term: str, *, language: str, own: int | None) -> tuple[Other, ...]:
    """Published entries whose name differs in a hyphen, a plural or a letter. Two queries."""
    key = fold(term)
    if not key:
        return ()
    near = TermName.objects.filter(language=language, search_key__in=_variants(key, language))
    near = near.exclude(search_key=key).select_related("entry")
    found: dict[int, Other] = {}
    for name in near.only("text", "entry__term")[: 4 * MOST_SIMILAR]:
        if name.entry_id != own:
            found.setdefault(name.entry_id, Other(name.entry_id, name.entry.term))
    return tuple(islice(found.values(), MOST_SIMILAR))


def _variants(key: str, language: str) -> set[str]:
    """Other spellings of a folded name. One query."""
    *before, last = key.split(" ")
    found = {" ".join([*before, variant]) for variant in words.variants(last)}
    found |= {re.sub(r"[-–_/ ]+", glue, each) for each in tuple(found) for glue in (" ", "-", "")}
    units = words.units(key)
    for typed, meant in spelling.nearest(units, language=language).items():
        found.add(" ".join(meant if unit == typed else unit for unit in units))
    return found - {key}


# Pictures ---------------------------------------------------------------------------------


def _pictures(text: Text) -> frozenset[str]:
    """Addresses of uploads in the text that exist: those with a row, others by their file."""
    raw = (tag.attributes.get("src", "") for tag in text.tags if tag.name == "img")
    sources = chain((picture.source for picture in text.pictures), raw)
    paths = {source: _stored_path(source) for source in _each_once(sources)}
    wanted = {source: path for source, path in paths.items() if path}
    if not wanted:
        return frozenset()
    rows = Picture.objects.filter(path__in=wanted.values()).values_list("path", flat=True)
    known = set(rows)
    unknown = [path for path in wanted.values() if path not in known]
    known |= {path for path in unknown[:MOST_FILES] if _is_stored(path)}
    known.update(unknown[MOST_FILES:])
    return frozenset(source for source, path in wanted.items() if path in known)


def _is_stored(path: str) -> bool:
    """Whether there is a file at `path`; where nobody can look, nothing is said against it."""
    try:
        return default_storage.exists(path)
    except StorageAway:
        return True


def _stored_path(source: str) -> str:
    """The path in the storage of an upload's address, or ""."""
    if not structure.is_upload(source):
        return ""
    try:
        path = urlsplit(source).path
    except ValueError:
        return ""
    return "/".join(path.split("/")[-2:]) if structure.is_upload(path) else ""


# Small ------------------------------------------------------------------------------------


def _each_once(values: Iterable[str]) -> list[str]:
    return list(islice(dict.fromkeys(value for value in values if value), MOST_LOOKED_UP))


def _other(entry: Entry, now: datetime) -> Other:
    if entry.is_public(now):
        state = State.PUBLIC
    elif entry.state == Entry.State.PUBLISHED:
        state = State.SCHEDULED
    else:
        state = State.WITHDRAWN if entry.state == Entry.State.WITHDRAWN else State.DRAFT
    return Other(entry.pk, entry.term, state)
