from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from io import StringIO
from threading import Barrier
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from glossary import hearing
from glossary.models import SearchedPhrase
from tests.factories import make_entry, make_staff

KIND = "application/x-www-form-urlencoded"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Note(HTMLParser):
    """What the page leaves for its script to report."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if "data-heard" in dict(attrs):
            self.found = {name.removeprefix("data-"): value for name, value in attrs}


def note(client, query: str, **more: str) -> dict[str, str]:
    return Note(client.get("/search/", {"q": query, **more}).content.decode()).found


def report(client, **fields: str) -> int:
    return client.post("/search/heard/", urlencode(fields), content_type=KIND).status_code


def kept() -> list[tuple[str, int, int]]:
    rows = SearchedPhrase.objects.order_by("pk")
    return list(rows.values_list("phrase", "times", "results"))


# By the page --------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["warp", 'A "warp" & <weft>', "zeppelin", "機械学習", "what is x"]
)
def test_a_shown_search_is_counted_as_it_was_shown(client, query):
    make_entry(term="Warp")
    said = note(client, f"  {query} ")
    results = len(client.get("/search/", {"q": query}).context["found"].keys)
    assert report(client, q=said["query"], results=said["results"], mark=said["mark"]) == 204
    assert kept() == [(query, 1, results)]


@pytest.mark.django_db
def test_pages_that_are_no_new_search_are_not_reported(client):
    for number in range(21):
        make_entry(term=f"Warp {number}", topics=["Looms"])
    assert note(client, "warp")["results"] == "21"
    assert note(client, "warp", page="2") == {}
    assert note(client, "warp", topic="looms") == {}
    assert note(client, "") == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"q": "weft"},
        {"results": "9"},
        {"results": "x"},
        {"results": "²"},
        {"results": "9" * 4000},
        {"mark": ""},
        {"mark": "é"},
        {"q": "\0"},
        {"q": "w" * 5000},
        {f"more{n}": "x" for n in range(20)},
    ],
    ids=range(10),
)
def test_what_no_page_said_is_passed_over(client, change):
    said = note(client, "warp")
    fields = {"q": "warp", "results": "0", "mark": said["mark"]}
    assert report(client, **{**fields, **change}) == 204
    assert kept() == []
    assert report(client, **fields) == 204
    assert kept() == [("warp", 1, 0)]


@pytest.mark.django_db
def test_a_mark_holds_in_its_language_only(client):
    said = note(client, "warp")
    body = urlencode({"q": "warp", "results": "0", "mark": said["mark"]})
    client.post("/de/search/heard/", body, content_type=KIND)
    assert kept() == []


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"\xff\xfe", b"q=%FF&mark=%00", b"&" * 3000, b"{}", b""])
def test_any_body_is_answered(client, body):
    assert client.post("/search/heard/", body, content_type=KIND).status_code == 204
    assert client.get("/search/heard/").status_code == 405


# Counting -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_phrases_are_counted_by_day_and_language():
    for phrase, language in (("Warp", "en"), ("wärp", "en"), ("warp", "de")):
        hearing.heard(phrase, language=language, results=3, now=NOON)
    hearing.heard("WARP", language="en", results=4, now=NOON + timedelta(days=1))
    rows = SearchedPhrase.objects.order_by("pk").values_list("phrase", "day", "times", "results")
    assert list(rows) == [
        ("Warp", date(2026, 3, 1), 2, 3),
        ("warp", date(2026, 3, 1), 1, 3),
        ("WARP", date(2026, 3, 2), 1, 4),
    ]


@pytest.mark.django_db
def test_what_looks_personal_is_not_kept():
    for phrase in (
        "paula@example.com",
        "call +351 912 345 678",
        "1-2-3-4-5-6-7",
        "RFC 5546 of 2009",
    ):
        hearing.heard(phrase, language="en", results=0)
    assert kept() == []
    hearing.heard("ISO 27001", language="en", results=0)
    assert kept() == [("ISO 27001", 1, 0)]


@pytest.mark.django_db
def test_a_day_has_so_many_phrases(monkeypatch):
    monkeypatch.setattr(hearing, "MOST_A_DAY", 2)
    for phrase in ("one", "two", "three", "one"):
        hearing.heard(phrase, language="en", results=0, now=NOON)
    hearing.heard("three", language="en", results=0, now=NOON + timedelta(days=1))
    assert kept() == [("one", 2, 0), ("two", 1, 0), ("three", 1, 0)]


@pytest.mark.django_db
def test_old_phrases_are_forgotten():
    for days in (399, 400, 401):
        hearing.heard(f"x{days}", language="en", results=0, now=NOON - timedelta(days=days))
    assert hearing.tidy(NOON) == 1
    assert [phrase for phrase, _, _ in kept()] == ["x399", "x400"]


@pytest.mark.django_db
def test_the_worker_forgets_old_phrases():
    hearing.heard("warp", language="en", results=0, now=timezone.now() - timedelta(days=402))
    call_command("work", "--once", stdout=StringIO())
    assert kept() == []


@pytest.mark.django_db(transaction=True)
def test_readers_at_the_same_moment_all_count():
    ready = Barrier(4)

    def listen(_: int) -> None:
        try:
            ready.wait(10)
            hearing.heard("warp", language="en", results=1, now=NOON)
        finally:
            connection.close()

    try:
        with ThreadPoolExecutor(4) as readers:
            list(readers.map(listen, range(4)))
        assert kept() == [("warp", 4, 1)]
    finally:
        SearchedPhrase.objects.all().delete()


# For editors --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_editors_see_what_is_missed(client):
    client.force_login(make_staff("publisher"))
    for phrase, results in (("warp", 3), ("weft", 0), ("weft", 0)):
        hearing.heard(phrase, language="en", results=results)
    page = client.get("/admin/glossary/searchedphrase/", {"found": "no"})
    assert page.status_code == 200
    rows = list(page.context["cl"].queryset.values_list("phrase", "times"))
    assert (rows, page.context["total"]) == ([("weft", 2)], 2)
    assert client.get("/admin/glossary/searchedphrase/add/").status_code == 403


@pytest.mark.django_db
def test_publishers_pin_entries(client):
    client.force_login(make_staff("publisher"))
    entry = make_entry(term="Warp")
    fields = {"phrase": "weaving", "entry": entry.pk, "position": 1}
    assert client.post("/admin/glossary/pinnedresult/add/", fields).status_code == 302
    assert client.get("/admin/glossary/pinnedresult/", {"q": "weav"}).status_code == 200
    again = client.post("/admin/glossary/pinnedresult/add/", {**fields, "phrase": "Weaving"})
    assert "This entry is already pinned to this phrase." in again.content.decode()
    assert [pin.phrase for pin in entry.pins.all()] == ["weaving"]
    assert timezone.now() > entry.published_at
