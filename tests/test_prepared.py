from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import IntegerField, OuterRef, Value
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.models import SiteSettings
from config.prepared import PreparedQuery
from config.rows import JsonRows
from glossary import reading
from glossary.models import Entry
from tests.factories import make_author, make_entry, make_site

pytestmark = pytest.mark.django_db

A_TIME = datetime(1, 1, 1, tzinfo=UTC)


def called(slug: str, now: datetime):
    """An entry with its people, and the other ones of its language."""
    others = Entry.objects.published(now).filter(language=OuterRef("language"))
    entries = Entry.objects.published(now).with_people().filter(slug=slug)
    return entries.annotate(terms=JsonRows(others.order_by("term"), term="term"))


@pytest.fixture
def prepared() -> PreparedQuery:
    return PreparedQuery(called, slug="the slug", now=A_TIME)


def all_of(found: Entry) -> dict:
    return {name: value for name, value in vars(found).items() if name != "_state"}


def test_it_finds_what_the_queryset_finds(prepared):
    make_entry(term="Warp", author=make_author(), topics=["Topic"])
    make_entry(term="Weft")
    now = timezone.now()
    for slug in ("warp", "weft", "warp"):
        assert all_of(prepared.first(slug=slug, now=now)) == all_of(called(slug, now).get())
    assert prepared.first(slug="nothing", now=now) is None
    assert prepared.first(slug="the slug", now=now) is None


def test_people_come_along_in_the_one_query(prepared, django_assert_num_queries):
    make_entry(term="Warp", author=make_author(name="Inês"))
    with django_assert_num_queries(1):
        found = prepared.first(slug="warp", now=timezone.now())
        assert (found.author.name, found.reviewer, found.terms) == (
            "Inês",
            None,
            [{"term": "Warp"}],
        )


def test_each_use_has_values_of_its_own(prepared):
    make_entry(term="Warp", at=timezone.now() - timedelta(days=2))
    now = timezone.now()
    found = [prepared.first(slug="warp", now=now - timedelta(days=days)) for days in (1, 3, 0)]
    assert [entry is not None for entry in found] == [True, False, True]


def test_its_sql_is_compiled_once():
    made = []
    query = PreparedQuery(lambda pk: made.append(pk) or SiteSettings.objects.filter(pk=pk), pk=-7)
    make_site(name="Ours")
    assert [query.first(pk=1).name, query.first(pk=2), query.first(pk=1).name] == [
        "Ours",
        None,
        "Ours",
    ]
    assert made == [-7]


def test_threads_that_ask_first_together_get_one_statement():
    prepared = PreparedQuery(
        lambda slug: Entry.objects.with_people().filter(slug=slug), slug="the slug"
    )
    with ThreadPoolExecutor(8) as threads:
        compiled = list(threads.map(lambda _: prepared._compiled("default"), range(50)))
    assert [each.sql for each in compiled] == [compiled[0].sql] * 50
    assert {id(each) for each in compiled} == {id(compiled[0])}


def test_a_value_that_the_query_does_not_ask_for_is_a_mistake():
    query = PreparedQuery(lambda pk: SiteSettings.objects.all(), pk=-7)
    with pytest.raises(ValueError, match="does not ask for pk"):
        query.first(pk=1)


def test_an_entry_page_asks_for_no_text_that_it_does_not_show():
    make_entry(term="Warp", body="The source.")
    with CaptureQueriesContext(connection) as queries:
        page = reading.page_of("warp", language="en")
    assert page.entry.get_deferred_fields() == {"body", "anchors"}
    assert '"glossary_entry"."body"' not in queries[0]["sql"]


# Constants on SQLite ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plain", "it's", "100%", "%s and %%s", 'a "b" \\ c', "学習", ""])
def test_constants_are_found_as_they_are(name):
    make_site(name=name)
    prepared = PreparedQuery(lambda pk: SiteSettings.objects.filter(pk=pk, name=name), pk=-7)
    assert prepared.first(pk=1).name == name
    SiteSettings.objects.update(name=f"{name}x")
    assert prepared.first(pk=1) is None


@pytest.mark.skipif(connection.vendor != "sqlite", reason="others take values apart anyway")
def test_sqlite_is_told_nothing_but_what_differs(prepared):
    make_entry(term="Warp")
    with CaptureQueriesContext(connection) as captured:
        prepared.first(slug="warp", now=timezone.now())
    statement = prepared._statements["default"]
    assert set(statement.names) == {"slug", "now"}
    assert "'published'" in captured.captured_queries[0]["sql"]


def test_a_sign_that_no_statement_can_hold_stays_a_value():
    make_site()
    prepared = PreparedQuery(
        lambda pk: SiteSettings.objects.filter(pk=pk).exclude(name="a\0b"), pk=-7
    )
    if connection.vendor == "sqlite":
        assert prepared.first(pk=1)


def test_moments_and_nothing_stay_values():
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    entry = make_entry(term="Warp", at=moment)

    def found(pk: int):
        return Entry.objects.filter(pk=pk, published_at=moment).annotate(
            nothing=Value(None, output_field=IntegerField()), yes=Value(True)
        )

    first = PreparedQuery(found, pk=-7).first(pk=entry.pk)
    assert (first.nothing, first.yes) == (None, True)
