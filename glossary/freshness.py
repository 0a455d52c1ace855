"""Reviews that fall due: when the next one is, and that somebody found a text still correct.

An entry is due some months after its last review, or after its publication
while there was none. A review moves no date that readers or search engines
take for a change: `updated_at` with all that follows from it stays.
"""

from calendar import monthrange
from datetime import MAXYEAR, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateField, F, Func, QuerySet, Value
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from config import site
from config.models import OutboxMessage
from glossary import history, permissions
from glossary.models import Entry, EntryQuerySet

SOON = timedelta(days=30)
"""How far ahead the list of reviews looks."""
BATCH = 1_000
"""Rows that one statement renews: whole rows are written, and others wait to write."""


# When ---------------------------------------------------------------------------------------


def due_on(reviewed_on: date, months: int | None) -> date | None:
    """Return the day `months` after a review, at the latest the last one of its month.

    None without an interval, or past the end of the calendar.
    """
    if not months:
        return None
    years, month = divmod(reviewed_on.month - 1 + months, 12)
    year = reviewed_on.year + years
    if year > MAXYEAR:
        return None
    return date(year, month + 1, min(reviewed_on.day, monthrange(year, month + 1)[1]))


def today(now: datetime | None = None) -> date:
    """Return the day that it is where the site is."""
    return timezone.localdate(now or timezone.now(), site.current().zone)


def overdue_on(entry: Entry, now: datetime | None = None) -> date | None:
    """Return when the review of `entry` was due that readers are to be told of, if any.

    No query. The answer changes at midnight without any change of a row:
    whoever keeps a page for longer than a request has to ask again each day.
    """
    due = entry.review_due_on
    is_told = site.current().shows_overdue and due is not None
    return due if is_told and due and due < today(now) else None


def due(until: date) -> EntryQuerySet:
    """Return the entries on the site whose review is due by `until`, the oldest date first."""
    shown = Entry.objects.filter(state=Entry.State.PUBLISHED, review_due_on__lte=until)
    return shown.order_by("review_due_on", "sort_key", "pk")


# What changes it ----------------------------------------------------------------------------


def renew(entry: Entry, now: datetime | None = None) -> None:
    """Set when `entry` is due from its last review or publication; the caller saves it."""
    last = entry.reviewed_on or today(entry.published_at or now)
    entry.review_due_on = due_on(last, entry.review_months or site.current().review_months)


@transaction.atomic
def confirm(entry: Entry, *, by: Any = None, note: str = "", now: datetime | None = None) -> None:
    """Record that `entry` was looked at today and found still correct.

    Its update, its feeds and its place in the sitemap stay as they are.
    Raises PermissionDenied.
    """
    permissions.require(by, "confirm", entry)
    entry.refresh_from_db(from_queryset=Entry.objects.select_for_update(no_key=True))
    entry.reviewed_on = today(now)
    renew(entry, now)
    entry.save(update_fields=["reviewed_on", "review_due_on"])
    history.note(entry, "confirmed", by=by, note=note, now=now)


def renew_many(entries: QuerySet[Entry]) -> int:
    """Set when each of `entries` is due, in one statement; return how many there are."""
    zone = site.current().zone
    months = Coalesce(F("review_months"), Value(site.current().review_months))
    last = Coalesce(F("reviewed_on"), TruncDate("published_at", tzinfo=zone))
    return entries.order_by().update(review_due_on=_Months(last, months))


def renew_all(message: OutboxMessage) -> None:
    """Outbox handler: the site's interval changed, for entries that have none of their own."""
    following = Entry.objects.filter(review_months=None).exclude(published_at=None)
    keys = list(following.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        renew_many(Entry.objects.filter(pk__in=keys[start : start + BATCH]))


class _Months(Func):
    """`due_on` as the databases compute it: a day and a number of months after it."""

    output_field = DateField()

    def as_postgresql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        """PostgreSQL knows the ends of months, but also years that Python does not."""
        found = "({last} + make_interval(months => ({months})::int))::date"
        sql = f"CASE WHEN {found} <= DATE '9999-12-31' THEN {found} END"
        return self._filled(sql, compiler, "last", "months", "last", "months")

    def as_sqlite(
        self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, Any]:
        """SQLite goes on into the next month where one lacks the day: not past its last."""
        same_day = "date({last}, '+' || ({months}) || ' months')"
        last_day = "date({last}, 'start of month', '+' || ({months} + 1) || ' months', '-1 day')"
        # Of the last month of its calendar, it knows no last day.
        sql = f"min({same_day}, coalesce({last_day}, {same_day}))"
        return self._filled(sql, compiler, *("last", "months") * 3)

    def _filled(self, sql: str, compiler: Any, *order: str) -> tuple[str, list[Any]]:
        """`sql` with the two expressions in their places, and the parameters in that order."""
        last, months = (compiler.compile(each) for each in self.source_expressions)
        compiled = {"last": last, "months": months}
        params = [param for name in order for param in compiled[name][1]]
        return sql.format(last=last[0], months=months[0]), params
