"""“Book for someone on the phone”: all or nothing is stored, and nothing typed is lost."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from config.models import OutboxMessage
from leads import schedules, submission
from leads.admin.booking_forms import CONSENT
from leads.admin.booking_times import OTHER
from leads.choosing import text_of
from leads.models import Booking, Lead, LeadEvent
from tests.desk import change, errors, filled, notices, page_of, words
from tests.factories import (
    ROLES,
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

ADD = "/admin/leads/booking/add/"
CALLER = {
    "name": "Carl Caller",
    "email": "carl@example.com",
    "phone": "+351 21 000 0000",
    "company": "Northlight",
    "message": "He types invoices by hand.",
    "language": "de",
    "visitor_zone": "Asia/Kathmandu",
    "consent": "on",
}


@pytest.fixture
def sales(client):
    client.force_login(make_staff("sales"))
    return client


@pytest.fixture
def offer():
    offer = make_offer(most_open=1)
    make_calendar(offer, host=make_author(name="Ines"))
    return offer


def offered(offer) -> list[datetime]:
    return schedules.times(schedules.calendars_of(offer), offer)


def form(client, **data) -> dict:
    return {**filled(client, ADD), **CALLER, **data}


def in_days(days: int) -> str:
    return (timezone.now() + timedelta(days=days)).date().isoformat()


def counts() -> tuple[int, int, int, int]:
    return (
        *(Lead.objects.count(), Booking.objects.count()),
        *(LeadEvent.objects.count(), OutboxMessage.objects.count()),
    )


# Booking ----------------------------------------------------------------------------------


def test_a_call_becomes_a_lead_with_consent_and_a_booking(sales, offer):
    entry = make_entry(term="Webhook")
    start = offered(offer)[4]
    response = sales.post(ADD, form(sales, start=text_of(start), entry=entry.pk))
    lead, booking = Lead.objects.get(), Booking.objects.get()
    assert response["Location"] == change(booking)
    assert (booking.lead, booking.starts_at, booking.visitor_zone) == (
        *(lead, start, "Asia/Kathmandu"),
    )
    assert (booking.state, lead.state) == ("confirmed", "booked")
    stored = {name: getattr(lead, name) for name in CALLER if hasattr(lead, name)}
    written = {n: v for n, v in CALLER.items() if n not in ("visitor_zone", "consent")}
    assert stored == written
    assert (lead.consents.get().text, lead.entry, lead.offer) == (CONSENT, entry, offer)
    (notice,) = notices(sales, response)
    assert notice.startswith("Booked with Ines: ")
    assert notice.endswith(" Carl Caller is told by mail.")


def test_what_they_agreed_to_is_what_the_box_says(sales, offer):
    assert CONSENT in words(page_of(sales.get(ADD)))
    sales.post(ADD, form(sales, start=text_of(offered(offer)[0])))
    assert Lead.objects.get().consents.get().text == CONSENT


@pytest.mark.parametrize("box", [{"marketing": "on"}, {}])
def test_news_are_noted_only_where_somebody_wanted_them(sales, offer, box):
    make_site(marketing_text="Write to me.")
    assert "marketing" not in filled(sales, ADD)
    sales.post(ADD, form(sales, start=text_of(offered(offer)[0]), **box))
    rows = Lead.objects.get().consents.values_list("purpose", "text", "is_given")
    news = [("marketing", "Write to me.", True)] if box else []
    assert list(rows) == [("request", CONSENT, True), *news]


def test_the_timeline_says_that_somebody_called(sales, offer):
    sales.post(ADD, form(sales, start=text_of(offered(offer)[0])))
    lines = page_of(sales.get(change(Lead.objects.get()))).findall(".//ol[@class='timeline']/li")
    said = [words(line.findall("span")[1]).split(": ", 1)[1] for line in lines]
    done = [each for each in said if not each.startswith("A mail")]
    assert [each.split(" ")[0] for each in done] == ["Booked", "State:", "Booked", "Entered"]
    assert done[0] == "Booked on the phone"


@pytest.mark.parametrize("tells", [True, False])
def test_they_are_mailed_only_if_staff_say_so(sales, offer, tells):
    data = form(sales, start=text_of(offered(offer)[0]))
    assert data["tell"] == "on"
    if not tells:
        del data["tell"]
    sales.post(ADD, data)
    kinds = set(OutboxMessage.objects.values_list("kind", flat=True))
    assert ("leads.tell_prospect" in kinds, "leads.tell_host" in kinds) == (tells, True)
    assert not kinds & {"leads.confirm_request", "leads.notify_staff"}


def test_staff_may_book_outside_the_hours_and_beyond_the_limit_of_one(sales, offer):
    make_booking(start=timezone.now() + timedelta(days=4), lead=make_lead(email=CALLER["email"]))
    data = {"start": OTHER, "other_date": in_days(400), "other_time": "23:15"}
    sales.post(ADD, form(sales, **data))
    booking = Booking.objects.latest("pk")
    assert booking.wall_time == f"{in_days(400)}T23:15"


def test_a_host_can_be_chosen(sales, offer):
    two = make_calendar(offer, host=make_author(name="Rui"))
    start = text_of(offered(offer)[0])
    for number in range(2):
        email = f"{number}@example.com"
        data = form(sales, host=two.pk, start=start, email=email)
        response = sales.post(ADD, data)
    assert [booking.calendar for booking in Booking.objects.all()] == [two]
    assert "This time has just been taken." in " ".join(errors(response))


def test_any_free_host_takes_it(sales, offer):
    make_calendar(offer)
    start = text_of(offered(offer)[0])
    for number in range(3):
        sales.post(ADD, form(sales, start=start, email=f"{number}@example.com"))
    hosts = {booking.calendar_id for booking in Booking.objects.all()}
    assert (Booking.objects.count(), len(hosts)) == (2, 2)


def test_a_double_click_makes_one_booking(sales, offer):
    data = form(sales, start=text_of(offered(offer)[0]))
    answers = [sales.post(ADD, data) for _ in range(3)]
    assert {answer["Location"] for answer in answers} == {change(Booking.objects.get())}
    assert Lead.objects.count() == 1


def test_the_next_caller_on_the_same_form_is_somebody_else(sales, offer):
    data = form(sales, start=text_of(offered(offer)[0]))
    sales.post(ADD, data)
    others = {"email": "rita@example.com", "start": text_of(offered(offer)[5])}
    sales.post(ADD, {**data, **others})
    assert (Lead.objects.count(), Booking.objects.count()) == (2, 2)


# Nothing is lost --------------------------------------------------------------------------


def kept(response, data) -> bool:
    """Whether the form that is shown again holds all of `data`."""
    page = page_of(response)
    shown = {i.get("name"): i.get("value") for i in page.iter("input") if i.get("type") != "radio"}
    shown |= {area.get("name"): area.text.strip("\n") for area in page.iter("textarea")}
    for field in page.iter("select"):
        chosen = [o.get("value") for o in field.iter("option") if "selected" in o.attrib]
        shown[field.get("name")] = "".join(chosen)
    ticked = {i.get("name") for i in page.iter("input") if "checked" in i.attrib}
    beside = ("start", "consent", "tell", "csrfmiddlewaretoken")
    wanted = {name: value for name, value in data.items() if name not in beside}
    ticks = {name for name in ("start", "consent", "tell") if data.get(name)}
    return wanted.items() <= shown.items() and ticks <= ticked


def test_a_time_that_is_taken_stores_nothing_and_keeps_the_form(sales, offer):
    start = offered(offer)[0]
    make_booking(start=start, lead=make_lead(email="rita@example.com"))
    before = counts()
    data = form(sales, start=text_of(start))
    response = sales.post(ADD, data)
    assert "This time has just been taken." in " ".join(errors(response))
    assert (counts(), kept(response, {**data, "start": ""})) == (before, True)
    again = {**data, "start": text_of(offered(offer)[0])}
    sales.post(ADD, again)
    assert Lead.objects.filter(email=CALLER["email"]).count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Write down who is calling."),
        ({"name": "x" * 121}, "Ensure this value has at most 120 characters"),
        ({"email": ""}, "Ask for an address: the invitation goes there."),
        ({"email": "carl"}, "This does not look like an e-mail address."),
        ({"email": "carl@example.com, rita@example.com"}, "This does not look like an e-mail"),
        ({"phone": "call me"}, "Write the number with digits"),
        ({"consent": ""}, "Ask them, and tick the box when they agree"),
        ({"start": ""}, "Choose a time from the list"),
        ({"visitor_zone": "../../etc/passwd"}, "Select a valid choice."),
        ({"language": "xx"}, "Select a valid choice."),
        ({"entry": "999"}, "Select a valid choice."),
        ({"entry": "x"}, "Select a valid choice."),
        ({"offer": "999"}, "This offer is not active any more."),
        ({"offer": "x"}, "This offer is not active any more."),
        ({"host": "999"}, "This host has no calendar any more."),
        ({"token": "forged"}, "This form was open for a day."),
    ],
)
def test_what_is_wrong_gets_a_sentence_and_stores_nothing(sales, offer, wrong, said):
    before = counts()
    data = {**form(sales, start=text_of(offered(offer)[0])), **wrong}
    response = sales.post(ADD, data)
    assert said in " ".join(errors(response))
    right = {name: value for name, value in data.items() if name not in {*wrong, "token"}}
    assert (counts(), kept(response, right)) == (before, True)


def test_all_that_is_wrong_is_said_at_once(sales, offer):
    response = sales.post(ADD, {**filled(sales, ADD), "email": "carl"})
    assert len(errors(response)) == 4


def test_a_form_that_was_open_too_long_is_sent_once_more(sales, offer):
    old = submission.issue(now=timezone.now() - timedelta(days=2))
    data = form(sales, start=text_of(offered(offer)[0]), token=old)
    response = sales.post(ADD, data)
    tokens = [i.get("value") for i in page_of(response).iter("input") if i.get("name") == "token"]
    assert (Booking.objects.count(), tokens == [old]) == (0, False)
    sales.post(ADD, {**data, "token": tokens[0]})
    assert Booking.objects.count() == 1


def test_a_name_cannot_smuggle_lines_into_a_mail(sales, offer):
    name = "Carl\r\nBcc: everybody@example.com"
    sales.post(ADD, form(sales, start=text_of(offered(offer)[0]), name=name))
    assert Lead.objects.get().name == "Carl Bcc: everybody@example.com"


def test_a_host_of_another_offer_is_not_booked(sales, offer):
    other = make_calendar(host=make_author(name="Rui"))
    data = form(sales, start=text_of(offered(offer)[0]), host=other.pk)
    assert errors(sales.post(ADD, data)) == ["They do not host this offer. Choose somebody else."]
    assert Booking.objects.count() == 0


def test_an_offer_without_hosts_says_so(sales):
    make_offer()
    data = form(sales, start=OTHER, other_date=in_days(3), other_time="10:00")
    assert errors(sales.post(ADD, data)) == [
        "Nobody hosts this offer yet. Choose hosts on its page."
    ]


def test_without_offers_the_page_says_what_to_do(sales):
    page = words(page_of(sales.get(ADD)))
    assert "There is no active offer to book. Make or activate one first." in page


# Looking at other times -------------------------------------------------------------------


def legends(response) -> list[str]:
    return [words(legend) for legend in page_of(response).iter("legend")][:-1]


def test_other_days_are_shown_and_nothing_typed_is_lost(sales, offer):
    data = form(sales, message="Typed already.", email="not checked yet")
    del data["tell"]
    first = sales.get(ADD)
    (later,) = (
        button.get("value")
        for button in page_of(first).iter("button")
        if words(button) == "Later days"
    )
    response = sales.post(ADD, {**data, "days": later})
    assert set(legends(response)).isdisjoint(legends(first))
    assert (errors(response), kept(response, data)) == ([], True)
    ticked = {i.get("name") for i in page_of(response).iter("input") if "checked" in i.attrib}
    assert (ticked, counts()) == ({"consent"}, (0, 0, 0, 0))


def test_the_times_are_those_of_the_chosen_offer_and_host(sales, offer):
    other = make_offer(name="Workshop", slug="workshop", is_default=False, duration=240)
    host = make_calendar(other, time_zone="Asia/Kathmandu", monday="9:00–13:00", tuesday="")
    data = form(sales, offer=other.pk, host=host.pk, days="")
    response = sales.post(ADD, data)
    page = words(page_of(response))
    assert "Workshop, 240 minutes, with" in page
    assert "By the clock of Asia/Kathmandu." in page
    values = {i.get("value") for i in page_of(response).iter("input") if i.get("name") == "start"}
    times = schedules.times([host], other)
    assert values - {OTHER} <= {text_of(each) for each in times}
    assert len(values) > 2


def test_another_time_is_meant_by_the_clock_that_the_page_named(sales, offer):
    abroad = make_calendar(offer, time_zone="America/New_York")
    data = {"start": OTHER, "other_date": in_days(5), "other_time": "20:00", "host": abroad.pk}
    sales.post(ADD, form(sales, **data))
    booking = Booking.objects.get()
    local = booking.starts_at.astimezone(ZoneInfo("Europe/Lisbon"))
    assert (booking.calendar, f"{local:%Y-%m-%d %H:%M}") == (abroad, f"{in_days(5)} 20:00")


@pytest.mark.parametrize(
    "query", ["offer=x", "host=999", "from=9999-12-31", "from=x", "lead=", "entry=x"]
)
def test_odd_addresses_show_the_usual_form(sales, offer, query):
    usual = legends(sales.get(ADD))
    assert (len(usual) > 3, legends(sales.get(f"{ADD}?{query}"))) == (True, usual)


# Somebody who asked before ----------------------------------------------------------------


def test_a_lead_is_booked_as_it_is(sales, offer):
    lead = make_lead(offer=offer)
    before = {f.attname: getattr(lead, f.attname) for f in Lead._meta.fields}
    path = f"{ADD}?lead={lead.pk}"
    data = {**filled(sales, path), "message": "Wants two talks.", "name": "Somebody else"}
    data |= {"start": text_of(offered(offer)[0]), "email": "other@example.com"}
    answers = [sales.post(ADD, data) for _ in range(2)]
    booking = Booking.objects.get()
    assert {answer["Location"] for answer in answers} == {change(booking)}
    lead.refresh_from_db()
    after = {f.attname: getattr(lead, f.attname) for f in Lead._meta.fields}
    assert (booking.lead, after) == (lead, {**before, "state": "booked"})
    event = LeadEvent.objects.get(kind="lead.called")
    assert (event.note, event.booking) == ("Wants two talks.", booking)


def test_the_leads_page_leads_there(sales, offer):
    lead = make_lead()
    assert f'href="{ADD}?lead={lead.pk}"' in sales.get(change(lead)).content.decode()
    page = words(page_of(sales.get(f"{ADD}?lead={lead.pk}")))
    assert ("Paula Prospect, paula@example.com" in page, "agreed" in page) == (True, False)


def test_a_suspect_is_taken_up_before_it_is_booked(sales, offer):
    lead = make_lead(state="spam")
    response = sales.get(f"{ADD}?lead={lead.pk}")
    assert response["Location"] == change(lead)
    assert notices(sales, response) == ["This lead is suspected spam. Take it up before you book."]


@pytest.mark.parametrize("key", ["999", "x", "9" * 40])
def test_a_lead_that_is_none_has_no_form(sales, offer, key):
    assert sales.get(f"{ADD}?lead={key}").status_code == 404


# Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [*ROLES, "no group", "stranger"])
def test_only_sales_and_administrators_book(client, admin_client, offer, who):
    data = form(admin_client, start=text_of(offered(offer)[0]))
    if who != "stranger":
        client.force_login(make_staff(*([who] if who in ROLES else [])))
    answers = [client.get(ADD), client.post(ADD, data)]
    may = who in ("sales", "administrator")
    expected = [200, 302] if may else [302, 302] if who == "stranger" else [403, 403]
    assert [answer.status_code for answer in answers] == expected
    assert Booking.objects.count() == int(may)


def test_details_of_a_lead_are_for_those_who_see_leads(client, offer):
    booker = make_staff()
    booker.user_permissions.add(Permission.objects.get(codename="add_booking"))
    client.force_login(booker)
    lead = make_lead()
    answers = [client.get(ADD), client.get(f"{ADD}?lead={lead.pk}")]
    assert [answer.status_code for answer in answers] == [200, 403]


def test_no_other_site_can_book(offer, sales):
    data = form(sales, start=text_of(offered(offer)[0]))
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff("sales"))
    assert (client.post(ADD, data).status_code, Booking.objects.count()) == (403, 0)


def test_the_form_asks_as_often_for_three_hosts_as_for_one(
    sales, offer, django_assert_num_queries
):
    make_site()
    for count in (1, 3):
        while offer.calendars.count() < count:
            host = make_calendar(offer)
            make_booking(start=timezone.now() + timedelta(days=3), calendar=host)
        sales.get(ADD)
        with django_assert_num_queries(13):
            sales.get(ADD)
