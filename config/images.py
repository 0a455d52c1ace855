"""Uploaded pictures: judged by their content, turned upright, re-encoded, named by us."""

import secrets
import warnings
from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
"""Pixels, before decoding: a 136 KB file can hold 144 million of them."""

TOO_MANY_PIXELS = "This picture has more than 40 million pixels. Please make it smaller first."

CONTENT_EDGE = 1600
"""Longest edge of a picture in a text, in pixels."""
PORTRAIT_EDGE = 320
LOGO_EDGE = 256


def portrait_path(instance: models.Model, filename: str) -> str:
    """Return the stored path of a portrait; nothing of the client's name survives."""
    return f"portraits/{secrets.token_urlsafe(12)}.webp"


def logo_path(instance: models.Model, filename: str) -> str:
    return f"site/{secrets.token_urlsafe(12)}.webp"


def content_path(width: int, height: int) -> str:
    """Return the path of a picture in a text; the size in it spares pages a look at the file."""
    return f"content/{secrets.token_urlsafe(12)}-{width}x{height}.webp"


def reencoded(upload: File, *, longest_edge: int) -> tuple[ContentFile, tuple[int, int]]:
    """Return `upload` as a WebP file and its size (width, height) in pixels.

    The picture is turned as its camera said, shrunk to `longest_edge` and
    stripped of metadata. Raises ValidationError with a sentence for people
    when it is too large, of another kind, or broken.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise ValidationError("This picture is larger than 10 MB. Please make it smaller first.")
    picture = _decoded(upload)
    picture.thumbnail((longest_edge, longest_edge))
    encoded = BytesIO()
    picture.save(encoded, "WEBP", quality=82, method=4)
    return ContentFile(encoded.getvalue(), name="picture.webp"), picture.size


def _decoded(upload: File) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Our own limit below is stricter than the one Pillow warns about.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            upload.seek(0)
            picture = Image.open(upload, formats=FORMATS)
            if picture.width * picture.height > MAX_PIXELS:
                raise ValidationError(TOO_MANY_PIXELS)
            picture.load()
            upright = ImageOps.exif_transpose(_eight_bits(picture))
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
