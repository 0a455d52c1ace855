"""Asking a WSGI application, without a server between."""

from dataclasses import dataclass
from io import BytesIO
from urllib.parse import quote, unquote_to_bytes


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def ask(application, path: str, *, method: str = "GET", body: bytes = b"", **headers: str):
    """Return the answer of `application`; what it does after sending is done by then."""
    address, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(quote(address, safe="/%")).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **headers,
    }
    said = []
    parts = application(environ, lambda *words: said.extend(words))
    content = b"".join(parts)
    if hasattr(parts, "close"):
        parts.close()
    return Answer(int(said[0].split()[0]), dict(said[1]), content)
