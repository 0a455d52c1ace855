"""From the free times to the booking, through the pages: what is shown, booked, kept, refused."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from urllib.parse import parse_qs, quote, urlsplit

import html5lib
import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.models import OutboxMessage
from leads import links, schedules, submission
from leads.models import Booking, Lead, Offer
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_entry,
    make_offer,
    make_picture,
    make_site,
)
from tests.test_pages import parsed, words
from tests.test_requesting import NAUGHTY, fields, send

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday; Lisbon is on UTC."""
TEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)
AT_TEN = "2026-03-04T10:00Z"
ANSWERS = {
    "name": "Paula Prospect",
    "email": "paula@example.com",
    "phone": "+351 21 000 0000",
    "company": "Prospect & Filhos",
    "message": "We type orders all day.",
}
TAKEN = "This time is not free any more"


@pytest.fixture(autouse=True)
def _monday_morning(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def offer():
    offer = make_offer(place="https://meet.example/secret-room")
    make_calendar(offer, host=make_author(name="Ines Carvalho", portrait=make_picture()))
    return offer


def filled(**changes: str | None) -> dict[str, str]:
    """What a browser sends a minute after the form for a time was shown."""
    form = {
        **ANSWERS,
        "consent": "on",
        "reference": "",
        "source": "",
        "zone": "",
        "start": AT_TEN,
        "token": submission.issue(now=NOW - timedelta(minutes=1)),
        **changes,
    }
    return {name: value for name, value in form.items() if value is not None}


def links_in(root, name):
    (found,) = (each for each in root.iter("ol") if name in each.get("class", "").split())
    return [(words(link), link.get("href")) for link in found.iter("a")]


def texts(root, name):
    return [words(e) for e in root.iter() if name in e.get("class", "").split()]


def fresh(root):
    """The times that the page offers in place of the lost one."""
    return [button.get("value") for button in root.iter("button") if button.get("name") == "start"]


def robots(root):
    return [meta.get("content") for meta in root.iter("meta") if meta.get("name") == "robots"]


def kinds():
    messages = OutboxMessage.objects.filter(kind__startswith="leads.")
    return sorted(messages.values_list("kind", flat=True))


# Days and times ---------------------------------------------------------------------------


def test_the_page_opens_on_the_first_day_with_a_free_time(client, offer):
    root = parsed(client.get("/consultation/").content)
    days, times = links_in(root, "days"), links_in(root, "times")
    assert days[:2] == [
        ("Tuesday, March 3, 2026 14 times", "/consultation/?day=2026-03-03#page-times"),
        ("Wednesday, March 4, 2026 14 times", "/consultation/?day=2026-03-04#page-times"),
    ]
    assert (len(days), len(times)) == (10, 14)
    assert times[0] == (
        *("Tuesday, March 3, 2026, 09:00 (Europe/Lisbon, UTC+00:00)",),
        "/consultation/?time=2026-03-03T09:00Z",
    )


def test_a_chosen_day_shows_its_times(client, offer):
    make_booking(start=TEN)
    root = parsed(client.get("/consultation/?day=2026-03-04").content)
    current = [words(a) for a in root.iter("a") if a.get("aria-current")]
    assert current == ["Wednesday, March 4, 2026 13 times"]
    times = [href for _, href in links_in(root, "times")]
    assert times[1:3] == [f"/consultation/?time=2026-03-04T{t}Z" for t in ("09:30", "10:30")]


def test_a_day_without_times_opens_the_first_and_says_so(client, offer):
    for day in ("2026-03-07", "9999-12-31", "soon", quote("\0"), "x" * 9999):
        root = parsed(client.get(f"/consultation/?day={day}").content)
        assert "There is no free time on the day you asked for." in texts(root, "note")[0]
        assert links_in(root, "times")[0][1] == "/consultation/?time=2026-03-03T09:00Z"


def test_the_page_shows_hosts_and_duration_but_not_the_place(client, offer):
    page = client.get("/consultation/")
    root = parsed(page.content)
    assert texts(root, "hosts") == ["Ines CarvalhoConsultant"]
    assert any("portrait" in image.get("class", "") for image in root.iter("img"))
    assert texts(root, "facts") == ["How long30 minutes WhereYou get it with the confirmation."]
    assert b"secret-room" not in page.content
    assert b"secret-room" not in client.get(f"/consultation/?time={AT_TEN}").content


def test_of_several_hosts_those_who_have_the_time_are_shown(client, offer):
    make_calendar(offer, host=make_author(name="Rui"))
    make_booking(start=TEN, calendar=offer.calendars.get(author__name="Ines Carvalho"))
    hosts = [
        texts(parsed(client.get(f"/consultation/?{query}").content), "host")
        for query in ("", f"time={AT_TEN}", "time=2026-03-04T10:30Z")
    ]
    assert hosts == [["Ines Carvalho", "Rui"], ["Rui"], ["Ines Carvalho", "Rui"]]


def test_without_a_choice_times_are_the_hosts_and_the_page_says_so(client, offer):
    root = parsed(client.get("/consultation/").content)
    (form,) = (f for f in root.iter("form") if f.get("class") == "zone")
    assert form.get("data-zone") == "Europe/Lisbon"
    assert "All times are those of Europe/Lisbon, UTC+00:00." in words(form)
    assert "This is the time zone of your host." in words(form)
    assert [o.get("value") for o in form.iter("option") if "selected" in o.attrib] == [
        "Europe/Lisbon"
    ]


def test_a_chosen_zone_is_kept_by_every_link_and_asks_for_no_script(client, offer):
    make_entry(term="Webhook")
    query = "zone=Asia/Kathmandu&from=/glossary/webhook/"
    page = client.get(f"/consultation/?{query}")
    root = parsed(page.content)
    assert links_in(root, "days")[0][1] == f"/consultation/?{query}&day=2026-03-03#page-times"
    assert links_in(root, "times")[0] == (
        "Tuesday, March 3, 2026, 14:45 (Asia/Kathmandu, UTC+05:45)",
        f"/consultation/?{query}&time=2026-03-03T09:00Z",
    )
    assert f"/consultation/?{query}&time=none".replace("&", "&amp;") in page.content.decode()
    assert "About Webhook" in texts(root, "came-from")[0]
    (form,) = (f for f in root.iter("form") if f.get("class") == "zone")
    hidden = [(i.get("name"), i.get("value")) for i in form.iter("input")]
    assert (hidden, form.get("data-zone")) == ([("from", "/glossary/webhook/")], None)
    assert b"zone.js" not in page.content
    assert b"zone.js" in client.get("/consultation/").content


@pytest.mark.parametrize(
    ("day", "kept"), [("2026-03-05", "2026-03-05"), ("2026-03-07", None), ("x", None), ("", None)]
)
def test_another_zone_is_asked_for_on_the_day_that_is_open(client, offer, day, kept):
    root = parsed(client.get("/consultation/", {"day": day}).content)
    (form,) = (f for f in root.iter("form") if f.get("class") == "zone")
    hidden = {i.get("name"): i.get("value") for i in form.iter("input")}
    assert hidden.get("day") == kept


@pytest.mark.parametrize("name", ["America/Pacific", "../../etc", "Z" * 10_000, "\0", "Lisbon"])
def test_an_unknown_zone_is_answered_kindly_in_the_hosts(client, offer, name):
    response = client.get("/consultation/", {"zone": name, "time": ""})
    root = parsed(response.content)
    assert texts(root, "note")[0].startswith("We do not know this time zone.")
    assert links_in(root, "times")[0][1] == "/consultation/?time=2026-03-03T09:00Z"
    (form,) = (f for f in root.iter("form") if f.get("class") == "zone")
    assert form.get("data-zone") is None


def test_a_former_name_of_a_zone_is_understood(client, offer):
    page = client.get("/consultation/?zone=Asia/Calcutta").content.decode()
    assert "Asia/Kolkata, UTC+05:30" in page


@pytest.mark.parametrize(
    ("visitor", "host"),
    [
        ("Pacific/Kiritimati", "Pacific/Niue"),
        ("Asia/Kathmandu", "America/St_Johns"),
    ],
)
def test_every_time_stands_under_the_visitors_day_and_can_be_booked(client, visitor, host):
    offer = make_offer(horizon=2, notice=0)
    hours = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), "0:00–24:00")
    make_calendar(offer, time_zone=host, **hours)
    found, address = [], f"/consultation/?zone={visitor}"
    for _, day in links_in(parsed(client.get(address).content), "days"):
        shown = links_in(parsed(client.get(day).content), "times")
        name = parse_qs(urlsplit(day).query)["day"][0]
        wanted = datetime.fromisoformat(name)
        weekday = f"{wanted:%A, %B} {wanted.day}, {wanted.year}, "
        assert all(words.startswith(weekday) for words, _ in shown)
        found += [parse_qs(urlsplit(href).query)["time"][0] for _, href in shown]
    times = schedules.times(schedules.calendars_of(offer), offer)
    assert found == [f"{start:%Y-%m-%dT%H:%MZ}" for start in times]
    for start in (found[0], found[-1]):
        form = filled(start=start, zone=visitor, email=f"{start[:13]}@example.com")
        assert send(client, form).status_code == 303
    assert [f"{b.starts_at:%Y-%m-%dT%H:%MZ}" for b in Booking.objects.all()] == [
        *(found[0], found[-1]),
    ]
    assert {b.visitor_zone for b in Booking.objects.all()} == {visitor}


