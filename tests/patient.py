"""A WSGI application that says which process it is, after reading the file of that address."""

import os
from collections.abc import Callable
from pathlib import Path


def application(environ: dict, start_response: Callable) -> list[bytes]:
    if environ["PATH_INFO"] != "/":
        Path(environ["PATH_INFO"]).read_bytes()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
