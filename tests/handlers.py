"""Outbox handlers for tests, and settings that name them for workers in a process of their own.

A worker started with DJANGO_SETTINGS_MODULE=tests.handlers talks to its test
through its standard output and input, so that nobody waits for a clock.
"""

import sys
from datetime import timedelta

from django.urls import reverse

from config import retries
from tests.settings import *  # noqa: F403

OUTBOX_HANDLERS = {
    "tests.succeed": "tests.handlers.succeed",
    "tests.fail": "tests.handlers.fail",
    "tests.fail_strangely": "tests.handlers.fail_strangely",
    "tests.give_up": "tests.handlers.give_up",
    "tests.try_later": "tests.handlers.try_later",
    "tests.hold": "tests.handlers.hold",
    "tests.note_address": "tests.handlers.note_address",
}


def succeed(message):
    """Do nothing, well."""


def fail(message):
    raise ConnectionError("paula@example.com was refused")


def fail_strangely(message):
    raise ValueError("NUL \0 and half of a pair \ud800")


def give_up(message):
    raise retries.GiveUp("nobody lives at this address")


def try_later(message):
    raise retries.TryLater("busy", after=timedelta(seconds=message.payload["after"]))


def hold(message):
    """Say that the work began, and finish it when the test sends a line."""
    print(f"began {message.pk}", flush=True)  # noqa: T201
    sys.stdin.readline()


def note_address(message):
    """Add the address of the view that the message names, as a mail would hold it."""
    payload = {**message.payload, "address": reverse(message.payload["view"])}
    type(message).objects.filter(pk=message.pk).update(payload=payload)
