"""What finding and linking cost without HTTP and templates: python -m tests.bench_inside.

Looks into the site that the environment names and prints JSON: milliseconds of
each search with the rows of its first page, and of each suggestion; seconds
and megabytes of the index of all names, and the CPU milliseconds in which an
article of 1,500 words finds its terms, with that index and with the one that
publishing asks the database for; seconds until a changed entry is right, and
until a new term and all texts that mention it are.
"""

import json
import os
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config import outbox  # noqa: E402
from glossary import names, publishing, revisions, terms  # noqa: E402
from glossary.generating import ADJECTIVES, CONNECTING, NOUNS  # noqa: E402
from glossary.models import Entry, TermName  # noqa: E402
from glossary.search import documents_mentioning, search  # noqa: E402
from glossary.suggesting import suggestions  # noqa: E402

SEARCHES = (
    *("adaptive cache", "cache", "shared data query", "the history of", "con", "s", "sdq 17"),
    *("adaptve cahce", "cache zeppelin", "zeppelin", "thread guard the history"),
)
"""Common and rare words, beginnings, an alias, typing errors, and what nobody wrote."""
TYPED = ("s", "sh", "shared", "shared d", "query", "cache s", "adaptve", "sdq", "zzz", "the")

WORDS = 1_500
ROUNDS = 7


def main() -> None:
    figures = {
        "search": {text: ms(lambda text=text: first_page(text)) for text in SEARCHES},
        "suggestion": {
            text: ms(lambda text=text: suggestions(text, language="en")) for text in TYPED
        },
        "linking": linking(),
        "publishing": publication(),
    }
    sys.stdout.write(json.dumps(figures))


def first_page(text: str) -> object:
    return search(text, language="en").results[:20]


def linking() -> dict[str, float]:
    text = article()
    started = time.perf_counter()
    index = names.whole_index("en")
    seconds = time.perf_counter() - started
    tracemalloc.start()
    kept = names.whole_index("en")
    megabytes = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return {
        "names": len(kept),
        "build_s": seconds,
        "memory_mb": megabytes,
        "cpu_ms": ms(lambda: list(terms.find(text, index)), clock=time.process_time),
        "publish_ms": ms(lambda: list(terms.find(text, names.index_for(text, language="en")))),
    }


def article() -> str:
    """1,500 words, forty of them the names of terms."""
    chance = random.Random(1)
    some = TermName.objects.filter(is_term=True).order_by("pk").values_list("text", flat=True)
    written = [name.lower() for name in some[:40]]
    vocabulary = CONNECTING * 4 + NOUNS + ADJECTIVES
    words = chance.choices(vocabulary, k=WORDS - 3 * len(written)) + written
    chance.shuffle(words)
    return " ".join(words)


def publication() -> dict[str, float]:
    """A change of an entry, then a newcomer whose term many texts use already."""
    entry = Entry.objects.published().order_by("pk")[7]
    text = revisions.newest(entry)
    taken = []
    for number in range(ROUNDS):
        draft = {**text, "body": f"{text['body']}\n\nOnce more {number}."}
        publishing.save_draft(entry, draft)
        taken.append(seconds_of(lambda: publishing.publish(entry, change="typo")))
    work_off()
    term, texts = unused_term()
    newcomer = Entry(term=term, slug="a-newcomer", body="It is new.")
    newcomer.save()
    page = seconds_of(lambda: publishing.publish(newcomer))
    rest = seconds_of(work_off)
    linked = newcomer.mentions.filter(is_link=True).count()
    publishing.delete([newcomer])
    work_off()
    return {
        "change_s": statistics.median(taken),
        "texts": texts,
        "linked": linked,
        "newcomer_s": page,
        "all_s": page + rest,
    }


def unused_term() -> tuple[str, int]:
    """Two words that stand together in many texts and are nobody's name; in how many."""
    known = {text.lower() for text in TermName.objects.values_list("text", flat=True)}
    pairs = (f"{noun} {other}" for noun in NOUNS[:12] for other in NOUNS[:12] if noun != other)
    counted = {
        pair: len(documents_mentioning([pair], language="en"))
        for pair in pairs
        if pair not in known
    }
    return max(counted.items(), key=lambda item: item[1])


def work_off() -> None:
    while message := outbox.claim():
        outbox.run(message)


def seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ms(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    work()
    taken = []
    for _ in range(ROUNDS):
        started = clock()
        work()
        taken.append((clock() - started) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
