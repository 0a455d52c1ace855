"""Sales answers requests and words the offers."""

from django.db import migrations

from config import roles

SALES = [
    "leads.add_lead",
    "leads.change_lead",
    "leads.delete_lead",
    "leads.view_lead",
    "leads.add_offer",
    "leads.change_offer",
    "leads.view_offer",
    "glossary.view_entry",
    "authors.view_author",
]


def grant(apps, schema_editor):
    roles.grant(apps, "sales", SALES)


def revoke(apps, schema_editor):
    roles.revoke(apps, ["sales"])


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial"), ("glossary", "0003_roles")]
    operations = [migrations.RunPython(grant, revoke)]
