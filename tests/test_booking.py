"""The verbs of bookings: who gets a time, what is written with it, what is refused."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from config.models import OutboxMessage
from leads import booking, links, schedules
from leads.booking import NotPossible, SlotTaken, TooLate, TooManyBookings
from leads.consenting import to_answer
from leads.models import Booking, Lead
from leads.requesting import Request, request_booking
from tests.factories import make_calendar, make_lead, make_offer, make_staff

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday; Lisbon is on UTC."""
TEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
State = Booking.State
ANSWERS = {"name": "Paula", "email": "paula@example.com"}


def offer_with_hosts(hosts=1, **fields):
    offer = make_offer(**fields)
    for _ in range(hosts):
        make_calendar(offer)
    return offer


def book(offer, *, start=TEN, email="paula@example.com", now=NOW, **options):
    return booking.book(offer, start=start, lead=make_lead(email=email), now=now, **options)


def kinds():
    return sorted(OutboxMessage.objects.values_list("kind", flat=True))


def test_a_booking_holds_its_time_and_promises_its_messages():
    booked = book(offer_with_hosts(duration=45, buffer_before=10, buffer_after=20))
    assert (booked.state, booked.starts_at, booked.ends_at - TEN) == (
        *(State.CONFIRMED, TEN, timedelta(minutes=45)),
    )
    assert (TEN - booked.blocked_from, booked.blocked_until - booked.ends_at) == (
        *(timedelta(minutes=10), timedelta(minutes=20)),
    )
    assert (booked.wall_time, booked.time_zone) == ("2026-03-04T10:00", "Europe/Lisbon")
    assert kinds() == ["leads.remind"] * 2 + ["leads.tell_host", "leads.tell_prospect"]
    assert Lead.objects.get().state == Lead.State.BOOKED
    assert [e.kind for e in Lead.objects.get().events.all()] == [
        *("lead.status_changed", "booking.created"),
    ]


def test_no_two_sites_and_no_two_bookings_share_a_uid():
    offer = offer_with_hosts(most_open=0)
    starts = [TEN + timedelta(minutes=30 * step) for step in range(3)]
    found = [book(offer, start=start).uid.partition("@") for start in starts]
    assert {domain for _, _, domain in found} == {"glossary.example"}
    assert len({bytes.fromhex(own) for own, _, _ in found if len(own) == 32}) == 3


def test_who_wants_no_mail_is_not_reminded_either():
    book(offer_with_hosts(), by=make_staff("sales"), tell=False)
    assert kinds() == ["leads.tell_host"]


def test_the_database_holds_no_secret_of_the_bookings_page():
    booked = book(offer_with_hosts())
    token = links.token_of(booked)
    stored = [str(value) for value in Booking.objects.values().get().values()]
    assert (len(token), any(token in value for value in stored)) == (43, False)
    assert links.booking_at(token) == booked
    assert links.booking_at(booked.uid) is None


def test_links_outlive_a_new_secret_key_while_the_old_one_is_known(settings):
    booked = book(offer_with_hosts())
    token, code = links.token_of(booked), links.verification_of(booked)
    feed = links.subscription_of(booked.calendar)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret key for this test, long enough for everybody"
    assert (links.token_of(booked), links.verifies(booked, code)) == (token, True)
    assert links.calendar_at(feed) == booked.calendar
    settings.SECRET_KEY_FALLBACKS = []
    assert links.booking_at(links.token_of(booked)) == booked
    assert links.booking_at(token) is None


def test_what_is_taken_is_not_booked_again():
    offer = offer_with_hosts()
    book(offer)
    with pytest.raises(SlotTaken):
        book(offer, email="other@example.com")
    assert Booking.objects.count() == 1


def test_what_was_never_offered_is_not_booked():
    offer = offer_with_hosts()
    for start in (TEN + timedelta(minutes=7), TEN - timedelta(days=7), TEN + timedelta(hours=9)):
        with pytest.raises(SlotTaken):
            book(offer, start=start)


def test_nothing_is_booked_while_the_offer_is_paused():
    offer = offer_with_hosts(is_paused=True)
    with pytest.raises(SlotTaken):
        book(offer)
    assert schedules.times(schedules.calendars_of(offer), offer, now=NOW) == []


