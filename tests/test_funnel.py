"""The funnel: what counts on which day, and by what."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from authors.models import Author
from glossary.models import Entry
from leads import charts, figures, funnel, pipeline
from leads.figures import DELETED, NONE, PLAIN, Line
from leads.funnel import Counts
from leads.models import DayCount, Lead, Offer
from leads.periods import Period, named
from tests.factories import make_author, make_entry, make_lead, make_offer, make_site

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 10, 12, tzinfo=UTC)
MAY = Period(date(2026, 5, 1), date(2026, 5, 31))
JUNE = Period(date(2026, 6, 1), date(2026, 6, 30))


def seen(entry: Entry | None, *, views=0, clicks=0, day=MAY.first, offer: Offer | None = None):
    for kind, times in (("view", views), ("click", clicks)):
        if times:
            DayCount.objects.create(
                day=day,
                kind=kind,
                entry_key=entry.pk if entry else 0,
                offer_key=offer.pk if offer else 0,
                position="end" if kind == "click" else "",
                times=times,
            )


def ask(entry=None, *, at=NOON, **fields) -> Lead:
    return make_lead(entry=entry, created_at=at, **fields)


def advance(lead: Lead, state: str, at: datetime) -> None:
    pipeline.advance(lead, Lead.State(state), out_of=Lead.State, now=at)


def lines(what: str, period: Period = MAY) -> dict[str, Counts]:
    return {line.name: line.counts for line in figures.of(what, period).lines}


# Days -------------------------------------------------------------------------------------


def test_each_stage_counts_on_its_own_day():
    entry = make_entry()
    seen(entry, views=10, clicks=2)
    lead = ask(entry)
    advance(lead, "booked", NOON + timedelta(days=2))
    advance(lead, "held", NOON + timedelta(days=25))
    pipeline.win(lead, Decimal("1200.50"), now=NOON + timedelta(days=30))
    assert funnel.by("entry", MAY) == {entry.pk: Counts(10, 2, 1, 1)}
    assert funnel.by("entry", JUNE) == {
        entry.pk: Counts(held=1, won=1, value=Decimal("1200.50")),
    }
    assert funnel.of_entry(entry.pk, MAY) == Counts(10, 2, 1, 1)


def test_days_are_those_of_the_site():
    make_site(time_zone="Asia/Tokyo")
    ask(at=datetime(2026, 5, 31, 16, tzinfo=UTC))
    assert (funnel.by("entry", MAY), funnel.by("entry", JUNE)) == ({}, {0: Counts(requests=1)})


def test_suspected_spam_counts_nowhere_until_it_is_taken_up():
    lead = ask(state="spam")
    assert funnel.by("entry", MAY) == {}
    advance(lead, "new", NOON)
    advance(lead, "booked", NOON)
    assert funnel.by("entry", MAY) == {0: Counts(requests=1, booked=1)}
    advance(lead, "spam", NOON)
    assert funnel.by("entry", MAY) == {}


def test_the_erased_still_count():
    entry = make_entry()
    lead = ask(entry)
    advance(lead, "booked", NOON)
    lead.delete()
    assert funnel.by("entry", MAY) == {entry.pk: Counts(requests=1, booked=1)}


def test_cents_are_not_lost_in_a_sum():
    for number in range(3):
        pipeline.win(ask(email=f"{number}@example.com"), Decimal("0.10"), now=NOON)
    assert funnel.by("offer", MAY)[0].value == Decimal("0.30")


def test_the_month_is_the_one_that_it_is():
    entry = make_entry()
    seen(entry, views=3, day=date(2026, 5, 9))
    seen(entry, views=4, day=date(2026, 4, 30))
    ask(entry, at=NOON - timedelta(days=1))
    assert funnel.of_month(NOON) == Counts(views=3, requests=1)


def test_trend_counts_each_day():
    ask(at=NOON)
    advance(ask(at=NOON), "booked", NOON + timedelta(days=1))
    found = {part.period.first.day: (part.requests, part.booked) for part in funnel.trend(MAY)}
    assert len(found) == 31
    assert {day: counts for day, counts in found.items() if any(counts)} == {
        10: (2, 0),
        11: (0, 1),
    }


# By what ----------------------------------------------------------------------------------


def test_an_entry_with_two_topics_counts_in_both_and_once_in_all():
    entry = make_entry(topics=["Data", "Language"])
    other = make_entry(topics=["Data"])
    seen(entry, views=10)
    seen(other, views=5)
    seen(make_entry(), views=1)
    seen(None, views=2)
    found = figures.of("topic", MAY)
    assert {line.name: line.counts.views for line in found.lines} == {
        "Data": 15,
        "Language": 10,
        "Entries without a topic": 1,
        "Other pages, or an entry that was deleted": 2,
    }
    assert found.total.views == 18


def test_authors_are_the_present_ones():
    ines, tomas = make_author(name="Ines"), make_author(name="Tomas")
    entry = make_entry(author=ines)
    seen(entry, views=4)
    seen(make_entry(), views=1)
    assert lines("author") == {"Ines": Counts(4), "Entries without an author": Counts(1)}
    Entry.objects.filter(pk=entry.pk).update(author=tomas)
    assert lines("author") == {"Tomas": Counts(4), "Entries without an author": Counts(1)}
    assert Author.objects.count() == 2


def test_what_was_deleted_is_shown_as_such():
    entry, offer = make_entry(), make_offer()
    seen(entry, views=4, clicks=1, offer=offer)
    ask(entry, offer=offer)
    key, offer_key = entry.pk, offer.pk
    Entry.objects.filter(pk=key).delete()
    Offer.objects.filter(pk=offer_key).delete()
    assert lines("entry") == {
        f"Deleted entry (no. {key})": Counts(4, 1),
        "Other pages, or an entry that was deleted": Counts(requests=1),
    }
    assert lines("offer") == {
        f"Deleted offer (no. {offer_key})": Counts(4, 1),
        "No offer, or one that was deleted": Counts(requests=1),
    }
    for what in ("topic", "author"):
        assert lines(what) == {
            "Deleted entries": Counts(4, 1),
            "Other pages, or an entry that was deleted": Counts(requests=1),
        }
    assert {line.key for line in figures.of("topic", MAY).lines} == {DELETED, NONE}
    assert PLAIN < DELETED < NONE


def test_lines_go_by_any_column_and_equal_ones_by_requests():
    found = [
        Line(1, "Über", Counts(views=5, requests=1)),
        Line(2, "api", Counts(views=9)),
        Line(3, "Webhook", Counts(views=9, requests=2)),
    ]
    by = {
        (column, down): "".join(
            str(each.key) for each in figures.ordered(found, column, down=down)
        )
        for column, down in [("views", True), ("views", False), ("name", False), ("won", True)]
    }
    assert by == {
        ("views", True): "321",
        ("views", False): "132",
        ("name", False): "213",
        ("won", True): "312",
    }


def test_entries_that_nobody_looked_at():
    old = make_entry(at=NOON - timedelta(days=90))
    seen_before, seen_now, new = make_entry(at=NOON), make_entry(at=NOON), make_entry(at=NOON)
    seen(seen_before, views=1, day=date(2026, 4, 30))
    seen(seen_now, views=1)
    seen(new, clicks=1)
    make_entry(at=datetime(2026, 5, 31, 23, tzinfo=UTC))
    Entry.objects.filter(pk=make_entry().pk).update(state="withdrawn")
    assert list(figures.never_viewed(MAY)) == [old, seen_before, new]


# Queries ----------------------------------------------------------------------------------


def make_figures(count: int) -> None:
    """`count` entries more, each looked at and asked from."""
    entries = Entry.objects.bulk_create(
        Entry(term=f"Term {key}", slug=f"term-{key}", state="published", published_at=NOON)
        for key in range(Entry.objects.count(), Entry.objects.count() + count)
    )
    DayCount.objects.bulk_create(
        DayCount(day=MAY.first, kind="view", entry_key=entry.pk, times=3) for entry in entries
    )


@pytest.mark.parametrize(
    ("what", "queries"), [("entry", 3), ("topic", 4), ("author", 3), ("offer", 3)]
)
def test_a_thousand_entries_cost_as_many_queries_as_one(what, queries, django_assert_num_queries):
    make_site()
    make_offer()
    for count in (1, 2, 997):
        make_figures(count)
        ask(Entry.objects.latest("pk"), email=f"{count}@example.com")
        with django_assert_num_queries(queries):
            found = figures.of(what, MAY)
    assert (found.total.views, found.total.requests) == (3000, 3)


# Chart ------------------------------------------------------------------------------------


def test_the_longest_bar_is_whole_and_nothing_is_invisible():
    bars = charts.funnel_bars(Counts(views=100_000, clicks=300, requests=40, booked=2))
    widths = [float(bar.width.removesuffix("%")) for bar in bars]
    assert (widths[0], widths[-2:]) == (100, [0, 0])
    assert widths == sorted(widths, reverse=True)
    assert widths[3] > 1
    assert [charts.share(bar.rate) for bar in bars] == [
        *("–", "0.3\u202f%", "13\u202f%", "5.0\u202f%", "0\u202f%", "–"),
    ]


def test_what_is_more_than_the_stage_before_is_no_part_of_it():
    bars = charts.funnel_bars(Counts(requests=4, booked=1, held=1, won=2))
    assert [bar.rate for bar in bars[3:]] == [0.25, 1, None]


@pytest.mark.parametrize(
    ("most", "marks"), [(0, "0 1"), (3, "0 1 2 3"), (9, "0 5 10"), (41, "0 20 40 60")]
)
def test_columns_stand_under_few_round_numbers(most, marks):
    parts = [funnel.Part(part, most, 0) for part in named("this-month", date(2026, 5, 4)).parts()]
    chart = charts.columns(parts)
    assert " ".join(line.words for line in chart.lines) == marks
    assert (chart.lines[0].at, chart.lines[-1].at) == ("200.0", "0.0")
    assert len(chart.columns) == len(chart.words) == 4
