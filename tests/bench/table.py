"""The one table: what each page costs on each server, and how it compares with a file."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from tests.bench import servers
from tests.bench.load import CLIENT, load, once
from tests.bench.processes import cpu_us_at_rest
from tests.bench.servers import Server

CONNECTIONS = (1, 16, 64)
THREADS = 8
"""Of all processes that deploy/serve starts."""
PAGES = ("entry", "letter", "topic", "search", "suggestion", "home", "missing")


@dataclass(frozen=True)
class Cell:
    """What was measured; size and database are those of the site, 0 and "" without one."""

    page: str
    size: int
    database: str
    server: str
    connections: int


@dataclass(frozen=True)
class Cost:
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """For a request, user and system of all processes that work for the server."""


Table = dict[Cell, Cost]


def measure(
    found: list[Server],
    *,
    pages: list[str],
    connections: Iterable[int],
    rounds: int,
    seconds: float,
) -> Table:
    """Ask each server for each page, round by round, and return the medians."""
    taken: dict[Cell, list[Cost]] = defaultdict(list)
    for number in range(rounds):
        for server in found:
            for page in (page for page in pages if page in server.paths):
                for count in connections:
                    cell = _cell(server, page, count)
                    taken[cell].append(_cost(server, page, count, seconds))
        print(f"round {number + 1} of {rounds}", flush=True)
    return {cell: _median(costs) for cell, costs in taken.items()}


def _cell(server: Server, page: str, connections: int) -> Cell:
    site = server.site
    size, database = (site.size, site.database) if site else (0, "")
    return Cell(page, size, database, server.name, connections)


def _cost(server: Server, page: str, connections: int, seconds: float) -> Cost:
    path, status = server.paths[page], server.site.statuses[page] if server.site else 200
    answered, _ = once(server.port, path)
    assert answered == status, f"{path} answered {answered}"
    before = cpu_us_at_rest(server.roots)
    found = load(server.port, path, connections=connections, seconds=seconds, is_good=status < 400)
    spent = cpu_us_at_rest(server.roots) - before
    # What a thread has in hand when time is up is finished, counted by nobody, and costs as well.
    answers = found.requests + min(connections, THREADS)
    return Cost(found.per_second, found.p50_ms, found.p99_ms, spent / answers)


def _median(costs: list[Cost]) -> Cost:
    names = [field.name for field in fields(Cost)]
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in names))


def file_of(table: Table, cell: Cell) -> Cost | None:
    """What nginx's file of the same page costs in the same run."""
    return table.get(Cell(cell.page, 0, "", servers.FILE, cell.connections))


def report(table: Table, found: list[Server], *, rounds: int, seconds: float) -> None:
    print(f"\nAsked by {CLIENT}; medians of {rounds} interleaved rounds of {seconds:g} s.")
    print(
        f"{'page':11}{'entries':>8}  {'database':11}{'server':15}{'conn.':>5}{'requests/s':>12}",
        end="",
    )
    print(f"{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>10}{'bytes':>8}{'SQL':>5}{'× file':>9}")
    sizes = {_cell(server, page, 0): _bytes(server, page) for server, page in _pages(found)}
    queries = {_cell(server, page, 0): _queries(server, page) for server, page in _pages(found)}
    for cell in sorted(table, key=_order):
        cost, key = table[cell], Cell(cell.page, cell.size, cell.database, cell.server, 0)
        size = f"{cell.size:,}" if cell.size else "–"
        print(f"{cell.page:11}{size:>8}  {cell.database or '–':11}{cell.server:15}", end="")
        print(f"{cell.connections:>5}{cost.per_second:>12,.0f}{cost.p50_ms:>9.2f}", end="")
        print(
            f"{cost.p99_ms:>9.2f}{_digits(cost.cpu_us, 1):>10}{sizes[key]:>8,}{queries[key]:>5}",
            end="",
        )
        file = file_of(table, cell)
        ratio = _digits(cost.cpu_us / file.cpu_us, 2) if file and file.cpu_us else "–"
        print(f"{ratio:>9}")


def _digits(number: float, decimals: int) -> str:
    return f"{number:,.{decimals if number < 1000 else 0}f}"


def _order(cell: Cell) -> tuple:
    place = PAGES.index(cell.page)
    return place, cell.connections, cell.size, cell.database, servers.ALL.index(cell.server)


def _pages(found: list[Server]) -> Iterator[tuple[Server, str]]:
    return ((server, page) for server in found for page in server.paths)


def _bytes(server: Server, page: str) -> int:
    return len(once(server.port, server.paths[page])[1])


def _queries(server: Server, page: str) -> str:
    """Of an answer as it usually is: a kept page needs none."""
    if server.site is None:
        return "–"
    unkept = server.name == servers.UNKEPT
    return str((server.site.queries_unkept if unkept else server.site.queries)[page])
