"""The servers that are compared, each on a port of its own.

"nginx file" is nginx with nothing but the bytes in a folder, and a log that is
written as ours is; "application" is granian as deploy/serve starts it; "nginx, shipped" is
deploy/nginx.conf in front of that; "constant view" is Django with its own
middleware and nothing of ours.
"""

import gzip
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests import nginx
from tests.bench.load import once
from tests.bench.sites import KEEPING_NOTHING, PAGES_IN_ROOT, Site, keeping_files
from tests.serving import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
SERVE = ROOT / "deploy" / "serve"
APPLICATION = "config.wsgi:application"

FILE = "nginx file"
SHIPPED = "nginx, shipped"
PROXYING = "nginx, no files"
KEPT = "application"
UNKEPT = "no page kept"
CONSTANT = "constant view"
ALL = (FILE, SHIPPED, PROXYING, KEPT, UNKEPT, CONSTANT)


@dataclass(frozen=True)
class Server:
    """A running server, and where it has the pages."""

    name: str
    port: int
    roots: tuple[int, ...]
    """Processes that work for it, with all their children."""
    paths: dict[str, str]
    site: Site | None = None


def started(stack: ExitStack, folder: Path, sites: list[Site], names: list[str]) -> list[Server]:
    """Start servers until `stack` ends; without nginx, those that need it are left out."""
    found = []
    kept = {}
    for site in sites:
        pages = _folder(folder)
        values = {**site.values, **keeping_files(pages)}
        application = kept[site] = stack.enter_context(granian(site, KEPT, values))
        found.append(application)
        if nginx.binary():
            files = pages / PAGES_IN_ROOT
            nowhere = pages / "none"
            found.append(stack.enter_context(_in_front(application, SHIPPED, files)))
            found.append(stack.enter_context(_in_front(application, PROXYING, nowhere)))
        if UNKEPT in names:
            values = {**site.values, **KEEPING_NOTHING}
            found.append(stack.enter_context(granian(site, UNKEPT, values)))
    first = sites[0]
    bytes_of = {page: once(kept[first].port, path)[1] for page, path in first.paths.items()}
    if nginx.binary():
        found.append(stack.enter_context(_file(_folder(folder), bytes_of)))
    if CONSTANT in names:
        place = _folder(folder) / "entry.gz"
        place.write_bytes(bytes_of["entry"])
        values = {**first.values, "BENCH_BYTES": str(place)}
        module = "tests.bench.constant:application"
        running = granian(first, CONSTANT, values, application=module, paths={"entry": "/"})
        constant = stack.enter_context(running)
        found.append(replace(constant, site=None))
    return [server for server in found if server.name in names]


@contextmanager
def granian(
    site: Site,
    name: str,
    values: dict[str, str],
    *,
    application: str = APPLICATION,
    paths: dict[str, str] | None = None,
) -> Iterator[Server]:
    """Run deploy/serve, with another application where one is named."""
    text = SERVE.read_text()
    if APPLICATION not in text:
        raise LookupError(f"deploy/serve no longer says {APPLICATION}")
    port = free_port()
    bin_first = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with subprocess.Popen(
        ["sh", "-c", text.replace(APPLICATION, application), SERVE, "--port", str(port)],
        env={**values, "PATH": bin_first, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            nginx.wait_for(port, process)
            server = Server(name, port, (process.pid, *site.roots), paths or site.paths, site)
            _warm(server)
            yield server
        finally:
            process.terminate()
            process.wait(30)


def _warm(server: Server) -> None:
    """Ask often enough for each process to know each page well, and to leave its file."""
    for path in server.paths.values():
        for _ in range(12):
            once(server.port, path)


@contextmanager
def _in_front(application: Server, name: str, pages: Path) -> Iterator[Server]:
    folder = pages.parent / f"nginx-{name.replace(', ', '-').replace(' ', '-')}"
    folder.mkdir()
    places = nginx.Places(
        folder=folder,
        port=free_port(),
        redirecting_port=free_port(),
        application=application.port,
        pages=pages,
        static=ROOT / "staticfiles",
        media=folder / "media",
    )
    site = nginx.shipped(places, is_tls=False)
    with nginx.nginx(site, folder=folder, port=places.port) as pid:
        roots = (pid, *application.roots)
        yield Server(name, places.port, roots, application.paths, application.site)


@contextmanager
def _file(folder: Path, bytes_of: dict[str, bytes]) -> Iterator[Server]:
    root = folder / "root"
    root.mkdir()
    for page, body in bytes_of.items():
        is_packed = body[:2] == b"\x1f\x8b"
        whole = gzip.decompress(body) if is_packed else body
        (root / f"{page}.html").write_bytes(whole)
        (root / f"{page}.html.gz").write_bytes(body if is_packed else gzip.compress(body, 9))
    port = free_port()
    log = f"access_log {folder}/file.log combined buffer=64k flush=5s;"
    server = f"listen 127.0.0.1:{port}; root {root}; gzip_static on; {log}"
    with nginx.nginx(f"server {{ {server} }}", folder=folder, port=port) as pid:
        yield Server(FILE, port, (pid,), {page: f"/{page}.html" for page in bytes_of})


def _folder(inside: Path) -> Path:
    """A new folder that goes with the one that it is in."""
    return Path(tempfile.mkdtemp(prefix="server-", dir=inside))
