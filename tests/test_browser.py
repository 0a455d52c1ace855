"""The main job and its enemies, in a real browser."""

import os
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Error, Page, expect

from glossary.models import Entry, Topic
from leads import submission
from leads.models import Lead, Offer
from tests.factories import (
    make_author,
    make_draft,
    make_entry,
    make_lead,
    make_offer,
    make_picture,
    make_site,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
SECTIONS = [
    "What they do",
    "Where they sit",
    "Skills",
    "Tools",
    "A day at work",
    "Common mistakes",
    "What it costs",
    "When you need one",
    "When you do not",
]
BODY = "\n\n".join(
    f"## {name}\n\nSome words about *{name.lower()}*." for name in SECTIONS
).replace("Some words about *tools*.", "| Tool | Use |\n| --- | ---: |\n| Python | daily |")
CALLS = """A webhook turns the question around: nobody asks, the news arrives by itself.

## How it works

One program keeps the address of the other. When an order is paid, it calls that address.

## What it needs

An address that the caller can reach."""
CALLS_ANEW = """A webhook turns the question around: nobody asks, the news comes by itself.

## How it works

One program keeps the address of the other. When an order is paid, it calls that address
and waits until it answers.

#### When nobody answers

It tries again later. See [the documentation](documentation), or [[Retry]].

## What it needs

An address that the caller can reach."""
PAGES = {
    "home": "/",
    "index": "/glossary/",
    "letter": "/glossary/letter/M/",
    "entry": "/glossary/machine-learning-engineer/",
    "topics": "/topics/",
    "topic": "/topics/automation/",
    "authors": "/authors/",
    "author": "/authors/ines-carvalho/",
    "results": "/search/?q=model",
    "no results": "/search/?q=xyzzy",
    "misspelt": "/search/?q=mashine+lerning",
    "mentions": "/glossary/api/mentions/",
    "comparisons": "/compare/",
    "comparison": "/compare/robotic-process-automation-vs-workflow-automation/",
    "paths": "/paths/",
    "path": "/paths/automation-from-the-beginning/",
    "suggestion": "/suggest/?term=Model",
    "feedback": "/glossary/api/helpful/",
    "consultation": "/consultation/?from=/glossary/machine-learning-engineer/",
    "thanks": "/consultation/thanks/",
    "privacy": "/privacy/",
    "missing": "/no/such/page/",
}
DESK = [
    "/admin/",
    "/admin/glossary/entry/",
    "/admin/glossary/entry/add/",
    "/admin/authors/author/add/",
    "/admin/config/sitesettings/1/change/",
    "/admin/leads/offer/add/",
    "/admin/leads/lead/",
    "/admin/config/outboxmessage/",
]


# Helpers ----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_patience_needed(monkeypatch):
    """A browser that is driven fills in a form faster than the two seconds a person needs."""
    monkeypatch.setattr(submission, "TOO_FAST", timedelta(0))


@pytest.fixture(autouse=True)
def _impatient():
    expect.set_options(timeout=8000)


@pytest.fixture
def site(live_server) -> str:
    """The address of the running site."""
    return live_server.url


@pytest.fixture
def desk(site, page) -> Page:
    """A browser whose person is logged in as administrator."""
    log_in(page, site)
    return page


def log_in(page: Page, site: str) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("boss", password="a long password"))
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])


def complaints(page: Page) -> list[str]:
    """What the page's console complains about from now on: errors, refusals of the policy."""
    heard: list[str] = []

    def hear(message) -> None:
        # An error page's own status is no fault of the page.
        is_status = "the server responded with a status of 4" in message.text
        if message.type == "error" and not is_status:
            heard.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: heard.append(f"{page.url}: {error}"))
    return heard


def demo() -> None:
    call_command("demo", stdout=StringIO())


def keep_picture(page: Page, name: str) -> None:
    """Renew a picture of the handbook, when asked for by SCREENSHOTS=1."""
    if os.environ.get("SCREENSHOTS"):
        IMAGES.mkdir(exist_ok=True)
        page.screenshot(path=IMAGES / name)


