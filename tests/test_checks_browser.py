"""The checks in a real browser: what is said leads to its place."""

from contextlib import suppress

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Error, Page, expect

from glossary.models import LinkDecision
from tests.factories import make_draft, make_entry

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SELECTED = """() => {
  const field = document.querySelector("#id_body");
  return field.value.slice(field.selectionStart, field.selectionEnd);
}"""


@pytest.fixture(autouse=True)
def _impatient():
    expect.set_options(timeout=8000)


def open_form(page: Page, site: str, entry=None) -> None:
    """The form of `entry`, or of a new one."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss", password="a long password"))
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])
    path = f"{entry.pk}/change/" if entry else "add/"
    page.goto(f"{site}/admin/glossary/entry/{path}")


def test_a_finding_leads_to_its_line(live_server, page):
    filling = "".join(f"Line {n} of a text that goes on.\n\n" for n in range(120))
    entry = make_draft(term="Pod", body=f"😀 Begin.\n\n## A\n\n{filling}End.")
    open_form(page, live_server.url, entry)
    body = page.locator("#id_body")

    body.press("Control+End")
    page.keyboard.insert_text("\n\n#### Ünten 😀\n\nMore.")
    finding = page.get_by_role("link", name="Text, line 247")
    expect(finding).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    finding.click()

    assert page.evaluate(SELECTED) == "#### Ünten 😀"
    expect(body).to_be_focused()
    assert page.evaluate("document.querySelector('#id_body').scrollTop") > 500
    assert page.evaluate(
        "() => { const box = document.querySelector('#id_body').getBoundingClientRect();"
        " return box.top < innerHeight && box.bottom > 0; }"
    )


def test_a_finding_about_a_field_opens_what_hides_it(live_server, page):
    open_form(page, live_server.url)
    title = page.locator("#id_seo_title")
    page.locator("#id_term").fill("Pod")
    page.evaluate("document.querySelector('#id_seo_title').closest('details').open = true")
    title.fill("A TITLE THAT IS FAR TOO WIDE FOR ANY RESULT OF A SEARCH")
    page.evaluate("document.querySelector('#id_seo_title').closest('details').open = false")

    page.get_by_role("link", name="Title for search engines").click()

    expect(title).to_be_focused()


def test_the_state_is_said_and_a_late_answer_never_shown(live_server, page):
    open_form(page, live_server.url, make_draft(term="Pod", body="Text."))
    status = page.locator(".checks-status")
    expect(status).to_have_text("1 hint")
    page.locator(".checks > details > summary").first.click()
    held = []
    page.route(
        "**/admin/glossary/checks/",
        lambda route: route.fallback() if held else held.append(route),
    )

    with page.expect_request("**/admin/glossary/checks/"):
        page.locator("#id_body").fill("")
    expect(status).to_have_text("checking…")
    page.locator("#id_body").fill("See [this](/topics/).")

    expect(status).to_have_text("Nothing to mend.")
    with suppress(Error):
        held[0].fulfill(body='<p class="checks-summary"><b class="check-count">late</b></p>')
    page.locator("#id_body").fill("Text once more.")
    expect(status).to_have_text("1 hint")


def test_a_lost_session_and_a_lost_connection_are_said(live_server, page):
    open_form(page, live_server.url, make_draft(term="Pod", body="Text."))
    status = page.locator(".checks-status")
    expect(status).to_have_text("1 hint")

    page.route("**/admin/glossary/checks/", lambda route: route.abort())
    page.locator("#id_body").fill("Other.")
    expect(status).to_have_text("No connection: the checks are not up to date.")
    page.unroute("**/admin/glossary/checks/")
    page.context.clear_cookies()
    page.locator("#id_body").fill("Text again.")

    expect(status).to_contain_text("Log in again")
    expect(page.locator("#id_body")).to_have_value("Text again.")


def test_a_name_says_what_it_would_link_while_it_is_typed(live_server, page):
    make_entry(term="River", body="The flow of water. Flows.")
    open_form(page, live_server.url, make_draft(term="Pod", body="Text."))

    page.locator("#id_aliases-0-name").press_sequentially("flow")
    said = page.locator(".would-link")

    expect(said).to_contain_text("“flow” would add 1 link: 2 uses in 1 entry, each linked once")
    said.locator("summary").click()
    expect(said.get_by_text("The flow of water.")).to_be_visible()
    page.locator("#id_aliases-0-name").fill("")
    expect(said).to_be_empty()


def test_links_are_decided_in_the_panel(live_server, page):
    make_entry(term="Robot")
    entry = make_entry(term="Pod", body="A robot.")
    open_form(page, live_server.url, entry)
    page.locator(".link-review > summary").click()

    page.get_by_role("button", name="Never in this entry").click()
    expect(page.get_by_text("Robot: refused for this text.")).to_be_visible()
    entry.refresh_from_db()
    assert "/glossary/robot/" not in entry.body_html
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("button", name="Accept")).to_be_visible()
    entry.refresh_from_db()
    assert "/glossary/robot/" in entry.body_html
    assert not LinkDecision.objects.exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_panel_can_be_read_by_everybody(live_server, page, scheme, width):
    make_entry(term="Robot")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    body = "A robot.\n\n### A\n\n## B <term>\n\n[x](/nowhere/)"
    entry = make_entry(term="Pod", body=body, short_definition="")
    open_form(page, live_server.url, entry)
    expect(page.locator(".findings li")).to_have_count(4)
    page.locator(".link-review > summary").click()
    for part in page.locator(".check-previews > summary").all():
        part.click()
    expect(page.get_by_role("button", name="Accept")).to_be_visible()

    found = Axe().run(page, ".checks")

    assert [rule["id"] for rule in found.response["violations"]] == []
    assert page.evaluate("document.querySelector('.checks').scrollWidth") <= width
