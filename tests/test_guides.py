"""Comparisons, learning paths, and where a topic begins."""

import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.apps import apps
from django.contrib import admin
from django.test import RequestFactory
from django.utils import timezone

from config.models import OutboxMessage
from glossary import guide_sitemaps, guides, publishing, views
from glossary.admin.guides import StartHereInline
from glossary.models import Comparison, Difference, Entry, EntryTopic, LearningPath, Topic
from tests.factories import (
    make_comparison,
    make_draft,
    make_entry,
    make_offer,
    make_path,
    make_role,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db

HOST = "https://glossary.example"
MARCH = datetime(2026, 3, 2, 12, tzinfo=UTC)


# Rows and pages ---------------------------------------------------------------------------


def parsed(response) -> Element:
    """The document as browsers see it; raises on what the HTML standard calls an error."""
    assert response.status_code == 200
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(response.content.decode())


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def links(element: Element) -> list[str]:
    return [a.get("href") for a in element.iter("a")]


def of_class(root: Element, name: str) -> list[Element]:
    return [each for each in root.iter() if name in each.get("class", "").split()]


def graph(root: Element) -> dict[str, dict]:
    (script,) = [s for s in root.iter("script") if s.get("type") == "application/ld+json"]
    return {node["@type"]: node for node in json.loads(script.text)["@graph"]}


def rename(entry: Entry, slug: str) -> None:
    old = entry.language, entry.slug
    entry.slug = slug
    entry.save()
    publishing.rename(entry, old_address=old)


@pytest.fixture
def rpa() -> Entry:
    return make_entry(term="RPA", short_definition="A robot that types.")


@pytest.fixture
def workflow() -> Entry:
    return make_entry(term="Workflow", short_definition="Steps that run by themselves.")


# Addresses of comparisons -----------------------------------------------------------------


def test_other_addresses_of_a_comparison_lead_to_it_in_one_hop(client, rpa, workflow):
    make_comparison(rpa, workflow)
    rename(rpa, "robot")
    rename(workflow, "process")
    rename(workflow, "workflow")
    asked = (
        "workflow-vs-robot",
        "rpa-vs-workflow",
        "workflow-vs-rpa",
        "rpa-vs-process",
        "process-vs-robot",
    )
    for pair in asked:
        response = client.get(f"/compare/{pair}/")
        assert response.status_code == 301, pair
        assert response["Location"] == "/compare/robot-vs-workflow/"
    assert client.get("/compare/robot-vs-workflow/").status_code == 200


def test_slugs_may_hold_the_separator_themselves(client):
    day, plan = make_entry(term="Day vs night"), make_entry(term="Plan vs act vs do")
    comparison = make_comparison(day, plan)
    address = "/compare/day-vs-night-vs-plan-vs-act-vs-do/"
    assert comparison.get_absolute_url() == address
    assert words(parsed(client.get(address)).find(".//h1")) == (
        "Day vs night vs Plan vs act vs do"
    )
    response = client.get("/compare/plan-vs-act-vs-do-vs-day-vs-night/")
    assert (response.status_code, response["Location"]) == (301, address)


def test_a_live_address_wins_over_an_old_one(client, rpa, workflow):
    make_comparison(rpa, workflow)
    rename(rpa, "robot")
    newcomer = make_entry(term="Other", slug="rpa")
    assert client.get("/compare/rpa-vs-workflow/").status_code == 301
    make_comparison(newcomer, workflow)
    root = parsed(client.get("/compare/rpa-vs-workflow/"))
    assert words(root.find(".//h1")) == "Other vs Workflow"


def test_a_present_address_wins_over_the_reverse_of_another(client):
    x, z = make_entry(slug="x"), make_entry(slug="z")
    make_comparison(z, make_entry(slug="x-vs-y"))
    make_comparison(x, make_entry(slug="y-vs-z"))
    assert client.get("/compare/x-vs-y-vs-z/").status_code == 200
    assert client.get("/compare/z-vs-x-vs-y/").status_code == 200


def hide_entry(entry: Entry) -> None:
    publishing.withdraw(entry)


def postpone_entry(entry: Entry) -> None:
    publishing.publish(entry, at=timezone.now() + timedelta(1))


@pytest.mark.parametrize("hide", [hide_entry, postpone_entry, None])
def test_nothing_is_seen_of_a_comparison_before_all_of_it_is_public(client, hide):
    for left, right in [("Secret one", "Secret two"), ("Secret three", "Secret four")]:
        comparison = make_comparison(make_entry(term=left), make_entry(term=right))
        rename(comparison.left, comparison.left.slug.replace("secret", "new"))
        if hide:
            hide(comparison.left if left == "Secret one" else comparison.right)
        else:
            Comparison.objects.update(is_published=False)
    for pair in (
        *("new-one-vs-secret-two", "secret-two-vs-new-one", "secret-one-vs-secret-two"),
        *("new-three-vs-secret-four", "secret-four-vs-new-three", "secret-three-vs-secret-four"),
    ):
        assert client.get(f"/compare/{pair}/").status_code == 404
    assert b"Secret" not in client.get("/compare/").content
    assert list(guide_sitemaps.ComparisonSitemap().items()) == []


def test_a_comparison_lives_under_the_language_of_its_entries(client):
    chuva, neve = (make_entry(term=term, language="pt") for term in ("Chuva", "Neve"))
    address = make_comparison(chuva, neve).get_absolute_url()
    assert address == "/pt/compare/chuva-vs-neve/"
    root = parsed(client.get(address))
    assert root.get("lang") == "pt"
    assert {"/pt/glossary/chuva/", "/pt/glossary/neve/"} <= set(links(root.find(".//main")))
    assert client.get("/compare/chuva-vs-neve/").status_code == 404
    assert "/pt/compare/chuva-vs-neve/" in links(parsed(client.get("/pt/compare/")))
    assert b"Chuva" not in client.get("/compare/").content


@pytest.mark.parametrize("folder", ["compare", "paths"])
def test_addresses_of_nothing_are_not_found(client, rpa, workflow, folder):
    client.raise_request_exception = False
    make_comparison(rpa, workflow)
    for part in (
        *("rpa", "rpa-vs-", "-vs-workflow", "-vs-", "vs", "rpa-vs-rpa", "rpa-vs-workflow-vs-x"),
        *("%00", "rpa-vs-%00", "rpa-vs-%ED%A0%80", "%ff", "<b>", "a-vs-" * 2000 + "a"),
    ):
        assert client.get(f"/{folder}/{part}/").status_code == 404, part[:40]


def test_an_address_of_many_parts_is_tried_in_few_ways():
    assert list(guides.splits("a-vs-b-vs-c")) == [("a", "b-vs-c"), ("a-vs-b", "c")]
    assert len(list(guides.splits("-vs-".join("x" * 40)))) <= 40
    assert list(guides.splits("a-vs-" * 100 + "a")) == []


# The comparison's page --------------------------------------------------------------------


@pytest.fixture
def shown(client, rpa, workflow) -> Element:
    make_site()
    make_offer()
    comparison = make_comparison(
        rpa,
        workflow,
        verdict="Take the **workflow** & be glad.",
        updated_at=MARCH,
    )
    comparison.differences.create(position=2, aspect="Cost", left="Little", right="<b>More</b>")
    comparison.differences.create(position=1, aspect="Speed", left="Slow", right="Fast")
    return parsed(client.get(comparison.get_absolute_url()))


def test_differences_are_a_table_that_can_be_read_aloud_and_in_blocks(shown):
    (table,) = shown.iter("table")
    assert words(table.find("caption")) == "RPA and Workflow, point by point"
    assert [(th.get("scope"), words(th)) for th in table.find("thead").iter("th")] == [
        ("col", "Aspect"),
        ("col", "RPA"),
        ("col", "Workflow"),
    ]
    lines = [list(row) for row in table.find("tbody")]
    assert [[cell.tag for cell in line] for line in lines] == [["th", "td", "td"]] * 2
    assert [[words(cell) for cell in line] for line in lines] == [
        ["Speed", "Slow", "Fast"],
        ["Cost", "Little", "<b>More</b>"],
    ]
    assert {line[0].get("scope") for line in lines} == {"row"}
    assert [[cell.get("data-label") for cell in line] for line in lines] == [
        [None, "RPA", "Workflow"]
    ] * 2


def test_comparison_answers_at_once_and_leads_on(shown):
    assert words(shown.find(".//h1")) == "RPA vs Workflow"
    (lead,) = of_class(shown, "lead")
    assert words(lead) == "Two things that people mix up."
    cards = of_class(shown, "card")
    assert [(links(card), words(card)) for card in cards] == [
        (["/glossary/rpa/"], "RPA A robot that types."),
        (["/glossary/workflow/"], "Workflow Steps that run by themselves."),
    ]
    named = {each.get("aria-labelledby"): each for each in shown.iter("section")}
    assert "Take the workflow & be glad." in words(named["page-verdict"])
    assert links(named["page-related"]) == ["/glossary/rpa/", "/glossary/workflow/"]
    (call,) = links(named["page-call"])
    assert call.startswith("/consultation/?from=/compare/rpa-vs-workflow/&via=end.")


def test_comparison_is_described_for_machines(shown):
    meta = {m.get("name") or m.get("property"): m.get("content") for m in shown.iter("meta")}
    assert words(shown.find(".//title")) == "RPA vs Workflow – Headword"
    assert meta["description"] == meta["og:description"] == "Two things that people mix up."
    assert (meta["og:title"], meta["og:type"]) == ("RPA vs Workflow", "article")
    address = f"{HOST}/compare/rpa-vs-workflow/"
    canonical = [link.get("href") for link in shown.iter("link") if link.get("rel") == "canonical"]
    assert canonical == [meta["og:url"]] == [address]
    article = graph(shown)["Article"]
    assert article["@id"] == f"{address}#article"
    assert article["dateModified"] == MARCH.isoformat()
    assert graph(shown)["BreadcrumbList"]["itemListElement"][-1]["item"] == address


def test_comparison_is_about_the_very_terms_of_the_entries(client, shown):
    about = graph(shown)["Article"]["about"]
    for each, slug in zip(about, ("rpa", "workflow"), strict=True):
        term = graph(parsed(client.get(f"/glossary/{slug}/")))["DefinedTerm"]
        assert each == {key: term[key] for key in ("@type", "@id", "name", "url")}
    assert graph(shown).keys() == {"Article", "BreadcrumbList", "Organization"}
    named = {node["@id"] for node in graph(shown).values()}
    assert {graph(shown)["Article"][role]["@id"] for role in ("author", "publisher")} <= named


def test_comparison_of_bare_entries_is_a_sound_page(client):
    one, other = (make_entry(short_definition="", body="") for _ in range(2))
    address = make_comparison(one, other, introduction="").get_absolute_url()
    root = parsed(client.get(address))
    assert (list(root.iter("table")), of_class(root, "lead")) == ([], [])
    (meta,) = [m for m in root.iter("meta") if m.get("name") == "description"]
    assert meta.get("content") == f"{one.term} vs {other.term}"


# Learning paths ---------------------------------------------------------------------------


@pytest.fixture
def path(rpa, workflow) -> LearningPath:
    """Three steps, the first of which readers must not see."""
    hidden = make_entry(term="Secret", short_definition="Not for you.", body="word " * 3000)
    path = make_path(hidden, workflow, rpa, introduction="For *you*.")
    publishing.withdraw(hidden)
    return path


def test_path_is_an_ordered_list_of_public_steps(client, path):
    make_offer()
    root = parsed(client.get("/paths/from-the-beginning/"))
    (steps,) = [ol for ol in root.iter("ol") if ol.get("data-path")]
    assert steps.get("data-path") == path.get_absolute_url()
    assert [(li.get("data-entry"), links(li), words(li)) for li in steps] == [
        (
            "/glossary/workflow/",
            ["/glossary/workflow/"],
            "Workflow Why Workflow. Steps that run by themselves. 1 minute to read",
        ),
        (
            "/glossary/rpa/",
            ["/glossary/rpa/"],
            "RPA Why RPA. A robot that types. 1 minute to read",
        ),
    ]
    (start,) = of_class(root, "path-start")
    assert links(start) == ["/glossary/workflow/"]
    assert "2 terms · 2 minutes to read" in words(root)
    assert "Secret" not in words(root)
    calls = [each.partition("&via=")[0] for each in links(root)]
    assert "/consultation/?from=/paths/from-the-beginning/" in calls


def test_path_is_a_list_for_machines_too(client, path):
    root = parsed(client.get(path.get_absolute_url()))
    items = graph(root)["ItemList"]
    assert items["numberOfItems"] == 2
    assert [(each["position"], each["url"]) for each in items["itemListElement"]] == [
        (1, f"{HOST}/glossary/workflow/"),
        (2, f"{HOST}/glossary/rpa/"),
    ]
    (meta,) = [m for m in root.iter("meta") if m.get("name") == "description"]
    assert meta.get("content") == "For you."


@pytest.mark.parametrize("hide", ["draft", "no step", "withdrawn"])
def test_path_without_anything_to_read_is_not_there(client, rpa, hide):
    path = make_path(rpa, title="Secret path", is_published=hide != "draft")
    if hide == "no step":
        path.steps.all().delete()
    if hide == "withdrawn":
        publishing.withdraw(rpa)
    assert client.get(path.get_absolute_url()).status_code == 404
    assert b"Secret" not in client.get("/paths/").content
    assert list(guide_sitemaps.PathSitemap().items()) == []


def test_paths_are_listed_with_their_public_length_in_their_language(client, path):
    make_path(make_entry(language="pt"), title="Do início", slug="inicio", language="pt")
    (card,) = of_class(parsed(client.get("/paths/")), "card")
    assert words(card) == "From the beginning For you. 2 terms · 2 minutes to read"
    assert links(card) == ["/paths/from-the-beginning/"]
    assert links(of_class(parsed(client.get("/pt/paths/")), "card")[0]) == ["/pt/paths/inicio/"]
    assert client.get("/paths/inicio/").status_code == 404


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/compare/", "There are no comparisons yet."),
        ("/paths/", "There are no learning paths yet."),
    ],
)
def test_empty_list_says_so_and_stays_out_of_indexes(client, path, address, sentence):
    full = parsed(client.get("/paths/"))
    assert [m for m in full.iter("meta") if m.get("name") == "robots"] == []
    LearningPath.objects.all().delete()
    root = parsed(client.get(address))
    (empty,) = of_class(root, "empty")
    assert words(empty).startswith(sentence)
    assert [m.get("content") for m in root.iter("meta") if m.get("name") == "robots"] == [
        "noindex, follow"
    ]


