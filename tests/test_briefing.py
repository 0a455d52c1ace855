"""The briefing: what a host reads before a talk, on the desk, on paper and in their mail."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from config.models import OutboxMessage
from glossary.models import Entry, OldSlug
from leads import booking as verbs
from leads import booking_mail, briefing, pipeline
from leads.arrival import Trail
from leads.models import Booking, Lead, LeadEvent, Reply
from tests.desk import change, page_of, words
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_draft,
    make_entry,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
CAMPAIGN = {"utm_source": "newsletter", "utm_campaign": "spring"}


@pytest.fixture(autouse=True)
def _site():
    make_site(name="Northlight", contact_email="hi@northlight.example", time_zone="Europe/Lisbon")
    make_calendar(make_offer(place="By video"), host=make_author(name="Ines Carvalho"))


@pytest.fixture
def sales(client):
    client.force_login(make_staff("sales"))
    return client


def booked(lead: Lead | None = None, *, start=TEN, now=NOW, **fields) -> Booking:
    lead = lead or make_lead(created_at=now, **fields)
    return make_booking(start=start, lead=lead, visitor_zone="America/New_York", now=now)


def again(booking: Booking) -> briefing.Briefing:
    return briefing.of(Booking.objects.with_people().get(pk=booking.pk))


def address(booking: Booking) -> str:
    return f"/admin/leads/desk/briefing/{booking.pk}/"


def sections(client, booking: Booking) -> dict[str, str]:
    """What the page says under each of its headings."""
    found = {}
    for each in page_of(client.get(address(booking))).iter("section"):
        _, *texts = filter(None, (" ".join(text.split()) for text in each.itertext()))
        found[each.get("aria-labelledby")] = " ".join(texts)
    return found


# What they know ---------------------------------------------------------------------------


def test_terms_are_the_one_they_came_from_then_what_they_read_newest_first():
    first, source, last = (make_entry(term=term) for term in ("Webhook", "API", "Prompt"))
    read = tuple(entry.get_absolute_url() for entry in (first, source, last, first))
    found = again(booked(entry=source, trail=Trail(read=read))).reading
    assert ([entry.term for entry in found.terms], found.missing) == (
        ["API", "Webhook", "Prompt"],
        0,
    )


def test_only_what_readers_may_see_is_defined():
    shown, draft, gone = make_entry(term="API"), make_draft(term="Secret"), make_entry(term="Gone")
    Entry.objects.filter(pk=gone.pk).update(state="withdrawn")
    paths = [each.get_absolute_url() for each in (shown, draft, gone)]
    trail = Trail(read=(*paths, "/glossary/never-was/", "/topics/", "https://evil.example/"))
    found = again(booked(entry=draft, trail=trail)).reading
    assert ([entry.term for entry in found.terms], found.missing) == (["API"], 5)


def test_an_entry_is_found_at_the_address_that_it_had():
    entry = make_entry(term="Webhook", slug="webhooks")
    OldSlug.objects.create(entry=entry, language="en", slug="web-hook")
    trail = Trail(read=("/glossary/web-hook/", "/glossary/webhooks/"))
    found = again(booked(trail=trail)).reading
    assert (found.terms, found.missing) == ([entry], 0)


def test_languages_are_told_apart():
    make_entry(term="API", slug="api")
    german = make_entry(term="Schnittstelle", slug="api", language="de")
    assert again(booked(trail=Trail(read=("/de/glossary/api/",)))).reading.terms == [german]


def test_very_much_that_was_read_is_cut():
    entries = [make_entry() for _ in range(briefing.MOST_TERMS + 3)]
    trail = Trail(read=tuple(entry.get_absolute_url() for entry in entries))
    found = again(booked(trail=trail)).reading
    assert (found.terms, found.missing) == (entries[:2:-1], 3)


# What was said before ---------------------------------------------------------------------


def test_earlier_contacts_are_requests_bookings_replies_and_notes_of_the_same_address():
    staff = make_staff(username="ines")
    entry = make_entry(term="Webhook")
    early = make_lead(
        email="Paula@Example.com ".strip(),
        entry=entry,
        message="Long ago.",
        created_at=NOW - timedelta(days=50),
    )
    former = booked(early, start=NOW - timedelta(days=40), now=NOW - timedelta(days=49))
    verbs.mark_held(former, now=NOW - timedelta(days=39))
    Reply.objects.create(
        lead=early, by=staff, subject="Hello", body="Dear Paula", created_at=NOW - timedelta(45)
    )
    make_lead(email="paul@example.com", message="Somebody else.")
    make_lead(state="spam", message="Cheap pills.")
    merged = make_lead(email="pp@example.org", created_at=NOW - timedelta(days=60), message="Me.")
    this = booked()
    Lead.objects.filter(pk=merged.pk).update(merged_into=this.lead)
    pipeline.note(this.lead, "lead.noted", by=staff, text="Called back.", now=NOW)
    found = [(each.words, each.text) for each in again(this).contacts]
    assert found == [
        ("Note by ines", "Called back."),
        ("Reply by ines: Hello", "Dear Paula"),
        (
            "Free consultation with Ines Carvalho on Wednesday, Jan. 21, 2026, 08:00 (held)",
            "",
        ),
        ("Request after reading “Webhook” (talked to)", "Long ago."),
        ("Request (new)", "Me."),
    ]


def test_many_contacts_are_cut_and_counted():
    this = booked()
    for number in range(briefing.MOST_CONTACTS + 2):
        at = NOW + timedelta(minutes=number)
        LeadEvent.objects.create(lead=this.lead, kind="lead.noted", note=str(number), at=at)
    found = again(this)
    assert (len(found.contacts), found.more_contacts, found.contacts[0].text) == (20, 2, "21")


# The page ---------------------------------------------------------------------------------


def test_page_says_who_when_where_what_and_what_is_open(sales):
    entry = make_entry(term="Webhook", short_definition="A call from one program to another.")
    trail = Trail(
        position="end",
        landing_path="/glossary/api/",
        referrer_host="www.google.com",
        utm=CAMPAIGN,
        read=(entry.get_absolute_url(),),
        searched=("webhook", "n8n"),
    )
    lead = make_lead(
        name="Paula Prospect",
        company="Roastery",
        phone="+351 91 555",
        message="Orders by fax.\nStill.",
        language="pt",
        entry=entry,
        trail=trail,
        created_at=NOW,
    )
    this = booked(lead)
    pipeline.plan(lead, "Ask for the price list", on=date(2020, 2, 3))
    found = sections(sales, this)
    assert found == {
        "who": "E-mail paula@example.com Phone +351 91 555 Language Portuguese Their clock "
        "Wednesday, March 4, 2026, 05:00 (America/New York, UTC−05:00)",
        "talk": "Offer Free consultation Host Ines Carvalho Where By video State Booked",
        "way": "Entry Webhook Call After the text First page /glossary/api/ Referrer "
        "www.google.com Campaign newsletter / spring Searched for “n8n”, “webhook”",
        "next": "Ask for the price list since 3 Feb 2020",
        "asked": "Orders by fax. Still.",
        "read": "Webhook came from here A call from one program to another.",
        "before": "None: this is their first request.",
    }
    title = words(page_of(sales.get(address(this))).find(".//article/header/h1"))
    assert title == "Paula Prospect Roastery"


def test_what_was_not_shared_is_said_so(sales):
    found = sections(sales, booked())
    assert (found["read"], found["asked"]) == (
        "They shared nothing else that they read.",
        "They left no message.",
    )
    assert found["way"] == "Entry not known"


def test_long_texts_are_cut_with_a_link_to_the_whole(sales):
    this = booked(message="word " * 1000)
    page = page_of(sales.get(address(this)))
    assert len(words(page.find(".//blockquote"))) < 1300
    links = {words(a): a.get("href") for a in page.iter("a")}
    assert links["All that they wrote"] == change(this.lead)


def test_pages_of_bookings_leads_and_weeks_lead_to_it(sales):
    start = (timezone.now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    this = booked(start=start, now=timezone.now())
    week = f"/admin/leads/booking/week/?from={start.date()}"
    for page in (change(this), change(this.lead), week):
        assert [a.get("href") for a in page_of(sales.get(page)).iter("a")].count(
            address(this)
        ) == 1


def test_briefings_are_for_those_who_see_bookings_and_leads(client):
    this = booked()
    for group, status in (("sales", 200), ("administrator", 200), ("publisher", 403)):
        client.force_login(make_staff(group))
        assert client.get(address(this)).status_code == status
    client.force_login(make_staff("sales"))
    answers = client.post(address(this)), client.get("/admin/leads/desk/briefing/999/")
    assert [answer.status_code for answer in answers] == [405, 404]
    client.logout()
    assert client.get(address(this)).status_code == 302


def test_page_asks_as_often_for_three_contacts_as_for_one(sales, django_assert_num_queries):
    for count in (1, 3):
        read = tuple(make_entry().get_absolute_url() for _ in range(count))
        this = booked(start=TEN + timedelta(days=count), trail=Trail(read=read))
        for number in range(count):
            early = make_lead(message="Before.", entry=make_entry())
            booked(early, start=TEN - timedelta(days=20 * count + number), now=NOW - timedelta(90))
            pipeline.note(early, "lead.noted", text="Note")
            Reply.objects.create(lead=early, subject="Hello", body="Dear Paula")
        with django_assert_num_queries(13):
            assert sales.get(address(this)).status_code == 200


# The mail ---------------------------------------------------------------------------------


def told_of(this: Booking):
    mail.outbox.clear()
    message = OutboxMessage.objects.waiting().filter(kind="leads.tell_host").latest("pk")
    booking_mail.tell_host(message, now=NOW)
    (sent,) = mail.outbox
    ((page, _),) = sent.alternatives
    return sent.body, page


def test_the_hosts_mail_holds_a_short_briefing():
    entry = make_entry(term="Webhook", short_definition="A call from <one> program. " + "x" * 200)
    trail = Trail(position="bar", referrer_host="search.test", read=(entry.get_absolute_url(),))
    make_lead(created_at=NOW - timedelta(days=9))
    text, page = told_of(this := booked(entry=entry, trail=trail))
    briefed = text.partition("Came from: Webhook\n")[2].partition("Answering")[0]
    assert briefed == (
        "Call: In the bar at the bottom\n"
        "Referrer: search.test\n"
        "\n"
        "What they have read:\n"
        f"- Webhook: A call from <one> program. {'x' * 112}…\n"
        "\n"
        "Earlier contacts:\n"
        "- 21 Feb 2026: Request (new)\n"
        "\n"
        "Briefing, also to print:\n"
        f"https://glossary.example{address(this)}\n\n"
    )
    assert "A call from &lt;one&gt; program." in page
    assert f'href="https://glossary.example{address(this)}"' in page
    assert 'href="https://glossary.example/glossary/webhook/"' in page


def test_who_cancelled_needs_no_briefing_and_prospects_never_get_one():
    entry = make_entry(term="Webhook")
    this = booked(entry=entry, trail=Trail(referrer_host="search.test"))
    verbs.cancel(this, now=NOW)
    text, page = told_of(this)
    assert ("Briefing" in text + page, "Came from: Webhook" in text) == (False, True)
    mail.outbox.clear()
    message = OutboxMessage.objects.waiting().filter(kind="leads.tell_prospect").earliest("pk")
    booking_mail.tell_prospect(message, now=NOW)
    sent = mail.outbox[0]
    assert sent.to == ["paula@example.com"]
    whole = sent.message().as_string()
    assert [word for word in ("riefing", "search.test", "/admin/") if word in whole] == []
