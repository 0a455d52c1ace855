"""The page of a booking at its secret address: what it tells, and what its buttons do."""

import itertools
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.core import serializers
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from config.models import OutboxMessage
from leads import booking, choosing, clock, links
from leads.models import Booking, Calendar, LeadEvent
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)
from tests.test_pages import parsed, words

pytestmark = pytest.mark.django_db

State = Booking.State
PLACE = "https://meet.example.com/abc-defg"
SECOND = timedelta(seconds=1)


# Helpers ----------------------------------------------------------------------------------


def soon(hour: int = 10, *, zone: str = "UTC", days: int = 7) -> datetime:
    """That hour on the clock of `zone`, on a Wednesday at least `days` ahead."""
    day = timezone.now().astimezone(ZoneInfo(zone)) + timedelta(days=days)
    day += timedelta(days=(2 - day.weekday()) % 7)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(UTC)


LATER = timedelta(hours=4)


def book(*, time_zone: str = "UTC", start: datetime | None = None, **fields) -> Booking:
    """A booking as a visitor makes one; `fields` are those of its offer."""
    zone = fields.pop("visitor_zone", "")
    lead = fields.pop("lead", None) or make_lead(phone="+351 21 555 0000", company="Prospect Ltd")
    offer = make_offer(place=PLACE, **fields)
    host = make_author(name="Ines Carvalho", role="Python Developer")
    make_calendar(offer, host=host, time_zone=time_zone)
    start = start or soon(zone=time_zone)
    return booking.book(offer, start=start, lead=lead, visitor_zone=zone)


def booked_as(state: str, **fields) -> Booking:
    """A booking in `state`, which the verbs brought it to."""
    staff = make_staff("sales")
    waits = {"verifies_email": state in ("unverified", "expired")}
    waits["confirms_by_hand"] = state in ("pending", "refused")
    made = book(**waits, **fields)
    if state == State.CANCELLED:
        booking.cancel(made, reason="Ill.")
    if state == State.REFUSED:
        booking.refuse(made, by=staff, reason="Holiday.")
    if state == State.EXPIRED:
        let_lapse(made)
    if state in (State.HELD, State.NO_SHOW):
        note = {State.HELD: booking.mark_held, State.NO_SHOW: booking.mark_no_show}[state]
        note(made, by=staff, now=made.ends_at)
    return made


def let_lapse(made: Booking) -> None:
    Booking.objects.filter(pk=made.pk).update(holds_until=timezone.now() - SECOND)


def brought_close(made: Booking, *, minutes: int) -> Booking:
    """The same booking, whose talk begins in so many minutes."""
    passed = made.starts_at - timezone.now() - timedelta(minutes=minutes)
    for name in ("starts_at", "ends_at", "blocked_from", "blocked_until"):
        setattr(made, name, getattr(made, name) - passed)
    made.save()
    return made


def address(made: Booking, name: str = "booking", *parts: str) -> str:
    return reverse(f"leads:{name}", args=[links.token_of(made), *parts])


def verification(made: Booking) -> str:
    return address(made, "booking_verify", links.verification_of(made))


def to(start: datetime) -> dict[str, str]:
    return {"time": choosing.text_of(start)}


def dump() -> str:
    """Every row of every table."""
    models = sorted(apps.get_models(), key=lambda model: model._meta.label)
    rows = itertools.chain.from_iterable(model.objects.order_by("pk") for model in models)
    return serializers.serialize("json", rows)


def text_of(response) -> str:
    return words(parsed(response.content).find(".//main"))


def heading_of(response) -> str:
    (heading,) = parsed(response.content).iter("h1")
    return words(heading)


# What the page tells ----------------------------------------------------------------------


def test_the_page_tells_what_when_where_and_with_whom(client):
    made = book(duration=45)
    said = text_of(client.get(address(made)))
    for part in (
        *("Free consultation 45 minutes", "10:00–10:45 UTC", "Ines Carvalho Python Developer"),
        *(
            PLACE,
            "Paula Prospect",
            "paula@example.com",
            clock.day(made.starts_at, ZoneInfo("UTC")),
        ),
    ):
        assert part in said


