"""Let the worker render what was published before: names first, then the links to them."""

from django.db import migrations
from django.utils import timezone

BATCH = 200


def ask(apps, schema_editor):
    published = apps.get_model("glossary", "Entry").objects.filter(state="published")
    keys = list(published.order_by("pk").values_list("pk", flat=True))
    message = apps.get_model("config", "OutboxMessage")
    now = timezone.now()
    for kind in ("glossary.rerender", "glossary.relink"):
        message.objects.bulk_create(
            message(kind=kind, payload={"entries": keys[start : start + BATCH]}, due_at=now)
            for start in range(0, len(keys), BATCH)
        )


class Migration(migrations.Migration):
    dependencies = [("glossary", "0006_guide_roles"), ("config", "0002_reading")]
    operations = [migrations.RunPython(ask, migrations.RunPython.noop)]
