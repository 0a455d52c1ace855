"""Reading and finding in a real browser, on the demonstration site."""

from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ENTRY = "/glossary/robotic-process-automation/"


@pytest.fixture
def site(live_server) -> str:
    call_command("demo", stdout=StringIO())
    return live_server.url


def test_definitions_open_by_mouse_and_keyboard_and_close_by_escape(site, page: Page):
    page.goto(site + ENTRY)
    link = page.locator(".prose a.term").first
    card = page.get_by_role("tooltip")
    link.hover()
    expect(card).to_contain_text("is the agreed way for one program")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(link).to_be_focused()


def test_the_list_of_contents_follows_the_reader_and_folds_on_small_screens(site, page: Page):
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(site + ENTRY)
    contents = page.get_by_role("navigation", name="On this page")
    contents.get_by_role("link", name="Pitfalls").click()
    current = contents.locator("[aria-current]")
    expect(current).to_have_text("Pitfalls")
    page.set_viewport_size({"width": 360, "height": 800})
    page.reload()
    expect(contents.get_by_role("link", name="Pitfalls")).to_be_hidden()
    contents.get_by_text("On this page").click()
    expect(contents.get_by_role("link", name="Pitfalls")).to_be_visible()


def test_suggestions_lead_to_the_entry_by_keyboard(site, page: Page):
    page.goto(f"{site}/search/")
    box = page.get_by_role("combobox", name="Search the glossary")
    box.press_sequentially("RPA")
    option = page.get_by_role("option").first
    expect(option).to_contain_text("Robotic Process Automation")
    box.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(page).to_have_url(site + ENTRY)


def test_the_call_stays_within_reach_on_small_screens_until_closed(site, page: Page):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(site + ENTRY)
    bar = page.get_by_role("complementary", name="Want to automate your business?")
    expect(bar).to_be_hidden()
    page.get_by_role("heading", name="Screen or interface").scroll_into_view_if_needed()
    page.mouse.wheel(0, 400)
    expect(bar).to_be_visible()
    bar.get_by_role("button", name="Close").click()
    expect(bar).to_be_hidden()
    page.reload()
    page.get_by_role("heading", name="Good uses").scroll_into_view_if_needed()
    expect(page.get_by_role("heading", name="Good uses")).to_be_in_viewport()
    expect(bar).to_be_hidden()


def test_reading_finding_and_answering_need_no_script(site, browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{site}/search/")
    page.get_by_label("Search the glossary").fill("robtic process automaton")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Robotic Process Automation", exact=True).click()
    expect(page).to_have_url(site + ENTRY)
    page.locator(".prose a.term").first.click()
    expect(page.get_by_role("heading", name="What is: API")).to_be_visible()
    page.get_by_role("button", name="Yes").click()
    page.get_by_label("What helped, or what was missing?").fill("The example.")
    page.get_by_role("button", name="Send the sentence").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
