import logging
import os
import signal
import socket
import threading
import time
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections
from django.utils import timezone
from django.utils.module_loading import import_string

from config import outbox, page_files, site
from config.models import Worker

logger = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
TIDY_EVERY = timedelta(hours=1)
ALIVE_EVERY = timedelta(seconds=10)
FORGET_WORKERS_AFTER = timedelta(days=1)


class Command(BaseCommand):
    """Do what waits in the outbox: mails, links, later webhooks and reminders."""

    help = "Does waiting side effects until stopped; any number may run at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        self.is_stopping = False
        self.said_alive_at: datetime | None = None
        # Behind a web server that sends files, nobody else may be asking what has changed.
        self.pages = page_files.watched()
        before = self.listen() if threading.current_thread() is threading.main_thread() else {}
        try:
            self.work(once=options["once"])
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)
            if self.pages:
                self.pages.close()

    def listen(self) -> dict[signal.Signals, Any]:
        """Let SIGTERM and Ctrl-C end the work; return the handlers that did before."""
        names = (signal.SIGTERM, signal.SIGINT)
        return {name: signal.signal(name, self.stop) for name in names}

    def stop(self, *_: object) -> None:
        # A plain flag: an Event's lock may be held by the very code that the signal interrupts.
        self.is_stopping = True

    def work(self, *, once: bool) -> None:
        done = failed = 0
        tidied_at = timezone.now() - TIDY_EVERY
        while not self.is_stopping:
            try:
                self.say_alive()
                succeeded = self.work_off()
                if timezone.now() - tidied_at > TIDY_EVERY:
                    outbox.tidy()
                    for path in settings.TIDYING:
                        import_string(path)()
                    tidied_at = timezone.now()
            except OperationalError:
                if once:
                    raise
                # The database restarts or is busy: nothing is lost by waiting for it.
                logger.warning("the database does not answer; trying again")
                succeeded = []
            self.look_after_pages()
            done += succeeded.count(True)
            failed += succeeded.count(False)
            if once:
                break
            close_old_connections()
            time.sleep(IDLE_SECONDS)
        self.stdout.write(f"{done} done, {failed} to be tried again")

    def work_off(self) -> list[bool]:
        """Do all messages that are due; a stop signal lets the one in hand finish."""
        results: list[bool] = []
        while not self.is_stopping and (message := outbox.claim()):
            site.renew()
            results.append(outbox.run(message))
            self.look_after_pages()
            self.say_alive()
        return results

    def look_after_pages(self) -> None:
        """Remove files of pages that have changed, or whose time has come."""
        if self.pages:
            self.pages.renewed()

    def say_alive(self) -> None:
        now = timezone.now()
        if self.said_alive_at and now - self.said_alive_at < ALIVE_EVERY:
            return
        self.said_alive_at = now
        name = f"{socket.gethostname()}:{os.getpid()}"
        Worker.objects.update_or_create(name=name, defaults={"seen_at": now})
        Worker.objects.filter(seen_at__lt=now - FORGET_WORKERS_AFTER).delete()