def test_the_page_tells_no_more_of_the_prospect_than_it_needs(client):
    lead = make_lead(phone="+351 21 555 0000", company="Prospect Ltd", message="Secret plans.")
    page = client.get(address(book(lead=lead))).content.decode()
    assert [text for text in ("555 0000", "Prospect Ltd", "Secret plans") if text in page] == []


def test_a_host_who_left_the_site_is_not_named(client):
    made = book()
    host = made.calendar.author
    host.is_visible = False
    host.save()
    make_site(name="Northlight")
    said = text_of(client.get(address(made)))
    assert ("Ines" in said, "With Northlight" in said) == (False, True)


HEADINGS = {
    "unverified": "One more step",
    "pending": "Your time is kept for you",
    "confirmed": "Your consultation is confirmed",
    "held": "This consultation is over",
    "no_show": "We missed you",
    "cancelled": "This consultation is cancelled",
    "refused": "We cannot confirm this time",
    "expired": "This time is no longer kept for you",
}


def test_each_state_has_words():
    assert set(HEADINGS) == set(State.values)


@pytest.mark.parametrize("state", HEADINGS)
def test_the_page_says_its_state_and_where_it_takes_place_once_confirmed(client, state):
    made = booked_as(state)
    page = client.get(address(made))
    assert (page.status_code, heading_of(page)) == (200, HEADINGS[state])
    is_confirmed = state == "confirmed"
    # In links to other calendars as well, where it is written another way.
    told = PLACE in text_of(page), page.content.decode().count("abc-defg") > 0
    assert told == (is_confirmed, is_confirmed)
    kept = [address(made, "booking_ics"), "calendar.google.com", "outlook.office.com"]
    assert {url in page.content.decode() for url in kept} == {is_confirmed}


@pytest.mark.parametrize("state", HEADINGS)
def test_what_can_be_done_depends_on_the_state(client, state):
    made = booked_as(state)
    page = client.get(address(made)).content.decode()
    is_open = state in ("unverified", "pending", "confirmed")
    acts = [address(made, name) in page for name in ("booking_move", "booking_cancel")]
    assert acts == [is_open, is_open]
    again = f'href="{made.offer.get_absolute_url()}">Choose another time' in page
    assert again == (state in ("no_show", "cancelled", "refused", "expired"))


def test_a_waiting_booking_says_until_when_its_time_is_kept(client):
    made = booked_as("pending", visitor_zone="Asia/Kathmandu")
    until = clock.whole(made.holds_until, ZoneInfo("Asia/Kathmandu"))
    assert f"You hear from us by {until} at the latest." in text_of(client.get(address(made)))


def test_an_unverified_booking_leads_to_the_mailbox(client):
    made = booked_as("unverified")
    until = clock.whole(made.holds_until, ZoneInfo("UTC"))
    said = text_of(client.get(address(made)))
    assert f"The time is kept for you until {until}." in said
    assert "look into your mailbox: we have sent a mail to paula@example.com" in said
    assert "Move the consultation" in said
    assert "You can move or cancel it here until" not in said


@pytest.mark.parametrize("state", ["unverified", "pending"])
def test_what_has_lapsed_is_not_promised_until_somebody_notes_it(client, state):
    made = booked_as(state)
    let_lapse(made)
    page = client.get(address(made))
    assert heading_of(page) == HEADINGS["expired"]
    assert address(made, "booking_move") not in page.content.decode()
    assert client.get(address(made, "booking_move")).url == address(made)


def test_a_confirmed_talk_is_over_after_its_end(client):
    made = brought_close(book(), minutes=-10)
    page = client.get(address(made))
    assert (heading_of(page), PLACE in text_of(page)) == (HEADINGS["confirmed"], True)
    page = client.get(address(brought_close(made, minutes=-31)))
    assert (heading_of(page), PLACE in text_of(page)) == (HEADINGS["held"], False)


@pytest.mark.parametrize("state", HEADINGS)
def test_only_what_is_still_to_come_is_called_moved(client, state):
    page = client.get(address(booked_as(state)), {"done": "moved"})
    assert ("Moved." in text_of(page)) == (state in ("unverified", "pending", "confirmed"))


