"""Pages as files for a web server: there while right, gone before a change is answered."""

import os
from pathlib import Path
from shutil import rmtree
from types import SimpleNamespace

import pytest

from config import page_files, pages
from config.page_files import PageFiles
from config.page_versions import Versions
from tests.asking import ask
from tests.factories import make_author, make_entry, make_site
from tests.kept import change, keeping, make_webhook
from tests.test_page_store import fail_with, make_page


@pytest.fixture
def entry():
    return make_webhook()


@pytest.fixture
def front(entry, tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "UNSURE", -1)
    files = PageFiles(tmp_path / "front", "release")
    with keeping(files=files) as site:
        site.root = Path(tmp_path / "front" / "pages")
        yield site


@pytest.mark.django_db(transaction=True)
def test_a_page_that_is_read_twice_is_left_as_a_file_until_it_changes(front, entry):
    place = front.root / "glossary" / "webhook"
    first = ask(front, "/glossary/webhook/", HTTP_ACCEPT_ENCODING="br")
    assert not place.exists()
    ask(front, "/glossary/webhook/")
    assert sorted(path.name for path in place.iterdir()) == [".html", ".html.br", ".html.gz"]
    assert (place / ".html").read_bytes() == ask(front, "/glossary/webhook/").body
    assert len((place / ".html.br").read_bytes()) <= len(first.body)
    before = front.versions.current()
    change(entry, "Other words. ")
    assert (place / ".html").exists()
    # What every process does before it answers a request that may have changed something.
    front.versions.settle(before)
    assert list(place.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_no_two_pages_of_the_same_second_become_files(front, monkeypatch):
    """A web server would tell readers of the first that it is the second."""
    monkeypatch.setattr(pages, "UNSURE", 60)
    for _ in range(3):
        ask(front, "/glossary/webhook/")
    assert not front.root.exists()
    monkeypatch.setattr(pages, "UNSURE", -1)
    ask(front, "/glossary/webhook/")
    [place] = front.root.rglob(".html")
    assert place.stat().st_mtime == front.memory.get("/glossary/webhook/").made_at


@pytest.mark.django_db(transaction=True)
def test_a_folder_that_was_taken_away_is_made_anew(front):
    for _ in range(2):
        ask(front, "/glossary/webhook/")
    rmtree(front.root.parent)
    make_entry(term="API", slug="api", body="Words. " * 90)
    for _ in range(2):
        ask(front, "/glossary/api/")
    assert [path.parent.name for path in front.root.rglob(".html")] == ["api"]


@pytest.mark.django_db(transaction=True)
def test_a_change_of_the_site_removes_all_files(front, entry):
    for _ in range(2):
        ask(front, "/glossary/webhook/")
    assert any(front.root.rglob(".html"))
    make_site(tagline="New")
    front.versions.renewed()
    assert not front.root.exists()


def test_a_file_that_nobody_would_find_again_is_not_left(tmp_path, monkeypatch):
    """Another process clears all, between the list and the page that is written."""
    files, put = PageFiles(tmp_path, "release"), PageFiles._put

    def late(files, name, *page):
        PageFiles(tmp_path, "release").clear()
        put(files, name, *page)

    files.begin()
    versions = SimpleNamespace(renewed=lambda: 1, are_right=lambda *_: True)
    monkeypatch.setattr(PageFiles, "_put", late)
    files.write("/glossary/api/", make_page(made_at=1.0), versions)
    assert len(list((tmp_path / "pages").rglob(".html"))) == 1
    files.hear({"entry:1"}, 2)
    assert not list((tmp_path / "pages").rglob(".html"))


def test_pages_whose_addresses_end_alike_are_all_found_again(tmp_path):
    files = PageFiles(tmp_path, "release")
    files.begin()
    versions = SimpleNamespace(renewed=lambda: 1, are_right=lambda *_: True)
    for path in ("/de/glossary/", "/glossary/", "/"):
        page = make_page(depends=("site", "entries"), made_at=1.0)
        assert files.write(path, page, versions)
    assert len(list((tmp_path / "pages").rglob(".html"))) == 3
    files.hear({"entries"}, 2)
    assert not list((tmp_path / "pages").rglob(".html*"))


@pytest.mark.django_db(transaction=True)
def test_all_files_go_where_one_cannot_be_removed(front, entry, monkeypatch, caplog):
    for _ in range(2):
        ask(front, "/glossary/webhook/")
    change(entry, "Other words. ")
    refuse = PermissionError(13, "Permission denied")
    with monkeypatch.context() as refusing:
        refusing.setattr(os, "unlink", fail_with(refuse))
        front.versions.renewed()
    assert not front.root.exists()
    assert not caplog.records
    front.root.mkdir()
    with monkeypatch.context() as refusing:
        refusing.setattr(Path, "rename", fail_with(refuse))
        front.files.clear()
    assert caplog.messages[0] == f"old pages stay, Permission denied: remove {front.root}"


@pytest.mark.django_db(transaction=True)
def test_an_author_s_change_removes_the_pages_that_show_them(front, entry):
    author = make_author()
    written = make_entry(term="API", slug="api", author=author, body="Words. " * 90)
    for path in ("/glossary/webhook/", "/glossary/api/") * 2:
        ask(front, path)
    type(author).objects.filter(pk=author.pk).update(role="New")
    front.versions.renewed()
    assert [path.parent.name for path in front.root.rglob(".html")] == ["webhook"]
    assert written.author == author


@pytest.mark.django_db(transaction=True)
def test_a_page_that_changed_while_it_was_written_is_taken_back(front, entry, monkeypatch):
    ask(front, "/glossary/webhook/")
    put = PageFiles._put

    def late(files, name, *page):
        if name.endswith(".html"):
            change(entry, "Other words. ")
        put(files, name, *page)

    monkeypatch.setattr(PageFiles, "_put", late)
    ask(front, "/glossary/webhook/")
    assert not any(front.root.rglob(".html*"))


@pytest.mark.django_db(transaction=True)
def test_only_pages_that_say_what_they_depend_on_become_files(front, entry):
    for path in ("/feed/", "/glossary/webhook.md", "/robots.txt", "/authors/") * 3:
        ask(front, path)
    for _ in range(3):
        ask(front, "/glossary/webhook/?utm_source=x")
        ask(front, "/glossary/?page=1")
    assert [str(path.relative_to(front.root)) for path in front.root.rglob(".html")] == [
        "glossary/webhook/.html"
    ]


@pytest.mark.django_db(transaction=True)
def test_a_new_process_removes_what_changed_while_there_was_none(front, entry, tmp_path):
    other = make_entry(term="API", slug="api", body="Words. " * 90)
    for path in ("/glossary/webhook/", "/glossary/api/") * 2:
        ask(front, path)
    change(entry, "Other words. ")
    late = Versions(PageFiles(tmp_path / "front", "release"))
    late.current()
    late.close()
    assert [path.parent.name for path in front.root.rglob(".html")] == [other.slug]
    again = Versions(PageFiles(tmp_path / "front", "next release"))
    again.current()
    again.close()
    assert not front.root.exists()
    # Processes of the release before write nothing any more.
    for _ in range(3):
        ask(front, "/glossary/webhook/")
    assert not front.root.exists()


def test_what_a_dead_process_was_removing_goes_within_the_hour(tmp_path, settings, monkeypatch):
    files = PageFiles(tmp_path, "release")
    files.begin()
    for folder in ("pages/glossary", "of"):
        (tmp_path / folder).mkdir(parents=True)
    with monkeypatch.context() as dying:
        dying.setattr(page_files, "rmtree", lambda *_: None)
        files.clear()
    (tmp_path / "pages").mkdir()
    assert len(list(tmp_path.glob("old-*"))) == 2
    settings.PAGES_ROOT = str(tmp_path)
    assert "config.page_files.tidy" in settings.TIDYING
    page_files.tidy()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pages", "release"]
    settings.PAGES_ROOT = ""
    page_files.tidy()


@pytest.mark.parametrize(
    "path", ["/../../etc/", "/a/../b/", "/a/./b/", "/a", "a/", "/a\n/", "//", f"/{'x' * 300}/"]
)
def test_no_file_is_written_elsewhere(tmp_path, path):
    files = PageFiles(tmp_path / "front", "release")
    assert not files._may_be_written(path, make_page())