def send_empty_request(page: Page, site: str) -> None:
    page.goto(f"{site}/consultation/?time=none")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("alert")).to_be_visible()


def fill_in_request(page: Page) -> None:
    page.get_by_label("Your name").fill("Paula Prospect")
    page.get_by_label("E-mail").fill("paula@example.com")
    page.get_by_label("What would you like to talk about?").fill("Can the typing stop?")
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Send the request").click()


def body_of(page: Page):
    return page.locator("#id_body")


def preview_of(page: Page):
    return page.locator(".field-body .markdownx-preview")


def status_of(page: Page):
    return page.locator(".field-body .markdownx-status")


def open_new_entry(page: Page, site: str) -> None:
    with page.expect_response("**/preview/"):
        page.goto(f"{site}/admin/glossary/entry/add/")


def give_picture(page: Page, content: bytes, *, by: str, name: str = "desk.png") -> None:
    """Drop or paste a file into the Markdown field."""
    page.evaluate(
        """([bytes, name, by]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
          const options = { bubbles: true, cancelable: true };
          const event = by === "drop"
            ? new DragEvent("drop", { ...options, dataTransfer: data })
            : new ClipboardEvent("paste", { ...options, clipboardData: data });
          document.querySelector("#id_body").dispatchEvent(event);
        }""",
        [list(content), name, by],
    )


def answer_later(page: Page) -> None:
    """Leave open what a picture shows; tests/test_pictures_browser.py answers."""
    page.get_by_role("dialog").get_by_role("button", name="Later").click()


# The main job -----------------------------------------------------------------------------


def test_an_article_is_written_published_read_and_answered(site, page, browser):
    User.objects.create_superuser("boss", password="a long password")
    make_site(name="Northlight", contact_email="hello@northlight.example")
    make_offer(button="Schedule a free consultation")
    make_author(
        name="Ines Carvalho",
        role="Python Developer and AI Automation Specialist",
        biography="Ines has written Python since 2013. She likes *quiet* automation.",
    )
    Topic.objects.create(name="Automation")
    page.set_viewport_size({"width": 1360, "height": 900})
    heard = complaints(page)

    page.goto(f"{site}/admin/")
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Log in").click()
    write_the_article(page, site)
    address = f"{site}/glossary/machine-learning-engineer/"

    visitor = browser.new_context(reduced_motion="reduce").new_page()
    heard_by_visitor = complaints(visitor)
    visitor.goto(address)
    read_the_article(visitor)
    visitor.locator("section.call").get_by_role("link").click()
    expect(visitor.locator(".came-from")).to_contain_text("Machine Learning Engineer")
    fill_in_request(visitor)
    expect(visitor.locator("h1")).to_have_text("Thank you")
    visitor.context.close()

    lead = Lead.objects.get()
    assert (lead.state, lead.entry, lead.source_path) == (
        "new",
        Entry.objects.get(),
        "/glossary/machine-learning-engineer/",
    )
    page.goto(f"{site}/admin/leads/lead/")
    page.get_by_role("link", name="Paula Prospect").first.click()
    expect(page.locator(".lead-facts")).to_contain_text("Machine Learning Engineer")
    expect(page.locator(".lead-facts blockquote")).to_contain_text("Can the typing stop?")
    keep_picture(page, "editor-lead.png")
    assert (heard, heard_by_visitor) == ([], [])


def write_the_article(page: Page, site: str) -> None:
    open_new_entry(page, site)
    page.locator("#id_term").press_sequentially("Machine Learning Engineer")
    page.locator("#id_short_definition").fill("Somebody who brings models into daily use.")
    body_of(page).fill(BODY)
    expect(preview_of(page).get_by_role("heading", level=2)).to_have_text(SECTIONS)
    expect(preview_of(page).get_by_role("cell", name="daily")).to_be_visible()

    page.locator(".field-author .select2-selection").click()
    page.locator(".select2-search__field").fill("Ines")
    page.locator(".select2-results__option", has_text="Ines Carvalho").click()
    topics = page.locator("#id_topics")
    topics.press_sequentially("Auto")
    expect(page.get_by_role("option", name="Automation")).to_be_visible()
    topics.press("ArrowDown")
    topics.press("Enter")
    expect(topics).to_have_value("Automation, ")
    page.locator("#id_aliases-0-name").fill("ML engineer")
    body_of(page).evaluate("field => field.scrollTo(0, 0)")
    page.evaluate("scrollTo(0, 0)")
    keep_picture(page, "editor-entry.png")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".messagelist")).to_contain_text("Readers see this version now.")
    expect(page.locator("#result_list .state")).to_have_text("Published")
    keep_picture(page, "editor-entries.png")


