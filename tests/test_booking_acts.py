"""Acts on a booking: asked first, done by the verbs, refused with a kind sentence."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from config import locks
from config.models import OutboxMessage
from leads import booking as verbs
from leads import schedules
from leads.admin.booking_acts import ACTS
from leads.admin.booking_times import OTHER
from leads.booking import SlotTaken
from leads.choosing import text_of
from leads.models import Booking
from leads.wall_times import NoSuchTime, TimeTwice, instant
from tests.desk import change, errors, filled, notices, page_of, words
from tests.factories import (
    ROLES,
    make_author,
    make_booking,
    make_calendar,
    make_lead,
    make_offer,
    make_staff,
)

pytestmark = pytest.mark.django_db

State = Booking.State
PEOPLE = [*ROLES, "no group", "stranger"]
MAY_ACT = {"sales", "administrator"}
PAGES = ["move", *(act.address for act in ACTS.values())]


@pytest.fixture
def sales(client):
    client.force_login(make_staff("sales"))
    return client


def hence(**how) -> datetime:
    return (timezone.now() + timedelta(**how)).replace(second=0, microsecond=0)


def waiting(**options) -> Booking:
    """One that staff have to confirm."""
    offer = make_offer(confirms_by_hand=True)
    make_calendar(offer, host=make_author(name="Ines"))
    return make_booking(start=hence(days=3), offer=offer, by=None, **options)


def coming(**options) -> Booking:
    make_calendar(make_offer(), host=make_author(name="Ines"))
    return make_booking(start=hence(days=3), **options)


def past() -> Booking:
    make_calendar(make_offer())
    return make_booking(start=hence(days=-2), now=hence(days=-5))


def page(booking, address: str) -> str:
    return change(booking).replace("change", address)


def state_of(booking) -> str:
    return Booking.objects.get(pk=booking.pk).state


def mails() -> list[str]:
    return list(OutboxMessage.objects.values_list("kind", flat=True))


MAKE = {"confirm": waiting, "refuse": waiting, "cancel": coming, "held": past, "no-show": past}
RESULTS = {
    "confirm": State.CONFIRMED,
    "refuse": State.REFUSED,
    "cancel": State.CANCELLED,
    "held": State.HELD,
    "no-show": State.NO_SHOW,
}


# Asking first -----------------------------------------------------------------------------


@pytest.mark.parametrize("address", PAGES)
def test_opening_a_page_changes_nothing(sales, address):
    booking = MAKE.get(address, coming)()
    before = (Booking.objects.values().get(), OutboxMessage.objects.count())
    response = sales.get(page(booking, address))
    assert (response.status_code, "Paula Prospect" in response.content.decode()) == (200, True)
    sales.head(page(booking, address))
    assert (Booking.objects.values().get(), OutboxMessage.objects.count()) == before


@pytest.mark.parametrize("address", RESULTS)
def test_a_button_does_what_it_says(sales, address):
    booking = MAKE[address]()
    response = sales.post(page(booking, address), filled(sales, page(booking, address)))
    assert (state_of(booking), response["Location"]) == (RESULTS[address], change(booking))
    assert Booking.objects.get().events.first().by.groups.get().name == "sales"


@pytest.mark.parametrize("address", PAGES)
def test_no_other_site_can_press_a_button(address):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff("sales"))
    booking = MAKE.get(address, coming)()
    before = Booking.objects.values().get()
    start = text_of(hence(days=8))
    assert client.post(page(booking, address), {"start": start}).status_code == 403
    assert Booking.objects.values().get() == before


@pytest.mark.parametrize("address", ["confirm", "refuse", "cancel"])
@pytest.mark.parametrize("tells", [True, False])
def test_the_prospect_is_mailed_only_if_staff_say_so(sales, address, tells):
    booking = MAKE[address]()
    OutboxMessage.objects.all().delete()
    data = filled(sales, page(booking, address))
    assert data["tell"] == "on"
    if not tells:
        del data["tell"]
    response = sales.post(page(booking, address), data)
    assert ("leads.tell_prospect" in mails()) == tells
    (notice,) = notices(sales, response)
    said = "Paula Prospect is told by mail." if tells else "Paula Prospect is not told by mail."
    assert notice.endswith(said)


@pytest.mark.parametrize("address", ["refuse", "cancel"])
def test_the_reason_is_kept(sales, address):
    booking = MAKE[address]()
    data = {**filled(sales, page(booking, address)), "reason": "Ines is ill."}
    sales.post(page(booking, address), data)
    assert Booking.objects.get().reason == "Ines is ill."


def test_a_reason_that_is_too_long_is_said_and_nothing_done(sales):
    booking = coming()
    data = {**filled(sales, page(booking, "cancel")), "reason": "x" * 1001}
    response = sales.post(page(booking, "cancel"), data)
    assert errors(response) == ["This is longer than a reason has to be: 1000 characters."]
    assert (state_of(booking), "x" * 1001 in response.content.decode()) == (State.CONFIRMED, True)


# What is not possible ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "make", "because"),
    [
        ("confirm", coming, "This booking is “confirmed” now."),
        ("refuse", coming, "This booking is “confirmed” now."),
        ("held", coming, "The talk has not begun yet."),
        ("no-show", coming, "The talk has not begun yet."),
    ],
)
def test_what_the_state_does_not_know_is_refused_kindly(sales, address, make, because):
    booking = make()
    assert 'id="act_form"' not in sales.get(page(booking, address)).content.decode()
    response = sales.post(page(booking, address), {})
    assert notices(sales, response) == [f"Nothing was changed. {because}"]
    assert state_of(booking) == State.CONFIRMED


@pytest.mark.parametrize("address", MAKE)
def test_a_calendar_that_others_keep_busy_changes_nothing_and_says_so(sales, monkeypatch, address):
    def wait_in_vain(names):
        raise SlotTaken

    booking = MAKE[address]()
    before = state_of(booking)
    monkeypatch.setattr(locks, "take_all", wait_in_vain)
    answer = sales.post(page(booking, address))
    said = "Too much happened at once in this calendar. Please try it once more."
    assert notices(sales, answer) == [f"Nothing was changed. {said}"]
    assert state_of(booking) == before


@pytest.mark.parametrize("address", PAGES)
def test_a_cancelled_booking_stays_cancelled(sales, address):
    booking = coming()
    verbs.cancel(booking, by=make_staff())
    before = Booking.objects.values().get()
    assert sales.get(page(booking, address)).status_code == 200
    data = {"start": text_of(hence(days=4)), "tell": "on"}
    response = sales.post(page(booking, address), data, follow=True)
    assert "Nothing was" in response.content.decode()
    assert Booking.objects.values().get() == before


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("key", ["999", "9" * 30])
def test_there_are_no_acts_on_a_booking_that_is_none(sales, address, key):
    assert sales.get(f"/admin/leads/booking/{key}/{address}/").status_code == 404


# Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_sales_and_administrators_act(client, who, address, method):
    booking = MAKE.get(address, coming)()
    before = Booking.objects.values().get()
    if who != "stranger":
        client.force_login(make_staff(*([who] if who in ROLES else [])))
    response = getattr(client, method)(page(booking, address), {})
    if who == "stranger":
        assert (response.status_code, response["Location"][:13]) == (302, "/admin/login/")
    elif who not in MAY_ACT:
        assert response.status_code == 403
    else:
        assert response.status_code in (200, 302)
    if who not in MAY_ACT:
        assert Booking.objects.values().get() == before


# Moving -----------------------------------------------------------------------------------


def offered_by(booking) -> list[datetime]:
    return schedules.times([booking.calendar], booking.offer, without=booking)


def radios(response) -> list[str]:
    found = [i for i in page_of(response).iter("input") if i.get("name") == "start"]
    return [radio.get("value") for radio in found if radio.get("value") != OTHER]


def move(client, booking, **data):
    return client.post(page(booking, "move"), {"tell": "on", **data})


def test_the_times_to_move_to_are_those_that_prospects_are_offered(sales):
    booking = coming()
    times = offered_by(booking)
    zone = booking.calendar.zone
    first = times[0].astimezone(zone).date()
    week = [t for t in times if t.astimezone(zone).date() < first + timedelta(days=7)]
    assert radios(sales.get(page(booking, "move"))) == [text_of(t) for t in week]
    later = next(t for t in times if t not in week).astimezone(zone).date()
    source = sales.get(page(booking, "move")).content.decode()
    assert f'href="?from={later}"' in source
    next_week = sales.get(page(booking, "move"), {"from": later})
    assert set(radios(next_week)).isdisjoint(text_of(t) for t in week)
    assert "Earlier days" in next_week.content.decode()


@pytest.mark.parametrize("day", ["", "x", "9999-12-31", "0001-01-01", "2026-02-30", "20" * 50])
def test_odd_days_show_the_first_times(sales, day):
    booking = coming()
    usual = radios(sales.get(page(booking, "move")))
    assert (len(usual) > 5, radios(sales.get(page(booking, "move"), {"from": day}))) == (
        *(True, usual),
    )


def test_a_booking_moves_to_an_offered_time(sales):
    booking = coming()
    start = offered_by(booking)[3]
    response = move(sales, booking, start=text_of(start))
    assert response["Location"] == change(booking)
    assert Booking.objects.get().starts_at == start
    assert mails().count("leads.tell_prospect") == 2


def test_a_booking_moves_to_another_time_outside_the_hours(sales):
    booking = coming()
    day = (timezone.now() + timedelta(days=9)).date()
    data = {"start": OTHER, "other_date": day.isoformat(), "other_time": "22:45"}
    move(sales, booking, **data)
    lisbon = ZoneInfo("Europe/Lisbon")
    wanted = datetime(day.year, day.month, day.day, 22, 45, tzinfo=lisbon)
    assert Booking.objects.get().starts_at == wanted


def test_a_time_that_was_taken_meanwhile_gives_fresh_ones(sales):
    booking = coming()
    start = offered_by(booking)[3]
    make_booking(start=start, lead=make_lead(email="rita@example.com"))
    response = move(sales, booking, start=text_of(start))
    assert errors(response) == [
        "This time has just been taken. Nothing was changed. These times are free now."
    ]
    assert text_of(start) not in radios(response)
    assert Booking.objects.get(pk=booking.pk).starts_at == booking.starts_at


def test_two_talks_at_one_time_are_impossible_for_staff_as_well(sales):
    booking = coming()
    other = make_booking(start=hence(days=5), lead=make_lead(email="rita@example.com"))
    local = other.starts_at.astimezone(other.host_zone)
    data = {"other_date": local.date().isoformat(), "other_time": f"{local:%H:%M}"}
    (error,) = errors(move(sales, booking, start=OTHER, **data))
    assert error.startswith("Ines has another booking then")
    assert Booking.objects.get(pk=booking.pk).starts_at == booking.starts_at


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Choose a time from the list, or write a date and a time of your own."),
        ({"start": OTHER, "other_date": "2030-01-01"}, "Choose a time from the list"),
        ({"start": OTHER, "other_time": "10:00"}, "Choose a time from the list"),
        ({"start": "10 o'clock"}, "This is none of the times below."),
        ({"start": "2026-03-04T10:00"}, "This is none of the times below."),
        ({"start": "9999-12-31T23:59Z"}, "This time has just been taken."),
        ({"start": "0001-01-01T00:00Z"}, "This time has just been taken."),
        ({"start": "2026-03-04T10:00Z\r\nBcc: x"}, "This is none of the times below."),
        ({"other_date": "9999-12-31", "other_time": "23:59"}, "more than two years ahead"),
        ({"other_date": "0001-01-01", "other_time": "00:00"}, "This time has passed."),
        ({"other_date": "2020-01-01", "other_time": "10:00"}, "This time has passed."),
        ({"other_date": "tomorrow", "other_time": "10:00"}, "Write the date as"),
        ({"other_date": "2030-01-01", "other_time": "25:00"}, "Write the time as"),
        ({"start": "\x00"}, "Null characters are not allowed."),
    ],
)
def test_times_that_cannot_be_get_a_sentence(sales, data, said):
    booking = coming()
    response = move(sales, booking, **data)
    assert said in " ".join(errors(response))
    assert Booking.objects.get().starts_at == booking.starts_at
    for value in data.values():
        shown = [i.get("value") for i in page_of(response).iter("input") if i.get("value")]
        assert value in shown or data.get("start") == value


def test_a_time_of_the_list_and_another_one_are_too_many(sales):
    booking = coming()
    start = text_of(offered_by(booking)[3])
    response = move(sales, booking, start=start, other_date="2030-01-01", other_time="10:00")
    (error,) = errors(response)
    assert error.startswith("You chose a time from the list and wrote another one as well.")
    checked = [i for i in page_of(response).iter("input") if "checked" in i.attrib]
    assert start in [box.get("value") for box in checked]


def next_change(zone: str, *, forward: bool) -> date:
    """The next day on which the clock of `zone` is put forward or back."""
    day = timezone.now().date() + timedelta(days=1)
    for _ in range(370):
        noons = (
            datetime(d.year, d.month, d.day, tzinfo=ZoneInfo(zone))
            for d in (*(day, day + timedelta(days=1)),)
        )
        before, after = (noon.utcoffset() for noon in noons)
        if before != after and (after > before) == forward:
            return day
        day += timedelta(days=1)
    raise LookupError(zone)


@pytest.mark.parametrize(
    ("forward", "said"), [(True, "there is no 01:30 on this day"), (False, "it is 01:30 twice")]
)
def test_times_that_the_clock_skips_or_shows_twice_are_not_guessed(sales, forward, said):
    booking = coming()
    day = next_change("Europe/Lisbon", forward=forward)
    data = {"start": OTHER, "other_date": day.isoformat(), "other_time": "01:30"}
    (error,) = errors(move(sales, booking, **data))
    assert (said in error, "Europe/Lisbon" in error) == (True, True)


def test_the_time_that_it_has_is_no_move(sales):
    booking = coming()
    local = booking.starts_at.astimezone(booking.host_zone)
    data = {"other_date": local.date().isoformat(), "other_time": f"{local:%H:%M}"}
    assert errors(move(sales, booking, start=OTHER, **data)) == [
        "This is the time that it has. Choose another one."
    ]
    assert Booking.objects.get().revision == 0


def test_a_paused_offer_says_why_there_are_no_times(sales):
    booking = coming()
    booking.offer.is_paused = True
    booking.offer.save()
    source = words(page_of(sales.get(page(booking, "move"))))
    assert "This offer is paused: no times are offered." in source


def test_a_move_asks_as_often_among_three_bookings_as_for_the_only_one(
    sales, django_assert_num_queries
):
    booking = coming()
    for more in (0, 2):
        for number in range(more):
            lead = make_lead(email=f"{number}@example.com")
            make_booking(start=hence(days=4 + number), lead=lead)
        sales.get(page(booking, "move"))
        with django_assert_num_queries(9):
            sales.get(page(booking, "move"))


# Walls and their clocks -------------------------------------------------------------------

LISBON = ZoneInfo("Europe/Lisbon")


def test_a_time_on_the_wall_is_one_instant():
    summer = instant(datetime(2026, 7, 1, 10, 0), LISBON)
    winter = instant(datetime(2026, 12, 1, 10, 0), LISBON)
    assert (summer, winter) == (
        *(datetime(2026, 7, 1, 9, tzinfo=UTC), datetime(2026, 12, 1, 10, tzinfo=UTC)),
    )


@pytest.mark.parametrize(
    ("shown", "error"),
    [(datetime(2026, 3, 29, 1, 30), NoSuchTime), (datetime(2026, 10, 25, 1, 30), TimeTwice)],
)
def test_a_time_that_there_is_never_or_twice_is_none(shown, error):
    with pytest.raises(error):
        instant(shown, LISBON)
