"""What keeps searches flat.

On PostgreSQL an index gives nothing before it has read all that it knows of a
word; one over every eighth text finds what is common at once: see
`candidates.SAMPLE`. The desk looks for parts of words, to which three letters
in a row lead on both databases. Whoever has SQLite make `glossary_entry` or
`glossary_alias` anew has to raise the triggers again, as those of 0015.
"""

from django.db import migrations, models

SAMPLED = ("lead", "words")
POSTGRESQL = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    *(
        f"""
        CREATE INDEX glossary_searchdocument_{column}_sample ON glossary_searchdocument
        USING gin ({column}) WITH (fastupdate = off) WHERE mod(entry_id, 8) = 0
        """
        for column in SAMPLED
    ),
    # As Django writes `icontains`.
    """
    CREATE INDEX glossary_entry_parts ON glossary_entry USING gin (
        upper(term::text) gin_trgm_ops, upper(slug::text) gin_trgm_ops,
        upper(short_definition) gin_trgm_ops
    ) WITH (fastupdate = off)
    """,
    """
    CREATE INDEX glossary_alias_parts ON glossary_alias
    USING gin (upper(name::text) gin_trgm_ops) WITH (fastupdate = off)
    """,
]
POSTGRESQL_BACK = [
    "DROP INDEX glossary_alias_parts",
    "DROP INDEX glossary_entry_parts",
    *(f"DROP INDEX glossary_searchdocument_{column}_sample" for column in SAMPLED),
]

PARTS = {"glossary_entry": ("term", "slug", "short_definition"), "glossary_alias": ("name",)}


def _sqlite(table, columns):
    parts, listed = f"{table}_parts", ", ".join(columns)
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("new", "old"))
    insert = f"INSERT INTO {parts}(rowid, {listed}) VALUES (new.id, {new})"
    delete = f"INSERT INTO {parts}({parts}, rowid, {listed}) VALUES ('delete', old.id, {old})"
    changed = " OR ".join(f"old.{column} IS NOT new.{column}" for column in columns)
    return [
        f"""
        CREATE VIRTUAL TABLE {parts} USING fts5(
            {listed}, content='{table}', content_rowid='id', tokenize='trigram'
        )
        """,
        f"CREATE TRIGGER {parts}_insert AFTER INSERT ON {table} BEGIN {insert}; END",
        f"CREATE TRIGGER {parts}_delete AFTER DELETE ON {table} BEGIN {delete}; END",
        f"CREATE TRIGGER {parts}_update AFTER UPDATE OF {listed} ON {table} "
        f"WHEN {changed} BEGIN {delete}; {insert}; END",
        f"INSERT INTO {parts}({parts}) VALUES ('rebuild')",
    ]


def _sqlite_back(table):
    triggers = [f"DROP TRIGGER {table}_parts_{act}" for act in ("insert", "delete", "update")]
    return [*triggers, f"DROP TABLE {table}_parts"]


SQLITE = [statement for table, columns in PARTS.items() for statement in _sqlite(table, columns)]
SQLITE_BACK = [statement for table in PARTS for statement in _sqlite_back(table)]


def build(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRESQL if is_postgresql else SQLITE:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRESQL_BACK if is_postgresql else SQLITE_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("glossary", "0016_search_server")]
    operations = [
        migrations.RunPython(build, drop),
        migrations.AddIndex(
            model_name="entrytopic",
            index=models.Index(
                fields=["tag", "sort_key", "content_object"], name="topic_all_by_term"
            ),
        ),
    ]
