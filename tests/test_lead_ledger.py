"""The ledger follows each lead: on which day it came how far, and back."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from leads import pipeline
from leads.models import Attribution, Lead
from tests.factories import make_lead, make_site

pytestmark = pytest.mark.django_db
ASKED = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAYS = ("requested_on", "booked_on", "held_on", "won_on")
STATES = [str(state) for state in Lead.State]


@pytest.fixture(autouse=True)
def site():
    return make_site(time_zone="Asia/Tokyo")


def on(day: int, hour: int = 1) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def walk(lead: Lead, *states: str) -> list[int | None]:
    """Bring `lead` to each of `states`, a day each from the 3rd on; the days of March noted."""
    for day, state in enumerate(states, start=3):
        pipeline.advance(lead, Lead.State(state), out_of=Lead.State, now=on(day))
    line = Attribution.objects.get(lead=lead)
    return [day and day.day for day in (getattr(line, name) for name in DAYS)]


@pytest.mark.parametrize(
    ("states", "days"),
    [
        (["new"], [2, None, None, None]),
        (["contacted", "qualified"], [2, None, None, None]),
        (["booked", "held", "won"], [2, 3, 4, 5]),
        # What is counted is what happened: nothing is filled in.
        (["won"], [2, None, None, 3]),
        (["held"], [2, None, 3, None]),
        (["lost"], [2, None, None, None]),
        # The first day counts.
        (["booked", "contacted", "booked"], [2, 3, None, None]),
        # They did not come after all.
        (["booked", "held", "contacted"], [2, 3, None, None]),
        (["booked", "held", "contacted", "held"], [2, 3, 6, None]),
        # A talk was held, whatever became of it.
        (["booked", "held", "lost"], [2, 3, 4, None]),
        (["booked", "held", "won", "lost"], [2, 3, 4, None]),
        (["booked", "held", "won", "contacted"], [2, 3, 4, None]),
        (["held", "won", "held", "won"], [2, None, 3, 6]),
        # Suspects are no requests; taken up, they count from the day on which they asked.
        (["spam"], [None, None, None, None]),
        (["spam", "new"], [2, None, None, None]),
        (["spam", "won"], [2, None, None, 4]),
        (["booked", "won", "spam"], [None, 3, None, None]),
    ],
    ids=lambda part: "→".join(map(str, part)),
)
def test_days_follow_the_states(states, days):
    assert walk(make_lead(created_at=ASKED), *states) == days


def test_a_suspect_counts_from_the_day_on_which_it_asked():
    lead = make_lead(created_at=ASKED, state="spam")
    assert Attribution.objects.get().requested_on is None
    assert walk(lead, "contacted") == [2, None, None, None]


def test_days_are_those_of_the_sites_zone():
    lead = make_lead(created_at=on(2, hour=20))
    pipeline.advance(lead, Lead.State.BOOKED, out_of=Lead.State, now=on(5, hour=23))
    line = Attribution.objects.get()
    assert (line.requested_on, line.booked_on) == (date(2026, 3, 3), date(2026, 3, 6))


def test_the_value_is_that_of_what_is_won():
    lead = make_lead()
    values = []
    for value in (None, Decimal(1200), Decimal(900)):
        pipeline.win(lead, value)
        values.append(Attribution.objects.get().value)
    pipeline.advance(lead, Lead.State.CONTACTED, out_of=Lead.State)
    assert [*values, Attribution.objects.get().value] == [None, 1200, 900, None]


def test_whatever_happens_with_whom_lines_hold_their_promise():
    """Only what is won has a day of winning and a value; only suspects have not asked."""
    for former in STATES:
        for state in STATES:
            lead = make_lead(state=former)
            pipeline.advance(lead, Lead.State(state), out_of=Lead.State)
            line = Attribution.objects.get(lead=lead)
            is_won = former != "won" and state == "won"
            assert (line.won_on is not None, line.requested_on is None) == (
                is_won,
                state == "spam",
            )


def test_a_lead_without_a_line_does_not_mind():
    lead = make_lead()
    Attribution.objects.all().delete()
    assert pipeline.win(lead, Decimal(5))
    assert (Lead.objects.get().value, Attribution.objects.exists()) == (Decimal(5), False)


def test_the_line_of_another_lead_stays_as_it_is():
    make_lead(name="Other")
    pipeline.win(make_lead(), Decimal(5))
    other = Attribution.objects.get(lead__name="Other")
    assert (other.won_on, other.value) == (None, None)
