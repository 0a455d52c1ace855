"""The desk's form of an offer: lengths in words, rules that agree, what visitors see."""

from datetime import timedelta

import pytest
from django.utils import timezone

from glossary.models import Topic
from leads.models import Offer
from tests.desk import change, errors, filled, notices, page_of, rows, states, submit, words
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db
LIST = "/admin/leads/offer/"


@pytest.fixture
def sales(client):
    client.force_login(make_staff("sales"))
    return client


def said_on_top(client, offer) -> str:
    page = page_of(client.get(change(offer)))
    (box,) = (each for each in page.iter("div") if each.get("class") == "outlook")
    return words(box)


def always_open(*offers, **fields):
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return make_calendar(*offers, **{**dict.fromkeys(days, "0:00–24:00"), **fields})


# Lengths ----------------------------------------------------------------------------------


def test_minutes_are_shown_in_words_and_stay_minutes(sales):
    offer = make_offer(duration=90, notice=2880, change_cutoff=0)
    shown = filled(sales, change(offer))
    names = ("duration", "notice", "change_cutoff")
    assert [shown[name] for name in names] == ["1 h 30 min", "2 days", "0 min"]
    submit(sales, change(offer))
    offer.refresh_from_db()
    assert (offer.duration, offer.notice, offer.change_cutoff) == (90, 2880, 0)


@pytest.mark.parametrize("changes", [{"slug": "not an address"}, {"slug": "", "name": ""}])
def test_an_address_that_cannot_be_gets_a_sentence(sales, changes):
    offer = make_offer(is_default=False)
    assert len(errors(submit(sales, change(offer), **changes))) > 0
    offer.refresh_from_db()
    assert offer.slug == "free-consultation"


@pytest.mark.parametrize("text", ["2h", "120", "120 min", "1 h 60", "2 hours"])
def test_lengths_are_taken_in_words(sales, text):
    offer = make_offer()
    submit(sales, change(offer), duration=text)
    offer.refresh_from_db()
    assert offer.duration == 120


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        (
            "duration",
            "soon",
            "“soon” is not a length of time. Write it like 30 min, 24h or 2 days.",
        ),
        ("duration", "", "This field is required."),
        ("duration", "4", "At least 5 min."),
        ("duration", "9 h", "At most 8 h."),
        ("interval", "0", "At least 5 min."),
        ("notice", "32 days", "At most 31 days."),
        (
            "buffer_after",
            "-5",
            "“-5” is not a length of time. Write it like 30 min, 24h or 2 days.",
        ),
        (
            "notice",
            "999999999999",
            "“999999999999” is not a length of time. Write it like 30 min, 24h or 2 days.",
        ),
    ],
)
def test_lengths_that_cannot_be_get_a_sentence(sales, field, text, sentence):
    offer = make_offer(duration=30)
    response = submit(sales, change(offer), **{field: text})
    assert sentence in errors(response)
    assert f'value="{text}"' in response.content.decode()
    offer.refresh_from_db()
    assert offer.duration == 30


# Rules that agree -------------------------------------------------------------------------


def test_a_notice_beyond_the_horizon_would_offer_nothing(sales):
    offer = make_offer(horizon=60)
    response = submit(sales, change(offer), notice="8 days", horizon="7")
    (sentence,) = [line for line in errors(response) if "notice" in line]
    assert sentence == (
        "With a notice of 8 days and 7 days offered ahead, there is no time left to book: "
        "shorten the one or extend the other."
    )
    submit(sales, change(offer), notice="7 days", horizon="7")
    offer.refresh_from_db()
    assert (offer.notice, offer.horizon) == (7 * 1440, 7)


def test_a_cutoff_beyond_the_horizon_would_refuse_every_change(sales):
    offer = make_offer()
    response = submit(sales, change(offer), change_cutoff="5 days", horizon="3")
    assert errors(response)[-1] == (
        "All times are at most 3 days ahead, so that nobody could ever move or cancel: write less."
    )


def test_a_talk_longer_than_any_host_is_open_is_refused(sales):
    offer = make_offer(duration=30)
    host = make_calendar(offer, monday="9:00–10:00", tuesday="", wednesday="")
    host.thursday = host.friday = ""
    host.save()
    response = submit(sales, change(offer), duration="2 h")
    assert errors(response)[-1] == (
        "No host below is open for 2 h at a stretch, the longest is 1 h: shorten the talk, or "
        "open the calendar for longer."
    )
    host.overrides.create(day="2030-01-01", hours="9:00–11:00")
    submit(sales, change(offer), duration="2 h")
    offer.refresh_from_db()
    assert offer.duration == 120


