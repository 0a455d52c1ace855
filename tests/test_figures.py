"""The desk's pages of figures: table, chart, download, and entries that nobody looks at."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from glossary.models import Entry
from leads import funnel, ledger, pipeline
from leads.models import DayCount
from tests.desk import change, page_of, rows, words
from tests.factories import make_entry, make_lead, make_site, make_staff

pytestmark = pytest.mark.django_db

FIGURES = "/admin/leads/desk/figures/"
CSV = "/admin/leads/desk/figures.csv"
SVG = "{http://www.w3.org/2000/svg}"
NEVER = "/admin/leads/desk/figures/never-viewed/"


@pytest.fixture
def sales(client):
    make_site()
    client.force_login(make_staff("sales"))
    return client


def seen(entry: Entry, views: int, *, clicks: int = 0, ago: int = 0) -> None:
    day = ledger.day_of(None) - timedelta(days=ago)
    for kind, times in (("view", views), ("click", clicks)):
        DayCount.objects.create(day=day, kind=kind, entry_key=entry.pk, times=times)


def table(response) -> list[list[str]]:
    body = page_of(response).find(".//table[@id='result_list']/tbody")
    return [[words(cell) for cell in row] for row in body.iter("tr")]


@pytest.fixture
def webhook():
    """An entry that brought a client, and one that is only read."""
    entry = make_entry(term="Webhook", topics=["Data", "Automation"])
    seen(entry, 1204, clicks=31)
    seen(make_entry(term="API"), 2000, clicks=0)
    lead = make_lead(entry=entry)
    make_lead(entry=entry)
    pipeline.advance(lead, lead.State.BOOKED, out_of=lead.State)
    pipeline.advance(lead, lead.State.HELD, out_of=lead.State)
    pipeline.win(lead, Decimal(12400))
    return entry


def test_each_entry_has_its_line(sales, webhook):
    page = sales.get(FIGURES)
    assert table(page) == [
        ["Webhook", "1,204", "31 2.6 %", "2 6.5 %", "1 50 %", "1 100 %", "1 100 %", "EUR 12,400"],
        ["API", "2,000", "0", "0", "0", "0", "0", "–"],
    ]
    total = page_of(page).find(".//table[@id='result_list']/tfoot/tr")
    assert [words(cell) for cell in total][:3] == ["In all", "3,204", "31 1.0 %"]


def test_the_chart_says_in_words_what_it_shows(sales, webhook):
    drawn = page_of(sales.get(FIGURES)).iter(f"{SVG}svg")
    chart = next(each for each in drawn if each.get("class") == "chart funnel")
    named = {each.get("id"): words(each) for each in chart if each.get("id")}
    assert (chart.get("role"), chart.get("aria-labelledby").split()) == ("img", [*named])
    assert named["all-text"].startswith("Views: 3,204. Clicks: 31, 1.0 % of the stage before.")


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("topic", ["Automation", "Data", "Entries without a topic"]),
        ("author", ["Entries without an author"]),
        ("offer", ["No offer, or one that was deleted"]),
        ("of state", ["Webhook", "API"]),
    ],
)
def test_tabs_show_the_same_by_other_things(sales, webhook, what, names):
    page = sales.get(FIGURES, {"by": what})
    assert rows(page) == names
    says_twice = "counts in both of them" in page.content.decode()
    assert says_twice == (what == "topic")


def test_heads_of_columns_sort(sales, webhook):
    heads = page_of(sales.get(FIGURES, {"by": "entry"})).findall(".//thead/tr/th[@class='number']")
    (requests,) = (head for head in heads if head.get("aria-sort"))
    assert (words(requests), requests.get("aria-sort")) == ("Requests ↓", "descending")
    assert requests.find("a").get("href") == "?sort=requests"
    assert rows(sales.get(FIGURES, {"sort": "-views"})) == ["API", "Webhook"]
    assert rows(sales.get(FIGURES, {"sort": "name"})) == ["API", "Webhook"]
    assert rows(sales.get(FIGURES, {"sort": "of hand"})) == ["Webhook", "API"]


@pytest.mark.parametrize(
    ("asked", "views"),
    [
        ({}, ["2"]),
        ({"period": "last-90"}, ["9"]),
        ({"period": "for ever"}, ["2"]),
        ({"first": "ago 60", "last": "ago 40"}, ["7"]),
        ({"first": "ago 40", "last": "ago 60"}, ["2"]),
        ({"first": "ago 60"}, ["2"]),
        ({"first": "30 February", "last": ""}, ["2"]),
        ({"first": "1800-01-01", "last": "1800-02-01"}, ["2"]),
    ],
)
def test_period_is_a_preset_or_ones_own_days(sales, asked, views):
    seen(entry := make_entry(), 2, ago=3)
    seen(entry, 7, ago=50)
    today = ledger.day_of(None)
    asked = {
        name: (today - timedelta(days=int(value[4:]))).isoformat() if "ago" in value else value
        for name, value in asked.items()
    }
    page = sales.get(FIGURES, asked)
    assert [line[1] for line in table(page)] == views
    errors = [box for box in page_of(page).iter("ul") if "errorlist" in box.get("class", "")]
    assert bool(errors) == ("first" in asked and views == ["2"])


def test_links_keep_what_was_chosen(sales, webhook):
    page = page_of(sales.get(FIGURES, {"by": "topic", "period": "last-90", "sort": "name"}))
    links = {words(a): a.get("href") for a in page.iter("a")}
    assert links["Entries"] == "?period=last-90&by=entry"
    assert links["This year"] == "?period=this-year&by=topic"
    assert links["Views"] == "?period=last-90&by=topic&sort=-views"
    assert links["Download as CSV"] == f"{CSV}?period=last-90&by=topic&sort=name"
    assert links["Entries never viewed"] == f"{NEVER}?period=last-90"


def test_a_site_that_has_counted_nothing_says_how_numbers_come_to_be(sales):
    texts = [words(page_of(sales.get(FIGURES)).find(".//div[@id='content-main']"))]
    seen(make_entry(), 1, ago=40)
    texts.append(words(page_of(sales.get(FIGURES)).find(".//div[@id='content-main']")))
    assert ["Nothing has been counted yet." in text for text in texts] == [True, False]
    assert ["Nothing was counted in these days." in text for text in texts] == [False, True]
    assert all("without a cookie" in text for text in texts)


def test_download_holds_all_lines_as_numbers_and_no_formulas(sales, webhook):
    Entry.objects.filter(term="API").update(term="=HYPERLINK(1)")
    response = sales.get(CSV)
    text = response.content.decode("utf-8-sig")
    assert response.content.startswith(b"\xef\xbb\xbf")
    today = ledger.day_of(None)
    name = f"figures-by-entry-{today - timedelta(days=29)}-{today}.csv"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert list(csv.reader(StringIO(text))) == [
        ["Entry", "Language", *funnel.STAGES.values(), "Value (EUR)"],
        ["Webhook", "", "1204", "31", "2", "1", "1", "1", "12400.00"],
        ["'=HYPERLINK(1)", "", "2000", "0", "0", "0", "0", "0", "0.00"],
    ]


def test_entries_of_other_languages_say_so(sales):
    seen(make_entry(term="Schnittstelle", language="de"), 1)
    assert rows(sales.get(FIGURES)) == ["Schnittstelle de"]


def test_entries_never_viewed_have_a_page(sales):
    seen(make_entry(term="Read"), 1)
    make_entry(term="Unread", at=timezone.now() - timedelta(days=3))
    page = sales.get(NEVER)
    assert rows(page) == ["Unread"]
    assert "1 published entry that nobody looked at" in page.content.decode()


def test_long_tables_are_paged(sales):
    for number in range(51):
        entry = make_entry(term=f"Term {number}")
        seen(entry, number) if number else None
    assert [len(rows(sales.get(FIGURES, {"page": page}))) for page in (1,)] == [50]
    assert sales.get(FIGURES, {"page": 2}).status_code == 404
    seen(Entry.objects.get(term="Term 0"), 1)
    pages = [sales.get(FIGURES, {"page": page, "sort": "-views"}) for page in (1, 2)]
    assert [len(rows(page)) for page in pages] == [50, 1]
    assert 'href="?sort=-views&amp;page=1"' in pages[1].content.decode()


@pytest.mark.parametrize("page", [FIGURES, CSV, NEVER])
def test_figures_are_for_those_who_may_see_them(client, page):
    for group, status in (("sales", 200), ("administrator", 200), ("publisher", 403)):
        client.force_login(make_staff(group))
        assert client.get(page).status_code == status
    client.force_login(make_staff("sales"))
    assert client.post(page).status_code == 405
    client.logout()
    assert client.get(page).status_code == 302


@pytest.mark.parametrize(
    ("page", "queries"), [(FIGURES, 10), (f"{FIGURES}?by=topic", 11), (CSV, 8), (NEVER, 8)]
)
def test_pages_ask_as_often_for_three_entries_as_for_one(
    sales, django_assert_num_queries, page, queries
):
    for count in (1, 3):
        while Entry.objects.count() < count * 2:
            entry = make_entry(topics=["Data", "Automation"])
            seen(entry, 1)
            make_lead(entry=entry, email=f"{entry.pk}@example.com")
            make_entry()
        with django_assert_num_queries(queries):
            assert sales.get(page).status_code == 200


def test_the_funnel_of_a_month_is_a_part_of_other_pages(webhook):
    template = "admin/leads/figures/_small.html"
    shown = render_to_string(template, {"month": funnel.of_month()})
    assert "Requests: 2, 6.5\u202f% of the stage before." in shown
    assert "EUR\xa012,400" in shown
    empty = render_to_string(template, {"month": funnel.Counts()})
    assert "Nothing was counted this month yet." in empty


def test_the_form_of_an_entry_says_what_it_brought(client, webhook):
    seen(webhook, 6, ago=60)
    seen(webhook, 500, ago=90)
    for group, said in (
        ("administrator", ["Last 90 days: 1,210 views, 31 clicks, 2 requests, 1 booked."]),
        ("publisher", []),
    ):
        client.force_login(make_staff(group))
        links = page_of(client.get(change(webhook))).iter("a")
        found = [words(a) for a in links if FIGURES in a.get("href", "")]
        assert found == said
