"""Administrators run the site: everything that the other roles may, its settings and its staff."""

from importlib import import_module

from django.conf import settings
from django.db import migrations

from config import roles

_entries = import_module("glossary.migrations.0003_roles")
_guides = import_module("glossary.migrations.0006_guide_roles")
_desk = import_module("glossary.migrations.0009_desk_roles")
_sales = import_module("leads.migrations.0002_roles")

ADMINISTRATOR = sorted(
    {
        *_entries.PUBLISHER,
        *_guides.PUBLISHER,
        *_desk.PUBLISHER,
        *_sales.SALES,
        "auth.add_user",
        "auth.change_user",
        "auth.delete_user",
        "auth.view_user",
        "auth.view_group",
        "authors.delete_author",
        "config.add_sitesettings",
        "config.change_outboxmessage",
        "config.change_sitesettings",
        "config.view_outboxmessage",
        "config.view_sitesettings",
        "glossary.change_feedback",
        "glossary.delete_asker",
        "glossary.delete_suggestion",
        "glossary.view_asker",
        "leads.delete_lead",
        "leads.add_offer",
        "leads.change_offer",
        "leads.delete_offer",
    }
)


def grant(apps, schema_editor):
    roles.grant(apps, "administrator", ADMINISTRATOR)


def revoke(apps, schema_editor):
    roles.revoke(apps, ["administrator"])


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0003_reading"),
        ("glossary", "0009_desk_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [migrations.RunPython(grant, revoke)]
