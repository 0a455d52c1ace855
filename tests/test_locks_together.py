"""Verbs that lock the same rows at the same moment: none of them shuts the other out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from leads import booking, erasing, pipeline, replying, retention, withdrawing
from leads.booking import NotPossible, SlotTaken
from leads.merging import NotMerged, merge
from leads.models import Attribution, Booking, Lead
from leads.replying import NotReplied
from tests.factories import make_booking, make_lead, make_rules, make_staff
from tests.test_pipeline_together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5
OURS = (NotMerged, NotPossible, NotReplied, SlotTaken, Lead.DoesNotExist, Booking.DoesNotExist)
"""What colleagues are told who come too late."""


def fresh(pk: int) -> Lead:
    return Lead.objects.get(pk=pk)


def close(pk: int) -> None:
    booking.mark_no_show(Booking.objects.with_people().get(pk=pk))


def race(*acts: Callable[[], object]) -> None:
    for answer in at_once([*acts]):
        if isinstance(answer, Exception) and not isinstance(answer, OURS):
            raise answer
        # A lost race that PostgreSQL ended was a deadlock, whatever we made of it.
        assert not isinstance(getattr(answer, "__cause__", None), DatabaseError)


@contextmanager
def talked(kept: Lead | None = None) -> Iterator[Booking]:
    """A talk that is over, of a request that is merged into `kept`."""
    start = timezone.now() + timedelta(hours=1)
    held = make_booking(start=start)
    past = {name: timezone.now() - timedelta(hours=n) for name, n in TIMES.items()}
    Booking.objects.filter(pk=held.pk).update(**past)
    if kept:
        Lead.objects.filter(pk=held.lead_id).update(merged_into=kept)
    yield held
    Lead.objects.all().delete()


TIMES = {"blocked_from": 3, "starts_at": 3, "ends_at": 2, "blocked_until": 2}


@pytest.fixture
def ines():
    return make_staff("sales")


def test_closing_a_talk_while_its_person_is_merged_on(ines):
    for _ in range(ROUNDS):
        kept, third = make_lead(), make_lead()
        with talked(kept) as talk:
            race(
                partial(close, talk.pk),
                lambda: merge(fresh(kept.pk), into=fresh(third.pk), by=ines),  # noqa: B023
            )
            assert set(Lead.objects.filter(merged_into=third)) == {kept, talk.lead}


def test_closing_a_talk_while_its_person_is_erased():
    for _ in range(ROUNDS):
        with talked() as talk:
            race(partial(close, talk.pk), partial(erasing.erase, [talk.lead]))
            assert not Lead.objects.exists()


def test_closing_a_talk_while_the_time_of_its_person_ends():
    make_rules(**dict.fromkeys(("new", "contacted", "booked"), 30))
    for _ in range(ROUNDS):
        kept = make_lead(created_at=timezone.now() - timedelta(days=40), state="booked")
        with talked(kept) as talk:
            talk.lead.events.all().delete()
            race(partial(close, talk.pk), retention.run)


def test_taking_back_an_agreement_while_everything_is_erased():
    for _ in range(ROUNDS):
        lead = make_lead()
        race(
            partial(withdrawing.withdraw, lead, "request"),
            partial(erasing.erase_address, lead.email),
        )
        assert not Lead.objects.exists()


def test_everything_at_once(ines):
    """Each of the desk's verbs on two requests of one person, one of them with a talk."""
    make_rules(lost=1)
    for _ in range(ROUNDS):
        kept = make_lead()
        with talked() as talk:
            gone = talk.lead_id
            acts: list[Callable[[], object]] = [
                partial(close, talk.pk),
                lambda: merge(fresh(gone), into=fresh(kept.pk), by=ines),  # noqa: B023
                lambda: merge(fresh(kept.pk), into=fresh(gone), by=ines),  # noqa: B023
                lambda: replying.reply(fresh(kept.pk), subject="A", body="B", by=ines),  # noqa: B023
                lambda: pipeline.win(fresh(kept.pk), None, by=ines),  # noqa: B023
                lambda: withdrawing.withdraw(fresh(gone), "request"),  # noqa: B023
                retention.run,
            ]
            race(*acts)
            assert Lead.objects.exclude(merged_into=None).count() == 1
            is_won = Lead.objects.filter(state="won").exists()
            assert Attribution.objects.filter(won_on__isnull=False).exists() == is_won
            race(partial(erasing.erase_address, "paula@example.com"), *acts)
            assert not Lead.objects.exists()
            assert not Attribution.objects.exclude(lead=None).exists()


def test_these_races_are_run_where_they_can_be_lost():
    """On SQLite those who write queue; on PostgreSQL rows are locked one by one."""
    assert connection.features.has_select_for_update == (connection.vendor == "postgresql")
