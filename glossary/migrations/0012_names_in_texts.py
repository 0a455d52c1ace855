"""Texts may name entries in double brackets: the worker renders what was published before."""

from importlib import import_module

import django.core.validators
from django.db import migrations, models

_earlier = import_module("glossary.migrations.0007_render_again")


class Migration(migrations.Migration):
    dependencies = [("glossary", "0011_demand")]
    operations = [
        migrations.AlterField(
            model_name="entry",
            name="body",
            field=models.TextField(
                blank=True,
                help_text="Markdown. Start headings at ## and link other entries by their name: "
                "[[webhook]], or [[webhook|shown words]].",
                validators=[django.core.validators.MaxLengthValidator(200000)],
            ),
        ),
        migrations.RunPython(_earlier.ask, migrations.RunPython.noop),
    ]