@pytest.mark.parametrize(("hours", "is_open"), [(None, False), (12, False), (11, True)])
def test_a_host_whose_plans_are_not_known_offers_nothing(hours, is_open):
    offer = make_offer()
    good_at = None if hours is None else NOW - timedelta(hours=hours)
    address = "https://calendar.example/busy.ics"
    make_calendar(offer, feed_url=address, feed_hours=12, feed_good_at=good_at)
    assert bool(schedules.times(schedules.calendars_of(offer), offer, now=NOW)) == is_open
    if is_open:
        book(offer)
    else:
        with pytest.raises(SlotTaken):
            book(offer)


def test_of_several_hosts_the_least_booked_is_next():
    offer = offer_with_hosts(hosts=3, most_open=0)
    starts = [TEN + timedelta(minutes=30 * step) for step in range(4)]
    hosts = [book(offer, start=start).calendar_id for start in starts for _ in range(3)]
    assert [hosts.count(key) for key in sorted(set(hosts))] == [4, 4, 4]
    with pytest.raises(SlotTaken):
        book(offer)


def test_bookings_are_spread_over_hosts_although_the_first_one_is_free():
    offer = offer_with_hosts(hosts=3, most_open=0)
    starts = [TEN + timedelta(hours=hours) for hours in (0, 1, 3, 4, 5, 6)]
    hosts = [book(offer, start=start).calendar_id for start in starts]
    assert [hosts.count(key) for key in set(hosts)] == [2, 2, 2]


def test_a_person_may_hold_bookings_of_several_offers():
    offer = offer_with_hosts(most_open=1)
    other = make_offer(name="Workshop", is_default=False, most_open=1)
    offer.calendars.get().offers.add(other)
    book(offer)
    assert book(other, start=TEN + timedelta(hours=1)).state == State.CONFIRMED


def test_the_look_says_no_before_the_wall_has_to():
    offer, staff = offer_with_hosts(), make_staff("sales")
    book(offer)
    calendar = offer.calendars.get()
    for options in ({}, {"any_time": True, "by": staff, "calendar": calendar}):
        with pytest.raises(SlotTaken) as refusal:
            book(offer, email="other@example.com", **options)
        assert refusal.value.__cause__ is None


def test_offers_that_share_a_host_share_the_time():
    offer = offer_with_hosts()
    other = make_offer(name="Workshop", is_default=False, duration=120)
    offer.calendars.get().offers.add(other)
    book(offer, start=TEN + timedelta(minutes=30))
    with pytest.raises(SlotTaken):
        book(other)


def test_a_person_holds_only_as_many_bookings_as_the_offer_allows():
    offer = offer_with_hosts(most_open=1)
    book(offer)
    with pytest.raises(TooManyBookings):
        book(offer, start=TEN + timedelta(hours=1), email="PAULA@example.com")
    book(offer, start=TEN + timedelta(hours=1), by=make_staff("sales"))
    book(offer, start=TEN + timedelta(hours=1, minutes=30), email="other@example.com")


def test_staff_may_go_beyond_the_hours_but_not_twice():
    offer, staff = offer_with_hosts(), make_staff("sales")
    night = TEN.replace(hour=22)
    calendar = offer.calendars.get()
    book(offer, start=night, calendar=calendar, any_time=True, by=staff)
    with pytest.raises(SlotTaken):
        book(offer, start=night, calendar=calendar, any_time=True, by=staff)
    with pytest.raises(SlotTaken):
        book(offer, start=NOW - timedelta(hours=1), calendar=calendar, any_time=True, by=staff)


@pytest.mark.parametrize("state", [State.UNVERIFIED, State.PENDING, State.CONFIRMED])
def test_each_waiting_state_keeps_its_time(state):
    offer = offer_with_hosts(
        verifies_email=state == State.UNVERIFIED, confirms_by_hand=state == State.PENDING
    )
    assert book(offer).state == state
    with pytest.raises(SlotTaken):
        book(offer, email="other@example.com")


def test_an_address_is_verified_and_then_staff_confirm():
    booked = book(offer_with_hosts(verifies_email=True, confirms_by_hand=True))
    booking.verify(booked, now=NOW)
    assert (booked.state, booked.revision) == (State.PENDING, 1)
    booking.confirm(booked, by=make_staff("sales"), now=NOW)
    assert (booked.state, booked.revision, booked.holds_until) == (State.CONFIRMED, 2, None)
    with pytest.raises(NotPossible):
        booking.verify(booked, now=NOW)


