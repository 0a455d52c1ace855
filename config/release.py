"""What tells two releases of the site apart: pages that one has made are not the other's."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

from django.conf import settings

CODE = ("authors", "config", "glossary", "leads", "templates")
KINDS = {".py", ".html", ".txt", ".xml", ".mo", ".md"}


@cache
def digest() -> str:
    """Return a name for code, templates, translations, static files and settings together."""
    found = blake2b(digest_size=12)
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    for path in (*_files(), manifest, settings.BASE_DIR / "requirements.lock.txt"):
        if path.exists():
            found.update(str(path).encode() + b"\0" + path.read_bytes())
    for value in (
        *(settings.SITE_URL, settings.SECRET_KEY, settings.DEBUG, settings.LANGUAGES),
        *(settings.STATIC_URL, settings.MEDIA_URL, settings.STORAGES),
        settings.CONTENT_SECURITY_POLICY,
    ):
        found.update(f"{value!r}\0".encode())
    return found.hexdigest()


def _files() -> list[Path]:
    folders = (settings.BASE_DIR / name for name in CODE)
    return sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in KINDS)