@pytest.mark.parametrize("hosts", [1, 3])
@pytest.mark.parametrize(
    ("query", "queries"), [("", 6), ("?from=/glossary/webhook/", 7), (f"?time={AT_TEN}", 7)]
)
def test_the_steps_cost_the_same_queries_however_many_hosts(
    client, django_assert_num_queries, hosts, query, queries
):
    make_site()
    make_entry(term="Webhook")
    offer = make_offer()
    for _ in range(hosts):
        calendar = make_calendar(offer)
        make_booking(start=TEN + HALF, calendar=calendar)
    with django_assert_num_queries(queries):
        assert client.get(f"/consultation/{query}").status_code == 200


def test_search_engines_list_the_first_page_alone(client, offer):
    shown = {
        query: robots(parsed(client.get(f"/consultation/{query}").content))
        for query in ("", "?zone=UTC", "?day=2026-03-04", f"?time={AT_TEN}", "?time=none")
    }
    assert list(shown.values()) == [[], [], *[["noindex, follow"]] * 3]
    page = client.get(f"/consultation/?time={AT_TEN}").content.decode()
    assert re.findall(r'rel="canonical" href="([^"]+)"', page) == [
        "https://glossary.example/consultation/"
    ]


def test_an_offer_has_its_times_at_its_own_address(client, offer):
    audit = make_offer(name="Audit", slug="audit", is_default=False, duration=90)
    audit.calendars.set(offer.calendars.all())
    root = parsed(client.get("/consultation/audit/").content)
    assert links_in(root, "times")[0][1] == "/consultation/audit/?time=2026-03-03T09:00Z"
    assert texts(root, "facts") == ["How long1 hour 30 minutes"]
    send(client, filled(), path="/consultation/audit/")
    assert Booking.objects.get().offer == audit


