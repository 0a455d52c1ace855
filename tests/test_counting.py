"""Views and clicks are added up in memory and written together; none is lost on the way."""

import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads import counting
from leads.models import DayCount
from tests.factories import make_site
from tests.processes import python

VIEW, CLICK = DayCount.Kind
DAY = date(2026, 11, 26)


def rows() -> list[tuple]:
    columns = ("day", "kind", "entry_key", "offer_key", "position", "times")
    return sorted(DayCount.objects.values_list(*columns))


@contextmanager
def database_down():
    """No statement about the counts gets through."""

    def refuse(execute, sql, params, many, context):
        if "INSERT" in sql:
            raise OperationalError("the database is gone")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


# Adding up --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_counts_add_to_what_was_written_before():
    for times in (2, 3):
        counting.count(VIEW, entry_key=1, offer_key=2, day=DAY, times=times)
        counting.count(VIEW, entry_key=1, offer_key=2, day=DAY)
        counting.count(CLICK, entry_key=1, offer_key=2, position="end", day=DAY)
        assert counting.flush() == times + 2
    assert counting.flush() == 0
    assert rows() == [(DAY, "click", 1, 2, "end", 2), (DAY, "view", 1, 2, "", 7)]


@pytest.mark.django_db
def test_a_thousand_counts_are_one_statement(django_assert_num_queries):
    make_site()
    with django_assert_num_queries(0):
        for _ in range(1_000):
            counting.count(VIEW, entry_key=1)
    with CaptureQueriesContext(connection) as spoken:
        assert counting.flush() == 1_000
    written = [each["sql"] for each in spoken if not each["sql"].startswith("SELECT")]
    assert (len(written), len(spoken) <= 2) == (1, True)
    assert DayCount.objects.get().times == 1_000


@pytest.mark.django_db
def test_different_counts_are_written_150_to_a_statement(django_assert_num_queries):
    for key in range(400):
        counting.count(VIEW, entry_key=key, day=DAY)
    with django_assert_num_queries(3):
        assert counting.flush() == 400
    assert DayCount.objects.count() == 400


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("Europe/Lisbon", datetime(2026, 7, 1, 22, 59, 59, tzinfo=UTC), date(2026, 7, 1)),
        ("Europe/Lisbon", datetime(2026, 7, 1, 23, 0, tzinfo=UTC), date(2026, 7, 2)),
        ("Asia/Kathmandu", datetime(2026, 7, 1, 18, 14, 59, tzinfo=UTC), date(2026, 7, 1)),
        ("Asia/Kathmandu", datetime(2026, 7, 1, 18, 15, tzinfo=UTC), date(2026, 7, 2)),
        ("America/St_Johns", datetime(2026, 7, 1, 2, 29, 59, tzinfo=UTC), date(2026, 6, 30)),
    ],
)
def test_the_day_is_that_of_the_sites_zone(zone, at, day):
    """Told without asking for the settings when it was counted."""
    make_site(time_zone=zone)
    counting._waiting.add({(counting._quarter(at), "view", 1, 0, ""): 1})
    counting.count(VIEW, entry_key=1, day=day)
    counting.flush()
    assert rows() == [(day, "view", 1, 0, "", 2)]


@pytest.mark.django_db
def test_counts_of_more_than_three_years_ago_are_deleted():
    now = timezone.now()
    for days in (0, 1_090, 1_110):
        counting.count(VIEW, day=timezone.localdate(now) - timedelta(days=days))
    counting.flush()
    assert counting.tidy(now) == 1
    assert DayCount.objects.count() == 2


# When the database does not answer --------------------------------------------------------


