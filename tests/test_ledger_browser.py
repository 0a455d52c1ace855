"""From the article to the lead in a real browser: counted, carried, shown, shared by choice."""

import json
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from leads import counting
from leads.models import DayCount, Lead
from tests.factories import make_entry, make_offer, make_site

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

READER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36"
SHARE = "Share what I read and searched for here, so that you can prepare our talk."


@pytest.fixture
def site(live_server) -> str:
    make_site(consent_text="You may keep this to answer me.")
    make_offer()
    for term in ("Tea", "Coffee"):
        make_entry(term=term, body="Leaves or beans.\n\n" * 40)
    return live_server.url


@pytest.fixture
def page(browser, page) -> Page:
    """A reader's page: the browser of the tests says of itself that it is driven."""
    context = browser.new_context(user_agent=READER, viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def counted() -> list[tuple]:
    counting.flush()
    rows = DayCount.objects.order_by("kind", "entry_key", "position")
    return [(each.kind, each.position, each.times) for each in rows if each.entry_key]


def send(page: Page) -> Lead:
    page.get_by_label("Your name").fill("Paula")
    page.get_by_label("E-mail").fill("paula@example.com")
    page.get_by_label("What would you like to talk about?").fill("Tea.")
    page.get_by_label("You may keep this to answer me.").check()
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    return Lead.objects.latest("pk")


def read(page: Page, site: str) -> None:
    """Come from elsewhere by a campaign, read two entries, search, and follow a call."""
    page.route(
        "http://elsewhere.example/**",
        lambda route: route.fulfill(
            body=f"<a href='{site}/glossary/coffee/?utm_source=news&utm_campaign=spring'>read</a>",
            content_type="text/html",
        ),
    )
    page.goto("http://elsewhere.example/private/list?who=paula")
    with page.expect_request(f"{site}/seen/*"):
        page.get_by_role("link", name="read").click()
    page.goto(f"{site}/search/?q=leaves")
    page.goto(f"{site}/glossary/tea/")
    with page.expect_request(lambda asked: "/seen/" in asked.url and asked.post_data):
        page.get_by_role("region", name="Want to automate").get_by_role("link").click()
    page.wait_for_url("**/consultation/**")


def test_the_whole_way_is_kept_as_it_was_shown(site, page):
    heard = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    read(page, site)
    way = page.get_by_label("Tell us how you found us.")
    expect(way).to_be_checked()
    expect(page.locator(".way label")).to_contain_text(
        "You came from elsewhere.example. Your first page here was /glossary/coffee/. "
        "The link was marked “news, spring”.",
        use_inner_text=True,
    )
    shares = page.get_by_label(SHARE)
    expect(shares).not_to_be_checked()
    terms, searches = page.locator(".reading ul").all()
    expect(terms.locator("li")).to_have_text(["Coffee×", "Tea×"])
    expect(searches.locator("li")).to_have_text(["leaves×"])
    assert Axe().run(page, context=".consultation-parts form").response["violations"] == []
    shares.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(terms.locator("li")).to_have_text(["Tea×"])
    expect(page.locator("[role=status]")).to_have_text("Removed: Coffee")
    expect(page.get_by_role("button", name="Remove Tea")).to_be_focused()
    lead = send(page)
    line = lead.attribution
    assert (line.position, line.entry.term, line.landing_path) == (
        *("end", "Tea", "/glossary/coffee/"),
    )
    assert (line.referrer_host, line.utm_source, line.utm_campaign) == (
        *("elsewhere.example", "news", "spring"),
    )
    assert (line.read, line.searched) == (["/glossary/tea/"], ["leaves"])
    shown = lead.consents.get(purpose="reading")
    assert (shown.text, shown.is_given, shown.page) == (SHARE, True, lead.offer.get_absolute_url())
    assert counted() == [("click", "end", 1), *[("view", "", 1)] * 2]
    assert (page.context.cookies(), heard) == ([], [])


def test_nothing_is_sent_that_was_not_ticked_and_all_can_be_forgotten(site, page):
    read(page, site)
    page.get_by_label("Tell us how you found us.").uncheck()
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("heading", name="Nearly there")).to_be_visible()
    expect(page.get_by_label("Tell us how you found us.")).not_to_be_checked()
    expect(page.get_by_label(SHARE)).not_to_be_checked()
    page.get_by_label(SHARE).check()
    page.get_by_role("button", name="Forget all of it").click()
    expect(page.get_by_label(SHARE)).to_be_hidden()
    expect(page.get_by_label("You may keep this to answer me.")).to_be_focused()
    kept = page.evaluate("[localStorage['headword-terms'], localStorage['headword-searches']]")
    assert kept == ["[]", "[]"]
    with page.expect_request(lambda asked: asked.method == "POST") as asked:
        lead = send(page)
    fields = set(asked.value.post_data_json)
    assert fields & {"arrival", "reading", "reading_shown", "shares_reading"} == set()
    line = lead.attribution
    assert (line.position, line.landing_path, line.referrer_host) == ("end", "", "")
    assert (line.utm_source, line.read, lead.consents.count()) == ("", [], 1)


