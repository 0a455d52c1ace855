"""Building the search server's index anew, while searches and changes go on."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from config import search_address, search_server
from config.search_server import Unavailable
from glossary import indexing, publishing, reindexing
from glossary.models import ServerIndex
from tests.engines import catch_up
from tests.factories import make_entry
from tests.search_servers import search_server_for, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings, monkeypatch):
    """A search server without an index, told of two entries at a time."""
    monkeypatch.setattr(indexing, "BATCH", 2)
    with search_server_for(settings) as server:
        yield server


class Interrupted(Exception):
    """Somebody pressed Ctrl-C."""


def interrupted_after(count: int):
    def say(done: int) -> None:
        if done >= count:
            raise Interrupted

    return say


def run() -> str:
    out = StringIO()
    call_command("reindex", stdout=out)
    return out.getvalue()


def test_all_published_entries_are_read_and_searches_use_the_new_index(server):
    entries = [make_entry(term=f"Warp {number}") for number in range(5)]
    publishing.withdraw(entries[0])
    assert run() == "4 entries read, and searches use the new index\n"
    assert texts(server) == {entry.pk: [entry.term.lower()] for entry in entries[1:]}
    [index] = server.indexes.values()
    assert index.aliases == {"headword"}
    state = ServerIndex.objects.get()
    assert (state.building, state.built_through) == ("", 0)


def test_a_glossary_without_entries_has_an_index(server):
    assert run() == "0 entries read, and searches use the new index\n"
    assert texts(server) == {}


def test_the_old_index_answers_until_the_new_one_is_whole_and_goes_then(server):
    make_entry(term="Warp")
    run()
    [old] = server.indexes
    seen = []

    def say(_):
        seen.append(
            sorted((name == old, *index.aliases) for name, index in server.indexes.items())
        )

    for number in range(3):
        make_entry(term=f"Weft {number}")
    reindexing.reindex(say=say)
    assert seen == [[(False, "headword-next"), (True, "headword")]] * 2
    assert old not in server.indexes
    assert len(texts(server)) == 4


def test_changes_meanwhile_are_in_both(server):
    entries = [make_entry(term=f"Warp {number}") for number in range(4)]
    run()
    catch_up()

    def say(count):
        if count == 2:
            for entry in (entries[0], entries[3]):
                publishing.withdraw(entry)
            make_entry(term="Weft")
            catch_up()
            assert [bool(names) for names in texts(server).values()].count(True) == 3
            assert texts(server, "headword-next")[entries[0].pk] == []

    reindexing.reindex(say=say)
    found = sorted(names[0] for names in texts(server).values() if names)
    assert found == ["warp 1", "warp 2", "weft"]


def test_a_run_that_was_interrupted_is_gone_on_with(server):
    for number in range(6):
        make_entry(term=f"Warp {number}")
    with pytest.raises(Interrupted):
        reindexing.reindex(say=interrupted_after(2))
    [begun] = server.indexes
    assert run() == "4 entries read, and searches use the new index\n"
    assert list(server.indexes) == [begun]
    assert len(texts(server)) == 6


def test_a_run_that_failed_before_the_switch_goes_on_there(server):
    make_entry(term="Warp")
    server.answers["_refresh"] = (503, None)
    with pytest.raises(CommandError, match="answered 503 to POST"):
        run()
    assert texts(server, "headword-next") != {}
    server.answers.clear()
    assert run() == "0 entries read, and searches use the new index\n"
    assert len(texts(server)) == 1


def test_what_nobody_remembers_having_begun_is_removed(server):
    """As after the database was restored from a backup, or another began in the same moment."""
    make_entry(term="Warp")
    make_entry(term="Weft")
    make_entry(term="Loom")
    with pytest.raises(Interrupted):
        reindexing.reindex(say=interrupted_after(2))
    ServerIndex.objects.all().delete()
    assert run() == "3 entries read, and searches use the new index\n"
    assert len(server.indexes) == 1


def test_an_index_that_vanished_is_begun_anew(server):
    for number in range(3):
        make_entry(term=f"Warp {number}")
    with pytest.raises(Interrupted):
        reindexing.reindex(say=interrupted_after(2))
    server.indexes.clear()
    assert run() == "3 entries read, and searches use the new index\n"


def test_a_run_that_another_overtook_says_so(server):
    for number in range(4):
        make_entry(term=f"Warp {number}")

    def say(count):
        if count == 2:
            reindexing.reindex()

    with pytest.raises(reindexing.Overtaken):
        reindexing.reindex(say=say)
    assert len(texts(server)) == 4


def test_the_whole_shape_goes_to_the_server(server):
    run()
    [index] = server.indexes.values()
    assert index.shape["mappings"]["dynamic"] == "strict"
    assert index.is_stemming == {"headword_stems": True}


def test_it_says_what_is_wrong(server, settings):
    search_server.send("PUT", "/headword", reindexing.SHAPE)
    with pytest.raises(CommandError, match="not Headword's"):
        run()
    settings.SEARCH_SERVER = search_address.read("opensearch://127.0.0.1:1")
    with pytest.raises(CommandError, match=r"cannot be reached.*goes on where it was"):
        run()
    settings.SEARCH_SERVER = None
    with pytest.raises(CommandError, match="names no search server"):
        run()


def test_a_refusal_names_the_reason_of_the_server(server):
    server.answers["PUT"] = (403, {"error": {"reason": "no permissions"}})
    with pytest.raises(Unavailable, match=r"403 to PUT /headword-.*: no permissions"):
        reindexing.reindex()