def test_an_offer_that_has_ended_leads_to_the_one_there_is(client):
    made = booked_as("cancelled", is_default=False)
    made.offer.is_active = False
    made.offer.save()
    page = client.get(address(made)).content.decode()
    assert f'href="{reverse("leads:consultation")}">Choose another time' in page


def test_where_it_takes_place_cannot_smuggle_anything_into_the_page(client):
    made = book()
    made.offer.place = (
        "<script>alert(1)</script> javascript:alert(2) https://x.example/?a=1&b=%22><img src=x>"
    )
    made.offer.save()
    root = parsed(client.get(address(made)).content)
    main = root.find(".//main")
    assert [*main.iter("script"), *main.iter("img")] == []
    targets = [link.get("href") for link in main.iter("a")]
    assert [url for url in targets if url.startswith("javascript")] == []
    assert len([url for url in targets if url.startswith("https://x.example/?a=1&b=")]) == 1


# One instant everywhere (3.13) --------------------------------------------------------------


@pytest.mark.parametrize("month", [1, 7])
def test_visitor_and_host_read_the_same_instant_everywhere(client, month):
    start = datetime(timezone.now().year + 1, month, 15, 14, 30, tzinfo=UTC)
    made = make_booking(
        start=start,
        calendar=make_calendar(make_offer(), time_zone="America/St_Johns"),
        visitor_zone="Asia/Kathmandu",
    )
    page = client.get(address(made)).content.decode()
    text = text_of(client.get(address(made)))
    offset = {1: "UTC−03:30", 7: "UTC−02:30"}[month]
    host = {1: "11:00–11:30", 7: "12:00–12:30"}[month]
    assert "20:15–20:45 Asia/Kathmandu, UTC+05:45" in text
    assert f"{host} America/St Johns, {offset}" in text
    machine = [datetime.fromisoformat(each) for each in re.findall(r'datetime="([^"]+)"', page)]
    assert machine == [start, start]
    assert f"dates={start:%Y%m%dT%H%M%SZ}%2F{start:%Y%m%d}T150000Z" in page
    assert f"startdt={start:%Y-%m-%d}T14%3A30%3A00Z&amp;enddt={start:%Y-%m-%d}T15%3A00" in page
    file = client.get(address(made, "booking_ics")).content.decode()
    assert f"DTSTART:{start:%Y%m%dT%H%M%SZ}" in file.splitlines()
    until = clock.whole(start - timedelta(hours=4), ZoneInfo("Asia/Kathmandu"))
    assert f"You can move or cancel it here until {until}." in text
    for name in ("booking_move", "booking_cancel"):
        said = text_of(client.get(address(made, name)))
        assert clock.whole(start, ZoneInfo("Asia/Kathmandu")) in said


def test_the_zone_is_said_once_where_both_have_the_same(client):
    made = book(time_zone="Asia/Kathmandu", visitor_zone="Asia/Kathmandu")
    page = client.get(address(made)).content.decode()
    assert (page.count("<time"), "host’s clock" in page) == (1, False)


# Secrets (3.36) ---------------------------------------------------------------------------


WRONG = ["x", "1", "0", "-1", "A" * 43, "a" * 10_000, "a\0b", "学習", "..", "%", "a b", "\r\nX: y"]


@pytest.mark.parametrize("token", WRONG, ids=lambda text: ascii(text)[1:20])
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_every_wrong_address_gets_the_same_page(client, token, method, django_assert_num_queries):
    made = book(verifies_email=True)
    own, code = links.token_of(made), links.verification_of(made)
    call = getattr(client, method)
    expected = call(reverse("leads:booking", args=["unknown"]))
    wrong = [
        reverse("leads:booking", args=[token]),
        reverse("leads:booking_move", args=[token]),
        reverse("leads:booking_cancel", args=[token]),
        reverse("leads:booking_ics", args=[token]),
        reverse("leads:booking_verify", args=[token, code]),
        reverse("leads:booking_verify", args=[own, token]),
        reverse("leads:booking", args=[str(made.pk)]),
        reverse("leads:booking", args=[made.uid]),
        reverse("leads:booking", args=[code]),
        reverse("leads:booking_verify", args=[own, own]),
    ]
    for path in wrong:
        with django_assert_num_queries(2):
            answer = call(path)
        assert (answer.status_code, answer.content) == (404, expected.content)
        assert answer.headers.items() == expected.headers.items()


