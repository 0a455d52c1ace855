"""The media library: pictures that staff uploaded for texts, kept as long as a text shows them.

Where pictures are used is known to the modules that settings.PICTURE_USES names.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Protocol, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from config import images, outbox, picture_names
from config.images import Version
from config.models import LONGEST_ALT, OutboxMessage, Picture

PLACEHOLDER = "Describe this picture"
"""Stands for the words that an editor still owes; `static/js/editor.js` writes it."""

FOLDERS = ("pictures", "content")
"""Where pictures of texts are; version 0.1 kept them in the second."""


@dataclass(frozen=True)
class Use:
    """A place that shows a picture: what it is called, and the desk's page of it."""

    label: str
    url: str


class InUse(Exception):
    """Pictures cannot be deleted, because texts show them."""

    def __init__(self, uses: dict[Picture, list[Use]]) -> None:
        super().__init__(in_use_sentence(uses))
        self.uses = uses


class Places(Protocol):
    """What a module that settings.PICTURE_USES names has to offer."""

    def uses(self, paths: Collection[str]) -> dict[str, list[Use]]:
        """Return where the pictures at `paths` are used; those that are not are missing."""

    def unused(self, pictures: QuerySet[Picture]) -> QuerySet[Picture]:
        """Return those of `pictures` that are used in none of the module's places."""


# Keeping ----------------------------------------------------------------------------------


def keep(upload: File, *, by: User | None, alt: str = "", now: datetime | None = None) -> Picture:
    """Store an uploaded picture, re-encoded, with its smaller files, and return its row.

    Of an animation the first picture is kept. Raises ValidationError with a
    sentence for people when the file is no picture or too large.
    """
    return store(prepared(upload), name=upload.name or "", by=by, alt=alt, now=now)


def prepared(upload: File) -> list[Version]:
    """Return what is stored of an uploaded picture, the largest first. Raises ValidationError."""
    widths = picture_names.WIDTHS
    return images.versions(upload, longest_edge=images.CONTENT_EDGE, widths=widths)


def store(
    versions: list[Version],
    *,
    name: str,
    by: User | None,
    alt: str = "",
    now: datetime | None = None,
) -> Picture:
    """Store a prepared picture and return its row.

    Files stay without a row if the caller's transaction is rolled back;
    nobody knows their names, and `adopt` would find them.
    """
    largest = versions[0]
    path = picture_names.new_path(largest.width, largest.height)
    stored: list[str] = []
    try:
        for place, version in zip(_files(path), versions, strict=True):
            stored.append(default_storage.save(place, version.file))
        return Picture.objects.create(
            path=path,
            width=largest.width,
            height=largest.height,
            name=_name(name),
            alt=alt,
            uploaded_by=by,
            uploaded_at=now or timezone.now(),
        )
    except Exception:
        for place in stored:
            default_storage.delete(place)
        raise


def _files(path: str) -> list[str]:
    """The files of the picture at `path`, the largest first."""
    return [path, *picture_names.smaller(path).values()]


