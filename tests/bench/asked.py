"""What the pages of a site are, and their SQL queries: python -m tests.bench.asked.

Asks the application in this process for each page of the site that the
environment names, three times. Prints JSON: of each page its path, the status,
and the queries of the last answer.
"""

import json
import os
import sys
from io import BytesIO

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402

from config.wsgi import application  # noqa: E402
from glossary.models import Entry, Topic  # noqa: E402
from tests.bench.load import HEADERS  # noqa: E402


def main() -> None:
    sys.stdout.write(json.dumps({name: facts(path) for name, path in pages().items()}))


def pages() -> dict[str, str]:
    """Paths of pages that every generated site has, by what they are."""
    entries = Entry.objects.published().in_language("en")
    letter = entries.letters()[0]
    topic = Topic.objects.used_by(entries).order_by("pk")[0]
    return {
        "entry": entries.order_by("pk")[entries.count() // 2].get_absolute_url(),
        "letter": reverse("glossary:letter", args=[letter]),
        "topic": topic.get_absolute_url(),
        "search": "/search/?q=adaptive+cache",
        "suggestion": "/search/suggest/?q=shared",
        "home": "/",
        "missing": "/glossary/nobody-wrote-this/",
    }


def facts(path: str) -> dict[str, object]:
    ask(path)
    ask(path)
    with CaptureQueriesContext(connection) as captured:
        status = ask(path)
    return {"path": path, "status": status, "queries": len(captured)}


def ask(path: str) -> int:
    """Let the application answer as if a proxy had asked; return the status."""
    name, _, query = path.partition("?")
    statuses: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": name,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        **{f"HTTP_{key.upper().replace('-', '_')}": value for key, value in HEADERS.items()},
    }
    answer = application(environ, lambda status, *_: statuses.append(status))
    list(answer)
    getattr(answer, "close", lambda: None)()
    return int(statuses[0].split()[0])


if __name__ == "__main__":
    main()
