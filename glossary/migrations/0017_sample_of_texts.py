"""An index over every eighth text, in which what is common is found at once.

PostgreSQL reads all that an index knows of a word before it gives the first
row: 100,000 times for a word that each text has. See `candidates.SAMPLE`.
"""

from django.db import migrations

SAMPLED = ("lead", "words")
POSTGRESQL = [
    f"""
    CREATE INDEX glossary_searchdocument_{column}_sample ON glossary_searchdocument
    USING gin ({column}) WITH (fastupdate = off) WHERE mod(entry_id, 8) = 0
    """
    for column in SAMPLED
]
POSTGRESQL_BACK = [f"DROP INDEX glossary_searchdocument_{column}_sample" for column in SAMPLED]


def build(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRESQL:
            schema_editor.execute(statement)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRESQL_BACK:
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("glossary", "0016_search_server")]
    operations = [migrations.RunPython(build, drop)]