# Without times ----------------------------------------------------------------------------


def is_request_form(response) -> bool:
    return "preferred_time" in fields(response) and "start" not in fields(response)


def test_no_time_suits_me_leads_to_a_request_without_a_slot(client, offer):
    response = client.get("/consultation/?zone=Asia/Kathmandu&time=none")
    assert is_request_form(response)
    assert b'href="/consultation/?zone=Asia/Kathmandu"' in response.content
    token = submission.issue(now=NOW - timedelta(minutes=1))
    asked = {**ANSWERS, "preferred_time": "Sunday", "consent": "on", "token": token}
    assert send(client, asked)["Location"] == "/consultation/thanks/"
    assert (Lead.objects.get().preferred_time, Booking.objects.count()) == ("Sunday", 0)


@pytest.mark.parametrize("calendars", ["none", "closed", "hidden host"])
def test_an_offer_without_open_calendars_takes_requests(client, calendars):
    offer = make_offer()
    if calendars == "closed":
        make_calendar(offer, feed_url="https://busy.example/feed.ics")
    if calendars == "hidden host":
        make_calendar(offer, host=make_author(is_visible=False))
    response = client.get(f"/consultation/?time={AT_TEN}")
    assert is_request_form(response)
    assert texts(parsed(response.content), "note") == []