def test_without_scripts_the_form_is_whole_and_nothing_is_counted(site, browser):
    context = browser.new_context(user_agent=READER, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/glossary/tea/")
    page.get_by_role("region", name="Want to automate").get_by_role("link").click()
    expect(page.get_by_label(SHARE)).to_be_hidden()
    expect(page.get_by_label("Tell us how you found us.")).to_be_hidden()
    line = send(page).attribution
    assert (line.position, line.entry.term, line.read) == ("end", "Tea", [])
    assert counted() == []
    context.close()


TROUBLES = {
    "off": """for (const name of ['localStorage', 'sessionStorage'])
        Object.defineProperty(window, name, { get() { throw new Error('no') } })""",
    "full": """Storage.prototype.setItem = () => { throw new Error('full') };
        for (const key of ['headword-terms', 'headword-searches']) localStorage[key] = '{"a":'""",
    "garbage": """localStorage['headword-terms'] = '[7, null, {}]';
        localStorage['headword-searches'] = sessionStorage['headword-way'] = '7'""",
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_the_form_is_whole_whatever_the_storage_does(site, page, trouble):
    heard = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.add_init_script(f"try {{ {trouble} }} catch {{}}")
    with page.expect_request(f"{site}/seen/*"):
        page.goto(f"{site}/glossary/tea/")
    page.goto(f"{site}/consultation/")
    assert send(page).attribution.read == []
    assert heard == []


def test_a_page_behind_others_is_counted_once_it_is_seen_and_staff_never(site, page):
    asked = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.add_init_script(
        "let hidden = true; Object.defineProperty(document, 'hidden', { get: () => hidden });"
        "addEventListener('show', () => { hidden = false; "
        "document.dispatchEvent(new Event('visibilitychange')) })"
    )
    page.goto(f"{site}/glossary/tea/")
    page.evaluate("fetch('/healthz').then(() => null)")
    assert ("/seen/" in asked, page.evaluate("localStorage['headword-terms']")) == (False, None)
    with page.expect_request(f"{site}/seen/*"):
        page.evaluate("dispatchEvent(new Event('show'))")
    page.evaluate("dispatchEvent(new Event('show'))")
    assert json.loads(page.evaluate("localStorage['headword-terms']")) == [
        ["/glossary/tea/", "Tea"]
    ]
    page.evaluate("fetch('/healthz').then(() => null)")
    assert asked.count("/seen/") == 1
    page.evaluate("localStorage['headword-staff'] = 1")
    page.reload()
    page.evaluate("dispatchEvent(new Event('show'))")
    page.evaluate("fetch('/healthz').then(() => null)")
    expect(page.get_by_role("link", name="Edit this entry")).to_be_visible()
    assert asked.count("/seen/") == 1