def test_what_nobody_confirmed_in_time_is_free_again():
    offer = offer_with_hosts(confirms_by_hand=True, pending_hours=1)
    waiting = book(offer)
    later = NOW + timedelta(hours=1)
    assert TEN in schedules.times(schedules.calendars_of(offer), offer, now=later)
    next_one = book(offer, email="other@example.com", now=later)
    waiting.refresh_from_db()
    assert (waiting.state, next_one.state) == (State.EXPIRED, State.PENDING)
    with pytest.raises(NotPossible):
        booking.confirm(waiting, now=later)


@pytest.mark.parametrize(
    ("rules", "lasts"),
    [({"verifies_email": True}, 30), ({"confirms_by_hand": True, "pending_hours": 1}, 60)],
    ids=["unverified", "pending"],
)
def test_what_waits_is_promised_an_end(rules, lasts):
    """Nobody may come by, to whose verb it would fall to end it."""
    booked = book(offer_with_hosts(**rules))
    [message] = OutboxMessage.objects.filter(kind="leads.expire_booking")
    ends = NOW + timedelta(minutes=lasts)
    assert (message.due_at, booked.holds_until) == (ends, ends)
    assert message.payload == {"booking": booked.pk}


def test_a_message_that_comes_late_ends_only_what_still_waits():
    offer, now = offer_with_hosts(confirms_by_hand=True, most_open=0), timezone.now()
    # A Wednesday, at least a week ahead.
    start = now.replace(hour=10, minute=0, second=0, microsecond=0)
    start += timedelta(days=7 + (3 - start.isoweekday()) % 7)
    confirmed, extended, waiting = (
        book(offer, start=start + timedelta(minutes=30 * place), now=now) for place in range(3)
    )
    booking.confirm(confirmed, now=now)
    Booking.objects.filter(pk=waiting.pk).update(holds_until=now)
    for booked in (confirmed, extended, waiting):
        booking.expire(OutboxMessage(payload={"booking": booked.pk}))
    booking.expire(OutboxMessage(payload={"booking": 0}))
    states = [Booking.objects.get(pk=each.pk).state for each in (confirmed, extended, waiting)]
    assert states == [State.CONFIRMED, State.PENDING, State.EXPIRED]


def test_a_limit_counts_the_days_of_the_host():
    offer = make_offer(most_a_day=1, most_open=0)
    all_day = {"wednesday": "0:00–24:00", "thursday": "0:00–24:00"}
    make_calendar(offer, time_zone="Asia/Tokyo", **all_day)
    thursday_morning = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
    book(offer, start=thursday_morning)
    with pytest.raises(SlotTaken):
        book(offer, start=thursday_morning + timedelta(hours=10))
    assert book(offer, start=thursday_morning - timedelta(hours=9)).state == State.CONFIRMED


def test_nobody_waits_beyond_the_time_itself():
    offer = offer_with_hosts(confirms_by_hand=True, pending_hours=14 * 24)
    assert book(offer).holds_until == TEN


def test_cancelled_times_can_be_booked_by_another_person():
    offer = offer_with_hosts()
    booked = book(offer)
    booking.cancel(booked, reason="Ill", now=NOW)
    assert (booked.state, booked.reason, booked.revision) == (State.CANCELLED, "Ill", 1)
    assert booked.lead.state == Lead.State.NEW
    assert book(offer, email="other@example.com").state == State.CONFIRMED
    with pytest.raises(NotPossible):
        booking.cancel(booked, now=NOW)


def test_a_refused_time_can_be_booked_by_another_person():
    offer = offer_with_hosts(confirms_by_hand=True)
    booking.refuse(book(offer), by=make_staff("sales"), now=NOW)
    other = book(offer, email="other@example.com")
    booking.confirm(other, by=make_staff("sales"), now=NOW)
    assert (other.starts_at, other.state) == (TEN, State.CONFIRMED)


def test_moving_away_frees_the_time_and_moving_back_is_legal():
    offer = offer_with_hosts()
    booked = book(offer)
    booking.move(booked, start=TEN + timedelta(hours=1), now=NOW)
    other = book(offer, email="other@example.com")
    with pytest.raises(SlotTaken):
        booking.move(booked, start=TEN, now=NOW)
    booking.cancel(other, now=NOW)
    booking.move(booked, start=TEN, now=NOW)
    assert (booked.starts_at, booked.revision) == (TEN, 2)


