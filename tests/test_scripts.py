"""What the scripts of public pages add to pages that work without them.

Small pages are served from memory, with the real scripts and the site's own policy.
"""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from csp.utils import build_policy
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.browser

SCRIPTS = Path(__file__).resolve().parent.parent / "static" / "js"
SITE = "https://glossary.example"
STYLE = """
body { margin: 0; font: 16px/1.5 sans-serif; }
[hidden] { display: none !important; }
.visually-hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }
.term-card { position: absolute; inline-size: max-content; max-inline-size: min(22rem, 95vw);
  background: #fff; color: #000; border: 1px solid; padding: 0 12px; }
.search-row { position: relative; }
.suggestions { position: absolute; list-style: none; margin: 0; padding: 0; background: #fff; }
.suggestions [aria-selected="true"] { outline: 2px solid; }
.alias::after { content: " → " / ""; }
nav.contents { position: sticky; inset-block-start: 0; block-size: 40px; overflow-y: auto; }
.call-bar { position: fixed; inset: auto 0 0; block-size: 80px; background: #fff; }
.with-call-bar { scroll-padding-block-end: 96px; }
.tall { block-size: 1500px; }
.far { margin-inline-start: 1200px; white-space: nowrap; }
"""
CARD = """<p class="card-term">Webhook</p><p>A call that one program makes to another.</p>
<script>document.title = "Taken over"</script>
<img src="/none.png" onerror="document.title = 'Taken over'">"""
LABELS = '<template id="page-card-labels" data-off="Turn off previews" data-on="Show previews">'
FOOTER = f'{LABELS}</template><footer class="site-footer"><ul><li>Privacy</li></ul></footer>'
TERM = f"""<main class="prose"><h1>Automation</h1>
<p>It begins with a <a class="term" href="/glossary/webhook/#use">webhook</a> as a rule,
<a href="/glossary/robot/">robots</a> come later.</p></main>{FOOTER}"""
FORM = """<main><h1>Search</h1><form class="search" action="/search/" role="search"
 data-suggest="/search/suggest/" data-count="Suggestions: %s" data-none="No suggestions">
<label for="page-query">Search the glossary</label><div class="search-row">
<input id="page-query" type="search" name="q"><button>Search</button></div></form></main>"""
FOUND = [
    {
        "term": "Robotic process automation",
        "alias": "RPA",
        "url": "/glossary/rpa/",
        "definition": "Programs that use programs.",
    },
    {"term": "Rule", "alias": "", "url": "/glossary/rule/", "definition": ""},
]


