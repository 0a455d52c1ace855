"""Somebody at the desk who publishes over HTTP, and whoever reads that."""

import http.client
import time
from urllib.parse import urlencode

import html5lib

from tests.bench.load import HEADERS
from tests.desk import data_of


class Publisher:
    """Knows one form of the desk and sends it changed."""

    def __init__(self, port: int, cookie: str, form: str) -> None:
        self.port, self.cookie, self.form = port, cookie, form

    def publish(self, definition: str) -> float:
        """Publish a new short definition; return the seconds until that was answered."""
        data = {**self._filled(), "short_definition": definition, "change": "meaning"}
        body = urlencode({**data, "_publish": "x"}, doseq=True).encode()
        started = time.perf_counter()
        status, said, _ = self._ask("POST", self.form, body)
        assert status == 302, f"{status}: {said[:2000]!r}"
        return time.perf_counter() - started

    def read(self, path: str) -> bytes:
        """Return the page as a new reader gets it."""
        _, body, _ = self._ask("GET", path)
        return body

    def _filled(self) -> dict[str, str | list[str]]:
        status, body, cookies = self._ask("GET", self.form)
        assert status == 200, status
        if cookies:
            self.cookie = f"{self.cookie.split(';')[0]}; {cookies.split(';')[0]}"
        page = html5lib.parse(body.decode(), namespaceHTMLElements=False)
        [form] = [f for f in page.iter("form") if f.get("id") == "entry_form"]
        return data_of(form)

    def _ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {**HEADERS, "Accept-Encoding": "identity"}
        if path == self.form:
            headers |= {"Cookie": self.cookie, "Referer": f"https://{HEADERS['Host']}{path}"}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        return answer.status, said, answer.headers.get("Set-Cookie", "")
