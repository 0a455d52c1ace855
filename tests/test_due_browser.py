"""The list of reviews in a real browser: boxes that tick together, and one click for one."""

import pytest
from playwright.sync_api import expect

from config import site
from glossary import freshness
from glossary.models import Entry, EntryEvent
from tests.factories import make_entry, make_site, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(live_server, page):
    make_site(review_months=6)
    site.forget()
    for term in ("Warp", "Weft", "Woof"):
        make_entry(term=term)
    Entry.objects.update(review_due_on=freshness.today())
    make_staff("publisher", username="paula")
    page.goto(f"{live_server.url}/admin/login/?next=/admin/glossary/entry/due/")
    page.get_by_label("Username").fill("paula")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Log in").click()
    return page


def confirmed() -> list[str]:
    found = EntryEvent.objects.filter(verb="confirmed").order_by("entry__term")
    return [event.entry.term for event in found]


def test_one_click_is_enough(desk):
    desk.get_by_role("button", name="Weft is still correct").click()
    expect(desk.get_by_text("“Weft” is still correct.")).to_be_visible()
    expect(desk.locator("#result_list tbody th")).to_have_text(["Warp", "Woof"])
    assert confirmed() == ["Weft"]


def test_boxes_tick_together(desk):
    every, warp = desk.get_by_label("Tick all on this page"), desk.get_by_label("Warp", exact=True)
    every.check()
    expect(warp).to_be_checked()
    warp.uncheck()
    expect(every).not_to_be_checked()
    desk.get_by_label("Note for the history").fill("Read at the meeting.")
    desk.get_by_role("button", name="The ticked ones are still correct").click()
    expect(desk.get_by_text("2 entries are still correct.")).to_be_visible()
    assert confirmed() == ["Weft", "Woof"]
    notes = EntryEvent.objects.filter(verb="confirmed").values_list("note", flat=True)
    assert set(notes) == {"Read at the meeting."}
