"""When suggestions were last made, and when the demand was last gathered."""

import django.utils.timezone
from django.db import migrations, models


def begin(apps, schema_editor):
    apps.get_model("glossary", "Suggestion").objects.update(last_at=models.F("created_at"))


class Migration(migrations.Migration):

    dependencies = [
        ('glossary', "0010_pictures"),
    ]

    operations = [
        migrations.CreateModel(
            name='Gathering',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=20, unique=True)),
                ('last_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='suggestion',
            name='last_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='last suggested'),
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
