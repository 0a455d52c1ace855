"""Odd texts where nobody writes by hand: hidden fields, addresses, reports, secret pages, files.

Every form of the public is here or in test_naughty_strings.
"""

import csv
import re
from collections.abc import Iterator
from io import BytesIO, StringIO
from itertools import cycle, islice
from pathlib import Path

import openpyxl
import pytest
from django.urls import reverse

from glossary import sharing
from glossary.models import DraftComment, SearchedPhrase
from leads import counting, links
from leads.models import Attribution, Consent, DayCount, Lead
from tests.desk import change
from tests.factories import make_calendar, make_lead, make_offer, make_site, make_staff
from tests.test_naughty_strings import EMAILS, EVERY_DAY, TEXTS, send
from tests.test_sharing import shared

pytestmark = pytest.mark.django_db
TEMPLATES = Path(__file__).parent.parent / "templates"
HIDDEN = (
    *("source", "via", "arrival", "reading", "reading_shown", "shares_reading", "zone"),
    *("consent_shown", "marketing_shown", "puzzle", "altcha", "offer"),
)
"""What a consultation form carries out of sight; its token has tests of its own."""
IN_ADDRESS = ("from", "via", "arrival", "zone", "day", "time", "utm_source", "utm_term")
FORMULA = re.compile(r"[\s\ufeff\u200b]*[=+\-@＝＋－＠]|[\t\r\n]")
NUMBER = re.compile(r"[+-]?[0-9]+(?:[ .,][0-9]+)*")
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@pytest.fixture(autouse=True)
def _site():
    make_site(lead_recipients="desk@example.com", marketing_text="News?")


def sets(names: tuple[str, ...], step: int) -> Iterator[dict[str, str]]:
    """Each of TEXTS at least once, in another field each time."""
    for begin in range(0, len(TEXTS), step):
        yield dict(zip(names, islice(cycle(TEXTS), begin, None), strict=False))


def test_no_form_of_the_public_is_forgotten():
    found = {
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if 'method="post"' in path.read_text() and "admin" not in path.parts
    }
    consultation = {"leads/consultation.html", "leads/book.html"}
    bookings = {f"leads/booking/{name}.html" for name in ("cancel", "move", "verify")}
    consents = {"leads/consent/consent.html", "leads/consent/erase.html"}
    readers = {f"glossary/{name}.html" for name in ("_helpful_buttons", "_suggestion", "draft")}
    # It frames the forms of readers.
    assert found - {"glossary/_form.html"} == consultation | bookings | consents | readers


def test_whatever_stands_in_a_hidden_field_loses_no_request(client):
    asked = 0
    for asked, fields in enumerate(sets(HIDDEN, 4), 1):
        hidden = {**fields, "email": f"p{asked}@example.com", "name": "Paula"}
        hidden["puzzle"] = hidden["altcha"] = fields["puzzle"]
        hidden.pop("zone")
        assert send(client, "/consultation/", **hidden).status_code == 302, fields
    assert Lead.objects.count() == asked > 30
    client.force_login(make_staff("sales"))
    for lead in Lead.objects.all()[::10]:
        assert client.get(change(lead)).status_code == 200
    # Nothing that we did not sign is taken for a consent, nor for the place of a call.
    said = set(Consent.objects.values_list("purpose", "text"))
    assert {purpose for purpose, _ in said} == {"request"}
    assert not {text for _, text in said} & set(TEXTS)
    lines = Attribution.objects.all()
    assert {(line.position, *line.read, *line.searched) for line in lines} == {("",)}
    kept = [line.landing_path + line.referrer_host + line.utm_source for line in lines]
    assert all(text.isprintable() for text in kept)


def test_whatever_stands_in_an_address_gets_a_page(client):
    make_calendar(make_offer(), time_zone="UTC", **EVERY_DAY)
    for fields in sets(IN_ADDRESS, 6):
        assert client.get("/consultation/", fields).status_code == 200, fields


