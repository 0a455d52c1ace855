"""Two clicks at the same moment; on PostgreSQL their transactions really overlap."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from leads.consenting import to_answer
from leads.models import Booking, Lead, LeadEvent
from leads.phoning import Call, book_on_phone
from tests.factories import make_calendar, make_lead, make_offer, make_staff

pytestmark = pytest.mark.django_db(transaction=True)

CLICKS = 4


def click_at_once(call: Call, mark: str) -> tuple[set[int], list[BaseException]]:
    """Send one form `CLICKS` times at once; return the bookings it got, and what was raised."""
    found: set[int] = set()
    raised: list[BaseException] = []
    start, by = Barrier(CLICKS), make_staff("sales")

    def click() -> None:
        start.wait()
        try:
            found.add(book_on_phone(call, mark=mark, by=by).pk)
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [Thread(target=click) for _ in range(CLICKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, raised


@pytest.mark.parametrize("is_known", [True, False], ids=["a lead", "somebody new"])
def test_many_clicks_make_one_booking(is_known):
    offer = make_offer(most_open=0)
    for _ in range(CLICKS):
        make_calendar(offer)
    answers = {"name": "Carl", "email": "carl@example.com"}
    for round_number in range(3):
        call = Call(
            offer,
            start=timezone.now() + timedelta(days=2, hours=round_number),
            any_time=True,
            lead=make_lead() if is_known else None,
            answers={} if is_known else answers,
            agreements=() if is_known else to_answer("Yes."),
        )
        found, raised = click_at_once(call, mark=f"mark {round_number}")
        assert (len(found), raised) == (1, [])
    assert (Booking.objects.count(), Lead.objects.count()) == (3, 3)
    assert LeadEvent.objects.filter(kind="lead.called").count() == 3
