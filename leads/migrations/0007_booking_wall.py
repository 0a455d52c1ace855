"""The last wall against two bookings at one time; `leads.booking` asks before it comes to that.

PostgreSQL has a constraint for it, SQLite a trigger. Whoever has SQLite make the
table anew (as altering a column does) has to raise the trigger again:
tests/test_booking_wall.py stands beside it.
"""

from django.db import migrations

POSTGRESQL = [
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    """
    ALTER TABLE leads_booking ADD CONSTRAINT booking_overlaps_no_other EXCLUDE USING gist (
        calendar_id WITH =, tstzrange(blocked_from, blocked_until, '[)') WITH &&
    ) WHERE (state IN ('unverified', 'pending', 'confirmed', 'held', 'no_show'))
    """,
]
POSTGRESQL_BACK = ["ALTER TABLE leads_booking DROP CONSTRAINT booking_overlaps_no_other"]

TRIGGER = """
    CREATE TRIGGER booking_overlaps_no_other_{when} BEFORE {event} ON leads_booking
    WHEN NEW.state IN ('unverified', 'pending', 'confirmed', 'held', 'no_show')
    BEGIN
        SELECT RAISE(ABORT, 'booking_overlaps_no_other') WHERE EXISTS (
            SELECT 1 FROM leads_booking AS other
            WHERE other.calendar_id = NEW.calendar_id
            AND other.id IS NOT NEW.id
            AND other.state IN ('unverified', 'pending', 'confirmed', 'held', 'no_show')
            AND other.blocked_from < NEW.blocked_until
            AND other.blocked_until > NEW.blocked_from
        );
    END
"""
SQLITE = [
    TRIGGER.format(when="inserted", event="INSERT"),
    TRIGGER.format(
        when="updated",
        event="UPDATE OF state, calendar_id, blocked_from, blocked_until",
    ),
]
SQLITE_BACK = [
    "DROP TRIGGER booking_overlaps_no_other_inserted",
    "DROP TRIGGER booking_overlaps_no_other_updated",
]


def raise_wall(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRESQL if is_postgresql else SQLITE:
        schema_editor.execute(statement)


def take_down(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRESQL_BACK if is_postgresql else SQLITE_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("leads", "0006_consultations")]
    operations = [migrations.RunPython(raise_wall, take_down)]
