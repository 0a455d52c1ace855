from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import site
from glossary.importing import Options, Report, import_from
from glossary.importing.opening import FORMATS, Wishes, reader_of
from glossary.importing.sources import BrokenSource


class Command(BaseCommand):
    """Import entries and say what became of every item."""

    help = "Imports entries; running it again takes over what changed and doubles nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="; ".join(FORMATS.values()))
        parser.add_argument("--format", choices=sorted(FORMATS), required=True)
        parser.add_argument("--dry-run", action="store_true", help="report, change nothing")
        parser.add_argument("--drafts", action="store_true", help="take exported drafts, too")
        parser.add_argument("--publish", action="store_true", help="make non-drafts public")
        parser.add_argument(
            "--overwrite", action="store_true", help="take back what editors changed since"
        )
        parser.add_argument(
            "--types", default="", help="WordPress: kinds of posts, such as glossary,page"
        )
        parser.add_argument(
            "--media", type=Path, help="WordPress: a copy of the folder wp-content/uploads"
        )
        parser.add_argument(
            "--download", action="store_true", help="WordPress: fetch missing pictures"
        )

    def handle(self, *args: Any, source: Path, **options: Any) -> None:
        wishes = Wishes(
            types=tuple(filter(None, map(str.strip, options["types"].split(",")))),
            media=options["media"],
            downloads=options["download"],
            zone=site.current().zone,
        )
        wanted = Options(
            publishes=options["publish"],
            overwrites=options["overwrite"],
            is_trial=options["dry_run"],
            with_drafts=options["drafts"],
        )
        try:
            report = import_from(reader_of(source, options["format"], wishes), wanted)
        except BrokenSource as error:
            place = f"{source.name}:{error.line}" if error.line else source.name
            raise CommandError(f"{place}: {error}. Nothing was imported.") from error
        except OSError as error:
            raise CommandError(str(error)) from error
        self.write(report, dry_run=options["dry_run"])

    def write(self, report: Report, *, dry_run: bool) -> None:
        for warning in report.warnings:
            self.stdout.write(f"warning  {warning}")
        for skipped in report.skipped:
            self.stdout.write(self.style.WARNING(f"skipped  {skipped}"))
        counted = [f"{name} {there} → {here}" for name, there, here in report.differences]
        if any(there for _, there, _ in report.differences):
            self.stdout.write(f"converted  {', '.join(counted)}")
        prefix = "Would be: " if dry_run else ""
        self.stdout.write(self.style.SUCCESS(f"{prefix}{report.summary}"))
