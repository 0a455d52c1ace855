"""What a change of a row makes new, and that nothing that pages show is left out."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from config import page_stamps
from config.models import PageDate, PageStamp, SiteSettings
from config.page_files import PageFiles
from config.page_versions import LOOK_SOON, Versions
from glossary import publishing, revisions
from glossary.models import Difference, Entry, EntryTopic, LearningPath, RelatedEntry, Topic
from glossary.page_stamps import MOST_NEIGHBOURS
from leads.models import Offer, OfferTopic
from tests.factories import (
    make_author,
    make_comparison,
    make_draft,
    make_endpoint,
    make_entry,
    make_offer,
    make_path,
    make_rules,
    make_site,
)

pytestmark = pytest.mark.django_db(transaction=True)


def stamped(act) -> set[str]:
    """Return the keys that `act` stamps."""
    before = dict(PageStamp.objects.values_list("key", "version"))
    act()
    after = PageStamp.objects.values_list("key", "version")
    return {key for key, version in after if before.get(key, 0) < version}


def change(row, **values):
    return lambda: type(row).objects.filter(pk=row.pk).update(**values)


def test_what_is_declared_is_installed():
    assert page_stamps.installed(connection) == set(page_stamps.wanted(connection))


# What is stamped --------------------------------------------------------------------------------


def test_a_change_that_only_its_own_page_shows():
    entry = make_entry(term="Webhook")
    make_entry(term="API")
    own = {f"entry:{entry.pk}"}
    assert stamped(change(entry, body_html="<p>Other words.")) == own
    assert stamped(change(entry, seo_title="Other title")) == own
    assert stamped(change(entry, body_html="<p>Other words.")) == set()


def test_what_lists_and_neighbours_show_of_an_entry():
    first, entry, last, far = (make_entry(term=term) for term in ("A", "B", "C", "D"))
    keys = {f"entry:{each.pk}" for each in (first, entry, last)} | {"entries", "guides"}
    assert stamped(change(entry, short_definition="It means something else.")) == keys
    assert f"entry:{far.pk}" not in keys


def test_an_entry_that_moves_in_the_alphabet_leaves_neighbours_on_both_sides():
    entries = {term: make_entry(term=term) for term in ("A", "B", "C", "K", "L", "M")}
    key = Entry(term="KK").sort_key or "kk"
    found = stamped(change(entries["B"], term="Kk", sort_key=key))
    assert {f"entry:{entries[term].pk}" for term in "ABCKL"} < found
    assert f"entry:{entries['M'].pk}" not in found


def test_neighbours_are_found_beyond_any_number_of_entries_to_come():
    first, last = make_entry(term="A"), make_entry(term="Z")
    soon = timezone.now() + timedelta(days=5)
    for number in range(MOST_NEIGHBOURS + 1):
        make_entry(term=f"M {number:03}", at=soon)
    assert f"entry:{first.pk}" in stamped(change(last, term="Zebra"))
    assert f"entry:{last.pk}" in stamped(change(first, term="Aardvark"))


def test_those_who_wait_are_neighbours_as_far_as_somebody_who_is_seen():
    soon = timezone.now() + timedelta(days=5)
    seen, entry, after = (make_entry(term=term) for term in ("B", "M", "X"))
    waiting = {term: make_entry(term=term, at=soon) for term in ("A", "C", "L", "N", "W", "Z")}
    found = stamped(change(entry, short_definition="Anew."))
    near = {f"entry:{waiting[term].pk}" for term in "CLNW"}
    assert near | {f"entry:{each.pk}" for each in (seen, entry, after)} < found
    assert not found & {f"entry:{waiting[term].pk}" for term in "AZ"}


def test_where_nobody_is_seen_those_who_wait_are_neighbours():
    soon = timezone.now() + timedelta(days=5)
    entry = make_entry(term="M")
    waiting = {f"entry:{make_entry(term=term, at=soon).pk}" for term in ("A", "L", "N", "Z")}
    assert waiting < stamped(change(entry, short_definition="Anew."))


def test_those_whose_pages_show_an_entry():
    entry, mentioned, related, other, mate = (make_entry() for _ in range(5))
    entry.mentions_made.create(target=mentioned, sentence="So", start=0, length=2, is_link=True)
    RelatedEntry.objects.create(entry=related, other=entry, position=1, is_chosen=True)
    make_comparison(entry, other)
    make_path(mate, entry)
    keys = {f"entry:{each.pk}" for each in (mentioned, related, other, mate)}
    assert keys < stamped(change(entry, short_definition="New."))


def test_drafts_are_nobodys_page():
    draft, entry = make_draft(), make_entry()
    text = {**revisions.newest(entry), "body": "Not yet."}
    assert stamped(lambda: publishing.save_draft(entry, text)) == set()
    assert stamped(change(draft, body="Other words.", body_html="<p>x", term="Elsewhere")) == set()
    assert stamped(lambda: draft.topics.add("Data")) == {"topics"}


def rows():
    """Each kind of row that pages show, with a change of it and what it makes new."""
    entry, other = make_entry(topics=["Data"]), make_entry()
    author, offer = make_author(), make_offer()
    comparison, path = make_comparison(entry, other), make_path(entry, other)
    pair = {f"entry:{entry.pk}", f"entry:{other.pk}"}
    topic = Topic.objects.get()
    yield change(make_site(), tagline="New"), {"site"}
    yield change(make_endpoint(), is_active=False), {"site"}
    yield change(offer, heading="New"), {"site"}
    yield (lambda: OfferTopic.objects.create(offer=offer, topic=topic)), {"site"}
    yield (lambda: make_rules(lost=30)), {"site"}
    yield change(author, role="New"), {"people", f"author:{author.pk}"}
    yield change(comparison, verdict_html="New"), {"guides", *pair}
    yield (lambda: Difference.objects.create(comparison=comparison, aspect="Price")), {"guides"}
    yield change(path, title="New"), {"guides", *pair}
    yield change(path.steps.first(), note="New"), {"guides", *pair}
    yield change(topic, description="New"), {"topics"}
    yield change(EntryTopic.objects.get(), position=1), {"topics"}
    yield change(entry.live, why="So that it is new"), {f"entry:{entry.pk}"}
    yield (lambda: LearningPath.objects.all().delete()), {"guides", *pair}
    # Every page with the offer shows its host, and finds it by the topic's name.
    yield change(topic, name="Facts"), {"topics", "site"}
    host = make_author()
    change(offer, host=host)()
    yield change(host, role="New"), {"people", f"author:{host.pk}", "site"}
    yield change(host, biography="New"), {"people", f"author:{host.pk}"}
    yield (lambda: Offer.objects.all().delete()), {"site"}


def test_each_kind_of_row():
    for act, keys in rows():
        assert stamped(act) == keys


def test_what_is_rolled_back_has_not_happened():
    entry = make_entry()

    def fail():
        with transaction.atomic():
            change(entry, body_html="<p>Never seen.")()
            transaction.set_rollback(True)

    assert stamped(fail) == set()


# What is shown ----------------------------------------------------------------------------------

NOT_SHOWN = {
    "config_pagestamp": "what it is about",
    "glossary_alias": "readers see the copy in the entry's own row",
    "glossary_oldslug": "leads elsewhere, and that is not kept",
    "glossary_oldtopicslug": "likewise",
    "glossary_termname": "names of addresses that are not there",
}
"""Tables that public pages ask although no page that is kept shows their rows."""


def test_pages_show_nothing_that_leaves_no_stamp():
    make_site()
    make_rules(lost=30)
    make_endpoint()
    entry, other = make_entry(author=make_author(), topics=["Data"]), make_entry()
    make_offer()
    make_comparison(entry, other)
    path = make_path(entry, other)
    asked: list[str] = []

    def listen(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    own = entry.get_absolute_url()
    pages = ["/", "/glossary/", f"/glossary/letter/{entry.letter}/", "/topics/", "/topics/data/"]
    pages += [own, f"{own}card/", f"{own}mentions/", f"{own.rstrip('/')}.md", "/privacy/"]
    pages += ["/authors/", f"/authors/{entry.author.slug}/", "/compare/", "/paths/", "/feed/"]
    pages += [f"/paths/{path.slug}/", f"/paths/{path.slug}.md", "/topics/data.md", "/llms.txt"]
    pages += ["/sitemap.xml", "/robots.txt", "/search/", "/consultation/thanks/"]
    sections = ("pages", "entries", "topics", "authors", "comparisons", "paths")
    pages += [f"/sitemap-{section}.xml" for section in sections]
    with connection.execute_wrapper(listen):
        for page in pages:
            assert Client().get(page).status_code == 200, page
    tables = {
        name for sql in asked for name in re.findall(r'(?:FROM|JOIN)\s+"?([a-z]+_[a-z]\w+)"?', sql)
    }
    known = {stamp.table for stamp in page_stamps.declared()} | set(NOT_SHOWN)
    assert {table for table in tables if not table.startswith(("sqlite_", "pg_"))} <= known


# Time -------------------------------------------------------------------------------------------


def test_a_date_to_come_is_remembered_and_stamps_when_it_has_come():
    first, last = make_entry(term="A"), make_entry(term="C")
    at = timezone.now() + timedelta(hours=2)
    entry = make_entry(term="B", at=at)
    assert list(PageDate.objects.values_list("kind", "row_id", "at")) == [
        ("appears", entry.pk, at)
    ]
    keys = {"entries", "guides", *(f"entry:{each.pk}" for each in (first, entry, last))}
    assert stamped(lambda: PageDate.objects.all().delete()) == keys


def test_a_planned_change_is_remembered():
    entry = make_entry()
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "Later."})
    at = timezone.now() + timedelta(hours=2)
    publishing.schedule(entry, at=at)
    assert list(PageDate.objects.values_list("kind", "row_id", "at")) == [
        ("changes", entry.pk, at)
    ]


def test_versions_grow_as_changes_become_visible():
    """On PostgreSQL, what was changed first but committed last is the newest."""
    make_site()
    author = make_author()
    slow = connection.copy()
    try:
        slow.set_autocommit(False)
        if connection.vendor == "postgresql":
            with slow.cursor() as cursor:
                cursor.execute("UPDATE config_sitesettings SET tagline = 'slow'")
            change(author, role="quick")()
        else:
            change(author, role="quick")()
            with slow.cursor() as cursor:
                cursor.execute("UPDATE config_sitesettings SET tagline = 'slow'")
        slow.commit()
    finally:
        slow.close()
    versions = dict(PageStamp.objects.values_list("key", "version"))
    assert versions["site"] > versions["people"]


# Installing -------------------------------------------------------------------------------------


def test_migrating_puts_missing_triggers_back_and_makes_all_pages_new():
    versions, newer = Versions(lease=0), Versions(lease=0)
    assert versions.current() is not None
    page_stamps.remove()
    try:
        assert newer.current() is None
        assert stamped(change(make_site(), tagline="Unseen")) == set()
    finally:
        keys = stamped(lambda: call_command("migrate", verbosity=0))
    assert keys == {"site"}
    assert page_stamps.are_installed(connection)
    assert stamped(lambda: call_command("migrate", verbosity=0)) == set()
    versions.close()
    newer.close()
    assert SiteSettings.objects.get().tagline == "Unseen"


def test_processes_that_run_keep_nothing_while_triggers_are_away(tmp_path):
    files = PageFiles(tmp_path, "release")
    versions = Versions(files, lease=0)
    before = versions.current()
    (tmp_path / "pages").mkdir()
    page_stamps.remove()
    try:
        assert versions.current() is None
        assert not (tmp_path / "pages").exists()
    finally:
        call_command("migrate", verbosity=0)
    versions.looked_at -= LOOK_SOON
    after = versions.current()
    assert after is not None
    assert versions.are_right(["site"], before, after) is False
    versions.close()


def test_migrating_goes_on_where_it_was_interrupted():
    page_stamps.stamp(page_stamps.AWAY)
    versions = Versions(lease=0)
    assert versions.current() is None
    call_command("migrate", verbosity=0)
    versions.looked_at -= LOOK_SOON
    assert versions.current() is not None
    versions.close()
