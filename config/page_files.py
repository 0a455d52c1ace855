"""Finished pages as files that a web server sends by itself, where there is one machine.

`<folder>/pages<path>.html`, with `.gz` and `.br` beside it; nginx looks there
before it asks the application. A file is removed before the change that made it
old is answered. Which pages show what is kept in `<folder>/of/<key>`, a path a
line. Only pages that say what they depend on are written, and none that change
by themselves.
"""

import logging
import os
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from threading import Thread

from django.conf import settings

from config import release
from config.page_stamps import SITE
from config.page_versions import Versions
from config.pages import Page

logger = logging.getLogger(__name__)

SUFFIXES = {"": ".html", "gzip": ".html.gz", "br": ".html.br"}
ASIDE = "old-"
"""What the name of a folder begins with that is being removed."""
MOST_INDEXED = 1_000_000
"""Bytes of a list of paths; what more pages show makes all of them new."""


def kept() -> "PageFiles | None":
    """Return the folder that PAGES_ROOT names, if it names one."""
    root = settings.PAGES_ROOT
    return PageFiles(Path(root), release.digest()) if root else None


def watched() -> Versions | None:
    """Return what removes files as soon as it asks what has changed; None where there are none."""
    files = kept()
    return Versions(files) if files else None


def tidy() -> None:
    """Remove what those have left who ended while they removed it."""
    if settings.PAGES_ROOT:
        for aside in Path(settings.PAGES_ROOT).glob(f"{ASIDE}*"):
            rmtree(aside, ignore_errors=True)


class PageFiles:
    """The folder, as all processes of one release on this machine see it."""

    def __init__(self, folder: Path, release: str) -> None:
        self.folder = folder
        self.release = release

    def begin(self) -> int:
        """Return up to which version files were removed; none are left of another release."""
        try:
            if self._release() == self.release:
                return int((self.folder / "version").read_text())
            self.clear()
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "release").write_text(self.release)
        except (OSError, ValueError):
            self.clear()
        return -1

    def hear(self, keys: Collection[str] | None, version: int) -> None:
        """Remove the pages that show what was stamped; all of them when nobody can say what."""
        if keys is None or SITE in keys:
            self.clear()
        else:
            for key in keys:
                self._remove_of(key)
        with suppress(OSError):
            (self.folder / "version").write_text(str(version))

    def write(self, path: str, page: Page, versions: Versions) -> bool:
        """Put `page` at `path`, unless it is out of date by the time it is there.

        Returns whether that is settled; False where it has to be tried later.
        """
        if not self._release():
            # Somebody has taken the folder away: there is nothing in it that could be old.
            self.begin()
        if not self._may_be_written(path, page) or self._release() != self.release:
            return True
        if not page.is_dated:
            return False
        try:
            self._note_all(path, page)
            for coding, suffix in SUFFIXES.items():
                body = page.coded.get(coding) if coding else page.whole
                if body is not None:
                    self._put(f"{path}{suffix}", body, page.made_at)
            # Once more: somebody may have cleared the lists just before the page was there.
            self._note_all(path, page)
        except OSError:
            self._remove(path)
            return True
        # What was stamped in the meantime may have been removed before it was written.
        current = versions.renewed()
        if current is None or not versions.are_right(page.depends, page.checked, current):
            self._remove(path)
        return True

    def clear(self) -> None:
        """Remove all pages: at once, whatever their number, by moving them out of sight."""
        # Lists between pages: whoever writes one notes it before and after.
        for name in ("pages", "of", "pages"):
            aside = self.folder / f"{ASIDE}{os.getpid()}-{time.monotonic_ns()}"
            try:
                (self.folder / name).rename(aside)
            except FileNotFoundError:
                continue
            except OSError as error:
                logger.error("old pages stay, %s: remove %s", error.strerror, self.folder / name)
                continue
            # Requests wait for whoever clears.
            Thread(target=rmtree, args=(aside, True)).start()

    # Files ------------------------------------------------------------------------------

    def _release(self) -> str:
        try:
            return (self.folder / "release").read_text()
        except OSError:
            return ""

    def _may_be_written(self, path: str, page: Page) -> bool:
        is_html = ("Content-Type", "text/html; charset=utf-8") in page.headers
        is_plain = path.startswith("/") and path.endswith("/") and path.isprintable()
        parts = path.split("/")[1:-1]
        is_inside = is_plain and all(part.strip(".") for part in parts) and len(path) < 200
        lasts = page.depends is not None and page.until == float("inf")
        return is_html and is_inside and lasts

    def _put(self, name: str, body: bytes, made_at: float) -> None:
        # The server decodes addresses, and so did whoever wrote this one, as Latin-1.
        place = os.fsencode(self.folder / "pages") + name.encode("latin-1")
        os.makedirs(os.path.dirname(place), exist_ok=True)
        fresh = place + f".{os.getpid()}-{time.monotonic_ns()}".encode()
        try:
            with open(fresh, "wb") as file:
                file.write(body)
            os.utime(fresh, (made_at, made_at))
            os.replace(fresh, place)
        finally:
            with suppress(OSError):
                os.unlink(fresh)

    def _index(self, key: str) -> Path:
        return self.folder / "of" / key.replace(":", "/")

    def _note_all(self, path: str, page: Page) -> None:
        # What depends on the site is all that there is, and needs no list.
        for key in set(page.depends or ()) - {SITE}:
            self._note(key, path)

    def _note(self, key: str, path: str) -> None:
        place = self._index(key)
        if path not in self._noted(key):
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("a", encoding="latin-1") as file:
                file.write(f"{path}\n")

    def _noted(self, key: str) -> list[str]:
        try:
            return self._index(key).read_text(encoding="latin-1").splitlines()
        except FileNotFoundError:
            return []

    def _remove_of(self, key: str) -> None:
        place = self._index(key)
        with suppress(OSError):
            if place.stat().st_size > MOST_INDEXED:
                self.clear()
                return
            for path in self._noted(key):
                self._remove(path)

    def _remove(self, path: str) -> None:
        for suffix in SUFFIXES.values():
            try:
                os.unlink(os.fsencode(self.folder / "pages") + f"{path}{suffix}".encode("latin-1"))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError:
                # Somebody has changed the rights of this folder; perhaps not of the one above.
                self.clear()
                return
