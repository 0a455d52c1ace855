"""Whether the promised limits hold; a time that does not fails nothing."""

from collections.abc import Iterator

from tests.bench import servers
from tests.bench.processes import largest_mb
from tests.bench.servers import Server
from tests.bench.sites import Site
from tests.bench.table import Cell, Cost, Table, file_of

USUAL = 16
"""Connections at which costs are compared."""
MANY = 64


def report(table: Table, found: list[Server]) -> None:
    print("\nWhat was promised, and the worst that was measured:")
    for claim, measured, holds in (
        *_against_the_file(table),
        *_against_django(table),
        *_waiting(table),
        *_growing(table),
        *_made(table, found),
        *_memory(found),
    ):
        say(claim, measured, holds)


def say(claim: str, measured: str, holds: bool) -> None:
    print(f"{'yes' if holds else 'NO':4}{claim:70}{measured}")


Verdict = tuple[str, str, bool]


def _entries(table: Table, server: str, connections: int) -> dict[Cell, Cost]:
    return {
        cell: cost
        for cell, cost in table.items()
        if (cell.page, cell.server, cell.connections) == ("entry", server, connections)
    }


def _worst(ratios: list[float], most: float, claim: str) -> Iterator[Verdict]:
    if ratios:
        yield claim, f"{max(ratios):.2f}", max(ratios) <= most


def _against_the_file(table: Table) -> Iterator[Verdict]:
    limits = ((servers.SHIPPED, 1.3), (servers.KEPT, 3.0))
    for server, most in limits:
        costs = _entries(table, server, USUAL)
        ratios = [
            cost.cpu_us / file.cpu_us
            for cell, cost in costs.items()
            if (file := file_of(table, cell))
        ]
        yield from _worst(ratios, most, f"CPU of an entry, {server}: at most {most:g} × a file")


def _against_django(table: Table) -> Iterator[Verdict]:
    [constant] = _entries(table, servers.CONSTANT, USUAL).values() or [None]
    if constant:
        ratios = [
            cost.cpu_us / constant.cpu_us for cost in _entries(table, servers.KEPT, USUAL).values()
        ]
        yield from _worst(ratios, 0.25, "CPU of an entry, application: 1/4 of a constant view")


def _waiting(table: Table) -> Iterator[Verdict]:
    files = _entries(table, servers.FILE, MANY).values()
    beside = "".join(f" (nginx file: {c.p99_ms / c.p50_ms:.2f})" for c in files if c.p50_ms)
    for server in (servers.SHIPPED, servers.KEPT):
        ratios = [
            cost.p99_ms / cost.p50_ms
            for cost in _entries(table, server, MANY).values()
            if cost.p50_ms
        ]
        claim = f"entry at {MANY} connections, {server}: p99 at most 5 × p50"
        for _, measured, holds in _worst(ratios, 5, claim):
            # Where even a file makes some wait, the machine is busy with something else.
            yield claim, f"{measured}{beside}", holds


def _growing(table: Table) -> Iterator[Verdict]:
    """Pages as they are made: kept ones cost the same whatever there is."""
    for page in ("entry", "letter", "topic", "search", "suggestion"):
        for database in sorted({cell.database for cell in table} - {""}):
            costs = {
                cell.size: cost.cpu_us
                for cell, cost in table.items()
                if (cell.page, cell.database, cell.server, cell.connections)
                == (page, database, servers.UNKEPT, USUAL)
            }
            if len(costs) > 1:
                smallest, largest = min(costs), max(costs)
                claim = f"{page}, {database}: {largest:,} entries at most 1.2 × {smallest:,}"
                yield from _worst([costs[largest] / costs[smallest]], 1.2, claim)


def _made(table: Table, found: list[Server]) -> Iterator[Verdict]:
    costs = _entries(table, servers.UNKEPT, 1)
    if costs:
        most = max(cost.cpu_us for cost in costs.values()) / 1000
        yield "an entry that is made: at most 4 ms of CPU", f"{most:.2f}", most <= 4
    sites: list[Site] = [server.site for server in found if server.site]
    if sites:
        queries = max(site.queries_unkept["entry"] for site in sites)
        yield "an entry that is made: at most 2 queries", str(queries), queries <= 2


def _memory(found: list[Server]) -> Iterator[Verdict]:
    for server in found:
        if server.name == servers.KEPT and server.site:
            held = largest_mb(server.roots[0])
            of = f"{server.site.database}, {server.site.size:,} entries"
            yield f"web process, {of}: at most 150 MB", f"{held:.0f}", held <= 150
