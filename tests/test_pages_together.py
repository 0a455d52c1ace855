"""Whatever happens in whatever order, two processes answer as if nothing were kept."""

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config import pages
from config.page_files import PageFiles
from config.page_memory import PageMemory
from config.page_store import FileStore
from config.page_versions import Versions
from config.pagecache import PageCache
from tests import emptying
from tests.asking import ask
from tests.editors import WORDS, Clock, Desk

pytestmark = pytest.mark.django_db(transaction=True)

ALWAYS = ("/", "/glossary/", "/topics/", "/compare/", "/paths/first-steps/", "/authors/", "/feed/")
ALWAYS += ("/privacy/", "/sitemap.xml", "/sitemap-entries.xml", "/llms.txt", "/topics/data/")
ALWAYS += ("/robots.txt", "/glossary/letter/A/")
OF_ENTRY = ("/glossary/{}/", "/glossary/{}.md", "/glossary/{}/card/", "/glossary/{}/mentions/")
PATHS = [*ALWAYS, *(path.format(word) for word in WORDS for path in OF_ENTRY)]

acts = sorted(name.removeprefix("act_") for name in dir(Desk) if name.startswith("act_"))
# Most of what happens is about entries, without which nothing else is seen.
steps = st.tuples(st.sampled_from([*acts, *["publish_new"] * 4, "work"]), st.integers(0, 2**32))
reads = st.lists(st.sampled_from(PATHS), min_size=1, max_size=6)
histories = st.lists(st.tuples(steps, reads), min_size=4, max_size=14)


class Site:
    """Two processes that keep pages, with files for a web server, and one that keeps none."""

    def __init__(self, folder) -> None:
        self.handler = WSGIHandler()
        self.files = PageFiles(folder / "front", "release")
        store = FileStore(folder / "store", "release")
        self.processes = [
            PageCache(self.handler, memory=PageMemory(300_000), shared=store, files=self.files),
            PageCache(self.handler, memory=PageMemory(10_000_000), files=self.files),
        ]
        self.plain = PageCache(self.handler)
        self.worker = Versions(self.files)

    def compare(self, path: str) -> None:
        """Ask everybody for a page, each twice: what is found must be what was made."""
        wanted = ask(self.plain, path)
        # A web server does not ask; somebody has, by the time a change is answered.
        self.worker.renewed()
        place = self.files.folder / "pages" / f"{path.lstrip('/')}.html"
        if place.is_file():
            assert (200, place.read_bytes()) == (wanted.status, wanted.body), f"file of {path}"
        for process in self.processes * 2:
            given = ask(process, path)
            assert (given.status, given.body) == (wanted.status, wanted.body), path

    def close(self) -> None:
        for versions in (*(each.versions for each in self.processes), self.worker):
            versions.close()


def live(history, folder, *, last=PATHS) -> None:
    emptying.empty()
    with pytest.MonkeyPatch.context() as monkeypatch, override_settings(PAGE_LEASE=0):
        # Compressing well takes longer than everything else together.
        monkeypatch.setattr(pages, "_BEST", {"br": 1, "gzip": 1})
        monkeypatch.setattr(pages, "UNSURE", -1)
        desk, site = Desk(Clock(monkeypatch)), Site(folder)
        try:
            for (act, number), paths in history:
                desk.do(act, number)
                for path in paths:
                    site.compare(path)
            for path in last:
                site.compare(path)
        finally:
            site.close()


@settings(
    max_examples=4,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories)
def test_kept_pages_are_those_that_would_be_made(history, tmp_path_factory):
    live(history, tmp_path_factory.mktemp("pages"))


# That it would notice ---------------------------------------------------------------------------

WATCHED = ["/", "/glossary/", "/privacy/", "/topics/data/", "/glossary/alpha/", "/glossary/beta/"]
WATCHED += ["/paths/first-steps/", "/glossary/gamma/mentions/", "/compare/"]
LONG = [("author", 1), *[("publish_new", number) for number in range(6)], ("compare", 3)]
LONG += [("path", 2), ("work", 0), ("change_text", 5), ("author", 5), ("settings", 1)]
LONG += [("offer", 1), ("offer", 2), ("rename_topic", 3), ("promise", 1), ("withdraw", 4)]
LONG += [("publish_again", 1), ("schedule_change", 2), ("wait", 3), ("work", 0), ("path", 5)]
LONG += [("work", 0), ("schedule_change", 1), ("wait", 1), ("review_due", 1), ("wait", 3)]
# It appears by its date alone.
LONG += [("schedule_new", 1), ("wait", 5)]


def deaf_to(*prefixes):
    """Processes that miss every stamp that begins with one of `prefixes`."""

    def plant(monkeypatch):
        learn = Versions._learn

        def forget(versions):
            is_new = learn(versions)
            kept = {k: v for k, v in versions.changed.items() if not k.startswith(prefixes)}
            versions.changed = kept
            return is_new

        monkeypatch.setattr(Versions, "_learn", forget)

    return plant


def without_dates(monkeypatch):
    monkeypatch.setattr(Versions, "_look_at_dates", lambda self: None)


def keeping_files(monkeypatch):
    monkeypatch.setattr(PageFiles, "hear", lambda *_: None)


def trusting_the_store(monkeypatch):
    monkeypatch.setattr(PageCache, "_is_right", lambda *_: True)


@pytest.mark.parametrize(
    "plant",
    [
        deaf_to("site"),
        deaf_to("entry:"),
        deaf_to("author:"),
        # Whatever changes one of these in a list changes another one as well.
        deaf_to("entries", "guides", "topics", "people"),
        without_dates,
        keeping_files,
        trusting_the_store,
    ],
    ids=["site", "entry", "author", "lists", "dates", "files", "store"],
)
def test_a_planted_fault_is_noticed(plant, monkeypatch, tmp_path):
    history = [(step, WATCHED) for step in LONG]
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        live(history, tmp_path, last=WATCHED)


def test_without_a_fault_there_is_nothing_to_notice(tmp_path):
    live([(step, WATCHED) for step in LONG], tmp_path, last=WATCHED)
