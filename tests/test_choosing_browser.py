"""Choosing a time and booking it in a real browser: by pointer, by keyboard, without scripts."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from leads import submission
from leads.models import Booking, Lead
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_entry,
    make_offer,
    make_picture,
    make_site,
)
from tests.test_browser import complaints, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
START = "/consultation/?from=/glossary/webhook/"


@pytest.fixture(autouse=True)
def _monday_morning(monkeypatch):
    """A Monday, on which nobody needs two seconds to fill in a form."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr(submission, "TOO_FAST", timedelta(0))


@pytest.fixture
def site(live_server) -> str:
    make_site(contact_email="hello@northlight.example")
    make_entry(term="Webhook", at=NOW - timedelta(days=1))
    host = make_author(name="Ines Carvalho", portrait=make_picture(), portrait_alt="Ines")
    make_calendar(make_offer(place="By video", description="*Thirty* minutes."), host=host)
    return live_server.url


def opened(browser, **options) -> Page:
    options = {"timezone_id": "Asia/Kathmandu", "reduced_motion": "reduce", **options}
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(10_000)
    return page


def fill_in(page: Page, email: str = "paula@example.com") -> None:
    page.get_by_label("Your name").fill("Paula Prospect")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("I agree").check()


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until `wanted` has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("e => e === document.activeElement"):
            return
    pytest.fail(f"Tab never comes to {wanted}")


def test_a_time_is_booked_in_the_zone_that_the_browser_tells(site, browser):
    page = opened(browser)
    heard = complaints(page)
    page.goto(site + START)
    page.wait_for_url("**/consultation/?from=*&zone=Asia*")
    expect(page.get_by_label("Your time zone")).to_have_value("Asia/Kathmandu")
    page.get_by_role("link", name="Wednesday, March 4, 2026 14 times").click()
    name = "Wednesday, March 4, 2026, 15:45 (Asia/Kathmandu, UTC+05:45)"
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.locator(".moment")).to_have_text(name)
    expect(page.locator(".came-from")).to_contain_text("Webhook")
    fill_in(page)
    page.get_by_role("button", name="Book this time").click()
    page.wait_for_url("**/consultation/booking/**")
    booking, lead = Booking.objects.get(), Lead.objects.get()
    assert (booking.starts_at, booking.visitor_zone) == (TEN, "Asia/Kathmandu")
    assert (lead.entry.term, heard) == ("Webhook", [])
    page.context.close()


def test_going_back_and_sending_again_leads_to_the_same_booking(site, browser):
    page = opened(browser)
    page.goto(f"{site}/consultation/?zone=UTC&time=2026-03-04T10:00Z")
    fill_in(page)
    page.get_by_role("button", name="Book this time").click()
    page.wait_for_url("**/consultation/booking/**")
    confirmed = page.url
    page.go_back()
    fill_in(page)
    page.get_by_role("button", name="Book this time").click()
    page.wait_for_url(confirmed)
    assert (Booking.objects.count(), Lead.objects.count()) == (1, 1)
    page.context.close()


def test_the_zone_of_the_browser_is_taken_once_and_never_against_a_choice(site, browser):
    page = opened(browser, timezone_id="Asia/Calcutta")
    page.goto(f"{site}/consultation/")
    page.wait_for_url("**zone=Asia*")
    expect(page.get_by_label("Your time zone")).to_have_value("Asia/Kolkata")
    page.get_by_label("Your time zone").select_option(label="St Johns")
    page.get_by_role("button", name="Show times there").click()
    expect(page).to_have_url(f"{site}/consultation/?zone=America%2FSt_Johns")
    expect(page.get_by_label("Your time zone")).to_have_value("America/St_Johns")
    at_home = opened(browser, timezone_id="Europe/Lisbon")
    at_home.goto(f"{site}/consultation/")
    expect(at_home.get_by_text("This is the time zone of your host.")).to_be_visible()
    expect(at_home).to_have_url(f"{site}/consultation/")
    page.context.close()
    at_home.context.close()


def test_a_time_is_booked_without_any_script(site, browser):
    page = opened(browser, java_script_enabled=False)
    page.goto(site + START)
    expect(page.get_by_text("This is the time zone of your host.")).to_be_visible()
    page.get_by_label("Your time zone").select_option(label="Kathmandu")
    page.get_by_role("button", name="Show times there").click()
    page.get_by_role("link", name="Later days").click()
    page.get_by_role("link", name="Earlier days").click()
    page.get_by_role("link", name="Wednesday, March 4, 2026 14 times").click()
    page.get_by_role("link", name=re.compile("2026, 15:45 ")).click()
    make_booking(start=TEN)
    fill_in(page)
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("alert")).to_contain_text("Your request is kept.")
    expect(page.get_by_label("Your name")).to_have_value("Paula Prospect")
    page.get_by_role("button", name=re.compile("2026, 16:15 ")).click()
    expect(page).to_have_url(re.compile("/consultation/booking/"))
    booking = Booking.objects.get(visitor_zone="Asia/Kathmandu")
    assert (booking.starts_at, booking.lead.entry.term) == (TEN + timedelta(minutes=30), "Webhook")
    page.context.close()


def test_a_time_is_booked_by_keyboard_alone(site, browser):
    page = opened(browser, timezone_id="Europe/Lisbon")
    page.goto(site + START)
    tab_to(page, page.get_by_role("link", name="Wednesday, March 4, 2026 14 times"))
    page.keyboard.press("Enter")
    page.wait_for_url("**day=2026-03-04**")
    # The fragment puts the focus before the times: the days need not be passed again.
    page.keyboard.press("Tab")
    expect(page.locator(".times a").first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".moment")).to_contain_text("Wednesday, March 4, 2026, 09:30")
    tab_to(page, page.get_by_label("Your name"))
    page.keyboard.type("Paula Prospect")
    page.keyboard.press("Tab")
    page.keyboard.type("paula@example.com")
    tab_to(page, page.get_by_role("checkbox"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Book this time"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/consultation/booking/**")
    assert Booking.objects.get().starts_at == TEN - timedelta(minutes=30)
    page.context.close()


def test_enter_in_a_field_takes_no_time_in_place_of_the_lost_one(site, browser):
    page = opened(browser)
    page.goto(f"{site}/consultation/?zone=UTC&time=2026-03-04T10:00Z")
    make_booking(start=TEN)
    fill_in(page)
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Your name").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name=re.compile("2026, 10:30 ")).click()
    page.wait_for_url("**/consultation/booking/**")
    assert Booking.objects.filter(visitor_zone="UTC").get().starts_at.minute == 30
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_no_step_is_closed_to_anybody_or_too_wide(site, browser, scheme, width):
    page = opened(browser, color_scheme=scheme, viewport={"width": width, "height": 800})
    heard, found = complaints(page), []

    def look() -> None:
        found.extend(violations(page, {}))
        size = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert size[0] <= size[1], page.url
        small = page.locator(".days a, .times a, .times button, .zone :is(select, button)")
        heights = small.evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
        assert min(heights, default=44) >= 44

    for address in (START, "/consultation/?zone=America/Pacific&day=2026-03-07"):
        page.goto(site + address)
        look()
    page.goto(f"{site}/consultation/?zone=Asia/Kathmandu&time=2026-03-04T10:00Z")
    look()
    page.get_by_role("button", name="Book this time").click()
    look()
    make_booking(start=TEN)
    fill_in(page)
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look()
    page.goto(f"{site}/consultation/?time=none")
    look()
    assert (found, heard) == ([], [])
    page.context.close()
