from typing import Any

from django.core.management.base import BaseCommand

from config import page_stamps


class Command(BaseCommand):
    """Make all kept pages new: after a restore of the database, or when in doubt."""

    help = "Makes every kept page new, in every process and on every machine."

    def handle(self, *args: Any, **options: Any) -> None:
        page_stamps.stamp(page_stamps.SITE)
        self.stdout.write("All pages are made anew when they are next asked for.")
