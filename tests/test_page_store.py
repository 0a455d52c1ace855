"""Pages that processes share: whatever is found there, what readers get is right."""

import os
import threading
import time

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.core.handlers.wsgi import WSGIHandler

from config import page_store
from config.page_memory import PageMemory
from config.page_store import CacheStore, FileStore, pack, unpack
from config.pagecache import PageCache
from config.pages import Page
from tests.asking import ask
from tests.kept import change, make_webhook

HTML = ("Content-Type", "text/html; charset=utf-8")


def make_page(body=b"<p>Words. " * 50, depends=("entry:1",), **facts) -> Page:
    return Page([HTML, ("Cache-Control", "public")], body, frozenset(depends), **facts)


def in_files(folder) -> dict[str, str]:
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    return {"BACKEND": backend, "LOCATION": str(folder)}


def fail(*_, **__):
    raise ConnectionError


class Broken(LocMemCache):
    add = get = set = delete = fail


def fail_with(error):
    def act(*_, **__):
        raise error

    return act


@pytest.fixture(params=["files", "cache"])
def store(request, tmp_path):
    if request.param == "files":
        return FileStore(tmp_path / "store", "release")
    return CacheStore(LocMemCache(str(tmp_path), {}), "release")


# Stores -----------------------------------------------------------------------------------------


def test_what_is_put_comes_back(store):
    page = make_page(checked=7, made_at=5.0, until=9.0, parameters=("page",), unkept=("q",))
    page.compress(best=True)
    store.put(("/x/", ("page", "2")), page)
    found = store.get(("/x/", ("page", "2")))
    for name in ("headers", "whole", "depends", "parameters", "unkept", "checked", "made_at"):
        assert getattr(found, name) == getattr(page, name)
    assert (found.until, found.etag, found.coded, found.is_best) == (
        9.0,
        page.etag,
        page.coded,
        True,
    )
    assert store.get("/x/") is None


def test_one_process_makes_a_page(store):
    assert store.claim("/x/")
    assert not store.claim("/x/")
    assert not store.is_free("/x/")
    store.free("/x/")
    assert store.is_free("/x/")
    assert store.claim("/x/")


def test_a_claim_of_a_dead_process_ends(tmp_path):
    store = FileStore(tmp_path, "release")
    assert store.claim("/x/")
    [claim] = tmp_path.rglob("*.made")
    os.utime(claim, (time.time() - 60, time.time() - 60))
    assert store.is_free("/x/")
    assert store.claim("/x/")


def test_pages_of_another_release_site_or_address_are_not_there():
    sealed = pack(make_page(), "release", "/x/")
    assert unpack(sealed, "release", "/x/").whole == make_page().body
    assert unpack(sealed, "other release", "/x/") is None
    assert unpack(sealed, "release", "/y/") is None


@pytest.mark.parametrize("at", [0, 10, 16, 20, 40, -1])
def test_what_was_tampered_with_is_not_there(at):
    sealed = bytearray(pack(make_page(), "release", "/x/"))
    sealed[at] ^= 1
    assert unpack(bytes(sealed), "release", "/x/") is None
    assert unpack(bytes(sealed[:at]), "release", "/x/") is None


def test_secrets_seal(settings):
    sealed = pack(make_page(), "release", "/x/")
    settings.SECRET_KEY = "another one"
    assert unpack(sealed, "release", "/x/") is None


def test_a_store_that_fails_is_left_alone_for_a_while(tmp_path, caplog):
    store = CacheStore(Broken(str(tmp_path), {}), "release")
    assert store.get("/x/") is None
    store.put("/x/", make_page())
    assert store.claim("/x/")
    assert store.is_free("/x/")
    assert len(caplog.messages) == 1
    store.left_alone_until = 0
    assert store.get("/x/") is None
    assert len(caplog.messages) == 2


def test_a_store_that_is_slow_is_left_alone(tmp_path, monkeypatch):
    store = CacheStore(LocMemCache(str(tmp_path), {}), "release")
    clock = iter([0.0, 0.0, page_store.SLOW + 1, page_store.SLOW + 1])
    monkeypatch.setattr(page_store.time, "monotonic", lambda: next(clock))
    store.get("/x/")
    assert store.left_alone_until > page_store.SLOW


