"""Sales keep the calendars and the bookings; deleting a calendar is for administrators."""

from django.db import migrations

from config import roles

SALES = [
    *("leads.add_booking", "leads.change_booking", "leads.view_booking"),
    *("leads.add_calendar", "leads.change_calendar", "leads.view_calendar"),
    *("leads.add_dateoverride", "leads.change_dateoverride"),
    *("leads.delete_dateoverride", "leads.view_dateoverride"),
    *("leads.add_blockedperiod", "leads.change_blockedperiod"),
    *("leads.delete_blockedperiod", "leads.view_blockedperiod"),
    *("leads.add_offertopic", "leads.change_offertopic"),
    *("leads.delete_offertopic", "leads.view_offertopic"),
    "glossary.view_topic",
]
ADMINISTRATOR = [*SALES, "leads.delete_calendar"]


def grant(apps, schema_editor):
    roles.grant(apps, "sales", SALES)
    roles.grant(apps, "administrator", ADMINISTRATOR)


def take_back(apps, schema_editor):
    roles.take_back(apps, "sales", SALES)
    # The administrators saw topics before.
    added = [name for name in ADMINISTRATOR if name != "glossary.view_topic"]
    roles.take_back(apps, "administrator", added)


class Migration(migrations.Migration):
    dependencies = [("leads", "0007_booking_wall")]
    operations = [migrations.RunPython(grant, take_back)]
