"""Writers prepare comparisons and learning paths, publishers hear what readers say."""

from django.db import migrations

from config import roles

WRITER = [
    "glossary.add_comparison",
    "glossary.change_comparison",
    "glossary.view_comparison",
    "glossary.add_difference",
    "glossary.change_difference",
    "glossary.delete_difference",
    "glossary.view_difference",
    "glossary.add_learningpath",
    "glossary.change_learningpath",
    "glossary.view_learningpath",
    "glossary.add_pathstep",
    "glossary.change_pathstep",
    "glossary.delete_pathstep",
    "glossary.view_pathstep",
    "glossary.add_relatedentry",
    "glossary.change_relatedentry",
    "glossary.delete_relatedentry",
    "glossary.view_relatedentry",
    "glossary.view_searchedphrase",
    "glossary.view_feedback",
]
PUBLISHER = [
    *WRITER,
    "glossary.delete_comparison",
    "glossary.delete_learningpath",
    "glossary.add_pinnedresult",
    "glossary.change_pinnedresult",
    "glossary.delete_pinnedresult",
    "glossary.view_pinnedresult",
    "glossary.delete_feedback",
    "glossary.view_suggestion",
    "glossary.change_suggestion",
]


def grant(apps, schema_editor):
    roles.grant(apps, "writer", WRITER)
    roles.grant(apps, "publisher", PUBLISHER)


def take_back(apps, schema_editor):
    """Leave the groups as they were before: they hold permissions of earlier migrations."""
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="glossary",
        codename__in=[name.removeprefix("glossary.") for name in PUBLISHER],
    )
    for role in apps.get_model("auth", "Group").objects.filter(name__in=["writer", "publisher"]):
        role.permissions.remove(*permissions)


class Migration(migrations.Migration):
    dependencies = [("glossary", "0005_search_names")]
    operations = [migrations.RunPython(grant, take_back)]