def test_a_booking_may_move_into_its_own_shadow():
    offer = offer_with_hosts(duration=60, interval=15)
    booked = book(offer)
    booking.move(booked, start=TEN + timedelta(minutes=15), now=NOW)
    assert booked.starts_at == TEN + timedelta(minutes=15)


def test_moving_does_not_prolong_the_hold_of_an_unverified_booking():
    booked = book(offer_with_hosts(verifies_email=True))
    until = booked.holds_until
    booking.move(booked, start=TEN + timedelta(hours=1), now=NOW + timedelta(minutes=29))
    assert booked.holds_until == until


def test_a_move_remembers_the_zone_it_was_chosen_in():
    booked = book(offer_with_hosts(), visitor_zone="Asia/Kathmandu")
    booking.move(booked, start=TEN + timedelta(hours=1), now=NOW)
    assert booked.visitor_zone == "Asia/Kathmandu"
    booking.move(booked, start=TEN, visitor_zone="Europe/Berlin", now=NOW)
    booked.refresh_from_db()
    assert booked.visitor_zone == "Europe/Berlin"


def test_staff_may_move_a_booking_into_its_own_shadow_at_any_time():
    booked, staff = book(offer_with_hosts(duration=60)), make_staff("sales")
    start = TEN + timedelta(minutes=7)
    booking.move(booked, start=start, any_time=True, by=staff, now=NOW)
    assert Booking.objects.get().starts_at == start


def test_who_confirmed_a_time_confirms_the_next_one():
    offer = offer_with_hosts(confirms_by_hand=True)
    booked = book(offer)
    booking.confirm(booked, by=make_staff("sales"), now=NOW)
    booking.move(booked, start=TEN + timedelta(hours=1), now=NOW)
    assert booked.state == State.PENDING


def test_changes_end_at_the_cutoff_for_prospects_only():
    booked = book(offer_with_hosts(change_cutoff=60))
    late = TEN - timedelta(minutes=60)
    with pytest.raises(TooLate):
        booking.cancel(booked, now=late)
    with pytest.raises(TooLate):
        booking.move(booked, start=TEN + timedelta(days=2), now=late)
    assert booking.can_change(booked, late - timedelta(seconds=1))
    booking.cancel(booked, by=make_staff("sales"), now=late)


def test_held_and_no_show_are_for_talks_that_have_begun():
    booked, staff = book(offer_with_hosts()), make_staff("sales")
    with pytest.raises(NotPossible):
        booking.mark_held(booked, by=staff, now=TEN - timedelta(seconds=1))
    booking.mark_held(booked, by=staff, now=TEN)
    assert (booked.state, Lead.objects.get().state) == (State.HELD, Lead.State.HELD)
    booking.mark_no_show(booked, by=staff, now=TEN)
    assert (booked.state, Lead.objects.get().state) == (State.NO_SHOW, Lead.State.CONTACTED)


def test_nobody_came_to_the_second_of_two_talks():
    offer, staff = offer_with_hosts(), make_staff("sales")
    first = book(offer)
    booking.mark_held(first, by=staff, now=TEN)
    Lead.objects.update(state=Lead.State.CONTACTED)
    lead = Lead.objects.get()
    later = TEN + timedelta(days=1)
    second = booking.book(offer, start=later, lead=lead, now=TEN)
    assert Lead.objects.get().state == Lead.State.BOOKED
    booking.mark_no_show(second, by=staff, now=later)
    assert Lead.objects.get().state == Lead.State.CONTACTED


def test_what_staff_decided_of_a_lead_is_not_overruled():
    booked = book(offer_with_hosts())
    Lead.objects.update(state=Lead.State.LOST)
    booking.cancel(booked, now=NOW)
    assert Lead.objects.get().state == Lead.State.LOST


def test_no_verb_wakes_what_has_ended():
    offer, staff = offer_with_hosts(), make_staff("sales")
    booked = book(offer)
    booking.cancel(booked, now=NOW)
    acts = [
        lambda: booking.verify(booked, now=NOW),
        lambda: booking.confirm(booked, by=staff, now=NOW),
        lambda: booking.move(booked, start=TEN + timedelta(hours=1), by=staff, now=NOW),
        lambda: booking.refuse(booked, by=staff, now=NOW),
        lambda: booking.mark_held(booked, by=staff, now=TEN),
        lambda: booking.mark_no_show(booked, by=staff, now=TEN),
    ]
    for act in acts:
        with pytest.raises(NotPossible):
            act()


