"""What the search server is told of entries, when, and that nothing old comes back."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from config import outbox
from config import search_server as calls
from config.models import OutboxMessage
from config.search_server import Unavailable
from glossary import indexing, publishing, relinking, topics
from glossary.models import Entry, Topic
from tests.engines import catch_up
from tests.factories import make_draft, make_entry
from tests.search_servers import texts

pytestmark = pytest.mark.django_db


def waiting() -> list[list[int]]:
    """The entries of each message that waits for the server."""
    messages = OutboxMessage.objects.filter(kind="glossary.index_entries", done_at=None)
    return [message.payload["entries"] for message in messages.order_by("pk")]


def stored(server, entry: Entry) -> dict:
    [index] = server.indexes.values()
    return index.documents[str(entry.pk)]


def test_without_a_server_nothing_is_left_to_be_told():
    entry = make_entry(topics=["Looms"])
    publishing.withdraw(entry)
    publishing.delete([entry])
    topics.rename(Topic.objects.get(), name="Frames")
    assert waiting() == []


def test_messages_from_before_the_server_was_switched_off_do_nothing(search_server, settings):
    make_entry()
    search_server.seen.clear()
    settings.SEARCH_SERVER = None
    catch_up()
    assert (waiting(), search_server.seen) == ([], [])


def test_a_document_holds_folded_words_and_what_searches_are_among(search_server):
    at = timezone.now() + timedelta(days=1)
    entry = make_entry(
        term="Crème Brûlée",
        aliases=["C.B."],
        short_definition="A dessert.",
        body="It *burns*.",
        topics=["Sweets", "Fire"],
        language="pt",
        at=at,
    )
    catch_up()
    keys = sorted(Topic.objects.values_list("pk", flat=True))
    assert stored(search_server, entry) == {
        "entry": entry.pk,
        "language": "pt",
        "published_at": int(at.timestamp()),
        "topics": keys,
        "names": ["creme brulee", "c b"],
        "lead": ["creme brulee", "c b", "a dessert"],
        "words": ["creme brulee", "c b", "a dessert", "it burns"],
    }


def test_drafts_are_never_told_of(search_server):
    draft = make_draft(term="Secret")
    assert waiting() == []
    indexing.later([draft.pk])
    catch_up()
    assert stored(search_server, draft) == {}


def publish_again(entry):
    entry.term = "Renamed"
    entry.save()
    publishing.publish(entry)


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (publish_again, ["renamed"]),
        (publishing.withdraw, []),
        (lambda entry: publishing.delete([entry]), []),
    ],
    ids=["publish", "withdraw", "delete"],
)
def test_the_server_follows_what_happens_to_an_entry(search_server, act, told):
    entry = make_entry(term="Warp")
    catch_up()
    assert texts(search_server) == {entry.pk: ["warp"]}
    key = entry.pk
    act(entry)
    assert waiting() == [[key]]
    catch_up()
    assert texts(search_server) == {key: told}


def test_an_entry_whose_date_is_taken_back_is_told_as_gone(search_server):
    entry = make_entry(term="Warp", at=timezone.now() + timedelta(days=1))
    publishing.unschedule(entry)
    catch_up()
    assert texts(search_server) == {entry.pk: []}


def test_merged_and_deleted_topics_are_told(search_server):
    entry = make_entry(topics=["Looms", "Cloth"])
    catch_up()
    looms, cloth = Topic.objects.get(name="Looms"), Topic.objects.get(name="Cloth")
    assert stored(search_server, entry)["topics"] == sorted([looms.pk, cloth.pk])
    topics.merge([cloth], into=looms)
    catch_up()
    assert stored(search_server, entry)["topics"] == [looms.pk]
    topics.delete([looms])
    catch_up()
    assert stored(search_server, entry)["topics"] == []


def test_rendering_again_tells_nothing_that_searches_would_notice(search_server):
    entry = make_entry(term="Loom", body="See warp.")
    catch_up()
    make_entry(term="Warp")
    catch_up()
    relinking.rerender(entry)
    assert waiting() == []
    Entry.objects.filter(pk=entry.pk).update(plain_text="As an older renderer had it.")
    relinking.rerender(entry)
    assert waiting() == [[entry.pk]]


def test_a_publication_that_is_rolled_back_tells_nothing(search_server):
    entry = make_draft()
    with transaction.atomic():
        publishing.publish(entry)
        transaction.set_rollback(True)
    assert waiting() == []


def test_many_entries_are_told_in_batches(search_server):
    indexing.later(range(1, 251))
    assert [len(entries) for entries in waiting()] == [100, 100, 50]


# Order --------------------------------------------------------------------------------------


def test_what_was_read_earlier_never_replaces_what_was_read_later(search_server):
    entry = make_entry(term="Warp")
    early = indexing.read([entry.pk])
    publish_again(entry)
    late = indexing.read([entry.pk])
    for lines in (late, early, late, early):
        assert indexing.tell("headword", lines)
    assert texts(search_server) == {entry.pk: ["renamed"]}


def test_old_text_does_not_come_back_after_a_withdrawal_however_late(search_server):
    entry = make_entry(term="Warp")
    early = indexing.read([entry.pk])
    publishing.withdraw(entry)
    catch_up()
    assert indexing.tell("headword", early)
    assert texts(search_server) == {entry.pk: []}


def test_a_message_that_is_done_twice_changes_nothing(search_server):
    entry = make_entry(term="Warp")
    message = OutboxMessage.objects.get(kind="glossary.index_entries")
    indexing.index(message)
    indexing.index(message)
    assert texts(search_server) == {entry.pk: ["warp"]}


@pytest.mark.django_db(transaction=True)
def test_readings_queue_so_that_a_later_version_has_read_no_less(search_server):
    """Without the lock, whoever counts second could read first."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    entry = make_entry(term="Warp")

    def read() -> bytes:
        try:
            return indexing.read([entry.pk])[0]
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        with transaction.atomic():
            indexing._count_reading()
            reading = threads.submit(read)
            with pytest.raises(TimeoutError):
                reading.result(timeout=0.3)
            publish_again(entry)
        document = reading.result(timeout=10).splitlines()[1]
    assert json.loads(document)["names"] == ["renamed"]