def test_hosts_without_hours_are_no_reason_to_refuse(sales):
    offer = make_offer()
    make_calendar(
        offer, **dict.fromkeys(("monday", "tuesday", "wednesday"), ""), thursday="", friday=""
    )
    submit(sales, change(offer), duration="2 h")
    offer.refresh_from_db()
    assert offer.duration == 120


def test_confirming_by_hand_needs_an_end(sales):
    offer = make_offer(pending_hours=24)
    submit(sales, change(offer), pending_hours="")
    offer.refresh_from_db()
    assert (offer.confirms_by_hand, offer.pending_hours) == (False, 24)
    response = submit(sales, change(offer), pending_hours="", confirms_by_hand="on")
    said = "Say for how many hours a time is kept for staff to confirm it."
    assert said in errors(response)


def test_the_default_offer_may_be_paused_but_not_switched_off(sales):
    offer = make_offer(is_default=True)
    submit(sales, change(offer), is_paused="on", pause_message="Back in May.")
    offer.refresh_from_db()
    assert (offer.is_paused, offer.is_default) == (True, True)
    data = {
        key: value for key, value in filled(sales, change(offer)).items() if key != "is_active"
    }
    response = sales.post(change(offer), data)
    assert "The default offer has to be active." in errors(response)


@pytest.mark.parametrize("text", ["24", "1x", "1m", "1h, 2h, 3h, 4h, 5h, 6h"])
def test_reminders_that_cannot_be_get_a_sentence(sales, text):
    offer = make_offer(reminders="24h")
    assert len(errors(submit(sales, change(offer), reminders=text))) >= 1
    offer.refresh_from_db()
    assert offer.reminders == "24h"


# Hosts and topics -------------------------------------------------------------------------


def test_hosts_are_ticked_by_name_and_zone(sales):
    offer = make_offer()
    ines = make_calendar(author=make_author(name="Ines"), time_zone="America/New_York")
    make_calendar(author=make_author(name="Tomas"))
    labels = [words(each) for each in page_of(sales.get(change(offer))).iter("label")]
    assert [each for each in labels if "(" in each] == [
        "Ines (America/New York)",
        "Tomas (Europe/Lisbon)",
    ]
    submit(sales, change(offer), calendars=[ines.pk])
    assert list(offer.calendars.all()) == [ines]


def test_a_topic_is_given_to_an_offer(sales):
    offer, topic = make_offer(), Topic.objects.create(name="Automation", slug="automation")
    submit(sales, change(offer), **{"offer_topics-0-topic": topic.pk})
    assert [row.topic for row in offer.offer_topics.all()] == [topic]


def test_a_topic_of_another_offer_gets_a_sentence(sales):
    other, offer = make_offer(name="Workshop", is_default=False), make_offer()
    topic = Topic.objects.create(name="Automation", slug="automation")
    other.offer_topics.create(topic=topic)
    response = submit(sales, change(offer), **{"offer_topics-0-topic": topic.pk})
    said = "“Automation” shows the offer “Workshop” already: take it off there first."
    assert said in errors(response)
    assert not offer.offer_topics.exists()


def test_a_topic_twice_gets_a_sentence(sales):
    offer, topic = make_offer(), Topic.objects.create(name="Automation", slug="automation")
    twice = {f"offer_topics-{number}-topic": topic.pk for number in (0, 1)}
    response = submit(sales, change(offer), **twice, **{"offer_topics-TOTAL_FORMS": "2"})
    assert "A topic is in the list twice: once is enough." in errors(response)


# What visitors see ------------------------------------------------------------------------


def test_the_form_says_how_many_times_are_free(sales):
    offer = make_offer(notice=0, interval=480, duration=480, horizon=30)
    always_open(offer, time_zone="UTC")
    said = said_on_top(sales, offer)
    assert said.startswith(
        "What visitors see now: 21 free times in the next 7 days, the first on "
    )
    assert said.endswith(" (UTC). See the page")


def test_a_far_first_time_is_named(sales):
    offer = make_offer(notice=8 * 1440)
    always_open(offer)
    assert "No free time in the next 7 days; the first is on " in said_on_top(sales, offer)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"is_paused": True}, "Paused: visitors see no times, and can leave a request."),
        (
            {"is_active": False, "is_default": False},
            "Not active: no page leads to this offer, and its own address is closed.",
        ),
    ],
)
def test_an_offer_that_is_not_running_says_so(sales, fields, sentence):
    offer = make_offer(**fields)
    always_open(offer)
    assert sentence in said_on_top(sales, offer)


def test_an_offer_without_hosts_says_so(sales):
    offer = make_offer()
    said = "No host: visitors leave a request without a time."
    assert said in said_on_top(sales, offer)
    make_calendar(offer, author=make_author(is_visible=False))
    said = "Its hosts are not shown as authors: visitors leave a request without a time."
    assert said in said_on_top(sales, offer)


