"""JSON-LD of every page against schema.org: known types, their properties, no dangling @id."""

import json
from collections.abc import Iterator
from datetime import date

import html5lib
import pytest

from glossary import cards, publishing
from tests.factories import make_author, make_entry, make_offer, make_site

pytestmark = pytest.mark.django_db

HOST = "https://glossary.example"
THING = set("name alternateName description url image sameAs identifier mainEntityOfPage".split())
THING |= {"potentialAction", "subjectOf"}
WORK = THING | set(
    "about author creator datePublished dateModified headline inLanguage isPartOf hasPart "
    "keywords mainEntity publisher editor text license mentions abstract position".split()
)
PAGE = WORK | set(
    "breadcrumb lastReviewed reviewedBy primaryImageOfPage mainContentOfPage relatedLink "
    "significantLink speakable specialty".split()
)
PROPERTIES = {
    "Article": WORK | {"articleBody", "articleSection", "wordCount"},
    "WebPage": PAGE,
    "ProfilePage": PAGE,
    "CollectionPage": PAGE,
    "WebSite": WORK | {"issn"},
    "DefinedTerm": THING | {"inDefinedTermSet", "termCode"},
    "DefinedTermSet": WORK | {"hasDefinedTerm"},
    "BreadcrumbList": THING | {"itemListElement", "itemListOrder", "numberOfItems"},
    "ItemList": THING | {"itemListElement", "itemListOrder", "numberOfItems"},
    "ListItem": THING | {"item", "position", "nextItem", "previousItem"},
    "Person": THING | {"jobTitle", "worksFor", "email", "knowsAbout"},
    "Organization": THING | {"logo", "email", "telephone", "address", "contactPoint"},
    "SearchAction": THING | {"target", "query", "query-input"},
    "EntryPoint": THING | {"urlTemplate"},
    "ImageObject": WORK | {"width", "height", "caption", "contentUrl"},
}
"""The part of the vocabulary that a glossary may need, by type (schema.org, version 29)."""
PAGES = [
    "/",
    "/glossary/",
    "/glossary/letter/W/",
    "/glossary/warp/",
    "/pt/glossary/onda/",
    "/topics/",
    "/topics/gpu/",
    "/authors/",
    "/authors/ines/",
]


@pytest.fixture
def entry():
    make_site(tagline="Terms", organisation_name="Dipl. Ltd", contact_email="us@example.com")
    make_offer()
    ines = make_author(name="Ines", biography="Writes.", profiles="https://github.com/ines")
    rui = make_author(name="Rui")
    common = {"author": ines, "reviewer": rui, "topics": ["GPU"]}
    make_entry(term="Onda", language="pt", **common)
    return make_entry(term="Warp", aliases=["Wave"], reviewed_on=date(2026, 5, 3), **common)


def graph_of(client, path: str) -> list[dict]:
    root = html5lib.parse(client.get(path).content, namespaceHTMLElements=False)
    scripts = [s.text for s in root.iter("script") if s.get("type") == "application/ld+json"]
    assert len(scripts) == 1
    return json.loads(scripts[0])["@graph"]


def one(graph: list[dict], kind: str) -> dict:
    (node,) = [node for node in graph if node["@type"] == kind]
    return node


def nodes(value: object) -> Iterator[dict]:
    """Every object within `value`, references included."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from nodes(each)
    elif isinstance(value, list):
        for each in value:
            yield from nodes(each)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("entry")
def test_page_says_what_schema_org_knows(client, path):
    for node in nodes(graph_of(client, path)):
        if set(node) == {"@id"}:
            continue
        unknown = set(node) - {"@id", "@type"} - PROPERTIES[node["@type"]]
        assert (node["@type"], unknown) == (node["@type"], set())
        assert [name for name, value in node.items() if value in ("", None, [], {})] == []


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("entry")
def test_page_describes_each_thing_once_and_all_that_it_refers_to(client, path):
    graph = graph_of(client, path)
    described = [node["@id"] for node in graph]
    referred = {node["@id"] for node in nodes(graph) if set(node) == {"@id"}}
    assert len(described) == len(set(described))
    assert referred - set(described) == set()


def test_page_of_an_entry_is_part_of_the_site_and_was_reviewed(client, entry):
    graph = graph_of(client, "/glossary/warp/")
    address = f"{HOST}/glossary/warp/"
    page = one(graph, "WebPage")
    assert (page["@id"], page["isPartOf"]) == (address, {"@id": one(graph, "WebSite")["@id"]})
    assert page["breadcrumb"] == {"@id": one(graph, "BreadcrumbList")["@id"]}
    assert page["mainEntity"] == {"@id": one(graph, "Article")["@id"]}
    assert page["lastReviewed"] == "2026-05-03"
    assert page["reviewedBy"] == {"@id": f"{HOST}/authors/rui/#person"}
    assert page["primaryImageOfPage"]["url"] == cards.address(entry)
    assert one(graph, "Article")["image"] == cards.address(entry)


@pytest.mark.parametrize("is_visible", [True, False])
def test_reviewer_who_is_not_shown_vouches_for_nothing(client, is_visible):
    rui = make_author(name="Rui", is_visible=is_visible)
    make_entry(term="Warp", reviewer=rui, reviewed_on=date(2026, 5, 3))
    page = one(graph_of(client, "/glossary/warp/"), "WebPage")
    assert ("reviewedBy" in page, "lastReviewed" in page) == (is_visible, is_visible)


def test_term_is_defined_on_its_own_page_only(client, entry):
    publishing.publish(entry)
    defined = [
        path
        for path in PAGES
        if any(
            node.get("name") == "Warp" and node["@type"] == "DefinedTerm"
            for node in graph_of(client, path)
        )
    ]
    assert defined == ["/glossary/warp/"]
