from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from config import fields, markdown
from glossary import publishing
from glossary.models import Entry


class Command(BaseCommand):
    """Derive what is stored as HTML from its sources again."""

    help = "Renders published entries again whose HTML an older renderer made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="even those that are up to date")

    def handle(self, *args: Any, **options: Any) -> None:
        entries = Entry.objects.filter(state=Entry.State.PUBLISHED)
        if not options["all"]:
            entries = entries.exclude(renderer_version=markdown.RENDERER_VERSION)
        count = 0
        for pk in list(entries.values_list("pk", flat=True)):
            with transaction.atomic():
                publishing.rerender(Entry.objects.get(pk=pk))
            count += 1
        others = fields.render_again()
        self.stdout.write(f"{count} entries and {others} other texts rendered")
