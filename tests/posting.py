"""Settings of a worker that sends mail for real, to the server of a test; that server itself."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message

from aiosmtpd.controller import Controller

from tests.bench import free_port
from tests.settings import *  # noqa: F403

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", int(os.environ.get("SINK_PORT", "0"))


class Sink:
    """Keeps every mail that it said OK to; stands still at the command `hold`, if there is one."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.hold = ""
        self.is_held = threading.Event()
        self.port = 0

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        await self._stand_still("RCPT")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        await self._stand_still("QUIT")
        return "221 Bye"

    async def _stand_still(self, command: str) -> None:
        if command == self.hold:
            self.is_held.set()
            # For ever: the connection ends with the client's process.
            await asyncio.Event().wait()


@contextmanager
def mail_server() -> Iterator[Sink]:
    """A mail server on a free port of this machine, until the end of the block."""
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    sink.port = controller.port
    try:
        yield sink
    finally:
        controller.stop()
