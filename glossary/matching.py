"""Which documents hold the words of a query, as conditions for either database's own index."""

from dataclasses import dataclass

from config.replica import connection
from glossary.words import variants

DOCUMENTS = "glossary_searchdocument"
PARTS = (
    "mod(entry_id, 64) = 0",
    "mod(entry_id, 16) = 0 AND mod(entry_id, 64) <> 0",
    "mod(entry_id, 4) = 0 AND mod(entry_id, 16) <> 0",
    "mod(entry_id, 4) <> 0",
)
"""Of PostgreSQL's documents some, more and more, each of the first three with an index of its own:
an index gives nothing before it has read all that it knows of a word. What is common is found in
the first part, and whoever has found enough does not begin the next."""

NAMES_BEGIN = (
    f"glossary_beginnings(regexp_split_to_array({DOCUMENTS}.term || ' ' || {DOCUMENTS}.aliases, "
    "'\\s+'))"
)
LEAD_BEGINS = f"glossary_beginnings(tsvector_to_array({DOCUMENTS}.lead))"
"""Each beginning of each word, as the index has it, and whole words with a space behind them. To
gather what begins with something is slow in PostgreSQL, and the more there is the slower."""
LONGEST_BEGINNING = 32
"""Characters. What is longer is looked for by its first ones."""


@dataclass(frozen=True, slots=True)
class Match:
    """A condition on documents, or on an index that stands for them."""

    source: str
    condition: str
    params: list[str]

    @property
    def parts(self) -> tuple[str, ...]:
        """Conditions that part the documents; a single empty one where that saves nothing."""
        return PARTS if self.source == DOCUMENTS else ("",)


def names(units: list[str]) -> Match:
    """All `units` in names, in the singular or plural, the last one as a beginning."""
    if not _is_postgresql():
        return _indexed("glossary_search_names", _in_names(units))
    if any(" " in unit for unit in units):
        # Signs of one run have to stand together, which only the words in their order tell.
        return Match(DOCUMENTS, f"names @@ {_asked('simple')}", [_in_names(units)])
    *others, last = units
    words = ["(" + _or(f"'{v} '" for v in variants(unit)) + ")" for unit in others]
    ends = [_begun(last), *(f"'{variant} '" for variant in variants(last)[1:])]
    expression = _and([*words, f"({_or(ends)})"])
    return Match(DOCUMENTS, f"{NAMES_BEGIN} @@ (SELECT %s::tsquery)", [expression])


def lead(units: list[str], *, is_beginning: bool) -> Match:
    """All `units` in names and definition, the last one as a beginning where it is one."""
    *others, last = units
    if not _is_postgresql():
        return _indexed("glossary_search_lead", _all(units, is_beginning=is_beginning))
    if not is_beginning or not (last.isascii() and last.isalpha()):
        return _holding("lead", _all(units, is_beginning=is_beginning))
    begins = f"{LEAD_BEGINS} @@ {_asked('headword')}"
    if not others:
        return Match(DOCUMENTS, begins, [_begun(last)])
    whole = _holding("lead", _all(others, is_beginning=False))
    return Match(DOCUMENTS, f"{whole.condition} AND {begins}", [*whole.params, _begun(last)])


def texts(units: list[str], *, is_beginning: bool = False) -> Match:
    """All `units` anywhere, the last one as a beginning where it is one."""
    expression = _all(units, is_beginning=is_beginning)
    if _is_postgresql():
        return _holding("words", expression)
    return _indexed("glossary_search", expression)


def with_documents(source: str) -> str:
    """`source` and the document of each of its rows."""
    if source == DOCUMENTS:
        return source
    key = "entry_id" if source in ("glossary_termname", "glossary_pinnedresult") else "rowid"
    # SQLite joins in the order in which a CROSS JOIN is written.
    join = "JOIN" if _is_postgresql() else "CROSS JOIN"
    return f"{source} {join} {DOCUMENTS} ON {DOCUMENTS}.entry_id = {source}.{key}"


def _begun(unit: str) -> str:
    """`unit` as a beginning that PostgreSQL's indexes hold."""
    return _quoted(unit[:LONGEST_BEGINNING])


def _indexed(table: str, expression: str) -> Match:
    """By an index of SQLite."""
    return Match(table, f"{table} MATCH %s", [expression])


def _holding(column: str, expression: str) -> Match:
    """By an index of PostgreSQL."""
    return Match(DOCUMENTS, f"{column} @@ {_asked('headword')}", [expression])


def _asked(configuration: str) -> str:
    # Two common words may never meet: of a query that it does not know yet, PostgreSQL
    # supposes that it finds little, and asks the index instead of reading all texts.
    return f"(SELECT to_tsquery('{configuration}', %s))"


def _in_names(units: list[str]) -> str:
    *others, last = units
    words = ["(" + _or(_quoted(v) for v in variants(unit)) + ")" for unit in others]
    ends = [_beginning(last), *(_quoted(variant) for variant in variants(last)[1:])]
    return _and([*words, f"({_or(ends)})"])


def _all(units: list[str], *, is_beginning: bool) -> str:
    *others, last = map(_quoted, units)
    return _and([*others, _beginning(units[-1]) if is_beginning else last])


def _quoted(unit: str) -> str:
    """`unit` as a literal of the query language; units hold no quotation marks."""
    return f"'{unit}'" if _is_postgresql() else f'"{unit}"'


def _beginning(unit: str) -> str:
    return _quoted(unit) + (":*" if _is_postgresql() else "*")


def _and(parts: object) -> str:
    return (" & " if _is_postgresql() else " AND ").join(parts)  # type: ignore[arg-type]


def _or(parts: object) -> str:
    return (" | " if _is_postgresql() else " OR ").join(parts)  # type: ignore[arg-type]


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"
