"""A new site needs something to read."""

from django.urls import reverse

from config.first_steps import Step
from glossary.models import Entry


def written() -> Step:
    return Step(
        "Write the first entry, or import the ones you have.",
        reverse("admin:glossary_entry_add"),
        "glossary.add_entry",
        Entry.objects.exists(),
    )


def published() -> Step:
    return Step(
        "Publish an entry: readers see it at once.",
        reverse("admin:glossary_entry_changelist"),
        "glossary.publish_entry",
        Entry.objects.published().exists(),
    )
