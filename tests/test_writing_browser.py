"""Writing an entry's text in a browser: toolbar, keys, names of entries, preview."""

from contextlib import suppress

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Error, Page, expect

from glossary.models import Entry
from tests.factories import make_draft, make_entry

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _impatient():
    expect.set_options(timeout=8000)


@pytest.fixture
def desk(live_server, page) -> Page:
    """A new text in front of somebody who may write."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss", password="a long password"))
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda said: said.type == "error" and page.complaints.append(said.text))
    return page


def open_new(page: Page, live_server) -> None:
    with page.expect_response("**/preview/"):
        page.goto(f"{live_server.url}/admin/glossary/entry/add/")
    expect(page.get_by_role("toolbar", name="Formatting")).to_be_visible()


def body_of(page: Page):
    return page.locator("#id_body")


def preview_of(page: Page):
    return page.locator(".markdownx-preview")


def options_of(page: Page):
    return page.get_by_role("listbox", name="Entries").get_by_role("option")


def chosen_in(page: Page) -> str:
    """The words of the option that a screen reader is at."""
    active = body_of(page).get_attribute("aria-activedescendant")
    return page.locator(f"#{active}").inner_text()


def button(page: Page, name: str):
    return page.get_by_role("toolbar").get_by_role("button", name=name, exact=True)


def write(page: Page, text: str) -> None:
    """Put `text` in the field; what stands between the small angles is selected."""
    start, end = text.find("‹"), text.find("›") - 1
    clean = text.replace("‹", "").replace("›", "")
    body_of(page).fill(clean)
    if start < 0:
        start = end = len(clean)
    body_of(page).evaluate(
        "(field, [start, end]) => { field.focus(); field.setSelectionRange(start, end); }",
        [start, end],
    )


def written(page: Page) -> str:
    """What stands in the field, the selection between small angles."""
    value, start, end = body_of(page).evaluate(
        "field => [field.value, field.selectionStart, field.selectionEnd]"
    )
    return f"{value[:start]}‹{value[start:end]}›{value[end:]}"


# Toolbar --------------------------------------------------------------------------------------

ACTS = [
    ("Heading", "One ‹two›\nthree", "## One two‹›\nthree"),
    ("Heading", "## One‹›", "One‹›"),
    ("Heading", "### One‹›", "## One‹›"),
    ("Subheading", "## One‹›", "### One‹›"),
    ("Bold", "A ‹good› one", "A **‹good›** one"),
    ("Bold", "A ‹good › one", "A **‹good›**  one"),
    ("Bold", "A go‹›od one", "A **‹good›** one"),
    ("Bold", "A **‹good›** one", "A ‹good› one"),
    ("Bold", "A ‹**good**› one", "A ‹good› one"),
    ("Bold", "A *‹good›* one", "A ***‹good›*** one"),
    ("Bold", "‹›", "**‹›**"),
    ("Italic", "A ‹good› one", "A *‹good›* one"),
    ("Italic", "A **‹good›** one", "A ***‹good›*** one"),
    ("Italic", "A ***‹good›*** one", "A **‹good›** one"),
    ("Link", "A ‹good› one", "A [good](‹https://›) one"),
    ("Link", "See ‹https://example.com/›", "See [‹›](https://example.com/)"),
    ("Link", "‹›", "[‹›](https://)"),
    ("Bulleted list", "‹one\n\ntwo›", "‹- one\n\n- two›"),
    ("Bulleted list", "‹- one\n- two›", "‹one\ntwo›"),
    ("Bulleted list", "‹1. one\n2. two›", "‹- one\n- two›"),
    ("Bulleted list", "‹›", "- ‹›"),
    ("Numbered list", "‹one\ntwo›\nthree", "‹1. one\n2. two›\nthree"),
    ("Numbered list", "‹1. one\n2. two›", "‹one\ntwo›"),
    ("Quotation", "‹one\n- two›", "‹> one\n> - two›"),
    ("Quotation", "‹> one\n> two›", "‹one\ntwo›"),
    ("Code", "Use ‹GET›", "Use `‹GET›`"),
    ("Code", "Use `‹GET›`", "Use ‹GET›"),
    ("Code", "Use ‹a`b›", "Use `` ‹a`b› ``"),
    ("Code", "‹one\ntwo›", "```\n‹one\ntwo›\n```"),
    ("Block of code", "Before‹›after", "Before\n\n```\n‹›\n```\n\nafter"),
    ("Table", "Before\n‹›", "Before\n\n| ‹Column› | Column |\n| --- | --- |\n|  |  |"),
    ("Link to an entry", "‹›", "[[‹›]]"),
    ("Link to an entry", "Our ‹systems›", "Our [[systems‹›]]"),
]


def test_every_button_writes_markdown_that_can_be_undone(live_server, desk):
    open_new(desk, live_server)
    for name, before, expected in ACTS:
        write(desk, before)
        button(desk, name).click()
        assert written(desk) == expected, (name, before)
        expect(body_of(desk)).to_be_focused()
        desk.keyboard.press("Control+z")
        plain = before.replace("‹", "").replace("›", "")
        assert body_of(desk).input_value() == plain, (name, before)
    assert desk.complaints == []


def test_keys_write_the_same(live_server, desk):
    open_new(desk, live_server)
    for keys, before, expected in [
        ("Control+b", "A ‹good› one", "A **‹good›** one"),
        ("Control+i", "A ‹good› one", "A *‹good›* one"),
        ("Control+k", "A ‹good› one", "A [good](‹https://›) one"),
        ("Control+e", "A ‹good› one", "A `‹good›` one"),
        ("Control+Shift+Digit7", "one‹›", "1. one‹›"),
        ("Control+Shift+Digit8", "one‹›", "- one‹›"),
        ("Control+Shift+Digit9", "one‹›", "> one‹›"),
        ("Control+Shift+Digit1", "one‹›", "## one‹›"),
        ("Control+Shift+Digit2", "one‹›", "### one‹›"),
    ]:
        write(desk, before)
        desk.keyboard.press(keys)
        assert written(desk) == expected, keys
        desk.keyboard.press("Control+z")
        assert body_of(desk).input_value() == before.replace("‹", "").replace("›", ""), keys
    write(desk, "A ‹good› one")
    for keys in ("Control+Alt+b", "b"):
        desk.keyboard.press(keys)
    assert body_of(desk).input_value() in ("A b one", "A bb one")


def test_undo_takes_one_step_at_a_time(live_server, desk):
    open_new(desk, live_server)
    body_of(desk).press_sequentially("good")
    desk.keyboard.press("Control+b")
    desk.keyboard.press("Control+Shift+Digit8")
    assert body_of(desk).input_value() == "- **good**"
    desk.keyboard.press("Control+z")
    assert body_of(desk).input_value() == "**good**"
    desk.keyboard.press("Control+z")
    assert body_of(desk).input_value() == "good"
    desk.keyboard.press("Control+Shift+z")
    assert body_of(desk).input_value() == "**good**"


def test_the_toolbar_is_one_stop_for_the_tab_key(live_server, desk):
    open_new(desk, live_server)
    desk.locator("#id_short_definition").focus()
    desk.keyboard.press("Tab")
    expect(button(desk, "Heading")).to_be_focused()
    desk.keyboard.press("ArrowLeft")
    expect(button(desk, "Whole window")).to_be_focused()
    desk.keyboard.press("ArrowRight")
    desk.keyboard.press("ArrowRight")
    expect(button(desk, "Subheading")).to_be_focused()
    desk.keyboard.press("End")
    expect(button(desk, "Whole window")).to_be_focused()
    desk.keyboard.press("Home")
    desk.keyboard.press("ArrowRight")
    desk.keyboard.press("Tab")
    expect(body_of(desk)).to_be_focused()
    desk.keyboard.press("Shift+Tab")
    expect(button(desk, "Subheading")).to_be_focused()
    tip = button(desk, "Bold").get_attribute("data-tip")
    assert (tip, button(desk, "Bold").get_attribute("aria-keyshortcuts")) == (
        "Bold (Ctrl+B)",
        "Control+B",
    )


def test_the_field_can_have_the_whole_window(live_server, desk):
    open_new(desk, live_server)
    body_of(desk).fill("*Words*")
    button(desk, "Whole window").click()
    expect(button(desk, "Whole window")).to_have_attribute("aria-pressed", "true")
    expect(body_of(desk)).to_be_focused()
    size = desk.viewport_size
    box = desk.locator(".markdownx").bounding_box()
    assert (box["width"], box["height"]) == (size["width"], size["height"])
    expect(preview_of(desk).locator("em")).to_be_in_viewport()
    desk.keyboard.press("Escape")
    expect(button(desk, "Whole window")).to_have_attribute("aria-pressed", "false")


LISTS = [
    ("- one‹›", "- one\n- ‹›"),
    ("- one\n- ‹›", "- one\n‹›"),
    ("  * one‹›", "  * one\n  * ‹›"),
    ("9. one‹›", "9. one\n10. ‹›"),
    ("1) one ‹›two", "1) one \n2) ‹›two"),
    ("- [x] done‹›", "- [x] done\n- [ ] ‹›"),
    ("> said‹›", "> said\n> ‹›"),
    ("> - one‹›", "> - one\n> - ‹›"),
    ("> said\n> ‹›", "> said\n‹›"),
    ("words‹›", "words\n‹›"),
    ("‹›- one", "\n‹›- one"),
    ("```\n- one‹›", "```\n- one\n‹›"),
    ("-one‹›", "-one\n‹›"),
    ("**bold**‹›", "**bold**\n‹›"),
]


def test_the_enter_key_goes_on_with_a_list(live_server, desk):
    open_new(desk, live_server)
    for before, expected in LISTS:
        write(desk, before)
        desk.keyboard.press("Enter")
        assert written(desk) == expected, before
    write(desk, "- one‹›")
    desk.keyboard.press("Shift+Enter")
    assert written(desk) == "- one\n‹›"
    write(desk, "- one‹›")
    desk.keyboard.press("Enter")
    desk.keyboard.press("Control+z")
    assert body_of(desk).input_value() == "- one"


# Names of entries -----------------------------------------------------------------------------


def test_an_entry_is_chosen_by_keys(live_server, desk):
    make_entry(term="Webhook")
    make_draft(term="Web service", slug="web-service")
    open_new(desk, live_server)
    body_of(desk).press_sequentially("A [[we")
    expect(options_of(desk)).to_have_count(2)
    expect(options_of(desk).nth(0)).to_contain_text("Webhook")
    expect(options_of(desk).nth(1)).to_contain_text("Draft")
    assert "Webhook" in chosen_in(desk)
    desk.keyboard.press("ArrowDown")
    assert "Web service" in chosen_in(desk)
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowUp")
    desk.keyboard.press("Enter")
    assert written(desk) == "A [[Web service]]‹›"
    expect(options_of(desk)).to_have_count(0)
    assert body_of(desk).get_attribute("aria-activedescendant") is None
    desk.keyboard.press("Control+z")
    assert body_of(desk).input_value() == "A [[we"
    assert desk.complaints == []


def test_an_entry_is_chosen_by_the_mouse(live_server, desk):
    make_entry(term="Webhook", aliases=["HTTP callback"])
    open_new(desk, live_server)
    body_of(desk).press_sequentially("A [[callb")
    options_of(desk).get_by_text("HTTP callback").click()
    assert written(desk) == "A [[Webhook|HTTP callback]]‹›"
    expect(body_of(desk)).to_be_focused()
    link = preview_of(desk).get_by_role("link", name="HTTP callback")
    expect(link).to_have_attribute("href", "/glossary/webhook/")


@pytest.mark.parametrize(
    ("before", "typed", "expected"),
    [
        ("A [[‹›]] b", "web", "A [[Webhook]]‹› b"),
        ("A [[‹›|call]] b", "web", "A [[Webhook‹›|call]] b"),
        ("| A [[‹› |", "callb", "| A [[Webhook\\|HTTP callback]]‹› |"),
        ("A [[‹›", "strange", "A [[Strange \\[x\\] &#124; \\`y\\`]]‹›"),
    ],
)
def test_what_stands_around_the_name_stays(live_server, desk, before, typed, expected):
    make_entry(term="Webhook", aliases=["HTTP callback"])
    make_entry(term="Strange [x] | `y`", slug="strange")
    open_new(desk, live_server)
    write(desk, before)
    desk.keyboard.type(typed)
    expect(options_of(desk)).to_have_count(1)
    desk.keyboard.press("Enter")
    assert written(desk) == expected


def test_selected_words_are_shown_whatever_they_link_to(live_server, desk):
    make_entry(term="Customer management", aliases=["systems"])
    open_new(desk, live_server)
    write(desk, "Our ‹systems› here")
    button(desk, "Link to an entry").click()
    expect(options_of(desk)).to_have_count(1)
    desk.keyboard.press("Enter")
    assert written(desk) == "Our [[Customer management|systems]]‹› here"


def test_the_list_can_be_left_and_stays_away(live_server, desk):
    make_entry(term="Webhook")
    open_new(desk, live_server)
    body_of(desk).press_sequentially("A [[we")
    expect(options_of(desk)).to_have_count(1)
    desk.keyboard.press("Escape")
    expect(options_of(desk)).to_have_count(0)
    with desk.expect_response("**/preview/"):
        desk.keyboard.type("b")
    expect(options_of(desk)).to_have_count(0)
    desk.keyboard.press("Enter")
    assert body_of(desk).input_value() == "A [[web\n"
    # The next one is offered again, and goes with the field's focus.
    desk.keyboard.type("[[w")
    expect(options_of(desk)).to_have_count(1)
    desk.keyboard.press("Tab")
    expect(options_of(desk)).to_have_count(0)
    expect(body_of(desk)).not_to_be_focused()
    assert body_of(desk).input_value() == "A [[web\n[[w"


@pytest.mark.parametrize("text", ["\\[[", "![[", "[[[", "`[[", "[[a]] [", "[[a|"])
def test_where_no_name_can_stand_nothing_is_offered(live_server, desk, text):
    make_entry(term="Webhook")
    open_new(desk, live_server)
    asked = []
    desk.on("request", lambda request: "/terms/" in request.url and asked.append(request.url))
    write(desk, text)
    with desk.expect_response("**/preview/"):
        desk.keyboard.type("w")
    assert asked == []


def test_an_older_list_never_replaces_a_newer_one(live_server, desk):
    make_entry(term="Alpha")
    make_entry(term="Altar")
    open_new(desk, live_server)
    held = []

    def hold_the_first(route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    desk.route("**/terms/**", hold_the_first)
    with desk.expect_request("**/terms/**"):
        body_of(desk).press_sequentially("[[al")
    desk.keyboard.type("t")
    expect(options_of(desk)).to_have_text(["AltarWhat Altar means."])
    with suppress(Error):
        held[0].fulfill(
            json={"terms": [{"term": "Old", "alias": "", "state": "", "definition": ""}]}
        )
    desk.wait_for_load_state("networkidle")
    expect(options_of(desk)).to_have_text(["AltarWhat Altar means."])


def test_without_an_answer_one_can_go_on_writing(live_server, desk):
    open_new(desk, live_server)
    desk.route("**/terms/**", lambda route: route.fulfill(status=403, json={"terms": []}))
    with desk.expect_response("**/terms/**"):
        body_of(desk).press_sequentially("[[web")
    desk.keyboard.type("]] and on")
    desk.keyboard.press("Enter")
    assert body_of(desk).input_value() == "[[web]] and on\n"


# Preview --------------------------------------------------------------------------------------


def test_the_preview_is_the_page_in_the_sites_own_type(live_server, desk):
    make_entry(term="Webhook")
    entry = make_draft(term="Text", body="Before.")
    desk.goto(f"{live_server.url}/admin/glossary/entry/{entry.pk}/change/")
    body_of(desk).fill("## About\n\nA webhook, a [[webhook|call]], a [[Wanted]].")
    expect(preview_of(desk).get_by_role("link", name="call")).to_have_class("term")
    why = "No entry is called “Wanted” yet: readers see these words without a link."
    expect(preview_of(desk).get_by_title(why)).to_have_text("Wanted")
    looks = "element => [getComputedStyle(element).fontFamily, getComputedStyle(element).color]"
    heading = preview_of(desk).get_by_role("heading", name="About").evaluate(looks)
    Entry.objects.filter(pk=entry.pk).update(body=body_of(desk).input_value())
    public = make_entry(term="Public", body="## About\n\nWords.")
    page = desk.context.new_page()
    page.goto(live_server.url + public.get_absolute_url())
    assert page.get_by_role("heading", name="About").evaluate(looks) == heading
    assert desk.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_preview_is_light_or_dark_as_the_admin(live_server, desk, scheme):
    other = "dark" if scheme == "light" else "light"
    grounds = {"light": "rgb(251, 250, 247)", "dark": "rgb(20, 23, 26)"}
    desk.emulate_media(color_scheme=scheme)
    open_new(desk, live_server)
    page = preview_of(desk).locator(".preview")
    expect(page).to_have_css("background-color", grounds[scheme])
    desk.evaluate("theme => { document.documentElement.dataset.theme = theme; }", other)
    expect(page).to_have_css("background-color", grounds[other])
    desk.evaluate("() => { document.documentElement.dataset.theme = 'auto'; }")
    expect(page).to_have_css("background-color", grounds[scheme])


def test_an_older_preview_never_replaces_a_newer_one(live_server, desk):
    open_new(desk, live_server)
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
    with suppress(Error):
        held[0].fulfill(body="<p>First</p>", content_type="text/html")
    desk.wait_for_load_state("networkidle")
    expect(preview_of(desk)).to_have_text("Second")


def test_the_preview_follows_the_chosen_language(live_server, desk):
    make_entry(term="Gift", slug="gift", language="de")
    open_new(desk, live_server)
    body_of(desk).fill("[[Gift]]")
    expect(preview_of(desk).locator(".unlinked")).to_have_text("Gift")
    desk.get_by_role("heading", name="Search engines and heading").click()
    desk.locator("#id_language").select_option("de")
    link = preview_of(desk).get_by_role("link", name="Gift")
    expect(link).to_have_attribute("href", "/de/glossary/gift/")


def test_following_a_link_in_the_preview_loses_no_text(live_server, desk):
    make_entry(term="Webhook")
    open_new(desk, live_server)
    body_of(desk).fill("[[Webhook]] [below](#below)\n\n" + "Words.\n\n" * 60 + "## Below")
    with desk.context.expect_page() as opened:
        preview_of(desk).get_by_role("link", name="Webhook").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("What is: Webhook")
    opened.value.close()
    preview_of(desk).get_by_role("link", name="below", exact=True).click()
    expect(preview_of(desk).get_by_role("heading", name="Below")).to_be_in_viewport()
    assert desk.url.endswith("/add/")


def test_a_row_added_later_has_all_of_it(live_server, desk):
    make_entry(term="Webhook")
    open_new(desk, live_server)
    desk.evaluate(
        """() => {
          const row = document.createElement("div");
          row.id = "later";
          const field = document.querySelector(".field-body .markdownx").cloneNode(true);
          field.querySelector("textarea").id = "id_later";
          field.querySelector("ul.markdownx-terms").remove();
          row.append(field);
          document.querySelector("#entry_form").append(row);
          row.dispatchEvent(new CustomEvent("formset:added", { bubbles: true }));
        }"""
    )
    later = desk.locator("#later")
    later.locator("textarea").press_sequentially("[[web")
    later.get_by_role("option").click()
    later.get_by_role("button", name="Heading", exact=True).click()
    expect(later.locator("textarea")).to_have_value("## [[Webhook]]")
    expect(later.locator(".markdownx-preview").get_by_role("link")).to_have_text("Webhook")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_field_is_closed_to_nobody(live_server, desk, scheme):
    make_entry(term="Webhook", aliases=["Web call"])
    make_draft(term="Web draft", slug="web-draft")
    desk.emulate_media(color_scheme=scheme)
    open_new(desk, live_server)
    body_of(desk).fill("## About\n\nA [[webhook]] and a [[wanted]] `one`.\n\n")
    expect(preview_of(desk).get_by_role("link", name="webhook")).to_be_visible()
    body_of(desk).press_sequentially("[[web")
    expect(options_of(desk)).to_have_count(2)
    found = Axe().run(desk, context={"include": [[".markdownx"]]}).response["violations"]
    said = [(each["id"], node["html"][:150]) for each in found for node in each["nodes"]]
    assert said == []


@pytest.mark.parametrize("width", [360, 1440])
def test_the_field_fits_every_window(live_server, desk, width):
    make_entry(term="Webhook", short_definition="x" * 300)
    desk.set_viewport_size({"width": width, "height": 900})
    open_new(desk, live_server)
    body_of(desk).fill("Some words [[")
    body_of(desk).press_sequentially("web")
    expect(options_of(desk)).to_have_count(1)
    assert desk.evaluate("document.documentElement.scrollWidth") == width
    field, page = body_of(desk).bounding_box(), preview_of(desk).bounding_box()
    is_beside = page["x"] >= field["x"] + field["width"]
    is_below = page["y"] >= field["y"] + field["height"]
    assert (is_beside, is_below) == ((False, True) if width == 360 else (True, False))
    desk.keyboard.press("Escape")
    button(desk, "Whole window").click()
    field, page = body_of(desk).bounding_box(), preview_of(desk).bounding_box()
    assert page["x"] > field["x"] + field["width"] or page["y"] > field["y"] + field["height"]
    assert page["y"] + page["height"] <= 900
