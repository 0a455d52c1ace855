"""The desk's pages about health: who sees them, what they show, what they cost."""

import csv
from io import StringIO

import pytest
from django.urls import reverse

from glossary import health_reports
from glossary.external_links import store
from glossary.health_reports import REPORTS
from glossary.models import ExternalLink, InternalLink, NamedLink
from tests.desk import page_of, rows, words
from tests.factories import ROLES, make_author, make_draft, make_entry, make_staff

pytestmark = pytest.mark.django_db

PATH = "/admin/glossary/entry/health/"
NAMES = [report.name for report in REPORTS]
PATHS = [PATH, *(f"{PATH}{name}/" for name in NAMES), *(f"{PATH}{name}.csv" for name in NAMES)]


def make_ill(number: int):
    """An entry that stands in every report."""
    entry = make_entry(
        term=f"Webhook {chr(97 + number)}", short_definition="", body="x", author=make_author()
    )
    type(entry).objects.filter(pk=entry.pk).update(review_due_on="2020-01-01")
    InternalLink.objects.create(source=entry, language="en", slug="nowhere")
    NamedLink.objects.create(source=entry, key=f"wanted {number}", text=f"Wanted {number}")
    store(entry, f'<a href="https://x.example/{number}">x</a>')
    ExternalLink.objects.update(failures=2, status=404)
    return entry


def sheet(response) -> list[list[str]]:
    content = b"".join(response.streaming_content).decode()
    assert content.startswith("\ufeff")
    return list(csv.reader(StringIO(content[1:], newline="")))


# Who sees them ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_roles_and_strangers(client, path):
    make_ill(0)
    seen = {}
    for role in (*ROLES, "", None):
        client.logout()
        if role is not None:
            client.force_login(make_staff(*filter(None, [role])))
        seen[role] = client.get(path).status_code
    assert seen == dict.fromkeys(ROLES, 200) | {"": 403, None: 302}


@pytest.mark.parametrize("path", [PATH, f"{PATH}orphans/", f"{PATH}orphans.csv"])
def test_pages_are_read_only(publisher, path):
    assert publisher.post(path).status_code == 405


def test_addresses_have_names(publisher):
    assert reverse("health") == PATH
    assert reverse("health_report", args=["orphans"]) == f"{PATH}orphans/"
    assert reverse("health_csv", args=["orphans"]) == f"{PATH}orphans.csv"
    for path in ("unknown/", "unknown.csv", "orphans/?page=2", "orphans/?page=x"):
        assert publisher.get(PATH + path).status_code == 404


# What they show --------------------------------------------------------------------------------


def test_healthy_glossary_is_praised(publisher):
    page = words(page_of(publisher.get(PATH)))
    for report in REPORTS:
        assert report.nothing in page
        assert report.nothing in words(page_of(publisher.get(f"{PATH}{report.name}/")))
    assert "kept for" not in page


def test_overview_counts_and_explains(publisher):
    make_ill(0)
    response = publisher.get(PATH)
    assert rows(response) == [report.title for report in REPORTS]
    numbers = [
        words(cell) for cell in page_of(response).iter("td") if cell.get("class") == "number"
    ]
    assert numbers == ["0" if name == "duplicates" else "1" for name in NAMES]


def test_list_leads_to_the_form_and_to_the_address(publisher):
    entry = make_ill(0)
    form = f"/admin/glossary/entry/{entry.pk}/change/"
    for name in NAMES:
        if name == "duplicates":
            continue
        links = [a.get("href") for a in page_of(publisher.get(f"{PATH}{name}/")).iter("a")]
        assert form in links, name
    page = page_of(publisher.get(f"{PATH}broken-links/"))
    [away] = [a for a in page.iter("a") if a.get("href") == "https://x.example/0"]
    assert away.get("rel") == "noreferrer"


