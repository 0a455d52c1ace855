import re
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from config import cards as drawing
from config import site
from glossary import cards, publishing
from glossary.models import Entry
from tests.factories import make_draft, make_entry, make_site

HOST = "https://glossary.example"
TITLES = [
    "What is: Warp",
    "What is: retrieval-augmented generation with people in the loop, " * 3,
    "Was ist: Donaudampfschifffahrtsgesellschaftskapitän",
    "W" * 200,
    "什么是机器学习工程师，以及它们如何共同工作？" * 4,
    "ما هو: مهندس تعلم الآلة (Machine Learning) وما الذي يفعله؟",
    "מהו מהנדס למידת מכונה 2026",
    "क्या है: मशीन लर्निंग इंजीनियर",
    "🚀 👩‍💻 \x00 \ud800 \u202e \U0010ffff",
    "",
]


def drawn(title: str, **words: str) -> Image.Image:
    given = {"label": "Glossary", "site_name": "Headword", "accent": "#0f6b5c"}
    png = drawing.draw(title=title, footer="glossary.example", **{**given, **words})
    picture = Image.open(BytesIO(png))
    assert (picture.format, picture.size) == ("PNG", (1200, 630))
    return picture.convert("RGB")


def ink(picture: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """Whether anything is drawn within `box`."""
    return len(picture.crop(box).getcolors(4096) or []) > 1


# The picture --------------------------------------------------------------------------------


@pytest.mark.parametrize("title", TITLES)
def test_words_stay_within_the_card(title):
    picture = drawn(title, site_name=title, label=title)
    margin = drawing.MARGIN - 8
    assert not ink(picture, (0, 20, margin, 630))
    assert not ink(picture, (1200 - margin, 20, 1200, 630))
    assert not ink(picture, (0, 500, 1200, 513))
    assert not ink(picture, (0, 590, 1200, 630))


def test_title_is_as_large_as_it_fits():
    sizes = [drawing._set_title(title, 1024)[0] for title in (TITLES[0], TITLES[2], TITLES[1])]
    assert sizes[0] == drawing.TITLE_SIZES[0]
    assert sizes[0] > max(sizes[1:])
    assert min(sizes) >= drawing.TITLE_SIZES[-3]


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("one two", ["one two"]),
        ("one two three four five", ["one two three", "four five"]),
        ("re-learning-engineer", ["re-learning-", "engineer"]),
        ("学习工程师与人工智能、自动化", ["学习工程师与人", "工智能、自动化"]),
        # The comma would begin the second line.
        ("学习工程师与人、智能", ["学习工程师与", "人、智能"]),
    ],
)
def test_lines_break_where_readers_expect_it(title, lines):
    assert drawing._wrapped(title, 50, 370) == lines


def test_word_that_no_line_holds_is_broken_and_a_book_is_cut():
    size, lines = drawing._set_title("W" * 1000, 1024)
    assert size == drawing.TITLE_SIZES[-1]
    assert {set(line) <= {"W", "…"} for line in lines} == {True}
    assert (len(lines), lines[-1][-1]) == (drawing._most_lines(size), "…")


def test_languages_from_the_right_stand_at_the_right():
    left, right = (80, 150, 500, 500), (700, 150, 1120, 500)
    for title, is_turned in [("Warp", False), ("מהו", True), ("الآلة", True)]:
        picture = drawn(title)
        assert (ink(picture, left), ink(picture, right)) == (not is_turned, is_turned)


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("Zoë Łódź, Ελληνικά Кириллица — “x” €", ""),
        ("العربية עברית हिन्दी ไทย Հայ ქარ", ""),
        ("機械学習 한국어 简体中文 ★ ✓", ""),
        ("a🚀b🚀 \U0010ffff\u200d", "🚀"),
    ],
)
def test_missing_names_what_no_font_has(text, lacking):
    assert drawing.missing(text) == lacking


def test_card_is_the_same_bytes_again_and_its_accent_can_be_read():
    words = {"label": "A", "site_name": "B", "title": "C"}
    one, same = (drawing.draw(**words, accent="#ffff00") for _ in range(2))
    assert one == same
    top = drawn("C", accent="#ffff00").getpixel((5, 5))
    assert drawing.palette("#ffff00").light == "#{:02x}{:02x}{:02x}".format(*top)


# Its address --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_card_is_drawn_once_and_kept(client):
    entry = make_entry(term="Warp")
    path = cards.address(entry).removeprefix(HOST)
    assert re.fullmatch(rf"/cards/{entry.pk}-[0-9a-f]{{16}}\.png", path)
    first = client.get(path)
    assert (first.status_code, first.headers["Content-Type"]) == (200, "image/png")
    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not first.cookies
    [name] = default_storage.listdir(f"cards/{entry.pk}")[1]
    with default_storage.open(f"cards/{entry.pk}/{name}", "wb") as kept:
        kept.write(b"from the file")
    assert client.get(path).content == b"from the file"
    assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_changed_words_give_another_card_and_the_old_one_goes(client):
    entry = make_entry(term="Warp")
    old = cards.address(entry).removeprefix(HOST)
    assert client.get(old).status_code == 200
    Entry.objects.filter(pk=entry.pk).update(term="Wavefront")
    entry.refresh_from_db()
    new = cards.address(entry).removeprefix(HOST)
    moved = client.get(old)
    assert (moved.status_code, moved.headers["Location"]) == (302, new)
    assert "immutable" not in moved.headers["Cache-Control"]
    assert client.get(new).status_code == 200
    assert len(default_storage.listdir(f"cards/{entry.pk}")[1]) == 1
    make_site(accent_colour="#a3261c")
    site.forget()
    assert cards.address(entry) != HOST + new


@pytest.mark.django_db
def test_card_of_what_nobody_may_read_is_not_found(client):
    hidden = [make_draft(), make_entry()]
    publishing.withdraw(hidden[1])
    paths = [cards.address(entry).removeprefix(HOST) for entry in hidden]
    paths += ["/cards/0-a.png", f"/cards/{'9' * 400}-a.png", "/cards/1-.png", "/cards/-1-a.png"]
    assert [client.get(path).status_code for path in paths] == [404] * len(paths)
    assert not default_storage.exists("cards")


@pytest.mark.django_db
def test_storage_that_is_full_does_not_cost_the_picture(client, settings, tmp_path):
    entry = make_entry(term="Warp")
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file"
    response = client.get(cards.address(entry).removeprefix(HOST))
    assert (response.status_code, response.content[:4]) == (200, b"\x89PNG")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [publishing.withdraw, lambda entry: publishing.delete([entry])])
def test_the_card_goes_with_its_entry(client, act):
    entry = make_entry()
    client.get(urlsplit(cards.address(entry)).path)
    folder = f"cards/{entry.pk}"
    assert len(default_storage.listdir(folder)[1]) == 1
    act(entry)
    assert default_storage.listdir(folder)[1] == []
