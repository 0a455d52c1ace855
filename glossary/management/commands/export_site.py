from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from glossary.exchange import archives, zips


class Command(BaseCommand):
    """Write all content of the site into one ZIP."""

    help = "Exports entries, authors, topics, guides, offers and media into one ZIP."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a new file, such as site.zip")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        part = file.with_name(f"{file.name}.part")
        if file.exists():
            raise CommandError(f"{file} exists already. Name a new file.")
        try:
            with part.open("wb") as target:
                for piece in zips.stream(archives.files()):
                    target.write(piece)
            part.rename(file)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        self.stdout.write(self.style.SUCCESS(f"Exported the site to {file}."))