def read_the_article(visitor: Page) -> None:
    expect(visitor.locator("h1")).to_have_text("What is: Machine Learning Engineer")
    expect(visitor.locator(".entry-head .lead")).to_have_text(
        "Somebody who brings models into daily use."
    )
    byline = visitor.locator(".byline")
    expect(byline.get_by_role("link", name="Ines Carvalho")).to_be_visible()
    expect(byline.locator(".role")).to_have_text("Python Developer and AI Automation Specialist")
    contents = visitor.get_by_role("navigation", name="On this page")
    expect(contents.get_by_role("link")).to_have_text(SECTIONS)
    expect(visitor.locator(".prose h2[id]")).to_have_text(SECTIONS)
    contents.get_by_role("link", name="Common mistakes").click()
    expect(visitor.get_by_role("heading", name="Common mistakes")).to_be_in_viewport()
    box = visitor.get_by_role("region", name="Ines Carvalho")
    expect(box).to_contain_text("She likes quiet automation.")
    expect(visitor.locator(".also b", has_text="ML engineer")).to_be_visible()
    call = visitor.get_by_role("region", name="Want to automate your business?")
    expect(call.get_by_role("link")).to_have_text("Schedule a free consultation")


# What a change and an import look like ----------------------------------------------------


def test_a_change_is_checked_and_compared_before_readers_see_it(site, desk):
    make_site(name="Northlight", time_zone="Europe/Lisbon")
    entry = make_entry(
        term="Webhook",
        short_definition="A call by which one program tells another what has happened.",
        body=CALLS,
        author=make_author(name="Ines Carvalho"),
        reviewer=make_author(name="Tomas Lind"),
        topics=["Automation"],
    )
    desk.set_viewport_size({"width": 1360, "height": 900})
    desk.goto(f"{site}/admin/glossary/entry/{entry.pk}/change/")
    body_of(desk).fill(CALLS_ANEW)
    desk.get_by_label("Note:").fill("Says what happens when nobody answers")
    desk.get_by_role("button", name="Save and go on").click()
    expect(desk.locator(".messagelist")).to_contain_text(
        "Readers still see the published version."
    )
    states = desk.get_by_role("region", name="State").locator(".state")
    expect(states).to_have_text(["Published", "Newer draft"])
    expect(preview_of(desk).get_by_role("heading", name="How it works")).to_be_visible()
    keep_picture(desk, "editor-change.png")

    findings = desk.locator(".checks .findings li")
    expect(findings.filter(has_text="Heading")).not_to_have_count(0)
    desk.locator(".checks").evaluate("panel => panel.scrollIntoView()")
    keep_picture(desk, "editor-checks.png")

    desk.get_by_role("link", name="Compare with the live text").click()
    expect(desk.locator(".diff ins")).to_contain_text(["answers"])
    keep_picture(desk, "editor-compare.png")
    entry.refresh_from_db()
    assert entry.body == CALLS


