import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from config import outbox, retries
from config.models import OutboxMessage, Worker
from tests import handlers
from tests.processes import worker

COMMITTED = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _handlers(settings):
    settings.OUTBOX_HANDLERS = handlers.OUTBOX_HANDLERS


def state(message: OutboxMessage) -> tuple[str, int]:
    message.refresh_from_db()
    return message.state, message.attempts


def run_next(now=None) -> bool:
    return outbox.run(outbox.claim(now))


# Writing and claiming -----------------------------------------------------------------------


@pytest.mark.django_db
def test_side_effect_of_a_change_that_was_undone_never_happens():
    with transaction.atomic():
        outbox.enqueue("tests.succeed", entry=1)
        transaction.set_rollback(True)
    assert outbox.claim() is None


@pytest.mark.django_db
def test_only_known_kinds_are_written():
    with pytest.raises(outbox.UnknownKind, match=r"tests\.unheard_of"):
        outbox.enqueue("tests.unheard_of")
    assert OutboxMessage.objects.count() == 0


@pytest.mark.django_db
def test_messages_are_claimed_when_due_and_in_that_order():
    now = timezone.now()
    late = outbox.enqueue("tests.succeed", due_at=now + timedelta(hours=1), entry=2)
    soon = outbox.enqueue("tests.succeed", due_at=now - timedelta(hours=1), entry=1)
    assert [outbox.claim(now), outbox.claim(now)] == [soon, None]
    assert outbox.claim(now + timedelta(hours=1)) == soon
    assert outbox.claim(now + timedelta(hours=1)).payload == {"entry": 2}
    assert state(late) == ("retrying", 1)


@pytest.mark.django_db
def test_claim_of_a_dead_worker_is_taken_over_when_it_expires():
    message = outbox.enqueue("tests.succeed")
    now = timezone.now()
    dead = outbox.claim(now)
    assert outbox.claim(now + outbox.CLAIM_LASTS) is None
    taken_over = outbox.claim(now + outbox.CLAIM_LASTS + timedelta(seconds=1))
    assert (taken_over, taken_over.attempts) == (message, 2)
    assert outbox.run(taken_over) is True
    outbox.run(dead)
    assert state(message) == ("done", 2)


@pytest.mark.django_db
def test_late_failure_of_a_slow_worker_does_not_overwrite_its_successor():
    message = outbox.enqueue("tests.fail")
    now = timezone.now()
    slow = outbox.claim(now)
    outbox.claim(now + outbox.CLAIM_LASTS * 2)
    assert outbox.run(slow) is False
    message.refresh_from_db()
    assert (message.last_error, message.claimed_until) == ("", now + outbox.CLAIM_LASTS * 3)


@COMMITTED
def test_eight_workers_share_forty_messages_and_none_twice():
    messages = [outbox.enqueue("tests.succeed", number=number) for number in range(40)]
    barrier = Barrier(8, timeout=20)

    def work() -> list[int]:
        try:
            barrier.wait()
            return [message.pk for message in iter(outbox.claim, None) if outbox.run(message)]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        workers = [pool.submit(work) for _ in range(8)]
    done = [pk for worker in workers for pk in worker.result()]
    assert sorted(done) == [message.pk for message in messages]
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {1}


# Failing ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_failing_message_waits_longer_each_time_and_is_given_up_at_last():
    message = outbox.enqueue("tests.fail")
    waits = []
    for _ in retries.RETRY_DELAYS:
        before = timezone.now()
        assert run_next() is False
        message.refresh_from_db()
        waits.append(message.due_at - before)
        OutboxMessage.objects.update(due_at=before)
    for wait, delay in zip(waits, retries.RETRY_DELAYS, strict=True):
        assert delay <= wait <= delay * 1.1 + timedelta(seconds=5)
    assert (state(message), message.failed_at) == (("retrying", len(waits)), None)

    assert run_next() is False
    assert state(message) == ("failed", len(waits) + 1)
    assert outbox.claim(timezone.now() + timedelta(days=365)) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("tests.fail", "ConnectionError: paula@example.com was refused"),
        ("tests.renamed", "UnknownKind: tests.renamed"),
    ],
)
def test_error_is_kept_for_staff_and_its_text_is_not_logged(caplog, kind, error):
    now = timezone.now()
    message = OutboxMessage.objects.create(kind=kind, due_at=now)
    assert run_next() is False
    message.refresh_from_db()
    assert (message.last_error, message.claimed_until) == (error, None)
    name = error.partition(":")[0]
    assert caplog.messages == [f"outbox {kind} {message.pk} failed: {name}"]
    assert "paula" not in caplog.text


@pytest.mark.django_db
def test_error_whose_text_no_database_can_store_does_not_stop_the_worker():
    message = outbox.enqueue("tests.fail_strangely")
    try:
        succeeded = run_next()
    # Not left to pytest, whose report would carry the text that nothing can encode.
    except ValueError as error:
        succeeded = type(error).__name__
    assert succeeded is False
    assert state(message) == ("retrying", 1)


@pytest.mark.django_db
def test_each_try_is_in_the_log_with_its_outcome():
    message = outbox.enqueue("tests.fail")
    run_next()
    OutboxMessage.objects.update(kind="tests.succeed", due_at=timezone.now())
    run_next()
    tries = message.tries.order_by("number").values_list("number", "outcome", "error")
    refused = "ConnectionError: paula@example.com was refused"
    assert list(tries) == [(1, "retry", refused), (2, "done", "")]


