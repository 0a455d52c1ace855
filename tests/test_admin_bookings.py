"""The desk's bookings: the list, the page of one, and what a lead's page says of them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from leads import booking as verbs
from leads import links
from leads.models import Booking, LeadEvent
from tests.desk import act, change, notices, page_of, rows, words
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_entry,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/leads/booking/"
State = Booking.State


@pytest.fixture
def sales(client):
    client.force_login(make_staff("sales"))
    return client


def hence(**how) -> datetime:
    return (timezone.now() + timedelta(**how)).replace(second=0, microsecond=0)


def past_booking(name="Past Person", **options) -> Booking:
    """A confirmed one, which was held two days ago or was not."""
    booked_at = hence(days=-5)
    lead = make_lead(name=name, email=f"{name[:4].lower()}@example.com")
    return make_booking(start=hence(days=-2), lead=lead, now=booked_at, **options)


def waiting_booking(offer, *, start, name="Wanda Waiting", **options) -> Booking:
    lead = make_lead(name=name, email=f"{name[:5].lower()}@example.com")
    return make_booking(start=start, offer=offer, lead=lead, by=None, **options)


def people(response) -> list[str]:
    body = page_of(response).findall(".//td[@class='field-who']")
    return [words(cell) for cell in body]


def buttons(response) -> list[str]:
    """What can be pressed on the page of one booking."""
    (box,) = (b for b in page_of(response).iter("aside") if "booking-acts" in b.get("class", ""))
    pressed = [*box.iter("a"), *box.iter("button")]
    return sorted(words(b) for b in pressed if "button" in b.get("class", "").split())


# The list ---------------------------------------------------------------------------------


@pytest.fixture
def four(sales):
    """One of each tab: to come, to be confirmed, over, cancelled."""
    offer = make_offer(confirms_by_hand=True, most_open=0)
    make_calendar(offer)
    make_booking(start=hence(days=3), lead=make_lead(name="Ulla Upcoming"))
    waiting_booking(offer, start=hence(days=2))
    past_booking()
    gone = make_booking(start=hence(days=4), lead=make_lead(name="Carla Cancelled"))
    verbs.cancel(gone, by=make_staff())
    return sales


@pytest.mark.parametrize(
    ("tab", "wanted"),
    [
        ("", ["Wanda Waiting", "Ulla Upcoming"]),
        ("upcoming", ["Wanda Waiting", "Ulla Upcoming"]),
        ("waiting", ["Wanda Waiting"]),
        ("past", ["Past Person"]),
        ("all", ["Carla Cancelled", "Ulla Upcoming", "Wanda Waiting", "Past Person"]),
        ("nonsense", ["Wanda Waiting", "Ulla Upcoming"]),
    ],
)
def test_each_tab_holds_what_it_says(four, tab, wanted):
    assert people(four.get(LIST, {"show": tab} if tab else {})) == wanted


def test_tabs_say_how_many_wait_for_somebody(four):
    (nav,) = (n for n in page_of(four.get(LIST)).iter("nav") if n.get("class") == "tabs")
    shown = [words(link) for link in nav.iter("a")]
    assert shown == ["Upcoming", "To be confirmed 1", "Did it take place? 1", "All"]


def test_who_waited_in_vain_waits_no_more(sales):
    offer = make_offer(confirms_by_hand=True, pending_hours=1)
    make_calendar(offer)
    waiting_booking(offer, start=hence(days=2), now=hence(hours=-2))
    assert [people(sales.get(LIST, {"show": tab})) for tab in ("upcoming", "waiting")] == [[], []]


def test_a_talk_that_is_going_on_is_still_upcoming(sales):
    make_booking(start=hence(minutes=-5), lead=make_lead(name="Now"), now=hence(days=-1))
    found = [people(sales.get(LIST, {"show": tab})) for tab in ("upcoming", "past")]
    assert found == [["Now"], []]


def test_a_row_says_when_who_what_with_whom_and_from_where(sales):
    host = make_author(name="Ines Carvalho")
    offer = make_offer(name="First talk")
    make_calendar(offer, host=host, time_zone="Asia/Kathmandu")
    start = datetime(timezone.now().year + 1, 3, 4, 10, 0, tzinfo=UTC)
    lead = make_lead(name="Paula", company="Northlight", entry=make_entry(term="Webhook"))
    make_booking(start=start, lead=lead)
    response = sales.get(LIST)
    (row,) = page_of(response).findall(".//table[@id='result_list']/tbody/tr")
    assert rows(response) == [
        f"{start:%A}, March 4, {start.year}, 15:45 Asia/Kathmandu, UTC+05:45"
    ]
    assert [words(cell) for cell in row.findall("td")][:5] == [
        *("Paula (Northlight)", "Confirmed", "First talk", "Ines Carvalho", "Webhook"),
    ]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"q": "paula"}, ["Paula"]),
        ({"q": "rita@"}, ["Rita (Northlight)"]),
        ({"q": "northlight"}, ["Rita (Northlight)"]),
        ({"q": "nobody"}, []),
        ({"state__exact": "cancelled", "show": "all"}, []),
        ({"host": "x"}, ["Paula", "Rita (Northlight)"]),
        ({"host": "9" * 30}, ["Paula", "Rita (Northlight)"]),
    ],
)
def test_search_and_filters(sales, query, wanted):
    make_booking(start=hence(days=1), lead=make_lead(name="Paula", email="p@example.com"))
    rita = make_lead(name="Rita", email="rita@example.com", company="Northlight")
    make_booking(start=hence(days=2), lead=rita)
    assert people(sales.get(LIST, query)) == wanted


def test_the_list_of_one_host(sales):
    ours, theirs = make_calendar(make_offer()), make_calendar()
    make_booking(start=hence(days=1), calendar=ours, lead=make_lead(name="Paula"))
    make_booking(start=hence(days=1), calendar=theirs, lead=make_lead(name="Rita"))
    assert people(sales.get(LIST, {"host": theirs.pk})) == ["Rita"]


@pytest.mark.parametrize(
    ("tab", "sentence"),
    [
        ("upcoming", "Nobody has booked a time that is still to come."),
        ("waiting", "No booking waits for an answer."),
        ("past", "Every talk that is over has its outcome."),
    ],
)
def test_an_empty_tab_says_so(sales, tab, sentence):
    assert sentence in sales.get(LIST, {"show": tab}).content.decode()


def test_the_list_asks_as_often_for_three_hosts_and_rows_as_for_one(
    sales, django_assert_num_queries
):
    make_site()
    offer = make_offer()
    for count in (1, 3):
        while Booking.objects.count() < count:
            lead = make_lead(entry=make_entry())
            make_booking(start=hence(days=1), calendar=make_calendar(offer), lead=lead)
        sales.get(LIST)
        with django_assert_num_queries(10):
            response = sales.get(LIST)
        assert len(rows(response)) == count


# Acts on several --------------------------------------------------------------------------


def test_outcomes_are_noted_from_the_list(sales):
    past, coming = past_booking(), make_booking(start=hence(days=1))
    response = sales.post(
        f"{LIST}?show=all",
        {"action": "mark_held", "_selected_action": [past.pk, coming.pk]},
    )
    assert notices(sales, response) == [
        "Noted that they took place: 1.",
        "Left as they were: Paula Prospect: The talk has not begun yet.",
    ]
    past.refresh_from_db()
    coming.refresh_from_db()
    assert (past.state, coming.state) == (State.HELD, State.CONFIRMED)


def test_who_did_not_come_is_noted_by_name(sales):
    past = past_booking()
    sales.post(f"{LIST}?show=past", {"action": "mark_no_show", "_selected_action": [past.pk]})
    event = LeadEvent.objects.get(kind="booking.no_show")
    assert (event.booking, event.by.groups.get().name) == (past, "sales")


def test_what_is_to_come_has_no_outcome_to_choose(sales):
    coming = make_booking(start=hence(days=1))
    assert 'name="action"' not in sales.get(LIST).content.decode()
    act(sales, coming, "mark_held")
    coming.refresh_from_db()
    assert coming.state == State.CONFIRMED


# One booking ------------------------------------------------------------------------------


def test_the_page_says_everything_and_no_secret(sales):
    offer = make_offer(place="Rua Augusta 1\nLisbon")
    make_calendar(offer, host=make_author(name="Ines Carvalho"))
    lead = make_lead(
        phone="+351 21 000 0000",
        company="Northlight",
        message="Invoices.\nBy hand.",
        preferred_time="Mornings",
        entry=make_entry(term="Webhook"),
    )
    start = datetime(timezone.now().year + 1, 3, 4, 10, 0, tzinfo=UTC)
    booking = make_booking(start=start, lead=lead, visitor_zone="Asia/Kathmandu")
    response = sales.get(change(booking))
    page = words(page_of(response))
    for said in (
        f"{start:%A}, March 4, {start.year}, 10:00–10:30 Europe/Lisbon, UTC+00:00",
        "15:45 (Asia/Kathmandu, UTC+05:45)",
        *("Paula Prospect, Northlight", "Ines Carvalho", "Rua Augusta 1", "Webhook"),
        *("Invoices.", "paula@example.com", "+351 21 000 0000", "Mornings"),
        *("Free consultation", "Confirmed", "Booked"),
    ):
        assert said in page
    source = response.content.decode()
    secrets = [links.token_of(booking), links.verification_of(booking), booking.token_hash]
    assert [secret in source for secret in [*secrets, booking.uid]] == [False] * 4
    assert change(lead) in source


def test_history_says_who_did_what(sales):
    ines = make_staff("sales", username="ines")
    start = datetime(timezone.now().year + 1, 3, 4, 10, 0, tzinfo=UTC)
    booking = make_booking(start=start, by=None)
    verbs.move(booking, start=start + timedelta(hours=2), any_time=True, by=ines)
    verbs.cancel(booking, reason="I fell ill.")
    items = page_of(sales.get(change(booking))).findall(".//ol[@class='timeline']/li")
    day, lisbon = f"{start:%A}, March 4, {start.year}", " (Europe/Lisbon, UTC+00:00)"
    assert [words(item.findall("span")[1]) for item in items] == [
        "The prospect: Cancelled the bookingI fell ill.",
        f"ines: Moved from {day}, 10:00{lisbon} to {day}, 12:00{lisbon}",
        f"The prospect: Booked {day}, 10:00{lisbon}",
    ]


def in_state(state: str) -> Booking:
    offer = make_offer(confirms_by_hand=True)
    make_calendar(offer)
    if state == "waiting":
        return waiting_booking(offer, start=hence(days=2))
    if state == "lapsed":
        offer.pending_hours = 1
        return waiting_booking(offer, start=hence(days=2), now=hence(hours=-3))
    if state == "coming":
        return make_booking(start=hence(days=2))
    booking = past_booking()
    if state == "held":
        verbs.mark_held(booking)
    if state == "cancelled":
        verbs.cancel(booking, by=make_staff())
    return booking


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        ("waiting", ["Cancel …", "Confirm …", "Move …", "Refuse …"]),
        ("lapsed", []),
        ("coming", ["Cancel …", "Move …"]),
        ("past", ["Cancel …", "It took place", "Move …", "They did not come"]),
        ("held", ["They did not come"]),
        ("cancelled", []),
    ],
)
def test_only_what_is_possible_can_be_pressed(sales, state, wanted):
    assert buttons(sales.get(change(in_state(state)))) == wanted


def test_who_only_sees_bookings_presses_nothing(client):
    viewer = make_staff()
    viewer.user_permissions.add(Permission.objects.get(codename="view_booking"))
    client.force_login(viewer)
    lead = make_lead(email="secret@example.com", message="Secret words.")
    page = client.get(change(make_booking(start=hence(days=2), lead=lead)))
    assert buttons(page) == []
    source = page.content.decode()
    assert ("secret@example.com" in source, "Secret words." in source) == (False, False)


def test_nothing_is_changed_by_a_form(admin_client):
    booking = make_booking(start=hence(days=2))
    before = Booking.objects.values().get()
    answers = [
        admin_client.post(change(booking), {"state": "held", "_save": "x"}),
        admin_client.post(change(booking).replace("change", "delete"), {"post": "yes"}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert Booking.objects.values().get() == before


@pytest.mark.parametrize("key", ["999", "x", "9" * 40])
def test_there_is_no_page_of_a_booking_that_is_none(admin_client, key):
    assert admin_client.get(f"{LIST}{key}/change/").status_code == 404
