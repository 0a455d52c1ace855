"""A receiver of webhooks on a socket of this machine, which answers as it is told."""

import socket
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field

from standardwebhooks import Webhook

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Receiver:
    """What came, as bytes from the socket; `answers` are sent in turn, the last one for ever."""

    host: str
    answers: list[bytes | None] = field(default_factory=lambda: [OK])
    """None: says nothing until the test is over."""
    answering: Callable[[str], bytes] | None = None
    """Chooses the answer by the webhook-id, instead."""
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    said: list[bytes | None] = field(default_factory=list)
    """What each of `seen` was answered."""

    @property
    def url(self) -> str:
        return f"http://{self.host}/webhook/headword"

    def verified(self, secret: str) -> list[object]:
        """Each try's content, verified by the standard's own library. Raises if one is wrong."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.seen]

    def answer(self, headers: dict[str, str]) -> bytes | None:
        if self.answering:
            return self.answering(headers["webhook-id"])
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def status(code: int, *lines: str, body: bytes = b"") -> bytes:
    head = [f"HTTP/1.1 {code} Said", f"Content-Length: {len(body)}", *lines, "", ""]
    return "\r\n".join(head).encode() + body


def _read(client: socket.socket) -> tuple[dict[str, str], bytes]:
    with client.makefile("rb") as lines:
        lines.readline()
        headers = {}
        while line := lines.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return headers, lines.read(int(headers.get("content-length", 0)))


@contextmanager
def receiving(answering: Callable[[str], bytes] | None = None):
    listening = socket.create_server(("127.0.0.1", 0))
    host = f"127.0.0.1:{listening.getsockname()[1]}"
    receiver = Receiver(host, answering=answering)
    is_over = threading.Event()

    def serve():
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            if is_over.is_set():
                client.close()
                return
            with client:
                heard = _read(client)
                answer = receiver.answer(heard[0])
                receiver.seen.append(heard)
                receiver.said.append(answer)
                if answer is None:
                    is_over.wait()
                else:
                    client.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield receiver
    finally:
        is_over.set()
        # Whoever waits for a caller gets one.
        socket.create_connection(listening.getsockname()).close()
        thread.join()
        listening.close()
