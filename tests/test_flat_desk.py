"""The desk's lists cost the same for few rows and many, and say so where they end."""

from datetime import date, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from authors.models import Author
from config import flat_lists
from config.models import OutboxMessage, Picture
from glossary.admin.entries import EntryAdmin
from glossary.models import Entry, EntryTopic, Topic
from leads.models import Attribution, Booking, Lead, Offer
from tests.desk import page_of, rows, words
from tests.factories import make_calendar, make_entry, make_lead, make_offer, make_site
from tests.test_flat import cost_of

pytestmark = pytest.mark.django_db

FEW, MANY = 1_200, 4_800
GROWN = 1.2
DEFINITION = "As long as definitions are, so that nobody would rather read all rows of them. " * 3
ENTRIES = "/admin/glossary/entry/"
LISTS = [
    ENTRIES,
    f"{ENTRIES}?p=9",
    f"{ENTRIES}?o=-6",
    f"{ENTRIES}?letter=M",
    f"{ENTRIES}?state=published",
    f"{ENTRIES}?state=draft",
    f"{ENTRIES}?q=seldom",
    f"{ENTRIES}?q=%22M+110%22",
    ENTRIES + "?topics__id__exact={topic}",
    ENTRIES + "?author__id__exact={author}",
    ENTRIES + "?owner__id__exact={owner}",
    f"{ENTRIES}?language__exact=en",
    "/admin/glossary/topic/",
    "/admin/glossary/topic/?use=public",
    "/admin/glossary/topic/?use=hidden",
    "/admin/glossary/entry/topics/?q=lar",
    "/admin/",
    "/admin/leads/lead/?show=all",
    "/admin/leads/lead/",
    "/admin/leads/lead/?show=mine",
    "/admin/leads/lead/?show=all&owner=me",
    "/admin/leads/lead/?show=all&offer={offer}",
    "/admin/leads/booking/week/",
    "/admin/config/outboxmessage/",
    "/admin/config/outboxmessage/?state=failed",
    "/admin/config/outboxmessage/?state=done",
    "/admin/config/picture/",
    "/admin/config/picture/?alt=missing",
]


def fill(numbers: range) -> None:
    """Entries under M, leads that were won, messages that were sent, pictures with their words."""
    now = timezone.now()
    large, _ = Topic.objects.get_or_create(name="Large", slug="large")
    mine, offer = User.objects.get(username="admin"), Offer.objects.get()
    author, _ = Author.objects.get_or_create(name="Ana Silva", slug="ana")
    entries = Entry.objects.bulk_create(
        Entry(
            term=f"M {n}",
            slug=f"term-{n}",
            short_definition=DEFINITION,
            body=DEFINITION * 5,
            author=author,
            owner=mine,
            state="published",
            published_at=now - timedelta(minutes=n),
            updated_at=now - timedelta(minutes=n),
        )
        for n in numbers
    )
    EntryTopic.objects.bulk_create(EntryTopic(tag=large, content_object=each) for each in entries)
    leads = Lead.objects.bulk_create(
        Lead(
            name=f"P {n}",
            email=f"p{n}@x.example",
            state="won",
            created_at=now - timedelta(minutes=n),
            answered_at=now,
            owner=mine,
            offer=offer,
        )
        for n in numbers
    )
    # They asked and were talked to in former years.
    calendar, day = offer.calendars.get(), date(now.year - 1, 1, 1)
    talks = ((now - timedelta(days=400, hours=n), n) for n in numbers)
    Booking.objects.bulk_create(
        Booking(
            lead=lead,
            offer=offer,
            calendar=calendar,
            state="held",
            starts_at=at,
            ends_at=at + timedelta(minutes=30),
            blocked_from=at,
            blocked_until=at + timedelta(minutes=30),
            uid=f"u{n}",
            token_hash=f"t{n}",
        )
        for lead, (at, n) in zip(leads, talks, strict=True)
    )
    Attribution.objects.bulk_create(
        Attribution(lead=lead, offer=offer, requested_on=day) for lead in leads
    )
    OutboxMessage.objects.bulk_create(
        OutboxMessage(kind="glossary.relate", due_at=now, done_at=now) for _ in numbers
    )
    Picture.objects.bulk_create(
        Picture(path=f"{n}.webp", width=1, height=1, name=f"Picture {n}", alt="It")
        for n in numbers
    )
    # Both databases do so by themselves, bit by bit.
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")
        else:
            parts = "glossary_entry_parts"
            cursor.execute(f"INSERT INTO {parts}({parts}) VALUES ('optimize')")


def test_lists_of_the_desk_cost_the_same_for_few_and_many(admin_client: Client):
    make_site()
    make_lead(offer=make_offer())
    make_calendar(Offer.objects.get())
    fill(range(FEW))
    keys = {
        "topic": Topic.objects.get().pk,
        "offer": Offer.objects.get().pk,
        "author": Author.objects.get(slug="ana").pk,
        "owner": User.objects.get(username="admin").pk,
    }
    lists = [path.format(**keys) for path in LISTS]
    # Nobody's name is copied into an index of SQLite, which forgets nothing at once.
    lists += ["/admin/leads/lead/?show=all&q=seldom"] if connection.vendor == "postgresql" else []
    assert {path: admin_client.get(path).status_code for path in lists} == dict.fromkeys(
        lists, 200
    )
    few = {path: cost_of(lambda path=path: admin_client.get(path)) for path in lists}
    fill(range(FEW, MANY))
    many = {path: cost_of(lambda path=path: admin_client.get(path)) for path in lists}
    assert {p: (few[p], many[p]) for p in lists if many[p] > GROWN * few[p]} == {}


@pytest.fixture
def _two_rows(monkeypatch):
    monkeypatch.setattr(flat_lists, "MOST", 2)
    monkeypatch.setattr(EntryAdmin, "list_per_page", 1)


@pytest.mark.usefixtures("_two_rows")
def test_list_says_that_it_shows_the_first_rows_only(admin_client: Client):
    for name in ("Alpha", "Beta"):
        make_entry(term=name)
    assert "2 entries" in words(page_of(admin_client.get(ENTRIES)))
    make_entry(term="Gamma")
    page = admin_client.get(ENTRIES)
    assert [len(rows(admin_client.get(f"{ENTRIES}?p={n}"))) for n in (1, 2)] == [1, 1]
    assert "The first 2 of more entries." in words(page_of(page))
    assert "Select all of this list" in words(page_of(page))
    assert len(rows(admin_client.get(f"{ENTRIES}?letter=G"))) == 1


@pytest.mark.usefixtures("_two_rows")
def test_an_export_counts_all_that_it_holds(admin_client: Client):
    for _ in range(3):
        make_lead()
    assert "3 leads, with all" in words(page_of(admin_client.get("/admin/leads/desk/export/")))
    answer = admin_client.post("/admin/leads/desk/export/csv/?show=all")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert (len(lines), LogEntry.objects.get().change_message) == (
        *(4, "Exported 3 leads as CSV."),
    )


def test_letters_of_all_entries_are_a_filter(admin_client: Client):
    for name in ("Alpha", "Beta", "2FA"):
        make_entry(term=name)
    said = words(
        page_of(admin_client.get(f"{ENTRIES}?letter=B")).find(".//table[@id='result_list']")
    )
    assert ("Beta" in said, "Alpha" in said) == (True, False)
    assert admin_client.get(f"{ENTRIES}?letter=%00").status_code in (200, 302)
