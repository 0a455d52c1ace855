"""The puzzle of a busy network in a real browser, under the site's own policy."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from leads import puzzles, schedules, submission
from leads.choosing import text_of
from leads.models import Booking, Lead
from tests.factories import make_calendar, make_offer, make_site
from tests.test_browser import complaints, violations
from tests.test_choosing_browser import opened

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def address(live_server, monkeypatch) -> str:
    """The form for a time that is free, from a network that is busy."""
    monkeypatch.setattr(puzzles, "BUSY", 0)
    monkeypatch.setattr(puzzles, "FULL", 0)
    monkeypatch.setattr(submission, "TOO_FAST", timedelta(0))
    make_site()
    offer = make_offer()
    start = schedules.times([make_calendar(offer)], offer)[5]
    return f"{live_server.url}/consultation/?zone=UTC&time={text_of(start)}"


def fill_in(page: Page) -> None:
    page.get_by_label("Your name").fill("Paula Prospect")
    page.get_by_label("E-mail").fill("paula@example.com")
    page.locator("[name=consent]").check()


def test_a_busy_network_books_while_the_widget_works_unasked(address, browser):
    page = opened(browser, viewport={"width": 360, "height": 800}, color_scheme="dark")
    heard, asked = complaints(page), []
    page.on("request", lambda request: asked.append(urlsplit(request.url)))
    page.goto(address)
    expect(page.locator(".puzzle").get_by_role("status")).to_have_text("Checked")
    expect(page.get_by_label("Checked")).to_be_checked()
    assert page.locator("[name=altcha]").input_value()
    assert violations(page, {}) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    fill_in(page)
    page.get_by_role("button", name="Book this time").click()
    page.wait_for_url("**/consultation/booking/**")
    assert Booking.objects.get().lead.state == Lead.State.BOOKED
    assert heard == []
    assert {each.netloc for each in asked} == {urlsplit(address).netloc}
    page.context.close()


def test_who_sends_before_it_is_solved_waits_for_it(address, browser):
    page = opened(browser)
    page.route("**/pbkdf2.js", lambda route: None)
    page.goto(address)
    expect(page.locator(".puzzle").get_by_role("status")).to_have_text("Checking …")
    fill_in(page)
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_label("Your name")).to_have_value("Paula Prospect")
    assert not Lead.objects.exists()
    page.evaluate("document.querySelector('altcha-widget').setState('error')")
    page.wait_for_url("**/consultation/thanks/")
    assert Lead.objects.get().state == Lead.State.SPAM
    page.context.close()


def test_without_scripts_the_form_says_what_happens(address, browser):
    page = opened(browser, java_script_enabled=False)
    page.goto(address)
    expect(page.get_by_text("a person will look at it first")).to_be_visible()
    fill_in(page)
    page.get_by_role("button", name="Book this time").click()
    page.wait_for_url("**/consultation/thanks/")
    assert (Lead.objects.get().state, Booking.objects.count()) == (Lead.State.SPAM, 0)
    page.context.close()
