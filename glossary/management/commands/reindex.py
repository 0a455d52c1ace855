from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.search_server import Unavailable
from glossary import indexing, reindexing

REASONS = {
    reindexing.NoServer: "SEARCH_URL names no search server; the database's index needs nothing.",
    reindexing.NameTaken: "The search server has an index of the name in SEARCH_URL that is not "
    "Headword's. Remove it, or choose another name.",
    reindexing.Overtaken: "Another run has finished meanwhile.",
}
SAY_EVERY = 10
"""Batches between two lines."""


class Command(BaseCommand):
    """Build the search server's index anew."""

    help = (
        "Builds the index on the search server that SEARCH_URL names anew, then lets searches use "
        "it. A run that was interrupted is gone on with."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = reindexing.reindex(say=self.tell)
        except (Unavailable, indexing.Refused) as error:
            raise CommandError(f"{error}. Run it again; it goes on where it was.") from error
        except tuple(REASONS) as error:
            raise CommandError(REASONS[type(error)]) from error
        self.stdout.write(f"{count} entries read, and searches use the new index")

    def tell(self, count: int) -> None:
        if count % (SAY_EVERY * indexing.BATCH) == 0:
            self.stdout.write(f"{count} …")