def _name(filename: str) -> str:
    """What the picture is called in the library: its file's name, as far as it can be read."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    shown = "".join(char if char.isprintable() else " " for char in last)
    stem = shown.rpartition(".")[0] or shown
    return " ".join(stem.split())[:200].strip() or "Picture"


def address(picture: Picture) -> str:
    """Return what a text says to show the picture: an address that stays if uploads move."""
    return reverse("media", args=[picture.path])


def shown_at(picture: Picture) -> str:
    """Return where readers find the picture."""
    return default_storage.url(picture.path)


def thumbnail(picture: Picture) -> str:
    """Return the address of the smallest file of the picture."""
    smaller = picture_names.smaller(picture.path)
    return default_storage.url(next(iter(smaller.values()), picture.path))


# Finding ----------------------------------------------------------------------------------


def find(query: str) -> QuerySet[Picture]:
    """Return the pictures whose name or alternative text holds each word of `query`."""
    found = Picture.objects.all()
    for word in query.replace("\0", "").split()[:10]:
        found = found.filter(Q(name__icontains=word) | Q(alt__icontains=word))
    return found


def mentioned_in(text: str) -> set[str]:
    """Return the paths of our pictures that a Markdown text names."""
    return set(picture_names.paths_in(text))


def uses(paths: Collection[str]) -> dict[str, list[Use]]:
    """Return where the pictures at `paths` are used, by path; unused ones are missing."""
    found: dict[str, list[Use]] = {}
    for places in _places():
        for path, some in places.uses(paths).items():
            found.setdefault(path, []).extend(some)
    return found


def unused(pictures: QuerySet[Picture]) -> QuerySet[Picture]:
    """Return those of `pictures` that no text shows, in no version."""
    for places in _places():
        pictures = places.unused(pictures)
    return pictures


def _places() -> Iterator[Places]:
    for name in settings.PICTURE_USES:
        yield cast("Places", import_module(name))


# Deleting ---------------------------------------------------------------------------------


def delete(pictures: Iterable[Picture]) -> int:
    """Delete pictures, and once that is certain their files; return how many.

    Raises InUse, and deletes nothing, if a text shows one of them.
    """
    keys = [picture.pk for picture in pictures]
    with transaction.atomic():
        # Whoever saves a text with one of them waits here, or is seen below.
        held = list(Picture.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
        found = uses([picture.path for picture in held])
        if found:
            raise InUse({p: found[p.path] for p in held if p.path in found})
        for picture in held:
            outbox.enqueue("config.remove_picture", path=picture.path)
        Picture.objects.filter(pk__in=keys).delete()
    return len(held)


def remove_files(message: OutboxMessage) -> None:
    """Outbox: remove the files of a picture that was deleted."""
    path = message.payload["path"]
    if Picture.objects.filter(path=path).exists():
        return
    for file in _files(path):
        default_storage.delete(file)


def in_use_sentence(found: dict[Picture, list[Use]]) -> str:
    """Say which pictures are kept, and where they are used."""
    shown = [f"“{picture}” in {_listed(places)}" for picture, places in found.items()]
    what = "This picture is" if len(shown) == 1 else "These pictures are"
    return f"{what} still used, so nothing was deleted: {'; '.join(shown)}."


def _listed(places: list[Use], most: int = 5) -> str:
    labels = [use.label for use in places[:most]]
    more = len(places) - most
    return ", ".join(labels) + (f" and {more} more" if more > 0 else "")


# Pictures from before ---------------------------------------------------------------------


def adopt(now: datetime | None = None) -> int:
    """Give rows to the files of pictures that have none, as version 0.1 left them; say how many.

    Nothing is known of them but their size: who uploaded them and what they show stays open.
    """
    known = set(Picture.objects.values_list("path", flat=True))
    found = [
        Picture(path=path, width=size[0], height=size[1], name=_name(path), uploaded_at=at)
        for path, size, at in _stored(now or timezone.now())
        if path not in known
    ]
    Picture.objects.bulk_create(found, ignore_conflicts=True, batch_size=500)
    return len(found)


def learn_words(text: str) -> None:
    """Give pictures that nobody has described yet the words that a Markdown text has for them."""
    for path, words in picture_names.words_in(text):
        if words and words != PLACEHOLDER:
            Picture.objects.filter(path=path, alt="").update(alt=words[:LONGEST_ALT])


def _stored(now: datetime) -> Iterator[tuple[str, tuple[int, int], datetime]]:
    for folder in FOLDERS:
        try:
            files = default_storage.listdir(folder)[1]
        except FileNotFoundError:
            continue
        for file in sorted(files):
            path = f"{folder}/{file}"
            size = picture_names.size_of(path)
            if size:
                yield path, size, min(default_storage.get_modified_time(path), now)
