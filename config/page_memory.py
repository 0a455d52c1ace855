"""Kept pages in the memory of this process, up to a number of bytes."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from threading import Lock

from config.pages import Page


class PageMemory:
    """Pages by their key; whoever was not asked for goes first when room is needed (SIEVE).

    Finding one takes no lock, and only sets its mark: a hand goes from the
    oldest page to the newest, takes marks off, and removes those without.
    (Zhang et al., SIEVE is Simpler than LRU, NSDI 2024.)
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.lock = Lock()
        self.pages: OrderedDict[Hashable, Page] = OrderedDict()
        self.sizes: dict[Hashable, int] = {}
        self.bytes = 0
        self.hand: Iterator[Hashable] = iter(())

    def get(self, key: Hashable) -> Page | None:
        page = self.pages.get(key)
        if page is not None:
            page.was_used = True
        return page

    def put(self, key: Hashable, page: Page) -> None:
        """Keep `page`, unless it alone needs more than there is; known ones are weighed anew."""
        size = page.size
        with self.lock:
            self._remove(key)
            if size > self.most_bytes:
                return
            while self.bytes + size > self.most_bytes:
                self._make_room()
            self.pages[key], self.sizes[key] = page, size
            self.bytes += size

    def drop(self, key: Hashable) -> None:
        with self.lock:
            self._remove(key)

    def clear(self) -> None:
        with self.lock:
            self.pages, self.sizes, self.bytes = OrderedDict(), {}, 0
            self.hand = iter(())

    def _remove(self, key: Hashable) -> None:
        if self.pages.pop(key, None) is not None:
            self.bytes -= self.sizes.pop(key)

    def _make_room(self) -> None:
        """Remove the next page that nobody asked for since the hand was there."""
        while True:
            key = next(self.hand, None)
            if key is None:
                self.hand = iter(list(self.pages))
                continue
            page = self.pages.get(key)
            if page is None:
                continue
            if not page.was_used:
                self._remove(key)
                return
            page.was_used = False
