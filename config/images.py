"""Uploaded pictures: judged by their content, turned upright, re-encoded, named by us."""

import secrets
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from PIL import ExifTags, Image, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
"""Pixels, before decoding: a 136 KB file can hold 144 million of them."""

TOO_MANY_PIXELS = "This picture has more than 40 million pixels. Please make it smaller first."

_TURN = Image.Transpose
_TURNS = {
    2: _TURN.FLIP_LEFT_RIGHT,
    3: _TURN.ROTATE_180,
    4: _TURN.FLIP_TOP_BOTTOM,
    5: _TURN.TRANSPOSE,
    6: _TURN.ROTATE_270,
    7: _TURN.TRANSVERSE,
    8: _TURN.ROTATE_90,
}
"""What makes a picture upright, by the orientation that Exif 2.3 §4.6.4 names."""

CONTENT_EDGE = 2400
"""Longest edge of a picture in a text, in pixels."""
PORTRAIT_EDGE = 320
LOGO_EDGE = 256


def portrait_path(instance: models.Model, filename: str) -> str:
    """Return the stored path of a portrait; nothing of the client's name survives."""
    return f"portraits/{secrets.token_urlsafe(12)}.webp"


def logo_path(instance: models.Model, filename: str) -> str:
    return f"site/{secrets.token_urlsafe(12)}.webp"


@dataclass(frozen=True)
class Version:
    """A picture as a file, in one of its sizes (pixels)."""

    file: ContentFile
    width: int
    height: int


def reencoded(upload: File, *, longest_edge: int) -> tuple[ContentFile, tuple[int, int]]:
    """Return `upload` as a WebP file and its size (width, height) in pixels.

    The picture is turned as its camera said, shrunk to `longest_edge` and
    stripped of metadata. Raises ValidationError with a sentence for people
    when it is too large, of another kind, or broken.
    """
    version = versions(upload, longest_edge=longest_edge)[0]
    return version.file, (version.width, version.height)


def versions(upload: File, *, longest_edge: int, widths: Sequence[int] = ()) -> list[Version]:
    """Return `upload` as `reencoded` makes it, then once more for each smaller one of `widths`."""
    if not upload.size:
        raise ValidationError("This file is empty. Please choose the picture again.")
    if upload.size > MAX_BYTES:
        raise ValidationError("This picture is larger than 10 MB. Please make it smaller first.")
    picture = _decoded(upload)
    picture.thumbnail((longest_edge, longest_edge))
    found = [_version(picture)]
    for width in widths:
        if width < picture.width:
            height = max(1, round(picture.height * width / picture.width))
            found.append(_version(picture.resize((width, height), Image.Resampling.LANCZOS)))
    return found


def _version(picture: Image.Image) -> Version:
    encoded = BytesIO()
    picture.save(encoded, "WEBP", quality=82, method=4)
    return Version(ContentFile(encoded.getvalue(), name="picture.webp"), *picture.size)


def _decoded(upload: File) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Of damaged notes of the camera, and of sizes that our own limit below judges.
            warnings.simplefilter("ignore")
            upload.seek(0)
            picture = Image.open(upload, formats=FORMATS)
            if picture.width * picture.height > MAX_PIXELS:
                raise ValidationError(TOO_MANY_PIXELS)
            picture.load()
            upright = _upright(_eight_bits(picture))
            keeps_alpha = "A" in upright.getbands() or "transparency" in upright.info
            plain = upright.convert("RGBA" if keeps_alpha else "RGB")
    except ValidationError:
        raise
    except Image.DecompressionBombError as error:
        raise ValidationError(TOO_MANY_PIXELS) from error
    except UnidentifiedImageError as error:
        raise ValidationError("Only PNG, JPEG, WebP and GIF pictures can be used.") from error
    # Pillow's decoders raise whatever a damaged file leads them to.
    except Exception as error:
        raise ValidationError("This picture is damaged and cannot be read.") from error
    plain.info.clear()
    return plain


def _upright(picture: Image.Image) -> Image.Image:
    """Turn the picture as its camera said.

    Pillow's own `exif_transpose` writes the camera's other notes again, and
    fails where one of them is damaged.
    """
    turn = _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    return picture if turn is None else picture.transpose(turn)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Scale 16-bit greys down; Pillow's own conversion would turn most of them white."""
    if not picture.mode.startswith("I;16"):
        return picture
    return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")


def cleaned(value: Any, *, longest_edge: int) -> Any:
    """Return a form field's picture ready to store: a new upload re-encoded, all else as it is.

    For `clean_<field>` of a form. Raises ValidationError.
    """
    if isinstance(value, UploadedFile):
        return reencoded(value, longest_edge=longest_edge)[0]
    return value
