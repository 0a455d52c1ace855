"""Links by name, remembered by key: which entry a text means by `[[its name]]`.

Once it is known which entry is meant, the link follows it whatever it is
called later. A name that nobody has yet is wanted; the first entry that gets
it becomes the target.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from config import markdown, outbox
from config.alphabet import fold
from glossary.addresses import LinkResolver
from glossary.models import Alias, Entry, NamedLink, TermName
from glossary.models.entries import is_public

KEYS_PER_QUERY = 10_000
"""Half of what SQLite takes as parameters of one statement."""
PER_MESSAGE = 200
"""Texts that one outbox message renders again."""


def names_in(text: str) -> list[str]:
    """Return the names that `text` has in `[[ ]]`, code left out, each once, in order."""
    return [name for name in markdown.names_in(text) if key_of(name)]


def key_of(name: str) -> str:
    return fold(name)[:200]


@transaction.atomic
def remember(entry: Entry, texts: Iterable[str], now: datetime | None = None) -> None:
    """Make the named links of `entry` those of `texts`: its newest version and the live one.

    What is known stays; a new name is looked up. One query for texts without a
    name, at most six for others.
    """
    found = _look_up(entry, [name for text in texts for name in names_in(text)], now=now)
    gone = found.stored.keys() - found.names.keys()
    if gone:
        NamedLink.objects.filter(source=entry, key__in=gone).delete()
    _store(entry, found)


@transaction.atomic
def settle(entry: Entry, now: datetime | None = None) -> None:
    """Let the texts that want `entry` by one of its names lead to it from now on.

    If readers can see it, those that they read are rendered again by the
    outbox. A name that other entries have as well stays wanted. Two queries
    where nobody wants it.
    """
    wanted = list(_wanting(entry).values_list("pk", "key", "source", "source__state"))
    if not wanted:
        return
    meant = resolve({key for _, key, _, _ in wanted}, language=entry.language, now=now)
    settled = [row for row in wanted if meant.get(row[1]) == entry.pk]
    NamedLink.objects.filter(pk__in=[pk for pk, *_ in settled]).update(target=entry)
    if not entry.is_public(now):
        return
    shown = {source for _, _, source, state in settled if state == Entry.State.PUBLISHED}
    sources = sorted(shown - {entry.pk})
    for start in range(0, len(sources), PER_MESSAGE):
        outbox.enqueue("glossary.rerender", entries=sources[start : start + PER_MESSAGE])


def sources_naming(entry: Entry) -> set[int]:
    """Return the keys of the entries whose texts mean `entry` by a name, or want one of its."""
    meant = NamedLink.objects.filter(target=entry).values_list("source", flat=True)
    return {*meant, *_wanting(entry).values_list("source", flat=True)} - {entry.pk}


def resolve(keys: Iterable[str], *, language: str, now: datetime | None = None) -> dict[str, int]:
    """Return which entry each of `keys` means; a name that several entries have means none.

    Public names first, then those of any entry; a term goes before other
    names. At most three queries for each 10,000 names.
    """
    wanted = sorted(set(keys))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), KEYS_PER_QUERY):
        found |= _resolve(wanted[start : start + KEYS_PER_QUERY], language, now)
    return found


def present_text(entry: Entry, body: str) -> str:
    """Return `body` with the present terms in place of names that their entries gave up.

    `[[CRM]]` becomes `[[Customer management|CRM]]`, so that a copy says by itself
    what it means. Three queries, fewer with `named_links__target__aliases` prefetched.
    """
    if "[[" not in body:
        return body
    given_up = {}
    for link in entry.named_links.all():
        if link.target and link.key not in _keys_of(link.target):
            given_up[link.key] = link.target.term
    return markdown.with_names(body, lambda name: given_up.get(key_of(name)))


@dataclass
class NamedLinks:
    """Decides on the names in one text of `entry`: public entries at their present address.

    Tells `links` where they lead, as if the author had written the addresses.
    `found` afterwards holds what the text names.
    """

    entry: Entry
    links: LinkResolver
    now: datetime | None = None
    found: "_Found" = field(default_factory=lambda: _Found())

    def __call__(self, names: list[str]) -> Mapping[str, str]:
        self.found = _look_up(self.entry, names, now=self.now)
        addressed = Entry.objects.only("language", "slug", "state", "published_at")
        targets = addressed.in_bulk({pk for pk in self.found.targets.values() if pk})
        shown = {}
        for name in names:
            target = targets.get(self.found.targets.get(key_of(name)) or 0)
            if target != self.entry and (path := self.links.path_to(target, now=self.now)):
                shown[name] = path
        return shown

    def store(self) -> None:
        """Remember what was found; names that only the draft has are left alone."""
        _store(self.entry, self.found)


@dataclass(frozen=True)
class _Found:
    """The names of a text by key, what is stored of them, and which entries they mean."""

    names: dict[str, str] = field(default_factory=dict)
    stored: dict[str, int | None] = field(default_factory=dict)
    targets: dict[str, int | None] = field(default_factory=dict)


def _look_up(entry: Entry, names: Iterable[str], *, now: datetime | None) -> _Found:
    by_key: dict[str, str] = {}
    for name in names:
        if key := key_of(name):
            by_key.setdefault(key, name)
    rows = NamedLink.objects.filter(source=entry.pk).values_list("key", "target")
    stored: dict[str, int | None] = dict(rows) if entry.pk else {}
    unknown = [key for key in by_key if stored.get(key) is None]
    meant = resolve(unknown, language=entry.language, now=now)
    targets = {key: stored.get(key) or meant.get(key) for key in by_key}
    return _Found(by_key, stored, targets)


def _store(entry: Entry, found: _Found) -> None:
    """Write what is new or has found its target."""
    NamedLink.objects.bulk_create(
        [
            NamedLink(source=entry, key=key, text=name, target_id=found.targets[key])
            for key, name in found.names.items()
            if key not in found.stored or found.stored[key] != found.targets[key]
        ],
        update_conflicts=True,
        unique_fields=["source", "key"],
        update_fields=["target"],
    )


def meaning(entry: Entry) -> Q:
    """The condition of named links that mean `entry`, or want one of its names. One query."""
    return Q(target=entry) | Q(target=None, key__in=_keys_of(entry))


def _wanting(entry: Entry) -> QuerySet[NamedLink]:
    keys = _keys_of(entry)
    return NamedLink.objects.filter(target=None, key__in=keys, source__language=entry.language)


def _keys_of(entry: Entry) -> set[str]:
    return {key_of(entry.term), *(alias.name_key for alias in entry.aliases.all())}


def _resolve(keys: list[str], language: str, now: datetime | None) -> dict[str, int]:
    public = TermName.objects.filter(is_public("entry__", now), Q(search_key__in=keys))
    rows = public.filter(language=language).values_list("search_key", "entry", "is_term")
    names = list(rows)
    settled = {key for key, _, _ in names}
    rest = [key for key in keys if key not in settled]
    if rest:
        terms = Entry.objects.filter(language=language, term_key__in=rest)
        names += [(key, pk, True) for key, pk in terms.values_list("term_key", "pk")]
        aliases = Alias.objects.in_language(language).filter(name_key__in=rest)
        names += [(key, pk, False) for key, pk in aliases.values_list("name_key", "entry")]
    return _unambiguous(names)


def _unambiguous(names: Iterable[tuple[str, int, bool]]) -> dict[str, int]:
    terms: dict[str, set[int]] = {}
    others: dict[str, set[int]] = {}
    for key, pk, is_term in names:
        (terms if is_term else others).setdefault(key, set()).add(pk)
    candidates = others | terms
    return {key: next(iter(pks)) for key, pks in candidates.items() if len(pks) == 1}
