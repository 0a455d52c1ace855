"""Files that are not what they say: refused in a sentence, or kept without what they hid."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image, ImageOps

from config.models import Picture
from tests.factories import make_picture, make_staff

pytestmark = pytest.mark.django_db

WRONG_KIND = "Only PNG, JPEG, WebP and GIF pictures can be used."
DAMAGED = "This picture is damaged and cannot be read."
TOO_MANY_PIXELS = "This picture has more than 40 million pixels. Please make it smaller first."
EMPTY = "This file is empty. Please choose the picture again."
NOTHING = "No picture arrived. Please try again."
GPS = 0x8825


@pytest.fixture
def writer(client):
    client.force_login(make_staff("writer", username="writer"))
    return client


def upload(client, content: bytes, name: str = "picture.png", content_type: str = "image/png"):
    file = SimpleUploadedFile(name, content, content_type)
    return client.post(reverse("markdownx_upload"), {"image": file})


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    content = BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def files(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def the_only_file(settings) -> Image.Image:
    [path] = files(settings)
    return Image.open(path)


def chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def png(width: int, height: int, pixels: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


# Files that are no pictures -----------------------------------------------------------------

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
BITMAP = encoded(Image.new("RGB", (9, 9)), "BMP")
REFUSED = {
    "svg": (SVG, WRONG_KIND),
    "svg with a declaration": (b'<?xml version="1.0"?>' + SVG, WRONG_KIND),
    "page": (HTML, WRONG_KIND),
    "page that begins as a gif": (b"GIF89a" + HTML, WRONG_KIND),
    "page that begins as a png": (b"\x89PNG\r\n\x1a\n" + HTML, DAMAGED),
    "page that begins as a jpeg": (b"\xff\xd8\xff\xe0" + HTML, DAMAGED),
    "page that begins as a webp": (b"RIFF\x40\0\0\0WEBPVP8 " + HTML, DAMAGED),
    "bitmap": (BITMAP, WRONG_KIND),
    "tiff": (encoded(Image.new("RGB", (9, 9)), "TIFF"), WRONG_KIND),
    "icon": (encoded(Image.new("RGB", (16, 16)), "ICO"), WRONG_KIND),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", WRONG_KIND),
    "pdf": (b"%PDF-1.7\n", WRONG_KIND),
    "program": (b"\x7fELF" + bytes(90), WRONG_KIND),
    "zip": (b"PK\x03\x04" + bytes(90), WRONG_KIND),
    "zeros": (bytes(90), WRONG_KIND),
    "one byte": (b"G", WRONG_KIND),
    "no byte": (b"", EMPTY),
    "torn png": (make_picture().read()[:70], DAMAGED),
    "torn jpeg": (make_picture(kind="JPEG", size=(400, 400)).read()[:700], DAMAGED),
    "pixels that are missing": (png(900, 900, zlib.compress(b"")), DAMAGED),
    "bomb of 400 million pixels": (png(20_000, 20_000, zlib.compress(b"")), TOO_MANY_PIXELS),
    "bomb that is long and thin": (png(2**31 - 1, 1, zlib.compress(b"")), TOO_MANY_PIXELS),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_picture_gets_a_sentence_and_leaves_nothing(writer, settings, kind):
    content, sentence = REFUSED[kind]
    response = upload(writer, content, "a.png")
    assert (response.status_code, response.json()) == (400, {"error": sentence})
    assert (files(settings), Picture.objects.count()) == ([], 0)


def test_text_in_place_of_a_file_gets_a_sentence(writer, settings):
    response = writer.post(reverse("markdownx_upload"), {"image": "a.png"})
    assert (response.status_code, response.json()) == (400, {"error": NOTHING})
    body = writer.post(reverse("markdownx_upload"), b"{}", content_type="application/json")
    assert (body.status_code, body.json(), files(settings)) == (400, {"error": NOTHING}, [])


@pytest.mark.parametrize("count", [1, 2000])
def test_many_pixels_of_one_colour_inflate_into_little(writer, settings, count):
    """36 million pixels in 70 KB are allowed; they end as one picture of 2400 pixels."""
    rows = zlib.compress(b"\0" * (1 + 6000 * 3) * count, 9)
    response = upload(writer, png(6000, count, rows))
    assert response.status_code == 200
    assert (response.json()["width"], len(files(settings))) == (2400, 4)


# Pictures that are more than pictures -------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_polyglot_loses_its_other_half(writer, settings, kind):
    tail = HTML + SVG + b"<?php system($_GET[0]) ?>" + b"PK\x03\x04" + b"#!/bin/sh"
    response = upload(writer, make_picture(kind=kind).read() + tail, "a.phtml", "text/html")
    [path] = files(settings)
    assert response.status_code == 200
    assert path.suffix == ".webp"
    content = path.read_bytes()
    assert [part for part in (b"script", b"php", b"PK\x03", b"bin/sh") if part in content] == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_and_by_whom_a_photo_was_taken_is_gone(writer, settings, kind):
    exif = Image.Exif()
    exif[0x010F], exif[0x8298] = "Camera of Paula", "Paula Prospect"
    exif.get_ifd(GPS).update({1: "N", 2: (38.0, 43.0, 12.0), 3: "W", 4: (9.0, 8.0, 0.0)})
    options = {"exif": exif.tobytes()}
    if kind == "JPEG":
        options["comment"] = b"Paula was here"
    photo = encoded(Image.new("RGB", (900, 600), "teal"), kind, **options)
    assert Image.open(BytesIO(photo)).getexif().get_ifd(GPS)[1] == "N"

    assert upload(writer, photo).status_code == 200
    assert len(files(settings)) == 3
    for path in files(settings):
        with Image.open(path) as image:
            assert (dict(image.getexif()), set(image.info) & {"exif", "xmp", "comment"}) == (
                {},
                set(),
            )
        assert b"Paula" not in path.read_bytes()


def test_text_in_a_png_is_gone(writer, settings):
    words = chunk(b"tEXt", b"Author\0Paula") + chunk(b"eXIf", b"MM\0*broken")
    content = make_picture().read()
    assert upload(writer, content[:33] + words + content[33:]).status_code == 200
    assert b"Paula" not in files(settings)[0].read_bytes()


@pytest.mark.parametrize(
    "notes",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(9),
    ],
)
def test_broken_notes_of_a_camera_do_not_matter(writer, settings, notes):
    photo = make_picture(kind="JPEG", size=(60, 40), exif=notes).read()
    response = upload(writer, photo)
    assert (response.status_code, the_only_file(settings).size) == (200, (60, 40))


def test_a_photo_with_damaged_notes_stands_upright_nevertheless(writer, settings):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(GPS)[1] = "N"
    # The letter for north is said to be a number, which Pillow reads but cannot write again.
    notes = exif.tobytes().replace(b"\0\x01\0\x02\0\0\0\x02N", b"\0\x01\0\x03\0\0\0\x02N")
    photo = make_picture(kind="JPEG", size=(60, 40), exif=notes).read()
    with pytest.raises(TypeError):
        ImageOps.exif_transpose(Image.open(BytesIO(photo)))
    assert upload(writer, photo).status_code == 200
    assert the_only_file(settings).size == (40, 60)


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_way_of_holding_a_camera_is_understood(writer, settings, turn):
    photo = Image.new("RGB", (60, 40), "white")
    photo.paste("red", (0, 0, 30, 20))
    exif = Image.Exif()
    exif[0x0112] = turn
    content = encoded(photo, "PNG", exif=exif)
    assert upload(writer, content).status_code == 200
    wanted = ImageOps.exif_transpose(Image.open(BytesIO(content))).convert("RGB")
    seen = the_only_file(settings).convert("RGB")
    assert seen.size == wanted.size
    for place in ((5, 5), (5, seen.height - 5), (seen.width - 5, 5)):
        assert seen.getpixel(place) == pytest.approx(wanted.getpixel(place), abs=12)


@pytest.mark.parametrize(
    ("turn", "size"), [(1, (60, 40)), (3, (60, 40)), (6, (40, 60)), (99, (60, 40))]
)
def test_a_photo_stands_as_its_camera_said(writer, settings, turn, size):
    exif = Image.Exif()
    exif[0x0112] = turn
    assert upload(writer, make_picture(kind="JPEG", exif=exif).read()).status_code == 200
    assert the_only_file(settings).size == size


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_picture_is_kept(writer, settings, kind):
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "lime", "blue")]
    moving = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    assert Image.open(BytesIO(moving)).n_frames == 3
    assert upload(writer, moving).status_code == 200
    image = the_only_file(settings)
    assert (getattr(image, "n_frames", 1), image.size) == (1, (30, 20))
    red, green, blue = image.convert("RGB").getpixel((15, 10))
    assert (red > 200, green < 60, blue < 60) == (True, True, True)


def grey_16(value: int = 0x8000) -> Image.Image:
    return Image.new("I;16", (9, 9), value)


def palette() -> Image.Image:
    image = Image.new("P", (9, 9), 1)
    image.putpalette([0, 0, 0, 0, 128, 128])
    return image


@pytest.mark.parametrize(
    ("image", "kind", "options", "expected"),
    [
        (grey_16(), "PNG", {}, (128, 128, 128, 255)),
        (Image.new("CMYK", (9, 9), (255, 0, 0, 0)), "JPEG", {}, (0, 255, 255, 255)),
        (palette(), "PNG", {}, (0, 128, 128, 255)),
        (palette(), "PNG", {"transparency": 1}, (None, None, None, 0)),
        (palette(), "GIF", {"transparency": 1}, (None, None, None, 0)),
        (Image.new("1", (9, 9), 1), "PNG", {}, (255, 255, 255, 255)),
        (Image.new("LA", (9, 9), (90, 128)), "PNG", {}, (90, 90, 90, 128)),
        (Image.new("RGBA", (9, 9), (255, 0, 0, 0)), "WEBP", {}, (None, None, None, 0)),
    ],
    ids=["16 bits", "CMYK", "palette", "transparent palette", "gif", "1 bit", "LA", "RGBA"],
)
def test_every_kind_of_pixels_keeps_its_look(writer, settings, image, kind, options, expected):
    assert upload(writer, encoded(image, kind, **options)).status_code == 200
    seen = the_only_file(settings).convert("RGBA").getpixel((4, 4))
    for band, value in zip(seen, expected, strict=True):
        assert value is None or band == pytest.approx(value, abs=6)


@pytest.mark.parametrize(
    "name",
    ["x" * 5000 + ".png", "../../../etc/cron.d/x", "a\r\nSet-Cookie: b.png", "ü\u202e🐍.png"],
)
def test_no_name_of_a_file_leads_anywhere(writer, settings, name):
    response = upload(writer, make_picture().read(), name)
    assert response.status_code == 200
    [path] = files(settings)
    assert path.parent == Path(settings.MEDIA_ROOT) / "pictures"
    assert len(Picture.objects.get().name) <= 200