class Server:
    """Answers a browser's requests from memory, and keeps what was asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.answers: dict[str, str] = {}
        self.asked: list[str] = []
        page.route("**/*", self.answer)

    def answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/js/"):
            route.fulfill(path=SCRIPTS / Path(path).name, content_type="text/javascript")
        elif path == "/style.css":
            route.fulfill(body=STYLE, content_type="text/css")
        elif path in self.answers:
            self.asked.append(path)
            kind = "application/json" if path == "/search/suggest/" else "text/html"
            headers = {"Content-Security-Policy": build_policy()[0]}
            route.fulfill(body=self.answers[path], content_type=kind, headers=headers)
        else:
            self.asked.append(path)
            route.fulfill(status=404, body="<p class='card-term'>Not found</p>")

    def open(self, script: str, body: str) -> Page:
        """Show a page with this body and script, when the script has run."""
        self.answers["/"] = (
            f"<!doctype html><html lang=en><meta charset=utf-8><title>Page</title>"
            f"<meta name=viewport content='width=device-width'>"
            f"<link rel=canonical href={SITE}/canonical/><link rel=stylesheet href=/style.css>"
            f"<script type=module src=/static/js/{script}></script><body>{body}"
        )
        self.page.goto(f"{SITE}/")
        return self.page

    def settle(self) -> None:
        """Come back when all that the page has asked for so far has arrived here."""
        self.page.evaluate("fetch('/settle/').then(() => null)")

    def suggest(self, found: list[dict]) -> None:
        self.answers["/search/suggest/"] = json.dumps({"suggestions": found})


@pytest.fixture
def server(page) -> Server:
    expect.set_options(timeout=5000)
    server = Server(page)
    server.answers["/glossary/webhook/card/"] = CARD
    server.suggest(FOUND)
    return server


def stop_the_clock(page: Page) -> None:
    """From now on, time goes by in `page.clock.run_for` alone."""
    page.clock.install(time=0)
    page.clock.pause_at(3600)


def card(page: Page):
    return page.locator(".term-card")


def violations(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"]]


# Hover cards ------------------------------------------------------------------------------


def test_a_card_comes_with_the_mouse_and_lets_it_travel_there(server):
    page = server.open("cards.js", TERM)
    stop_the_clock(page)
    link = page.get_by_role("link", name="webhook")
    height = page.evaluate("document.documentElement.scrollHeight")
    link.hover()
    page.clock.run_for(149)
    server.settle()
    assert "/glossary/webhook/card/" not in server.asked
    page.clock.run_for(1)
    expect(card(page)).to_contain_text("A call that one program makes to another.")
    expect(link).to_have_attribute("aria-describedby", "page-term-card")
    assert (page.title(), page.evaluate("document.documentElement.scrollHeight")) == (
        "Page",
        height,
    )

    page.get_by_role("heading").hover()
    page.clock.run_for(299)
    card(page).hover()
    page.clock.run_for(1000)
    expect(card(page)).to_be_visible()
    page.get_by_role("heading").hover()
    page.clock.run_for(300)
    expect(card(page)).to_be_hidden()
    assert link.get_attribute("aria-describedby") is None


def test_a_card_comes_with_the_keyboard_and_goes_with_escape(server):
    page = server.open("cards.js", TERM)
    link = page.get_by_role("link", name="webhook")
    page.keyboard.press("Tab")
    expect(card(page)).to_be_visible()
    expect(link).to_have_accessible_description(
        "Webhook A call that one program makes to another."
    )
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(card(page)).to_be_hidden()
    expect(link).to_be_focused()

    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(card(page)).to_be_visible()
    page.keyboard.press("Tab")
    expect(card(page)).to_be_hidden()
    assert server.asked.count("/glossary/webhook/card/") == 1


def test_cards_can_be_switched_off_and_on_again(server):
    page = server.open("cards.js", TERM)
    link = page.get_by_role("link", name="webhook")
    footer = page.locator(".site-footer button")
    expect(footer).to_have_count(0)
    page.keyboard.press("Tab")
    card(page).get_by_text("Turn off previews").click()
    expect(card(page)).to_be_hidden()
    expect(link).to_be_focused()
    expect(footer).to_have_text("Show previews")

    page = server.open("cards.js", TERM)
    stop_the_clock(page)
    link.hover()
    page.clock.run_for(1000)
    server.settle()
    expect(card(page)).to_be_hidden()
    footer.press("Enter")
    expect(footer).to_have_text("Turn off previews")
    expect(footer).to_be_focused()
    page.get_by_role("heading").hover()
    link.hover()
    page.clock.run_for(150)
    expect(card(page)).to_be_visible()


def test_no_card_for_a_finger_for_a_broken_answer_or_while_text_is_marked(server):
    page = server.open("cards.js", TERM)
    stop_the_clock(page)
    link = page.get_by_role("link", name="webhook")
    box = link.bounding_box()
    page.context.new_cdp_session(page).send(
        "Input.dispatchTouchEvent",
        {"type": "touchStart", "touchPoints": [{"x": box["x"] + 5, "y": box["y"] + 5}]},
    )
    page.clock.run_for(1000)
    page.mouse.down()
    link.hover()
    page.clock.run_for(1000)
    page.mouse.up()
    server.settle()
    assert "/glossary/webhook/card/" not in server.asked

    del server.answers["/glossary/webhook/card/"]
    page.get_by_role("heading").hover()
    with page.expect_response("**/card/") as answered:
        link.hover()
        page.clock.run_for(150)
    answered.value.finished()
    server.settle()
    expect(card(page)).to_be_hidden()


def test_a_card_stays_inside_the_window_and_beside_its_link(server):
    page = server.open("cards.js", f'<div class="tall far">{TERM}</div>{TERM}<p class="tall">')
    link = page.get_by_role("link", name="webhook").last
    link.evaluate("link => scrollTo(0, link.offsetTop + link.offsetHeight + 10 - innerHeight)")
    link.hover()
    expect(card(page)).to_be_visible()
    shown, at = card(page).bounding_box(), link.bounding_box()
    assert shown["y"] + shown["height"] < at["y"]
    page.mouse.wheel(0, 50)
    page.wait_for_function(
        "top => document.querySelector('.term-card').getBoundingClientRect().top < top",
        arg=shown["y"],
    )
    moved, at_now = card(page).bounding_box(), link.bounding_box()
    assert moved["y"] - at_now["y"] == pytest.approx(shown["y"] - at["y"], abs=1)

    page.evaluate("scrollTo(0, 0)")
    page.get_by_role("link", name="webhook").first.focus()
    page.wait_for_function("document.querySelector('.term-card').getBoundingClientRect().top > 0")
    shown = card(page).bounding_box()
    assert shown["x"] + shown["width"] <= page.viewport_size["width"]


# List of contents -------------------------------------------------------------------------

PARTS = ["one", "größe", "three", "four"]
CONTENTS = (
    '<nav class="contents"><details><summary>On this page</summary>'
    + "".join(f'<p><a href="#{part}">{part}</a></p>' for part in PARTS)
    + "</details></nav>"
    + "".join(f'<h2 id="{part}">{part}</h2><p class="tall"></p>' for part in PARTS[:2])
    + '<h2 id="three">three</h2><p>Short.</p><h2 id="four">four</h2><p>The end.</p>'
)


def test_the_contents_mark_what_is_being_read(server):
    page = server.open("contents.js", CONTENTS)
    mark = page.locator("[aria-current=true]")
    page.evaluate("scrollTo(0, 2000)")
    expect(mark).to_have_text("größe")
    assert mark.evaluate(
        "link => link.getBoundingClientRect().bottom"
        " <= document.querySelector('nav').getBoundingClientRect().bottom + 1"
    )
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(mark).to_have_text("four")
    page.evaluate("scrollTo(0, 0)")
    expect(mark).to_have_text("one")
    page.get_by_role("link", name="größe").click()
    expect(mark).to_have_text("größe")

    page.goto(f"{SITE}/#three")
    expect(page.locator("#four")).to_be_in_viewport()
    expect(mark).to_have_text("three")
    page.mouse.move(600, 700)
    page.mouse.wheel(0, -900)
    expect(mark).to_have_text("größe")
    page.mouse.wheel(0, 900)
    expect(mark).to_have_text("four")


def test_the_contents_are_open_beside_the_text_and_folded_above_it(server):
    page = server.open("contents.js", CONTENTS)
    details = page.locator("details")
    expect(details).to_have_attribute("open", "")
    page.set_viewport_size({"width": 600, "height": 800})
    expect(details).not_to_have_attribute("open", "")
    page.locator("summary").click()
    page.get_by_role("link", name="three").click()
    expect(details).not_to_have_attribute("open", "")
    expect(page.locator("#three")).to_be_in_viewport()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(details).to_have_attribute("open", "")


# Search -----------------------------------------------------------------------------------


def field(page: Page):
    return page.get_by_role("combobox", name="Search the glossary")


def active(page: Page) -> str | None:
    """The text of the option that assistive technology takes for focused."""
    chosen = page.locator("[aria-selected=true]")
    name = field(page).get_attribute("aria-activedescendant")
    assert chosen.count() == (1 if name else 0)
    return page.locator(f"#{name}").text_content() if name else None


def test_a_suggestion_is_chosen_by_keyboard(server):
    server.answers["/glossary/rule/"] = "<h1>Rule</h1>"
    page = server.open("search.js", FORM)
    expect(field(page)).to_have_attribute("aria-expanded", "false")
    field(page).press_sequentially("r")
    expect(page.get_by_role("option")).to_have_text(
        ["RPA Robotic process automation Programs that use programs.", "Rule"]
    )
    expect(field(page)).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status")).to_have_text("Suggestions: 2")
    assert violations(page) == []
    seen = [active(page)]
    for key in ["ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowUp"]:
        field(page).press(key)
        seen.append((active(page) or "")[:4])
    assert seen == [None, "Rule", "RPA ", "Rule", "RPA ", "", "Rule"]
    field(page).press("Enter")
    expect(page).to_have_url(f"{SITE}/glossary/rule/")


def test_suggestions_close_before_the_field_is_cleared(server):
    server.answers["/search/"] = "<h1>Results</h1>"
    page = server.open("search.js", FORM)
    options = page.get_by_role("option")
    field(page).press_sequentially("r")
    expect(options).to_have_count(2)
    field(page).press("Escape")
    expect(options).to_have_count(0)
    expect(field(page)).to_have_value("r")
    expect(page.get_by_role("status")).to_have_text("")
    field(page).press("ArrowDown")
    expect(options).to_have_count(2)
    field(page).press("Tab")
    expect(options).to_have_count(0)
    expect(page.get_by_role("button")).to_be_focused()

    server.suggest([])
    field(page).press_sequentially("x")
    expect(page.get_by_role("status")).to_have_text("No suggestions")
    for _ in range(2):
        field(page).press("Escape")
    expect(field(page)).to_have_value("")
    server.suggest(FOUND)
    field(page).press_sequentially("& ü")
    expect(options).to_have_count(2)
    field(page).press("Enter")
    page.wait_for_url(f"{SITE}/search/?q=%26+%C3%BC")


def test_an_older_or_broken_answer_shows_nothing(server):
    page = server.open("search.js", FORM)
    held: list[Route] = []
    page.route("**/suggest/?q=o", lambda route: held.append(route))
    with page.expect_request("**/suggest/?q=o"):
        field(page).press_sequentially("o")
    with page.expect_event("requestfailed"):
        field(page).press_sequentially("r")
    expect(page.get_by_role("option")).to_have_count(2)

    server.answers["/search/suggest/"] = "<h1>Out of order</h1>"
    field(page).press_sequentially("d")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(field(page)).to_have_attribute("aria-expanded", "false")
    server.suggest(FOUND)
    field(page).press_sequentially("e")
    expect(page.get_by_role("option")).to_have_count(2)


def test_a_suggestion_is_chosen_by_mouse_and_none_disturbs_a_composition(server):
    server.answers["/glossary/rpa/"] = "<h1>RPA</h1>"
    page = server.open("search.js", FORM)
    stop_the_clock(page)
    field(page).focus()
    keyboard = page.context.new_cdp_session(page)
    keyboard.send(
        "Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1}
    )
    expect(field(page)).to_have_value("に")
    field(page).dispatch_event("keydown", {"key": "ArrowDown", "isComposing": True})
    page.clock.run_for(1000)
    server.settle()
    assert "/search/suggest/" not in server.asked
    keyboard.send("Input.insertText", {"text": "日"})
    page.clock.run_for(120)
    page.get_by_text("Programs that use programs.").click()
    expect(page).to_have_url(f"{SITE}/glossary/rpa/")


def test_a_search_is_told_once_in_a_tab(server, page):
    told: list[dict] = []
    page.route(
        "**/search/heard/",
        lambda route: (told.append(parse_qs(route.request.post_data)), route.fulfill(status=204)),
    )
    note = '<p data-heard="/search/heard/" data-mark="m:1" data-query="{}" data-results="12">'
    for query in ["a &amp; ö", "a &amp; ö", "b"]:
        server.open("search.js", note.format(query))
        page.wait_for_load_state("networkidle")
    assert told == [
        {"q": ["a & ö"], "results": ["12"], "mark": ["m:1"]},
        {"q": ["b"], "results": ["12"], "mark": ["m:1"]},
    ]


# Entry ------------------------------------------------------------------------------------


def test_a_citation_is_copied_and_a_page_shared(server, page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=SITE)
    page.add_init_script("navigator.share = async (given) => { window.shared = given; }")
    server.open(
        "entry.js",
        """<div><pre id="page-cite">
  Webhook, 2024\n</pre>
