"""What readers see of the two moments that matter: caches emptied, and something published."""

import statistics
import tempfile
import threading
import time
from pathlib import Path

from tests.bench.limits import say
from tests.bench.load import load, once
from tests.bench.publisher import Publisher
from tests.bench.servers import KEPT, Server, granian
from tests.bench.sites import Site, empty_pages, inside, keeping_files

COUNTED = "tests.bench.counted:application"
CONNECTIONS = 16
SECONDS = 2.0
PUBLISHED = 7


def report(folder: Path, sites: list[Site]) -> None:
    print("\nPages emptied under load, and published while they are read:")
    for site in sites:
        place = Path(tempfile.mkdtemp(prefix="moments-", dir=folder))
        word = place / "rendered"
        word.mkdir()
        values = {**site.values, **keeping_files(place), "BENCH_RENDERED": str(word)}
        with granian(site, KEPT, values, application=COUNTED) as server:
            _emptied(server, site, word)
            _published(server, site)


def _emptied(server: Server, site: Site, word: Path) -> None:
    path = site.paths["entry"]
    for _ in range(20):
        once(server.port, path)
    before = rendered(word)
    emptying = threading.Thread(target=empty_pages, args=[site.values])
    emptying.start()
    found = []
    while emptying.is_alive() or len(found) < 2:
        found.append(load(server.port, path, connections=CONNECTIONS, seconds=SECONDS))
    # Emptied at the very end of one load, the page is asked for in the next.
    found.append(load(server.port, path, connections=CONNECTIONS, seconds=SECONDS))
    again = rendered(word) - before
    slowest = max(each.slowest_ms for each in found)
    asked = sum(each.requests for each in found)
    claim = f"{site.database}, {site.size:,}: emptied under load"
    say(f"{claim}: none above 250 ms", f"{slowest:.0f} of {asked:,} requests", slowest <= 250)
    say(f"{claim}: rendered once by a process", f"{again} times by 2", again <= 2)


def _published(server: Server, site: Site) -> None:
    """Publish a change by the desk, and ask for the page until it shows it."""
    facts = inside(site.values, "tests.bench.login")
    publisher = Publisher(server.port, facts["cookie"], facts["form"])
    taken, waited = [], []
    for number in range(PUBLISHED):
        mark = f"Published for the {number}th time at {time.time_ns()}"
        taken.append(publisher.publish(f"{mark}, and nothing else has changed."))
        answered = time.perf_counter()
        first = True
        while mark.encode() not in publisher.read(facts["page"]):
            first = False
            assert time.perf_counter() < answered + 60, "it never came"
        waited.append(0 if first else time.perf_counter() - answered)
    claim = f"{site.database}, {site.size:,}: a change is seen"
    late = f"{max(waited) * 1000:.0f} ms after the answer"
    say(f"{claim} by the first who reads", late, max(waited) == 0)
    median = statistics.median(taken) * 1000
    say(f"{claim}: publishing takes at most 300 ms", f"{median:.0f}", median <= 300)


def rendered(folder: Path) -> int:
    """Return how many pages all processes have rendered so far."""
    return sum(int(file.read_text() or 0) for file in folder.iterdir())