# Topics and sitemaps ----------------------------------------------------------------------


def place(entry: Entry, topic: str, position: int) -> None:
    EntryTopic.objects.filter(content_object=entry, tag__name=topic).update(position=position)


def test_topic_begins_where_editors_say(client, monkeypatch):
    zeta, alpha = (make_entry(term=term, topics=["One", "Two"]) for term in ("Zeta", "Alpha"))
    make_entry(term="Beta", topics=["One"])
    hidden = make_entry(term="Secret", topics=["One"])
    for position, entry in enumerate([hidden, zeta, alpha], start=1):
        place(entry, "One", position)
        place(entry, "Two", 9 - position)
    publishing.withdraw(hidden)
    make_path(zeta, topic=Topic.objects.get(name="One"))
    monkeypatch.setattr(views, "ENTRIES_PER_PAGE", 2)
    root = parsed(client.get("/topics/one/"))
    (first,) = of_class(root, "steps")
    assert links(first) == ["/glossary/zeta/", "/glossary/alpha/"]
    (entries,) = of_class(root, "entries")
    assert links(entries) == ["/glossary/alpha/", "/glossary/beta/"]
    assert links(of_class(root, "cards")[0]) == ["/paths/from-the-beginning/"]
    assert "Secret" not in words(root)
    assert of_class(parsed(client.get("/topics/one/?after=beta")), "steps") == []
    other = parsed(client.get("/topics/two/"))
    assert links(of_class(other, "steps")[0]) == ["/glossary/alpha/", "/glossary/zeta/"]
    assert of_class(other, "cards") == []


