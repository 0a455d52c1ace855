"""Sales change the texts of offers, which may show pictures."""

from django.db import migrations

from config import roles

SALES = ["config.add_picture", "config.view_picture"]


def grant(apps, schema_editor):
    roles.grant(apps, "sales", SALES)


def take_back(apps, schema_editor):
    roles.take_back(apps, "sales", SALES)


class Migration(migrations.Migration):
    dependencies = [("leads", "0004_administrator"), ("config", "0003_desk")]
    operations = [migrations.RunPython(grant, take_back)]
