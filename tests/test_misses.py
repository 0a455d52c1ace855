"""Addresses under the glossary without an entry are counted, without a name and without a GET."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from glossary import misses
from glossary.models import MissedPath
from tests.factories import make_entry

pytestmark = pytest.mark.django_db

KIND = "application/x-www-form-urlencoded"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def note(client, path: str) -> dict[str, str]:
    """What the page at `path`, which is not there, leaves for its script to report."""
    response = client.get(path)
    assert response.status_code == 404
    tag = re.search(r"<p hidden data-heard=[^>]*>", response.content.decode())
    return (
        {name: unescape(value) for name, value in re.findall(r'data-(\w+)="([^"]*)"', tag[0])}
        if tag
        else {}
    )


def report(client, said: dict[str, str], **headers: str) -> int:
    body = urlencode({"q": said["query"], "results": said["results"], "mark": said["mark"]})
    return client.post(said["heard"], body, content_type=KIND, headers=headers).status_code


def kept() -> list[tuple[str, str, int]]:
    rows = MissedPath.objects.order_by("language", "slug", "day")
    return list(rows.values_list("language", "slug", "times"))


@pytest.mark.parametrize("slug", ["data-mesh", "機械学習", "überanpassung"])
def test_an_address_without_entry_is_counted_when_its_page_reports_it(client, slug):
    said = note(client, f"/glossary/{slug}/")
    assert kept() == []
    assert report(client, said) == 204
    assert kept() == [("en", slug, 1)]


@pytest.mark.parametrize("language", ["pt", "de"])
def test_each_language_counts_its_own(client, language):
    said = note(client, f"/{language}/glossary/data-mesh/")
    assert said["heard"] == f"/{language}/search/missed/"
    report(client, said)
    report(client, {**said, "heard": "/search/missed/"})
    assert kept() == [(language, "data-mesh", 1)]


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere/",
        "/glossary/letter/ZZ/",
        "/topics/nowhere/",
        "/glossary/wp-login.php",
        "/glossary/data-mesh/card/",
        f"/glossary/{'x' * 101}/",
    ],
)
def test_other_addresses_are_not_reported(client, path):
    assert note(client, path) == {}


def test_the_page_is_the_same_for_everyone_and_writes_nothing(client, admin_client):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        first = client.get("/glossary/data-mesh/")
    assert {query["sql"].split()[0] for query in queries} <= {"SELECT", "WITH"}
    second = admin_client.get("/glossary/data-mesh/")
    assert first.content == second.content
    assert not first.cookies
    assert client.get("/search/missed/").status_code == 405


@pytest.mark.parametrize(
    "change",
    [{"query": "other"}, {"mark": "x"}, {"mark": ""}, {"query": "\0"}, {"query": "w" * 5000}],
    ids=range(5),
)
def test_what_no_page_said_is_passed_over(client, change):
    said = note(client, "/glossary/data-mesh/")
    assert report(client, {**said, **change}) == 204
    assert kept() == []


def test_the_mark_of_a_search_is_none_of_an_address(client):
    page = client.get("/search/", {"q": "data-mesh"}).content.decode()
    mark = re.search(r'data-mark="(\w+)"', page)[1]
    body = urlencode({"q": "data-mesh", "results": "0", "mark": mark})
    client.post("/search/missed/", body, content_type=KIND)
    assert kept() == []


@pytest.mark.parametrize(
    ("agent", "times"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", 1),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", 0),
        ("SomeCrawler", 0),
    ],
)
def test_programs_that_say_so_are_left_out(client, agent, times):
    report(client, note(client, "/glossary/data-mesh/"), **{"User-Agent": agent})
    assert len(kept()) == times


def test_what_looks_personal_is_not_kept():
    for slug in ("912345678", "call-91-234-56-78", ""):
        misses.missed(slug, language="en", now=NOON)
    assert kept() == []


def test_addresses_are_counted_by_day_and_bounded(monkeypatch):
    monkeypatch.setattr(misses, "MOST_A_DAY", 2)
    for slug in ("a", "b", "c", "a"):
        misses.missed(slug, language="en", now=NOON)
    misses.missed("c", language="en", now=NOON + timedelta(days=1))
    rows = MissedPath.objects.order_by("day", "slug").values_list("slug", "day", "times")
    assert list(rows) == [
        ("a", date(2026, 3, 1), 2),
        ("b", date(2026, 3, 1), 1),
        ("c", date(2026, 3, 2), 1),
    ]


def test_old_addresses_are_forgotten():
    for days in (399, 400, 401):
        misses.missed(f"x{days}", language="en", now=NOON - timedelta(days=days))
    assert misses.tidy(NOON) == 1
    assert [slug for _, slug, _ in kept()] == ["x399", "x400"]


def test_what_moved_is_no_miss(client):
    make_entry(term="Data mesh", aliases=["Mesh"])
    assert client.get("/glossary/mesh/").status_code == 301
