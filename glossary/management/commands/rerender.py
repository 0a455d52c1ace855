from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config import fields, markdown
from glossary import names, relinking
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
        for entry in entries.for_lists().prefetch_related("aliases"):
            # All names first: whichever text comes first may mention the last.
            names.store(entry)
        count = relinking.rerender_all(list(entries.values_list("pk", flat=True)))
        others = fields.render_again()
        self.stdout.write(f"{count} entries and {others} other texts rendered")