def test_sitemaps_tell_the_latest_update_of_what_a_page_shows(rpa, workflow):
    Entry.objects.update(updated_at=MARCH)
    make_comparison(rpa, workflow, updated_at=MARCH + timedelta(1))
    make_path(rpa, updated_at=MARCH - timedelta(1))
    ((comparison,), (path,)) = (
        section().get_urls()
        for section in (guide_sitemaps.ComparisonSitemap, guide_sitemaps.PathSitemap)
    )
    assert comparison["location"] == f"{HOST}/compare/rpa-vs-workflow/"
    assert comparison["lastmod"] == MARCH + timedelta(1)
    assert path["location"] == f"{HOST}/paths/from-the-beginning/"
    assert path["lastmod"] == MARCH


# Queries ----------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 3])
def test_guides_cost_the_same_queries_however_many_rows(client, django_assert_num_queries, rows):
    make_site()
    make_offer()
    first = make_entry(term="First", topics=["Topic"])
    others = [make_entry(term=f"Other {n}", topics=["Topic"]) for n in range(rows)]
    for entry in [first, *others]:
        place(entry, "Topic", 1)
    for n, other in enumerate(others):
        comparison = make_comparison(first, other)
        Difference.objects.bulk_create(
            Difference(comparison=comparison, aspect="A", left="B", right="C") for _ in range(rows)
        )
        make_path(first, *others, slug=f"path-{n}", topic=Topic.objects.get())
    for address, queries in {
        "/compare/": 3,
        "/compare/first-vs-other-0/": 3,
        "/compare/other-0-vs-first/": 2,
        "/compare/first-vs-nothing/": 10,
        "/paths/": 3,
        "/paths/path-0/": 3,
        "/topics/topic/": 5,
    }.items():
        with django_assert_num_queries(queries):
            client.get(address)


