"""What happened to an entry: a line for each act, written with the act itself."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from glossary.models import Entry, EntryEvent, Revision


def name_of(user: Any) -> str:
    """Return what the desk calls `user`; "" for the system."""
    return "" if user is None else (user.get_full_name() or user.get_username())[:150]


def note(
    entry: Entry,
    verb: str,
    *,
    by: Any = None,
    by_name: str = "",
    note: str = "",
    revision: Revision | None = None,
    now: datetime | None = None,
) -> EntryEvent:
    """Write a line into the history of `entry`; `by_name` is for people without a login."""
    return EntryEvent.objects.create(
        entry=entry,
        verb=EntryEvent.Verb(verb),
        at=now or timezone.now(),
        by=by,
        by_name=by_name or name_of(by),
        note=note[:500],
        revision=revision,
    )
