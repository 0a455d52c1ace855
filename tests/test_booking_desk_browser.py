"""Bookings on the desk in a real browser: taken on the phone, moved, cancelled; for everybody."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from config.models import OutboxMessage
from leads.choosing import text_of
from leads.models import Booking
from tests.desk import change
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_entry,
    make_lead,
    make_offer,
    make_staff,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADD = "/admin/leads/booking/add/"
LONG = "Bartholomäus von und zu Donaudampfschifffahrtsgesellschaft"
RULES = {"include": [["#content"]], "exclude": [[".select2-container"], ["#toolbar"]]}
"""The fields that look up entries, and search a list, are Django's own."""


@pytest.fixture(autouse=True)
def _impatient():
    expect.set_options(timeout=12000)


@pytest.fixture
def offer():
    offer = make_offer(place="https://meet.example.com/ines")
    make_calendar(offer, host=make_author(name="Ines"))
    return offer


@pytest.fixture
def desk(browser: Browser, live_server):
    """Opens a window of somebody of the sales people."""
    opened = []

    def window(**options) -> Page:
        client = Client()
        client.force_login(make_staff("sales"))
        cookie = client.cookies["sessionid"].value
        context = browser.new_context(base_url=live_server.url, **options)
        opened.append(context)
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return context.new_page()

    yield window
    for context in opened:
        context.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def said(page: Page):
    return page.locator(".messagelist")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_somebody_on_the_phone_is_booked_and_cancelled(desk, offer, scripts):
    page = desk(java_script_enabled=scripts)
    page.goto("/admin/leads/booking/")
    page.get_by_role("link", name="Book for someone on the phone").click()
    page.get_by_label("Name:").fill("Carl Caller")
    press(page, "Book it")
    expect(page.get_by_role("alert")).to_contain_text("Nothing is booked yet.")
    expect(page.get_by_label("Name:")).to_have_value("Carl Caller")
    page.get_by_label("E-mail:").fill("carl@example.com")
    press(page, "Later days")
    expect(page.get_by_label("E-mail:")).to_have_value("carl@example.com")
    page.locator("input[name=start]").first.check()
    page.get_by_label("They agreed on the phone").check()
    press(page, "Book it")
    expect(said(page)).to_contain_text("Carl Caller is told by mail.")
    booking = Booking.objects.get()
    assert (booking.lead.email, booking.state) == ("carl@example.com", "confirmed")

    page.get_by_role("link", name="Cancel …").click()
    page.get_by_label("Reason:").fill("Ines is ill.")
    page.get_by_label("Tell Carl Caller by mail").uncheck()
    press(page, "Cancel it")
    expect(said(page)).to_contain_text("Carl Caller is not told by mail.")
    booking.refresh_from_db()
    assert (booking.state, booking.reason) == ("cancelled", "Ines is ill.")
    assert OutboxMessage.objects.filter(kind="leads.tell_prospect").count() == 1


def test_a_booking_is_moved_by_keyboard(desk, offer):
    booking = make_booking(start=timezone.now() + timedelta(days=3))
    page = desk()
    page.goto(change(booking))
    page.get_by_role("link", name="Move …").press("Enter")
    # Of today there may be a single time left.
    day = page.locator("details.times").last
    day.locator("summary").press("Enter")
    times = day.locator("input[name=start]")
    wanted = times.nth(1).get_attribute("value")
    times.first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Move it").press("Enter")
    expect(said(page)).to_contain_text("Moved to ")
    booking.refresh_from_db()
    assert text_of(booking.starts_at) == wanted


def test_a_double_click_books_once(desk, offer):
    page = desk()
    page.goto(ADD)
    page.get_by_label("Name:").fill("Carl Caller")
    page.get_by_label("E-mail:").fill("carl@example.com")
    page.locator("input[name=start]").first.check()
    page.get_by_label("They agreed on the phone").check()
    page.get_by_role("button", name="Book it").dblclick()
    expect(said(page).first).to_contain_text("Booked with Ines")
    assert Booking.objects.count() == 1


@pytest.fixture
def full_week(offer):
    """A booking with long names, one to confirm, one that is over, an absence."""
    now = timezone.now()
    host = offer.calendars.get()
    make_calendar(offer, host=make_author(name=LONG), time_zone="America/New_York")
    entry = make_entry(term=LONG)
    lead = make_lead(name=LONG, company=LONG, message="Long. " * 50, entry=entry)
    make_booking(start=now - timedelta(days=1), now=now - timedelta(days=3), lead=lead)
    offer.confirms_by_hand = True
    offer.save()
    waits = make_booking(start=now + timedelta(hours=30), by=None, lead=lead, offer=offer)
    host.blocked.create(starts_at=now, ends_at=now + timedelta(days=2), reason="Dentist " * 9)
    host.overrides.create(day=now.date(), hours="10-12")
    return waits


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_for_everybody(desk, full_week, width, scheme):
    page = desk(viewport={"width": width, "height": 900}, color_scheme=scheme)
    of_booking = change(full_week)
    paths = [
        *("/admin/leads/booking/", "/admin/leads/booking/?show=past", ADD),
        *("/admin/leads/booking/week/", of_booking, change(full_week.lead)),
        *(of_booking.replace("change", act) for act in ("move", "confirm", "refuse", "cancel")),
    ]
    for path in paths:
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert (path, wide <= 0) == (path, True)
        violations = Axe().run(page, context=RULES).response["violations"]
        found = [(each["id"], each["nodes"][0]["html"]) for each in violations]
        assert (path, found) == (path, [])
