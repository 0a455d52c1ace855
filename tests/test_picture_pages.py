"""What a page says of a picture: sizes to choose from, derived from its name alone."""

import re
from io import BytesIO

import html5lib
import pytest
from PIL import Image

from config import markdown, picture_names, pictures
from config.models import Picture
from config.pictures import keep
from config.sanitising import sanitised
from tests.factories import make_picture

pytestmark = pytest.mark.django_db

TOKEN = "A-b_0123456789abcdefgh"
NEW = f"pictures/{TOKEN}-2000x1500.webp"
OLD = "content/A-b_0123456789ab-800x600.webp"


def shown(picture: Picture) -> str:
    return f"![a]({pictures.address(picture)})"


def image_in(html: str):
    return next(html5lib.parse(html, namespaceHTMLElements=False).iter("img"))


def test_a_text_shows_a_picture_in_its_sizes():
    image = image_in(markdown.to_html(f"![A *b*](/media/{NEW})"))
    stem = f"/media/pictures/{TOKEN}-2000x1500"
    assert image.attrib == {
        "src": f"{stem}.webp",
        "alt": "A b",
        "width": "2000",
        "height": "1500",
        "loading": "lazy",
        "decoding": "async",
        "srcset": f"{stem}-400.webp 400w, {stem}-800.webp 800w, {stem}-1600.webp 1600w, "
        f"{stem}.webp 2000w",
        "sizes": picture_names.SIZES,
    }


def test_every_address_that_a_page_names_is_served_inert(client):
    picture = keep(make_picture(size=(900, 600)), by=None)
    image = image_in(markdown.to_html(shown(picture)))
    addresses = {part.split()[0] for part in image.get("srcset").split(", ")} | {image.get("src")}
    assert len(addresses) == 3
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200
        assert Image.open(BytesIO(response.getvalue())).format == "WEBP"
        names = ("Content-Type", "X-Content-Type-Options", "Content-Security-Policy", "Set-Cookie")
        assert [response.headers.get(name) for name in names] == [
            "image/webp",
            "nosniff",
            "default-src 'none'; sandbox",
            None,
        ]


def test_a_small_picture_needs_no_choice():
    image = image_in(markdown.to_html(f"![a](/media/pictures/{TOKEN}-400x30.webp)"))
    assert set(image.attrib) == {"src", "alt", "width", "height", "loading", "decoding"}


def test_pictures_of_the_first_version_say_their_size_and_name_no_other_file():
    image = image_in(markdown.to_html(f"![a](/media/{OLD})"))
    assert set(image.attrib) == {"src", "alt", "width", "height", "loading"}


@pytest.mark.parametrize(
    "address",
    [
        f"/media/pictures/{TOKEN}-0x10.webp",
        f"/media/pictures/{TOKEN}-900x10.webp?a",
        f"/media/pictures/{TOKEN}a-900x10.png",
        f"/media/pictures/short-{TOKEN[:8]}-900x10.webp",
    ],
)
def test_names_that_are_not_ours_get_no_sizes(address):
    assert "srcset" not in picture_names.attributes(address)


STEM = f"/media/pictures/{TOKEN}-2000x1500"


@pytest.mark.parametrize(
    "srcset",
    [
        f"https://evil.example{STEM}.webp 2000w",
        f"//evil.example{STEM}.webp 2000w",
        f"\\\\evil.example{STEM}.webp 2000w",
        f"{STEM}.webp 2000w, https://evil.example/x.png 2x",
        f"{STEM}.webp 2000w,https://evil.example{STEM}.webp 100w",
        f"{STEM}.webp 2000w, ",
        f"{STEM}.webp",
        "/admin/logout/ 100w",
        f"javascript:{STEM}.webp 100w",
        "",
    ],
)
def test_raw_html_names_no_file_of_others_in_srcset(srcset):
    assert "srcset" not in sanitised(f'<img src="/a.webp" srcset="{srcset}">')


def test_raw_html_may_say_of_an_image_what_we_say_and_nothing_else():
    mine = f'<img src="{STEM}.webp" srcset="{STEM}-400.webp 400w" decoding="async">'
    assert sanitised(mine) == mine
    other = '<img src="/a.webp" sizes="1px" decoding="sync" fetchpriority="high" onload="a()">'
    assert sanitised(other) == '<img src="/a.webp">'


@pytest.mark.parametrize(
    "words", ["R&D [draft] *now*", "a](b", "back\\slash", "<b>", "{#id}", "`x`"]
)
def test_words_with_signs_of_markdown_reach_the_page_as_they_are(words):
    escaped = re.sub(r"[\\`*_[\]<>&~!{}]", r"\\\g<0>", words)
    assert image_in(markdown.to_html(f"![{escaped}](/media/{NEW})")).get("alt") == words
