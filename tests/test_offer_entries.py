"""The desk's page of the entries that show an offer."""

import pytest

from leads import offers
from leads.models import Offer, OfferTopic
from leads.offers import Reason
from tests.desk import page_of, rows, words
from tests.factories import make_draft, make_entry, make_offer, make_site, make_staff
from tests.test_offers import make_other

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales(client):
    make_site()
    client.force_login(make_staff("sales"))
    return client


def address(offer: Offer) -> str:
    return f"/admin/leads/offer/{offer.pk}/entries/"


def listed(client, offer: Offer, **asked) -> list[tuple[str, str]]:
    """Each entry on the page, and why it is there."""
    body = page_of(client.get(address(offer), asked)).find(".//table[@id='result_list']/tbody")
    if body is None:
        return []
    return [(words(row.find("th")), words(row.find("td"))) for row in body.iter("tr")]


def choices(client, offer: Offer, **asked) -> list[str]:
    page = page_of(client.get(address(offer), asked))
    found = [nav for nav in page.iter("nav") if nav.get("class") == "health-choice"]
    return [words(each) for nav in found for each in nav.iter("li")]


@pytest.fixture
def offer():
    """An offer that four entries show, for three reasons."""
    default = make_offer()
    workshop = make_other("Workshop", "Data")
    make_entry(term="Plain")
    make_entry(term="About data", topics=["Data"])
    make_entry(term="On its own", topics=["Data"], offer=default.pk)
    make_entry(term="Workshop’s own", offer=workshop.pk)
    make_entry(term="Elsewhere")
    make_draft(term="Not to be seen")
    return default


def test_page_lists_the_entries_that_show_an_offer_and_why(sales, offer):
    workshop = Offer.objects.get(name="Workshop")
    assert listed(sales, offer) == [
        ("Elsewhere", "The site's default"),
        ("On its own", "The entry says so"),
        ("Plain", "The site's default"),
    ]
    assert listed(sales, workshop) == [
        ("About data", "The topic Data says so"),
        ("Workshop’s own", "The entry says so"),
    ]
    assert choices(sales, offer) == ["All 3", "The entry says so 1", "It is the site's default 2"]
    assert choices(sales, workshop) == [
        "All 2",
        "The entry says so 1",
        "One of its topics says so 1",
    ]


@pytest.mark.parametrize(
    ("asked", "terms"),
    [
        ({"q": "PLAIN"}, ["Plain"]),
        ({"q": "own", "reason": "default"}, []),
        ({"reason": "own"}, ["On its own"]),
        ({"reason": "topic"}, []),
        ({"reason": "of state"}, ["Elsewhere", "On its own", "Plain"]),
        ({"q": "!?"}, []),
        ({"q": "\0'\"%_"}, []),
        ({"q": "p" * 10_000}, []),
        ({"page": "9" * 5000}, ["Elsewhere", "On its own", "Plain"]),
        ({"page": "-1"}, ["Elsewhere", "On its own", "Plain"]),
    ],
)
def test_the_list_is_searched_and_narrowed_whatever_is_asked(sales, offer, asked, terms):
    assert [term for term, _ in listed(sales, offer, **asked)] == terms


def test_a_search_keeps_the_reason_and_pages_keep_the_search(sales, offer, monkeypatch):
    monkeypatch.setattr("leads.admin.offer_entries.ENTRIES_PER_PAGE", 1)
    page = sales.get(address(offer), {"q": "e", "reason": "default"}).content.decode()
    assert '<input type="hidden" name="reason" value="default">' in page
    assert [term for term, _ in listed(sales, offer, page="2")] == ["On its own"]
    following = sales.get(address(offer), {"reason": "default"}).content.decode()
    assert 'href="?reason=default&amp;page=2"' in following


def test_list_and_form_say_how_many_entries_show_it(sales, offer):
    page = page_of(sales.get("/admin/leads/offer/"))
    cells = [each for each in page.iter("td") if "field-shown_by" in each.get("class", "")]
    assert rows(sales.get("/admin/leads/offer/")) == ["Free consultation", "Workshop"]
    assert [words(cell) for cell in cells] == ["3 entries", "2 entries"]
    assert cells[0].find("a").get("href") == address(offer)
    form = page_of(sales.get(f"/admin/leads/offer/{offer.pk}/change/"))
    links = [words(a) for a in form.iter("a") if a.get("href") == address(offer)]
    assert links == ["3 entries"]


def test_an_inactive_offer_is_shown_nowhere_and_says_so(sales, offer):
    Offer.objects.filter(name="Workshop").update(is_active=False)
    workshop = Offer.objects.get(name="Workshop")
    assert listed(sales, workshop) == []
    assert "not active, so no page shows it" in sales.get(address(workshop)).content.decode()
    assert offers.reasons(workshop) == dict.fromkeys(Reason, 0)


def test_an_offer_that_is_gone_has_no_page(sales, offer):
    assert sales.get("/admin/leads/offer/999999/entries/").status_code == 404


def test_strangers_are_asked_to_log_in(client, offer):
    assert client.get(address(offer))["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_as_often_for_three(sales, django_assert_num_queries, count):
    offer = make_offer()
    for n in range(count):
        OfferTopic.objects.create(offer=offer, topic=make_entry(topics=[f"T {n}"]).topics.get())
    sales.get(address(offer))
    with django_assert_num_queries(10):
        assert len(listed(sales, offer)) == count
