"""What keeps lists flat: an index for each order, and memberships that know their entry.

`glossary_entrytopic` repeats of its entry what topics' lists are ordered and
counted by. Triggers write it, since a table's generated columns see no other
table. Whoever has SQLite make one of both tables anew (as altering a column
does) has to raise the triggers again: tests/test_flat.py stands beside it.
"""

import django.db.models.deletion
from django.db import migrations, models

KEPT = ("language", "sort_key", "state", "published_at", "updated_at")
CHANGED = "OLD.{0} IS DISTINCT FROM NEW.{0}"
SQLITE_CHANGED = "OLD.{0} IS NOT NEW.{0}"

POSTGRESQL = [
    """
    CREATE FUNCTION glossary_entrytopic_follow() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        SELECT language, sort_key, updated_at,
            CASE WHEN state = 'published' THEN published_at END
        INTO NEW.language, NEW.sort_key, NEW.updated_at, NEW.public_from
        FROM glossary_entry WHERE id = NEW.content_object_id;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER glossary_entrytopic_follow BEFORE INSERT OR UPDATE ON glossary_entrytopic
    FOR EACH ROW EXECUTE FUNCTION glossary_entrytopic_follow()
    """,
    """
    CREATE FUNCTION glossary_entry_lead() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE glossary_entrytopic SET language = NEW.language WHERE content_object_id = NEW.id;
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE TRIGGER glossary_entry_lead AFTER UPDATE OF {", ".join(KEPT)} ON glossary_entry
    FOR EACH ROW WHEN ({" OR ".join(map(CHANGED.format, KEPT))})
    EXECUTE FUNCTION glossary_entry_lead()
    """,
]
POSTGRESQL_BACK = [
    "DROP TRIGGER glossary_entry_lead ON glossary_entry",
    "DROP FUNCTION glossary_entry_lead",
    "DROP TRIGGER glossary_entrytopic_follow ON glossary_entrytopic",
    "DROP FUNCTION glossary_entrytopic_follow",
]

COPY = """
    UPDATE glossary_entrytopic
    SET (language, sort_key, updated_at, public_from) = (
        SELECT language, sort_key, updated_at,
            CASE WHEN state = 'published' THEN published_at END
        FROM glossary_entry WHERE id = glossary_entrytopic.content_object_id
    )
"""
# A trigger of SQLite does not set itself off.
SQLITE = [
    f"""
    CREATE TRIGGER glossary_entrytopic_inserted AFTER INSERT ON glossary_entrytopic
    BEGIN {COPY} WHERE id = NEW.id; END
    """,
    f"""
    CREATE TRIGGER glossary_entrytopic_updated AFTER UPDATE ON glossary_entrytopic
    BEGIN {COPY} WHERE id = NEW.id; END
    """,
    f"""
    CREATE TRIGGER glossary_entry_lead AFTER UPDATE OF {", ".join(KEPT)} ON glossary_entry
    WHEN {" OR ".join(map(SQLITE_CHANGED.format, KEPT))}
    BEGIN {COPY} WHERE content_object_id = NEW.id; END
    """,
]
SQLITE_BACK = [
    "DROP TRIGGER glossary_entry_lead",
    "DROP TRIGGER glossary_entrytopic_updated",
    "DROP TRIGGER glossary_entrytopic_inserted",
]


def raise_triggers(apps, schema_editor):
    schema_editor.execute(COPY)
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRESQL if is_postgresql else SQLITE:
        schema_editor.execute(statement)


def take_down(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRESQL_BACK if is_postgresql else SQLITE_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("authors", "0001_initial"),
        ("glossary", "0014_topics"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="entry",
            name="entry_published_by_term",
        ),
        migrations.RemoveIndex(
            model_name="entry",
            name="entry_published_by_update",
        ),
        migrations.AddField(
            model_name="entrytopic",
            name="language",
            field=models.CharField(default="", editable=False, max_length=10),
        ),
        migrations.AddField(
            model_name="entrytopic",
            name="public_from",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="entrytopic",
            name="sort_key",
            field=models.CharField(default="", editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name="entrytopic",
            name="updated_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="mention",
            name="target",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mentions",
                to="glossary.entry",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("state", "published")),
                fields=["language", "sort_key", "id", "published_at"],
                name="entry_published_by_term",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("state", "published")),
                fields=["language", "-updated_at", "-id"],
                name="entry_published_by_update",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                models.F("language"),
                models.OrderBy(
                    django.db.models.functions.comparison.Coalesce("published_at", "published_at"),
                    descending=True,
                ),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("state", "published")),
                name="entry_published_by_date",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("state", "published")),
                fields=["author", "language", "sort_key", "id"],
                name="entry_published_by_author",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("state", "published")),
                fields=["author", "language", "-updated_at"],
                name="entry_published_of_author",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                django.db.models.expressions.CombinedExpression(
                    models.F("id"), "/", models.Value(1000)
                ),
                models.F("updated_at"),
                condition=models.Q(("state", "published")),
                name="entry_published_by_file",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["sort_key", "id"], name="entry_by_term"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["letter", "sort_key", "id"], name="entry_by_letter"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("state", "draft")),
                fields=["sort_key", "id"],
                name="entry_drafts",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("state", "withdrawn")),
                fields=["sort_key", "id"],
                name="entry_withdrawn",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["-updated_at", "-id"], name="entry_by_update"),
        ),
        migrations.AddIndex(
            model_name="entrytopic",
            index=models.Index(
                condition=models.Q(("public_from__isnull", False)),
                fields=["tag", "language", "sort_key", "content_object", "public_from"],
                name="topic_entries_by_term",
            ),
        ),
        migrations.AddIndex(
            model_name="entrytopic",
            index=models.Index(
                condition=models.Q(("public_from__isnull", False)),
                fields=["tag", "language", "-updated_at"],
                name="topic_entries_by_update",
            ),
        ),
        migrations.AddIndex(
            model_name="entrytopic",
            index=models.Index(
                condition=models.Q(("position__isnull", False)),
                fields=["tag", "position"],
                name="topic_entries_to_start",
            ),
        ),
        migrations.AddIndex(
            model_name="mention",
            index=models.Index(fields=["target", "id"], name="mention_by_target"),
        ),
        migrations.RunPython(raise_triggers, take_down),
    ]