@pytest.mark.parametrize(
    ("message", "said"),
    [("Back in May.", "Back in May."), ("", "No times can be booked at the moment.")],
)
def test_a_paused_offer_shows_its_message_and_takes_requests(client, offer, message, said):
    offer.is_paused, offer.pause_message = True, message
    offer.save()
    response = client.get("/consultation/")
    assert is_request_form(response)
    assert texts(parsed(response.content), "note")[0].startswith(said)


def test_without_a_free_time_the_page_says_so_and_takes_requests(client, offer):
    offer.calendars.update(
        **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "")
    )
    response = client.get("/consultation/")
    assert is_request_form(response)
    assert texts(parsed(response.content), "note")[0].startswith("All times are taken")


# The form for a time ----------------------------------------------------------------------


def test_the_form_says_the_time_for_visitor_and_host(client, offer):
    make_entry(term="Webhook")
    query = f"zone=Asia/Kathmandu&from=/glossary/webhook/&time={AT_TEN}"
    response = client.get(f"/consultation/?{query}")
    root = parsed(response.content)
    assert texts(root, "moment") == ["Wednesday, March 4, 2026, 15:45 (Asia/Kathmandu, UTC+05:45)"]
    assert texts(root, "elsewhere") == [
        "For your host: Wednesday, March 4, 2026, 10:00 (Europe/Lisbon, UTC+00:00)"
    ]
    held = fields(response)
    assert (held["start"], held["zone"], held["source"], response.context["entry"].term) == (
        *(AT_TEN, "Asia/Kathmandu", "/glossary/webhook/", "Webhook"),
    )
    assert "preferred_time" not in held


def test_in_the_hosts_own_zone_the_time_is_said_once(client, offer):
    root = parsed(client.get(f"/consultation/?time={AT_TEN}").content)
    assert (len(texts(root, "moment")), texts(root, "elsewhere")) == (1, [])


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({}, (False, False)),
        ({"verifies_email": True}, (True, False)),
        ({"confirms_by_hand": True}, (False, True)),
        ({"verifies_email": True, "confirms_by_hand": True}, (True, True)),
    ],
)
def test_who_books_knows_before_what_the_time_still_needs(client, offer, rules, said):
    Offer.objects.update(**rules)
    form = client.get(f"/consultation/?time={AT_TEN}")
    send(client, filled(email="first@example.com"))
    for page in (form, send(client, filled())):
        html = page.content.decode()
        told = ("We send you a mail first." in html, "A person confirms each time" in html)
        assert told == said


def test_the_form_is_kept_by_this_browser_alone_and_all_else_by_nobody(client, offer):
    kept = {
        query: client.get(f"/consultation/{query}")["Cache-Control"]
        for query in ("", "?time=none", f"?time={AT_TEN}")
    }
    assert list(kept.values()) == ["no-store", "no-store", "private, no-cache"]
    assert send(client, filled(name=""))["Cache-Control"] == "no-store"
    assert send(client, filled())["Cache-Control"] == "no-store"


STRANGE = [
    *("2026-03-01T10:00Z", "2026-03-04T10:07Z", "2026-03-04T12:00Z", "2026-03-07T10:00Z"),
    *("9999-12-31T23:59Z", "0001-01-01T00:00Z", "2026-03-04T10:00", "2026-03-04"),
    *("soon", "\0", "2026-03-04T10:00Z\r\nX: y", "1" * 10_000, "../../etc", "-1"),
]


@pytest.mark.parametrize("time", STRANGE, ids=lambda text: ascii(text)[1:25])
@pytest.mark.parametrize("zone", ["", "Pacific/Kiritimati"])
def test_a_time_that_is_not_offered_leads_back_to_those_that_are(client, offer, time, zone):
    response = client.get("/consultation/", {"time": time, "zone": zone})
    root = parsed(response.content)
    assert response.status_code == 200
    assert texts(root, "note") == [f"{TAKEN}. Please choose another one."]
    assert len(links_in(root, "times")) > 0


# Booking ----------------------------------------------------------------------------------


