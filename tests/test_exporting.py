"""Leads as a file: all that staff know, nothing that a spreadsheet runs, as the list shows it."""

import csv
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from urllib.parse import urlencode
from zipfile import ZipFile

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from leads import consenting, exporting, pipeline
from leads.arrival import Trail
from leads.consenting import Agreement
from leads.merging import merge
from leads.models import UTM, Attribution, Consent, Lead
from tests.desk import page_of, words
from tests.factories import make_booking, make_entry, make_lead, make_offer, make_site, make_staff
from tests.test_spreadsheets import PREFIXES

pytestmark = pytest.mark.django_db

EXPORT = "/admin/leads/desk/export/"
NOT_WRITTEN = {
    *("Received", "State", "Language", "Next step on", "First answered", "Mail came back"),
    *("Talk", "State of the talk", "Value", "Currency", "Marketing", "Followed"),
    *("Merged into it", "Desk"),
}
"""Columns whose words are ours, or no words."""


@pytest.fixture
def sales(client):
    make_site(time_zone="Europe/Berlin", currency="EUR")
    client.force_login(make_staff("sales", username="ines"))
    return client


def as_csv(client, query: str = "") -> list[dict[str, str]]:
    response = client.post(f"{EXPORT}csv/{query}")
    assert (response.status_code, response.streaming) == (200, True)
    text = b"".join(response.streaming_content).decode()
    assert text[0] == "\ufeff"
    return list(csv.DictReader(StringIO(text[1:], newline="")))


def as_xlsx(client, query: str = "") -> tuple[list[dict[str, object]], str]:
    """The rows, and the sheet as it is in the file."""
    response = client.post(f"{EXPORT}xlsx/{query}")
    content = b"".join(response.streaming_content)
    with ZipFile(BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    head, *rows = openpyxl.load_workbook(BytesIO(content)).active.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows], sheet


def agree(lead: Lead, *, withdrawn: bool = False, given: bool = True) -> None:
    consenting.record(lead, [Agreement(Consent.Purpose.MARKETING, "News?", is_given=given)])
    if withdrawn:
        lead.consents.filter(purpose="marketing").update(withdrawn_at=timezone.now())


# What is in it ----------------------------------------------------------------------------


def test_all_that_staff_know_is_in_both(sales):
    ines = make_staff(username="owner")
    lead = make_lead(
        phone="+351 21 000 0000",
        company="Prospect & Filhos",
        message="We type orders.\nAll day.",
        offer=make_offer(),
        entry=make_entry(term="Webhook"),
        source_path="/glossary/webhook/",
        created_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
        trail=Trail(
            position="end",
            landing_path="/glossary/api/",
            referrer_host="search.example",
            utm={"utm_source": "news"},
            read=("/glossary/api/", "/glossary/webhook/"),
            searched=("hooks",),
        ),
    )
    pipeline.assign(lead, ines)
    pipeline.plan(lead, "Send it", on=date(2026, 7, 3))
    talk = make_booking(start=datetime(2026, 12, 1, 9, 0, tzinfo=UTC), lead=lead, offer=lead.offer)
    pipeline.win(lead, Decimal("1200.50"), by=ines)
    agree(lead)
    gone = make_lead()
    merge(gone, into=lead, by=ines)
    [row] = [row for row in as_csv(sales, "?show=all") if row["Phone"]]
    assert row["Desk"] == f"https://glossary.example/admin/leads/lead/{lead.pk}/change/"
    expected = {
        "Received": "2026-07-02 00:30",
        "State": "Won",
        "Name": "Paula Prospect",
        "E-mail": "paula@example.com",
        "Phone": "+351 21 000 0000",
        "Company": "Prospect & Filhos",
        "Message": "We type orders.\nAll day.",
        "Offer": "Free consultation",
        "Owner": "owner",
        "Next step": "Send it",
        "Next step on": "2026-07-03",
        "Talk": "2026-12-01 10:00",
        "State of the talk": talk.get_state_display(),
        "Value": "1200.50",
        "Currency": "EUR",
        "Marketing": "yes",
        "Entry": "Webhook",
        "Came from": "/glossary/webhook/",
        "Followed": "After the text",
        "First page": "/glossary/api/",
        "Came here from": "search.example",
        "utm_source": "news",
        "Read": "/glossary/api/\n/glossary/webhook/",
        "Searched": "hooks",
        "Merged into it": "1",
    }
    assert {name: row[name] for name in expected} == expected
    [typed] = [r for r in as_xlsx(sales, "?show=all")[0] if r["Phone"]]
    moments = ("Received", "Talk")
    for name in moments:
        assert typed[name] == datetime.fromisoformat(expected[name])
    assert (typed["Value"], typed["Merged into it"]) == (1200.5, 1)
    assert typed["Next step on"] == datetime(2026, 7, 3)
    same = expected.keys() - {*moments, "Value", "Merged into it", "Next step on"}
    assert {name: typed[name] for name in same} == {name: expected[name] for name in same}