# The desk ---------------------------------------------------------------------------------

COMPARISON, PATH = "/admin/glossary/comparison/", "/admin/glossary/learningpath/"


def comparison_form(left: Entry, right: Entry, *lines: str, **fields) -> dict:
    """What a browser sends for a comparison with a difference per line."""
    rows = {
        f"differences-{n}-{name}": value
        for n, line in enumerate(lines)
        for name, value in {"position": n + 1, "aspect": line, "left": "a", "right": "b"}.items()
    }
    form = {"left": left.pk, "right": right.pk, "introduction": "New words."}
    count = {"differences-TOTAL_FORMS": len(lines), "differences-INITIAL_FORMS": 0}
    return {**form, **count, **rows, **fields}


def path_form(*entries: Entry, **fields) -> dict:
    rows = {
        f"steps-{n}-{name}": value
        for n, entry in enumerate(entries)
        for name, value in {"position": n + 1, "entry": entry.pk}.items()
    }
    count = {"steps-TOTAL_FORMS": len(entries), "steps-INITIAL_FORMS": 0}
    return {"title": "C++ from scratch", "language": "en", **count, **rows, **fields}


def errors(response) -> list[str]:
    boxes = of_class(parsed(response), "errorlist")
    return [words(line) for box in boxes for line in box.iter("li")]


