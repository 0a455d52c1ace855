"""What searching, linking, publishing, times, counting and importing cost inside a site."""

import statistics
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from itertools import product
from pathlib import Path

from tests.bench.sites import (
    Site,
    at,
    create_database,
    environment,
    inside,
    manage,
    postgresql,
)


def report_inside(sites: list[Site], *, rounds: int) -> None:
    """Print what searches, suggestions and linking cost inside the site."""
    taken = defaultdict(list)
    for _ in range(rounds):
        for each in sites:
            taken[each.database, each.size].append(inside(each.values, "tests.bench_inside"))
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
            said = inside(each.values, "tests.bench_consultations")
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
        found = inside(each.values, "tests.bench_counting")
        print(f"{database:20}{found['answers a second']:>11,}{found['counted']:>9,}", end="")
        print(f"{found['statements']:>12}{found['milliseconds of writing']:>14.1f}")


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


def report_import(stack: ExitStack, folder: Path, sizes: list[int], databases: list[str]) -> None:
    """Print entries/s and memory of importing Markdown, without and with publishing."""
    source = Path(tempfile.mkdtemp(prefix="import-", dir=folder))
    source.chmod(0o711)
    server = postgresql(stack, source) if "PostgreSQL" in databases else ""
    print("\nimport                     entries   entries/s   per CPU s   MB before   at the peak")
    for size, options in product(sizes, ([], ["--publish"])):
        texts = source / f"glossary-{size}"
        if not texts.exists():
            write_files(texts, size)
        name = f"import_{size}_{len(options)}"
        urls = {"SQLite": f"sqlite:///{source / name}"} if "SQLite" in databases else {}
        if server:
            create_database(server, name)
            urls["PostgreSQL"] = at(server, name)
        for database, url in urls.items():
            values = environment(url)
            manage(values, "migrate", "--verbosity", "0")
            found = inside(values, "tests.bench_import", str(texts), *options)
            what = " ".join(options) or "(drafts)"
            print(f"{database:12}{what:12}{found['entries']:>10,}", end="")
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