@pytest.mark.parametrize("prefix", PREFIXES)
def test_no_column_holds_a_formula_whatever_was_written(sales, prefix):
    bad = f"{prefix}1+1"
    owner = make_staff(username=f"staff{ord(prefix[0])}")
    type(owner).objects.filter(pk=owner.pk).update(first_name=bad)
    lead = make_lead(
        name=bad,
        email=f"{bad}@x.test",
        phone=bad,
        company=bad,
        message=bad,
        preferred_time=bad,
        source_path=bad,
        suspicion=bad,
        lost_reason=bad,
        next_step=bad,
        owner=owner,
        offer=make_offer(name=bad, slug="x"),
    )
    entry = make_entry()
    type(entry).objects.filter(pk=entry.pk).update(term=bad)
    Lead.objects.update(entry=entry)
    texts = dict.fromkeys(("landing_path", "referrer_host", *UTM), bad)
    Attribution.objects.filter(lead=lead).update(**texts, read=[bad], searched=[bad])

    [row] = as_csv(sales)
    # A name of staff begins with no white space.
    said = {name: cell for name, cell in row.items() if name not in {*NOT_WRITTEN, "Owner"}}
    assert {cell[: len(prefix) + 1] for cell in said.values()} == {f"'{prefix}"}
    assert not row["Owner"].startswith(tuple("=+-@＝＋－＠\t\r\n"))
    [typed], sheet = as_xlsx(sales)
    assert ("<f" in sheet, 't="e"' in sheet) == (False, False)
    plain = bad.replace("\r", "\n")
    told = {name: typed[name] for name in said if name != "E-mail"}
    assert (set(told.values()), typed["E-mail"]) == ({plain}, f"{plain}@x.test")


@pytest.mark.parametrize(
    ("own", "other", "said"),
    [
        (None, None, "no"),
        ({"given": False}, None, "no"),
        ({}, None, "yes"),
        ({"given": False}, {}, "yes"),
        ({"withdrawn": True}, {}, "withdrawn"),
        ({}, {"withdrawn": True}, "withdrawn"),
        (None, {"elsewhere": True}, "no"),
    ],
)
def test_marketing_says_what_the_address_agreed_to(sales, own, other, said):
    kept, gone = make_lead(), make_lead()
    for lead, how in ((kept, own), (gone, other)):
        if how and how.pop("elsewhere", False):
            Lead.objects.filter(pk=gone.pk).update(email="b@x.test", email_key="b@x.test")
        if how is not None:
            agree(lead, **how)
    merge(gone, into=kept, by=make_staff())
    rows = {row["Desk"]: row["Marketing"] for row in as_csv(sales)}
    assert next(v for key, v in rows.items() if f"/{kept.pk}/" in key) == said


def test_a_lead_without_a_line_in_the_ledger_is_exported_as_well(sales):
    make_lead()
    Attribution.objects.all().delete()
    [row] = as_csv(sales)
    assert (row["First page"], row["utm_source"], row["Read"]) == ("", "", "")


