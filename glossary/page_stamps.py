"""What changes of the glossary make new, and on which pages.

An entry's own page depends on the site, its people and "entry:<key>". Whatever
changes what it shows of others stamps that key as well, so that the page need
not know whom it shows. Lists depend on "entries".
"""

import time
from datetime import datetime, timedelta

from django.http import HttpRequest

from config import site
from config.http import depends_on
from config.page_stamps import SITE, Stamp
from glossary.models import Entry

LISTS = (SITE, "people", "topics", "guides", "entries")
"""What lists of entries depend on."""


def depends(request: HttpRequest, entry: Entry) -> None:
    """Say of a page about `entry` alone what makes it new."""
    people = [f"author:{pk}" for pk in (entry.author_id, entry.reviewer_id) if pk]
    depends_on(request, SITE, f"entry:{entry.pk}", *people, until=_overdue_at(entry))


def _overdue_at(entry: Entry) -> datetime | None:
    """When readers will be told that a review is overdue: at the end of the day it was due."""
    settings = site.current()
    due = entry.review_due_on
    if due is None or not settings.shows_overdue or due >= due.max:
        return None
    day = due + timedelta(days=1)
    at = datetime(day.year, day.month, day.day, tzinfo=settings.zone)
    return at if at.timestamp() > time.time() else None


# Which changes -----------------------------------------------------------------------------

SHOWN_IN_LISTS = (
    *("term", "sort_key", "letter", "slug", "language", "title_override", "short_definition"),
    *("state", "published_at", "updated_at", "author_id", "public_topics"),
)
SHOWN = (
    *SHOWN_IN_LISTS,
    *("reviewer_id", "reviewed_on", "review_due_on", "seo_title", "seo_description", "offer"),
    *("planned_id", "planned_at", "body_html", "contents", "plain_text", "reading_minutes"),
    "public_aliases",
)
SHOWN_AROUND = (
    "term",
    "slug",
    "short_definition",
    "language",
    "sort_key",
    "state",
    "published_at",
)
"""What other entries' pages show of an entry, or what decides whether they do."""

MOST_NEIGHBOURS = 50
"""Entries with a date to come, next to an entry on either side, that are stamped as well: another
machine's clock may say that readers see them already."""

_MATES = "SELECT 'entry:' || entry_id AS key FROM glossary_pathstep WHERE path_id IN ({path})"
_IS_PUBLISHED = "{row}.state = 'published'"


def _neighbours(language: str, sort_key: str, own: str, *, is_before: bool) -> tuple[str, ...]:
    """The entry next to one in the alphabet that readers see today, and who waits between."""
    beyond, behind = ("<", ">") if is_before else (">", "<")
    far, order = ("max", "DESC") if is_before else ("min", "ASC")
    nearest = (
        f"SELECT {far}(seen.sort_key) FROM glossary_entry AS seen"
        f" WHERE seen.language = {language} AND seen.state = 'published'"
        f" AND seen.published_at <= {{now}} AND seen.sort_key {beyond} {sort_key}"
    )
    published = (
        "SELECT 'entry:' || near.id AS key FROM glossary_entry AS near"
        f" WHERE near.language = {language} AND near.state = 'published'"
    )
    waiting = f"{published} AND near.sort_key {beyond}= {sort_key} AND near.id <> {own}"
    closest = f"ORDER BY near.sort_key {order} LIMIT {MOST_NEIGHBOURS}"
    between = f"{waiting} AND near.sort_key {behind} ({nearest}) {closest}"
    return (
        f"{published} AND near.sort_key = ({nearest})",
        f"SELECT around.key FROM ({between}) AS around",
        # Where nobody is seen on that side, whoever waits there is a neighbour. Asked outside,
        # or a database would look for somebody who is seen as often as there are entries.
        f"SELECT around.key FROM ({waiting} {closest}) AS around WHERE ({nearest}) IS NULL",
    )