def test_the_form_books_and_leads_to_the_page_of_the_booking(client, offer):
    entry = make_entry(term="Webhook")
    response = send(client, filled(zone="Asia/Calcutta", source="/glossary/webhook/"))
    booking, lead = Booking.objects.get(), Lead.objects.get()
    page = reverse("leads:booking", args=[links.token_of(booking)])
    assert (response.status_code, response["Location"]) == (303, page)
    assert client.get(page).status_code == 200
    assert (booking.starts_at, booking.visitor_zone, booking.lead) == (TEN, "Asia/Kolkata", lead)
    assert {name: getattr(lead, name) for name in ANSWERS} == ANSWERS
    assert (lead.entry, lead.source_path, lead.state) == (
        *(entry, "/glossary/webhook/", Lead.State.BOOKED),
    )
    assert kinds() == ["leads.remind"] * 2 + ["leads.tell_host", "leads.tell_prospect"]


def test_a_booking_that_waits_for_its_address_leads_to_the_same_page(client, offer):
    offer.verifies_email = True
    offer.save()
    response = send(client, filled())
    booking = Booking.objects.get()
    assert booking.state == Booking.State.UNVERIFIED
    assert response["Location"] == reverse("leads:booking", args=[links.token_of(booking)])


@pytest.mark.parametrize(
    "changes",
    [{}, {"name": "Paula P."}, {"start": "2026-03-05T10:00Z"}, {"zone": "UTC"}],
    ids=["the same", "other answers", "another time", "another zone"],
)
def test_one_form_books_once_whatever_is_sent_again(client, offer, changes):
    form = filled()
    first = send(client, form)
    promised = kinds()
    again = send(client, {**form, **changes})
    assert (again.status_code, again["Location"]) == (303, first["Location"])
    assert (Booking.objects.count(), Lead.objects.count(), kinds()) == (1, 1, promised)