def test_markup_in_data_is_shown_as_it_is(publisher):
    entry = make_ill(0)
    NamedLink.objects.update(text="<script>alert(1)</script>")
    page = publisher.get(f"{PATH}wanted/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert str(entry.pk) in page


def test_filters_choose_and_stay(publisher):
    ill = make_ill(0)
    make_draft(term="Draft", short_definition="")
    path = f"{PATH}no-definition/"
    response = publisher.get(path, {"state": "draft"})
    assert rows(response) == ["Draft"]
    chosen = [o.get("value") for o in page_of(response).iter("option") if "selected" in o.attrib]
    assert chosen == ["", "", "", "draft"]
    assert b'href="/admin/glossary/entry/health/no-definition.csv?state=draft"' in response.content
    response = publisher.get(path, {"author": ill.author_id})
    assert rows(response) == [ill.term]
    chosen = [o.get("value") for o in page_of(response).iter("option") if "selected" in o.attrib]
    assert chosen == ["", "", str(ill.author_id), ""]
    response = publisher.get(path, {"language": "pt"})
    assert "Nothing here with these filters." in words(page_of(response))


def test_filter_that_a_report_does_not_offer_is_none(publisher):
    make_entry(term="Shown", body="x")
    make_draft(term="Draft")
    response = publisher.get(f"{PATH}orphans/", {"state": "any", "answer": "4xx"})
    assert rows(response) == ["Shown"]
    assert "Show all" not in words(page_of(response))


def test_long_list_is_paged(publisher, monkeypatch):
    monkeypatch.setattr("glossary.admin.health.PER_PAGE", 2)
    for number in range(3):
        make_ill(number)
    response = publisher.get(f"{PATH}no-owner/?language=en&page=2")
    assert rows(response) == ["Webhook c"]
    assert b'href="?language=en&amp;page=1"' in response.content
    assert "3 in this list" in words(page_of(response))


def test_kept_counts_say_from_when_they_are(publisher, monkeypatch):
    make_ill(0)
    monkeypatch.setattr(health_reports, "SLOW", -1)
    assert "kept for" not in words(page_of(publisher.get(PATH)))
    assert "are kept for 10 minutes" in words(page_of(publisher.get(PATH)))
    assert "counted at" in words(page_of(publisher.get(f"{PATH}orphans/")))


# Downloads -------------------------------------------------------------------------------------


def test_download_holds_what_the_list_holds(publisher, monkeypatch):
    monkeypatch.setattr(health_reports, "CHUNK", 2)
    entries = [make_ill(number) for number in range(3)]
    response = publisher.get(f"{PATH}dropped-links.csv")
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="dropped-links.csv"'
    heads, *lines = sheet(response)
    assert heads == ["Entry", "Language", "Author", "Leads in vain to", "Form"]
    assert lines == [
        [
            entry.term,
            "English",
            entry.author.name,
            "/glossary/nowhere/",
            f"https://glossary.example/admin/glossary/entry/{entry.pk}/change/",
        ]
        for entry in entries
    ]
    assert len(sheet(publisher.get(f"{PATH}dropped-links.csv?author={entries[0].author_id}"))) == 2


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_no_cell_is_a_formula(publisher, sign):
    entry = make_entry(body="x")
    text = f'{sign}HYPERLINK("https://evil.example","x")'
    NamedLink.objects.create(source=entry, key="x", text=text)
    [_, line] = sheet(publisher.get(f"{PATH}wanted.csv"))
    assert line[0] == f"'{text}"
    assert line[-1] == f"https://glossary.example/admin/glossary/entry/{entry.pk}/change/"


def test_harmless_cells_stay_as_they_are(publisher):
    make_entry(term='C=C, “quoted” "twice"', body="x")
    assert sheet(publisher.get(f"{PATH}no-owner.csv"))[1][0] == 'C=C, “quoted” "twice"'


# What they cost --------------------------------------------------------------------------------

BASE = 5
"""Session, user, settings, permissions of the user and of the groups."""
QUERIES = {
    "orphans": 4,
    "dead-ends": 4,
    "wanted": 5,
    "dropped-links": 6,
    "broken-links": 5,
    "duplicates": 5,
    "no-reviewer": 4,
    "no-owner": 4,
    "no-definition": 4,
    "overdue": 4,
}
"""Count, rows, topics and authors of the filters; and what goes with the rows."""


def test_overview_costs_the_same_for_one_and_three(publisher, django_assert_num_queries):
    for extra in (1, 2):
        for number in range(extra):
            make_ill(number + extra)
        with django_assert_num_queries(BASE + len(REPORTS)):
            publisher.get(PATH)


@pytest.mark.parametrize(("name", "queries"), QUERIES.items())
def test_list_costs_the_same_for_one_and_three(
    publisher, django_assert_num_queries, name, queries
):
    make_entry(term="Callback", body="x")
    make_entry(term="Callbacks", body="x")
    for extra in (1, 2):
        for number in range(extra):
            make_ill(number + extra)
        with django_assert_num_queries(BASE + queries):
            assert rows(publisher.get(f"{PATH}{name}/"))


def test_download_costs_the_same_for_one_and_three(publisher, django_assert_num_queries):
    for extra in (1, 2):
        for number in range(extra):
            make_ill(number + extra)
        with django_assert_num_queries(BASE + 3):
            assert sheet(publisher.get(f"{PATH}dropped-links.csv"))
