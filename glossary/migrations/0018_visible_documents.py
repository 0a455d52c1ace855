"""Documents that know whether readers may see their entry: searches ask one table.

Triggers write it, as those of 0015 do for memberships. The triggers that feed
SQLite's indexes are told of changed words alone from here on. Whoever has SQLite
make `glossary_entry` or `glossary_searchdocument` anew has to raise all of them
again. PostgreSQL is slow to cut off the beginning of a text, and keeps it.
"""

from django.db import migrations, models

DOCUMENTS = "glossary_searchdocument"
PUBLIC_FROM = "CASE WHEN state = 'published' THEN published_at END"
COPY = f"""
    UPDATE {DOCUMENTS} SET (entry_language, public_from) = (
        SELECT language, {PUBLIC_FROM} FROM glossary_entry WHERE id = {DOCUMENTS}.entry_id
    )
"""
KEPT = ("language", "state", "published_at")
CHANGED = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in KEPT)
SQLITE_CHANGED = CHANGED.replace("IS DISTINCT FROM", "IS NOT")
ON_CHANGE = f"AFTER UPDATE OF {', '.join(KEPT)} ON glossary_entry"

# On PostgreSQL only what is inserted is looked at: a trigger before each update would have the
# words of all texts counted again.
POSTGRESQL = [
    f"""
    CREATE FUNCTION {DOCUMENTS}_follow() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        SELECT language, {PUBLIC_FROM} INTO NEW.entry_language, NEW.public_from
        FROM glossary_entry WHERE id = NEW.entry_id;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE TRIGGER {DOCUMENTS}_follow BEFORE INSERT ON {DOCUMENTS}
    FOR EACH ROW EXECUTE FUNCTION {DOCUMENTS}_follow()
    """,
    f"""
    CREATE FUNCTION {DOCUMENTS}_lead() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {COPY} WHERE entry_id = NEW.id;
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE TRIGGER {DOCUMENTS}_lead {ON_CHANGE}
    FOR EACH ROW WHEN ({CHANGED}) EXECUTE FUNCTION {DOCUMENTS}_lead()
    """,
]
POSTGRESQL_BACK = [
    f"DROP TRIGGER {DOCUMENTS}_lead ON glossary_entry",
    f"DROP FUNCTION {DOCUMENTS}_lead",
    f"DROP TRIGGER {DOCUMENTS}_follow ON {DOCUMENTS}",
    f"DROP FUNCTION {DOCUMENTS}_follow",
]
SQLITE = [
    f"""
    CREATE TRIGGER {DOCUMENTS}_follow AFTER INSERT ON {DOCUMENTS}
    BEGIN {COPY} WHERE entry_id = NEW.entry_id; END
    """,
    f"""
    CREATE TRIGGER {DOCUMENTS}_lead {ON_CHANGE}
    WHEN {SQLITE_CHANGED} BEGIN {COPY} WHERE entry_id = NEW.id; END
    """,
]
SQLITE_BACK = [f"DROP TRIGGER {DOCUMENTS}_lead", f"DROP TRIGGER {DOCUMENTS}_follow"]

ADDED = ("entry_language", "public_from")
BEGINNING = f"""
    ALTER TABLE {DOCUMENTS} ADD COLUMN beginning text
    GENERATED ALWAYS AS (left(body, 4000)) STORED
"""
# Each beginning of each word, and whole words with a space behind them. A tsvector holds 1 MB, so
# that beginnings end where `matching.LONGEST_BEGINNING` does.
BEGINNINGS = """
    CREATE FUNCTION glossary_beginnings(words text[]) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT coalesce(
            array_to_tsvector(array_agg(left(word, size)) || array_agg(DISTINCT word || ' ')), ''
        )
        FROM unnest(words) AS word, generate_series(1, least(length(word), 32)) AS size
    $$
"""
COLUMNS = {
    "beginnings": "glossary_beginnings(regexp_split_to_array(term || ' ' || aliases, '\\s+'))",
    "lead": "lead, glossary_beginnings(tsvector_to_array(lead))",
    "words": "words",
}
PARTS = {
    "": "",
    "_first": "WHERE mod(entry_id, 64) = 0",
    "_second": "WHERE mod(entry_id, 16) = 0 AND mod(entry_id, 64) <> 0",
    "_third": "WHERE mod(entry_id, 4) = 0 AND mod(entry_id, 16) <> 0",
}


