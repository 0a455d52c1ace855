"""The social card of each entry, drawn when it is first asked for and kept until it changes."""

import hashlib
import json
import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from config import cards, site
from config.languages import speaking
from glossary.models import Entry

logger = logging.getLogger(__name__)


def address(entry: Entry) -> str:
    """Return the absolute address of the card of `entry`; another one when its words change."""
    return site.absolute(_path(entry))


def digest(entry: Entry) -> str:
    """Return a short hash of all that the card of `entry` shows."""
    shown = json.dumps([cards.VERSION, _words(entry)], sort_keys=True)
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


@require_safe
def card(request: HttpRequest, pk: int, digest: str) -> HttpResponse:
    """The picture; an address that holds an older digest leads to the present one."""
    entry = get_object_or_404(Entry.objects.published(), pk=pk)
    present = _path(entry)
    if request.path != present:
        moved = redirect(present)
        moved.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
        return moved
    response = HttpResponse(_kept(entry, digest), content_type="image/png")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def preview(title: str, *, language: str) -> bytes:
    """Return the card that an entry with this heading will have; nothing is kept."""
    return cards.draw(**_shown(title, language))


def forget(pk: int) -> None:
    """Delete the kept card of the entry with this key, if that can be done."""
    try:
        _forget(_folder(pk))
    except OSError as error:
        # The next card that is kept in its place deletes it.
        logger.warning("card of entry %s was not deleted: %s", pk, type(error).__name__)


def _path(entry: Entry) -> str:
    return reverse("social_card", args=[entry.pk, digest(entry)])


def _words(entry: Entry) -> dict[str, str]:
    return _shown(entry.title, entry.language)


def _shown(title: str, language: str) -> dict[str, str]:
    """What `config.cards.draw` is given."""
    own = site.current()
    with speaking(language):
        label = gettext("Glossary")
    return {
        "title": title,
        "label": label,
        "site_name": own.name,
        "accent": own.accent_colour,
        "footer": urlsplit(settings.SITE_URL).netloc,
    }


def _kept(entry: Entry, digest: str) -> bytes:
    """Return the card from its file, or draw it and keep it in place of the entry's last one."""
    folder = _folder(entry.pk)
    name = f"{folder}/{digest}.png"
    try:
        with default_storage.open(name) as kept:
            return kept.read()
    except OSError:
        drawn = cards.draw(**_words(entry))
    try:
        _forget(folder)
        default_storage.save(name, ContentFile(drawn))
    except OSError as error:
        # A full disk costs the time of drawing again, not the picture.
        logger.warning("card of entry %s was not kept: %s", entry.pk, type(error).__name__)
    return drawn


def _folder(pk: int) -> str:
    return f"cards/{pk}"


def _forget(folder: str) -> None:
    """Delete the cards in `folder`, so that each entry keeps one file."""
    try:
        _folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        default_storage.delete(f"{folder}/{name}")
