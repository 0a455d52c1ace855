"""On PostgreSQL the inbox's search reads along three letters in a row, as Django looks for them."""

from django.db import migrations

SEARCHED = ("name", "email", "company", "message", "phone", "next_step")
COLUMNS = ", ".join(f"upper({column}::text) gin_trgm_ops" for column in SEARCHED)


def build(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute(
            f"CREATE INDEX leads_lead_parts ON leads_lead USING gin ({COLUMNS}) "
            "WITH (fastupdate = off)"
        )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX leads_lead_parts")


class Migration(migrations.Migration):
    dependencies = [("leads", "0013_flat_lists")]
    operations = [migrations.RunPython(build, drop)]