def test_the_code_of_one_booking_verifies_no_other(client):
    made = book(verifies_email=True)
    other = booking.book(made.offer, start=made.starts_at + LATER, lead=make_lead(email="o@x.io"))
    path = address(made, "booking_verify", links.verification_of(other))
    assert (client.get(path).status_code, client.post(path).status_code) == (404, 404)
    assert set(Booking.objects.values_list("state", flat=True)) == {"unverified"}


def pages_of(made: Booking) -> list[str]:
    names = ("booking", "booking_move", "booking_cancel")
    chosen = f"{address(made, 'booking_move')}?{'time'}={to(made.starts_at + LATER)['time']}"
    return [*(address(made, name) for name in names), chosen, verification(made)]


def test_no_page_is_kept_listed_or_told_to_others(client):
    made = book(verifies_email=True)
    for path in [*pages_of(made), reverse("leads:booking", args=["unknown"])]:
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert (len(answer.cookies), answer.headers.get("Vary", "")) == (0, "Accept-Encoding")
        head = answer.content.decode().partition("</head>")[0]
        assert '<meta name="robots" content="noindex, nofollow">' in head
        assert ('rel="canonical"' in head, links.token_of(made) in head) == (False, False)


def test_links_that_lead_away_do_not_hold_the_secret(client):
    made = book(verifies_email=True)
    found = set()
    for path in pages_of(made):
        page = client.get(path).content.decode()
        found |= {url for url in re.findall(r'(?:href|src)="([^"]+)"', page) if own(url, made) < 0}
    assert len(found) > 10
    assert [url for url in found if links.token_of(made) in url] == []


def own(url: str, made: Booking) -> int:
    """0 for an address of the booking itself, -1 for any other."""
    return 0 if url.startswith(address(made)) else -1


def test_pages_are_sound_documents(client):
    made = book(verifies_email=True, visitor_zone="Asia/Kathmandu")
    for path in [*pages_of(made), reverse("leads:booking", args=["unknown"])]:
        root = parsed(client.get(path).content)
        assert (len(list(root.iter("h1"))), len(list(root.iter("main")))) == (1, 1)
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert sorted(ids) == sorted(set(ids))


def test_links_work_in_every_language(client):
    made = book(verifies_email=True)
    with translation.override("pt"):
        paths = pages_of(made)
        assert {path[:4] for path in paths} == {"/pt/"}
        for path in paths:
            page = client.get(path)
            assert page.status_code == 200
            assert parsed(page.content).get("lang") == "pt"
        assert client.post(verification(made)).url == address(made)


# Nothing is done by opening an address (3.29) -----------------------------------------------


@pytest.mark.parametrize("state", HEADINGS)
def test_opening_every_address_changes_nothing(client, state):
    made = booked_as(state, horizon=16, interval=60)
    # A few times are enough: what one of them does, all do.
    Calendar.objects.update(monday="", tuesday="", thursday="", friday="")
    todo, seen = pages_of(made), set()
    before = dump()
    while todo:
        path = todo.pop()
        seen.add(path)
        client.head(path, follow=True)
        page = client.get(path, follow=True)
        assert page.status_code == 200
        linked = re.findall(r'(?:href|action)="([^"#]+)', page.content.decode())
        own_pages = {url.replace("&amp;", "&") for url in linked if "/booking/" in url}
        todo += own_pages - seen - set(todo)
    assert len(seen) >= 5
    assert dump() == before


def test_only_the_pages_with_buttons_take_what_is_sent(client):
    made = book()
    assert client.post(address(made)).status_code == 405
    for name in ("booking", "booking_move", "booking_cancel"):
        assert client.put(address(made, name)).status_code == 405
        assert client.delete(address(made, name)).status_code == 405


# Cancelling -------------------------------------------------------------------------------


