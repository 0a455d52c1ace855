"""deploy/nginx.conf: what it serves itself is what the application would answer."""

import gzip
import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests import nginx as servers
from tests.factories import make_entry, make_site
from tests.serving import free_port, serving

pytestmark = pytest.mark.skipif(not servers.binary(), reason="no nginx found")

PLAIN = {"Host": servers.HOST}
MARKDOWN = {**PLAIN, "Accept": "text/html;q=0.5, Text/Markdown"}


class Application(BaseHTTPRequestHandler):
    """Stands for the application and says what arrives."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, body))
        self.server.headers = dict(self.headers)
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"app")

    def __getattr__(self, name: str):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def log_message(self, *_: object) -> None:
        pass


class Shipped:
    """The shipped nginx with an application behind it, and its folder of finished pages."""

    def __init__(self, application, places: servers.Places) -> None:
        self.application = application
        self.places = places

    def keep(self, path: str, body: bytes) -> None:
        file = Path(f"{self.places.pages}{path}.html")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
        file.with_name(".html.gz").write_bytes(gzip.compress(body))

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str):
        """Return (status, headers by their small names, body)."""
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.places.port, context=unverified()
        )
        words = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers={**PLAIN, **words})
        answer = connection.getresponse()
        read = answer.read()
        connection.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, read

    def is_from_file(self, path: str, method: str = "GET", **headers: str) -> bool:
        """Whether nginx answers by itself; either it or the application has to."""
        before = len(self.application.seen)
        status, _, _ = self.ask(path, method, **headers)
        assert status == 200
        return len(self.application.seen) == before


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def shipping(folder: Path) -> Iterator[Shipped]:
    with serving(Application, seen=[], headers={}) as application:
        places = servers.Places(
            folder=folder,
            port=free_port(),
            redirecting_port=free_port(),
            application=application.server_port,
            pages=folder / "pages",
            static=folder / "static",
            media=folder / "media",
        )
        site = servers.shipped(places, is_tls=True)
        with servers.nginx(site, folder=folder, port=places.port):
            yield Shipped(application, places)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with shipping(tmp_path_factory.mktemp("nginx")) as running:
        yield running


@pytest.fixture
def shipped(running):
    running.keep("/glossary/a/", b"<p>kept</p>")
    return running


# Which requests get a file ------------------------------------------------------------------


def test_a_finished_page_is_served_without_the_application(shipped):
    seen = len(shipped.application.seen)
    assert shipped.ask("/glossary/a/")[2] == b"<p>kept</p>"
    assert len(shipped.application.seen) == seen


@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [
        ("/glossary/none/", "GET", {}),
        ("/glossary/a", "GET", {}),
        ("/glossary/", "GET", {}),
        ("/glossary/a/.html", "GET", {}),
        ("/glossary/a/?page=2", "GET", {}),
        ("/glossary/a/", "POST", {}),
        ("/glossary/a/", "PUT", {}),
        ("/glossary/a/", "OPTIONS", {}),
        ("/glossary/a/", "GET", {"Accept": MARKDOWN["Accept"]}),
        ("/glossary/a/", "GET", {"Host": "other.example"}),
        ("/glossary/a/%2E%2E/none/", "GET", {}),
    ],
)
def test_everything_else_is_for_the_application(shipped, path, method, headers):
    assert not shipped.is_from_file(path, method, **headers)
    assert shipped.application.seen[-1][:2] == (method, path)


@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [
        ("/glossary/a/", "HEAD", {}),
        ("/glossary/%61/", "GET", {}),
        ("/glossary/a/", "GET", {"Accept": "text/html,*/*;q=0.8", "Cookie": "sessionid=x"}),
        ("/glossary/a/", "GET", {"Host": "GLOSSARY.example:443"}),
        ("/pt/glossary/caf%C3%A9/", "GET", {}),
        ("/", "GET", {}),
    ],
)
def test_these_get_the_file(shipped, path, method, headers):
    shipped.keep("/pt/glossary/café/", b"kept")
    shipped.keep("/", b"kept")
    assert shipped.is_from_file(path, method, **headers)


def test_a_removed_page_is_gone_at_once_on_an_open_connection(shipped):
    shipped.keep("/glossary/removed/", b"before")
    connection = http.client.HTTPSConnection(
        "127.0.0.1", shipped.places.port, context=unverified()
    )
    said = []
    for _ in range(2):
        connection.request("GET", "/glossary/removed/", headers=PLAIN)
        said.append(connection.getresponse().read())
        for file in (shipped.places.pages / "glossary/removed").iterdir():
            file.unlink()
    connection.close()
    assert said == [b"before", b"app"]


def test_a_form_arrives_with_its_body_and_who_sent_it(shipped):
    body = b"x" * 300_000
    shipped.ask("/glossary/a/", "POST", body, X_Forwarded_For="203.0.113.9")
    assert shipped.application.seen[-1] == ("POST", "/glossary/a/", body)
    heard = shipped.application.headers
    assert (heard["X-Forwarded-For"], heard["X-Forwarded-Proto"]) == ("127.0.0.1", "https")
    assert heard["Host"] == servers.HOST


# How it is answered -------------------------------------------------------------------------


def of_the_page(headers: dict[str, str]) -> dict[str, object]:
    """Without what is of this copy and this moment."""
    own = {"date", "server", "etag", "last-modified", "connection", "content-length"}
    # The style sheet's name is of a release, which no configuration knows.
    own.add("link")
    kept: dict[str, object] = {name: said for name, said in headers.items() if name not in own}
    cached = headers["cache-control"].split(", ")
    return {**kept, "cache-control": set(cached)}


@pytest.mark.django_db
@pytest.mark.parametrize("coding", ["", "gzip"])
@pytest.mark.parametrize("language", ["en", "pt"])
def test_headers_of_a_file_are_those_of_the_application(
    shipped, client, settings, coding, language
):
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600
    make_site()
    path = make_entry(language=language, body="A sentence. " * 100).get_absolute_url()
    said = client.get(path, secure=True, headers={"accept-encoding": coding})
    whole = client.get(path, secure=True).content
    shipped.keep(path, whole)
    status, headers, body = shipped.ask(path, Accept_Encoding=coding)
    assert status == said.status_code == 200
    assert (gzip.decompress(body) if coding else body) == whole
    expected = {name.lower(): value for name, value in said.headers.items()}
    assert of_the_page(headers) == of_the_page(expected)


def test_a_known_page_is_answered_in_short_and_with_its_policy(shipped):
    _, headers, _ = shipped.ask("/glossary/a/")
    status, again, body = shipped.ask("/glossary/a/", If_None_Match=headers["etag"])
    assert (status, body) == (304, b"")
    assert again["content-security-policy"] == headers["content-security-policy"]


def test_ranges_are_answered_with_the_whole_page_as_the_application_does(shipped):
    status, headers, body = shipped.ask("/glossary/a/", Range="bytes=0-2")
    assert (status, body) == (200, b"<p>kept</p>")
    assert "accept-ranges" not in headers


def test_browsers_may_speak_http_2(shipped):
    context = unverified()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", shipped.places.port)) as plain,
        context.wrap_socket(plain, server_hostname=servers.HOST) as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"


def test_static_files_are_ready_compressed_and_kept_for_ever(shipped):
    folder = shipped.places.static
    folder.mkdir(exist_ok=True)
    (folder / "site.0123456789ab.css").write_text("p { }")
    (folder / "site.0123456789ab.css.gz").write_bytes(gzip.compress(b"p { }"))
    _, headers, body = shipped.ask("/static/site.0123456789ab.css", Accept_Encoding="gzip")
    assert gzip.decompress(body) == b"p { }"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["vary"] == "Accept-Encoding"


def test_the_log_names_no_visitor_no_secret_and_nothing_sought(tmp_path):
    with shipping(tmp_path) as shipped:
        shipped.keep("/glossary/a/", b"kept")
        shipped.ask("/glossary/a/")
        for method in ("GET", "POST"):
            shipped.ask("/consultation/booking/secret-token/?q=sought", method)
        shipped.ask("/consultation/booking/secret-token/", Content_Length="999999999")
    # Written from time to time, and at the end.
    lines = (tmp_path / "headword.log").read_text()
    assert "GET /glossary/a/.html " in lines
    assert lines.count("/consultation/booking/... ") == 3
    assert not [word for word in ("secret-token", "sought", "127.0.0.1") if word in lines]
