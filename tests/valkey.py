"""A Valkey or Redis server of our own, on a socket that nobody else knows."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.retry import Retry

SERVERS = ("valkey-server", "redis-server")


def program() -> str:
    """The server that this machine has, "" for none."""
    return next(filter(None, map(shutil.which, SERVERS)), "")


@dataclass(frozen=True)
class Server:
    address: str
    client: Redis
    process: subprocess.Popen

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Let the server answer nobody while the block runs, and keep its connections."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def server() -> Iterator[Server]:
    """Run a server while the block runs. Nothing of it reaches a disk."""
    folder = Path(tempfile.mkdtemp(prefix="headword-valkey-"))
    socket = folder / "socket"
    words = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
    with subprocess.Popen(
        [program(), *words, "--dir", str(folder)], stdout=subprocess.DEVNULL
    ) as process:
        try:
            # It says nothing when it is ready: asked again every 10 ms, for two seconds.
            ask_again = Retry(ConstantBackoff(0.01), 200, supported_errors=(NoConnection, OSError))
            with Redis(unix_socket_path=str(socket), retry=ask_again) as client:
                client.ping()
                yield Server(f"unix://{socket}", client, process)
        finally:
            process.kill()
    shutil.rmtree(folder, ignore_errors=True)
