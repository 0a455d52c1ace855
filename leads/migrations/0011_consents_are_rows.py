"""What leads agreed to is in rows of its own now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("leads", "0010_keep_consents")]
    operations = [
        migrations.RemoveField("lead", "consent_at"),
        migrations.RemoveField("lead", "consent_text"),
    ]
