import html
import json
from datetime import UTC, datetime, timedelta
from itertools import groupby
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config import crawlers, site
from glossary import cards, publishing
from glossary.models import Entry
from glossary.sitemaps import EntrySitemap
from tests.factories import make_author, make_draft, make_entry, make_site

pytestmark = pytest.mark.django_db

HOST = "https://glossary.example"
ATOM = {"a": "http://www.w3.org/2005/Atom"}
MAP = {"m": "http://www.sitemaps.org/schemas/sitemap/0.9"}
MARCH, APRIL = datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 4, 2, 12, tzinfo=UTC)


def make_hidden() -> None:
    """One entry of every kind that nobody may see, each with a topic of its own."""
    make_draft(term="Draft", topics=["Draft topic"])
    make_entry(term="Scheduled", at=timezone.now() + timedelta(1), topics=["Scheduled topic"])
    publishing.withdraw(make_entry(term="Withdrawn", topics=["Withdrawn topic"]))


# Feed ---------------------------------------------------------------------------------------


def feed_of(client, path: str = "/feed/") -> Element:
    response = client.get(path)
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(response.content)


def texts(root: Element, path: str) -> list[str | None]:
    return [element.text for element in root.findall(path, ATOM)]


def test_feed_is_valid_atom(client):
    make_site(name="Dr. Müller & Co", tagline="<b>Terms</b>")
    make_entry(term="Warp", author=make_author(name="Ines"), topics=["GPU"], at=MARCH)
    root = feed_of(client)
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    assert texts(root, "a:title") == ["Dr. Müller & Co"]
    assert texts(root, "a:subtitle") == ["<b>Terms</b>"]
    assert texts(root, "a:id") == [f"{HOST}/glossary/"]
    links = {link.get("rel"): link.get("href") for link in root.findall("a:link", ATOM)}
    assert links == {"alternate": f"{HOST}/glossary/", "self": f"{HOST}/feed/"}
    (entry,) = root.findall("a:entry", ATOM)
    assert texts(entry, "a:title") == ["What is: Warp"]
    assert texts(entry, "a:author/a:name") == ["Ines"]
    assert entry.find("a:link", ATOM).get("href") == f"{HOST}/glossary/warp/"
    assert entry.find("a:category", ATOM).get("term") == "GPU"
    for moment in texts(root, ".//a:updated") + texts(entry, "a:published"):
        assert datetime.fromisoformat(moment) == MARCH


def test_feed_shows_public_entries_of_its_language_latest_update_first(client):
    make_hidden()
    make_entry(term="Old", at=MARCH)
    renewed = make_entry(term="Renewed", at=MARCH - timedelta(1))
    make_entry(term="Novo", language="pt")
    publishing.publish(renewed, now=APRIL)
    assert texts(feed_of(client), "a:entry/a:title") == ["What is: Renewed", "What is: Old"]
    assert texts(feed_of(client), "a:entry/a:updated")[0] == APRIL.isoformat()
    assert len(texts(feed_of(client, "/pt/feed/"), "a:entry/a:title")) == 1


def test_feed_keeps_the_id_of_a_renamed_entry(client):
    entry = make_entry(term="Warp")
    before = texts(feed_of(client), "a:entry/a:id")
    Entry.objects.filter(pk=entry.pk).update(slug="wavefront", term="Wavefront")
    assert texts(feed_of(client), "a:entry/a:title") == ["What is: Wavefront"]
    assert texts(feed_of(client), "a:entry/a:id") == before
    assert len(before) == 1


@pytest.mark.parametrize("definition", ["Plain.", "Use <div> & <p>, if a < b.", "&lt; is <"])
def test_feed_summary_reads_as_it_was_written(client, definition):
    make_entry(short_definition=definition)
    summary = feed_of(client).find("a:entry/a:summary", ATOM)
    shown = html.unescape(summary.text) if summary.get("type") == "html" else summary.text
    assert shown == definition
    assert summary.get("type") != "html" or "<" not in summary.text


# Sitemap, robots, theme ---------------------------------------------------------------------


def listed_in(client, path: str, tag: str = "url") -> dict[str, str | None]:
    """Path and date of all that one file of the sitemap lists."""
    response = client.get(path, headers={"Host": "localhost"})
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/xml")
    assert "Last-Modified" not in response.headers
    root = ElementTree.fromstring(response.content)
    lists = {"url": "urlset", "sitemap": "sitemapindex"}
    assert root.tag == f"{{{MAP['m']}}}{lists[tag]}"
    assert len(root) > 0
    return {
        each.findtext("m:loc", "", MAP).removeprefix(HOST): each.findtext("m:lastmod", None, MAP)
        for each in root.findall(f"m:{tag}", MAP)
    }