def test_a_full_or_read_only_disk_keeps_nothing(tmp_path):
    place = tmp_path / "file"
    place.write_text("no folder")
    store = FileStore(place, "release")
    store.put("/x/", make_page())
    assert store.get("/x/") is None
    assert store.claim("/x/")
    store.free("/x/")


def test_the_oldest_files_go_where_there_are_too_many(tmp_path, settings):
    settings.CACHES = {**settings.CACHES, "pages": in_files(tmp_path)}
    store = FileStore(tmp_path / "pages", "release")
    keys = [f"/{number}/" for number in range(4)]
    for age, key in enumerate(keys):
        store.put(key, make_page())
        written_at = time.time() - age * page_store.KEPT_FOR / 3.5
        os.utime(store._path(key), (written_at, written_at))
    assert store.claim("/0/")
    page_store.tidy()
    assert [store.get(key) is not None for key in keys] == [True, True, True, True]
    size = store._path("/0/").stat().st_size
    store.tidy(most_bytes=int(size * 2.5))
    assert [store.get(key) is not None for key in keys] == [True, True, False, False]
    os.utime(store._path("/1/"), (1, 1))
    page_store.tidy()
    assert [store.get(key) is not None for key in keys] == [True, False, False, False]


def test_which_store(settings, tmp_path):
    assert page_store.shared("release") is None
    settings.CACHES = {**settings.CACHES, "pages": in_files(tmp_path)}
    assert page_store.shared("release").folder == tmp_path / "pages"


# A site with them -------------------------------------------------------------------------------


@pytest.fixture
def entry():
    return make_webhook()


@pytest.fixture
def processes(store):
    sites = [
        PageCache(WSGIHandler(), memory=PageMemory(10_000_000), shared=store) for _ in range(2)
    ]
    yield sites
    for site in sites:
        site.versions.close()


@pytest.mark.django_db(transaction=True)
def test_what_one_process_made_another_one_need_not(entry, processes):
    one, other = processes
    first = ask(one, "/glossary/webhook/")
    assert ask(other, "/glossary/webhook/").body == first.body
    assert (one.made, other.made) == (1, 0)
    change(entry, "Other words. ")
    assert b"Other words." in ask(other, "/glossary/webhook/").body
    assert b"Other words." in ask(one, "/glossary/webhook/").body
    assert one.made + other.made == 2


@pytest.mark.django_db(transaction=True)
def test_garbage_in_the_store_is_passed_over(entry, processes, store, monkeypatch):
    one, other = processes
    first = ask(one, "/glossary/webhook/")
    monkeypatch.setattr(page_store, "pack", lambda *_: b"garbage" * 100)
    store.put("/glossary/webhook/", make_page())
    assert ask(other, "/glossary/webhook/").body == first.body
    assert other.made == 1


@pytest.mark.django_db(transaction=True)
def test_a_process_waits_for_the_one_that_makes_the_page(entry, processes, store):
    one, other = processes
    assert store.claim("/glossary/webhook/")

    def make():
        one.shared = None
        page = ask(one, "/glossary/webhook/")
        one.shared = store
        one.keep("/glossary/webhook/", one.memory.get("/glossary/webhook/"))
        store.free("/glossary/webhook/")
        return page

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert ask(other, "/glossary/webhook/").status == 200
    assert other.made == 0


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_long_for_a_process_that_died(entry, processes, store):
    one, _ = processes
    assert store.claim("/glossary/webhook/")
    began = time.monotonic()
    assert ask(one, "/glossary/webhook/").status == 200
    assert time.monotonic() - began < 5
    assert one.made == 1


# Memory -----------------------------------------------------------------------------------------


def test_memory_keeps_to_its_size_and_to_what_is_asked_for():
    memory = PageMemory(20 * make_page().size)
    for number in range(20):
        memory.put(number, make_page())
    for number in (0, 3, 7):
        memory.get(number)
    for number in range(20, 36):
        memory.put(number, make_page())
    assert memory.bytes <= memory.most_bytes
    assert {0, 3, 7} <= set(memory.pages)
    assert memory.bytes == sum(memory.sizes.values())
    memory.put("large", make_page(b"x" * memory.most_bytes))
    assert memory.get("large") is None
    memory.put(7, make_page(b"small"))
    assert memory.get(7).body == b"small"
    memory.drop(7)
    assert memory.get(7) is None
    assert memory.bytes == sum(memory.sizes.values())