<button type="button" hidden data-copy="#page-cite" data-done="Copied">Copy</button></div>
<button type="button" hidden data-share>Share</button>""",
    )
    stop_the_clock(page)
    button = page.locator("[data-copy]")
    button.click()
    expect(button).to_have_text("Copied")
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "Webhook, 2024"
    page.clock.run_for(2000)
    expect(button).to_have_text("Copy")
    expect(page.get_by_role("status")).to_have_text("")
    page.get_by_role("button", name="Share").click()
    assert page.evaluate("shared") == {"title": "Page", "url": f"{SITE}/canonical/"}


BAR = """<p class="tall">Lead</p><section class="call">First</section><p class="tall"></p>
<p><a id="middle" href="/">Middle</a></p><p class="tall"></p>
<section class="call">Last</section><p class="tall"></p>
<footer class="site-footer"><a href="/">Privacy</a></footer>
<aside class="call-bar" hidden><a href="/consultation/">Talk</a>
<button type="button" data-close>Close</button></aside>"""


def test_the_call_stays_within_reach_on_small_screens_until_closed(server):
    page = server.open("entry.js", BAR)
    bar = page.locator(".call-bar")

    def scroll(where: str) -> None:
        """Scroll, and come back when the page has been drawn there."""
        page.evaluate(
            f"scrollTo(0, {where}); new Promise((done) => requestAnimationFrame("
            "() => requestAnimationFrame(() => setTimeout(done))))"
        )

    scroll("2500")
    expect(bar).to_be_hidden()
    page.set_viewport_size({"width": 360, "height": 640})
    expect(bar).to_be_visible()
    page.locator("#middle").evaluate(
        "link => scrollTo(0, link.getBoundingClientRect().bottom + scrollY - innerHeight + 20)"
    )
    page.keyboard.press("Tab")
    expect(page.locator("#middle")).to_be_focused()
    focused = page.locator("#middle").bounding_box()
    assert focused["y"] + focused["height"] <= bar.bounding_box()["y"]

    for away in ["0", "document.querySelectorAll('.call')[1].offsetTop", "1e6"]:
        scroll(away)
        expect(bar).to_be_hidden()
        scroll("2500")
        expect(bar).to_be_visible()
    bar.get_by_role("button").click()
    expect(bar).to_be_hidden()
    server.open("entry.js", BAR)
    scroll("2500")
    expect(bar).to_be_hidden()