def files_of(client) -> dict[str, str | None]:
    return listed_in(client, "/sitemap.xml", "sitemap")


def sitemap_of(client) -> dict[str, str | None]:
    return {
        path: day for name in files_of(client) for path, day in listed_in(client, name).items()
    }


def test_sitemap_lists_every_public_page_with_its_update(client):
    make_hidden()
    make_author(name="Nobody", is_visible=False)
    author = make_author(name="Ines")
    entry = make_entry(term="Warp", author=author, topics=["GPU"], at=MARCH)
    publishing.publish(entry, now=APRIL)
    make_entry(term="Inteligência", language="pt", topics=["IA"], at=MARCH)
    listed = sitemap_of(client)
    dated = {path: day for path, day in listed.items() if day}
    assert dated == {
        "/glossary/warp/": "2026-04-02",
        "/topics/gpu/": "2026-04-02",
        "/authors/ines/": "2026-04-02",
        "/pt/glossary/inteligencia/": "2026-03-02",
        "/pt/topics/ia/": "2026-03-02",
    }
    undated = {"/", "/glossary/", "/topics/", "/authors/", "/consultation/", "/privacy/"}
    assert {*undated, "/pt/", "/pt/glossary/", "/pt/topics/"} <= listed.keys()
    assert [path for path in listed if client.get(path).status_code != 200] == []


def test_sitemap_lists_topics_of_every_language(client):
    make_entry(term="Inteligência", language="pt", topics=["IA"])
    assert client.get("/pt/topics/ia/").status_code == 200
    assert "/pt/topics/ia/" in sitemap_of(client)


