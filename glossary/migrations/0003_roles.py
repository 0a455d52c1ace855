"""Writers prepare entries, publishers answer for what is public."""

from django.conf import settings
from django.db import migrations

from config import roles

WRITER = [
    "glossary.add_entry",
    "glossary.change_entry",
    "glossary.view_entry",
    "glossary.add_alias",
    "glossary.change_alias",
    "glossary.delete_alias",
    "glossary.view_alias",
    "glossary.add_topic",
    "glossary.view_topic",
    "authors.view_author",
]
PUBLISHER = [
    *WRITER,
    "glossary.publish_entry",
    "glossary.delete_entry",
    "glossary.change_topic",
    "glossary.delete_topic",
    "authors.add_author",
    "authors.change_author",
]


def grant(apps, schema_editor):
    roles.grant(apps, "writer", WRITER)
    roles.grant(apps, "publisher", PUBLISHER)


def revoke(apps, schema_editor):
    roles.revoke(apps, ["writer", "publisher"])


class Migration(migrations.Migration):
    dependencies = [
        ("glossary", "0002_search_index"),
        ("authors", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [migrations.RunPython(grant, revoke)]
