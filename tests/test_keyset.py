"""Long lists page by page: every row once, forward and back, at addresses that stay."""

from urllib.parse import unquote

import pytest

from authors import views as author_views
from config import keyset
from glossary import publishing, views
from glossary.models import Entry
from tests.desk import page_of, words
from tests.factories import make_author, make_draft, make_entry

pytestmark = pytest.mark.django_db

LISTS = ["/glossary/", "/glossary/letter/W/", "/topics/gpu/", "/authors/ines/"]
NAMES = ["Warp", "Wave", "Weft", "Word", "Zone"]


@pytest.fixture(autouse=True)
def _two_rows_a_page(monkeypatch):
    monkeypatch.setattr(views, "ENTRIES_PER_PAGE", 2)
    monkeypatch.setattr(views, "MENTIONS_PER_PAGE", 2)
    monkeypatch.setattr(author_views, "ENTRIES_PER_PAGE", 2)


@pytest.fixture
def entries() -> dict[str, Entry]:
    """Five terms of one topic and author, four of them under W, in no order; and hidden ones."""
    author = make_author(name="Ines")
    common = {"author": author, "topics": ["GPU"]}
    make_draft(term="Wait", **common)
    publishing.withdraw(make_entry(term="Web", **common))
    make_entry(term="Welle", language="de", **common)
    return {name: make_entry(term=name, **common) for name in sorted(NAMES, key=lambda n: n[::-1])}


def shown(client, path: str) -> tuple[list[str], str, str]:
    """The terms that a page lists, and the addresses of the pages before and behind it."""
    root = page_of(client.get(path))
    found = [words(each.find("a")) for each in root.iterfind(".//ul[@class='entries']/li")]
    beside = {a.get("rel"): a.get("href") for a in root.iterfind(".//nav[@class='pages']/a")}
    return found, beside.get("prev", ""), beside.get("next", "")


@pytest.mark.parametrize("path", LISTS)
def test_pages_lead_through_a_list_and_back(client, entries, path):
    wanted = NAMES[:4] if "letter" in path else NAMES
    pages, walked = [path], []
    while pages[-1]:
        found, _, following = shown(client, pages[-1])
        walked += found
        pages.append(following)
    assert walked == wanted
    back = [shown(client, page)[1] for page in pages[:-1]]
    assert back == ["", *pages[:-2]]


@pytest.mark.parametrize("path", LISTS)
def test_page_is_canonical_at_its_own_address_and_named_by_what_it_begins_with(
    client, entries, path
):
    page = client.get(f"{path}?after=wave&utm_source=x")
    root = page_of(page)
    assert root.find(".//link[@rel='canonical']").get("href").endswith(f"{path}?after=wave")
    assert "– from “Weft” –" in words(root.find(".//title"))
    assert "“Weft” to “Word”" in words(root.find(".//nav[@class='pages']"))
    first = page_of(client.get(path))
    assert "from" not in words(first.find(".//title"))
    assert first.find(".//link[@rel='canonical']").get("href").endswith(path)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "after", ["unheard-of", "wait", "web", "welle", "", "%00", "%ff", "a" * 3000, "zone"]
)
def test_page_behind_nothing_leads_to_the_beginning(client, entries, path, after):
    response = client.get(f"{path}?after={after}")
    assert (response.status_code, response.headers["Location"]) == (302, path)
    assert "max-age=0" in response.headers["Cache-Control"]


def test_page_stays_while_entries_come_and_go_before_it(client, entries):
    before = shown(client, "/glossary/?after=weft")
    assert before == (["Word", "Zone"], "/glossary/?after=warp", "")
    make_entry(term="Aaa")
    publishing.withdraw(entries["Warp"])
    assert shown(client, "/glossary/?after=weft") == (before[0], "/glossary/?after=aaa", "")


def test_equal_sort_keys_are_told_apart_by_their_rows(client):
    for name in ("C", "C#", "C++", "C--"):
        make_entry(term=name, slug=f"c-{len(name)}-{ord(name[-1])}")
    first, _, following = shown(client, "/glossary/")
    second, previous, end = shown(client, following)
    assert (first + second, previous, end) == (["C", "C#", "C++", "C--"], "/glossary/", "")


@pytest.mark.parametrize("path", LISTS)
def test_numbers_that_pages_once_had_lead_to_where_they_begin_now(client, entries, path):
    def led(number: int) -> str:
        return client.get(f"{path}?page={number}").headers["Location"]

    assert [led(1), led(2)] == [path, f"{path}?after=wave"]
    assert led(99) == path
    assert led(99_999_999) == path


def test_only_numbers_that_are_near_are_looked_for(
    client, entries, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(keyset, "MOST_WALKED", 2)
    assert client.get("/glossary/?page=2").headers["Location"] == "/glossary/?after=wave"
    with django_assert_num_queries(3):
        assert client.get("/glossary/?page=3").headers["Location"] == "/glossary/"


def test_mentions_are_walked_in_the_order_in_which_they_came(client):
    target = make_entry(term="Loom")
    sources = [make_entry(term=name, body="A loom works.") for name in ("Zeta", "Beta", "Alpha")]
    path = f"/glossary/{target.slug}/mentions/"
    pages = [page_of(client.get(path)), page_of(client.get(f"{path}?after=beta"))]
    listed = [
        [words(a) for a in page.iterfind(".//ul[@class='sentences']/li/a")] for page in pages
    ]
    assert listed == [["Zeta", "Beta"], ["Alpha"]]
    (back,) = pages[1].iterfind(".//a[@rel='prev']")
    assert back.get("href") == path
    assert len(sources) == 3


def test_names_with_signs_are_quoted_in_addresses(client):
    for name in ("Ação", "Bola", "Água"):
        make_entry(term=name, language="pt", slug=name.lower())
    _, _, following = shown(client, "/pt/glossary/")
    assert unquote(following) == "/pt/glossary/?after=água"
    assert shown(client, following)[0] == ["Bola"]


def test_lists_say_which_parameters_their_answers_depend_on():
    lists = (
        views.entry_index,
        views.letter_detail,
        views.topic_detail,
        author_views.author_detail,
    )
    assert {view.parameters for view in lists} == {("after", "page")}
    assert views.topic_list.parameters == ()
