"""A second PostgreSQL server that follows the first, as a replica does."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.__main__ import cluster, cluster_owner, run_as


@contextmanager
def pair(binaries: Path, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Run a primary and its replica; yield the folders of their sockets."""
    primary, replica = folder / "primary", folder / "replica"
    for each in (primary, replica):
        each.mkdir()
    with cluster(binaries, primary), _copy(binaries, primary, replica):
        yield primary, replica


@contextmanager
def _copy(binaries: Path, primary: Path, folder: Path) -> Iterator[None]:
    owner, data = cluster_owner(), folder / "data"
    shutil.chown(folder, owner)
    taking = ["-D", data, "-h", primary, "-U", "headword", "-R", "-X", "stream", "-c", "fast"]
    run_as(owner, [binaries / "pg_basebackup", *taking, "--no-sync"])
    server = (
        f"-c listen_addresses='' -c unix_socket_directories={folder} "
        "-c fsync=off -c max_connections=150"
    )
    control = [binaries / "pg_ctl", "-D", data]
    run_as(owner, [*control, "-w", "-o", server, "-l", folder / "log", "start"])
    try:
        yield
    finally:
        run_as(owner, [*control, "-m", "immediate", "stop"])