def test_a_booking_is_cancelled_by_its_button_without_any_cookie():
    client, made = Client(enforce_csrf_checks=True), book()
    assert "Cancel the consultation?" in text_of(client.get(address(made, "booking_cancel")))
    answer = client.post(address(made, "booking_cancel"), {"reason": "Ill,\r\nsorry."})
    assert (answer.status_code, answer.url, len(client.cookies)) == (302, address(made), 0)
    made.refresh_from_db()
    assert (made.state, made.reason) == (State.CANCELLED, "Ill,\nsorry.")
    assert OutboxMessage.objects.filter(kind="leads.tell_host").count() == 2


def test_a_booking_is_cancelled_without_a_reason(client):
    made = book()
    client.post(address(made, "booking_cancel"))
    made.refresh_from_db()
    assert (made.state, made.reason) == (State.CANCELLED, "")


def test_a_reason_that_is_too_long_is_shown_again(client):
    made = book()
    answer = client.post(address(made, "booking_cancel"), {"reason": "x" * 501})
    assert (answer.status_code, "x" * 501 in text_of(answer)) == (422, True)
    assert "This is longer than 500 characters. A few words are enough." in text_of(answer)
    made.refresh_from_db()
    assert made.state == State.CONFIRMED


def test_a_reason_is_counted_as_browsers_do(client):
    made = book()
    client.post(address(made, "booking_cancel"), {"reason": "\0x\r\n" * 249 + "y"})
    made.refresh_from_db()
    assert (made.state, made.reason) == (State.CANCELLED, "x\n" * 249 + "y")


# Moving -----------------------------------------------------------------------------------


def test_a_booking_is_moved_by_a_button_that_says_the_new_time():
    client, made = Client(enforce_csrf_checks=True), book(visitor_zone="Asia/Kathmandu")
    start = made.starts_at + LATER
    page = client.get(address(made, "booking_move"), to(start))
    new = clock.whole(start, ZoneInfo("Asia/Kathmandu"))
    assert f"Move to {new}" in text_of(page)
    assert f"On your host’s clock it is {clock.whole(start, ZoneInfo('UTC'))}." in text_of(page)
    answer = client.post(address(made, "booking_move"), to(start))
    assert (answer.status_code, answer.url) == (302, f"{address(made)}?done=moved")
    made.refresh_from_db()
    assert (made.starts_at, made.revision) == (start, 1)
    assert "Moved. We send you a mail with the new time." in text_of(client.get(answer.url))
    assert len(client.cookies) == 0


def test_days_and_times_lead_to_the_button(client):
    made = book()
    page = client.get(address(made, "booking_move")).content.decode()
    days = re.findall(r'href="([^"#]+\?day=[^"#]+)#page-times"', page)
    assert len(days) == choosing.DAYS_SHOWN
    times = re.findall(r'href="([^"]+\?time=[^"]+)"', client.get(days[3]).content.decode())
    assert len(times) > 5
    assert ">Move to " in client.get(times[0]).content.decode()


def test_the_time_it_has_is_not_offered_and_its_neighbours_are(client):
    made = book(buffer_before=15, buffer_after=15)
    day = {"day": made.starts_at.date().isoformat()}
    page = client.get(address(made, "booking_move"), day).content.decode()
    half = timedelta(minutes=30)
    near = [made.starts_at - half, made.starts_at, made.starts_at + half]
    assert [choosing.text_of(start) in page for start in near] == [True, False, True]


def test_times_are_shown_in_another_zone_if_somebody_wants(client):
    made = book(visitor_zone="Asia/Kathmandu")
    for zone, shown in (
        ("", "Asia/Kathmandu, UTC+05:45"),
        ("Pacific/Kiritimati", "Pacific/Kiritimati, UTC+14:00"),
        ("America/Pacific", "UTC"),
        ("../../etc", "UTC"),
    ):
        page = client.get(address(made, "booking_move"), {"zone": zone} if zone else {})
        assert f"All times are those of {shown}." in text_of(page)
    chosen = {"zone": "Pacific/Kiritimati", **to(made.starts_at + LATER)}
    page = client.get(address(made, "booking_move"), chosen)
    assert "(Pacific/Kiritimati, UTC+14:00)" in text_of(page)
    assert 'name="zone" value="Pacific/Kiritimati"' in page.content.decode()


