"""Reviews: when they are due, that they move no date, and what readers are told."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from config import site
from config.models import OutboxMessage
from glossary import freshness
from glossary.freshness import due_on
from glossary.models import Entry
from tests.desk import submit, work
from tests.factories import make_author, make_draft, make_entry, make_site, make_staff

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
"""A time at which it is tomorrow already in Auckland."""
TABLE = [
    (date(2026, 1, 15), 1, date(2026, 2, 15)),
    (date(2026, 1, 31), 1, date(2026, 2, 28)),
    (date(2027, 12, 31), 2, date(2028, 2, 29)),
    (date(2024, 2, 29), 12, date(2025, 2, 28)),
    (date(2024, 2, 29), 48, date(2028, 2, 29)),
    (date(2026, 11, 30), 1, date(2026, 12, 30)),
    (date(2026, 12, 1), 1, date(2027, 1, 1)),
    (date(2026, 3, 31), 6, date(2026, 9, 30)),
    (date(2026, 6, 30), 120, date(2036, 6, 30)),
    (date(9998, 12, 31), 12, date(9999, 12, 31)),
    (date(9998, 12, 31), 14, None),
]


@pytest.fixture
def site_with():
    """Make the site's settings and let them hold at once."""

    def make(**fields):
        made = make_site(**fields)
        site.forget()
        return made

    return make


# When ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reviewed", "months", "due"), TABLE)
def test_review_is_due_months_later_but_within_the_month(reviewed, months, due):
    assert due_on(reviewed, months) == due


def test_without_an_interval_nothing_is_due():
    assert due_on(date(2026, 1, 31), None) is None


def test_databases_count_months_as_we_do(site_with):
    site_with(review_months=3)
    for reviewed, months, _ in TABLE:
        make_draft(reviewed_on=reviewed, review_months=months)
    own = make_draft(reviewed_on=date(2026, 11, 30))
    published = make_draft(published_at=NOW, review_months=1)
    never = make_draft()
    assert freshness.renew_many(Entry.objects.all()) == len(TABLE) + 3
    found = Entry.objects.exclude(pk__in=[own.pk, published.pk, never.pk]).order_by("pk")
    assert [entry.review_due_on for entry in found] == [due for _, _, due in TABLE]
    for entry, due in [(own, date(2027, 2, 28)), (published, date(2026, 12, 25)), (never, None)]:
        entry.refresh_from_db()
        assert entry.review_due_on == due


@pytest.mark.parametrize(
    ("zone", "fields", "due"),
    [
        ("Europe/Lisbon", {"reviewed_on": date(2026, 5, 31)}, date(2026, 8, 31)),
        ("Europe/Lisbon", {"published_at": NOW}, date(2027, 2, 25)),
        ("Pacific/Auckland", {"published_at": NOW}, date(2027, 2, 26)),
        ("Pacific/Auckland", {}, date(2027, 2, 26)),
        ("Europe/Lisbon", {"published_at": NOW, "review_months": 1}, date(2026, 12, 25)),
    ],
)
def test_entry_is_due_after_its_last_review_or_its_publication(site_with, zone, fields, due):
    site_with(time_zone=zone, review_months=3)
    entry = make_draft(**fields)
    freshness.renew(entry, NOW)
    assert entry.review_due_on == due
    entry.refresh_from_db()
    assert entry.review_due_on is None


def test_only_published_entries_are_due():
    today = freshness.today()

    def make_due(entry, days=0):
        Entry.objects.filter(pk=entry.pk).update(review_due_on=today + timedelta(days=days))
        return entry

    late, soon = make_due(make_entry(term="Z"), -1), make_due(make_entry(term="A"))
    make_due(make_entry(), 1)
    make_entry()
    make_due(make_draft())
    make_due(make_draft(state="withdrawn", published_at=NOW))
    assert list(freshness.due(today)) == [late, soon]


# Still correct ------------------------------------------------------------------------------