@pytest.mark.parametrize(("role", "may"), [("writer", False), ("publisher", True)])
def test_comparisons_are_published_changed_and_deleted_by_publishers(
    client, rpa, workflow, role, may
):
    client.force_login(make_staff(role))
    client.post(f"{COMPARISON}add/", comparison_form(rpa, workflow, "Cost", is_published="on"))
    made = Comparison.objects.get()
    assert [made.is_published, made.differences.get().aspect] == [may, "Cost"]
    Comparison.objects.update(is_published=True, introduction="Old words.")
    address = f"{COMPARISON}{made.pk}/"
    assert client.get(f"{address}change/").status_code == 200
    client.post(f"{address}change/", comparison_form(rpa, workflow, is_published="on"))
    made.refresh_from_db()
    assert (made.introduction == "New words.") is may
    assert made.is_published
    client.post(f"{address}delete/", {"post": "yes"})
    client.post(COMPARISON, {"action": "delete_selected", "_selected_action": [made.pk]})
    assert Comparison.objects.exists() is not may


def test_search_engines_hear_of_published_guides_only(client, rpa, workflow):
    make_site(indexnow_key="a-key-of-the-site")
    client.force_login(make_staff("publisher"))
    OutboxMessage.objects.all().delete()
    client.post(f"{COMPARISON}add/", comparison_form(rpa, workflow, "Cost"))
    assert OutboxMessage.objects.count() == 0
    made = Comparison.objects.get()
    change = f"{COMPARISON}{made.pk}/change/"
    client.post(change, comparison_form(rpa, workflow, is_published="on"))
    assert OutboxMessage.objects.get().payload == {"urls": [made.get_absolute_url()]}


