"""The names of published entries as rows, and the indexes that `terms` looks into."""

from collections.abc import Iterable
from datetime import datetime

from config.alphabet import fold
from config.slugs import slugify
from glossary import spelling, terms
from glossary.models import Entry, TermName
from glossary.models.entries import is_public
from glossary.terms import Name, TermIndex

KEYS_PER_QUERY = 10_000
"""Half of what SQLite takes as parameters of one statement."""
LONG_TEXT = 30_000
"""Characters from which on a text is looked up in all names."""


def of(entry: Entry, aliases: Iterable[tuple[str, str]] | None = None) -> list[TermName]:
    """Return the names of `entry` as it stands, not stored: its term, then its aliases.

    `aliases`, each with its case rule, may stand in for the stored ones.
    """
    if aliases is None:
        aliases = [(alias.name, alias.case_rule) for alias in entry.aliases.all()]
    names = {entry.term: entry.case_rule}
    for name, rule in aliases:
        names.setdefault(name, rule)
    return [
        TermName(
            entry=entry,
            language=entry.language,
            text=text,
            link_key=terms.key_of(text)[:200],
            search_key=fold(text)[:200],
            slug=slugify(text)[:200],
            is_term=text == entry.term,
            is_linked=entry.is_linked_to,
            case_rule=rule,
        )
        for text, rule in names.items()
    ]


def store(entry: Entry) -> list[TermName]:
    """Make the stored names of a published `entry` equal to its own.

    Returns those that are new or gone, or mean something else now.
    """
    wanted = {_identity(name): name for name in of(entry)}
    stored = {_identity(name): name for name in entry.names.all()}
    gone = [name for identity, name in stored.items() if identity not in wanted]
    new = [name for identity, name in wanted.items() if identity not in stored]
    if gone:
        TermName.objects.filter(pk__in=[name.pk for name in gone]).delete()
    if new:
        TermName.objects.bulk_create(new)
        spelling.learn(new)
    return [*gone, *new]


def remove(entry: Entry) -> list[TermName]:
    """Forget the names of `entry`; return what they were."""
    gone = list(entry.names.all())
    entry.names.all().delete()
    return gone


def index_for(
    text: str, *, language: str, own: Iterable[TermName] = (), now: datetime | None = None
) -> TermIndex:
    """Return an index of the public names that `text` may use, and of its entry's `own` names.

    One query for each 10,000 possible names, whatever the size of the glossary;
    for a very long text, all names are fewer.
    """
    has_plurals = language == "en"
    if len(text) > LONG_TEXT:
        return whole_index(language, also=own, now=now)
    keys = sorted(terms.keys_in(text, has_plurals=has_plurals))
    found = [_name(row) for row in own]
    for start in range(0, len(keys), KEYS_PER_QUERY):
        found += _public(language, now, link_key__in=keys[start : start + KEYS_PER_QUERY])
    return TermIndex(found, has_plurals=has_plurals)


def whole_index(
    language: str, *, also: Iterable[TermName] = (), now: datetime | None = None
) -> TermIndex:
    """Return an index of all public names of a language, for many texts at once. One query."""
    names = [*_public(language, now), *map(_name, also)]
    return TermIndex(names, has_plurals=language == "en")


def index_of(names: Iterable[TermName], *, language: str) -> TermIndex:
    """Return an index of these names alone."""
    return TermIndex(map(_name, names), has_plurals=language == "en")


def _public(language: str, now: datetime | None, **wanted: object) -> list[Name]:
    rows = TermName.objects.filter(is_public("entry__", now), language=language, **wanted)
    columns = ("text", "entry", "entry__slug", "is_term", "case_rule", "is_linked")
    return [
        Name(text, target, slug, is_term, terms.is_exact(text, rule), is_linked)
        for text, target, slug, is_term, rule, is_linked in rows.values_list(*columns)
    ]


def _name(row: TermName) -> Name:
    is_exact = terms.is_exact(row.text, row.case_rule)
    return Name(row.text, row.entry_id, row.entry.slug, row.is_term, is_exact, row.is_linked)


def _identity(name: TermName) -> tuple[object, ...]:
    return name.text, name.language, name.is_term, name.is_linked, name.case_rule, name.slug
