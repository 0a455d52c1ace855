"""Reviewers approve what writers prepare; publishers also import, export and tidy up."""

from importlib import import_module

from django.db import migrations

from config import roles

_basic = import_module("glossary.migrations.0003_roles")
_guides = import_module("glossary.migrations.0006_guide_roles")

NEW_FOR_WRITERS = [
    "config.add_picture",
    "config.change_picture",
    "config.view_picture",
    "glossary.view_demand",
]
NEW_FOR_PUBLISHERS = [
    *NEW_FOR_WRITERS,
    "config.delete_picture",
    "glossary.change_demand",
    "glossary.delete_demand",
    "glossary.export_entry",
    "glossary.import_entry",
    "glossary.review_entry",
    "glossary.view_externallink",
    "glossary.view_importrun",
]
WRITER = NEW_FOR_WRITERS
PUBLISHER = NEW_FOR_PUBLISHERS
REVIEWER = [*_basic.WRITER, *_guides.WRITER, *NEW_FOR_WRITERS, "glossary.review_entry"]


def grant(apps, schema_editor):
    roles.grant(apps, "writer", WRITER)
    roles.grant(apps, "publisher", PUBLISHER)
    roles.grant(apps, "reviewer", REVIEWER)


def take_back(apps, schema_editor):
    roles.take_back(apps, "writer", NEW_FOR_WRITERS)
    roles.take_back(apps, "publisher", NEW_FOR_PUBLISHERS)
    roles.revoke(apps, ["reviewer"])


class Migration(migrations.Migration):
    dependencies = [("glossary", "0008_desk"), ("config", "0003_desk")]
    operations = [migrations.RunPython(grant, take_back)]
