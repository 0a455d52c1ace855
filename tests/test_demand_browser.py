"""What readers miss, from their browsers to the desk's queue."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page, expect

from glossary import demand
from glossary.models import Asker, Demand, Entry, MissedPath
from tests.factories import make_entry, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def missed() -> list[tuple[str, str, int]]:
    return list(MissedPath.objects.order_by("pk").values_list("language", "slug", "times"))


def try_address(page: Page, url: str) -> None:
    """Open a page that is not there, until its report is answered."""
    with page.expect_response("**/search/missed/") as answer:
        page.goto(url)
    assert answer.value.status == 204


def test_an_address_that_leads_nowhere_is_reported_once_for_a_tab(live_server, page: Page):
    make_entry(term="Webhook")
    try_address(page, f"{live_server.url}/glossary/data-mesh/")
    assert missed() == [("en", "data-mesh", 1)]
    page.reload()
    try_address(page, f"{live_server.url}/de/glossary/data-mesh/")
    other = page.context.new_page()
    try_address(other, f"{live_server.url}/glossary/data-mesh/")
    assert missed() == [("en", "data-mesh", 2), ("de", "data-mesh", 1)]
    assert page.context.cookies() == []


def sign_in(page: Page, url: str) -> None:
    browser = Client()
    browser.force_login(make_staff("publisher", username="Petra"))
    cookie = browser.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])


def test_from_a_search_in_vain_to_a_draft(live_server, page: Page):
    make_entry(term="Webhook")
    with page.expect_response("**/search/heard/"):
        page.goto(f"{live_server.url}/search/?q=data+mesh")
    page.get_by_label("Tell me when it is published").fill("rita@example.com")
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Send the suggestion").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    assert Asker.objects.get().email == "rita@example.com"
    demand.gather()

    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/admin/glossary/demand/")
    page.get_by_role("link", name="data mesh").click()
    expect(page.get_by_text("1 reader will be told when it is published.")).to_be_visible()
    page.get_by_role("link", name="Back to the list").click()
    page.get_by_role("button", name="Write it: data mesh").click()
    expect(page.locator("#id_term")).to_have_value("Data mesh")
    assert Demand.objects.get().entry == Entry.objects.get(term="Data mesh")


def test_not_for_us_and_ask_again_by_hand(live_server, page: Page):
    row = Demand.objects.create(language="en", term="casino", term_key="casino", searches=1)
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/admin/glossary/demand/{row.pk}/change/")
    page.get_by_role("button", name="Not for us").click()
    expect(page.get_by_text("Not for us: 1.")).to_be_visible()
    page.get_by_role("link", name="casino").click()
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_text("Back in the queue: 1.")).to_be_visible()
    row.refresh_from_db()
    assert not row.is_dismissed
