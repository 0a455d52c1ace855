"""Drafts beside live entries: what is kept, what readers see, and whom nobody overwrites."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from config import outbox
from glossary import publishing, revisions
from glossary.models import Entry, EntryTopic, OldSlug, Revision
from tests.factories import make_author, make_draft, make_entry, make_staff

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(days=30), NOW + timedelta(days=3)
SOON = NOW + timedelta(seconds=20)


def stored(entry: Entry) -> Entry:
    return Entry.objects.get(pk=entry.pk)


def whole(term: str = "Webhook", **fields) -> Entry:
    """A published entry in which every editorial field says something."""
    other = make_entry(term=f"Other of {term}", at=EARLIER)
    values = {
        "author": make_author(),
        "reviewer": make_author(),
        "title_override": "What are webhooks?",
        "seo_title": "Webhooks",
        "seo_description": "All about webhooks.",
        "case_rule": "exact",
        "offer": 7,
        "links_terms": False,
        "is_linked_to": False,
    }
    entry = make_draft(term=term, topics=["Data", "Web"], aliases=["Callback"], **values | fields)
    entry.aliases.update(case_rule="any")
    entry.related_entries.create(other=other, position=3)
    publishing.publish(entry, at=EARLIER, now=EARLIER)
    return stored(entry)


# Snapshots --------------------------------------------------------------------------------


def test_a_version_holds_every_editorial_field():
    entry = whole()
    (other,) = entry.related_entries.filter(is_chosen=True)
    assert revisions.snapshot_of(entry) == {
        "term": "Webhook",
        "slug": "webhook",
        "language": "en",
        "case_rule": "exact",
        "title_override": "What are webhooks?",
        "short_definition": entry.short_definition,
        "body": entry.body,
        "links_terms": False,
        "is_linked_to": False,
        "seo_title": "Webhooks",
        "seo_description": "All about webhooks.",
        "offer": 7,
        "author": entry.author_id,
        "reviewer": entry.reviewer_id,
        "topics": ["Data", "Web"],
        "aliases": [{"name": "Callback", "case_rule": "any"}],
        "related": [{"entry": other.other_id, "position": 3}],
    }


def test_a_version_leaves_out_only_what_is_not_editorial():
    """A new field of entries is either in the snapshot or named here, on purpose."""
    desk = {"owner", "review_months", "review_due_on", "reviewed_on", "review", "planned_at"}
    states = {"state", "published_at", "updated_at", "created_at", "draft", "live", "planned"}
    derived = {"body_html", "contents", "anchors", "plain_text", "reading_minutes", "letter"}
    derived |= {"public_topics", "public_aliases", "renderer_version", "term_key", "sort_key"}
    origin = {"id", "import_ref", "import_digest"}
    fields = {field.name for field in Entry._meta.concrete_fields}
    held = {*revisions.TEXTS, *revisions.PEOPLE}
    assert fields - held == desk | states | derived | origin


def test_putting_a_version_back_gives_the_same_version():
    entry = whole()
    before = revisions.snapshot_of(entry)
    Entry.objects.filter(pk=entry.pk).update(body="", author=None, offer=None, case_rule="auto")
    entry = stored(entry)
    entry.topics.set(["Else"])
    entry.aliases.all().delete()
    entry.related_entries.all().delete()
    revisions.apply(entry, before)
    assert revisions.snapshot_of(stored(entry)) == before


def test_a_place_under_start_here_survives_a_new_version():
    entry = whole()
    EntryTopic.objects.filter(tag__name="Data").update(position=2)
    publishing.save_draft(entry, {**revisions.newest(entry), "topics": ["Data"]})
    publishing.publish(entry)
    assert list(entry.memberships.values_list("tag__name", "position")) == [("Data", 2)]


def test_what_was_deleted_since_is_left_out():
    entry = whole()
    snapshot = revisions.snapshot_of(entry)
    author, (related,) = entry.author, entry.related_entries.filter(is_chosen=True)
    publishing.save_draft(entry, {**snapshot, "body": "News."})
    publishing.delete([related.other])
    Entry.objects.filter(pk=entry.pk).update(author=None)
    author.delete()
    publishing.publish(entry)
    again = stored(entry)
    assert (again.body, again.author) == ("News.", None)
    assert not again.related_entries.filter(is_chosen=True).exists()


# A draft beside the live entry ------------------------------------------------------------


def test_readers_see_the_published_version_until_the_next_one(client):
    entry = whole()
    before = client.get(entry.get_absolute_url()).content
    leaks = {
        "body": "Leak1",
        "short_definition": "Leak2",
        "title_override": "Leak3",
        "seo_title": "Leak4",
        "seo_description": "Leak5",
        "aliases": [{"name": "Leak6", "case_rule": "auto"}],
        "topics": ["Leak7"],
        "author": make_author(name="Nora Newcomer").pk,
        "term": "Leak9",
        "slug": "leak10",
    }
    publishing.save_draft(entry, {**revisions.newest(entry), **leaks})
    assert client.get(entry.get_absolute_url()).content == before
    assert client.get("/glossary/leak10/").status_code == 404
    for path in (
        *("/", "/glossary/", "/glossary/letter/W/", "/topics/", "/feed/", "/llms.txt"),
        *("/glossary/webhook.md", "/glossary/webhook/card/", "/sitemap-entries.xml"),
        *("/search/?q=webhook", "/search/suggest/?q=web", "/search/?q=leak6"),
        *("/search/suggest/?q=leak", "/authors/", "/sitemap.xml"),
    ):
        page = client.get(path).content.decode()
        assert "Leak" not in page.replace("leak6", "").replace("Leak6", ""), path
    publishing.publish(entry)
    page = client.get("/glossary/leak10/").content.decode()
    assert [
        word
        for word in ("Leak1", "Leak2", "Leak3", "Leak4", "Leak5", "Leak6", "Leak7", "Nora")
        if word not in page
    ] == []


def test_rows_follow_the_draft_until_the_entry_is_published():
    entry = make_draft(term="Webhook", topics=["Data"])
    publishing.save_draft(entry, {**revisions.newest(entry), "term": "Hook", "topics": ["Web"]})
    again = stored(entry)
    assert (again.term, [topic.name for topic in again.topics.all()]) == ("Hook", ["Web"])


def test_publishing_a_new_address_leads_from_the_old_one(client):
    entry = make_entry(term="Webhook", at=EARLIER)
    publishing.save_draft(entry, {**revisions.newest(entry), "slug": "web-hook"})
    assert OldSlug.objects.count() == 0
    publishing.publish(entry)
    old = client.get("/glossary/webhook/")
    assert (old.status_code, old["Location"]) == (301, "/glossary/web-hook/")


def test_an_address_that_was_taken_meanwhile_is_refused_and_the_draft_kept():
    entry = make_entry(term="Webhook")
    publishing.save_draft(entry, {**revisions.newest(entry), "slug": "hook", "body": "Work."})
    make_entry(term="Other", slug="hook")
    with pytest.raises(ValidationError):
        publishing.publish(entry)
    again = stored(entry)
    assert (again.slug, again.draft.snapshot["body"]) == ("webhook", "Work.")


def test_a_discarded_draft_stays_among_the_versions():
    entry = make_entry(body="Live.")
    draft = publishing.save_draft(entry, {**revisions.newest(entry), "body": "Wrong."})
    publishing.discard(entry)
    again = stored(entry)
    assert (again.draft, again.body) == (None, "Live.")
    assert Revision.objects.get(pk=draft.pk).snapshot["body"] == "Wrong."


def test_restoring_makes_a_new_draft_and_loses_nothing():
    entry = make_entry(body="One.")
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "Two."})
    publishing.publish(entry)
    first = entry.revisions.get(number=1)
    publishing.restore(entry, first)
    again = stored(entry)
    assert (again.body, again.draft.snapshot["body"]) == ("Two.", "One.")
    assert list(again.revisions.values_list("number", flat=True)) == [3, 2, 1]


def test_what_was_published_before_there_were_versions_is_not_lost():
    entry = make_entry(body="Old words.", at=EARLIER)
    entry.revisions.all().delete()
    Entry.objects.filter(pk=entry.pk).update(live=None)
    entry = stored(entry)
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "News."}, base="")
    publishing.publish(entry)
    bodies = [each.snapshot["body"] for each in entry.revisions.all()]
    assert bodies == ["News.", "Old words."]
    assert entry.revisions.last().published_at == EARLIER


# Two people, one entry --------------------------------------------------------------------


def test_a_newer_draft_of_somebody_else_is_not_overwritten():
    entry = make_draft(body="Begin.")
    ann, ben = make_staff("writer"), make_staff("writer")
    seen = revisions.mark(publishing.save_draft(entry, revisions.newest(entry), note="Begin"))
    snapshot = revisions.newest(entry)
    publishing.save_draft(entry, {**snapshot, "body": "Ann's."}, by=ann, base=seen)
    with pytest.raises(publishing.NewerDraft) as refusal:
        publishing.save_draft(entry, {**snapshot, "body": "Ben's."}, by=ben, base=seen)
    assert refusal.value.newest.snapshot["body"] == "Ann's."
    assert stored(entry).draft.snapshot["body"] == "Ann's."


def test_a_first_version_that_two_began_with_nothing_is_not_overwritten():
    entry = make_draft(body="Begin.")
    snapshot = revisions.newest(entry)
    publishing.save_draft(entry, {**snapshot, "body": "Ann's."}, base="")
    with pytest.raises(publishing.NewerDraft):
        publishing.save_draft(entry, {**snapshot, "body": "Ben's."}, base="")


def autosave(entry: Entry, body: str, *, by, base=None, now=NOW) -> Revision:
    snapshot = {**revisions.newest(entry), "body": body}
    return publishing.save_draft(entry, snapshot, by=by, base=base, is_autosave=True, now=now)


def test_an_autosave_goes_on_in_its_version():
    entry, writer = make_draft(), make_staff("writer")
    first = autosave(entry, "A", by=writer)
    second = autosave(entry, "A b", by=writer, base=revisions.mark(first), now=SOON)
    assert (first.pk, second.number, second.snapshot["body"]) == (second.pk, 1, "A b")
    assert not entry.events.exists()


def test_an_autosave_does_not_go_on_in_what_somebody_else_wrote():
    entry = make_draft()
    autosave(entry, "A", by=make_staff("writer"))
    autosave(entry, "B", by=make_staff("writer"), now=SOON)
    assert [each.snapshot["body"] for each in entry.revisions.all()] == ["B", "A"]


def test_two_windows_of_one_person_do_not_overwrite_each_other():
    entry, writer = make_draft(), make_staff("writer")
    seen = revisions.mark(autosave(entry, "A", by=writer))
    autosave(entry, "A, first window", by=writer, base=seen, now=SOON)
    with pytest.raises(publishing.NewerDraft):
        autosave(entry, "A, second window", by=writer, base=seen, now=SOON)


def test_saving_makes_a_version_of_an_autosave():
    entry, writer = make_draft(), make_staff("writer")
    autosave(entry, "A", by=writer)
    saved = publishing.save_draft(entry, revisions.newest(entry), by=writer, now=SOON)
    assert (saved.number, saved.is_autosave) == (1, False)
    autosave(entry, "B", by=writer, now=SOON)
    assert [each.snapshot["body"] for each in entry.revisions.all()] == ["B", "A"]


@pytest.mark.parametrize("reliance", ["submit", "share"])
def test_an_autosave_leaves_alone_what_others_rely_on(reliance):
    entry, writer = make_draft(), make_staff("writer")
    draft = autosave(entry, "A", by=writer)
    if reliance == "submit":
        publishing.submit(entry, by=writer)
    else:
        draft.shares.create(recipient="Rita", expires_at=LATER)
    autosave(entry, "B", by=writer, now=SOON)
    assert [each.snapshot["body"] for each in entry.revisions.all()] == ["B", "A"]


def test_nothing_new_makes_no_version():
    entry = make_entry(at=EARLIER)
    assert publishing.save_draft(entry, revisions.newest(entry)) == entry.live
    assert (entry.revisions.count(), stored(entry).draft) == (1, None)


# Significant changes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "updated_at"), [("typo", EARLIER), ("clarification", NOW), ("meaning", NOW)]
)
def test_only_what_readers_should_see_again_moves_the_date(change, updated_at):
    entry = make_entry(at=EARLIER)
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "News."})
    publishing.publish(entry, change=change, why="Said better.", now=NOW)
    again = stored(entry)
    assert (again.updated_at, again.body) == (updated_at, "News.")
    assert (again.live.change, again.live.why) == (change, "Said better.")
    told = list(again.revisions.told(NOW))
    assert told == ([again.live] if change != "typo" else [])


def test_the_first_publication_is_no_change():
    entry = make_entry(at=EARLIER)
    assert (entry.live.change, list(entry.revisions.told())) == ("", [])


# Planned changes --------------------------------------------------------------------------


def planned(body: str = "News.", *, at: datetime = LATER) -> Entry:
    entry = make_entry(body="Old.", at=EARLIER)
    publishing.save_draft(entry, {**revisions.newest(entry), "body": body}, now=EARLIER)
    publishing.schedule(entry, at=at, change="clarification", why="Law.", now=EARLIER)
    return entry


def work_off(now: datetime) -> None:
    while message := outbox.claim(now):
        assert outbox.run(message)


def test_a_planned_change_appears_at_its_time():
    entry = planned(at=NOW)
    assert stored(entry).body == "Old."
    work_off(NOW - timedelta(seconds=1))
    assert stored(entry).body == "Old."
    work_off(NOW)
    again = stored(entry)
    assert (again.body, again.draft, again.planned, again.planned_at) == (
        "News.",
        None,
        None,
        None,
    )
    assert (again.live.change, again.live.why) == ("clarification", "Law.")


def test_a_planned_change_needs_no_worker_to_be_read(client):
    entry = planned("*News.*", at=datetime.now(UTC) - timedelta(seconds=1))
    page = client.get(entry.get_absolute_url()).content.decode()
    assert ("<em>News.</em>" in page, "Old." in page) == (True, False)
    assert stored(entry).body == "Old."


def test_a_planned_change_by_somebody_who_was_deleted_is_read_without_them(client):
    author = make_author()
    entry = make_entry(body="Old.", at=EARLIER)
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "New.", "author": author.pk})
    publishing.schedule(entry, at=datetime.now(UTC) - timedelta(seconds=1), now=EARLIER)
    author.delete()
    page = client.get(entry.get_absolute_url()).content.decode()
    assert ("New." in page, "Old." in page) == (True, False)


def test_what_is_written_after_planning_stays_a_draft():
    entry = planned(at=NOW)
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "Later thoughts."})
    work_off(NOW)
    again = stored(entry)
    assert (again.body, again.draft.snapshot["body"]) == ("News.", "Later thoughts.")


def test_what_is_published_meanwhile_is_not_replaced_by_an_older_plan():
    entry = planned(at=NOW)
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "Newest."}, now=EARLIER)
    publishing.publish(entry, now=EARLIER)
    work_off(NOW)
    again = stored(entry)
    assert (again.body, again.planned, again.planned_at) == ("Newest.", None, None)


@pytest.mark.parametrize("act", [publishing.unschedule, publishing.withdraw, publishing.discard])
def test_a_plan_that_was_taken_back_does_nothing(act):
    entry = planned(at=NOW)
    act(entry, now=EARLIER)
    work_off(NOW)
    assert stored(entry).body == "Old."


def test_a_first_appearance_can_be_taken_back():
    entry = make_draft(body="Soon.")
    publishing.publish(entry, at=LATER, now=NOW)
    publishing.unschedule(entry, now=NOW)
    again = stored(entry)
    assert (again.state, again.published_at, again.live) == ("draft", None, None)
    assert again.draft.snapshot["body"] == "Soon."
    publishing.publish(again, at=NOW, now=NOW)
    assert (again.published_at, again.updated_at, again.live.change) == (NOW, NOW, "")


def test_what_was_withdrawn_before_its_date_is_unknown_and_not_gone():
    entry = make_draft(term="Secret")
    publishing.publish(entry, at=datetime(2999, 1, 1, tzinfo=UTC))
    publishing.withdraw(entry)
    assert not Entry.objects.withdrawn(datetime(3000, 1, 1, tzinfo=UTC)).exists()
    publishing.publish(stored(entry), change="meaning", now=NOW)
    again = stored(entry)
    assert (again.published_at, again.updated_at, again.live.change) == (NOW, NOW, "")


def test_what_readers_saw_before_is_gone_whatever_was_planned_since():
    entry = make_entry(at=EARLIER)
    publishing.withdraw(entry)
    publishing.schedule(entry, at=datetime(2999, 1, 1, tzinfo=UTC))
    publishing.withdraw(entry)
    assert Entry.objects.withdrawn(datetime.now(UTC)).exists()
