"""Processes of their own on the database of a test, as workers and contestants are."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Timer
from urllib.parse import quote

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def python(
    *arguments: str, seconds: float, settings: str = "tests.settings", **environment: str
) -> Iterator[subprocess.Popen]:
    """Run Python with pipes as input and output; it ends with the block, or after `seconds`."""
    names = {"DJANGO_SETTINGS_MODULE": settings, "TEST_DATABASE_URL": database_url()}
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **names, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        limit = Timer(seconds, process.kill)
        limit.start()
        try:
            yield process
        finally:
            limit.cancel()
            process.kill()


def worker(
    *options: str, settings: str = "tests.handlers", **environment: str
) -> AbstractContextManager[subprocess.Popen]:
    """A `manage.py work` on the database of this test, ended with the block."""
    words = ("manage.py", "work", *options)
    return python(*words, seconds=60, settings=settings, **environment)


@contextmanager
def crew() -> Iterator[Callable[..., list[str]]]:
    """Yield a function that lets workers do what is due, and returns how each ended.

    It takes the FAILPOINTS of each worker, and settings of all by their names.
    Ends are "done", "killed", "stopped" and "broken". Called for nobody, it lets
    those go on that stand still.
    """
    with python("-m", "tests.workers", seconds=300) as process:

        def work(*failpoints: dict[str, str], **settings: object) -> list[str]:
            command = {"failpoints": failpoints, "settings": settings}
            process.stdin.write(f"{json.dumps(command)}\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield work
        process.stdin.close()
        assert process.wait(20) == 0


def database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    name, password, host = (quote(str(database[key]), "") for key in ("USER", "PASSWORD", "HOST"))
    port = f":{database['PORT']}" if database["PORT"] else ""
    return f"postgres://{name}:{password}@{host}{port}/{database['NAME']}"
