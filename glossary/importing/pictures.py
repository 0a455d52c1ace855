"""Pictures that come with an import: each content is stored once, however often it comes."""

import hashlib

from django.core.exceptions import ValidationError
from django.core.files import File

from config import images, pictures
from config.models import Picture

NAME_LENGTH = 180


def kept(upload: File, *, alt: str = "") -> str:
    """Return the address of `upload` among our pictures, stored if it is new.

    Raises ValidationError with a sentence for people when it is no picture
    that we take.
    """
    digest = _digest(upload)
    name = f"{(upload.name or 'picture')[-NAME_LENGTH:]} ({digest[:12]})"
    picture = Picture.objects.filter(name=name).first() or _stored(upload, name=name, alt=alt)
    return pictures.address(picture)


def _digest(upload: File) -> str:
    if (upload.size or 0) > images.MAX_BYTES:
        raise ValidationError("This picture is larger than 10 MB.")
    upload.seek(0)
    return hashlib.sha256(upload.read()).hexdigest()


def _stored(upload: File, *, name: str, alt: str) -> Picture:
    picture = pictures.store(pictures.prepared(upload), name=name, by=None, alt=alt)
    # As it is looked for above, whatever names the library likes better.
    picture.name = name
    picture.save(update_fields=["name"])
    return picture
