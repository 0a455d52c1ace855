"""Imports in the admin: a trial first, then the worker, and nothing for those who may not."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from config import outbox
from config.models import OutboxMessage
from glossary.importing import running
from glossary.models import Entry, ImportRun
from tests.factories import ROLES, make_staff
from tests.wxr import COMMENT, export, item

pytestmark = pytest.mark.django_db

LIST = "/admin/glossary/importrun/"
TABLE = "term,body\nWarp,A text.\nLoom,A text.\n,nothing\n"
MAY_IMPORT = {"publisher", "administrator"}


def upload(content: str = TABLE, name: str = "terms.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode())


def make_run(content: str = TABLE, name: str = "terms.csv", **options) -> ImportRun:
    return running.start(upload(content, name), by=None, **options)


def work() -> None:
    call_command("work", "--once", verbosity=0)


def send(client, **fields):
    return client.post(f"{LIST}add/", {"file": upload(), **fields})


def page_of(client, run: ImportRun) -> str:
    return client.get(f"{LIST}{run.pk}/change/").content.decode()


def test_from_upload_to_entries(publisher):
    answer = send(publisher, publishes="on")
    run = ImportRun.objects.get()
    assert answer.headers["Location"] == f"{LIST}{run.pk}/change/"
    assert "Nothing is changed." in page_of(publisher, run)
    work()
    page = page_of(publisher, run)
    assert "Would be created: 2" in page
    assert "Would become public: 2" in page
    assert "terms.csv:4: no term in this row" in page
    assert Entry.objects.count() == 0
    publisher.post(f"{LIST}{run.pk}/start/")
    assert Entry.objects.count() == 0
    work()
    page = page_of(publisher, run)
    assert "Created: 2" in page
    assert f"/admin/glossary/entry/{Entry.objects.get(term='Warp').pk}/change/" in page
    assert Entry.objects.published().count() == 2
    run.refresh_from_db()
    assert (run.state, run.done, run.total, bool(run.file)) == ("done", 5, 5, False)


def test_export_with_comments_leaves_no_file(publisher, settings):
    run = make_run(export(item(1, "Warp", comments=COMMENT)), "export.xml")
    path = run.file.path
    work()
    running.carry_out(run)
    work()
    assert Entry.objects.count() == 1
    assert not Path(path).exists()
    assert "carl@" not in page_of(publisher, run)


def test_trial_is_carried_out_once(publisher):
    run = make_run()
    work()
    for _ in range(2):
        publisher.post(f"{LIST}{run.pk}/start/")
    assert OutboxMessage.objects.filter(kind="glossary.import_run", done_at=None).count() == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "The submitted file is empty."),
        ("%PDF-1.7", "This file cannot be imported: this file is neither a table"),
        ("<!doctype html><html>", "this is a web page, not an export"),
    ],
)
def test_what_is_no_source_is_refused_at_once(publisher, content, said):
    answer = send(publisher, file=upload(content, "terms.csv"))
    assert said in answer.content.decode()
    assert ImportRun.objects.count() == 0


def test_broken_file_fails_in_words(publisher):
    run = make_run(export(item(1, "Warp"))[:-30], "export.xml")
    work()
    said = "This file could not be read: line 33: the XML is broken here"
    assert said in page_of(publisher, run)
    assert ImportRun.objects.get().state == "failed"


def test_progress_is_json(publisher):
    run = make_run()
    address = f"{LIST}{run.pk}/progress/"
    waiting = {"state": "waiting", "done": 0, "total": 0, "words": "Waiting for the worker."}
    assert publisher.get(address).json() == waiting
    work()
    done = {"state": "done", "done": 3, "total": 3, "words": "3 of 3 steps"}
    assert publisher.get(address).json() == done


def test_report_can_be_kept(publisher):
    run = make_run()
    work()
    answer = publisher.get(f"{LIST}{run.pk}/report/")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="import-{run.pk}.txt"'
    assert answer.content.decode().splitlines()[1:] == [
        "created\tterms.csv:2",
        "created\tterms.csv:3",
        "skipped\tterms.csv:4: no term in this row",
    ]


# The worker ---------------------------------------------------------------------------------

MANY = "term,body\n" + "".join(f"Term {number},A text.\n" for number in range(250))


@pytest.fixture
def slices(monkeypatch):
    """Each slice ends after its first batch."""
    monkeypatch.setattr(running, "SLICE_SECONDS", 0.0)


@pytest.mark.usefixtures("slices")
def test_long_import_is_done_slice_by_slice():
    run = make_run(MANY, publishes=True)
    assert outbox.run(outbox.claim())
    run.refresh_from_db()
    assert (run.state, run.done, run.total) == ("running", 100, 250)
    work()
    running.carry_out(run)
    work()
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 500)
    assert len(run.report["created"]) == len(run.report["published"]) == 250
    assert Entry.objects.published().count() == 250


def test_worker_that_dies_leaves_the_rest_to_the_next(monkeypatch):
    run = make_run(MANY, publishes=True)
    work()
    running.carry_out(run)
    message = outbox.claim()
    with monkeypatch.context() as killed:
        killed.setattr("glossary.publishing.publish", _die)
        with pytest.raises(KeyboardInterrupt):
            running.work(message)
    assert (Entry.objects.count(), Entry.objects.published().count()) == (250, 0)
    running.work(message)
    run.refresh_from_db()
    assert run.state == "done"
    assert Entry.objects.published().count() == 250
    assert Entry.objects.filter(import_digest__endswith="+").count() == 0


def _die(*args: object, **options: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("slices")
def test_stopped_run_is_resumed_and_the_old_message_is_void(publisher):
    run = make_run(MANY)
    first = outbox.claim()
    publisher.post(f"{LIST}{run.pk}/continue/")
    running.work(first)
    run.refresh_from_db()
    assert (run.state, run.done) == ("waiting", 0)
    work()
    run.refresh_from_db()
    assert (run.state, len(run.report["created"])) == ("done", 250)


def test_message_about_a_run_that_is_gone_is_harmless():
    make_run().delete()
    assert outbox.run(outbox.claim())


def test_uploads_are_kept_for_a_fortnight():
    run = make_run()
    running.tidy()
    run.refresh_from_db()
    assert run.file
    running.tidy(now=timezone.now() + timedelta(days=15))
    run.refresh_from_db()
    assert not run.file
    assert not running.resume(run)


def test_slice_is_about_a_minute():
    assert time.monotonic() + running.SLICE_SECONDS < time.monotonic() + outbox.CLAIM_LASTS.seconds


# Who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [*ROLES, "nobody", "stranger"])
def test_imports_are_for_those_who_may_import(client, role):
    run = make_run()
    work()
    if role != "stranger":
        client.force_login(make_staff(*([role] if role in ROLES else [])))
    allowed = role in MAY_IMPORT
    refused = 302 if role == "stranger" else 403
    for address in ("", "add/", f"{run.pk}/change/", f"{run.pk}/progress/", f"{run.pk}/report/"):
        assert client.get(LIST + address).status_code == (200 if allowed else refused)
    send(client)
    assert ImportRun.objects.count() == (2 if allowed else 1)
    assert client.post(f"{LIST}{run.pk}/continue/").status_code == (302 if allowed else refused)
    client.post(f"{LIST}{run.pk}/start/")
    run.refresh_from_db()
    assert run.is_trial != allowed


def test_acts_want_a_post(publisher):
    run = make_run()
    assert publisher.get(f"{LIST}{run.pk}/start/").status_code == 405
    assert publisher.get(f"{LIST}{run.pk}/continue/").status_code == 405
    assert publisher.get(f"{LIST}999/change/").status_code == 404


def test_nobody_deletes_or_changes_a_run(publisher):
    run = make_run()
    assert publisher.post(f"{LIST}{run.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ImportRun.objects.filter(pk=run.pk).exists()


@pytest.mark.parametrize("number", [1, 3])
def test_list_costs_the_same_for_any_number(publisher, django_assert_num_queries, number):
    for _ in range(number):
        make_run()
    publisher.get(LIST)
    with django_assert_num_queries(8):
        assert publisher.get(LIST).content.decode().count('class="field-name"') == number


@pytest.mark.parametrize("number", [1, 3])
def test_page_costs_the_same_for_any_number(publisher, django_assert_num_queries, number):
    run = make_run("term,body\n" + "".join(f"Term {n},A text.\n" for n in range(number)))
    work()
    with django_assert_num_queries(6):
        assert page_of(publisher, run).count("<li>terms.csv:") == number


@pytest.mark.parametrize("key", ["x", "9" * 30, "9" * 5000], ids=range(3))
def test_an_address_without_an_import_is_not_found(admin_client, key):
    assert admin_client.get(f"{LIST}{key}/change/").status_code == 404
