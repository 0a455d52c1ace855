import socket
import ssl
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import outgoing
from config.environment import Environment
from config.outgoing import Refused, Unreachable, send
from tests.serving import serving

CERTIFICATE = Path(__file__).parent / "data" / "hook.pem"


class Handler(BaseHTTPRequestHandler):
    """Notes what came, answers what its server was told to answer."""

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        self.server.seen.append((self.path, dict(self.headers), self.rfile.read(length)))
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - named by the library

    def log_message(self, *arguments):
        """Nothing: the test looks at what was seen."""


@pytest.fixture
def server(settings):
    with running() as running_server:
        settings.OUTGOING_ALLOWED_HOSTS = [running_server.host]
        yield running_server


def running(context=None):
    return serving(Handler, tls=context, seen=[], answer=(200, {"X-Word": "yes"}, b"done"))


@contextmanager
def dripping(piece: bytes):
    """A server that sends `piece` again and again, as slowly as it may without being silent."""
    listening = socket.create_server(("127.0.0.1", 0))
    is_over = threading.Event()

    def drip():
        client, _ = listening.accept()
        with client:
            while not is_over.wait(0.02):
                try:
                    client.sendall(piece)
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        is_over.set()
        thread.join()
        listening.close()


def names(monkeypatch, **addresses: list[str]):
    """Let hosts (dots written as _) have these addresses, the first time that they are asked."""
    known = {host.replace("_", "."): found for host, found in addresses.items()}
    real = socket.getaddrinfo

    def look_up(host, port, *rest, **more):
        if host[0].isdigit():
            return real(host, port, *rest, **more)
        if host not in known:
            raise socket.gaierror(-2, "Name or service not known")
        return [(2, 1, 6, "", (address, port)) for address in known.pop(host)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_request_arrives_as_it_was_given(server):
    answer = send(
        "POST",
        f"http://{server.host}/hook/ä?a=1&b=ö#part",
        body=b"{}",
        headers={"Content-Type": "application/json", "host": "elsewhere.example"},
    )
    assert (answer.status, answer.body, answer.is_complete) == (200, b"done", True)
    assert answer.headers["x-word"] == "yes"
    [(path, headers, body)] = server.seen
    assert (path, body) == ("/hook/%C3%A4?a=1&b=%C3%B6", b"{}")
    assert (headers["Host"], headers["Content-Type"]) == (server.host, "application/json")
    assert headers["User-Agent"] == "Headword (+https://glossary.example)"


def test_redirect_is_an_answer_and_not_followed(server):
    server.answer = (
        302,
        {"Location": f"http://{server.host}/elsewhere", "Content-Length": "0"},
        b"",
    )
    assert send("GET", f"http://{server.host}/hook").status == 302
    assert [path for path, _, _ in server.seen] == ["/hook"]


@pytest.mark.parametrize(("length", "is_complete"), [(1000, True), (1001, False)])
def test_no_more_is_read_than_the_limit(server, length, is_complete):
    server.answer = (200, {}, b"x" * length)
    answer = send("GET", f"http://{server.host}/", limit=1000)
    assert (answer.body, answer.is_complete) == (b"x" * 1000, is_complete)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://files.example/",
        "file:///etc/passwd",
        "//files.example/",
        "https://",
        "https://user:secret@files.example/",
        "https://files.example:25/",
        "https://files.example:port/",
        "https://files.example:99999/",
        "https://files.example\\@127.0.0.1/",
        "https://files.example/a b",
        "https://files.example/\r\nX: y",
        "https://[::1/",
        "https://" + "a" * 64 + ".example/",
    ],
)
def test_address_that_nobody_should_call_is_refused(monkeypatch, url):
    names(monkeypatch, files_example=["93.184.216.34"])
    with pytest.raises(Refused):
        send("GET", url)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::ffff:8.8.8.8", "::8.8.8.8", "fe80::1", "fec0::1", "fc00::1", "ff02::1"),
        *("64:ff9b::808:808", "64:ff9b:1::1", "2002:808:808::1", "2001:0:4136:e378::1"),
        *("2001:db8::1", "3fff::1", "100::1"),
    ],
)
def test_address_within_a_network_is_not_public(address):
    assert not outgoing.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::6810:84e5"])
def test_address_on_the_internet_is_public(address):
    assert outgoing.is_public(address)


@pytest.mark.parametrize(
    "url", ["http://{}/", "http://localhost:{port}/", "http://2130706433:{port}/"]
)
def test_this_machine_is_not_called(server, settings, url, monkeypatch):
    settings.OUTGOING_ALLOWED_HOSTS = []
    monkeypatch.setattr(outgoing, "PORTS", {server.server_port})
    with pytest.raises(Refused, match="not on the public internet"):
        send("GET", url.format(server.host, port=server.server_port))
    assert server.seen == []