def gin(name, columns, among=""):
    return (
        f"CREATE INDEX {DOCUMENTS}_{name} ON {DOCUMENTS} "
        f"USING gin ({columns}) WITH (fastupdate = off) {among}"
    )


NAMES = gin("names", "names")
GIN = [
    gin(name + part, columns, among)
    for name, columns in COLUMNS.items()
    for part, among in PARTS.items()
]
SAMPLE = "WHERE mod(entry_id, 8) = 0"
GIN_BEFORE = {
    "lead": gin("lead", "lead"),
    "words": gin("words", "words"),
    "lead_sample": gin("lead_sample", "lead", SAMPLE),
    "words_sample": gin("words_sample", "words", SAMPLE),
}
INDEXES = {
    "glossary_search": ("term", "aliases", "definition", "body"),
    "glossary_search_names": ("term", "aliases"),
    "glossary_search_lead": ("term", "aliases", "definition"),
}


def told_of(index, columns, *, event):
    listed = ", ".join(columns)
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("new", "old"))
    return [
        f"DROP TRIGGER {index}_update",
        f"""
        CREATE TRIGGER {index}_update AFTER {event} ON {DOCUMENTS} BEGIN
            INSERT INTO {index}({index}, rowid, {listed}) VALUES ('delete', old.entry_id, {old});
            INSERT INTO {index}(rowid, {listed}) VALUES (new.entry_id, {new});
        END
        """,
    ]


def build(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        add_to_postgresql(schema_editor)
        return
    for index, columns in INDEXES.items():
        run(schema_editor, told_of(index, columns, event=f"UPDATE OF {', '.join(columns)}"))
    # Not by Django, which has SQLite make the table anew, without its triggers.
    run(schema_editor, [*added("datetime"), COPY, *SQLITE])


def add_to_postgresql(schema_editor):
    """Without indexes on the way, which would be told of each row again."""
    dropped = ("names", *GIN_BEFORE)
    run(schema_editor, [f"DROP INDEX {DOCUMENTS}_{name}" for name in dropped])
    run(schema_editor, [*added("timestamp with time zone"), COPY, BEGINNING, BEGINNINGS])
    run(schema_editor, [NAMES, *GIN, *POSTGRESQL])


def added(moment):
    return [
        f"ALTER TABLE {DOCUMENTS} ADD COLUMN entry_language varchar(10) DEFAULT '' NOT NULL",
        f"ALTER TABLE {DOCUMENTS} ADD COLUMN public_from {moment} NULL",
    ]


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        indexes = [f"DROP INDEX {DOCUMENTS}_{name}{part}" for name in COLUMNS for part in PARTS]
        run(schema_editor, [*POSTGRESQL_BACK, *indexes, *taken(("beginning", *ADDED))])
        run(schema_editor, ["DROP FUNCTION glossary_beginnings", *GIN_BEFORE.values()])
        return
    run(schema_editor, [*SQLITE_BACK, *taken(ADDED)])
    for index, columns in INDEXES.items():
        run(schema_editor, told_of(index, columns, event="UPDATE"))


def taken(columns):
    return [f"ALTER TABLE {DOCUMENTS} DROP COLUMN {column}" for column in columns]


def run(schema_editor, statements):
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("glossary", "0017_flat_searches")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(build, drop)],
            state_operations=[
                migrations.AddField(
                    "searchdocument",
                    "entry_language",
                    models.CharField(default="", editable=False, max_length=10),
                ),
                migrations.AddField(
                    "searchdocument",
                    "public_from",
                    models.DateTimeField(editable=False, null=True),
                ),
            ],
        ),
    ]