def test_an_offer_without_times_says_why_for_each_host(sales):
    offer = make_offer(horizon=5)
    make_calendar(
        offer,
        author=make_author(name="Ines"),
        feed_url="https://calendar.example.com/a.ics",
    )
    away = always_open(offer, author=make_author(name="Tomas"))
    now = timezone.now()
    away.blocked.create(starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=9))
    assert said_on_top(sales, offer).startswith(
        "What visitors see now: No free time: visitors leave a request. Ines: closed, because "
        "there is no good copy of the calendar to respect. Tomas: everything is booked or "
        "blocked in the next 5 days."
    )


def test_a_refused_form_still_says_what_is_stored(sales):
    offer = make_offer()
    always_open(offer)
    response = submit(sales, change(offer), duration="soon", is_paused="on")
    assert "Paused:" not in response.content.decode()


@pytest.mark.parametrize("how_many", [1, 3])
def test_the_form_asks_as_often_for_many_hosts(sales, django_assert_num_queries, how_many):
    make_site()
    offer = make_offer()
    for _ in range(how_many):
        always_open(offer)
    sales.get(change(offer))
    with django_assert_num_queries(14):
        assert sales.get(change(offer)).status_code == 200


# The list ---------------------------------------------------------------------------------


def test_the_list_says_each_offers_state(sales):
    bookable = make_offer(name="A", duration=90)
    make_calendar(bookable, author=make_author(name="Ines"))
    make_offer(name="B", is_default=False)
    make_offer(name="C", is_default=False, is_paused=True)
    make_offer(name="D", is_default=False, is_active=False)
    response = sales.get(LIST)
    assert rows(response) == ["A", "B", "C", "D"]
    assert states(response) == ["Bookable", "Requests only", "Paused", "Not active"]
    text = words(page_of(response).find(".//table[@id='result_list']/tbody/tr"))
    assert ("1 h 30 min" in text, "Ines" in text) == (True, True)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=bookable", ["A"]),
        ("state=requests", ["B"]),
        ("state=paused", ["C"]),
        ("state=off", ["D"]),
        ("q=Rosalind", ["A"]),
        ("host=99999999999999999999", ["A", "B", "C", "D"]),
        ("_facets=True", ["A", "B", "C", "D"]),
    ],
)
def test_the_list_is_filtered(sales, query, found):
    make_calendar(make_offer(name="A"), author=make_author(name="Rosalind"))
    make_offer(name="B", is_default=False)
    make_offer(name="C", is_default=False, is_paused=True)
    make_offer(name="D", is_default=False, is_active=False)
    assert rows(sales.get(f"{LIST}?{query}")) == found


def test_the_list_is_filtered_by_host(sales):
    host = make_calendar(make_offer(name="A"))
    make_calendar(make_offer(name="B", is_default=False))
    assert rows(sales.get(f"{LIST}?host={host.pk}")) == ["A"]


def test_the_list_counts_talks_to_come(sales):
    offer = make_offer()
    tomorrow = timezone.now().replace(microsecond=0) + timedelta(days=1)
    for hours in (0, 2):
        make_booking(offer=offer, start=tomorrow + timedelta(hours=hours))
    offer.bookings.filter(starts_at__gt=tomorrow).update(state="cancelled")
    cell = page_of(sales.get(LIST)).find(".//td[@class='field-upcoming']")
    assert words(cell) == "1"
    assert sales.get(cell.find("a").get("href")).status_code == 200


# Deleting ---------------------------------------------------------------------------------


def test_an_offer_with_bookings_is_kept(admin_client):
    offer = make_offer()
    make_booking(offer=offer, start=timezone.now() + timedelta(days=1))
    address = change(offer).replace("change", "delete")
    for ask in (admin_client.get, lambda path: admin_client.post(path, {"post": "yes"})):
        (said,) = notices(admin_client, ask(address))
        assert said == (
            "“Free consultation” has bookings, and they are kept. Pause it instead, or untick "
            "“Active”: then nobody can book it."
        )
    assert Offer.objects.filter(pk=offer.pk).exists()


def test_an_offer_without_bookings_is_deleted(admin_client):
    offer = make_offer()
    admin_client.post(change(offer).replace("change", "delete"), {"post": "yes"})
    assert not Offer.objects.exists()


def test_offers_are_not_deleted_by_the_dozen(admin_client):
    make_offer()
    page = page_of(admin_client.get(LIST))
    assert [
        o.get("value") for o in page.iter("option") if o.get("value") == "delete_selected"
    ] == []
