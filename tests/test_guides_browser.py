"""Learning paths in a real browser: progress is the reader's own."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.factories import make_entry, make_path

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATH = "/paths/from-the-beginning/"
ENTRIES = ["/glossary/one/", "/glossary/two/", "/glossary/three/"]
ENTRY_PAGE = """<!doctype html><title>One</title><div style="height: 3000px"></div>
<p hidden data-path-step="{path}" data-entry="/glossary/one/">A step.</p>
<script type="module" src="/static/js/paths.js"></script>"""


@pytest.fixture
def site(live_server) -> str:
    make_path(*(make_entry(term=term) for term in ("One", "Two", "Three")))
    return live_server.url


def answering(html: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(body=html, content_type="text/html")


def kept(page: Page, key: str) -> list[str] | None:
    return json.loads(page.evaluate(f"localStorage.getItem('{key}')") or "null")


def test_progress_is_kept_shown_and_forgotten(site, page):
    page.goto(site + PATH)
    progress, start = page.locator(".path-progress"), page.locator(".path-start a")
    forget = page.get_by_role("button", name="Reset my progress")
    expect(progress).to_have_text("0 of 3 read")
    expect(start).to_have_text("Start here")
    expect(forget).to_be_hidden()
    assert kept(page, "headword-read") is kept(page, "headword-paths") is None
    page.get_by_label("Mark as read: One").check()
    expect(progress).to_have_text("1 of 3 read")
    page.reload()
    expect(start).to_have_text("Continue with Two")
    assert start.get_attribute("href").endswith("/glossary/two/")
    expect(page.get_by_label("Mark as read: One")).to_be_checked()
    assert (kept(page, "headword-read"), kept(page, "headword-paths")) == (ENTRIES[:1], [PATH])
    for term in ("Two", "Three"):
        page.get_by_label(f"Mark as read: {term}").check()
    expect(start).to_have_text("Start here")
    page.evaluate("localStorage.setItem('headword-read', JSON.stringify(['/glossary/other/']"
                  ".concat(JSON.parse(localStorage.getItem('headword-read')))))")  # fmt: skip
    forget.click()
    expect(progress).to_have_text("0 of 3 read")
    expect(start).to_be_focused()
    assert kept(page, "headword-read") == ["/glossary/other/"]
    assert kept(page, "headword-paths") is None


def test_an_entry_is_read_at_its_end_by_those_who_started_its_path(site, page):
    for path, is_step in [("/paths/another/", False), (PATH, True)]:
        entry = ENTRY_PAGE.format(path=path)
        page.route("**/glossary/one/", answering(entry))
        page.goto(site + PATH)
        page.locator(".path-start a").click()
        note = page.locator("[data-path-step]")
        expect(note).to_be_visible() if is_step else expect(note).to_be_hidden()
        assert kept(page, "headword-read") is None
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("localStorage.getItem('headword-read')")
    page.go_back()
    expect(page.locator(".path-progress")).to_have_text("1 of 3 read")


@pytest.mark.parametrize(
    "trouble",
    [
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})",
        "Storage.prototype.setItem = () => { throw new Error('full') }",
        "localStorage.setItem('headword-read', '{\"a\":'); localStorage['headword-paths'] = '7'",
    ],
    ids=["off", "full", "garbage"],
)
def test_path_stays_a_list_whatever_the_storage_does(site, page, trouble):
    heard = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.add_init_script(trouble)
    page.goto(site + PATH)
    expect(page.locator(".steps > li")).to_have_count(3)
    boxes = page.get_by_role("checkbox")
    expect(boxes).to_have_count(0 if "'no'" in trouble else 3)
    if boxes.count():
        boxes.first.click()
    assert heard == []