def test_an_import_says_what_would_happen_then_what_happened(site, desk):
    make_site(name="Northlight")
    make_draft(term="Polling")
    table = (
        "term,short_definition,body,state\n"
        'Webhook,A call between programs.,"## How it works\n\nA call.",published\n'
        "Queue,A list of what is to be done.,One after the other.,published\n"
        ",,Nobody knows what this is about.,\n"
    )
    desk.set_viewport_size({"width": 1360, "height": 900})
    desk.goto(f"{site}/admin/glossary/importrun/add/")
    file = {"name": "terms.csv", "mimeType": "text/csv", "buffer": table.encode()}
    desk.get_by_label("File").set_input_files(file)
    desk.get_by_label("Publish").check()
    desk.get_by_role("button", name="Show what would happen").click()
    call_command("work", "--once", verbosity=0)
    expect(desk.locator(".import-state")).to_contain_text("Nothing has been changed yet.")
    desk.get_by_role("button", name="Do it").click()
    call_command("work", "--once", verbosity=0)
    expect(desk.locator(".import-state")).to_have_text("The import is done.")
    keep_picture(desk, "editor-import.png")
    assert set(Entry.objects.published().values_list("term", flat=True)) == {"Webhook", "Queue"}


def test_an_entry_opens_with_its_answer(site, page):
    demo()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(site + PAGES["entry"])
    for part in (".entry-head .lead", ".byline", ".prose h2 >> nth=0"):
        expect(page.locator(part)).to_be_in_viewport()
    expect(page.get_by_role("navigation", name="On this page")).to_be_in_viewport()
    keep_picture(page, "entry.png")


def test_free_times_stand_beside_their_days_and_name_their_zone(site, page):
    demo()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{site}{PAGES['consultation']}&zone=Europe/Lisbon")
    expect(page.locator("form.zone strong")).to_contain_text("Europe/Lisbon")
    for part in (".days [aria-current]", ".times a >> nth=0"):
        expect(page.locator(part)).to_be_in_viewport()
    keep_picture(page, "choose-time.png")


def test_the_week_shows_what_hosts_have_planned(site, desk):
    demo()
    desk.set_viewport_size({"width": 1360, "height": 900})
    desk.goto(f"{site}/admin/leads/booking/week/")
    desk.get_by_role("link", name="Week after").click()
    expect(desk.locator(".week-day")).to_have_count(7)
    expect(desk.locator(".week-days")).to_contain_text("Away: School meeting")
    keep_picture(desk, "editor-week.png")


# The Markdown field -----------------------------------------------------------------------


def test_the_tab_key_leaves_the_field_as_everywhere(site, desk):
    open_new_entry(desk, site)
    body_of(desk).fill("Some words")
    body_of(desk).press("Tab")
    expect(body_of(desk)).not_to_be_focused()
    expect(body_of(desk)).to_have_value("Some words")
    body_of(desk).focus()
    body_of(desk).press("Shift+Tab")
    expect(body_of(desk)).not_to_be_focused()


def test_typing_can_be_undone_after_a_preview(site, desk):
    open_new_entry(desk, site)
    body_of(desk).press_sequentially("Some *words*")
    expect(preview_of(desk).locator("em")).to_have_text("words")
    body_of(desk).press("Control+z")
    expect(body_of(desk)).not_to_have_value("Some *words*")
    body_of(desk).press("Control+Shift+z")
    expect(body_of(desk)).to_have_value("Some *words*")


@pytest.mark.parametrize("by", ["drop", "paste"])
def test_a_picture_is_uploaded_shown_and_can_be_undone(site, desk, by):
    open_new_entry(desk, site)
    body_of(desk).press_sequentially("Look: ")
    give_picture(desk, make_picture(size=(40, 30)).read(), by=by)
    answer_later(desk)
    picture = preview_of(desk).locator("img")
    expect(picture).to_have_attribute("alt", "Describe this picture")
    written = body_of(desk).input_value()
    source = picture.get_attribute("src")
    assert written == f"Look: ![Describe this picture]({source})"
    assert source.startswith("/media/pictures/")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 40
    expect(body_of(desk)).to_be_focused()
    for _ in range(2):
        desk.keyboard.press("Control+z")
    expect(body_of(desk)).to_have_value("Look: ")


def test_the_words_for_a_picture_are_ready_to_be_typed(site, desk):
    open_new_entry(desk, site)
    body_of(desk).focus()
    give_picture(desk, make_picture().read(), by="drop")
    answer_later(desk)
    expect(preview_of(desk).locator("img")).to_be_visible()
    desk.keyboard.type("My desk")
    expect(preview_of(desk).locator("img")).to_have_attribute("alt", "My desk")


