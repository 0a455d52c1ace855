"""Pictures of a former site: found in a copy of its uploads, or fetched when that is asked for."""

import re
from functools import lru_cache
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile

from config import images, outgoing
from glossary.importing.folders import Folder, is_picture, picture_at

TIMEOUT = 30.0
_SIZE = re.compile(r"-(?:\d{2,5}x\d{2,5}|scaled)(?=\.\w+$)")
_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 4
_REMEMBERED = 16


class Media:
    """The uploads of a site: by their names in `folder`, else from the site if `downloads`."""

    def __init__(self, folder: Folder | None, *, downloads: bool = False) -> None:
        self.folder = folder
        self.downloads = downloads
        self.by_name: dict[str, list[str]] = {}
        for path in folder.files() if folder else ():
            if is_picture(path):
                self.by_name.setdefault(_name(path), []).append(path)

    def has(self, url: str) -> bool:
        path = _path(url)
        return is_picture(path) and (self.downloads or bool(self._find(path)))

    def get(self, url: str) -> File:
        """Return the picture at `url`. Raises ValidationError when it cannot be had."""
        found = self._find(_path(url))
        if self.folder and found:
            try:
                return picture_at(self.folder, found)
            except OSError as error:
                raise ValidationError(f"cannot be read: {error}") from error
        return ContentFile(_fetched(url), name=PurePosixPath(_path(url)).name)

    def _find(self, path: str) -> str:
        """The file whose path shares most folders with `path`, in its full size before others."""
        for name in dict.fromkeys((_SIZE.sub("", path), path)):
            candidates = self.by_name.get(_name(name), [])
            if candidates:
                return max(candidates, key=lambda each: _alike(each, path))
        return ""


def _path(url: str) -> str:
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


def _name(path: str) -> str:
    return path.rpartition("/")[2].casefold()


def _alike(one: str, other: str) -> int:
    """How many folders two paths share, counted from the file."""
    pairs = zip(reversed(one.split("/")[:-1]), reversed(other.split("/")[:-1]), strict=False)
    number = 0
    for mine, theirs in pairs:
        if mine != theirs:
            break
        number += 1
    return number


@lru_cache(maxsize=_REMEMBERED)
def _fetched(url: str) -> bytes:
    """Fetch a picture; each step of a redirect is judged anew. Raises ValidationError."""
    for _ in range(_MOST_REDIRECTS):
        try:
            answer = outgoing.send("GET", url, timeout=TIMEOUT, limit=images.MAX_BYTES)
        except (outgoing.Refused, outgoing.Unreachable) as error:
            raise ValidationError(f"was not fetched: {error}") from error
        if answer.status in _REDIRECTS and answer.headers.get("location"):
            url = urljoin(url, answer.headers["location"])
            continue
        if answer.status != 200:
            raise ValidationError(f"was not fetched: its server answered {answer.status}")
        if not answer.is_complete:
            raise ValidationError("was not fetched: it is larger than 10 MB")
        return answer.body
    raise ValidationError("was not fetched: its address leads on and on")