@pytest.mark.django_db(transaction=True)
def test_clicks_that_arrive_at_the_same_moment_book_once(offer):
    form, together = filled(), Barrier(4)

    def click() -> tuple[int, str]:
        together.wait(timeout=10)
        try:
            response = send(Client(), form)
            return response.status_code, response["Location"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        clicks = [pool.submit(click) for _ in range(4)]
        answers = {each.result(timeout=60) for each in clicks}
    page = reverse("leads:booking", args=[links.token_of(Booking.objects.get())])
    assert (answers, Lead.objects.count()) == ({(303, page)}, 1)
    assert kinds() == ["leads.remind"] * 2 + ["leads.tell_host", "leads.tell_prospect"]


@pytest.mark.parametrize("trace", ["hidden field", "too fast"])
def test_a_suspect_holds_no_time_and_is_thanked(client, offer, trace):
    changes = {"hidden field": {"reference": "x"}, "too fast": {"token": submission.issue()}}
    response = send(client, filled(**changes[trace]))
    assert (response.status_code, response["Location"]) == (303, "/consultation/thanks/")
    assert (Lead.objects.get().state, Booking.objects.count()) == (Lead.State.SPAM, 0)


def test_nobody_learns_what_an_address_has_booked(client, offer):
    offer.most_open = 1
    offer.save()
    send(client, filled())
    refused = send(client, filled(start="2026-03-04T11:00Z"))
    suspect = send(client, filled(start="2026-03-04T11:30Z", reference="x"))
    assert [(r.status_code, r["Location"]) for r in (refused, suspect)] == [
        (303, "/consultation/thanks/")
    ] * 2
    assert (Lead.objects.count(), Booking.objects.count()) == (3, 1)
    said = client.get("/consultation/thanks/").content.decode()
    assert "A time is agreed only when a mail from us names it." in said


# The time has gone ------------------------------------------------------------------------


def test_whoever_comes_second_keeps_the_form_and_books_by_one_more_click(client, offer):
    form = filled(zone="Asia/Kathmandu")
    send(client, filled(email="first@example.com"))
    lost = send(client, form)
    root, held = parsed(lost.content), fields(lost)
    assert lost.status_code == 409
    assert texts(root, "note")[0].startswith(f"{TAKEN} Somebody was faster")
    assert {name: held[name] for name in ANSWERS} == ANSWERS
    assert (held["token"], held["zone"]) == (form["token"], "Asia/Kathmandu")
    assert Lead.objects.filter(email="paula@example.com").count() == 1
    others = fresh(root)
    assert (others[0], AT_TEN in others, len(others)) == ("2026-03-04T09:00Z", False, 12)
    taken = send(client, {**form, "start": others[0]})
    booking = Booking.objects.get(lead__email="paula@example.com")
    assert taken["Location"] == reverse("leads:booking", args=[links.token_of(booking)])
    assert (Lead.objects.count(), f"{booking.starts_at:%Y-%m-%dT%H:%MZ}") == (2, others[0])


def test_fresh_times_say_day_time_and_zone_and_enter_takes_none(client, offer):
    send(client, filled(email="first@example.com"))
    root = parsed(send(client, filled(zone="Asia/Kathmandu")).content)
    buttons = [b for b in root.iter("button") if b.get("type") == "submit"]
    assert "disabled" in buttons[0].attrib
    assert words(buttons[1]) == "Wednesday, March 4, 2026, 14:45 (Asia/Kathmandu, UTC+05:45)"
    shown = [words(legend) for legend in root.iter("legend")]
    assert shown[0] == "Wednesday, March 4, 2026 Asia/Kathmandu, UTC+05:45"


def test_the_request_is_kept_if_no_time_is_left(client, offer):
    form = filled()
    offer.is_paused = True
    offer.save()
    response = send(client, form)
    assert response.status_code == 409
    assert "We will write to you and find one." in response.content.decode()
    assert Lead.objects.get().email == "paula@example.com"
    assert "leads.notify_staff" in kinds()


@pytest.mark.parametrize("calendars", ["gone", "paused"])
def test_an_incomplete_form_is_kept_if_no_time_is_left(client, offer, calendars):
    if calendars == "gone":
        offer.calendars.clear()
    else:
        offer.is_paused = True
        offer.save()
    response = send(client, filled(name=""))
    held = fields(response)
    assert (response.status_code, held["email"], held["start"]) == (
        *(422, "paula@example.com", AT_TEN),
    )
    assert send(client, {**held, "name": "Paula", "consent": "on"}).status_code == 409
    assert Lead.objects.get().name == "Paula"


@pytest.mark.parametrize("named", [True, False])
def test_a_form_books_the_offer_that_it_showed(client, offer, named):
    shown = fields(client.get("/consultation/", {"time": AT_TEN}))
    Offer.objects.update(is_default=False)
    other = make_offer(name="Audit", slug="audit", duration=120)
    make_calendar(other)
    send(client, filled(offer=shown["offer"] if named else "a\0b"))
    assert Booking.objects.get().offer == (offer if named else other)


def test_the_request_is_kept_if_its_offer_ends_while_the_form_is_open(client, offer):
    offer.is_default = offer.is_active = False
    offer.save()
    response = client.post(f"/consultation/{offer.slug}/", filled())
    assert (response.status_code, "Your request is kept." in response.content.decode()) == (
        409,
        True,
    )
    assert (Lead.objects.get().offer, Booking.objects.count()) == (offer, 0)


# Bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [*STRANGE, "", None], ids=lambda text: ascii(text)[1:25])
@pytest.mark.parametrize("zone", ["", "America/Pacific", "\0" * 10_000, "Pacific/Kiritimati"])
def test_a_request_with_a_strange_time_is_kept_and_offered_others(client, offer, start, zone):
    form = filled(start=start, zone=zone)
    response = send(client, form)
    root, held = parsed(response.content), fields(response)
    assert response.status_code in (409, 422)
    assert {name: held[name] for name in ANSWERS} == ANSWERS
    assert (Lead.objects.get().email, Booking.objects.count()) == ("paula@example.com", 0)
    assert send(client, {**form, "start": fresh(root)[0]}).status_code == 303
    assert (Lead.objects.count(), Booking.objects.count()) == (1, 1)


def test_without_any_trace_of_a_time_it_is_a_request(client, offer):
    send(client, filled(start=None, zone=None))
    assert (Lead.objects.count(), Booking.objects.count()) == (1, 0)


def test_a_field_sent_twice_counts_once(client, offer):
    form = [*filled().items(), ("start", "2026-03-04T11:00Z"), ("name", "Other"), ("zone", "UTC")]
    assert send(client, form).status_code == 303
    booking = Booking.objects.get()
    assert (booking.starts_at.hour, booking.lead.name, booking.visitor_zone) == (
        11,
        "Other",
        "UTC",
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "N" * 10_000}, "name"),
        ({"name": "Paula\0"}, "name"),
        ({"email": "paula@"}, "email"),
        ({"email": "paula@example.com\r\nBcc: x@example.com"}, "email"),
        ({"email": None}, "email"),
        ({"consent": None}, "consent"),
        ({"phone": "call me"}, "phone"),
        ({"message": "x" * 5001}, "message"),
    ],
    ids=lambda value: str(value)[:40].encode("unicode_escape").decode(),
)
def test_an_answer_that_cannot_be_stored_comes_back_with_time_and_all(
    client, offer, changes, field
):
    response = send(client, filled(zone="Asia/Kathmandu", **changes))
    root, held = html5lib.parse(response.content, namespaceHTMLElements=False), fields(response)
    unchanged = ANSWERS.keys() - changes.keys()
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert {name: held[name] for name in unchanged} == {name: ANSWERS[name] for name in unchanged}
    assert (held["start"], held["zone"]) == (AT_TEN, "Asia/Kathmandu")
    assert texts(root, "moment") == ["Wednesday, March 4, 2026, 15:45 (Asia/Kathmandu, UTC+05:45)"]
    assert Lead.objects.count() == 0


