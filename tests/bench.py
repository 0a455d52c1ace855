"""How fast pages and search are, and how they grow: `make bench`, or python -m tests.bench.

The shipped server with production settings, once with 1,000 and once with
100,000 generated entries, on SQLite and, where its binaries are found, on
PostgreSQL. Every figure is the median of interleaved rounds; trust the ratios,
since client and server share the machine.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import psycopg

from tests.__main__ import postgresql

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = (1, 16)


@dataclass
class Site:
    """A running server and what it serves."""

    database: str
    size: int
    port: int
    pages: dict[str, str]
    values: dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--imports", type=int, nargs="+", default=[1_000, 20_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headword-bench-")))
        manage(environment(f"sqlite:///{folder / 'none'}"), "collectstatic", "--noinput")
        sites = list(running_sites(stack, folder, options.sizes))
        report_pages(sites, rounds=options.rounds, seconds=options.seconds)
        report_inside(sites, rounds=options.rounds)
        report_times(sites, rounds=options.rounds)
        report_counting(sites)
        report_import(stack, folder, options.imports)


def running_sites(stack: ExitStack, folder: Path, sizes: list[int]) -> Iterator[Site]:
    server = stack.enter_context(postgresql())
    for size in sizes:
        yield stack.enter_context(site("SQLite", f"sqlite:///{folder / f'{size}.sqlite3'}", size))
        if server:
            name = f"bench_{size}"
            create_database(server, name)
            yield stack.enter_context(
                site("PostgreSQL", f"{server.rpartition('/')[0]}/{name}", size)
            )


@contextmanager
def site(database: str, url: str, size: int) -> Iterator[Site]:
    """Migrate, generate and serve; stop the server at the end."""
    values = environment(url)
    manage(values, "migrate", "--verbosity", "0")
    started = time.perf_counter()
    manage(values, "generate_entries", str(size))
    print(f"{database}: {size:,} entries generated in {time.perf_counter() - started:.0f} s")
    slug = manage(values, "shell", "-v0", "-c", "from glossary.models import Entry as E;"
                  "print(E.objects.order_by('pk')[500].get_absolute_url())").strip()  # fmt: skip
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port),
         "--blocking-threads", "4", "--log-level", "error", "config.wsgi:application"],
        env=values, cwd=ROOT,
    )  # fmt: skip
    try:
        wait_for(port)
        pages = {"entry page": slug, "search": "/search/?q=adaptive+cache"}
        yield Site(database, size, port, pages, values)
    finally:
        server.terminate()
        server.wait(10)


def report_pages(sites: list[Site], *, rounds: int, seconds: float) -> None:
    figures: dict[tuple, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for each in sites:
            for page, path in each.pages.items():
                for connections in CONNECTIONS:
                    rate = requests_per_second(each.port, path, connections, seconds)
                    figures[each.database, page, each.size, connections].append(rate)
    medians = {key: statistics.median(values) for key, values in figures.items()}
    sizes = sorted({each.size for each in sites})
    print(
        f"\n{'':12}{'':12}{'entries':>9}" + "".join(f"{c:>4} conn." for c in CONNECTIONS), end=""
    )
    print(f"{'ratio':>8}   (requests/s, medians of {rounds} rounds of {seconds:g} s)")
    for database, page in dict.fromkeys((key[0], key[1]) for key in medians):
        for size in sizes:
            rates = [medians[database, page, size, c] for c in CONNECTIONS]
            print(f"{database:12}{page:12}{size:>9,}", end="")
            print("".join(f"{rate:>10.0f}" for rate in rates) + f"{rates[-1] / rates[0]:>8.2f}")
        slower = medians[database, page, sizes[0], 1] / medians[database, page, sizes[-1], 1]
        print(f"{'':12}{sizes[-1]:,} entries cost {slower:.2f} × {sizes[0]:,}")


def report_inside(sites: list[Site], *, rounds: int) -> None:
    """Print what searches, suggestions and linking cost inside the site."""
    taken = defaultdict(list)
    for _ in range(rounds):
        for each in sites:
            taken[each.database, each.size].append(inside(each, "tests.bench_inside"))
    for what in ("search", "suggestion"):
        report_finding(what, taken)
    report_publishing(taken)
    print("\nlinking 1,500 words     names  CPU ms   index: s      MB   as publishing does it: ms")
    for (database, _), figures in taken.items():
        found = medians([figure["linking"] for figure in figures])
        print(f"{database:12}{found['names']:>17,.0f}{found['cpu_ms']:>8.1f}", end="")
        print(f"{found['build_s']:>11.2f}{found['memory_mb']:>8.1f}{found['publish_ms']:>28.1f}")


def report_times(sites: list[Site], *, rounds: int) -> None:
    """Print what listing the free times of 60 days costs with five hosts, and checking one."""
    taken = defaultdict(list)
    # The times ask for no entries: one site for each database is enough.
    for each in {site.database: site for site in sites}.values():
        for _ in range(rounds):
            said = inside(each, "tests.bench_consultations")
            for bookings, figures in said.items():
                taken[each.database, bookings].append(figures)
    print(f"\n{'times of 60 days, bookings':36}{'times':>7}{'queries':>9}", end="")
    print(f"{'CPU ms':>9}{'all ms':>9}{'one, ms':>9}")
    for (database, bookings), figures in taken.items():
        found = medians(figures)
        print(f"{database:12}{bookings:24}{found['times']:>7.0f}{found['queries']:>9.0f}", end="")
        print(f"{found['cpu_ms']:>9.1f}{found['all_ms']:>9.1f}{found['one_ms']:>9.1f}")


def report_counting(sites: list[Site]) -> None:
    """Print how many reports of views are answered a second, and what writes them."""
    print("\ncounting views        answers/s  counted  statements   writing: ms")
    for database, each in {each.database: each for each in sites}.items():
        found = inside(each, "tests.bench_counting")
        print(f"{database:20}{found['answers a second']:>11,}{found['counted']:>9,}", end="")
        print(f"{found['statements']:>12}{found['milliseconds of writing']:>14.1f}")


def inside(site: Site, module: str) -> dict:
    """What `module` says in JSON of the site."""
    command = [sys.executable, "-m", module]
    said = subprocess.run(
        command, env=site.values, cwd=ROOT, check=True, capture_output=True, text=True
    )
    return json.loads(said.stdout)


def report_publishing(taken: dict[tuple, list[dict]]) -> None:
    """Print the seconds until a change is right, and a new term with all texts that use it."""
    print(f"\npublishing   {'entries':>10}   a change: s   a new term: s   texts   all right: s")
    for (database, size), figures in taken.items():
        found = medians([figure["publishing"] for figure in figures])
        print(f"{database:13}{size:>10,}{found['change_s']:>14.2f}", end="")
        print(f"{found['newcomer_s']:>16.2f}{found['linked']:>8.0f}{found['all_s']:>15.2f}")


def report_finding(what: str, taken: dict[tuple, list[dict]]) -> None:
    """Print the milliseconds of the median query and of the slowest, and how they grow."""
    print(f"\n{what:24}{'entries':>9}{'median':>9}{'slowest':>9}   (ms)")
    typical: dict[str, list[float]] = defaultdict(list)
    for (database, size), figures in taken.items():
        found = medians([figure[what] for figure in figures])
        typical[database].append(statistics.median(found.values()))
        slowest = max(found, key=lambda query: found[query])
        print(f"{database:24}{size:>9,}{typical[database][-1]:>9.1f}", end="")
        print(f"{found[slowest]:>9.1f}   {slowest}")
    for database, grown in typical.items():
        print(f"{database:12}the largest costs {grown[-1] / grown[0]:.2f} × the smallest")


def medians(figures: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(f[name] for f in figures) for name in figures[0]}


def report_import(stack: ExitStack, folder: Path, sizes: list[int]) -> None:
    """Print entries/s and memory of importing Markdown, without and with publishing."""
    server = stack.enter_context(postgresql())
    print("\nimport                     entries   entries/s   per CPU s   MB before   at the peak")
    for size, options in product(sizes, ([], ["--publish"])):
        source = folder / f"glossary-{size}"
        if not source.exists():
            write_files(source, size)
        name = f"import_{size}_{len(options)}"
        urls = {"SQLite": f"sqlite:///{folder / name}"}
        if server:
            create_database(server, name)
            urls["PostgreSQL"] = f"{server.rpartition('/')[0]}/{name}"
        for database, url in urls.items():
            values = environment(url)
            manage(values, "migrate", "--verbosity", "0")
            command = [sys.executable, "-m", "tests.bench_import", str(source), *options]
            said = subprocess.run(
                command, env=values, cwd=ROOT, check=True, capture_output=True, text=True
            )
            found = json.loads(said.stdout)
            print(
                f"{database:12}{' '.join(options) or '(drafts)':12}{found['entries']:>10,}", end=""
            )
            print(f"{found['per_second']:>12.0f}{found['per_cpu_second']:>12.0f}", end="")
            print(f"{found['before_mb']:>12.0f}{found['peak_mb']:>14.0f}")


def write_files(folder: Path, number: int) -> None:
    """Write Markdown files of about 500 words that link to each other."""
    folder.mkdir()
    text = "Each word here stands for one that an author would write with care. " * 20
    for place in range(number):
        links = " ".join(f"[other](entry-{(place + step) % number}.md)" for step in (1, 7))
        front = f"---\ntitle: Entry {place}\ntags: [one, two]\ndescription: About {place}.\n---\n"
        body = f"{text}\n\n## Background\n\n{links} {text}\n\n## Use\n\n- {text}\n"
        (folder / f"entry-{place}.md").write_text(front + body)


def requests_per_second(port: int, path: str, connections: int, seconds: float) -> float:
    """Ask for `path` over kept-alive connections until time is up; raise on any other answer."""
    counts = [0] * connections
    end = time.perf_counter() + seconds

    def ask(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < end:
            connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise AssertionError(f"{path} answered {answer.status}")
            counts[place] += 1
        connection.close()

    threads = [threading.Thread(target=ask, args=[place]) for place in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def environment(database_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "DEBUG": "false",
        "EMAIL_URL": "memory:",
        "SECRET_KEY": "a key for benchmarks only, long enough to satisfy the check of its length",
        "SITE_URL": "http://127.0.0.1:8000",
    }


def manage(values: dict[str, str], *words: str) -> str:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(
        command, env=values, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


def create_database(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")


if __name__ == "__main__":
    main()