def _around(language: str, sort_key: str, own: str) -> tuple[str, ...]:
    """Whose pages show an entry, or would if it were public."""
    return (
        *_neighbours(language, sort_key, own, is_before=True),
        *_neighbours(language, sort_key, own, is_before=False),
        f"SELECT 'entry:' || target_id AS key FROM glossary_mention WHERE source_id = {own}",
        f"SELECT 'entry:' || entry_id AS key FROM glossary_relatedentry WHERE other_id = {own}",
        f"SELECT 'entry:' || left_id AS key FROM glossary_comparison WHERE right_id = {own}",
        f"SELECT 'entry:' || right_id AS key FROM glossary_comparison WHERE left_id = {own}",
        _MATES.format(path=f"SELECT path_id FROM glossary_pathstep WHERE entry_id = {own}"),
        "'guides'",
    )


def _of_dated(column: str) -> str:
    return f"(SELECT {column} FROM glossary_entry WHERE id = {{row}}.row_id)"


_LISTED = "SELECT {key} AS key FROM glossary_entry WHERE id = {entry} AND state = 'published'"
_ENTRY = "'entry:' || {row}.id"


def _remember(kind: str, column: str) -> str:
    """Note that pages change when a time has come, unless it has already."""
    return (
        "INSERT INTO config_pagedate (kind, row_id, at)"
        f" SELECT '{kind}', {{row}}.id, {{row}}.{column} WHERE {{row}}.{column} > {{now}}"
        " ON CONFLICT (kind, row_id) DO UPDATE SET at = excluded.at"
    )


STAMPS = [
    # The entry itself.
    Stamp("glossary_entry", (_ENTRY,), columns=SHOWN, only=_IS_PUBLISHED),
    Stamp("glossary_entry", ("'entries'",), columns=SHOWN_IN_LISTS, only=_IS_PUBLISHED),
    Stamp(
        "glossary_entry",
        _around("{row}.language", "{row}.sort_key", "{row}.id"),
        columns=SHOWN_AROUND,
        only=_IS_PUBLISHED,
    ),
    # What changes by itself: an entry appears, a planned version takes its place.
    Stamp(
        "glossary_entry",
        events=("insert", "update"),
        columns=("state", "published_at"),
        only=_IS_PUBLISHED,
        statements=(_remember("appears", "published_at"),),
    ),
    Stamp(
        "glossary_entry",
        events=("update",),
        columns=("planned_id", "planned_at"),
        only=_IS_PUBLISHED,
        statements=(_remember("changes", "planned_at"),),
    ),
    Stamp(
        "config_pagedate",
        (
            "'entry:' || {row}.row_id",
            "'entries'",
            *_around(_of_dated("language"), _of_dated("sort_key"), "{row}.row_id"),
        ),
        events=("delete",),
    ),
    # What stands around it.
    Stamp(
        "glossary_mention",
        ("'entry:' || {row}.target_id",),
        columns=("target_id", "sentence", "start", "length"),
    ),
    Stamp(
        "glossary_relatedentry",
        ("'entry:' || {row}.entry_id",),
        columns=("entry_id", "other_id", "position", "is_chosen"),
    ),
    Stamp(
        "glossary_revision",
        ("'entry:' || {row}.entry_id",),
        events=("update", "delete"),
        columns=("change", "why", "published_at"),
    ),
    Stamp(
        "glossary_comparison",
        ("'entry:' || {row}.left_id", "'entry:' || {row}.right_id", "'guides'"),
    ),
    Stamp("glossary_difference", ("'guides'",)),
    Stamp("glossary_learningpath", (_MATES.format(path="{row}.id"), "'guides'")),
    Stamp(
        "glossary_pathstep",
        ("'entry:' || {row}.entry_id", _MATES.format(path="{row}.path_id"), "'guides'"),
    ),
    # Lists by topic; what stands on entries' pages is in their own rows.
    Stamp("glossary_topic", ("'topics'",)),
    Stamp(
        "glossary_entrytopic",
        (_LISTED.format(key="'topics'", entry="{row}.content_object_id"),),
    ),
]
