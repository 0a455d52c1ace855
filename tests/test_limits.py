"""Counting how often somebody did something: exact across processes, forgetting who."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from config import limits
from config.models import LimitCounter
from config.networks import network_of
from tests.racing import contestants

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


# Networks ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::6", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", ""),
        ("192.0.2.7, 10.0.0.1", ""),
    ],
)
def test_a_network_is_what_one_household_has(address, network):
    assert network_of(address) == network


# Windows ----------------------------------------------------------------------------------


def hit(key: str = "192.0.2.7", *, now: datetime, scope: str = "asking") -> int:
    return limits.hit(scope, key, window=HOUR, now=now)


@pytest.mark.django_db
def test_what_is_counted_is_told_until_the_window_ends():
    last = NOON + HOUR - timedelta(microseconds=1)
    assert [hit(now=NOON), hit(now=NOON + HOUR / 2), hit(now=last)] == [1, 2, 3]
    assert limits.count("asking", "192.0.2.7", now=last) == 3
    assert limits.count("asking", "192.0.2.7", now=NOON + HOUR) == 0
    assert [hit(now=NOON + HOUR), hit(now=NOON + HOUR * 1.9)] == [1, 2]


@pytest.mark.django_db
def test_scopes_and_keys_are_counted_apart():
    counts = [hit(now=NOON), hit("192.0.2.8", now=NOON), hit(now=NOON, scope="suggesting")]
    assert counts == [1, 1, 1]
    assert hit("g\x00192.0.2.7", now=NOON, scope="askin") == 1
    assert limits.count("asking", "192.0.2.9", now=NOON) == 0


@pytest.mark.django_db
def test_the_key_of_the_rows_is_another_one_every_day():
    before_midnight = NOON.replace(hour=23, minute=59)
    after = before_midnight + timedelta(minutes=2)
    assert [hit(now=before_midnight), hit(now=after)] == [1, 1]
    assert len(set(LimitCounter.objects.values_list("key", flat=True))) == 2


@pytest.mark.django_db
def test_a_row_holds_no_address_and_another_secret_finds_none(settings):
    hit(now=NOON)
    (row,) = LimitCounter.objects.values()
    assert "192.0.2" not in str(row)
    settings.SECRET_KEY = "another secret, as long as it has to be, or somewhat longer"
    assert limits.count("asking", "192.0.2.7", now=NOON) == 0


@pytest.mark.django_db
def test_rows_go_when_their_window_has_ended(settings):
    hit("over", now=NOON - HOUR)
    hit("running", now=NOON)
    assert limits.tidy(NOON) == 1
    assert limits.count("asking", "running", now=NOON) == 1
    assert "config.limits.tidy" in settings.TIDYING


@pytest.mark.django_db
def test_counting_is_one_statement(django_assert_num_queries):
    for _ in range(2):
        with django_assert_num_queries(1):
            hit(now=NOON)
    with django_assert_num_queries(1):
        limits.count("asking", "192.0.2.7", now=NOON)


# Together ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_four_processes_that_count_at_once_lose_nothing():
    act = {"verb": "hit", "scope": "asking", "key": "192.0.2.7", "times": 50}
    with contestants(4) as race:
        told = race([act] * 4)
    assert max(map(int, told)) == 200
    assert LimitCounter.objects.get().times == 200
    assert limits.count("asking", "192.0.2.7", now=timezone.now()) == 200
