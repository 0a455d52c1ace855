"""The cache that processes share: right across them, and done without when it is away."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from config import health, limits
from config.models import LimitCounter
from config.shared_cache import server_at
from leads import beacons
from tests.racing import contestants

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _every_server_is_new():
    server_at.cache_clear()
    yield
    server_at.cache_clear()


def hit(key: str = "192.0.2.7", *, now: datetime = NOON, scope: str = "asking") -> int:
    return limits.hit(scope, key, window=HOUR, now=now)


# Limits -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_limits_count_in_the_shared_cache_and_ask_no_database(
    shared_cache, django_assert_num_queries
):
    with django_assert_num_queries(0):
        assert [hit(), hit(), hit("192.0.2.8"), hit(scope="suggesting")] == [1, 2, 1, 1]
        assert limits.count("asking", "192.0.2.7", now=NOON) == 2
        assert limits.count("asking", "192.0.2.9", now=NOON) == 0


def test_a_window_begins_with_its_first_count_and_forgets_who(shared_cache):
    hit()
    [name] = shared_cache.client.keys()
    shared_cache.client.pexpire(name, 1_000_000)
    assert hit() == 2
    assert 900_000 < shared_cache.client.pttl(name) <= 1_000_000
    assert b"192.0.2" not in name


def test_a_counter_begins_anew_with_the_day(shared_cache):
    assert [hit(), hit(now=NOON + timedelta(days=1))] == [1, 1]
    assert len(shared_cache.client.keys()) == 2


@pytest.mark.django_db(transaction=True)
def test_processes_that_count_at_once_lose_nothing(shared_cache, settings, monkeypatch):
    monkeypatch.setenv("TEST_CACHE_URL", settings.CACHES["default"]["LOCATION"])
    act = {"verb": "hit", "scope": "asking", "key": "192.0.2.7", "times": 50}
    with contestants(4) as race:
        assert max(map(int, race([act] * 4))) == 200
    assert LimitCounter.objects.count() == 0


# Away -------------------------------------------------------------------------------------


@pytest.fixture
def warnings(caplog):
    caplog.set_level(logging.WARNING, logger="config.neighbours")

    def warnings() -> list[str]:
        return [each.getMessage() for each in caplog.records if each.name == "config.neighbours"]

    return warnings


@pytest.mark.django_db
def test_a_server_that_is_gone_leaves_limits_to_the_database(settings, warnings, tmp_path):
    settings.CACHES = {
        "default": {
            "BACKEND": "config.shared_cache.SharedCache",
            "LOCATION": f"unix://{tmp_path}/none",
        }
    }
    assert [hit(), hit(), limits.count("asking", "192.0.2.7", now=NOON)] == [1, 2, 2]
    assert LimitCounter.objects.get().times == 2
    assert warnings() == ["the shared cache did not answer: ConnectionError"]


@pytest.mark.django_db
def test_a_server_that_is_slow_is_waited_for_once(shared_cache, warnings):
    assert hit() == 1
    with shared_cache.standing_still():
        assert [hit() for _ in range(100)] == list(range(1, 101))
    assert warnings() == ["the shared cache did not answer: TimeoutError"]
    assert LimitCounter.objects.get().times == 100


@pytest.mark.django_db
def test_a_server_without_room_leaves_limits_to_the_database(shared_cache, warnings):
    hit("others")
    shared_cache.client.config_set("maxmemory", 1)
    try:
        assert [hit(), hit()] == [1, 2]
        # What it still knows, it tells.
        assert limits.count("asking", "others", now=NOON) == 1
    finally:
        shared_cache.client.config_set("maxmemory", 0)
    assert len(warnings()) == 1
    assert hit() == 1


# The cache as Django knows it ---------------------------------------------------------------


def test_what_others_left_as_garbage_was_never_kept(shared_cache, warnings):
    cache.set("figure", {"is": "kept"})
    [name] = shared_cache.client.keys()
    shared_cache.client.set(name, b"\x80garbage")
    assert cache.get("figure", "nothing") == "nothing"
    assert len(warnings()) == 1
    cache.set("figure", {"is": "kept"})
    assert cache.get("figure") == {"is": "kept"}


def test_a_cache_that_is_away_knows_nothing_and_raises_nothing(shared_cache):
    cache.set("a", 1)
    with shared_cache.standing_still():
        answers = [
            *(cache.get("a", "nothing"), cache.get_many(["a"]), cache.add("b", 1)),
            *(cache.touch("a"), cache.delete("a"), cache.has_key("a"), cache.set("a", 2)),
            *(cache.set_many({"c": 1}), cache.delete_many(["a"]), cache.clear()),
            cache.get_or_set("a", 3),
        ]
    no = False
    assert answers == ["nothing", {}, no, no, no, no, None, ["c"], None, None, 3]
    assert shared_cache.client.dbsize() == 1


@pytest.mark.django_db
def test_readiness_tells_of_a_cache_that_is_away_and_serves_on(shared_cache):
    assert health.readiness()[1]["cache"] == "ok"
    with shared_cache.standing_still():
        is_ready, checks = health.readiness()
    assert (is_ready, checks["cache"]) == (True, "unreachable")


# Crowds -----------------------------------------------------------------------------------


def processes() -> list[beacons.SeenMiddleware]:
    made = [beacons.SeenMiddleware(lambda request: None) for _ in range(2)]
    for each in made:
        each.crowd.most = 3
    return made


def test_reports_of_one_network_are_counted_by_all_processes_together(shared_cache):
    one, other = processes()
    assert [each.lets_in("192.0.2.7") for each in (one, other, one, other, one)] == [
        *[True] * 3,
        *[False] * 2,
    ]
    assert other.lets_in("192.0.2.8")


def test_reports_are_counted_in_each_process_while_the_cache_is_away(shared_cache):
    one, other = processes()
    with shared_cache.standing_still():
        let_in = [each.lets_in("192.0.2.7") for each in [one] * 4 + [other] * 4]
    assert let_in == [True, True, True, False] * 2


def test_what_a_process_refuses_fills_no_memory_of_others(shared_cache):
    one, _other = processes()
    one.crowd.most_networks = 5
    for number in range(50):
        one.lets_in(f"192.0.2.{number}")
    assert shared_cache.client.dbsize() == 5
