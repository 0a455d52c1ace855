"""Servers that the site can do without."""

import logging

import pytest

from config.neighbours import REST, Neighbour


class Full(Exception):
    """It answers, and has no room."""


def neighbour(now: list[float]) -> Neighbour:
    faults, losses = (ConnectionError,), (Full,)
    return Neighbour("the cache", faults=faults, losses=losses, clock=lambda: now[0])


def away() -> str:
    raise ConnectionError


def test_a_server_is_left_alone_for_some_seconds_and_tried_again():
    now, asked = [100.0], []
    server = neighbour(now)

    def ask() -> str:
        return server.ask(lambda: asked.append(now[0]) or away(), "otherwise")

    assert [ask() for _ in range(3)] == ["otherwise"] * 3
    now[0] += REST
    assert [ask() for _ in range(2)] == ["otherwise"] * 2
    assert asked == [100.0, 105.0]
    now[0] += REST
    assert [server.ask(lambda: "answer", "otherwise") for _ in range(2)] == ["answer"] * 2


def test_while_one_thread_tries_a_server_the_others_do_not_wait():
    now, seen = [100.0], []
    server = neighbour(now)
    server.ask(away, None)
    now[0] += REST
    server.ask(lambda: seen.append(server.ask(lambda: "asked as well", "otherwise")), None)
    assert seen == ["otherwise"]


def test_the_log_warns_once_a_minute_and_each_question_is_asked(caplog):
    caplog.set_level(logging.WARNING, logger="config.neighbours")
    now, asked = [100.0], []
    server = neighbour(now)

    def full() -> None:
        asked.append(now[0])
        raise Full

    for now[0] in (100.0, 130.0, 159.9, 160.0, 170.0):
        server.ask(full, None)
    assert len(asked) == 5
    said = [each.getMessage() for each in caplog.records if each.name == "config.neighbours"]
    assert said == ["the cache did not answer: Full"] * 2


def test_other_errors_are_not_its_own():
    with pytest.raises(ZeroDivisionError):
        neighbour([100.0]).ask(lambda: 1 // 0, 0)
