"""The names of published entries as rows, and the indexes that `terms` looks into."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from config.alphabet import fold
from config.slugs import slugify
from glossary import spelling, terms
from glossary.models import Entry, TermName
from glossary.models.entries import is_public
from glossary.terms import Name, TermIndex

KEYS_PER_QUERY = 2_000
"""Fewer than would have PostgreSQL compile the statement, which takes longer than to run it."""
COLUMNS = ("text", "entry", "entry__slug", "is_term", "case_rule", "is_linked")
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
    wanted = {identity(name): name for name in of(entry)}
    stored = {identity(name): name for name in entry.names.all()}
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

    One query for each 2,000 possible names, whatever the size of the glossary;
    for a very long text, all names are fewer.
    """
    has_plurals = language == "en"
    if len(text) > LONG_TEXT:
        return whole_index(language, also=own, now=now)
    keys = sorted(terms.keys_in(text, has_plurals=has_plurals))
    found = [_name(row) for row in own]
    for start in range(0, len(keys), KEYS_PER_QUERY):
        found += _called(keys[start : start + KEYS_PER_QUERY], language, now)
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


def _public(language: str, now: datetime | None) -> list[Name]:
    return [_read(*row) for row in _rows(language, now).values_list(*COLUMNS)]


def _called(keys: list[str], language: str, now: datetime | None) -> list[Name]:
    """Public names with one of `keys`. One query."""
    if connection.vendor != "postgresql":
        rows = _rows(language, now).filter(link_key__in=keys)
        return [_read(*row) for row in rows.values_list(*COLUMNS)]
    # For some thousand keys PostgreSQL would read all names, of which hardly any is used;
    # OFFSET keeps it from taking the lookups for a join.
    one = _rows(language, now).filter(link_key=RawSQL("sought.key", [])).values_list(*COLUMNS)
    sql, params = one.query.sql_with_params()
    sql = (
        "SELECT found.* FROM unnest(%s::text[]) AS sought(key) "  # noqa: S608
        f"CROSS JOIN LATERAL ({sql} OFFSET 0) AS found"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [keys, *params])
        return [_read(*row) for row in cursor.fetchall()]


def _rows(language: str, now: datetime | None) -> QuerySet[TermName]:
    return TermName.objects.filter(is_public("entry__", now), language=language).order_by()


def _read(
    text: str, target: int, slug: str, is_term: bool, case_rule: str, is_linked: bool
) -> Name:
    return Name(text, target, slug, is_term, terms.is_exact(text, case_rule), is_linked)


def _name(row: TermName) -> Name:
    is_exact = terms.is_exact(row.text, row.case_rule)
    return Name(row.text, row.entry_id, row.entry.slug, row.is_term, is_exact, row.is_linked)


def identity(name: TermName) -> tuple[object, ...]:
    """What a name means to the texts that use it."""
    return name.text, name.language, name.is_term, name.is_linked, name.case_rule, name.slug
