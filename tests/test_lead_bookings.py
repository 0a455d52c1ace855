"""What a lead's page says of its bookings, and which leads cannot be deleted yet."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from leads import booking as verbs
from leads.models import Booking, Lead
from tests.desk import change, page_of, words
from tests.factories import make_booking, make_lead, make_site, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales(client):
    client.force_login(make_staff("sales"))
    return client


def hence(**how) -> datetime:
    return (timezone.now() + timedelta(**how)).replace(second=0, microsecond=0)


def test_a_leads_page_lists_its_bookings_and_what_happened(sales):
    lead = make_lead()
    booking = make_booking(start=hence(days=2), lead=lead, by=make_staff(username="ines"))
    page = page_of(sales.get(change(lead)))
    (listed,) = page.findall(".//ul[@class='lead-bookings']/li")
    assert words(listed).startswith("Confirmed ")
    assert listed.find("a").get("href") == change(booking)
    lines = [words(li.findall("span")[1]) for li in page.findall(".//ol[@class='timeline']/li")]
    assert lines[:2] == [
        "The site: A mail about the booking waits to be sent",
        "ines: State: new → booked",
    ]
    assert lines[2].startswith("ines: Booked ")


def test_a_leads_page_asks_as_often_for_three_bookings_as_for_one(
    sales, django_assert_num_queries
):
    make_site()
    lead = make_lead()
    for count in (1, 3):
        while Booking.objects.count() < count:
            make_booking(start=hence(days=1 + Booking.objects.count()), lead=lead)
        sales.get(change(lead))
        with django_assert_num_queries(19):
            sales.get(change(lead))


def test_suspects_are_not_offered_a_talk(sales):
    answers = [make_lead(), make_lead(state="spam")]
    pages = [sales.get(change(lead)).content.decode() for lead in answers]
    assert ["Book a consultation" in page for page in pages] == [True, False]


@pytest.mark.parametrize("way", ["page", "list"])
def test_a_lead_with_a_talk_to_come_is_kept(sales, way):
    lead = make_lead()
    booking = make_booking(start=hence(days=2), lead=lead)
    response = delete(sales, lead, way)
    page = response.content.decode()
    assert ("Cancel it first" in page, change(booking) in page) == (True, True)
    assert 'name="post"' not in page
    assert Lead.objects.filter(pk=lead.pk).exists()


@pytest.mark.parametrize("way", ["page", "list"])
def test_a_lead_whose_talks_are_over_or_cancelled_can_go(sales, way):
    past = make_booking(start=hence(days=-2), now=hence(days=-5))
    coming = make_booking(start=hence(days=2), lead=past.lead)
    verbs.cancel(coming, by=make_staff())
    delete(sales, past.lead, way)
    assert (Lead.objects.count(), Booking.objects.count()) == (0, 0)


def delete(client, lead, way):
    if way == "page":
        return client.post(change(lead).replace("change", "delete"), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [lead.pk], "post": "yes"}
    return client.post("/admin/leads/lead/", chosen)
