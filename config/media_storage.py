"""Uploads in S3-compatible storage, for sites on several machines: settings from a URL.

Pure, and nothing of the storage's client is imported here: `config.object_storage` is the
storage itself.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

BACKEND = "config.object_storage.ObjectStorage"
EXAMPLE = "s3://KEY:SECRET@s3.example.com/bucket?region=eu-central-1"
REGION = "us-east-1"
"""What servers without regions answer to."""


class StorageAway(OSError):
    """The storage did not answer, or refused what it should do."""


@dataclass(frozen=True)
class MediaStorage:
    """Where uploads are, as settings say it."""

    media: dict[str, Any]
    private: dict[str, Any]
    public: str
    """The address at which readers find media, with a slash at its end; "" if we serve them."""


def read(url: str) -> MediaStorage:
    """Return what `url` stands for: s3://KEY:SECRET@host/bucket/folder?region=…

    Media are in `folder`/media and uploads that nobody may see in `folder`/private. With
    `public=https://cdn.example/media`, readers fetch media there, and `private` names another
    bucket. `tls=no` is for a server in the own network; without KEY and SECRET the client finds
    its own, as on machines with a role. Raises ValueError, in words.
    """
    parts = urlsplit(url)
    bucket, _, folder = parts.path.strip("/").partition("/")
    is_keyed = bool(parts.username) == bool(parts.password)
    if parts.scheme != "s3" or not parts.hostname or not bucket or not is_keyed:
        raise ValueError(f"write it like {EXAMPLE}")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    region, tls = given.pop("region", REGION), given.pop("tls", "yes")
    public, private = given.pop("public", ""), given.pop("private", bucket)
    if given:
        raise ValueError(f"there is no option {next(iter(given))!r}")
    if tls not in ("yes", "no"):
        raise ValueError("tls is yes or no")
    if public and private == bucket:
        raise ValueError(
            "with public=…, name another bucket with private=…: "
            "what waits for an import must not be where readers fetch pictures"
        )
    host = parts.hostname + (f":{parts.port}" if parts.port else "")
    options = {
        "access_key": unquote(parts.username or "") or None,
        "secret_key": unquote(parts.password or "") or None,
        "region_name": region,
        "endpoint_url": f"{'https' if tls == 'yes' else 'http'}://{host}",
        # Only Amazon's certificates are good for a host per bucket.
        "addressing_style": "virtual" if host.endswith(".amazonaws.com") else "path",
    }
    return MediaStorage(
        media=_storage(options, bucket, folder, "media", base_url=_public(public) or "/media/"),
        # Two people may send files of the same name.
        private=_storage(options, private, folder, "private", file_overwrite=False),
        public=_public(public),
    )


def _public(address: str) -> str:
    if not address:
        return ""
    parts = urlsplit(address)
    is_plain = parts.hostname and not (parts.query or parts.fragment or "@" in parts.netloc)
    if (
        parts.scheme not in ("http", "https")
        or not is_plain
        or any(c in address for c in " ,;'\"")
    ):
        raise ValueError(
            f"public: {address!r} is not an address such as https://cdn.example/media"
        )
    return f"{address.rstrip('/')}/"


def _storage(
    options: dict[str, Any], bucket: str, folder: str, kind: str, **more: Any
) -> dict[str, Any]:
    location = f"{folder}/{kind}".strip("/")
    return {
        "BACKEND": BACKEND,
        "OPTIONS": {**options, "bucket_name": bucket, "location": location, **more},
    }