def test_what_was_deleted_meanwhile_is_not_changed():
    booked = book(offer_with_hosts())
    Lead.objects.get().delete()
    with pytest.raises(NotPossible, match="has been deleted"):
        booking.cancel(booked, now=NOW)


# Asking and booking at once ---------------------------------------------------------------


def ask(offer, *, start=TEN, mark="form", now=NOW, **answers):
    request = Request({**ANSWERS, **answers}, to_answer("I agree."), "en")
    return request_booking(request, offer=offer, start=start, visitor_zone="", mark=mark, now=now)


def test_lead_consent_booking_and_messages_are_written_together(settings):
    offer = offer_with_hosts()
    settings.OUTBOX_HANDLERS = {
        kind: path for kind, path in settings.OUTBOX_HANDLERS.items() if kind != "leads.remind"
    }
    with pytest.raises(LookupError), transaction.atomic():
        ask(offer)
    assert (Lead.objects.count(), Booking.objects.count(), kinds()) == (0, 0, [])


def test_a_form_books_once_whatever_it_is_sent_again_with():
    offer = offer_with_hosts()
    first = ask(offer)
    promised = kinds()
    again = [ask(offer), ask(offer, start=TEN + timedelta(hours=1)), ask(offer, name="P.")]
    assert ([each.pk for each in again], kinds()) == ([first.pk] * 3, promised)
    assert (Lead.objects.count(), Lead.objects.get().name) == (1, "Paula")


def test_the_lead_is_kept_when_its_time_has_gone_and_takes_the_next_one():
    offer = offer_with_hosts()
    book(offer, email="other@example.com")
    OutboxMessage.objects.all().delete()
    with pytest.raises(SlotTaken):
        ask(offer)
    assert Lead.objects.filter(email="paula@example.com").count() == 1
    due = OutboxMessage.objects.values_list("kind", "due_at").order_by("kind")
    later = NOW + timedelta(minutes=10)
    assert list(due) == [("leads.confirm_request", later), ("leads.notify_staff", later)]

    booked = ask(offer, start=TEN + timedelta(minutes=30), name="Paula P.")
    lead = Lead.objects.get(email="paula@example.com")
    assert (booked.lead, lead.name, lead.state) == (lead, "Paula P.", Lead.State.BOOKED)
    assert lead.preferred_time == ""


def test_a_suspect_holds_no_time_but_is_kept():
    offer = offer_with_hosts()
    request = Request(ANSWERS, to_answer("I agree."), "en", suspicion="A decoy.")
    booked = request_booking(request, offer=offer, start=TEN, visitor_zone="", mark="m", now=NOW)
    assert booked is None
    assert (Lead.objects.get().state, Booking.objects.count(), kinds()) == ("spam", 0, [])


@pytest.mark.parametrize("why", ["suspect", "taken", "too many"])
def test_a_lead_without_a_booking_says_which_time_was_chosen(why):
    offer = offer_with_hosts(most_open=1)
    request = Request(
        ANSWERS, to_answer("I agree."), "en", suspicion="A decoy." * (why == "suspect")
    )
    if why == "taken":
        book(offer, email="other@example.com")
    if why == "too many":
        book(offer, start=TEN + timedelta(hours=1))
    how = {"offer": offer, "start": TEN, "visitor_zone": "Asia/Tokyo", "mark": "m", "now": NOW}
    with suppress(SlotTaken, TooManyBookings):
        request_booking(request, **how)
    lead = Lead.objects.get(submission="m")
    assert (lead.bookings.count(), lead.preferred_time) == (
        *(0, "Wednesday, March 4, 2026, 19:00 (Asia/Tokyo, UTC+09:00)"),
    )


@pytest.mark.parametrize("year", [1, 1970, 9999])
def test_no_time_that_cannot_be_is_noted_as_chosen(year):
    with pytest.raises(SlotTaken):
        ask(offer_with_hosts(), start=TEN.replace(year=year))
    assert Lead.objects.get().preferred_time == ""
