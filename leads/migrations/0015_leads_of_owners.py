"""Leads of an owner or of an offer, and the open ones of an owner, are found along indexes."""

from django.conf import settings
from django.db import migrations, models

_KEPT = models.Q(merged_into=None)


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0014_flat_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=_KEPT,
                fields=["owner", "-created_at", "-id"],
                name="lead_by_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=_KEPT, fields=["owner", "state"], name="lead_open_of_owner"
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=_KEPT,
                fields=["offer", "-created_at", "-id"],
                name="lead_by_offer",
            ),
        ),
    ]
