"""Finished pages, as whoever asks sees them: made once, right, and never another page's."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from config import page_versions, pagecache
from config.page_memory import PageMemory
from config.pagecache import PageCache
from tests.asking import ask
from tests.factories import make_entry, make_offer, make_site
from tests.kept import change, keeping, make_webhook

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site():
    with keeping() as site:
        yield site


@pytest.fixture
def entry():
    return make_webhook()


# Kept, and right --------------------------------------------------------------------------------


def test_a_page_is_made_once_and_anew_when_it_has_changed(site, entry):
    first = ask(site, "/glossary/webhook/")
    assert [ask(site, "/glossary/webhook/").body for _ in range(4)] == [first.body] * 4
    assert site.made == 1
    change(entry, "Other words. ")
    assert b"Other words." in ask(site, "/glossary/webhook/").body
    assert site.made == 2


def test_a_change_makes_no_other_entry_s_page_new(site, entry):
    make_entry(term="Zebra", slug="zebra")
    make_entry(term="Middle", slug="middle")
    paths = ("/glossary/webhook/", "/glossary/zebra/", "/glossary/middle/", "/glossary/")
    for path in paths:
        ask(site, path)
    change(entry, "Other words. ")
    made = site.made
    for path in paths[1:]:
        ask(site, path)
    assert site.made == made
    ask(site, paths[0])
    assert site.made == made + 1


def test_a_kept_page_costs_one_question_and_none_while_the_lease_lasts(site, entry):
    ask(site, "/glossary/webhook/")
    site.versions.lease = 60
    ask(site, "/glossary/webhook/")
    own = site.versions.connection
    with CaptureQueriesContext(own) as asked, CaptureQueriesContext(connection) as django:
        assert ask(site, "/glossary/webhook/").status == 200
    assert (len(asked), len(django)) == (0, 0)
    site.versions.lease = 0
    site.versions.trusted_until = 0
    with CaptureQueriesContext(own) as asked:
        ask(site, "/glossary/webhook/")
    assert len(asked) == 1


def test_whoever_changes_something_answers_after_the_lease(site, entry, monkeypatch):
    """So that whoever reads after the answer reads the new text, in every process."""
    other = PageCache(site.application, memory=PageMemory(10_000_000))
    ask(other, "/glossary/webhook/")
    waited = []
    monkeypatch.setattr(page_versions.time, "sleep", waited.append)

    def desk(environ, start_response):
        change(entry, "Other words. ")
        start_response("302 Found", [])
        return [b""]

    site.application = desk
    site.versions.lease = 0.05
    ask(site, "/admin/", method="POST")
    assert waited == [0.05]
    site.application = lambda environ, start_response: start_response("204", []) or [b""]
    ask(site, "/search/heard/", method="POST")
    assert waited == [0.05]
    other.versions.close()


def test_reports_of_views_ask_nothing(site, entry):
    site.versions.lease = 60
    ask(site, "/glossary/webhook/")
    with CaptureQueriesContext(site.versions.connection) as asked:
        assert ask(site, "/seen/", method="POST").status == 204
    assert len(asked) == 0


def test_what_is_no_page_is_not_kept(site, entry):
    make_offer()
    make_site()
    for path, status in (
        ("/glossary/nothing/", 404),
        ("/consultation/", 200),
        ("/search/?q=webhook", 200),
        ("/glossary/webhook", 301),
        ("/admin/login/", 200),
    ):
        for _ in range(3):
            assert ask(site, path).status == status, path
    assert len(site.memory.pages) == 0


# Queries ----------------------------------------------------------------------------------------


def test_names_that_no_view_knows_fill_nothing(site, entry):
    plain = ask(site, "/glossary/webhook/").body
    for number in range(5):
        answer = ask(site, f"/glossary/webhook/?utm_source=x{number}&page=2&q=<b>")
        assert answer.body == plain
    assert (site.made, len(site.memory.pages)) == (1, 1)


def test_pages_of_a_list_are_pages_of_their_own(site, entry, monkeypatch):
    monkeypatch.setattr("glossary.views.MENTIONS_PER_PAGE", 1)
    for number in range(3):
        source = make_entry(term=f"Source {number}", body="Not said.")
        source.mentions_made.create(target=entry, sentence="S", start=0, length=1, is_link=True)
    path = "/glossary/webhook/mentions/"
    first, second = ask(site, path), ask(site, f"{path}?after=source-0&utm_source=x")
    assert first.body != second.body
    assert ask(site, f"{path}?utm_source=y&after=source-0").body == second.body
    assert (site.made, len(site.memory.pages)) == (2, 2)
    assert ask(site, f"{path}?after=nothing").status == 302
    assert ask(site, f"{path}?after=source-1&after=source-0").body == second.body
    assert ask(site, f"{path}?after=source-0&x={'y' * 600}").body == second.body
    assert len(site.memory.pages) == 2


def test_bytes_that_two_readers_take_for_different_words_fill_nothing(site, entry):
    """Django takes raw UTF-8 for UTF-8, Python's parser for Latin-1: one would be the other's."""
    source = make_entry(term="Source", slug="café", body="Not said.")
    source.mentions_made.create(target=entry, sentence="S", start=0, length=1, is_link=True)
    path = "/glossary/webhook/mentions/"
    raw = "café".encode().decode("latin-1")
    assert ask(site, f"{path}?after={raw}").status == ask(site, f"{path}?after=caf%C3%A9").status
    assert not [key for key in site.memory.pages if raw in str(key)]


# At once ----------------------------------------------------------------------------------------


def at_once(number, act):
    def work(_):
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(work, range(number)))


def test_one_request_makes_a_page_while_the_others_wait(site, entry, monkeypatch):
    monkeypatch.setattr(pagecache, "LONGEST_WAIT", 20)
    begun = threading.Event()
    django = site.application

    def slow(environ, start_response):
        keeper = environ[pagecache.KEEPER]
        begin = keeper.begin

        def wait(asked):
            is_there = begin(asked)
            if not is_there:
                # Nobody else finds it before all have asked.
                begun.wait(0.1)
            return is_there

        keeper.begin = wait
        return django(environ, start_response)

    site.application = slow
    answers = at_once(6, lambda: ask(site, "/glossary/webhook/"))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert site.made == 1


def test_whoever_makes_a_page_and_fails_holds_up_nobody(site, entry, monkeypatch):
    def fail(*_):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("glossary.views.citation", fail)
        assert ask(site, "/glossary/webhook/").status == 500
    assert ask(site, "/glossary/webhook/").status == 200
    assert site.flights.keys == set()