def test_sitemap_grows_into_more_files_each_with_its_own_date(client, monkeypatch):
    monkeypatch.setattr(EntrySitemap, "limit", 2)
    entries = [make_entry(term=f"Term {letter}", at=MARCH) for letter in "edcba"]
    publishing.publish(entries[3], now=APRIL)
    files = {name: day for name, day in files_of(client).items() if "entries" in name}
    covered = [list(of) for _, of in groupby(entries, lambda entry: entry.pk // 2)]
    numbers = [of[0].pk // 2 + 1 for of in covered]
    names = ["", *(f"?p={number}" for number in numbers[1:])]
    assert list(files) == [f"/sitemap-entries.xml{page}" for page in names]
    days = ["2026-04-02" if entries[3] in of else "2026-03-02" for of in covered]
    assert [day[:10] for day in files.values()] == days
    listed = [list(listed_in(client, name)) for name in files]
    assert listed == [[entry.get_absolute_url() for entry in of] for of in covered]
    first = f"/sitemap-entries.xml?p={numbers[0]}"
    assert list(listed_in(client, first)) == listed[0]


def test_file_of_the_sitemap_stays_where_it_is_when_an_entry_leaves_another(client, monkeypatch):
    monkeypatch.setattr(EntrySitemap, "limit", 1)
    gone, kept = make_entry(term="Gone"), make_entry(term="Kept")
    file = f"/sitemap-entries.xml?p={kept.pk + 1}"
    assert list(listed_in(client, file)) == ["/glossary/kept/"]
    publishing.withdraw(gone)
    assert list(listed_in(client, file)) == ["/glossary/kept/"]
    assert client.get(f"/sitemap-entries.xml?p={gone.pk + 1}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "-entries.xml?p=99999",
        "-entries.xml?p=0",
        "-entries.xml?p=x",
        f"-entries.xml?p={'9' * 18}",
        "-topics.xml",
        "-nothing.xml",
    ],
)
def test_file_that_the_sitemap_does_not_list_is_not_found(client, path):
    make_entry()
    assert client.get(f"/sitemap{path}").status_code == 404


def test_sitemap_of_many_files_costs_no_more_queries_than_one_of_one(
    client, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(EntrySitemap, "limit", 4)
    for _ in range(4):
        make_entry()
    with CaptureQueriesContext(connection) as one_file:
        files_of(client)
    for _ in range(8):
        make_entry()
    with django_assert_num_queries(len(one_file)):
        files_of(client)


def robots_of(client) -> str:
    response = client.get("/robots.txt", headers={"Host": "localhost"})
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    return response.content.decode()


def test_robots_are_shown_the_sitemap_and_kept_from_the_admin(client):
    assert robots_of(client).split("\n") == [
        "User-agent: *",
        "Disallow: /admin/",
        "",
        f"Sitemap: {HOST}/sitemap.xml",
        "",
    ]


@pytest.mark.parametrize(
    ("access", "trains", "answers"),
    [("all", True, True), ("answers", False, True), ("none", False, False)],
)
def test_programs_of_ai_companies_are_told_what_staff_decided(client, access, trains, answers):
    make_site(ai_access=access)
    told = RobotFileParser()
    told.parse(robots_of(client).splitlines())
    path = f"{HOST}/glossary/warp/"
    assert {told.can_fetch(name, path) for name in crawlers.TRAINING} == {trains}
    assert {told.can_fetch(name, path) for name in crawlers.ANSWERING} == {answers}
    assert {"GPTBot", "ClaudeBot", "CCBot", "Google-Extended"} < set(crawlers.TRAINING)
    assert {"OAI-SearchBot", "Claude-User", "PerplexityBot"} < set(crawlers.ANSWERING)
    assert told.can_fetch("Googlebot", f"{HOST}/search/")
    assert not told.can_fetch("Googlebot", f"{HOST}/admin/")


def test_rules_of_staff_stand_in_robots_txt_as_they_were_written(client):
    make_site(
        robots_rules="Disallow: /a&b/\r\n\r\nUser-agent: Greedy\r\nDisallow: /", ai_access="none"
    )
    rules = robots_of(client).partition("User-agent: *")[2]
    assert rules.split("\n") == [
        "",
        "Disallow: /admin/",
        "Disallow: /a&b/",
        "",
        "User-agent: Greedy",
        "Disallow: /",
        "",
        f"Sitemap: {HOST}/sitemap.xml",
        "",
    ]


@pytest.mark.parametrize(
    ("colour", "status"),
    [
        ("0f6b5c", 200),
        ("FFFFFF", 200),
        ("0f6b5", 404),
        ("0f6b5c0", 404),
        ("red", 404),
        ("zzzzzz", 404),
        ("-0f6b5", 404),
        ("٠٠٠٠٠٠", 404),
        ("%23ffffff", 404),
        ("ffffff%0A", 404),
    ],
)
def test_theme_is_a_colour_or_nothing(client, colour, status):
    response = client.get(f"/theme/{colour}.css")
    assert response.status_code == status
    assert (response.headers["Content-Type"] == "text/css; charset=utf-8") == (status == 200)


# JSON-LD ------------------------------------------------------------------------------------


def parsed(client, path: str) -> Element:
    return html5lib.parse(client.get(path).content, namespaceHTMLElements=False)


def graph_of(client, path: str) -> dict[str, dict]:
    (script,) = [
        each for each in parsed(client, path).iter("script")
        if each.get("type") == "application/ld+json"
    ]  # fmt: skip
    document = json.loads(script.text)
    assert document["@context"] == "https://schema.org"
    return {node["@type"]: node for node in document["@graph"]}


def test_article_is_about_a_term_of_the_glossary(client):
    make_site(name="Headword", organisation_name="Dipl. Ltd")
    ines = make_author(name="Ines", profiles="https://github.com/ines\n")
    entry = make_entry(term="Warp", aliases=["Wavefront"], author=ines, topics=["GPU"], at=MARCH)
    publishing.publish(entry, now=APRIL)
    graph = graph_of(client, "/glossary/warp/")
    address, publisher = f"{HOST}/glossary/warp/", {"@id": f"{HOST}/#organization"}
    assert graph["Article"] == {
        "@type": "Article",
        "@id": f"{address}#article",
        "headline": "What is: Warp",
        "description": "What Warp means.",
        "inLanguage": "en",
        "mainEntityOfPage": {"@id": address},
        "url": address,
        "datePublished": MARCH.isoformat(),
        "dateModified": APRIL.isoformat(),
        "author": {"@id": f"{HOST}/authors/ines/#person"},
        "publisher": publisher,
        "image": cards.address(entry),
        "about": {"@id": f"{address}#term"},
        "keywords": ["GPU"],
    }
    term, terms = graph["DefinedTerm"], graph["DefinedTermSet"]
    assert (term["@id"], term["name"]) == (f"{address}#term", "Warp")
    assert term["alternateName"] == ["Wavefront"]
    assert term["inDefinedTermSet"] == {"@id": terms["@id"]}
    assert graph["Organization"]["@id"] == publisher["@id"]
    assert graph["Organization"]["name"] == "Dipl. Ltd"
    assert graph["Person"]["sameAs"] == ["https://github.com/ines"]
    assert [step["item"] for step in graph["BreadcrumbList"]["itemListElement"]] == [
        f"{HOST}/",
        f"{HOST}/glossary/",
        address,
    ]
    assert graph_of(client, "/glossary/")["DefinedTermSet"] == terms


def test_author_is_the_same_person_on_every_page(client):
    ines = make_author(name="Ines")
    make_entry(term="Warp", author=ines)
    make_entry(term="Onda", author=ines, language="pt")
    profile = graph_of(client, "/authors/ines/")
    person = profile["Person"]["@id"]
    assert profile["ProfilePage"]["mainEntity"] == {"@id": person}
    for path in ("/glossary/warp/", "/pt/glossary/onda/", "/pt/authors/ines/"):
        assert graph_of(client, path)["Person"]["@id"] == person


@pytest.mark.parametrize(
    ("is_visible", "author"),
    [(True, f"{HOST}/authors/ines/#person"), (False, f"{HOST}/#organization")],
)
def test_publisher_answers_for_an_author_who_is_not_shown(client, is_visible, author):
    ines = make_author(name="Ines", is_visible=is_visible)
    make_entry(term="Warp", author=ines)
    graph = graph_of(client, "/glossary/warp/")
    assert graph["Article"]["author"] == {"@id": author}
    assert ("Person" in graph) == is_visible


@pytest.mark.parametrize(
    "term", ["</script><blink>", "<!-- <script>", "]]>", '" \\ & \u2028', "{{ 7 }} {% now %}"]
)
def test_no_term_breaks_out_of_its_page(client, term):
    make_site(title_pattern="{term}")
    site.forget()
    make_entry(term=term, slug="odd", short_definition=term, body="", aliases=[term + "2"])
    graph = graph_of(client, "/glossary/odd/")
    assert (graph["Article"]["headline"], graph["DefinedTerm"]["name"]) == (term, term)
    root = parsed(client, "/glossary/odd/")
    assert root.findtext(".//h1") == term
    assert root.find(".//blink") is None
    assert texts(feed_of(client), "a:entry/a:title") == [term]


# Previews -----------------------------------------------------------------------------------


def meta_of(root: Element) -> dict[str, str | None]:
    return {
        meta.get("property") or meta.get("name", ""): meta.get("content")
        for meta in root.iter("meta")
    }


def test_previews_show_the_entry(client):
    ines = make_author(name="Ines", portrait="portraits/ines.webp")
    entry = make_entry(
        term="Warp", author=ines, short_definition="Say “a < b & c”. " * 30, seo_title="W!"
    )
    root = parsed(client, "/glossary/warp/?utm_source=x")
    meta = meta_of(root)
    assert root.findtext(".//title") == "W!"
    assert meta["og:title"] == "What is: Warp"
    assert (meta["og:type"], meta["og:site_name"]) == ("article", "Headword")
    assert meta["og:url"] == f"{HOST}/glossary/warp/"
    assert meta["og:image"] == cards.address(entry)
    assert meta["og:description"] == meta["description"]
    assert meta["description"].startswith("Say “a < b & c”. Say")
    assert len(meta["description"]) == 155


@pytest.mark.parametrize(
    ("path", "kind", "title"),
    [
        ("/", "website", "Headword"),
        ("/glossary/", "website", "Glossary"),
        ("/topics/gpu/", "website", "GPU"),
        ("/authors/ines/", "profile", "Ines"),
    ],
)
def test_previews_of_other_pages(client, path, kind, title):
    make_entry(term="Warp", author=make_author(name="Ines"), topics=["GPU"])
    meta = meta_of(parsed(client, path))
    assert (meta["og:type"], meta["og:title"], meta["og:url"]) == (kind, title, HOST + path)
    assert meta["og:image"] == f"{HOST}/static/img/headword.png"


def test_feed_changes_for_those_who_only_compare_dates(client):
    entry = make_entry()
    first = client.get("/feed/")
    assert "Last-Modified" not in first.headers
    publishing.withdraw(entry)
    since = {"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"}
    assert client.get("/feed/", headers=since).status_code == 200


@pytest.mark.parametrize("path", ["/", "/glossary/", "/topics/", "/authors/"])
def test_empty_pages_are_not_for_search_engines(client, path):
    assert b'content="noindex, follow"' in client.get(path).content
    make_entry(topics=["Topic"], author=make_author())
    assert b"noindex" not in client.get(path).content
