from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from glossary.importing import Report, import_markdown

IMPORTERS = {"markdown": import_markdown}


class Command(BaseCommand):
    """Import entries and say what became of every file."""

    help = "Imports entries; running it again takes over what changed and doubles nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="a folder of Markdown files")
        parser.add_argument("--format", choices=sorted(IMPORTERS), required=True)
        parser.add_argument("--dry-run", action="store_true", help="report, change nothing")
        parser.add_argument("--drafts", action="store_true", help="take exported drafts, too")
        parser.add_argument("--publish", action="store_true", help="make non-drafts public")

    def handle(self, *args: Any, source: Path, **options: Any) -> None:
        run = IMPORTERS[options["format"]]
        try:
            report = run(
                source,
                publish=options["publish"],
                dry_run=options["dry_run"],
                drafts=options["drafts"],
            )
        except NotADirectoryError as error:
            raise CommandError(str(error)) from error
        self.write(report, dry_run=options["dry_run"])

    def write(self, report: Report, *, dry_run: bool) -> None:
        for warning in report.warnings:
            self.stdout.write(f"warning  {warning}")
        for skipped in report.skipped:
            self.stdout.write(self.style.WARNING(f"skipped  {skipped}"))
        prefix = "Would be: " if dry_run else ""
        self.stdout.write(self.style.SUCCESS(f"{prefix}{report.summary}"))