@pytest.mark.django_db
def test_a_handler_gives_up_where_trying_again_is_of_no_use():
    message = outbox.enqueue("tests.give_up")
    assert run_next() is False
    assert (state(message), message.last_error) == (("failed", 1), "nobody lives at this address")
    assert message.tries.get().outcome == "failed"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("after", "waited"), [(90, timedelta(seconds=90)), (10**7, timedelta(days=1)), (-5, None)]
)
def test_another_side_may_say_how_long_to_wait(after, waited):
    message = outbox.enqueue("tests.try_later", after=after)
    before = timezone.now()
    assert run_next() is False
    message.refresh_from_db()
    wait = message.due_at - before
    expected = waited or timedelta(seconds=1)
    assert expected <= wait <= expected + timedelta(seconds=5)


@pytest.mark.django_db
def test_the_tries_of_a_message_last_three_days():
    assert sum(retries.RETRY_DELAYS, timedelta()) == timedelta(hours=71, minutes=48)


@pytest.mark.django_db
def test_retry_gives_failed_messages_all_their_tries_again():
    now = timezone.now()
    tried = {"kind": "tests.succeed", "due_at": now, "attempts": 12, "last_error": "E"}
    failed = OutboxMessage.objects.create(failed_at=now, **tried)
    done = OutboxMessage.objects.create(done_at=now, **tried)
    assert outbox.retry(OutboxMessage.objects.all(), now) == 1
    assert (state(failed), state(done)) == (("waiting", 0), ("done", 12))
    assert (run_next(), state(failed), failed.last_error) == (True, ("done", 1), "")


@pytest.mark.django_db
def test_tidying_deletes_what_was_done_long_ago_only():
    now = timezone.now()
    long_ago = now - outbox.KEEP_DONE - timedelta(days=1)
    times = [{"done_at": long_ago}, {"done_at": now}, {"failed_at": long_ago}, {}]
    rows = [OutboxMessage.objects.create(kind="k", due_at=long_ago, **fields) for fields in times]
    assert outbox.tidy(now) == 1
    assert list(OutboxMessage.objects.order_by("pk")) == rows[1:]


# The command --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_work_once_does_what_is_due_and_stops():
    kinds = ("tests.succeed", "tests.fail", "tests.succeed")
    messages = [outbox.enqueue(kind) for kind in kinds]
    messages.append(outbox.enqueue("tests.succeed", due_at=timezone.now() + timedelta(hours=1)))
    began, output = timezone.now(), StringIO()
    call_command("work", "--once", stdout=output)
    assert output.getvalue() == "2 done, 1 to be tried again\n"
    assert [state(message)[0] for message in messages] == ["done", "retrying", "done", "waiting"]
    assert Worker.objects.get().seen_at >= began


@pytest.mark.django_db
def test_work_inside_another_program_gives_its_signals_back():
    before = [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)]
    call_command("work", "--once", stdout=StringIO())
    assert [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)] == before


@COMMITTED
def test_killed_worker_loses_nothing():
    message = outbox.enqueue("tests.hold")
    with worker() as killed:
        assert killed.stdout.readline() == f"began {message.pk}\n"
        killed.kill()
        assert killed.wait() == -9
    assert state(message) == ("retrying", 1)
    assert outbox.claim() is None

    OutboxMessage.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    with worker("--once") as successor:
        output, _ = successor.communicate("finish\n")
    assert output == f"began {message.pk}\n1 done, 0 to be tried again\n"
    assert state(message) == ("done", 2)


@COMMITTED
def test_stopped_worker_finishes_what_it_holds_and_leaves_the_rest():
    held, waiting = outbox.enqueue("tests.hold"), outbox.enqueue("tests.hold")
    with worker() as stopped:
        assert stopped.stdout.readline() == f"began {held.pk}\n"
        stopped.terminate()
        output, _ = stopped.communicate("finish\n", timeout=10)
    assert (output, stopped.returncode) == ("1 done, 0 to be tried again\n", 0)
    assert (state(held), state(waiting)) == (("done", 1), ("waiting", 0))


@COMMITTED
def test_idle_worker_stops_cleanly():
    message = outbox.enqueue("tests.hold")
    with worker() as idle:
        assert idle.stdout.readline() == f"began {message.pk}\n"
        idle.stdin.write("finish\n")
        idle.stdin.flush()
        while state(message)[0] != "done":
            assert idle.poll() is None
        idle.terminate()
        output, _ = idle.communicate(timeout=10)
    assert (output, idle.returncode) == ("1 done, 0 to be tried again\n", 0)
    assert [row.name.partition(":")[2] for row in Worker.objects.all()] == [str(idle.pid)]


@pytest.mark.django_db
def test_message_that_kills_every_worker_fails_in_the_end(settings):
    settings.OUTBOX_HANDLERS = handlers.OUTBOX_HANDLERS
    kind = next(iter(handlers.OUTBOX_HANDLERS))
    deadly, harmless = outbox.enqueue(kind), outbox.enqueue(kind)
    dead_for_long = timezone.now() - timedelta(days=1)
    OutboxMessage.objects.filter(pk=deadly.pk).update(
        attempts=retries.MOST_ATTEMPTS, claimed_until=dead_for_long
    )
    assert outbox.claim() == harmless
    deadly.refresh_from_db()
    assert (deadly.state, deadly.last_error) == ("failed", outbox.DIED_EACH_TIME)