@pytest.mark.parametrize("path", ["/search/heard/", "/search/missed/", "/seen/"])
def test_whatever_a_script_reports_counts_nothing(client, path):
    for text in TEXTS:
        data = text.encode("utf-8", "replace")
        assert client.post(path, data, content_type="text/plain").status_code == 204
        assert client.post(path, {"q": text, "results": text, "mark": text}).status_code == 204
    counting.flush()
    assert (DayCount.objects.count(), SearchedPhrase.objects.count()) == (0, 0)


def test_whatever_is_sent_to_a_secret_page_takes_nothing_back(client):
    lead = make_lead()
    token = links.consent_token_of(lead)
    for text in TEXTS:
        path = reverse("leads:consent", args=[token])
        assert client.post(path, {"purpose": text}).status_code == 302
    assert Consent.objects.valid().filter(lead=lead).count() == 1


def test_whatever_a_reader_says_of_a_draft_is_kept(client, monkeypatch):
    monkeypatch.setattr(sharing, "MOST_COMMENTS", 10_000)
    path = sharing.path_of(shared())
    taken = 0
    for text in TEXTS:
        DraftComment.objects.all().delete()
        answer = client.post(path, {"act": "comment", "heading": "", "text": text})
        assert answer.status_code in (302, 422)
        kept = list(DraftComment.objects.values_list("text", flat=True))
        expected = [text.strip()] if answer.status_code == 302 else []
        assert kept == expected
        taken += len(kept)
    assert taken * 4 > len(TEXTS) * 3


# Files ------------------------------------------------------------------------------------


@pytest.fixture
def written():
    """Leads that hold every text and address which a form takes; by the key of each."""
    texts = [text.strip() for text in TEXTS if "\0" not in text and 0 < len(text.strip()) <= 120]
    emails = [email.strip() for email in EMAILS if "\n" not in email and "\0" not in email]
    fields = ("name", "company", "message", "preferred_time")
    return {
        Lead.objects.create(**dict.fromkeys(fields, text), email=email[:254]).pk: (text, email)
        for text, email in zip(texts, cycle(emails), strict=False)
    }


def exported(client, kind: str) -> bytes:
    client.force_login(make_staff("sales"))
    answer = client.post(f"/admin/leads/desk/export/{kind}/?show=all")
    return b"".join(answer.streaming_content)


def key_of(address: str) -> int:
    return int(re.findall(r"/(\d+)/change/", address)[0])


def test_csv_holds_what_was_written_and_no_formula(client, written):
    text = exported(client, "csv").decode().removeprefix("\ufeff")
    rows = list(csv.DictReader(StringIO(text, newline="")))
    assert len(rows) == len(written)
    defused = 0
    for row in rows:
        said, email = written[key_of(row["Desk"])]
        for name in ("Name", "Company", "Message", "Would suit them"):
            is_marked = row[name] != said
            assert row[name] == ("'" * is_marked) + said
            assert NUMBER.fullmatch(row[name]) or not FORMULA.match(row[name])
            defused += is_marked
        assert row["E-mail"].removeprefix("'") == email[:254]
        assert not FORMULA.match(row["E-mail"])
    assert defused >= 30


def test_xlsx_holds_what_was_written_and_no_formula(client, written):
    sheet = openpyxl.load_workbook(BytesIO(exported(client, "xlsx"))).active
    head, *rows = sheet.iter_rows()
    names = [cell.value for cell in head]
    assert len(rows) == len(written)
    for row in rows:
        cells = dict(zip(names, row, strict=True))
        said, email = written[key_of(cells["Desk"].value)]
        expected = NOT_XML.sub("", said.replace("\r\n", "\n").replace("\r", "\n"))
        for name in ("Name", "Company", "Message", "Would suit them"):
            assert ((cells[name].value or ""), cells[name].data_type != "f") == (expected, True)
        assert (cells["E-mail"].value, cells["E-mail"].data_type) == (email[:254], "s")