@pytest.mark.parametrize("by", ["drop", "paste"])
def test_a_damaged_picture_gets_a_sentence_that_stays(site, desk, by):
    open_new_entry(desk, site)
    body_of(desk).press_sequentially("Look: ")
    with desk.expect_response("**/upload/") as answered:
        give_picture(desk, make_picture().read()[:60], by=by)
    sentence = answered.value.json()["error"]
    expect(status_of(desk)).to_have_text(sentence)
    expect(body_of(desk)).to_have_value("Look: ")
    # Taking the placeholder out asks for one more preview; the sentence is still to be read.
    expect(preview_of(desk)).to_have_text("Look:")
    assert status_of(desk).text_content() == sentence
    body_of(desk).press_sequentially("*nothing*")
    expect(preview_of(desk).locator("em")).to_have_text("nothing")


@pytest.mark.parametrize("how", ["session ended", "cookies gone"])
def test_an_ended_session_gets_a_sentence_and_keeps_the_text(site, desk, how):
    open_new_entry(desk, site)
    if how == "session ended":
        Session.objects.all().delete()
    else:
        desk.context.clear_cookies()
    body_of(desk).press_sequentially("Two hours of work")
    expect(status_of(desk)).to_contain_text("Your session has ended. Log in again in another tab")
    give_picture(desk, make_picture().read(), by="drop")
    expect(body_of(desk)).to_have_value("Two hours of work")
    expect(body_of(desk)).to_be_editable()


def test_a_lost_connection_gets_a_sentence_and_keeps_the_text(site, desk):
    open_new_entry(desk, site)
    desk.context.set_offline(True)
    body_of(desk).press_sequentially("On the train")
    expect(status_of(desk)).to_contain_text("No connection")
    desk.context.set_offline(False)
    body_of(desk).press_sequentially(", then *home*")
    expect(preview_of(desk).locator("em")).to_have_text("home")
    expect(status_of(desk)).to_have_text("")


