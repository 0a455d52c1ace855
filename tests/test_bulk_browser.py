"""Many entries at once, in a real browser: by keyboard, on a phone, in the dark."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page, expect

from glossary.models import Entry, Topic
from tests.factories import make_draft, make_entry, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABLE = "/admin/glossary/entry/table/"
LIST = "/admin/glossary/entry/"


@pytest.fixture
def desk(page: Page, live_server) -> Page:
    """The browser of an administrator."""
    client = Client()
    client.force_login(make_staff("administrator"))
    value = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
    page.set_default_timeout(15_000)
    return page


def act(desk: Page, name: str) -> None:
    desk.check("#action-toggle")
    desk.select_option("select[name=action]", name)
    desk.click("button[name=index]")


def test_a_topic_for_all_chosen_entries(desk, live_server):
    for term in ("Webhook", "Polling"):
        make_draft(term=term)
    desk.goto(live_server.url + LIST)
    act(desk, "bulk_add_topic")
    desk.fill("#id_value", "Automation")
    desk.keyboard.press("Enter")
    expect(desk.locator("#ready")).to_have_text("2 entries will be given the topic: Automation")
    assert not Topic.objects.exists()
    desk.click("#bulk_form input[type=submit]")
    expect(desk.locator("#done")).to_have_text("2 of 2 entries given the topic: Automation")
    assert Entry.objects.filter(topics__name="Automation").count() == 2


def test_titles_are_counted_while_typing_and_saved_by_keyboard(desk, live_server):
    first = make_draft(term="Alpha", short_definition="")
    second = make_draft(term="Beta")
    desk.goto(live_server.url + TABLE)
    field = desk.locator(f"[id='{first.pk}-seo_title']")
    field.press_sequentially("😀" * 3)
    count = desk.locator(f"[id='{first.pk}-seo_title-count']")
    expect(count).to_have_text(re.compile(r"3 of 60 · Fine"))
    field.fill("x" * 61)
    expect(count).to_have_text(re.compile(r"61 of 60 · Too long"))
    field.press("Alt+ArrowDown")
    expect(desk.locator(f"[id='{second.pk}-seo_title']")).to_be_focused()
    desk.keyboard.type("Second title")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".messagelist")).to_have_text("Saved: 2 entries.")
    assert Entry.objects.get(pk=second.pk).seo_title == "Second title"


def test_nothing_typed_is_lost_by_leaving(desk, live_server):
    entry = make_draft()
    desk.goto(live_server.url + TABLE)
    desk.fill(f"[id='{entry.pk}-seo_title']", "Not saved yet")
    asked = []
    desk.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    desk.reload()
    assert asked == ["beforeunload"]


def test_words_of_both_stand_beside_each_other(desk, live_server):
    entry = make_entry(seo_title="Old")
    desk.goto(live_server.url + TABLE)
    desk.fill(f"[id='{entry.pk}-seo_title']", "Mine")
    Entry.objects.update(seo_title="Theirs")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".theirs")).to_have_text("Theirs: Theirs")
    expect(desk.locator(f"[id='{entry.pk}-seo_title']")).to_have_value("Mine")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone_and_are_open_to_everybody(desk, live_server, scheme):
    for number in range(3):
        make_entry(term=f"A rather long term number {number}", topics=[f"Topic {number}"])
    complaints: list[str] = []
    desk.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    desk.emulate_media(color_scheme=scheme)
    desk.set_viewport_size({"width": 360, "height": 740})

    def look() -> None:
        desk.wait_for_load_state()
        assert desk.evaluate("document.documentElement.scrollWidth") <= 360, desk.url
        rules = {"include": [["#content"]]}
        found = Axe().run(desk, context=rules).response["violations"]
        assert [(desk.url, each["id"], each["nodes"][0]["html"]) for each in found] == []

    for path in (TABLE, f"{LIST}export/"):
        desk.goto(live_server.url + path)
        look()
    desk.goto(f"{live_server.url}/admin/glossary/topic/")
    act(desk, "merge_selected")
    look()
    for name, value in (("bulk_interval", "6"), ("bulk_add_topic", "Topic 1")):
        desk.goto(live_server.url + LIST)
        act(desk, name)
        look()
        desk.fill("#id_value", value)
        with desk.expect_navigation():
            desk.click("#bulk_form input[type=submit]")
        look()
        with desk.expect_navigation():
            desk.click("#bulk_form input[type=submit]")
        look()
    assert complaints == []
