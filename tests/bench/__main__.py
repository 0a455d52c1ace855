"""How fast pages and search are, and how they grow: `make bench`, or python -m tests.bench.

The shipped servers with production settings and generated entries, on SQLite
and, where its binaries are found, on PostgreSQL, compared with a file of nginx
and with a constant view of Django. Trust CPU and ratios, since clients and
servers share the machine; docs/operators.md explains how to read the table.
A quick look: make bench OPTIONS="--quick".
"""

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.bench import limits, mentions, moments, reports, servers, table
from tests.bench.sites import DATABASES, generated

QUICK = ["--sizes", "1000", "--databases", "SQLite", "--rounds", "1", "--seconds", "1"]
QUICK += ["--pages", "entry", "search", "--reports", "table", "moments"]
REPORTS = ("table", "moments", "inside", "mentions", "times", "counting", "import")


def main() -> None:
    options = parsed()
    with ExitStack() as stack:
        if options.folder:
            folder = options.folder.resolve()
            folder.mkdir(parents=True, exist_ok=True)
        else:
            folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="headword-bench-"))
            )
        # PostgreSQL runs as somebody else when root asks for it, and has to get through.
        folder.chmod(0o711)
        one, five, fifteen = os.getloadavg()
        print(f"{os.cpu_count()} cores; load before: {one:.1f} {five:.1f} {fifteen:.1f}")
        sites = list(generated(stack, folder, options.sizes, options.databases))
        if "table" in options.reports:
            with ExitStack() as running:
                found = servers.started(running, folder, sites, options.servers)
                costs = table.measure(
                    found,
                    pages=options.pages,
                    connections=options.connections,
                    rounds=options.rounds,
                    seconds=options.seconds,
                )
                table.report(costs, found, rounds=options.rounds, seconds=options.seconds)
                limits.report(costs, found)
        if "moments" in options.reports:
            moments.report(folder, sites)
        if "inside" in options.reports:
            reports.report_inside(sites, rounds=options.rounds)
        if "mentions" in options.reports:
            mentions.report(sites, count=options.mentions)
        if "times" in options.reports:
            reports.report_times(sites, rounds=options.rounds)
        if "counting" in options.reports:
            reports.report_counting(sites)
        if "import" in options.reports:
            reports.report_import(stack, folder, options.imports, options.databases)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 20_000, 100_000])
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--pages", nargs="+", choices=table.PAGES, default=table.PAGES)
    parser.add_argument("--servers", nargs="+", choices=servers.ALL, default=servers.ALL)
    parser.add_argument("--connections", type=int, nargs="+", default=table.CONNECTIONS)
    parser.add_argument("--reports", nargs="+", choices=REPORTS, default=REPORTS)
    parser.add_argument("--mentions", type=int, default=5_000, help="texts that use a new term")
    parser.add_argument("--imports", type=int, nargs="+", default=[1_000, 20_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--folder", type=Path, help="keep databases there for the next run")
    parser.add_argument("--quick", action="store_true", help=" ".join(QUICK))
    options = parser.parse_args()
    return parser.parse_args([*QUICK, *sys.argv[1:]]) if options.quick else options


if __name__ == "__main__":
    main()
