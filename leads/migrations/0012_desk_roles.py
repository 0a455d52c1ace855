"""Sales follow up, reply and read the figures; how long people are kept is for administrators."""

from django.db import migrations

from config import roles

SALES = [
    *("leads.add_replytemplate", "leads.change_replytemplate"),
    *("leads.delete_replytemplate", "leads.view_replytemplate"),
    *("leads.add_savedview", "leads.change_savedview"),
    *("leads.delete_savedview", "leads.view_savedview"),
    *("leads.view_attribution", "leads.view_daycount", "leads.view_consent"),
    *("leads.view_reply", "leads.add_reply"),
]
ADMINISTRATOR = [
    *SALES,
    *("leads.change_retentionrule", "leads.view_retentionrule"),
    *("leads.view_noticechoices", "leads.change_noticechoices"),
    "config.view_worker",
]


def grant(apps, schema_editor):
    roles.grant(apps, "sales", SALES)
    roles.grant(apps, "administrator", ADMINISTRATOR)


def take_back(apps, schema_editor):
    roles.take_back(apps, "sales", SALES)
    roles.take_back(apps, "administrator", ADMINISTRATOR)


class Migration(migrations.Migration):
    dependencies = [("leads", "0011_consents_are_rows")]
    operations = [migrations.RunPython(grant, take_back)]
