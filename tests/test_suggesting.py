import json
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from glossary import candidates, publishing
from glossary.candidates import Scope
from glossary.generating import generate
from glossary.highlighting import parts, snippet
from glossary.models import Entry, PinnedResult
from glossary.search import documents_mentioning, search
from tests.factories import make_draft, make_entry, make_site

pytestmark = pytest.mark.django_db


def make_words(term: str, **fields) -> Entry:
    fields.setdefault("short_definition", "")
    fields.setdefault("body", "")
    return make_entry(term=term, **fields)


def suggested(client, typed: str) -> list[dict]:
    return client.get("/search/suggest/", {"q": typed}).json()["suggestions"]


# Suggestions --------------------------------------------------------------------------------


SUGGESTED = {
    "web": ["Web", "Webhook", "Spider web", "Incoming webhook"],
    "hook": ["Hook"],
    "WEBH": ["Webhook", "Incoming webhook"],
    "webhook inc": ["Incoming webhook"],
    "rpa": ["Robotic process automation"],
    "what is a webh": ["Webhook", "Incoming webhook"],
    "wehbook": ["Webhook", "Incoming webhook"],
    "orchestartio": ["Orchestration"],
    "orchstra": ["Orchestration"],
    "c+": ["C++"],
    "習": ["機械学習"],
    "nothing": [],
    "": [],
    "\0'\"*:(": [],
}


def test_what_is_suggested(client):
    for term in ("Webhook", "Incoming webhook", "Web", "Hook", "Orchestration", "C++", "機械学習"):
        make_words(term, body="nothing web hook rpa")
    make_words("Spider web")
    make_words("Robotic process automation", aliases=["RPA"])
    found = {typed: [each["term"] for each in suggested(client, typed)] for typed in SUGGESTED}
    assert found == SUGGESTED


def test_a_suggestion_says_where_it_leads_and_what_it_is_called(client):
    make_words("Robotic process automation", aliases=["RPA"], short_definition="Software. " * 30)
    suggestion = suggested(client, "rpa")[0]
    definition = suggestion.pop("definition")
    assert suggestion == {
        "term": "Robotic process automation",
        "alias": "RPA",
        "url": "/glossary/robotic-process-automation/",
    }
    assert (len(definition) <= 120, definition[-1]) == (True, "…")


def test_at_most_eight_are_suggested_and_nothing_hidden(client):
    for number in range(9):
        make_words(f"Warp {number}")
    make_draft(term="Warp")
    make_entry(term="Warp later", at=timezone.now() + timedelta(days=1))
    make_entry(term="Warp auf Deutsch", language="de")
    publishing.withdraw(make_entry(term="Warp gone"))
    assert [each["term"] for each in suggested(client, "warp")] == [f"Warp {n}" for n in range(8)]


@pytest.mark.parametrize("typed", ["web", "wehbook", "nothing", ""])
def test_suggesting_costs_at_most_four_queries(client, typed, django_assert_max_num_queries):
    make_words("Webhook")
    with django_assert_max_num_queries(5):  # and the site's settings
        suggested(client, typed)


# Pins, aliases, topics ----------------------------------------------------------------------


def test_pinned_entries_stand_first_in_their_order():
    make_words("Warp")
    first, second = make_words("Zebra"), make_words("Yak")
    PinnedResult.objects.create(phrase="Warp", entry=second, position=2)
    PinnedResult.objects.create(phrase="WÄRP", entry=first, position=1)
    hidden = make_draft(term="Hidden")
    PinnedResult.objects.create(phrase="warp", entry=hidden)
    results = search("what is a warp?", language="en").results
    assert [(r.entry.term, r.is_pinned) for r in results] == [
        ("Zebra", True),
        ("Yak", True),
        ("Warp", False),
    ]


