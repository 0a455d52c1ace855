"""The storage of uploads in a bucket: django-storages, with our patience and our errors.

Imported by Django alone, where settings.STORAGES names it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urljoin

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from config.media_storage import StorageAway
from config.neighbours import Neighbour

TYPES = {"webp": "image/webp", "png": "image/png"}
"""What we store, whatever this machine's list of types knows."""
IN_MEMORY = 2 * 1024 * 1024
"""Bytes of an opened file that are kept in memory; more of it goes to a temporary file."""
NO_SUCH_FILE = ("404", "NoSuchKey", "400", "KeyTooLongError")
"""What servers call it; a name that is too long is none either."""


class NoAnswer(StorageAway):
    """The storage could not be reached, or was out of order."""


def told(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let `method` raise StorageAway for whatever the client raises.

    After NoAnswer it does so at once for some seconds: visitors are not to wait in turn.
    """

    @wraps(method)
    def telling(storage: "ObjectStorage", *arguments: Any, **options: Any) -> Any:
        answer = storage.server.ask(
            lambda: [_in_our_errors(method, storage, *arguments, **options)], None
        )
        if answer is None:
            raise StorageAway("the storage of uploads does not answer")
        return answer[0]

    return telling


def _in_our_errors(method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    try:
        return method(*arguments, **options)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in NO_SUCH_FILE:
            raise FileNotFoundError(f"{method.__name__}: {code}") from error
        is_broken = error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
        raise (NoAnswer if is_broken else StorageAway)(f"the storage answered {code}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise NoAnswer(f"the storage did not answer: {type(error).__name__}") from error


class ObjectStorage(S3Storage):
    """Files in a bucket, below `location`; `base_url` is where readers find them, if anywhere.

    Every method raises StorageAway when the storage cannot be reached within seconds.
    """

    def get_default_settings(self) -> dict[str, Any]:
        return {
            **super().get_default_settings(),
            "base_url": "",
            "max_memory_size": IN_MEMORY,
            # A thread for each piece is for files larger than ours.
            "transfer_config": TransferConfig(use_threads=False),
        }

    def __init__(self, **settings: Any) -> None:
        config = Config(
            connect_timeout=2,
            read_timeout=10,
            retries={"total_max_attempts": 2, "mode": "standard"},
            signature_version="s3v4",
            s3={"addressing_style": settings.get("addressing_style", "path")},
            # Checksums in trailers are Amazon's own; other servers refuse them.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(**{"client_config": config, **settings})
        self.server = Neighbour("the storage of uploads", faults=(NoAnswer,))

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        """What is kept with a file. Names of media are never used for anything else again."""
        kind = TYPES.get(name.rpartition(".")[2])
        said = {"ContentType": kind} if kind else {}
        if self.base_url:
            said["CacheControl"] = "public, max-age=31536000, immutable"
        return {**super().get_object_parameters(name), **said}

    def url(self, name: str, *arguments: Any, **options: Any) -> str:
        """Return where readers find `name`. Raises ValueError if nobody may."""
        if not self.base_url:
            raise ValueError("This file is not accessible by an address.")
        return urljoin(self.base_url, filepath_to_uri(clean_name(name)) or "")

    @told
    def _open(self, name: str, mode: str = "rb") -> File:
        file = super()._open(name, mode)
        if "r" in mode:
            # Fetched now, so that whoever reads it need not know of storages.
            file.open()
        return file

    _save = told(S3Storage._save)
    delete = told(S3Storage.delete)
    exists = told(S3Storage.exists)
    listdir = told(S3Storage.listdir)
    size = told(S3Storage.size)
    get_modified_time = told(S3Storage.get_modified_time)
