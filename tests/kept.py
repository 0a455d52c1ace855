"""A process that keeps pages, and an entry whose page it keeps."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.handlers.wsgi import WSGIHandler

from config.page_memory import PageMemory
from config.pagecache import PageCache
from glossary import publishing, revisions
from glossary.models import Entry
from tests.factories import make_entry


@contextmanager
def keeping(**parts: Any) -> Iterator[PageCache]:
    """Yield a process with memory and these parts, after it has looked at the triggers."""
    site = PageCache(WSGIHandler(), memory=PageMemory(10_000_000), **parts)
    site.versions.current()
    yield site
    site.versions.close()


def make_webhook() -> Entry:
    return make_entry(term="Webhook", slug="webhook", body="A webhook is a call. " * 60)


def change(entry: Entry, words: str) -> None:
    """Publish another text of `entry`."""
    publishing.save_draft(entry, {**revisions.newest(entry), "body": words * 60})
    publishing.publish(entry, change="typo")
