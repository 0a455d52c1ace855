"""What finding and linking cost without HTTP and templates: python -m tests.bench_inside.

Looks into the site that the environment names and prints JSON: milliseconds of
each search with the rows of its first page, and of each suggestion; seconds
and megabytes of the index of all names, and the CPU milliseconds in which an
article of 1,500 words finds its terms, with that index and with the one that
publishing asks the database for.
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

from glossary import names, terms  # noqa: E402
from glossary.generating import ADJECTIVES, CONNECTING, NOUNS  # noqa: E402
from glossary.models import TermName  # noqa: E402
from glossary.search import search  # noqa: E402
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