@pytest.mark.parametrize(("role", "may"), [("writer", False), ("publisher", True)])
def test_paths_are_published_and_deleted_by_publishers(client, rpa, workflow, role, may):
    client.force_login(make_staff(role))
    client.post(f"{PATH}add/", path_form(workflow, rpa, is_published="on"))
    path = LearningPath.objects.get()
    assert [path.slug, path.is_published] == ["c-plus-plus-from-scratch", may]
    assert [step.entry for step in path.steps.all()] == [workflow, rpa]
    LearningPath.objects.update(is_published=False)
    client.post(f"{PATH}{path.pk}/change/", path_form(title="Drafts are for all"))
    assert LearningPath.objects.get().title == "Drafts are for all"
    client.post(f"{PATH}{path.pk}/delete/", {"post": "yes"})
    assert LearningPath.objects.exists() is not may


def test_rows_without_a_place_stand_last_in_their_order(admin_client, rpa, workflow):
    path = make_path(rpa, slug="path")
    path.steps.update(position=5)
    form = path_form(rpa, workflow, make_entry(), **{"steps-INITIAL_FORMS": 1})
    step = {"steps-0-id": path.steps.get().pk, "steps-0-path": path.pk, "steps-0-position": 5}
    places = {"steps-1-position": "", "steps-2-position": ""}
    admin_client.post(f"{PATH}{path.pk}/change/", {**form, **step, **places})
    assert [step.position for step in path.steps.all()] == [5, 6, 7]
    assert [step.entry for step in path.steps.all()][:2] == [rpa, workflow]
    blank = {f"differences-0-{name}": "" for name in ("position", "aspect", "left", "right")}
    count = {"differences-TOTAL_FORMS": 1}
    admin_client.post(f"{COMPARISON}add/", comparison_form(rpa, workflow, **count, **blank))
    assert Comparison.objects.get().differences.count() == 0


def test_comparison_form_says_what_is_wrong(admin_client, rpa, workflow):
    chuva = make_entry(term="Chuva", language="pt")
    make_comparison(rpa, workflow)
    for left, right, sentence in [
        (rpa, rpa, "Choose two different entries."),
        (rpa, chuva, "Both entries have to be in the same language."),
        (workflow, rpa, "These two entries are already compared."),
    ]:
        response = admin_client.post(f"{COMPARISON}add/", comparison_form(left, right))
        assert errors(response) == [sentence]


def test_path_form_says_what_is_wrong(admin_client, rpa):
    chuva = make_entry(term="Chuva", language="pt")
    twice = admin_client.post(f"{PATH}add/", path_form(rpa, rpa))
    assert errors(twice) == ["This entry is already in the path."]
    foreign = admin_client.post(f"{PATH}add/", path_form(rpa, chuva))
    assert errors(foreign) == ["This entry is not in English."]
    nameless = admin_client.post(f"{PATH}add/", path_form(rpa, title="…"))
    assert errors(nameless) == ["No address can be made from this name: write one."]
    assert not LearningPath.objects.exists()


def test_desk_says_what_a_finished_guide_waits_for(admin_client, rpa, workflow):
    make_comparison(rpa, make_draft(term="Draft"))
    make_comparison(rpa, workflow)
    make_comparison(workflow, make_entry(), is_published=False)
    make_path(make_draft())
    make_path(rpa, slug="good")
    states = {
        address: [words(state) for state in of_class(parsed(admin_client.get(address)), "state")]
        for address in (COMPARISON, f"{COMPARISON}?state=waiting", PATH, f"{PATH}?state=published")
    }
    assert sorted(states[COMPARISON]) == ["Draft", "Published", "Waiting for “Draft”"]
    assert states[f"{COMPARISON}?state=waiting"] == ["Waiting for “Draft”"]
    assert sorted(states[PATH]) == ["Published", "Waiting for a published entry"]
    assert states[f"{PATH}?state=published"] == ["Published"]
    pages = [admin_client.get(f"{COMPARISON}{c.pk}/change/") for c in Comparison.objects.all()]
    offered = [
        guide for page in pages for guide in links(parsed(page)) if guide and "/compare/" in guide
    ]
    assert offered == ["/compare/rpa-vs-workflow/"]


@pytest.mark.parametrize("rows", [1, 3])
def test_desk_lists_cost_the_same_queries_however_many_rows(
    admin_client, django_assert_num_queries, rows
):
    make_site()
    topic = Topic.objects.create(name="Topic")
    for n in range(rows):
        make_path(make_comparison().left, slug=f"path-{n}", topic=topic)
    for address, queries in {COMPARISON: 7, PATH: 8, f"{COMPARISON}?q=term": 7}.items():
        admin_client.get(address)
        with django_assert_num_queries(queries):
            assert len(of_class(parsed(admin_client.get(address)), "state")) == rows


