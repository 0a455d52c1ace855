"""Calendars and offers in a real browser: on a phone, in the dark, with rows added."""

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from glossary.models import Topic
from tests.desk import change
from tests.factories import make_author, make_booking, make_calendar, make_offer, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OURS = {"include": [["#content"]], "exclude": [[".select2"], ["th.original"]]}
"""The page without what Django itself brings along: its search in lists, a heading of nothing."""


@pytest.fixture
def desk(page: Page, live_server) -> Page:
    """The browser of somebody in sales."""
    client = Client()
    client.force_login(make_staff("sales"))
    value = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
    page.set_default_timeout(15_000)
    return page


def look(desk: Page, width: int) -> None:
    """The page as it stands fits its window, and nothing in it keeps anybody out."""
    desk.wait_for_load_state()
    assert desk.evaluate("document.documentElement.scrollWidth") <= width, desk.url
    found = Axe().run(desk, context=OURS).response["violations"]
    assert [(each["id"], n["html"][:200]) for each in found for n in each["nodes"]] == []


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1440, "dark")])
def test_the_forms_are_open_to_everybody(desk, live_server, width, scheme):
    offer = make_offer()
    offer.offer_topics.create(topic=Topic.objects.create(name="Automation", slug="automation"))
    calendar = make_calendar(offer, author=make_author(name="Maximiliane Wolkenstein-Hohenburg"))
    calendar.overrides.create(day="2030-12-24", hours="9:00–11:00")
    start = timezone.now().replace(microsecond=0) + timedelta(days=2)
    calendar.blocked.create(starts_at=start, ends_at=start + timedelta(days=1), reason="Holidays")
    make_booking(offer=offer, start=start)
    desk.emulate_media(color_scheme=scheme)
    desk.set_viewport_size({"width": width, "height": 900})
    desk.goto(live_server.url + change(calendar))
    look(desk, width)
    desk.get_by_label("Monday:").fill("nine to five")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".errorlist").first).to_contain_text("Monday: “nine to five”")
    look(desk, width)
    for path in (change(calendar).replace("change", "renew"), change(offer)):
        desk.goto(live_server.url + path)
        look(desk, width)
    desk.get_by_label("Duration:").fill("soon")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".errorlist").first).to_contain_text("“soon” is not a length of time")
    look(desk, width)
    for path in ("/admin/leads/calendar/", "/admin/leads/offer/"):
        desk.goto(live_server.url + path)
        look(desk, width)


def test_days_off_are_added_row_by_row(desk, live_server):
    calendar = make_calendar(time_zone="Asia/Tokyo")
    desk.goto(live_server.url + change(calendar))
    desk.get_by_text("Add another Time away").click()
    for number, month in enumerate(["07", "08"]):
        row = desk.locator(f"#blocked-{number}")
        row.get_by_label("from, day").fill(f"2030-{month}-01")
        row.get_by_label("until, day").fill(f"2030-{month}-01")
        row.get_by_label("until, time").fill("12:00")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist .success")).to_be_visible()
    assert list(calendar.blocked.values_list("starts_at", "ends_at")) == [
        (datetime(2030, 6, 30, 15, tzinfo=UTC), datetime(2030, 7, 1, 3, tzinfo=UTC)),
        (datetime(2030, 7, 31, 15, tzinfo=UTC), datetime(2030, 8, 1, 3, tzinfo=UTC)),
    ]


def test_an_offer_is_made_with_lengths_in_words(desk, live_server):
    host = make_calendar(author=make_author(name="Ines"))
    desk.goto(f"{live_server.url}/admin/leads/offer/add/")
    desk.get_by_label("Name:").fill("Workshop")
    desk.get_by_label("Heading:").fill("Bring your team")
    desk.get_by_label("Text:", exact=True).fill("Half a day with us.")
    desk.get_by_label("Duration:").fill("3h")
    desk.get_by_label("Minimum notice:").fill("3 days")
    desk.get_by_label("Ines (Europe/Lisbon)").check()
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.get_by_label("Duration:")).to_have_value("3 h")
    expect(desk.locator(".outlook")).to_contain_text("free times in the next 7 days")
    offer = host.offers.get()
    assert (offer.duration, offer.notice) == (180, 3 * 1440)
