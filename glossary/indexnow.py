"""Telling search engines which addresses changed (indexnow.org), through the outbox."""

import json
import logging
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from config import outbox, outgoing, site
from config.models import OutboxMessage
from config.page_versions import let_all_know

logger = logging.getLogger(__name__)

MOST_URLS = 10_000
"""Addresses that one request may name."""


class TryLater(Exception):
    """The service is busy or broken."""


def announce(urls: Iterable[str], *, due_at: datetime | None = None) -> None:
    """Leave word, in the caller's transaction, that `urls` are new, changed or gone.

    They are absolute addresses or paths on this site. Nothing is told without
    a key in the site settings.
    """
    if not site.current().indexnow_key:
        return
    changed = iter(dict.fromkeys(urls))
    while batch := list(islice(changed, MOST_URLS)):
        outbox.enqueue("glossary.indexnow", due_at=due_at, urls=batch)


def send(message: OutboxMessage) -> None:
    """Outbox handler: tell the service of the message's `urls`.

    Raises TryLater or outgoing.Unreachable when another try may succeed; what
    the service refuses for good is only logged.
    """
    key = site.current().indexnow_key
    if not key:
        return
    told = {
        "host": urlsplit(settings.SITE_URL).netloc,
        "key": key,
        "keyLocation": site.absolute(reverse("indexnow_key", args=[key])),
        "urlList": [site.absolute(u) if u.startswith("/") else u for u in message.payload["urls"]],
    }
    let_all_know()
    answer = outgoing.send(
        "POST",
        settings.INDEXNOW_ENDPOINT,
        body=json.dumps(told).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
    )
    if answer.status == 429 or answer.status >= 500:
        raise TryLater(f"IndexNow answered {answer.status}")
    if answer.status not in (200, 202):
        logger.warning("IndexNow refused %s: %s", message.pk, answer.status)
