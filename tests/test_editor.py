import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver, resolve, reverse
from django.urls.resolvers import URLResolver
from PIL import Image

from config import editor, images, markdown
from config.models import Picture
from glossary.admin.editor import EntryEditor
from tests.factories import make_picture, make_staff

pytestmark = pytest.mark.django_db

ADDED = ("preview", "terms", "toolbar", "lists")
TOO_MANY_PIXELS = "This picture has more than 40 million pixels. Please make it smaller first."
TOO_LARGE = "This picture is larger than 10 MB. Please make it smaller first."
WRONG_KIND = "Only PNG, JPEG, WebP and GIF pictures can be used."
DAMAGED = "This picture is damaged and cannot be read."


@pytest.fixture
def writer(client):
    client.force_login(make_staff("writer"))
    return client


def upload(client, picture: SimpleUploadedFile):
    return client.post(reverse("markdownx_upload"), {"image": picture})


def stored(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def encoded(picture: Image.Image, kind: str, **options) -> SimpleUploadedFile:
    content = BytesIO()
    picture.save(content, kind, **options)
    return SimpleUploadedFile(f"picture.{kind.lower()}", content.getvalue())


def png_header(width: int, height: int) -> SimpleUploadedFile:
    """A PNG of 45 bytes that claims a size and holds no pixel."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (header, b"IEND")
    body = b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )
    return SimpleUploadedFile("bomb.png", b"\x89PNG\r\n\x1a\n" + body)


# Who may write ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (lambda: None, 403),
        (lambda: User.objects.create_superuser("former", is_active=False), 403),
        (lambda: User.objects.create_user("customer", is_superuser=True), 403),
        (lambda: make_staff(), 403),
        (lambda: make_staff("writer"), 200),
        (lambda: make_staff("publisher"), 200),
        (lambda: make_staff("sales"), 200),
        (lambda: make_staff("reviewer"), 200),
        (lambda: make_staff("administrator"), 200),
    ],
    ids=[
        *("stranger", "inactive", "not staff", "staff", "writer", "publisher", "sales"),
        *("reviewer", "administrator"),
    ],
)
def test_only_staff_who_may_change_a_text_preview_and_upload(client, settings, user, expected):
    if person := user():
        client.force_login(person)
    assert upload(client, make_picture()).status_code == expected
    assert client.post(reverse("markdownx_markdownify")).status_code == expected
    assert len(stored(settings)) == (1 if expected == 200 else 0)


@pytest.mark.parametrize("name", ["markdownx_upload", "markdownx_markdownify"])
def test_editor_is_refused_in_a_sentence_and_never_by_a_page(client, name):
    assert client.post(reverse(name)).headers["Content-Type"] == "text/plain; charset=utf-8"
    client.force_login(make_staff("writer"))
    response = client.get(reverse(name))
    assert (response.status_code, response.content) == (
        405,
        b"This address only answers the editor.",
    )


@pytest.mark.parametrize("name", ["markdownx_upload", "markdownx_markdownify"])
def test_another_site_cannot_use_the_session_of_a_writer(settings, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff("writer"))
    response = client.post(reverse(name), {"image": make_picture(), "content": "a"})
    assert (response.status_code, stored(settings)) == (403, [])


def test_views_of_markdownx_itself_are_not_routed():
    def views(resolver: URLResolver):
        for pattern in resolver.url_patterns:
            yield from views(pattern) if isinstance(pattern, URLResolver) else [pattern.callback]

    assert resolve(reverse("markdownx_upload")).func is editor.upload
    assert resolve(reverse("markdownx_markdownify")).func is editor.preview
    assert [v for v in views(get_resolver()) if v.__module__.startswith("markdownx")] == []


def test_widget_brings_its_own_script_and_keeps_the_text():
    widget = editor.MarkdownEditor()
    html = widget.render("body", "</textarea><script>", {"id": "id_body"})
    scripts = ["js/editor.js", *(f"js/editor-{name}.js" for name in ADDED), "js/pictures.js"]
    assert [getattr(script, "_path", script) for script in widget.media._js] == scripts
    assert widget.media._css == {"all": ["css/editor.css", "css/pictures.css"]}
    assert EntryEditor().media._js == widget.media._js
    assert html.count("&lt;/textarea&gt;&lt;script&gt;") == html.count('name="body"') == 1
    assert f'maxlength="{markdown.MAX_LENGTH}"' in html


# Preview ------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["# A *b*\n\n<script>c()</script>", "[a](/b) <i>d</i>", ""])
def test_preview_is_what_the_page_will_show(writer, content):
    response = writer.post(reverse("markdownx_markdownify"), {"content": content})
    assert response.content.decode() == markdown.to_html(content)
    assert response.headers["Cache-Control"] == "no-store"


def test_preview_without_content_is_empty_and_of_a_too_long_text_refused(writer):
    responses = [
        writer.post(reverse("markdownx_markdownify"), data)
        for data in ({}, {"content": "a" * markdown.MAX_LENGTH}, {"content": "a" * 200_001})
    ]
    assert [response.status_code for response in responses] == [200, 200, 400]
    assert responses[0].content == b""


# Upload -------------------------------------------------------------------------------------


def test_upload_is_stored_as_webp_under_a_name_of_ours_and_served_inert(writer, settings):
    content = make_picture(size=(60, 40)).read() + b"<?php evil() ?>"
    response = upload(writer, SimpleUploadedFile("shell.php", content, "text/html"))
    [path] = stored(settings)
    url = f"/media/pictures/{path.name}"
    picture = Picture.objects.get()
    assert response.json() == {
        "id": picture.pk,
        "image_path": url,
        "thumbnail": url,
        "width": 60,
        "height": 40,
        "name": "shell",
        "alt": "",
    }
    assert (picture.uploaded_by.groups.get().name, path.name[22:]) == ("writer", "-60x40.webp")
    assert b"php" not in path.read_bytes()

    served = Client().get(url)
    assert served.getvalue() == path.read_bytes()
    names = ("Content-Type", "X-Content-Type-Options", "Content-Security-Policy", "Set-Cookie")
    assert [served.headers.get(name) for name in names] == [
        "image/webp",
        "nosniff",
        "default-src 'none'; sandbox",
        None,
    ]


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def named(name: str, content: bytes, content_type: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type)


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (lambda: named("evil.html", b"<script>alert(1)</script>", "image/gif"), WRONG_KIND),
        (lambda: named("evil.html", b"GIF89a<script>alert(1)</script>", "image/gif"), WRONG_KIND),
        (lambda: named("a.svg", SVG, "image/svg+xml"), WRONG_KIND),
        (lambda: named("a.png", SVG, "image/png"), WRONG_KIND),
        (lambda: encoded(Image.new("RGB", (9, 9)), "TIFF"), WRONG_KIND),
        (lambda: named("a.png", make_picture().read()[:70], "image/png"), DAMAGED),
        (lambda: png_header(8_000, 5_000), DAMAGED),
        (lambda: png_header(8_000, 5_001), TOO_MANY_PIXELS),
        (lambda: png_header(12_000, 12_000), TOO_MANY_PIXELS),
        (lambda: png_header(20_000, 20_000), TOO_MANY_PIXELS),
        (lambda: named("a.png", bytes(images.MAX_BYTES + 1), "image/png"), TOO_LARGE),
    ],
    ids=[
        *("page", "page as gif", "svg", "svg as png", "tiff", "torn"),
        *("40 Mpx", "over 40 Mpx", "144 Mpx", "400 Mpx", "over 10 MB"),
    ],
)
def test_anything_but_a_picture_of_reasonable_size_is_refused(writer, settings, picture, expected):
    response = upload(writer, picture())
    assert (response.status_code, response.json()) == (400, {"error": expected})
    assert stored(settings) == []


def test_upload_without_a_picture_says_so(writer):
    response = writer.post(reverse("markdownx_upload"), {"other": make_picture()})
    assert (response.status_code, response.json()) == (
        400,
        {"error": "No picture arrived. Please try again."},
    )


def test_no_answer_to_an_upload_is_stored(writer):
    answers = [upload(writer, picture) for picture in (make_picture(), png_header(1, 1))]
    answers.append(writer.post(reverse("markdownx_upload")))
    assert [a.headers.get("Cache-Control") for a in answers] == ["no-store"] * 3


def reencoded(picture: SimpleUploadedFile) -> Image.Image:
    content, size = images.reencoded(picture, longest_edge=100)
    result = Image.open(content)
    assert (result.format, result.size) == ("WEBP", size)
    return result


def test_a_picture_stands_upright_and_tells_nothing_of_its_camera():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera of Paula"
    photo = make_picture(size=(60, 40), kind="JPEG", exif=exif)
    assert b"Camera of Paula" in photo.read()

    result = reencoded(photo)
    assert (result.size, dict(result.getexif())) == ((40, 60), {})
    result.fp.seek(0)
    assert b"Paula" not in result.fp.read()


@pytest.mark.parametrize(
    ("mode", "colour", "kind", "expected"),
    [
        ("RGBA", (255, 0, 0, 0), "PNG", 0),
        ("LA", (90, 0), "PNG", 0),
        ("RGB", (255, 0, 0), "PNG", 255),
        ("CMYK", (0, 0, 0, 0), "JPEG", 255),
    ],
)
def test_transparency_survives(mode, colour, kind, expected):
    picture = encoded(Image.new(mode, (9, 9), colour), kind)
    assert reencoded(picture).convert("RGBA").getpixel((4, 4))[3] == expected


def test_sixteen_bit_greys_stay_grey():
    grey = reencoded(encoded(Image.new("I;16", (9, 9), 0x8000), "PNG")).getpixel((4, 4))
    assert grey == pytest.approx((128, 128, 128), abs=2)


@pytest.mark.parametrize(
    ("size", "expected"), [((60, 40), (60, 40)), ((400, 200), (100, 50)), ((3000, 1), (100, 1))]
)
def test_large_pictures_shrink_and_small_ones_stay(size, expected):
    assert reencoded(make_picture(size=size)).size == expected


# Media --------------------------------------------------------------------------------------


OUTSIDE = ("../secret.txt", "a/../../secret.txt", "%2e%2e/secret.txt", "/etc/passwd")


@pytest.mark.parametrize("path", [*OUTSIDE, "content/", "a%00b", "content/no.webp"])
def test_media_gives_uploads_and_nothing_else(client, settings, path):
    root = Path(settings.MEDIA_ROOT)
    (root / "content").mkdir(parents=True)
    (root.parent / "secret.txt").write_text("SECRET_KEY")
    assert client.get(f"/media/{path}").status_code == 404
