from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from glossary.generating import generate


class Command(BaseCommand):
    """Create invented entries, to see how the site behaves with many."""

    help = "Creates and publishes COUNT invented entries; the same for the same seed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        created = generate(options["count"], seed=options["seed"])
        self.stdout.write(f"{created} entries created")
