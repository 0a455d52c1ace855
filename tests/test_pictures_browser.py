"""Pictures in a real browser: pasted, described, found again, and still on the page."""

import re
from io import BytesIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from playwright.sync_api import Page, expect

from config import pictures
from config.models import Picture
from config.pictures import PLACEHOLDER, keep
from tests.factories import make_entry, make_picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MARKDOWN = re.compile(r"Look: !\[(.*)\]\((/media/pictures/[\w-]{22}-\d+x\d+\.webp)\)")


@pytest.fixture(autouse=True)
def _impatient():
    expect.set_options(timeout=8000)


@pytest.fixture
def desk(live_server, page) -> Page:
    """The form of a new entry, opened by an administrator."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss", password="a long password"))
    cookie = client.cookies["sessionid"]
    page.context.add_cookies(
        [{"name": "sessionid", "value": cookie.value, "url": live_server.url}]
    )
    with page.expect_response("**/preview/"):
        page.goto(f"{live_server.url}/admin/glossary/entry/add/")
    return page


def give(page: Page, *contents: bytes, by: str = "paste") -> None:
    page.evaluate(
        """([files, by]) => {
          const data = new DataTransfer();
          for (const [at, bytes] of files.entries())
            data.items.add(new File([new Uint8Array(bytes)], `${at}.png`, { type: "image/png" }));
          const options = { bubbles: true, cancelable: true };
          document.querySelector("#id_body").dispatchEvent(by === "drop"
            ? new DragEvent("drop", { ...options, dataTransfer: data })
            : new ClipboardEvent("paste", { ...options, clipboardData: data }));
        }""",
        [[list(content) for content in contents], by],
    )


def body_of(page: Page):
    return page.locator("#id_body")


def image_in_preview(page: Page):
    return page.locator(".field-body .markdownx-preview img")


def question(page: Page):
    return page.get_by_role("dialog", name="What does this picture show?")


def library(page: Page):
    return page.get_by_role("dialog", name="Insert a picture")


def words(page: Page):
    return question(page).get_by_label("In a few words, for those who cannot see it")


def use_words(page: Page) -> None:
    question(page).get_by_role("button", name="Use these words").click()


# What a picture shows -----------------------------------------------------------------------


@pytest.mark.parametrize("by", ["paste", "drop"])
def test_a_pasted_picture_is_described_shown_and_remembered(desk, by):
    body_of(desk).press_sequentially("Look: ")
    give(desk, make_picture(size=(900, 600)).read(), by=by)
    expect(words(desk)).to_be_focused()
    words(desk).press_sequentially("Sales [in €] *doubled* & more")
    with desk.expect_response("**/alt/") as stored:
        words(desk).press("Enter")
    expect(question(desk)).to_be_hidden()
    expect(body_of(desk)).to_be_focused()

    written = MARKDOWN.fullmatch(body_of(desk).input_value())
    assert written[1] == r"Sales \[in €\] \*doubled\* \& more"
    image = image_in_preview(desk)
    expect(image).to_have_attribute("alt", "Sales [in €] *doubled* & more")
    expect(image).to_have_attribute("src", written[2])
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert stored.value.ok
    picture = Picture.objects.get()
    assert (picture.alt, pictures.address(picture)) == (
        "Sales [in €] *doubled* & more",
        written[2],
    )
    assert picture.uploaded_by.username == "boss"


def test_the_question_can_be_undone_like_everything(desk):
    body_of(desk).press_sequentially("Look: ")
    give(desk, make_picture().read())
    words(desk).fill("A chart")
    use_words(desk)
    expect(body_of(desk)).to_have_value(re.compile("A chart"))
    # The words that were typed in the dialog are a step of their own.
    for _ in range(4):
        desk.keyboard.press("Control+z")
    expect(body_of(desk)).to_have_value("Look: ")


def test_decoration_is_a_choice_of_its_own(desk):
    body_of(desk).press_sequentially("Look: ")
    give(desk, make_picture().read())
    use_words(desk)
    alert = question(desk).get_by_role("alert")
    expect(alert).to_have_text("Write what the picture shows, or tick “Decoration only”.")
    expect(words(desk)).to_be_focused()
    question(desk).get_by_label("Decoration only").check()
    use_words(desk)
    expect(question(desk)).to_be_hidden()
    assert MARKDOWN.fullmatch(body_of(desk).input_value())[1] == ""
    expect(image_in_preview(desk)).to_have_attribute("alt", "")
    assert Picture.objects.get().alt == ""


@pytest.mark.parametrize("how", ["Escape", "Later"])
def test_who_answers_later_finds_the_place_again(desk, how):
    body_of(desk).press_sequentially("Look: ")
    give(desk, make_picture().read())
    expect(question(desk)).to_be_visible()
    if how == "Later":
        question(desk).get_by_role("button", name="Later").click()
    else:
        desk.keyboard.press("Escape")
    expect(body_of(desk)).to_be_focused()
    assert MARKDOWN.fullmatch(body_of(desk).input_value())[1] == PLACEHOLDER
    desk.keyboard.type("My desk")
    expect(image_in_preview(desk)).to_have_attribute("alt", "My desk")


def test_of_several_pictures_each_is_asked_for(desk):
    give(desk, *(make_picture(size=size).read() for size in ((30, 20), (31, 20), (32, 20))))
    for _ in range(3):
        expect(question(desk)).to_be_visible()
        size = re.search(r"\d+x20", question(desk).locator("img").get_attribute("src"))[0]
        words(desk).fill(f"Picture of {size}")
        use_words(desk)
        expect(body_of(desk)).to_have_value(re.compile(f"Picture of {size}"))
    expect(question(desk)).to_be_hidden()
    described = re.findall(
        r"!\[Picture of (\d+x20)\]\(\S*?(\d+x20)\.webp\)", body_of(desk).input_value()
    )
    assert sorted(described) == [(f"{width}x20", f"{width}x20") for width in (30, 31, 32)]
    expect(image_in_preview(desk)).to_have_count(3)


# The library --------------------------------------------------------------------------------


def open_library(page: Page) -> None:
    page.locator(".field-body").get_by_role("button", name="Insert a picture").click()
    expect(library(page)).to_be_visible()


def test_a_picture_is_found_in_the_library_by_keyboard_alone(desk):
    chart = keep(make_picture(name="Chart.png"), by=None, alt="Sales doubled")
    keep(make_picture(name="Office.png"), by=None, alt="A desk")
    body_of(desk).press_sequentially("Look: ")
    desk.locator(".field-body").get_by_role("button", name="Insert a picture").focus()
    desk.keyboard.press("Enter")
    expect(library(desk).get_by_role("status")).to_have_text("2 pictures")
    desk.keyboard.type("sales")
    expect(library(desk).get_by_role("status")).to_have_text("1 picture")
    desk.keyboard.press("Tab")
    expect(library(desk).get_by_role("button", name="Chart Sales doubled")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(words(desk)).to_have_value("Sales doubled")
    desk.keyboard.press("Enter")
    expect(body_of(desk)).to_have_value(f"Look: ![Sales doubled]({pictures.address(chart)})")
    expect(image_in_preview(desk)).to_have_attribute("alt", "Sales doubled")
    expect(body_of(desk)).to_be_focused()


def test_other_words_for_one_text_leave_those_of_the_library(desk):
    keep(make_picture(name="Chart.png"), by=None, alt="Sales doubled")
    body_of(desk).press_sequentially("Look: ")
    open_library(desk)
    library(desk).get_by_role("button", name="Chart").click()
    words(desk).fill("A line that rises")
    use_words(desk)
    expect(image_in_preview(desk)).to_have_attribute("alt", "A line that rises")
    assert Picture.objects.get().alt == "Sales doubled"


def test_a_picture_without_words_is_asked_for_and_keeps_the_answer(desk):
    keep(make_picture(name="Chart.png"), by=None)
    body_of(desk).press_sequentially("Look: ")
    open_library(desk)
    library(desk).get_by_role("button", name="Chart not described yet").click()
    words(desk).fill("Sales doubled")
    with desk.expect_response("**/alt/"):
        use_words(desk)
    assert Picture.objects.get().alt == "Sales doubled"


def test_the_library_shows_more_moves_by_arrows_and_closes(desk):
    for number in range(26):
        keep(make_picture(size=(8, 8), name=f"Picture {number}.png"), by=None)
    body_of(desk).press_sequentially("Look: ")
    open_library(desk)
    buttons = library(desk).locator("[data-grid] button")
    expect(buttons).to_have_count(24)
    library(desk).get_by_role("button", name="Show more").click()
    expect(buttons).to_have_count(26)
    expect(buttons.nth(24)).to_be_focused()
    desk.keyboard.press("ArrowRight")
    expect(buttons.nth(25)).to_be_focused()
    desk.keyboard.press("ArrowUp")
    expect(buttons.nth(24)).to_be_focused()
    expect(library(desk).get_by_role("button", name="Show more")).to_be_hidden()
    library(desk).get_by_label("Search").fill("nothing like this")
    expect(library(desk).get_by_role("status")).to_have_text("No picture fits these words.")
    # As everywhere, the key empties a search first.
    desk.keyboard.press("Escape")
    expect(library(desk).get_by_role("status")).to_have_text("26 pictures")
    desk.keyboard.press("Escape")
    expect(library(desk)).to_be_hidden()
    expect(body_of(desk)).to_have_value("Look: ")


def test_an_empty_library_and_an_ended_session_get_a_sentence(desk):
    open_library(desk)
    status = library(desk).get_by_role("status")
    expect(status).to_have_text("There are no pictures yet. Drop or paste one into the text.")
    Session.objects.all().delete()
    library(desk).get_by_label("Search").fill("a")
    expect(status).to_contain_text("Your session has ended. Log in again in another tab")
    desk.context.set_offline(True)
    library(desk).get_by_label("Search").fill("b")
    expect(status).to_have_text("No connection: the library cannot be read now.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_dialogs_fit_and_can_be_used_by_everybody(desk, width, scheme):
    keep(
        make_picture(size=(900, 600), name="A name that is longer than its place is wide.png"),
        by=None,
    )
    desk.set_viewport_size({"width": width, "height": 700})
    desk.emulate_media(color_scheme=scheme)
    body_of(desk).press_sequentially("Look: ")
    open_library(desk)
    expect(library(desk).get_by_role("status")).to_have_text("1 picture")
    found = [Axe().run(desk, context="dialog[open]")]
    library(desk).locator("[data-grid] button").click()
    use_words(desk)
    found.append(Axe().run(desk, context="dialog[open]"))
    assert [v["id"] for result in found for v in result.response["violations"]] == []
    for dialog in (question(desk),):
        box = dialog.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert dialog.evaluate("box => box.scrollWidth <= box.clientWidth")


# The page -----------------------------------------------------------------------------------


def noisy(width: int, height: int) -> SimpleUploadedFile:
    content = BytesIO()
    Image.effect_noise((width, height), 90).save(content, "PNG")
    return SimpleUploadedFile("noise.png", content.getvalue())


@pytest.mark.parametrize(
    ("width", "density", "loaded"), [(360, 1, 400), (360, 2, 800), (1440, 1, 800), (1440, 2, 1600)]
)
def test_a_page_loads_the_size_it_shows_and_nothing_moves(
    live_server, browser, width, density, loaded
):
    picture = keep(noisy(2000, 1500), by=None)
    entry = make_entry(body=f"## Above\n\n![Noise]({pictures.address(picture)})\n\nBelow it.")
    context = browser.new_context(
        viewport={"width": width, "height": 800}, device_scale_factor=density
    )
    page = context.new_page()
    page.add_init_script(
        """window.moved = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.moved += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    held = []
    page.route("**/media/**", lambda route: held.append(route))
    page.goto(live_server.url + entry.get_absolute_url(), wait_until="domcontentloaded")
    image = page.locator(".prose img")
    image.scroll_into_view_if_needed()
    before = image.bounding_box()
    page.wait_for_function("() => document.readyState !== 'loading'")
    while not held:
        page.evaluate("() => new Promise(requestAnimationFrame)")
    for route in held:
        route.continue_()
    image.evaluate("image => image.decode()")
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )

    assert image.bounding_box() == before
    assert before["height"] == pytest.approx(before["width"] * 0.75, abs=1)
    assert page.evaluate("window.moved") == 0
    assert image.evaluate("image => image.currentSrc").endswith(f"-{loaded}.webp")
    assert len(held) == 1
    context.close()
