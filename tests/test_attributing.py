"""What staff and other systems are told of how a lead came."""

import json

import pytest

from config.models import OutboxMessage, WebhookEvent
from leads import booking_mail, mail, webhooks
from leads.arrival import Trail
from leads.consenting import to_answer
from leads.models.ledger import Attribution, Position
from leads.requesting import Request, request_consultation
from tests.desk import change, page_of, words
from tests.factories import (
    make_booking,
    make_draft,
    make_endpoint,
    make_entry,
    make_lead,
    make_site,
    make_staff,
)
from tests.test_lead_bookings import hence
from tests.webhook_schema import problems

pytestmark = pytest.mark.django_db

TRAIL = Trail(
    position="line",
    landing_path="/glossary/coffee/",
    referrer_host="www.example.org",
    utm={"utm_source": "news", "utm_term": "<b>tea</b>"},
    read=("/glossary/coffee/", "/glossary/secret/", "/pt/glossary/onda/"),
    searched=("<i>leaves</i>",),
)


@pytest.fixture(autouse=True)
def _entries():
    make_site(lead_recipients="staff@example.com")
    make_entry(term="Coffee")
    make_entry(term="Onda", language="pt")
    make_draft(term="Secret Merger", slug="secret")


def asked(trail: Trail = TRAIL, **fields):
    answers = {"name": "Paula", "email": "paula@example.com", "message": "Tea?"}
    request = Request(answers, agreements=to_answer("Yes."), language="en", trail=trail, **fields)
    return request_consultation(request, mark="a" * 64)


# Other systems ----------------------------------------------------------------------------


def told() -> dict:
    body = WebhookEvent.objects.latest("pk").body
    assert problems(body) == []
    return json.loads(body)["data"]["lead"]["attribution"]


def test_a_webhook_is_told_the_whole_way():
    make_endpoint()
    entry = make_entry(term="Tea")
    asked(entry=entry)
    assert told() == {
        "entry": {
            "term": "Tea",
            "language": "en",
            "url": "https://glossary.example/glossary/tea/",
        },
        "position": "line",
        "referrer_host": "www.example.org",
        "landing_path": "/glossary/coffee/",
        "utm": {"utm_source": "news", "utm_term": "<b>tea</b>"},
        "read": [
            {
                "term": "Coffee",
                "language": "en",
                "url": "https://glossary.example/glossary/coffee/",
            },
            {
                "term": "Onda",
                "language": "pt",
                "url": "https://glossary.example/pt/glossary/onda/",
            },
        ],
        "searched": ["<i>leaves</i>"],
    }


NOTHING = {
    **dict.fromkeys(("position", "referrer_host", "landing_path"), ""),
    "entry": None,
    "utm": {},
    "read": [],
    "searched": [],
}


def test_of_whoever_came_from_nowhere_nothing_is_told():
    make_endpoint()
    asked(Trail())
    assert told() == NOTHING


def test_a_lead_older_than_the_ledger_is_told_of_as_well():
    make_endpoint()
    lead = make_lead()
    Attribution.objects.all().delete()
    webhooks.lead_created(lead)
    assert told() == NOTHING


@pytest.mark.parametrize("position", Position)
def test_every_position_is_in_the_schema(position):
    make_endpoint()
    asked(Trail(position=position))
    assert told()["position"] == position


# Mails ------------------------------------------------------------------------------------


def test_mails_to_staff_say_where_the_call_stood(mailoutbox):
    entry = make_entry(term="Tea")
    lead = asked(entry=entry)
    mail.notify_staff(OutboxMessage.objects.get(kind="leads.notify_staff"))
    booking = make_booking(start=hence(days=2), lead=lead, by=None)
    booking_mail.tell_host(OutboxMessage.objects.get(kind="leads.tell_host"))
    for sent, said in zip(
        mailoutbox,
        ("Came from: Tea (in the text)\n", "Came from: Tea\nCall: In the text\n"),
        strict=True,
    ):
        ((html, _),) = [each for each in sent.alternatives if each.mimetype == "text/html"]
        assert said in sent.body
        assert "in the text" in html.lower()
    assert (len(mailoutbox), booking.lead) == (2, lead)


def test_mails_about_somebody_who_followed_no_call_name_no_place(mailoutbox):
    asked(Trail(), source_path="/topics/tea/")
    mail.notify_staff(OutboxMessage.objects.get(kind="leads.notify_staff"))
    assert "Came from: /topics/tea/\n" in mailoutbox[0].body


# The desk ---------------------------------------------------------------------------------


def panel(client, lead) -> list[str]:
    page = page_of(client.get(change(lead)))
    (section,) = page.findall(".//section[@aria-labelledby='came-from']")
    rows = section.findall("dl/div")
    return [f"{words(row.find('dt'))}: {words(row.find('dd'))}" for row in rows]


def test_a_leads_page_says_where_they_came_from(client):
    client.force_login(make_staff("sales"))
    lead = asked(entry=make_entry(term="Tea"))
    assert panel(client, lead) == [
        "Page: Tea",
        "Call: In the text",
        "Site before: www.example.org",
        "First page: /glossary/coffee/",
        "utm_source: news",
        "utm_term: <b>tea</b>",
        "They read: Coffee /glossary/secret/ Onda",
        "They searched: <i>leaves</i>",
    ]
    assert "Secret Merger" not in client.get(change(lead)).content.decode()


def test_a_leads_page_says_that_nothing_was_shared(client):
    client.force_login(make_staff("sales"))
    lead = asked(Trail())
    assert panel(client, lead) == ["Page: Not known"]
    assert "They did not share what they read." in client.get(change(lead)).content.decode()


def test_a_leads_page_asks_as_often_for_three_entries_as_for_one(
    client, django_assert_num_queries
):
    client.force_login(make_staff("sales"))
    for number in range(3):
        make_entry(term=f"T{number}")
    paths = [f"/glossary/t{number}/" for number in range(3)]
    leads = [make_lead(trail=Trail(read=tuple(read))) for read in (paths[:1], paths)]
    client.get(change(leads[0]))
    for lead in leads:
        with django_assert_num_queries(20):
            client.get(change(lead))


def test_who_may_not_see_attributions_sees_none(client):
    staff = make_staff("sales")
    staff.groups.get().permissions.remove(
        *staff.groups.get().permissions.filter(codename="view_attribution")
    )
    client.force_login(staff)
    page = page_of(client.get(change(make_lead(trail=TRAIL))))
    assert page.findall(".//section[@aria-labelledby='came-from']") == []
