"""Who has an entry's form open, from a light heartbeat."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from glossary.models import Entry, Presence

LASTS = timedelta(seconds=45)
"""After three heartbeats of 15 seconds that did not come, somebody is gone."""


def note(entry: Entry, *, user: Any, now: datetime | None = None) -> None:
    """Note that `user` has the form of `entry` open."""
    now = now or timezone.now()
    Presence.objects.filter(seen_at__lt=now - LASTS).delete()
    Presence.objects.bulk_create(
        [Presence(entry=entry, user=user, since=now, seen_at=now)],
        update_conflicts=True,
        unique_fields=["entry", "user"],
        update_fields=["seen_at"],
    )


def leave(entry: Entry, *, user: Any) -> None:
    Presence.objects.filter(entry=entry, user=user).delete()


def others(entry: Entry, *, user: Any, now: datetime | None = None) -> list[Presence]:
    """Return the others who have the form open, the longest first. One query."""
    alive = (now or timezone.now()) - LASTS
    here = Presence.objects.filter(entry=entry, seen_at__gte=alive).exclude(user=user)
    return list(here.select_related("user").order_by("since", "pk"))
