"""Generated sites on both databases, and what their pages are."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.__main__ import cluster, server_binaries
from tests.bench.processes import parent

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASES = ("SQLite", "PostgreSQL")

# Names of settings, known here alone.
KEEPING_NOTHING = {"PAGE_MEMORY": "0"}
SAVING_SETTINGS = "from config.models import SiteSettings as S; S.objects.get_or_create(pk=1)"
"""As every site does that is set up: what pages show of them then comes in one query."""
PAGES_IN_ROOT = "pages"
"""Where in PAGES_ROOT the files are."""


def keeping_files(folder: Path) -> dict[str, str]:
    return {"PAGES_ROOT": str(folder)}


def empty_pages(values: dict[str, str]) -> None:
    """Make all kept pages of a running site old, in every process."""
    stamping = "from config import page_stamps; page_stamps.stamp('site')"
    manage(values, "shell", "-v0", "-c", stamping)


@dataclass(frozen=True, eq=False)
class Site:
    """Entries in a database, and what its pages are by their names."""

    database: str
    size: int
    values: dict[str, str]
    """The environment."""
    roots: tuple[int, ...]
    """Processes of the database."""
    paths: dict[str, str]
    statuses: dict[str, int]
    queries: dict[str, int]
    """Of a page that is kept, and of one that is made."""
    queries_unkept: dict[str, int]


def generated(
    stack: ExitStack, folder: Path, sizes: list[int], databases: list[str]
) -> Iterator[Site]:
    """Yield a site for each; databases that `folder` has already are used as they are."""
    manage(environment(f"sqlite:///{folder / 'none'}"), "collectstatic", "--noinput")
    server = postgresql(stack, folder) if "PostgreSQL" in databases else ""
    for size in sizes:
        if "SQLite" in databases:
            yield _site("SQLite", f"sqlite:///{folder / f'{size}.sqlite3'}", size)
        if server:
            name = f"bench_{size}"
            create_database(server, name)
            yield _site("PostgreSQL", at(server, name), size, roots=(_postmaster(server),))


def _site(database: str, url: str, size: int, roots: tuple[int, ...] = ()) -> Site:
    values = environment(url)
    manage(values, "migrate", "--verbosity", "0")
    manage(values, "shell", "-v0", "-c", SAVING_SETTINGS)
    count = "from glossary.models import Entry; print(Entry.objects.count())"
    if not int(manage(values, "shell", "-v0", "-c", count)):
        started = time.perf_counter()
        manage(values, "generate_entries", str(size))
        seconds = time.perf_counter() - started
        print(f"{database}: {size:,} entries generated in {seconds:.0f} s", flush=True)
    kept = inside(values, "tests.bench.asked")
    made = inside({**values, **KEEPING_NOTHING}, "tests.bench.asked")
    return Site(
        database,
        size,
        values,
        roots,
        paths={page: facts["path"] for page, facts in kept.items()},
        statuses={page: facts["status"] for page, facts in kept.items()},
        queries={page: facts["queries"] for page, facts in kept.items()},
        queries_unkept={page: facts["queries"] for page, facts in made.items()},
    )


def inside(values: dict[str, str], module: str, *words: str) -> dict:
    """What `module` says in JSON of the site that has these `values` as its environment."""
    command = [sys.executable, "-m", module, *words]
    said = subprocess.run(command, env=values, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return json.loads(said.stdout)


def environment(database_url: str) -> dict[str, str]:
    """As production has it, behind a proxy on this machine that takes TLS off."""
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "DEBUG": "false",
        "EMAIL_URL": "memory:",
        "SECRET_KEY": "a key for benchmarks only, long enough to satisfy the check of its length",
        "SITE_URL": "https://glossary.example",
        "TRUSTED_PROXIES": "127.0.0.1",
    }


def manage(values: dict[str, str], *words: str) -> str:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(
        command, env=values, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


# PostgreSQL ---------------------------------------------------------------------------------


def postgresql(stack: ExitStack, folder: Path) -> str:
    """Return the address of a server of our own in `folder`; "" where there is none."""
    binaries = server_binaries()
    if binaries is None:
        print("PostgreSQL: left out, no server binaries found")
        return ""
    place = folder / "postgresql"
    place.mkdir(exist_ok=True)
    return stack.enter_context(cluster(binaries, place))


def at(server: str, name: str) -> str:
    return f"{server.rpartition('/')[0]}/{name}"


def create_database(server: str, name: str) -> None:
    """Unless there is one of that name."""
    with psycopg.connect(server, autocommit=True) as connection:
        known = "SELECT 1 FROM pg_database WHERE datname = %s"
        if not connection.execute(known, [name]).fetchone():
            connection.execute(f'CREATE DATABASE "{name}"')


def _postmaster(server: str) -> int:
    """The process that all others of the server descend from."""
    with psycopg.connect(server) as connection:
        return parent(connection.info.backend_pid)
