"""What other parts say beside the form of an entry: those that settings.ENTRY_REMARKS names."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.module_loading import import_string

from glossary.models import Entry


@dataclass(frozen=True)
class Remark:
    """A sentence about an entry, and where there is more."""

    title: str
    words: str
    url: str


def about(entry: Entry, *, user: User) -> list[Remark]:
    """Return what `user` may hear of `entry`."""
    makers = map(import_string, settings.ENTRY_REMARKS)
    return [remark for remark in (make(entry, user) for make in makers) if remark]
