"""Moving, cancelling and verifying in a real browser: with scripts, without, by keys alone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from leads import booking, clock, links
from leads.models import Booking
from tests.factories import (
    make_author,
    make_calendar,
    make_lead,
    make_offer,
    make_picture,
    make_site,
    make_staff,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

State = Booking.State
KATHMANDU = ZoneInfo("Asia/Kathmandu")


@pytest.fixture(autouse=True)
def _impatient():
    expect.set_options(timeout=8000)


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def visitor(request, browser, live_server) -> Page:
    """Somebody's browser, with and without JavaScript."""
    context = browser.new_context(java_script_enabled=request.param, base_url=live_server.url)
    yield context.new_page()
    assert context.cookies() == []
    context.close()


def soon() -> datetime:
    """Ten in the morning, UTC, of a Wednesday that is at least a week ahead."""
    day = timezone.now() + timedelta(days=7)
    day += timedelta(days=(2 - day.weekday()) % 7)
    return day.replace(hour=10, minute=0, second=0, microsecond=0, tzinfo=UTC)


def book(**fields) -> Booking:
    make_site(contact_email="hi@x.example")
    offer = make_offer(place="https://meet.example.com/abc", **fields)
    host = make_author(name="Ines", portrait=make_picture(), portrait_alt="Ines, smiling")
    make_calendar(offer, host=host, time_zone="UTC")
    return booking.book(offer, start=soon(), lead=make_lead(), visitor_zone="Asia/Kathmandu")


def address(made: Booking, name: str = "booking", *parts: str) -> str:
    return reverse(f"leads:{name}", args=[links.token_of(made), *parts])


def day(moment: datetime) -> str:
    return clock.day(moment, KATHMANDU)


def test_a_consultation_is_moved_then_cancelled(visitor):
    made = book()
    start = soon() + timedelta(days=1, hours=1)
    visitor.goto(address(made))
    visitor.get_by_role("link", name="Move the consultation").click()
    visitor.get_by_role("link", name=day(start)).click()
    visitor.get_by_role("link", name=clock.time(start, KATHMANDU)).click()
    visitor.get_by_role("button", name=f"Move to {clock.whole(start, KATHMANDU)}").click()
    expect(visitor.get_by_role("status")).to_have_text(
        "Moved. We send you a mail with the new time."
    )
    expect(visitor.get_by_role("main")).to_contain_text(day(start))
    made.refresh_from_db()
    assert made.starts_at == start
    visitor.get_by_role("link", name="Cancel the consultation").click()
    visitor.get_by_label("Why do you cancel?").fill("Ill.")
    visitor.get_by_role("button", name="Cancel the consultation").click()
    expect(visitor.locator("h1")).to_have_text("This consultation is cancelled")
    made.refresh_from_db()
    assert (made.state, made.reason) == (State.CANCELLED, "Ill.")
    visitor.get_by_role("main").get_by_role("link", name="Choose another time").click()
    expect(visitor).to_have_url(f"{visitor.url.partition('/consultation/')[0]}/consultation/")


def test_an_address_is_verified(visitor):
    made = book(verifies_email=True)
    visitor.goto(address(made))
    expect(visitor.locator("h1")).to_have_text("One more step")
    visitor.goto(address(made, "booking_verify", links.verification_of(made)))
    visitor.get_by_role("button", name="Yes, it is mine").click()
    expect(visitor.locator("h1")).to_have_text("Your consultation is confirmed")
    expect(visitor.get_by_role("link", name="https://meet.example.com/abc")).to_be_visible()


def test_times_are_those_of_the_visitors_clock_where_nobody_noted_their_zone(browser, live_server):
    made = book()
    Booking.objects.update(visitor_zone="")
    context = browser.new_context(timezone_id="Asia/Kathmandu", base_url=live_server.url)
    page = context.new_page()
    page.goto(address(made))
    page.get_by_role("link", name="Move the consultation").click()
    expect(page.locator("form.zone")).to_contain_text("Asia/Kathmandu, UTC+05:45")
    expect(page.get_by_role("link", name=day(soon()))).to_be_visible()
    context.close()


def tab_to(page: Page, text: str) -> None:
    """Press Tab until what has the focus says `text`."""
    said = ""
    for _ in range(80):
        page.keyboard.press("Tab")
        said = page.evaluate("document.activeElement.innerText || ''")
        if text in " ".join(said.split()):
            return
    raise AssertionError(f"Tab never came to {text}, last to {said}")


def follow(page: Page) -> None:
    """Press Enter and wait for the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_moving_and_cancelling_need_nothing_but_keys(page, live_server):
    made = book()
    start = soon() + timedelta(hours=1)
    page.goto(live_server.url + address(made))
    for step in (
        *("Move the consultation", day(start), f"{clock.time(start, KATHMANDU)} ("),
        f"Move to {clock.whole(start, KATHMANDU)}",
    ):
        tab_to(page, step)
        follow(page)
    expect(page.get_by_role("status")).to_be_visible()
    tab_to(page, "Cancel the consultation")
    follow(page)
    expect(page.locator("h1")).to_have_text("Cancel the consultation?")
    tab_to(page, "Cancel the consultation")
    follow(page)
    expect(page.locator("h1")).to_have_text("This consultation is cancelled")
    made.refresh_from_db()
    assert (made.starts_at, made.state) == (start, State.CANCELLED)


def every_state(made: Booking) -> list[str]:
    """Addresses of bookings in each state, and of one that can no longer be changed."""
    late = make_offer(name="Late", is_default=False, change_cutoff=31 * 24 * 60)
    found, by = [], make_staff("sales")
    for number, state in enumerate([*State.values, State.CONFIRMED], start=1):
        start = made.starts_at + timedelta(days=1, minutes=30 * number)
        offer = late if number > len(State) else made.offer
        options = {"calendar": made.calendar, "visitor_zone": "Asia/Kathmandu", "by": by}
        other = booking.book(offer, start=start, lead=make_lead(), any_time=True, **options)
        Booking.objects.filter(pk=other.pk).update(state=state, holds_until=start)
        found.append(address(other))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_closed_to_anybody(page, live_server, scheme):
    made = book(verifies_email=True, most_open=0)
    page.emulate_media(color_scheme=scheme)
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    move = address(made, "booking_move")
    paths = [
        *every_state(made),
        *(move, f"{move}?time=2020-01-01T10:00Z", f"{address(made)}?done=moved"),
        f"{move}?time={soon() + timedelta(hours=1):%Y-%m-%dT%H:%MZ}",
        *(address(made, "booking_cancel"), "/consultation/booking/unknown/"),
        address(made, "booking_verify", links.verification_of(made)),
    ]
    found = []
    for path in paths:
        page.goto(live_server.url + path)
        violations = Axe().run(page).response["violations"]
        found += [(path, each["id"], each["nodes"][0]["html"]) for each in violations]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [(path, "wider than the screen")] * (wide > 0)
    assert (found, heard, len(paths)) == ([], [], 16)


def test_long_names_fit_small_screens(page, live_server):
    made = book(name="W" * 80, contact="W" * 200, change_cutoff=31 * 24 * 60)
    made.lead.name, made.lead.email = "W" * 120, "w" * 60 + "@example.com"
    made.lead.save()
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(live_server.url + address(made))
    assert page.evaluate("document.documentElement.scrollWidth") == 320
