"""A mail server on a socket of this machine, which answers as it is told."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message

from aiosmtpd.controller import Controller

from tests.serving import free_port

OK = "250 OK"
CLOSE, STALL = "close", "stall"
"""Says nothing and goes; says nothing and stays."""
Answering = Callable[[str, Message | None], str]
"""What is said to a command, of which DATA comes with the mail."""


class Sink:
    """Keeps every mail that it said OK to."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.mails: list[Message] = []
        self.port = 0

    @property
    def settings(self) -> dict[str, object]:
        """Those that lead the site's mails here."""
        backend = "django.core.mail.backends.smtp.EmailBackend"
        return {"EMAIL_BACKEND": backend, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": self.port}

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        answer = await self._answer(server, "EHLO")
        session.host_name = hostname
        return responses if answer == OK else [answer]

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        answer = await self._answer(server, "MAIL")
        if answer == OK:
            envelope.mail_from = address
        return answer

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = await self._answer(server, "RCPT")
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        mail = message_from_bytes(envelope.content)
        answer = await self._answer(server, "DATA", mail)
        if answer == OK:
            self.mails.append(mail)
        return answer

    async def _answer(self, server, command: str, mail: Message | None = None) -> str:
        answer = self.answering(command, mail)
        if answer == CLOSE:
            server.transport.abort()
        if answer == STALL:
            # For ever: the connection ends with the client's patience.
            await asyncio.Event().wait()
        return answer


@contextmanager
def mail_server(answering: Answering = lambda command, mail: OK) -> Iterator[Sink]:
    """A mail server on a free port of this machine, until the end of the block."""
    sink = Sink(answering)
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    sink.port = controller.port
    try:
        yield sink
    finally:
        controller.stop()