def test_result_names_the_alias_that_was_found():
    make_words("Robotic process automation", aliases=["Software robots", "RPA"], body="office")
    aliases = {"rpa": "RPA", "RP": "RPA", "software robots": "Software robots"}
    aliases |= {"robots": "Software robots", "robotic": "", "automation": "", "office": ""}
    found = {query: search(query, language="en").results for query in aliases}
    assert {query: [r.alias for r in results] for query, results in found.items()} == {
        query: [alias] for query, alias in aliases.items()
    }


def test_results_are_filtered_by_topic(client):
    for term, topics in (("Warp one", ["Looms", "Cloth"]), ("Warp two", ["Cloth"])):
        make_words(term, topics=topics)
    make_words("Warp three")
    page = client.get("/search/", {"q": "warp", "topic": "looms"}).content.decode()
    assert ("/glossary/warp-one/" in page, "/glossary/warp-two/" in page) == (True, False)
    assert 'href="?q=warp&amp;topic=cloth">Cloth (2)</a>' in page
    assert 'href="?q=warp&amp;topic=looms" aria-current="true">Looms (1)</a>' in page
    assert "data-heard" not in page
    assert client.get("/search/", {"q": "warp", "topic": "nowhere"}).status_code == 404
    assert client.get("/search/", {"q": "warp", "topic": "\0"}).status_code == 404


def test_a_topic_holds_more_than_a_search_without_it_pages_through(client, monkeypatch):
    for number in range(4):
        make_words(f"Warp {number}")
    make_words("Zebra", topics=["Looms"], body="warp")
    monkeypatch.setattr("glossary.search.MAX_RESULTS", 4)
    page = client.get("/search/", {"q": "warp", "topic": "looms"}).content.decode()
    assert "/glossary/zebra/" in page


# The page -----------------------------------------------------------------------------------


def test_a_corrected_search_says_so_and_keeps_what_was_typed(client):
    make_words("Webhook")
    page = client.get("/search/", {"q": "Wehbook"}).content.decode()
    assert "Nothing found for “Wehbook”. Showing 1 term for “webhook”." in page
    assert 'value="Wehbook"' in page
    assert "<mark>Webhook</mark>" in page


def test_a_search_without_result_offers_ways_on(client):
    make_words("Warp drive")
    page = client.get("/search/", {"q": "warp zeppelin & co"}).content.decode()
    assert "/glossary/warp-drive/" in page
    empty = client.get("/search/", {"q": "zeppelin & co"}).content.decode()
    assert f'action="{reverse("glossary:suggest_term")}"' in empty
    assert 'name="term" value="zeppelin &amp; co"' in empty
    assert "Perhaps you meant" not in empty


def test_near_terms_are_offered_when_nothing_fits(client):
    entry = make_words("Webhook", topics=["Looms"])
    make_words("Loom", topics=["Cloth"])
    page = client.get("/search/", {"q": "webhook", "topic": "cloth"}).content.decode()
    assert ("Perhaps you meant" in page, entry.get_absolute_url() in page) == (True, True)


def test_alias_and_pin_are_told(client):
    entry = make_words("Robotic process automation", aliases=["RPA"])
    PinnedResult.objects.create(phrase="rpa", entry=entry)
    page = client.get("/search/", {"q": "rpa"}).content.decode()
    assert "“RPA” is another name for Robotic process automation." in page
    assert "Recommended" in page


@pytest.mark.parametrize("count", [1, 3])
def test_search_page_costs_the_same_for_any_number(client, count, django_assert_num_queries):
    make_site()
    for number in range(count):
        make_words(f"Warp {number}", body="Text.", topics=["Looms", "Cloth"])
    with django_assert_num_queries(5):  # settings, search, topics, entries, texts
        client.get("/search/", {"q": "warp"})