def test_confirming_records_a_review_and_moves_no_date(client, site_with):
    site_with(review_months=6, time_zone="Pacific/Auckland")
    entry = make_entry(
        term="Warp", slug="warp", body="Old words.", reviewer=make_author(name="Rui")
    )
    at = timezone.now() - timedelta(days=400)
    Entry.objects.filter(pk=entry.pk).update(published_at=at, updated_at=at)
    public = ("/feed/", "/sitemap-entries.xml", "/llms.txt")
    before = [client.get(path).content for path in public]
    user = make_staff("writer", username="paula")
    freshness.confirm(entry, by=user, note="Nothing new.", now=NOW)
    entry.refresh_from_db()
    assert (entry.updated_at, entry.published_at) == (at, at)
    assert (entry.reviewed_on, entry.review_due_on) == (date(2026, 11, 26), date(2027, 5, 26))
    event = entry.events.get(verb="confirmed")
    assert (event.by, event.by_name, event.note, event.at) == (user, "paula", "Nothing new.", NOW)
    assert [client.get(path).content for path in public] == before
    page = client.get("/glossary/warp/").content.decode()
    assert '"dateModified": "' + at.isoformat()[:10] in page.replace('":"', '": "')
    assert 'Rui</a>, <time datetime="2026-11-26">' in page


def test_confirming_keeps_what_somebody_else_stored_meanwhile():
    entry = make_entry(body="Old words.")
    Entry.objects.filter(pk=entry.pk).update(body="New words.")
    freshness.confirm(entry)
    entry.refresh_from_db()
    assert entry.body == "New words."


def test_whoever_may_not_change_entries_confirms_nothing():
    entry = make_entry()
    with pytest.raises(PermissionDenied):
        freshness.confirm(entry, by=make_staff("sales"))
    assert (Entry.objects.get().reviewed_on, entry.events.exclude(verb="published").count()) == (
        None,
        0,
    )


def test_site_s_interval_reaches_entries_without_their_own(client, site_with, monkeypatch):
    monkeypatch.setattr(freshness, "BATCH", 2)
    site_with(review_months=None)
    plain = [make_entry(reviewed_on=date(2026, 1, 31)) for _ in range(3)]
    own = make_entry(reviewed_on=date(2026, 1, 31), review_months=2)
    freshness.renew_many(Entry.objects.all())
    client.force_login(make_staff("administrator"))
    path = "/admin/config/sitesettings/1/change/"
    submit(client, path, tagline="Other.")
    assert not OutboxMessage.objects.filter(kind="config.review_interval_changed").exists()
    submit(client, path, review_months=1)
    work()
    found = dict(Entry.objects.values_list("pk", "review_due_on"))
    assert found == dict.fromkeys([e.pk for e in plain], date(2026, 2, 28)) | {
        own.pk: date(2026, 3, 31)
    }
    submit(client, path, review_months="")
    work()
    assert set(Entry.objects.values_list("review_due_on", flat=True)) == {None, date(2026, 3, 31)}


# What readers are told ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_told", "days", "is_shown"), [(True, 1, True), (True, 0, False), (False, 1, False)]
)
def test_readers_are_told_of_overdue_reviews_if_the_site_wants_it(
    client, site_with, is_told, days, is_shown, django_assert_num_queries
):
    site_with(shows_overdue=is_told)
    due = freshness.today() - timedelta(days=days)
    make_entry(term="Warp", slug="warp")
    Entry.objects.update(review_due_on=due)
    with django_assert_num_queries(2):
        page = client.get("/glossary/warp/").content.decode()
    assert ("This entry may be out of date: it was due for review on" in page) == is_shown


def test_note_appears_at_midnight_where_the_site_is(site_with):
    site_with(shows_overdue=True, time_zone="Pacific/Auckland")
    entry = Entry(review_due_on=date(2026, 11, 25))
    midnight = datetime(2026, 11, 25, 11, tzinfo=UTC)
    assert freshness.overdue_on(entry, midnight - timedelta(seconds=1)) is None
    assert freshness.overdue_on(entry, midnight) == date(2026, 11, 25)
    assert freshness.overdue_on(Entry(), midnight) is None
