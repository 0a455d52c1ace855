"""Texts that follow a new entry while others write: what is held is left to later."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from config.models import OutboxMessage
from glossary import newcomers, related
from glossary.models import Entry, LinkDecision, Mention, RelatedEntry
from tests.test_newcomers import appear, waiting, work_off

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time"),
]


@contextmanager
def held(entry: Entry) -> Iterator[None]:
    """Somebody else's transaction that has `entry` locked."""
    is_locked, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Entry.objects.select_for_update().get(pk=entry.pk)
            is_locked.set()
            assert is_over.wait(timeout=20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert is_locked.wait(timeout=20)
    try:
        yield
    finally:
        is_over.set()
        other.join()


def test_a_page_that_somebody_has_locked_is_left_to_rendering():
    free, busy = waiting("A pod.", "Pods too.")
    pod = appear()
    with held(busy):
        assert newcomers.link(pod.pk, [free.pk, busy.pk]) == [busy.pk]
    assert list(pod.mentions.values_list("source", flat=True)) == [free.pk]


def test_related_entries_of_a_locked_page_are_left_to_the_outbox():
    free, busy = waiting("A pod.", "Pods too.")
    pod = appear()
    work_off()
    RelatedEntry.objects.all().delete()
    with held(busy):
        related.renew_all([free.pk, busy.pk])
    found = RelatedEntry.objects.values_list("entry", "other")
    assert list(found) == [(free.pk, pod.pk)]
    [message] = OutboxMessage.objects.filter(kind="glossary.relate", done_at=None)
    assert message.payload == {"entries": [busy.pk]}


def test_a_link_that_is_refused_just_before_the_lock_is_not_made(monkeypatch):
    [text] = waiting("A pod.")
    pod = appear()
    sound = newcomers._sound

    def after_a_refusal(target: Entry, plans: list) -> list:
        LinkDecision.objects.create(source=text, target=pod, is_wanted=False)
        return sound(target, plans)

    monkeypatch.setattr(newcomers, "_sound", after_a_refusal)
    assert newcomers.link(pod.pk, [text.pk]) == [text.pk]
    assert not Mention.objects.filter(target=pod).exists()