def test_an_incomplete_form_whose_time_has_gone_shows_both(client, offer):
    send(client, filled(email="first@example.com"))
    response = send(client, filled(name=""))
    root = parsed(response.content)
    assert (response.status_code, len(fresh(root))) == (422, 12)
    assert texts(root, "note") == [f"{TAKEN}. Please choose another one."]
    assert "Please tell us your name." in texts(root, "errors")[0]


@pytest.mark.parametrize("token", ["of yesterday", "altered", "missing"])
def test_a_form_that_was_open_for_long_keeps_everything_and_can_be_sent_again(
    client, offer, token
):
    old = submission.issue(now=NOW - timedelta(days=2))
    given = {"of yesterday": old, "altered": f"{submission.issue()}x", "missing": None}
    response = send(client, filled(token=given[token], zone="Asia/Kathmandu"))
    held = fields(response)
    kept = {**ANSWERS, "start": AT_TEN, "zone": "Asia/Kathmandu"}
    assert response.status_code == 422
    assert {name: held[name] for name in kept} == kept
    assert send(client, {**held, "consent": "on"}).status_code == 303
    assert (Booking.objects.count(), Lead.objects.get().state) == (1, Lead.State.BOOKED)


def test_a_name_is_kept_in_one_line(client, offer):
    send(client, filled(name="Paula\r\nBcc: x@example.com", company="A\u2028B\tC"))
    lead = Lead.objects.get()
    assert (lead.name, lead.company) == ("Paula Bcc: x@example.com", "A B C")


@pytest.mark.parametrize("text", NAUGHTY, ids=lambda text: ascii(text)[1:25])
def test_no_text_keeps_anybody_from_booking_in_silence(client, offer, text):
    response = send(client, filled(name=text, company=text, message=text))
    if response.status_code == 303:
        lead = Booking.objects.get().lead
        assert (lead.name, lead.company) == (" ".join(text.split()),) * 2
        assert lead.message == text.strip().replace("\r\n", "\n")
    else:
        assert response.status_code == 422
        assert response.context["form"].errors.keys() <= {"name", "company", "message"}


def test_no_step_sets_a_cookie(client, offer):
    steps = [
        *(client.get(f"/consultation/{q}") for q in ("", f"?time={AT_TEN}", "?zone=UTC")),
        *(send(client, filled(**changes)) for changes in ({"name": ""}, {}, {})),
    ]
    assert [step.status_code for step in steps] == [200, 200, 200, 422, 303, 409]
    assert [dict(step.cookies) for step in steps] == [{}] * 6


def test_a_get_with_all_answers_changes_nothing(client, offer):
    assert client.get("/consultation/", filled()).status_code == 200
    assert (Lead.objects.count(), Booking.objects.count(), kinds()) == (0, 0, [])