def test_moving_to_a_time_that_has_gone_shows_those_that_are_free(client):
    made = book()
    start = made.starts_at + LATER
    page = client.get(address(made, "booking_move"), to(start))
    booking.book(made.offer, start=start, lead=make_lead(email="faster@example.com"))
    answer = client.post(address(made, "booking_move"), to(start))
    assert (page.status_code, answer.status_code) == (200, 409)
    assert "This time is not free any more, and nothing was changed." in text_of(answer)
    # The day stays open, without the time that has gone.
    content = answer.content.decode()
    near = [start - timedelta(minutes=30), start, start + timedelta(minutes=30)]
    assert [choosing.text_of(each) in content for each in near] == [True, False, True]
    made.refresh_from_db()
    assert (made.starts_at, made.revision) == (start - LATER, 0)
    page = client.get(address(made, "booking_move"), to(start))
    assert (page.status_code, "not free any more" in text_of(page)) == (200, True)


NO_TIMES = [
    *("", "now", "2026-03-04T10:00", "2026-03-04T10:00+00:00", "9999-12-31T23:59Z", "1" * 10_000),
    *("0001-01-01T00:00Z", "2026-03-04T10:00Z", "2026-02-30T10:00Z", "a\0b", "../../etc"),
]


@pytest.mark.parametrize("zone", ["Nowhere", "Pacific/Kiritimati", "Pacific/Niue"])
@pytest.mark.parametrize("time", NO_TIMES, ids=lambda text: text[:20] or "none")
def test_what_is_no_free_time_moves_nothing(client, time, zone):
    made = book()
    sent = {"time": time, "zone": zone}
    assert client.post(address(made, "booking_move"), sent).status_code == 409
    assert client.get(address(made, "booking_move"), sent).status_code == 200
    made.refresh_from_db()
    assert made.revision == 0


def test_moving_to_the_time_it_has_does_nothing(client):
    made = book()
    before = dump()
    answer = client.post(address(made, "booking_move"), to(made.starts_at))
    assert (answer.status_code, dump() == before) == (302, True)


def test_a_time_that_staff_confirm_is_confirmed_again(client):
    made = booked_as("pending")
    booking.confirm(made, by=make_staff("sales"))
    page = client.get(address(made, "booking_move"), to(made.starts_at + LATER))
    assert "A person will look at the new time and confirm it" in text_of(page)
    client.post(address(made, "booking_move"), to(made.starts_at + LATER))
    assert heading_of(client.get(address(made))) == HEADINGS["pending"]


def test_an_offer_without_times_names_a_person(client):
    made = book(contact="Ines, +351 21 000 0000")
    made.offer.is_paused, made.offer.pause_message = True, "Back in May."
    made.offer.save()
    said = text_of(client.get(address(made, "booking_move")))
    assert "There is no other free time at present. Back in May." in said
    assert "A person who can help: Ines, +351 21 000 0000" in said


# Verifying --------------------------------------------------------------------------------


@pytest.mark.parametrize(("by_hand", "state"), [(False, "confirmed"), (True, "pending")])
def test_an_address_is_verified_by_a_button(by_hand, state):
    client = Client(enforce_csrf_checks=True)
    made = book(verifies_email=True, confirms_by_hand=by_hand)
    assert heading_of(client.get(verification(made))) == "Is this address yours?"
    answer = client.post(verification(made))
    assert (answer.status_code, answer.url) == (302, address(made))
    assert heading_of(client.get(address(made))) == HEADINGS[state]
    # Whoever opens the mail again sees where things stand.
    assert client.get(verification(made)).url == address(made)


def test_who_verifies_too_late_is_led_to_other_times(client):
    made = booked_as("unverified")
    let_lapse(made)
    for call in (client.get, client.post):
        assert call(verification(made)).url == address(made)
        page = client.get(address(made))
        assert heading_of(page) == HEADINGS["expired"]
        assert "Choose another time" in text_of(page)
    assert not LeadEvent.objects.filter(kind="booking.verified").exists()


