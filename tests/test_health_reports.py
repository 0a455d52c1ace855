"""Health reports: what is in each, and what must not be."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict

from glossary import freshness, health_reports, health_rows
from glossary.external_links import store
from glossary.health_reports import REPORTS
from glossary.health_rows import Filters
from glossary.models import Entry, ExternalLink, InternalLink, Mention, NamedLink
from tests.factories import make_author, make_draft, make_entry, make_staff

pytestmark = pytest.mark.django_db

BY_NAME = {report.name: report for report in REPORTS}


def rows(name, **filters) -> list[list[str]]:
    found = list(BY_NAME[name].rows(Filters(**filters)))
    assert BY_NAME[name].count(Filters(**filters))[0] == len(found)
    return [["; ".join(part.text for part in cell) for cell in row] for row in found]


def firsts(name, **filters) -> list[str]:
    return [row[0] for row in rows(name, **filters)]


def mention(source, target, is_link=True):
    Mention.objects.create(
        source=source, target=target, sentence="x", start=0, length=1, is_link=is_link
    )


def name_in(source, text, target=None):
    NamedLink.objects.create(source=source, key=text.lower(), text=text, target=target)


@pytest.fixture
def apart():
    """Entries whose texts have nothing to do with each other."""
    return [make_entry(term=term, body="Text.") for term in ("Warp", "Weft", "Woof")]


# Links between entries ------------------------------------------------------------------------


def link_by_mention(source, target):
    mention(source, target)


def link_by_address(source, target):
    InternalLink.objects.create(source=source, language="en", slug=target.slug)


def link_by_old_address(source, target):
    target.old_slugs.create(language="en", slug=f"old-{target.slug}")
    InternalLink.objects.create(source=source, language="en", slug=f"old-{target.slug}")


def link_by_name(source, target):
    name_in(source, target.term, target)


LINKS = [link_by_mention, link_by_address, link_by_old_address, link_by_name]


@pytest.mark.parametrize("link", LINKS)
def test_linked_entries_are_no_orphans_and_linking_ones_no_dead_ends(apart, link):
    warp, weft, _ = apart
    assert firsts("orphans") == firsts("dead-ends") == ["Warp", "Weft", "Woof"]
    link(warp, weft)
    assert firsts("orphans") == ["Warp", "Woof"]
    assert firsts("dead-ends") == ["Weft", "Woof"]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_links_from_and_to_what_is_not_on_the_site_do_not_count(apart, link, state):
    warp, weft, _ = apart
    link(warp, weft)
    Entry.objects.filter(pk=warp.pk).update(state=state)
    assert firsts("orphans") == ["Weft", "Woof"]
    Entry.objects.filter(pk=warp.pk).update(state="published")
    Entry.objects.filter(pk=weft.pk).update(state=state)
    assert firsts("dead-ends") == ["Warp", "Woof"]


@pytest.mark.parametrize("link", LINKS[1:])
def test_entry_that_links_to_itself_is_alone(apart, link):
    link(apart[0], apart[0])
    assert firsts("orphans") == firsts("dead-ends") == ["Warp", "Weft", "Woof"]


def test_mention_without_a_link_and_address_in_another_language_lead_nowhere(apart):
    warp, weft, _ = apart
    mention(warp, weft, is_link=False)
    InternalLink.objects.create(source=warp, language="de", slug="weft")
    assert firsts("orphans") == firsts("dead-ends") == ["Warp", "Weft", "Woof"]


def test_texts_that_are_published_link_by_themselves():
    make_entry(term="Loom", body="Text.")
    make_entry(term="Shuttle", body="It runs through the loom.")
    assert firsts("orphans") == ["Shuttle"]
    assert firsts("dead-ends") == ["Loom"]


def test_broken_links_are_named_with_their_text(apart):
    warp, weft, woof = apart
    draft = make_draft(term="Draft", slug="draft")
    woof.old_slugs.create(language="en", slug="old-woof")
    for slug in ("weft", "draft", "nowhere", "old-woof"):
        InternalLink.objects.create(source=warp, language="en", slug=slug)
    name_in(weft, "Draft", draft)
    name_in(weft, "Woof", woof)
    name_in(woof, "Wanted")
    InternalLink.objects.create(source=draft, language="en", slug="nowhere")
    assert rows("dropped-links") == [
        ["Warp", "English", "–", "/glossary/draft/; /glossary/nowhere/"],
        ["Weft", "English", "–", "[[Draft]]"],
    ]
    Entry.objects.filter(pk=woof.pk).update(state="withdrawn")
    assert (
        rows("dropped-links")[0][3] == "/glossary/draft/; /glossary/nowhere/; /glossary/old-woof/"
    )


def test_wanted_terms_are_counted_with_their_texts(apart):
    warp, weft, woof = apart
    german = make_entry(term="Kette", language="de", body="Text.")
    draft, gone = make_draft(term="Draft"), make_draft(term="Gone", state="withdrawn")
    for source in (warp, draft, gone):
        name_in(source, "Heddle")
    name_in(german, "heddle")
    name_in(weft, "Reed")
    name_in(weft, "Woof", woof)
    assert rows("wanted") == [
        ["Heddle", "English", "2", "Draft; Warp"],
        ["heddle", "Deutsch", "1", "Kette"],
        ["Reed", "English", "1", "Weft"],
    ]
    assert firsts("wanted", language="de") == ["heddle"]


def test_of_many_texts_the_first_are_named():
    for number in range(7):
        name_in(make_entry(term=f"Text {number}", body="x"), "Heddle")
    [row] = BY_NAME["wanted"].rows(Filters())
    assert [part.text for part in row[3]] == [*(f"Text {n}" for n in range(5)), "and 2 more"]
    assert all(part.entry for part in row[3][:5])


# Addresses on other sites ----------------------------------------------------------------------


def test_broken_addresses_are_listed_by_their_answer(apart):
    warp, weft, _ = apart
    fates = {
        "a": {"status": 404, "failures": 3},
        "b": {"status": 503, "failures": 2},
        "c": {"error": "Nobody knows the name", "failures": 2},
        "d": {"status": 302, "error": "It redirects more than 3 times", "failures": 2},
        "once": {"status": 404, "failures": 1},
        "fine": {"status": 200},
    }
    store(warp, "".join(f'<a href="https://x.example/{name}">x</a>' for name in fates))
    store(weft, '<a href="https://x.example/a">x</a>')
    store(make_draft(), '<a href="https://x.example/draft">x</a>')
    checked = datetime(2026, 11, 20, 12, tzinfo=UTC)
    for name, fate in fates.items():
        address = ExternalLink.objects.filter(url=f"https://x.example/{name}")
        address.update(checked_at=checked, **fate)
    ExternalLink.objects.filter(url__endswith="/draft").update(status=404, failures=9)
    assert rows("broken-links") == [
        ["https://x.example/a", "Status 404", "2026-11-20", "3", "Warp; Weft"],
        ["https://x.example/b", "Status 503", "2026-11-20", "2", "Warp"],
        ["https://x.example/c", "Nobody knows the name", "2026-11-20", "2", "Warp"],
        ["https://x.example/d", "It redirects more than 3 times", "2026-11-20", "2", "Warp"],
    ]
    for answer, name in [("4xx", "a"), ("5xx", "b"), ("none", "c"), ("redirect", "d")]:
        assert firsts("broken-links", answer=answer) == [f"https://x.example/{name}"]
    Entry.objects.filter(pk=weft.pk).update(author=make_author())
    author = Entry.objects.get(pk=weft.pk).author_id
    assert firsts("broken-links", author=author) == ["https://x.example/a"]


# People, definitions, reviews ------------------------------------------------------------------


def test_what_is_missing_is_found_by_state():
    rui, owner = make_author(name="Rui"), make_staff()
    make_entry(term="Whole", reviewer=rui, owner=owner)
    make_entry(term="Bare", short_definition="", body="x")
    make_draft(term="Draft", short_definition="")
    make_draft(term="Gone", short_definition="", state="withdrawn")
    for name in ("no-reviewer", "no-owner", "no-definition"):
        assert firsts(name) == ["Bare"], name
        assert firsts(name, state="draft") == ["Draft"]
        assert firsts(name, state="withdrawn") == ["Gone"]
        assert firsts(name, state="any") == ["Bare", "Draft", "Gone"]
    assert rows("no-reviewer", state="draft") == [["Draft", "English", "–", "Draft"]]


def test_overdue_reviews_begin_with_the_oldest():
    today = freshness.today()
    owner = make_staff(username="paula")
    for term, days in [("Late", 2), ("Later", 5), ("Today", 0), ("Soon", -1)]:
        entry = make_entry(term=term, owner=owner, body="x")
        due = today - timedelta(days=days)
        Entry.objects.filter(pk=entry.pk).update(review_due_on=due)
    make_draft(review_due_on=today - timedelta(days=9))
    expected = [
        [term, "English", "–", "paula", str(today - timedelta(days=days))]
        for term, days in [("Later", 5), ("Late", 2)]
    ]
    assert rows("overdue") == expected


def test_duplicates_name_the_entry_of_an_alias():
    make_entry(term="Robotic process automation", aliases=["Webhook"], body="x")
    make_entry(term="Webhooks", body="y", author=(ines := make_author()))
    make_entry(term="Data lake", body="z", author=make_author())
    found = [
        [
            "Webhook (other name of Robotic process automation)",
            "Webhooks",
            "Singular and plural",
            "English",
        ]
    ]
    assert rows("duplicates") == found
    assert rows("duplicates", author=ines.pk) == found
    assert rows("duplicates", language="de") == []


# Filters and counts ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in BY_NAME if name not in ("broken-links",)])
def test_every_report_obeys_language_topic_and_author(name):
    today = freshness.today()
    entries = [
        make_entry(term="Webhook", body="x", short_definition="", topics=["APIs"]),
        make_entry(term="Webhooks", body="x", short_definition="", author=make_author()),
        make_entry(term="Haken haken", body="x", short_definition="", language="de"),
        make_entry(term="Hakenhaken", body="x", short_definition="", language="de"),
    ]
    for number, entry in enumerate(entries):
        name_in(entry, f"Wanted {number}")
        InternalLink.objects.create(source=entry, language="en", slug="nowhere")
    Entry.objects.update(review_due_on=today - timedelta(days=1))
    topic = entries[0].topics.get().pk

    def texts(**filters):
        return " ".join(text for row in rows(name, **filters) for text in row)

    everything = texts()
    assert "Webhook" in everything
    assert "aken" in everything
    assert "Webhook" not in texts(language="de")
    assert "Webhook" in texts(topic=topic)
    assert "aken" not in texts(topic=topic)
    assert "Webhooks" in texts(author=entries[1].author_id)
    assert texts(author=10**18 - 1) == texts(topic=10**18 - 1) == ""


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        ("", Filters()),
        ("language=de&topic=3&author=4", Filters(language="de", topic=3, author=4)),
        ("language=xx&topic=x&author=-1&state=odd&answer=odd", Filters()),
        ("topic=" + "9" * 30 + "&author=%00", Filters()),
        ("state=any&answer=4xx", Filters(state="any", answer="4xx")),
    ],
)
def test_filters_are_read_as_they_were_offered(query, filters):
    assert Filters.of(QueryDict(query)) == filters


def test_slow_counts_are_kept_and_quick_ones_are_not(monkeypatch):
    make_entry(body="x")
    report = BY_NAME["no-owner"]
    assert report.count(Filters()) == (1, None)
    make_entry(body="x")
    monkeypatch.setattr(health_reports, "SLOW", -1)
    assert report.count(Filters()) == (2, None)
    make_entry(body="x")
    count, at = report.count(Filters())
    assert (count, at is not None) == (2, True)
    assert report.count(Filters(language="en"))[0] == 3


# What it costs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(BY_NAME))
def test_every_report_asks_along_an_index(name):
    """With every other way forbidden or named: no table of links is read from end to end."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    found = BY_NAME[name].find(Filters())
    if isinstance(found, list):
        return
    plan = found.all()[:50].explain()
    for table in ("mention", "internallink", "namedlink", "oldslug", "externallink_entries"):
        if connection.vendor == "postgresql":
            assert f"Seq Scan on glossary_{table} " not in plan, plan
        elif name != "wanted":
            assert not [
                line for line in plan.splitlines() if " SCAN " in line and table in line
            ], plan
    if name in ("orphans", "dead-ends", "dropped-links") and connection.vendor == "sqlite":
        # The page's fifty rows come in the order of the index: the rest is not even read.
        assert "USING INDEX entry_published_by_term" in plan, plan
        assert "TEMP B-TREE" not in plan, plan


def test_rows_module_words_each_answer():
    link = ExternalLink(url="https://x.example/")
    assert health_rows.answer_of(link) == "No answer"