def test_an_older_preview_never_replaces_a_newer_one(site, desk):
    open_new_entry(desk, site)
    held = []

    def hold_the_first(route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    desk.route("**/preview/", hold_the_first)
    with desk.expect_request("**/preview/"):
        body_of(desk).press_sequentially("First")
    body_of(desk).fill("Second")
    expect(preview_of(desk)).to_have_text("Second")
    # Playwright may refuse to answer a request that the page has given up, which is right too.
    with suppress(Error):
        held[0].fulfill(body="<p>First</p>", content_type="text/html")
    desk.wait_for_load_state("networkidle")
    expect(preview_of(desk)).to_have_text("Second")


def test_a_field_in_a_row_added_later_has_a_preview(site, desk):
    open_new_entry(desk, site)
    desk.evaluate(
        """() => {
          const row = document.createElement("div");
          row.id = "later";
          const field = document.querySelector(".field-body .markdownx").cloneNode(true);
          field.querySelector("textarea").id = "id_later";
          field.querySelector(".markdownx-preview").replaceChildren();
          row.append(field);
          document.querySelector("#entry_form").append(row);
          row.dispatchEvent(new CustomEvent("formset:added", { bubbles: true }));
        }"""
    )
    desk.locator("#id_later").press_sequentially("In a *new* row")
    expect(desk.locator("#later .markdownx-preview em")).to_have_text("new")


def test_the_enter_key_in_a_field_publishes_nothing(site, desk):
    entry = make_draft(term="Not ready")
    desk.goto(f"{site}/admin/glossary/entry/{entry.pk}/change/")
    with desk.expect_navigation():
        desk.locator("#id_slug").press("Enter")
    assert Entry.objects.get().state == "draft"


# Everybody can use it ---------------------------------------------------------------------


def violations(page: Page, options: dict) -> list[str]:
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{page.url} {each['id']}: {node['target']} {node['html'][:150]}"
        for each in found
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_closed_to_anybody_or_complains(site, page, scheme):
    demo()
    page.emulate_media(color_scheme=scheme)
    # By night only the colours are others; all else was looked at by day.
    options = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
    heard, found = complaints(page), []
    for path in PAGES.values():
        page.goto(site + path)
        found += violations(page, options)
    send_empty_request(page, site)
    found += violations(page, options)
    assert (found, heard) == ([], [])


def test_admin_pages_complain_about_nothing(site, desk):
    demo()
    heard = complaints(desk)
    entry, lead = Entry.objects.first(), Lead.objects.first()
    rows = [f"/admin/glossary/entry/{entry.pk}/change/", f"/admin/leads/lead/{lead.pk}/change/"]
    for path in DESK + rows:
        desk.goto(site + path)
    assert heard == []


def test_no_page_is_wider_than_a_small_telephone(site, page, monkeypatch):
    # Then a list says from which term to which it goes.
    monkeypatch.setattr("glossary.views.ENTRIES_PER_PAGE", 1)
    demo()
    make_entry(term="Zeppelin", topics=["Donaudampfschifffahrtsgesellschaftskapitaenskajuete"])
    make_entry(
        term="Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterb",
        slug="long",
        short_definition="https://example.com/" + "a" * 100,
        aliases=["W" * 90],
        topics=["Donaudampfschifffahrtsgesellschaftskapitaenskajuete"],
        body=(
            f"## {'Word' * 15}\n\n{'x' * 60} {'`' + 'c' * 80 + '`'}\n\n"
            f"```\n{'code ' * 60}\n```\n\n"
            f"| {' | '.join(f'column {n}' for n in range(12))} |\n|{' --- |' * 12}\n"
            f"| {' | '.join('y' * 20 for n in range(12))} |\n\n"
            f"> {'q' * 70}\n\n- {'l' * 70}\n\n[{'k' * 70}](https://example.com/)\n"
        ),
    )
    page.set_viewport_size({"width": 320, "height": 640})
    wide = []
    listed = "/topics/donaudampfschifffahrtsgesellschaftskapitaenskajuete/"
    for path in [*PAGES.values(), "/glossary/long/", listed, f"/search/?q={'x' * 100}"]:
        page.goto(site + path)
        width = page.evaluate("document.documentElement.scrollWidth")
        wide += [(path, width)] * (width > 320)
    send_empty_request(page, site)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert (wide, width) == ([], 320)


def test_everything_works_without_javascript(site, browser):
    make_site(name="Northlight")
    make_offer()
    make_entry(term="Webhook", body="## How it works\n\nA *call*.", topics=["Automation"])
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site)
    page.get_by_label("Search the glossary").fill("webhook")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("main").get_by_role("link", name="Webhook").click()
    expect(page.locator("h1")).to_have_text("What is: Webhook")
    page.locator("section.call").get_by_role("link").click()
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("alert")).to_contain_text("Please tell us your name.")
    fill_in_request(page)
    expect(page.locator("h1")).to_have_text("Thank you")
    assert context.cookies() == []
    context.close()
    assert (Lead.objects.get().entry.term, Offer.objects.get().leads.count()) == ("Webhook", 1)


def test_the_way_to_edit_is_shown_to_those_who_have_been_at_the_desk(site, page):
    entry = make_entry(term="Webhook")
    link = page.get_by_role("link", name="Edit this entry")
    page.goto(f"{site}/glossary/webhook/")
    expect(page.locator("h1")).to_be_visible()
    expect(link).to_be_hidden()

    log_in(page, site)
    page.goto(f"{site}/admin/")
    page.goto(f"{site}/glossary/webhook/")
    expect(link).to_be_visible()
    assert link.get_attribute("href") == f"/admin/glossary/entry/{entry.pk}/change/"

    page.goto(f"{site}/admin/")
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{site}/glossary/webhook/")
    expect(page.locator("h1")).to_be_visible()
    expect(link).to_be_hidden()


def test_a_visitor_of_the_login_page_is_no_staff(site, page):
    make_entry(term="Webhook")
    make_lead()
    page.goto(f"{site}/admin/")
    page.goto(f"{site}/glossary/webhook/")
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_role("link", name="Edit this entry")).to_be_hidden()
