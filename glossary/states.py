"""The state of an entry in an editor's words."""

from datetime import datetime

from django.utils import formats, timezone

from glossary.models import Entry

_NEWER = {
    Entry.Review.NONE: "Newer draft",
    Entry.Review.WAITING: "Newer draft in review",
    Entry.Review.RETURNED: "Newer draft returned",
    Entry.Review.APPROVED: "Newer draft approved",
}


def said_of(entry: Entry, now: datetime | None = None) -> list[tuple[str, str]]:
    """Return (name, words) of what readers see, then of what they do not see yet.

    Times are in the active zone; no query.
    """
    review = Entry.Review(entry.review)
    if entry.state == Entry.State.DRAFT:
        return [(review or "draft", review.label)]
    found = [(str(entry.state), entry.get_state_display())]
    if entry.state == Entry.State.PUBLISHED and not entry.is_public(now) and entry.published_at:
        found = [("scheduled", f"Scheduled for {_time(entry.published_at)}")]
    if entry.planned_id and entry.planned_at:
        found.append(("scheduled", f"Change scheduled for {_time(entry.planned_at)}"))
    elif entry.draft_id:
        found.append((review or "draft", _NEWER[review]))
    return found


def in_zone(moment: datetime) -> str:
    """Return `moment` as people say it, with the active zone: 3 March 2026, 09:00 (Europe/…)."""
    local = timezone.localtime(moment)
    zone = timezone.get_current_timezone_name()
    return f"{formats.date_format(local, 'j F Y, H:i')} ({zone})"


def _time(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "j M Y, H:i")
