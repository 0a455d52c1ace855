"""Each database's own full-text index over glossary_searchdocument."""

from django.db import migrations

SQLITE = [
    """
    CREATE VIRTUAL TABLE glossary_search USING fts5(
        term, aliases, definition, body,
        content='glossary_searchdocument', content_rowid='entry_id',
        tokenize='porter unicode61 remove_diacritics 2', prefix='2 3 4'
    )
    """,
    """
    CREATE TRIGGER glossary_search_insert AFTER INSERT ON glossary_searchdocument BEGIN
        INSERT INTO glossary_search(rowid, term, aliases, definition, body)
        VALUES (new.entry_id, new.term, new.aliases, new.definition, new.body);
    END
    """,
    """
    CREATE TRIGGER glossary_search_delete AFTER DELETE ON glossary_searchdocument BEGIN
        INSERT INTO glossary_search(glossary_search, rowid, term, aliases, definition, body)
        VALUES ('delete', old.entry_id, old.term, old.aliases, old.definition, old.body);
    END
    """,
    """
    CREATE TRIGGER glossary_search_update AFTER UPDATE ON glossary_searchdocument BEGIN
        INSERT INTO glossary_search(glossary_search, rowid, term, aliases, definition, body)
        VALUES ('delete', old.entry_id, old.term, old.aliases, old.definition, old.body);
        INSERT INTO glossary_search(rowid, term, aliases, definition, body)
        VALUES (new.entry_id, new.term, new.aliases, new.definition, new.body);
    END
    """,
]
SQLITE_BACK = [
    "DROP TRIGGER glossary_search_update",
    "DROP TRIGGER glossary_search_delete",
    "DROP TRIGGER glossary_search_insert",
    "DROP TABLE glossary_search",
]
POSTGRESQL = [
    "CREATE EXTENSION IF NOT EXISTS unaccent",
    "CREATE TEXT SEARCH CONFIGURATION headword (COPY = english)",
    """
    ALTER TEXT SEARCH CONFIGURATION headword
        ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part
        WITH unaccent, english_stem
    """,
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
POSTGRESQL_BACK = [
    "ALTER TABLE glossary_searchdocument DROP COLUMN words",
    "DROP TEXT SEARCH CONFIGURATION headword",
]


def build(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRESQL_BACK if is_postgresql else SQLITE_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("glossary", "0001_initial")]
    operations = [migrations.RunPython(build, drop)]