@pytest.mark.django_db
def test_what_could_not_be_written_is_written_later_and_once():
    for key in range(200):
        counting.count(VIEW, entry_key=key, day=DAY)
    first_came_through = iter([True, False])

    def refuse_the_second(execute, sql, params, many, context):
        if "INSERT" in sql and not next(first_came_through, False):
            raise OperationalError("the database is gone")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse_the_second), pytest.raises(OperationalError):
        counting.flush()
    assert DayCount.objects.count() == 150
    counting.count(VIEW, entry_key=199, day=DAY)
    with database_down(), pytest.raises(OperationalError):
        counting.flush()
    assert counting.flush() == 51
    assert DayCount.objects.aggregate(sum=Sum("times"), n=Sum("entry_key"))["sum"] == 201
    assert DayCount.objects.get(entry_key=199).times == 2


def test_a_database_that_is_down_for_long_fills_no_memory(monkeypatch):
    monkeypatch.setattr(counting, "MOST_WAITING", 10)
    for _ in range(3):
        for key in range(100):
            counting.count(VIEW, entry_key=key, day=DAY)
    waiting = counting._waiting.take()
    assert (len(waiting), set(waiting.values())) == (10, {3})


# Threads, timers, processes ---------------------------------------------------------------


@pytest.mark.django_db
def test_threads_lose_no_count_while_others_write():
    taken: list[int] = []
    barrier = threading.Barrier(9)

    def read():
        barrier.wait()
        for number in range(2_000):
            counting.count(VIEW, entry_key=number % 7, day=DAY)

    def write():
        barrier.wait()
        taken.extend(sum(counting._waiting.take().values()) for _ in range(50))

    threads = [threading.Thread(target=act) for act in [read] * 8 + [write]]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(taken) + sum(counting._waiting.take().values()) == 16_000


@pytest.mark.django_db(transaction=True)
def test_a_timer_writes_what_waits(settings):
    settings.COUNTS_WAIT = 0.05
    counting.count(VIEW, entry_key=1, day=DAY)
    timer = counting._waiting.timer
    counting.count(VIEW, entry_key=1, day=DAY)
    timer.join(10)
    counting.flush()  # the second count, on a machine that was slower than the timer
    assert rows() == [(DAY, "view", 1, 0, "", 2)]


@pytest.mark.django_db(transaction=True)
def test_a_timer_that_finds_no_database_comes_back(caplog, monkeypatch):
    monkeypatch.setattr(counting, "AFTER_A_FAULT", 0.01)
    counting.count(VIEW, entry_key=1, day=DAY)
    with database_down():
        counting._waiting.write()
    assert "counts wait for the database: OperationalError" in caplog.text
    if timer := counting._waiting.timer:
        timer.join(10)
    assert rows() == [(DAY, "view", 1, 0, "", 1)]


WORKER = """
import os, sys, django
django.setup()
from leads import counting
from datetime import date
counting.count("view", entry_key=1, day=date(2026, 11, 26), times=5)
child = os.fork()
if child == 0:
    for number in range(300):
        counting.count("view", entry_key=number % 3, day=date(2026, 11, 26))
    counting.flush()
    os._exit(0)
os.waitpid(child, 0)
sys.stdout.write("done")
"""


@pytest.mark.django_db(transaction=True)
def test_processes_write_into_the_same_rows_and_the_rest_when_they_end():
    """Each forks a worker, which must not write a second time what its parent counted."""
    with (
        python("-c", WORKER, seconds=60) as one,
        python("-c", WORKER, seconds=60) as two,
        python("-c", WORKER, seconds=60) as three,
    ):
        for process in (one, two, three):
            assert process.stdout.read() == "done"
            assert process.wait(30) == 0
    assert rows() == [(DAY, "view", key, 0, "", 300 + 15 * (key == 1)) for key in range(3)]


WORKER_OF_A_SERVER = """
import multiprocessing, sys, django
from datetime import date
def work():
    django.setup()
    from leads import counting
    counting.count("view", entry_key=1, day=date(2026, 11, 26), times=5)
process = multiprocessing.get_context("fork").Process(target=work)
process.start()
process.join()
sys.stdout.write("done")
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_its_server_forked_writes_the_rest_when_it_ends():
    with python("-c", WORKER_OF_A_SERVER, seconds=60) as process:
        assert process.stdout.read() == "done"
    assert rows() == [(DAY, "view", 1, 0, "", 5)]