# Failures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503, 400])
def test_what_the_server_refuses_is_tried_again(search_server, status):
    entry = make_entry(term="Warp")
    search_server.refusing = status
    message = OutboxMessage.objects.get(kind="glossary.index_entries")
    assert outbox.run_here(message) is False
    assert str(status) in OutboxMessage.objects.get(pk=message.pk).last_error
    search_server.refusing = 0
    calls.forget()
    OutboxMessage.objects.filter(pk=message.pk).update(due_at=timezone.now())
    catch_up()
    assert texts(search_server) == {entry.pk: ["warp"]}


def test_workers_do_not_wait_for_each_message_while_the_server_is_away(search_server):
    for _ in range(3):
        make_entry()
    search_server.answers["_bulk"] = (503, None)
    search_server.seen.clear()
    messages = list(OutboxMessage.objects.filter(kind="glossary.index_entries"))
    assert [outbox.run_here(message) for message in messages] == [False] * 3
    assert len(search_server.seen) == 1


def test_a_document_that_is_refused_keeps_no_other_waiting(search_server):
    make_entry()
    search_server.refusing = 400
    [message] = OutboxMessage.objects.filter(kind="glossary.index_entries")
    assert outbox.run_here(message) is False
    search_server.refusing = 0
    entry = make_entry(term="Warp")
    indexing.index(OutboxMessage.objects.filter(kind="glossary.index_entries").latest("pk"))
    assert texts(search_server) == {entry.pk: ["warp"]}


def test_an_index_that_is_not_there_is_not_made_by_accident(search_server):
    search_server.indexes.clear()
    make_entry()
    catch_up()
    assert (search_server.indexes, waiting()) == ({}, [])


def test_requests_are_bounded(search_server, monkeypatch):
    monkeypatch.setattr(indexing, "MOST_SENT", 2_000)
    keys = [make_entry(body="warp " * 200).pk for _ in range(5)]
    search_server.seen.clear()
    assert indexing.tell("headword", indexing.read(keys))
    sizes = [len(body) for _, _, _, body in search_server.seen]
    assert len(sizes) == 5
    assert sorted(texts(search_server)) == keys


@pytest.mark.parametrize("answer", [None, [], {}, {"items": [{}]}, {"items": []}, {"items": 7}])
def test_an_answer_of_another_shape_is_no_success(search_server, answer):
    entry = make_entry()
    search_server.answers["_bulk"] = (200, answer)
    with pytest.raises(Unavailable):
        indexing.tell("headword", indexing.read([entry.pk]))


def test_reading_costs_the_same_for_any_number(search_server, django_assert_num_queries):
    one, *more = [make_entry(topics=["Looms"]).pk for _ in range(4)]
    indexing.read([one])
    for keys in ([one], more):
        with django_assert_num_queries(7):  # savepoint, the row, count, version, two, and its end
            indexing.read(keys)
