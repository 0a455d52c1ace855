"""The whole suite on both databases, as `make test` runs it: python -m tests [pytest options].

SQLite first, then PostgreSQL: the one of TEST_DATABASE_URL, or a private
temporary cluster from binaries found on this machine. Browser tests run where
a Chromium is found, those of the shared cache where Valkey or Redis is, those of
deploy/nginx.conf where an nginx is. The last lines say what was left out;
REQUIRE=postgres,browser,valkey,nginx turns what is named into a failure instead.
"""

import glob
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import nginx, valkey

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WORKERS = str((os.cpu_count() or 1) + 1)
"""One more than cores: tests of browsers and worker processes spend much of their time waiting."""
CLUSTER_OWNERS = ("postgres", "nobody")


def main(options: list[str]) -> int:
    required = {name for name in os.environ.get("REQUIRE", "").split(",") if name}
    left_out: dict[str, str] = {}
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), "")
    if chromium:
        os.environ["CHROMIUM"] = chromium
    else:
        left_out["browser"] = "browser tests: no Chromium found"
    if not valkey.program():
        left_out["valkey"] = "tests of the shared cache: neither Valkey nor Redis found"
    if not nginx.binary():
        left_out["nginx"] = "tests of deploy/nginx.conf: no nginx found"

    # A browser sees pages and scripts, not databases: once is enough.
    without_browser = ["-m", "not browser", *options]
    with postgresql() as url:
        if not url:
            left_out["postgres"] = "the suite on PostgreSQL: no server binaries found"
        print("== SQLite", flush=True)
        failed = pytest(without_browser if url or not chromium else options)
        if url:
            print("== PostgreSQL", flush=True)
            # What touches neither database nor browser has said all it can.
            others = "django_db or browser" if chromium else "django_db and not browser"
            failed |= pytest(["-m", others, *options], database_url=url)

    for name, what in left_out.items():
        print(f"LEFT OUT {what}" + (" (REQUIRED)" if name in required else ""))
    if not left_out:
        print("Nothing was left out: SQLite, PostgreSQL, a shared cache, a browser and nginx.")
    return 1 if failed or required & left_out.keys() else 0


def pytest(options: list[str], *, database_url: str = "") -> bool:
    """Run pytest against one database; return whether it failed."""
    folder = tempfile.mkdtemp(prefix="headword-tests-")
    environment = {**os.environ, "TEST_DATABASE_URL": database_url, "HEADWORD_TESTS": folder}
    # Made anew and left to the end of their cluster: a browser that still holds a connection
    # would keep PostgreSQL from dropping its database.
    databases = ["--create-db", "--reuse-db"]
    parallel = ["-n", WORKERS, "--dist", "worksteal"]
    command = [sys.executable, "-W", "error", "-m", "pytest", *databases, *parallel, *options]
    try:
        return subprocess.run(command, env=environment, check=False).returncode != 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the address of a PostgreSQL to test on, "" when there is none."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    binaries = server_binaries()
    if binaries is None:
        yield ""
        return
    folder = Path(tempfile.mkdtemp(prefix="headword-pg-"))
    try:
        with cluster(binaries, folder) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def server_binaries() -> Path | None:
    """The newest folder that holds initdb and pg_ctl: Debian keeps them off the PATH."""
    found = glob.glob("/usr/lib/postgresql/*/bin") + glob.glob("/usr/local/pgsql/bin")
    folders = sorted(
        map(Path, found), key=lambda folder: [int(p) for p in folder.parts if p.isdigit()]
    )
    if on_path := shutil.which("pg_ctl"):
        folders.append(Path(on_path).resolve().parent)
    usable = [f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()]
    return usable[-1] if usable else None


@contextmanager
def cluster(binaries: Path, folder: Path) -> Iterator[str]:
    """Run a server on a socket in `folder`, without fsync, listening to nobody else.

    A folder that had one already goes on with its databases.
    """
    owner = cluster_owner()
    shutil.chown(folder, owner)
    data = folder / "data"
    if not data.exists():
        words = "-U headword -A trust -E UTF8 --locale=C.UTF-8".split()
        run_as(owner, [binaries / "initdb", "-D", data, *words])
    speed = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=150"
    server = f"-c listen_addresses='' -c unix_socket_directories={folder} {speed}"
    run_as(
        owner, [binaries / "pg_ctl", "-D", data, "-w", "-o", server, "-l", folder / "log", "start"]
    )
    try:
        yield f"postgres://headword@{str(folder).replace('/', '%2F')}/postgres"
    finally:
        run_as(owner, [binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"])


def cluster_owner() -> str:
    """PostgreSQL refuses to run as root, so that root lends the cluster to somebody else."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid()).pw_name
    known = {user.pw_name for user in pwd.getpwall()}
    return next(name for name in CLUSTER_OWNERS if name in known)


def run_as(owner: str, command: list) -> None:
    words = [str(word) for word in command]
    if os.getuid() == 0:
        words = [
            "setpriv",
            f"--reuid={owner}",
            f"--regid={pwd.getpwnam(owner).pw_gid}",
            "--clear-groups",
            "--",
            *words,
        ]
    result = subprocess.run(words, capture_output=True, text=True, check=False, cwd="/")
    if result.returncode:
        sys.exit(f"PostgreSQL: {result.stdout}{result.stderr}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