def test_one_inner_address_among_public_ones_refuses_the_host(monkeypatch):
    names(monkeypatch, mixed_example=["93.184.216.34", "10.0.0.1"])
    with pytest.raises(Refused, match=r"^mixed\.example is at 10\.0\.0\.1, "):
        send("GET", "https://mixed.example/")


def test_connection_goes_to_the_address_that_was_judged(server, settings, monkeypatch):
    host = f"hook.example:{server.server_port}"
    settings.OUTGOING_ALLOWED_HOSTS = [host]
    names(monkeypatch, hook_example=["127.0.0.1"])
    assert send("GET", f"http://{host}/").status == 200
    assert server.seen[0][1]["Host"] == host


@pytest.mark.parametrize(
    ("trusted", "host", "status"),
    [
        (True, "hook.example", 200),
        (True, "other.example", "Hostname mismatch|doesn't match"),
        (False, "hook.example", "certificate verify failed"),
    ],
)
def test_server_has_to_prove_its_name(settings, monkeypatch, trusted, host, status):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    names(monkeypatch, hook_example=["127.0.0.1"], other_example=["127.0.0.1"])
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with running(context) as server:
        settings.OUTGOING_ALLOWED_HOSTS = [f"{host}:{server.server_port}"]
        url = f"https://{host}:{server.server_port}/"
        if isinstance(status, int):
            assert send("GET", url).status == status
        else:
            with pytest.raises(Unreachable, match=status):
                send("GET", url)
            assert server.seen == []


@pytest.mark.parametrize(
    "piece", [b"", b"H", b"HTTP/1.1 200 OK\r\nX: y\r\n", b"HTTP/1.1 200 OK\r\n\r\nx"]
)
def test_slow_server_does_not_keep_us_past_the_deadline(settings, piece):
    with dripping(piece) as host:
        settings.OUTGOING_ALLOWED_HOSTS = [host]
        began = time.monotonic()
        with pytest.raises(Unreachable):
            send("GET", f"http://{host}/", timeout=0.2)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("answer", [(200, {"Content-Length": "100"}, b"half"), (99, {}, b"")])
def test_broken_answer_is_no_answer(server, answer):
    server.answer = answer
    with pytest.raises(Unreachable, match=r"^127\.0\.0\.1 did not answer: "):
        send("GET", f"http://{server.host}/secret")


def test_closed_door_and_unknown_name_are_said(settings, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host = f"127.0.0.1:{listening.getsockname()[1]}"
    settings.OUTGOING_ALLOWED_HOSTS = [host]
    with pytest.raises(Unreachable, match=r"cannot be reached: .*refused"):
        send("GET", f"http://{host}/")
    names(monkeypatch)
    with pytest.raises(Unreachable, match=r"^Nobody knows the name nowhere\.example$"):
        send("GET", "https://nowhere.example/")


@pytest.mark.parametrize(
    ("listed", "url", "is_allowed"),
    [
        ("crm.internal", "http://CRM.internal:8080/", True),
        ("crm.internal", "http://crm.internal:9000/", False),
        ("crm.internal:9000", "http://crm.internal:9000/", True),
        ("crm.internal:9000", "http://crm.internal/", False),
        ("[fd00::5]:9000", "http://[fd00::5]:9000/", True),
    ],
)
def test_operator_s_list_opens_hosts_by_port(settings, monkeypatch, listed, url, is_allowed):
    settings.OUTGOING_ALLOWED_HOSTS = [listed]
    # A closed port of this machine stands for the network within.
    names(monkeypatch, crm_internal=["127.0.0.2"], **{"fd00::5": ["127.0.0.2"]})
    with pytest.raises(Unreachable if is_allowed else Refused):
        send("GET", url)


@pytest.mark.parametrize(
    "value", ["https://crm.internal", "crm.internal/x", "a@b", "a:port", "a:0"]
)
def test_host_that_is_none_is_refused_naming_its_variable(monkeypatch, value):
    monkeypatch.setenv("WEBHOOK_ALLOWED_HOSTS", f"ok.internal, {value}")
    with pytest.raises(ImproperlyConfigured, match=r"^WEBHOOK_ALLOWED_HOSTS: "):
        Environment().hosts("WEBHOOK_ALLOWED_HOSTS")
    monkeypatch.setenv("WEBHOOK_ALLOWED_HOSTS", "CRM.internal, 10.0.0.5:8000, [fd00::5]:9000")
    hosts = Environment().hosts("WEBHOOK_ALLOWED_HOSTS")
    assert hosts == ["crm.internal", "10.0.0.5:8000", "[fd00::5]:9000"]
