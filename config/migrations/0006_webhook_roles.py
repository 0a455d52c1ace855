"""Administrators say which other systems are told of what, since it tells of people."""

from django.db import migrations

from config import roles

ADMINISTRATOR = [
    *("config.add_webhookendpoint", "config.change_webhookendpoint"),
    *("config.delete_webhookendpoint", "config.view_webhookendpoint"),
]


def grant(apps, schema_editor):
    roles.grant(apps, "administrator", ADMINISTRATOR)


def take_back(apps, schema_editor):
    roles.take_back(apps, "administrator", ADMINISTRATOR)


class Migration(migrations.Migration):
    dependencies = [("config", "0005_webhooks")]
    operations = [migrations.RunPython(grant, take_back)]