# The list as it is shown ------------------------------------------------------------------


def test_the_list_is_exported_as_it_is_searched_filtered_and_ordered(sales):
    for name, state in (("Zoe", "won"), ("Ada", "won"), ("Eve", "lost")):
        pipeline.advance(make_lead(name=name), Lead.State(state), out_of=Lead.State)
    query = f"?{urlencode({'q': 'example.com', 'state__exact': 'won', 'o': '1', 'p': '7'})}"
    for rows in (as_csv(sales, query), as_xlsx(sales, query)[0]):
        assert [row["Name"] for row in rows] == ["Ada", "Zoe"]
    page = words(page_of(sales.get(EXPORT + query)))
    assert "2 leads: those that the list shows" in page
    assert sales.get(f"{EXPORT}?nonsense__exact=1")["Location"] == "/admin/leads/lead/"
    assert b"Export as" not in sales.get(f"{EXPORT}?q=nobody").content


def test_the_list_leads_to_its_export_with_what_narrows_it(sales):
    make_lead()
    page = page_of(sales.get("/admin/leads/lead/?q=paula"))
    assert f"{EXPORT}?q=paula" in [a.get("href") for a in page.iter("a")]


def test_who_exported_how_many_is_noted_without_a_name(sales):
    make_lead()
    as_csv(sales, "?q=paula")
    as_xlsx(sales)
    log = LogEntry.objects.order_by("pk").values_list("user__username", "change_message")
    assert list(log) == [
        ("ines", "Exported 1 leads as CSV."),
        ("ines", "Exported 1 leads as XLSX."),
    ]
    assert b"Exported 1 leads as CSV." not in sales.get("/admin/").content


@pytest.mark.parametrize(
    ("role", "status"),
    [("sales", 200), ("administrator", 200), ("publisher", 403), ("", 403), ("stranger", 302)],
)
def test_only_those_who_see_leads_export_them(client, role, status):
    make_lead()
    if role != "stranger":
        client.force_login(make_staff(*[role] * bool(role)))
    answers = [client.get(EXPORT), client.post(f"{EXPORT}csv/"), client.post(f"{EXPORT}xlsx/")]
    assert [answer.status_code for answer in answers] == [status] * 3
    for answer in answers:
        list(answer)  # which closes what is sent
    assert LogEntry.objects.count() == (2 if status == 200 else 0)


def test_nothing_begins_by_a_link_and_unknown_kinds_are_not_found(sales):
    make_lead()
    assert sales.get(f"{EXPORT}csv/").status_code == 405
    assert sales.post(f"{EXPORT}pdf/").status_code == 404
    assert not LogEntry.objects.exists()


# However many -----------------------------------------------------------------------------


def test_the_number_of_queries_is_that_of_one(django_assert_num_queries):
    make_site()
    for count in (1, 3):
        while Lead.objects.count() < count:
            make_lead(entry=make_entry(), owner=make_staff())
        with django_assert_num_queries(1):
            assert len(list(exporting.rows(Lead.objects.all()))) == count + 1


def test_memory_does_not_grow_with_the_number_of_leads(monkeypatch):
    monkeypatch.setattr(exporting, "BATCH", 50)
    make_site()
    at = timezone.now() - timedelta(days=1)

    def peak(count: int) -> int:
        rows = [
            Lead(
                name="N", email="n@x.test", email_key="n@x.test", message="m" * 1000, created_at=at
            )
            for _ in range(count - Lead.objects.count())
        ]
        Lead.objects.bulk_create(rows)
        del rows
        tracemalloc.start()
        seen = sum(1 for _ in exporting.rows(Lead.objects.all()))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert seen == count + 1
        return highest

    peak(10)
    few = peak(300)
    # Four times as many: what one batch needs differs, and never grows with them.
    assert peak(1200) / few < 2
