from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from glossary.exchange import going, tables


class Command(BaseCommand):
    """Write all entries as files that import again unchanged."""

    help = "Exports all entries: Markdown files into a folder, or one table as CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a new or an empty folder")
        parser.add_argument("--format", choices=["markdown", "csv"], default="markdown")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        write = going.write_folder if options["format"] == "markdown" else tables.write_folder
        try:
            count = write(folder, going.all_entries())
        except FileExistsError as error:
            raise CommandError(f"{error} Name an empty folder, or a new one.") from error
        except OSError as error:
            raise CommandError(f"{folder} cannot be written: {error.strerror}.") from error
        files = "files" if options["format"] == "markdown" else "rows"
        self.stdout.write(self.style.SUCCESS(f"Exported {count} {files} to {folder}."))
