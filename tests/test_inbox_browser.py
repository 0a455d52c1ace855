"""The inbox in a real browser: a morning's work without scripts, closed to nobody, on a phone."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from leads.models import Lead
from tests.desk import change
from tests.factories import make_entry, make_lead, make_site, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

INBOX = "/admin/leads/lead/"
LONG = "Bartholomäus von und zu Donaudampfschifffahrtsgesellschaft"
RULES = {"include": [["#content"]], "exclude": [["#toolbar"]]}
"""The field that searches a list is Django's own."""


@pytest.fixture(autouse=True)
def _impatient():
    expect.set_options(timeout=12000)


@pytest.fixture
def desk(browser: Browser, live_server):
    """Opens a window of somebody of the sales people."""
    opened = []

    def window(**options) -> Page:
        client = Client()
        client.force_login(make_staff("sales", username="bea"))
        cookie = client.cookies["sessionid"].value
        context = browser.new_context(base_url=live_server.url, **options)
        opened.append(context)
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return context.new_page()

    yield window
    for context in opened:
        context.close()


@pytest.fixture
def lead() -> Lead:
    make_site()
    return make_lead(
        name=LONG,
        company=LONG,
        email=f"{'x' * 60}@{'y' * 60}.example",
        message="w" * 300,
        entry=make_entry(term=LONG, topics=["Data"]),
        created_at=timezone.now() - timedelta(days=3),
        next_step="z" * 100,
        next_step_on=timezone.localdate(),
    )


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_lead_is_taken_planned_and_lost_without_scripts(desk, lead):
    page = desk(java_script_enabled=False)
    page.goto(INBOX)
    expect(page.locator("nav.tabs [aria-current]")).to_have_text("Open 1")
    page.get_by_role("link", name=LONG).click()
    press(page, "I do")
    expect(page.locator(".lead-head")).to_contain_text("yours")
    page.get_by_label("What:").fill("Call again")
    page.get_by_label("By:").fill("2030-01-05")
    press(page, "Save the step")
    expect(page.locator(".lead-head")).to_contain_text("next: Call again, by 5 Jan 2030")
    # What only some states ask for is shown with these states.
    reason, value = page.get_by_label("Why it was lost:"), page.get_by_label("What it is worth")
    expect(reason).to_be_hidden()
    expect(value).to_be_hidden()
    page.get_by_label("State").select_option("won")
    expect(value).to_be_visible()
    page.get_by_label("State").select_option("lost")
    expect(value).to_be_hidden()
    reason.fill("No answer.")
    press(page, "Save the state")
    expect(page.locator(".lead-head")).to_contain_text("Lost: No answer.")
    lead.refresh_from_db()
    assert (lead.owner.username, lead.next_step, lead.state) == ("bea", "Call again", "lost")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_inbox_is_closed_to_nobody_and_fits_a_small_telephone(desk, lead, scheme):
    page = desk(color_scheme=scheme, viewport={"width": 320, "height": 640})
    found = []

    def look() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
        for each in Axe().run(page, context=RULES).response["violations"]:
            found.extend(f"{page.url} {each['id']}: {node['html']}" for node in each["nodes"])

    page.goto(f"{INBOX}?show=all&owner=nobody")
    page.get_by_text("Keep this view").click()
    look()
    page.goto(change(lead))
    page.get_by_label("By:").fill("2030-01-05")
    page.get_by_label("What:").fill("")
    press(page, "Save the step")
    expect(page.locator("#step_form")).to_contain_text("Say what is to be done by then.")
    look()
    page.goto(INBOX)
    page.locator(".action-select").check()
    page.get_by_label("Action:").select_option("change_state_selected")
    press(page, "Go")
    expect(page.locator("h1")).to_have_text("Which state?")
    look()
    assert found == []


@pytest.mark.parametrize("width", [360, 768, 1200])
def test_two_requests_side_by_side_have_room_for_their_words(desk, lead, width):
    other = make_lead(name="Other", submission="other")
    page = desk(viewport={"width": width, "height": 900})
    page.goto(f"/admin/leads/desk/merge/{other.pk}/into/{lead.pk}/")
    widths = page.locator(".facts dd").evaluate_all("all => all.map(each => each.offsetWidth)")
    assert len(widths) > 4
    assert min(widths) > 110


@pytest.mark.parametrize("width", [360, 768])
def test_buttons_and_filters_of_a_list_leave_room_for_its_title_and_rows(desk, lead, width):
    page = desk(viewport={"width": width, "height": 900})
    page.goto(INBOX)
    title, tools, rows, filters = (
        page.locator(place).bounding_box()
        for place in ("#content > h1", ".object-tools", "#result_list", "#changelist-filter")
    )
    assert tools["y"] >= title["y"] + title["height"]
    assert filters["y"] >= rows["y"] + rows["height"]
