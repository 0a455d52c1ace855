"""What a new term costs that many texts use already: python -m tests.bench_mentions COUNT.

Writes a word that no entry has as its name into COUNT texts of the site that
the environment names, publishes an entry of that name, and does as the worker
does until all these texts lead to it; then everything is put back. Prints JSON:
the texts, milliseconds of publishing, seconds until all pages are right, and
CPU seconds of this process and of the one that serves it in PostgreSQL.
"""

import json
import os
import sys
import time
from collections.abc import Iterator

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402

from config import outbox, site  # noqa: E402
from config.slugs import slugify  # noqa: E402
from glossary import publishing, search  # noqa: E402
from glossary.models import Entry  # noqa: E402
from tests.bench.processes import cpu_us  # noqa: E402

TERM = "Zeppelinography"
SENTENCE = f"Whoever looks into {TERM.lower()} will find more of it."
BATCH = 500
TEXTS = ("body", "body_html", "plain_text")


def main() -> None:
    before = dict(written_into(int(sys.argv[1])))
    # What a process does once, such as importing the views, is done before.
    publishing.publish(newcomer("Warming up"))
    work_off()
    try:
        sys.stdout.write(json.dumps(measured(list(before))))
    finally:
        put_back(before)


def measured(sources: list[int]) -> dict[str, float]:
    entry = newcomer(TERM)
    started, cpu = time.perf_counter(), cpu_s()
    publishing.publish(entry)
    published = time.perf_counter() - started
    work_off()
    figures = {
        "texts": len(sources),
        "publish_ms": published * 1000,
        "all_s": time.perf_counter() - started,
        "cpu_s": cpu_s() - cpu,
    }
    link = f'href="{entry.get_absolute_url()}"'
    right = entry.mentions.filter(is_link=True, source__body_html__contains=link)
    if right.count() != len(sources):
        sys.exit(f"only {right.count()} of {len(sources)} pages lead to the new entry")
    return figures


def newcomer(term: str) -> Entry:
    return Entry.objects.create(term=term, slug=slugify(term), body="It is new.")


def cpu_s() -> float:
    """Of this process, and of PostgreSQL's that answers it."""
    if connection.vendor != "postgresql":
        return time.process_time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (server,) = cursor.fetchone()
    return time.process_time() + cpu_us([server]) / 1e6


def written_into(count: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Add a paragraph to `count` texts, as publishing would; yield each with what it was."""
    keys = list(Entry.objects.published().order_by("pk").values_list("pk", flat=True)[:count])
    for entries in batches(keys):
        for entry in entries:
            yield entry.pk, tuple(getattr(entry, name) for name in TEXTS)
            entry.body += f"\n\n{SENTENCE}"
            entry.body_html += f"<p>{SENTENCE}</p>\n"
            entry.plain_text += f"\n{SENTENCE}"
        store(entries)


def put_back(before: dict[int, tuple[str, ...]]) -> None:
    publishing.delete(Entry.objects.filter(term__in=(TERM, "Warming up")))
    for entries in batches(list(before)):
        for entry in entries:
            for name, text in zip(TEXTS, before[entry.pk], strict=True):
                setattr(entry, name, text)
        store(entries)
    work_off()


def batches(keys: list[int]) -> Iterator[list[Entry]]:
    for start in range(0, len(keys), BATCH):
        yield list(Entry.objects.filter(pk__in=keys[start : start + BATCH]).order_by("pk"))


@transaction.atomic
def store(entries: list[Entry]) -> None:
    for entry in entries:
        texts = {name: getattr(entry, name) for name in TEXTS}
        Entry.objects.filter(pk=entry.pk).update(**texts)
        search.index(entry)


def work_off() -> None:
    while message := outbox.claim():
        site.renew()
        outbox.run(message)


if __name__ == "__main__":
    main()