# Highlighting -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "units", "marked"),
    [
        ("Gradient descent", ["gradient"], "[Gradient] descent"),
        ("Crème brûlée", ["creme"], "[Crème] brûlée"),
        ("Cre\u0300mefarben", ["creme"], "[Cre\u0300me]farben"),
        ("Die Straßenbahn", ["strass"], "Die [Straß]enbahn"),
        ("An integration", ["integrations"], "An [integration]"),
        ("Continuous Integration", ["integr"], "Continuous [Integr]ation"),
        ("It is in it", ["it"], "[It] is in [it]"),
        ("機械学習とは", ["学 習"], "機械[学習]とは"),
        ("<b>warp</b> & weft", ["warp", "weft"], "<b>[warp]</b> & [weft]"),
        ("nothing", ["warp"], "nothing"),
        ("", ["warp"], ""),
    ],
)
def test_words_are_marked_as_they_are_written(text, units, marked):
    found = parts(text, units)
    assert "".join(text for text, _ in found) == text
    assert "".join(f"[{text}]" if is_hit else text for text, is_hit in found) == marked


def test_snippet_is_cut_around_the_first_hit():
    text = "Before. " * 100 + "Here the warp begins. " + "After. " * 100
    found = snippet(text, ["warp"])
    said = "".join(part for part, _ in found)
    assert ("warp", True) in found
    assert (said[:2], said[-2:], len(said) <= 230) == ("… ", " …", True)
    assert snippet(text, ["weft"]) == []


# The index ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "names", "is_found"),
    [
        ("A machine learning model.", ["Machine Learning"], True),
        ("Machine (learning).", ["Machine Learning"], True),
        ("The webhooks came.", ["Webhook"], True),
        ("Two policies.", ["Policy"], True),
        ("A webhook's end.", ["Nothing", "Webhook"], True),
        ("Learning by machine.", ["Machine Learning"], False),
        ("これは機械学習です。", ["機械学習"], True),
        ("これは機械です。学習します。", ["機械学習"], False),
        ("Crème brûlée", ["creme brulee"], True),
        ("machine " * 20_000 + "machine learning", ["Machine Learning"], True),
        ("machine " * 300 + "and learning", ["Machine Learning"], False),
        ("Any text.", ["++", ""], False),
    ],
    ids=range(12),
)
def test_documents_mentioning_a_name(body, names, is_found):
    entry = make_words("Anything", body=body)
    make_words("Fremd", body=body, language="de")
    found = documents_mentioning(names, language="en")
    assert found == ([entry.pk] if is_found else [])


def plan(sql: str, params: list) -> str:
    """How the database would find the rows of a statement."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Few rows are read faster without an index.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {sql}", params)
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        return "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())


def test_names_and_words_are_looked_up_in_indexes(monkeypatch):
    generate(150)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    said = []
    monkeypatch.setattr(
        candidates._Statement,
        "execute",
        lambda self, sql, params: said.append((sql, params)) or [],
    )
    units = ["adaptive", "loom"]
    candidates.with_all("adaptive loom", units, telling=units, scope=Scope("en"))
    found = plan(*said[0])
    if connection.vendor == "postgresql":
        indexes = [
            "term_name_by_beginning",
            *(f"_{name}" for name in ("beginnings", "lead", "words")),
        ]
    else:
        indexes = ["term_name_by_search_key (language=? AND search_key>? AND search_key<?)"]
        indexes += [
            f"SCAN {table} VIRTUAL TABLE INDEX 0:M"
            for table in ("glossary_search_names", "glossary_search_lead", "glossary_search")
        ]
    assert [index for index in indexes if index not in found] == []


@pytest.mark.parametrize("typed", ["w" * 10_000, "%", "_", "\0", "\ud800", "' OR 1=1 --", "x:y*"])
def test_any_text_is_answered(client, typed):
    make_words("Warp")
    query = typed.encode("utf-8", "surrogatepass").decode("latin-1")
    for address in ("/search/", "/search/suggest/"):
        assert client.get(address, {"q": query}).status_code == 200
    assert json.loads(client.get("/search/suggest/", {"q": query}).content) == {"suggestions": []}
