import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from config.demo import loading

ADMINISTRATOR = "admin"


class Command(BaseCommand):
    """Fill the site with a fictional consultancy's glossary."""

    help = "Loads the demonstration site; in development also an administrator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="do nothing if the site has been set up before"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["once"] and loading.is_loaded()):
            report = loading.load()
            self.stdout.write(f"Demonstration site: {report.summary}")
        if settings.DEBUG:
            self.make_administrator()

    def make_administrator(self) -> None:
        """Print name and password of an administrator, once: only in development."""
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return
        password = secrets.token_urlsafe(12)
        users.create_superuser(ADMINISTRATOR, password=password)
        self.stdout.write(
            f"\n  Administrator of {settings.SITE_URL}/admin/\n"
            f"    name      {ADMINISTRATOR}\n"
            f"    password  {password}\n"
            "  (shown this once; manage.py changepassword sets another)\n"
        )
