"""Searches look into names, then definitions, then texts, each in an index of its own.

The documents hold words alone, folded by us, so that both databases compare
the same. No word is dropped as too common: IT is a term.
"""

from django.db import migrations

from glossary.words import searchable

TABLES = {
    "glossary_search_names": (("term", "aliases"), "unicode61 remove_diacritics 2"),
    "glossary_search_lead": (
        ("term", "aliases", "definition"),
        "porter unicode61 remove_diacritics 2",
    ),
}


def _sqlite(name, columns, tokenizer):
    listed = ", ".join(columns)
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("new", "old"))
    insert = f"INSERT INTO {name}(rowid, {listed}) VALUES (new.entry_id, {new})"
    delete = f"INSERT INTO {name}({name}, rowid, {listed}) VALUES ('delete', old.entry_id, {old})"
    on = "ON glossary_searchdocument BEGIN"
    return [
        f"""
        CREATE VIRTUAL TABLE {name} USING fts5(
            {listed}, content='glossary_searchdocument', content_rowid='entry_id',
            tokenize='{tokenizer}', prefix='1 2 3'
        )
        """,
        f"CREATE TRIGGER {name}_insert AFTER INSERT {on} {insert}; END",
        f"CREATE TRIGGER {name}_delete AFTER DELETE {on} {delete}; END",
        f"CREATE TRIGGER {name}_update AFTER UPDATE {on} {delete}; {insert}; END",
        f"INSERT INTO {name}({name}) VALUES ('rebuild')",
    ]


def _sqlite_back(name):
    triggers = [f"DROP TRIGGER {name}_{act}" for act in ("insert", "delete", "update")]
    return [*triggers, f"DROP TABLE {name}"]


SQLITE = [statement for name, how in TABLES.items() for statement in _sqlite(name, *how)]
SQLITE_BACK = [statement for name in TABLES for statement in _sqlite_back(name)]

_COLUMN = (
    "ALTER TABLE glossary_searchdocument ADD COLUMN {} tsvector GENERATED ALWAYS AS ({}) STORED"
)
# Without the list of changes that fastupdate keeps, a search takes the same time each time.
_GIN = (
    "CREATE INDEX glossary_searchdocument_{0} ON glossary_searchdocument "
    "USING gin ({0}) WITH (fastupdate = off)"
)
_WORD_TOKENS = "asciiword, asciihword, hword_asciipart, word, hword, hword_part"
POSTGRESQL = [
    "CREATE TEXT SEARCH DICTIONARY headword_stem (TEMPLATE = snowball, Language = english)",
    f"""
    ALTER TEXT SEARCH CONFIGURATION headword
        ALTER MAPPING FOR {_WORD_TOKENS} WITH unaccent, headword_stem
    """,
    _COLUMN.format("names", "to_tsvector('simple', term || ' ' || aliases)"),
    _COLUMN.format("lead", "to_tsvector('headword', term || ' ' || aliases || ' ' || definition)"),
    _COLUMN.format(
        "words",
        "to_tsvector('headword', term || ' ' || aliases || ' ' || definition || ' ' "
        "|| left(body, 500000))",
    ),
    *(_GIN.format(column) for column in ("names", "lead", "words")),
    """
    CREATE INDEX term_name_by_beginning
        ON glossary_termname (language, search_key COLLATE "C", entry_id)
    """,
]
POSTGRESQL_BACK = [
    "DROP INDEX term_name_by_beginning",
    *(f"ALTER TABLE glossary_searchdocument DROP COLUMN {c}" for c in ("names", "lead", "words")),
    f"""
    ALTER TEXT SEARCH CONFIGURATION headword
        ALTER MAPPING FOR {_WORD_TOKENS} WITH unaccent, english_stem
    """,
    "DROP TEXT SEARCH DICTIONARY headword_stem",
    """
    ALTER TABLE glossary_searchdocument ADD COLUMN words tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('headword', term), 'A')
        || setweight(to_tsvector('headword', aliases), 'A')
        || setweight(to_tsvector('headword', definition), 'B')
        || setweight(to_tsvector('headword', left(body, 500000)), 'D')
    ) STORED
    """,
    "CREATE INDEX glossary_searchdocument_words ON glossary_searchdocument USING gin (words)",
]


def build(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    if is_postgresql:
        schema_editor.execute("ALTER TABLE glossary_searchdocument DROP COLUMN words")
    take_words_alone(apps)
    for statement in POSTGRESQL if is_postgresql else SQLITE:
        schema_editor.execute(statement)


def take_words_alone(apps):
    documents = apps.get_model("glossary", "SearchDocument").objects
    for document in documents.iterator(chunk_size=500):
        documents.filter(pk=document.pk).update(
            term=searchable(document.term),
            aliases="\n".join(map(searchable, document.aliases.splitlines())),
            definition=searchable(document.definition),
            body=searchable(document.body),
        )


def drop(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRESQL_BACK if is_postgresql else SQLITE_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("glossary", "0004_reading")]
    operations = [migrations.RunPython(build, drop)]