# Twice, too late, at once -------------------------------------------------------------------


@pytest.mark.parametrize("act", ["booking_cancel", "booking_move", "booking_verify"])
def test_a_second_click_is_harmless(client, act):
    made = book(verifies_email=act == "booking_verify")
    path = verification(made) if act == "booking_verify" else address(made, act)
    sent = to(made.starts_at + LATER)
    first = client.post(path, sent)
    before = dump()
    second = client.post(path, sent)
    assert (first.url, first.status_code) == (second.url, second.status_code)
    assert dump() == before


@pytest.mark.parametrize("state", ["held", "no_show", "cancelled", "refused", "expired"])
@pytest.mark.parametrize("act", ["booking_cancel", "booking_move"])
def test_what_cannot_be_done_any_more_leads_to_what_it_is_now(client, state, act):
    made = booked_as(state)
    before = dump()
    answer = client.post(address(made, act), to(made.starts_at + LATER))
    assert (answer.status_code, answer.url) == (302, address(made))
    assert dump() == before


@pytest.mark.parametrize("act", ["booking_cancel", "booking_move"])
@pytest.mark.parametrize("minutes", [239, -5])
def test_after_the_cutoff_a_person_is_named(client, act, minutes):
    made = brought_close(book(contact="Ines, ines@example.com"), minutes=minutes)
    start, before = soon() + LATER, dump()
    assert client.get(address(made, act)).url == address(made)
    answer = client.post(address(made, act), to(start))
    assert (answer.status_code, dump() == before) == (409, True)
    assert "Nothing was changed: the time for changes has just passed." in text_of(answer)
    assert "A person who can help: Ines, ines@example.com" in text_of(answer)
    assert 'href="mailto:ines@example.com"' in answer.content.decode()


def test_the_cutoff_is_the_last_moment_for_changes(client):
    made = brought_close(book(), minutes=241)
    assert address(made, "booking_move") in client.get(address(made)).content.decode()
    make_site(contact_email="hi@x.example", contact_phone="+351 21 999 0000")
    page = client.get(address(brought_close(made, minutes=239)))
    assert address(made, "booking_move") not in page.content.decode()
    until = clock.whole(made.starts_at - timedelta(hours=4), ZoneInfo("UTC"))
    assert f"Changes here were possible until {until}." in text_of(page)
    assert "A person who can help: hi@x.example, +351 21 999 0000" in text_of(page)


def test_without_any_contact_a_mail_can_be_answered(client):
    made = brought_close(book(), minutes=5)
    assert "just answer one of our mails" in text_of(client.get(address(made)))


@pytest.mark.parametrize("act", ["booking_cancel", "booking_verify", "booking_move"])
def test_when_the_database_gives_up_nothing_is_lost(client, act):
    made = book(verifies_email=True)
    path = verification(made) if act == "booking_verify" else address(made, act)

    def give_up(execute, sql, params, many, context):
        if sql.startswith('UPDATE "leads_booking"'):
            raise IntegrityError("booking_overlaps_no_other")
        return execute(sql, params, many, context)

    before = dump()
    with connection.execute_wrapper(give_up):
        answer = client.post(path, to(made.starts_at + LATER))
    assert (answer.status_code, "othing was changed" in text_of(answer)) == (409, True)
    assert dump() == before
    assert client.post(path, to(made.starts_at + LATER)).status_code == 302


# Queries ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "count"),
    [("booking", 2), ("booking_cancel", 2), ("booking_move", 5), ("booking_verify", 2)],
)
@pytest.mark.parametrize("others", [0, 3])
def test_a_page_asks_the_same_few_questions(
    client, name, count, others, django_assert_num_queries
):
    made = book(verifies_email=True, most_open=0)
    for number in range(others):
        start = made.starts_at + timedelta(days=1, minutes=30 * number)
        booking.book(made.offer, start=start, lead=make_lead())
    path = verification(made) if name == "booking_verify" else address(made, name)
    with django_assert_num_queries(count):
        assert client.get(path).status_code == 200