def test_saving_moves_the_date_only_when_something_changed(admin_client, rpa, workflow):
    made = make_comparison(
        rpa, workflow, introduction="New words.", is_published=False, updated_at=MARCH
    )
    address = f"{COMPARISON}{made.pk}/change/"
    for lines, moved in [((), False), (("Cost",), True)]:
        admin_client.post(address, comparison_form(rpa, workflow, *lines))
        made.refresh_from_db()
        assert (made.updated_at > MARCH) is moved


# Start here, at the desk ------------------------------------------------------------------


def start_here(topic: Topic, *rows: tuple[Entry | None, str], stored: int = 0):
    """The bound formset for `rows` of (entry, place), the first `stored` of them being old."""
    request = RequestFactory().post("/")
    request.user = make_staff("publisher")
    inline = StartHereInline(Topic, admin.site)
    data = {"memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": stored}
    old = list(topic.memberships.filter(position__isnull=False).order_by("position"))
    for n, (entry, position) in enumerate(rows):
        data[f"memberships-{n}-content_object"] = entry.pk
        data[f"memberships-{n}-position"] = position
        data[f"memberships-{n}-id"] = old[n].pk if n < stored else ""
    queryset = inline.get_queryset(request)
    formset = inline.get_formset(request, topic)
    return formset(data, instance=topic, queryset=queryset)


def test_start_here_orders_entries_and_never_moves_them(rpa, workflow):
    entries = [make_entry(term=term, topics=["One"]) for term in ("A", "B")]
    topic = Topic.objects.get(name="One")
    before = set(topic.memberships.values_list("pk", "content_object"))
    for rows, stored, placed in [
        ([(entries[1], "1"), (entries[0], "2")], 0, ["B", "A"]),
        ([(entries[1], "3"), (entries[0], "2")], 2, ["A", "B"]),
        ([(entries[0], ""), (rpa, "3")], 2, ["B"]),
    ]:
        formset = start_here(topic, *rows, stored=stored)
        assert formset.is_valid(), formset.errors
        formset.save()
        assert [entry.term for entry in guides.first_entries(topic)] == placed
    assert set(topic.memberships.values_list("pk", "content_object")) == before


def test_start_here_points_at_what_cannot_be(rpa):
    entry = make_entry(topics=["One"])
    topic = Topic.objects.get(name="One")
    twice = start_here(topic, (entry, "1"), (entry, "2"))
    assert twice.errors == [{}, {"content_object": ["This entry is already in the list."]}]
    (wrong,) = start_here(topic, (rpa, "1")).errors
    assert wrong == {"content_object": ["“RPA” is not about this topic: give it the topic first."]}


def test_start_here_is_for_those_who_may_change_the_topic():
    topic, request = Topic.objects.create(name="One"), RequestFactory().get("/")
    inline = StartHereInline(Topic, admin.site)
    for role, may in (("writer", False), ("publisher", True)):
        request.user = make_staff(role)
        assert inline.has_change_permission(request, topic) is may
        assert inline.has_add_permission(request, topic) is may
        assert inline.has_add_permission(request, None) is False


# Roles ------------------------------------------------------------------------------------


def test_roles_can_be_taken_back_without_losing_earlier_ones():
    def held(role: str) -> set[str]:
        return set(make_role(role).permissions.values_list("codename", flat=True))

    granted = {role: held(role) for role in ("writer", "publisher")}
    assert {"add_comparison", "change_pathstep", "view_searchedphrase"} <= granted["writer"]
    assert {"delete_comparison", "delete_feedback", "add_pinnedresult"} <= granted["publisher"]
    assert not {"delete_comparison", "delete_feedback", "add_pinnedresult"} & granted["writer"]
    folder = Path(apps.get_app_config("glossary").path, "migrations")
    (file,) = folder.glob("*_guide_roles.py")
    migration = import_module(f"glossary.migrations.{file.stem}")
    migration.take_back(apps, None)
    assert (
        {"change_entry", "view_topic"}
        <= held("writer")
        == granted["writer"] - {name.removeprefix("glossary.") for name in migration.WRITER}
    )
    migration.grant(apps, None)
    assert {role: held(role) for role in granted} == granted
