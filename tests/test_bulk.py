"""Acts on a selection: a summary before, a report after, each entry on its own."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from authors.models import Author
from config import outbox, site
from config.models import OutboxMessage
from glossary import bulk, bulk_runs, publishing, revisions
from glossary.models import Entry, Revision
from tests.desk import bulk as choose
from tests.desk import errors, notices, page_of, words, work
from tests.factories import (
    ROLES,
    make_author,
    make_draft,
    make_entry,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db


def do(name: str, *entries: Entry, value=None, by=None) -> list[str]:
    """The outcome for each entry: why not, or ""."""
    return [bulk.perform(bulk.ACTS[name], e.pk, value=value, by=by) for e in entries]


def fresh(entry: Entry) -> Entry:
    return Entry.objects.get(pk=entry.pk)


def text_of(client, response) -> str:
    """The words of the page that `response` is or leads to."""
    if response.status_code == 302:
        response = client.get(response["Location"])
    return words(page_of(response).find(".//div[@id='content']"))


def drafted(entry: Entry, **changes) -> Revision:
    """Give `entry` a draft that says something else."""
    return publishing.save_draft(entry, revisions.newest(entry) | changes)


# Acts -------------------------------------------------------------------------------------


def test_drafts_are_published_and_others_left_with_a_reason():
    draft, public = make_draft(), make_entry()
    found = do("publish", draft, public)
    assert found == ["", "readers have its newest version already"]
    assert fresh(draft).is_public()


def test_a_draft_beside_the_live_version_is_published():
    entry = make_entry(body="Old words.")
    drafted(entry, body="New words.")
    assert do("publish", entry, value="typo") == [""]
    assert ("New words." in fresh(entry).body_html, fresh(entry).draft) == (True, None)


def test_what_is_on_the_site_is_withdrawn():
    draft, public = make_draft(), make_entry()
    assert do("withdraw", draft, public) == ["it is not on the site", ""]
    assert fresh(public).state == "withdrawn"


def test_a_topic_is_added_in_the_spelling_that_it_has():
    with_it, without = make_entry(topics=["CRM"]), make_entry()
    assert do("add_topic", with_it, without, value="crm") == [
        "it is about this topic already",
        "",
    ]
    assert fresh(without).public_topics == [{"name": "CRM", "slug": "crm"}]


def test_a_topic_is_taken_away():
    with_it, without = make_entry(topics=["CRM", "Sales"]), make_entry()
    found = do("remove_topic", with_it, without, value="CRM")
    assert found == ["", "it is not about this topic"]
    assert fresh(with_it).public_topics == [{"name": "Sales", "slug": "sales"}]


def test_an_author_is_set_but_nobody_reviews_their_own_text():
    author = make_author()
    same, reviewed, other = (
        make_entry(author=author),
        make_entry(reviewer=author),
        make_draft(),
    )
    assert do("author", same, reviewed, other, value=author.pk) == [
        "this is its author already",
        "the author would be its reviewer; nobody reviews their own text",
        "",
    ]
    assert fresh(other).author == author
    assert do("author", other, value=None) == [""]
    assert fresh(other).author is None


def test_owner_and_interval_make_no_version():
    owner, entry = make_staff("writer"), make_entry()
    before = entry.revisions.count()
    assert do("owner", entry, value=owner.pk) == [""]
    assert do("interval", entry, value=6) == [""]
    again = fresh(entry)
    assert (again.owner, again.review_months) == (owner, 6)
    assert again.revisions.count() == before
    assert do("interval", entry, value=6) == ["it is so already"]
    assert do("interval", entry, value=None) == [""]


def test_an_offer_is_set_and_taken_back():
    make_site()
    offer, entry = make_offer(), make_entry()
    site.forget()
    assert do("offer", entry, value=offer.pk) == [""]
    assert fresh(entry).offer == offer.pk
    assert do("offer", entry, value=None) == [""]
    assert fresh(entry).offer is None


def test_a_change_of_a_live_entry_moves_no_public_date():
    entry = make_entry(at=timezone.now() - timedelta(days=30))
    before = fresh(entry).updated_at
    do("author", entry, value=make_author().pk)
    again = fresh(entry)
    assert (again.updated_at, again.live.change) == (before, "typo")


def test_live_version_and_draft_change_alike_and_the_draft_stays_one():
    entry, author = make_entry(body="Old words."), make_author()
    drafted(entry, body="New words.")
    assert do("author", entry, value=author.pk) == [""]
    again = fresh(entry)
    assert (again.author, again.body) == (author, "Old words.")
    assert again.draft.snapshot["author"] == author.pk
    assert again.draft.snapshot["body"] == "New words."


def test_every_version_from_before_is_kept():
    entry = make_entry(body="Old words.")
    drafted(entry, body="New words.")
    before = {r.pk: r.snapshot for r in entry.revisions.all()}
    do("author", entry, value=make_author().pk)
    after = {r.pk: r.snapshot for r in entry.revisions.all()}
    assert before.items() <= after.items()


def test_an_entry_whose_change_is_scheduled_is_left():
    entry = make_entry()
    later = timezone.now() + timedelta(days=1)
    Entry.objects.update(planned=drafted(entry, body="Later."), planned_at=later)
    assert do("author", entry, value=make_author().pk) == [bulk.PLANNED]


def test_a_draft_that_nobody_approved_is_left_where_the_site_wants_a_review():
    make_site(requires_review=True)
    site.forget()
    assert do("publish", make_draft(), by=make_staff("publisher")) == [
        "a reviewer has to approve it first"
    ]


@pytest.mark.parametrize(
    ("name", "value"), [("author", 99999), ("owner", 99999), ("offer", 99999)]
)
def test_what_is_gone_is_given_to_nobody(name, value):
    entry = make_entry(author=make_author())
    (why,) = do(name, entry, value=value)
    assert why != ""
    assert fresh(entry).author == entry.author


def test_an_entry_that_is_gone_is_told():
    entry = make_draft()
    Entry.objects.all().delete()
    assert do("publish", entry) == ["it was deleted meanwhile"]


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        ("draft", {"writer", "reviewer", "publisher", "administrator"}),
        ("published", {"publisher", "administrator"}),
    ],
)
@pytest.mark.parametrize("role", [*ROLES, "no group"])
def test_roles_change_in_bulk_what_they_may_change_alone(role, state, allowed):
    user = make_staff(*([] if role == "no group" else [role]))
    entry = make_entry() if state == "published" else make_draft()
    (why,) = do("author", entry, value=make_author().pk, by=user)
    assert (why == "") == (role in allowed)


@pytest.mark.parametrize("role", [*ROLES, "no group"])
def test_only_those_who_publish_publish_and_withdraw_in_bulk(role):
    user = make_staff(*([] if role == "no group" else [role]))
    found = do("publish", make_draft(), by=user) + do("withdraw", make_entry(), by=user)
    assert (found == ["", ""]) == (role in {"publisher", "administrator"})


# Summary and report -----------------------------------------------------------------------


def test_nothing_happens_before_it_is_confirmed(publisher):
    draft, public = make_draft(term="Webhook"), make_entry(term="Polling")
    text = text_of(publisher, choose(publisher, "publish", draft, public, step="show"))
    assert "1 entry will be published" in text
    assert "1 because readers have its newest version already" in text
    assert fresh(draft).state == "draft"


def test_summary_then_report(publisher):
    draft, public = make_draft(term="Webhook"), make_entry(term="Polling")
    text = text_of(publisher, choose(publisher, "publish", draft, public))
    assert "1 of 2 entries published" in text
    assert "1 because readers have its newest version already Polling" in text
    assert fresh(draft).is_public()


def test_the_first_page_asks_for_what_is_missing(publisher):
    entry, author = make_draft(), make_author(name="Ines")
    text = text_of(publisher, choose(publisher, "author", entry, step=""))
    assert "1 entry is chosen" in text
    text = text_of(publisher, choose(publisher, "author", entry, step="show", value=author.pk))
    assert "1 entry will be given the author: Ines" in text
    text_of(publisher, choose(publisher, "author", entry, value=author.pk))
    assert fresh(entry).author == author


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("add_topic", ""),
        ("add_topic", " , "),
        ("add_topic", "One, two"),
        ("add_topic", "x" * 101),
        ("remove_topic", "Unheard of"),
        ("author", "99999"),
        ("author", "x"),
        ("owner", "99999"),
        ("interval", "0"),
        ("interval", "121"),
        ("interval", "x"),
        ("offer", "99999"),
        ("publish", "whatever"),
    ],
)
@pytest.mark.parametrize("step", ["show", "do"])
def test_a_value_that_cannot_be_gets_a_sentence(publisher, name, value, step):
    entry = make_draft(author=make_author(), topics=["Kept"])
    response = choose(publisher, name, entry, step=step, value=value)
    assert errors(response) != []
    assert fresh(entry).revisions.count() == 0


@pytest.mark.parametrize(
    "keys", [["x"], ["1; DROP"], ["-1"], [""], ["9" * 30], ["9" * 5000]], ids=range(6)
)
def test_tampered_keys_get_a_sentence(publisher, keys):
    entry = make_draft()
    data = {"action": "bulk_publish", "_selected_action": keys, "step": "do", "value": "typo"}
    (said,) = notices(publisher, publisher.post("/admin/glossary/entry/", data))
    assert said == "These are no entries. Choose them in the list again."
    assert fresh(entry).state == "draft"


def test_a_selection_that_changed_is_shown_again(publisher):
    make_draft()
    data = {"action": "bulk_publish", "_selected_action": [Entry.objects.get().pk]}
    more = {"select_across": "1", "step": "do", "count": 1, "value": "typo"}
    make_draft()
    text = text_of(publisher, publisher.post("/admin/glossary/entry/", data | more))
    assert "The selection has changed since you looked: it is now 2 entries." in text
    assert not Entry.objects.published().exists()


def test_a_selection_across_pages_follows_the_filters_of_the_list(publisher):
    found, other = make_draft(term="Webhook"), make_draft(term="Polling")
    data = {"action": "bulk_publish", "_selected_action": [found.pk], "select_across": "1"}
    path = "/admin/glossary/entry/?q=webhook"
    publisher.post(path, data | {"step": "do", "count": 1, "value": "typo"})
    assert (fresh(found).state, fresh(other).state) == ("published", "draft")


def test_topics_and_offers_are_chosen_from_what_there_is(publisher):
    make_site()
    offer, entry = make_offer(name="Audit"), make_entry(topics=["CRM"])
    make_entry(topics=["Elsewhere"])
    page = choose(publisher, "remove_topic", entry, step="").content.decode()
    assert ("CRM</option>" in page, "Elsewhere" in page) == (True, False)
    assert "Audit</option>" in choose(publisher, "offer", entry, step="").content.decode()
    choose(publisher, "remove_topic", entry, value="CRM")
    choose(publisher, "offer", entry, value=offer.pk)
    assert (fresh(entry).public_topics, fresh(entry).offer) == ([], offer.pk)


def test_names_in_summary_and_report_are_words_not_markup(publisher):
    entry = make_draft(term="<b>Bold</b>", slug="bold")
    page = choose(publisher, "publish", entry, step="show").content.decode()
    assert ("<b>Bold" in page, "&lt;b&gt;Bold" in page) == (False, True)


# Many -------------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch) -> None:
    monkeypatch.setattr(bulk_runs, "AT_ONCE", 2)


def run_of(response) -> str:
    return re.search(r"/bulk/([0-9a-f-]+)/", response["Location"])[1]


def test_many_are_left_to_the_worker_and_the_report_follows(publisher, few):
    drafts = [make_draft() for _ in range(5)]
    response = choose(publisher, "publish", *drafts)
    assert not Entry.objects.published().exists()
    page = publisher.get(response["Location"])
    assert ("5 of 5 entries to go" in text_of(publisher, page), page["Refresh"]) == (True, "5")
    work()
    page = publisher.get(response["Location"])
    assert "5 of 5 entries published" in text_of(publisher, page)
    assert "Refresh" not in page
    assert Entry.objects.published().count() == 5


def test_a_worker_that_takes_over_does_nothing_twice(few):
    drafts = [make_draft() for _ in range(2)]
    user = make_staff("publisher")
    message = outbox.enqueue(
        "glossary.bulk",
        run=str(uuid4()),
        act="publish",
        value="typo",
        by=user.pk,
        note="",
        words="",
        keys=[draft.pk for draft in drafts],
        done=[drafts[0].pk],
        skipped=[],
    )
    bulk_runs.carry_on(message)
    assert [fresh(draft).state for draft in drafts] == ["draft", "published"]
    again = OutboxMessage.objects.get(pk=message.pk)
    assert again.payload["done"] == [draft.pk for draft in drafts]


def test_a_run_of_somebody_who_left_changes_nothing(publisher, few):
    drafts = [make_draft() for _ in range(3)]
    run = run_of(choose(publisher, "publish", *drafts))
    User.objects.all().delete()
    work()
    assert not Entry.objects.published().exists()
    found = bulk_runs.report(run)
    assert {why for _, why in found.skipped} == {"whoever began this is no longer on the staff"}


def test_a_run_of_somebody_who_may_no_longer_publish_changes_nothing(publisher, few):
    drafts = [make_draft() for _ in range(3)]
    choose(publisher, "publish", *drafts)
    User.objects.get().groups.clear()
    work()
    assert not Entry.objects.published().exists()


def test_author_that_is_deleted_before_the_worker_comes_is_a_reason(publisher, few):
    drafts, author = [make_draft() for _ in range(3)], make_author()
    run = run_of(choose(publisher, "author", *drafts, value=author.pk))
    Author.objects.all().delete()
    work()
    assert {why for _, why in bulk_runs.report(run).skipped} == {
        "this author was deleted meanwhile"
    }


def test_a_failed_run_says_so(publisher, few):
    response = choose(publisher, "publish", *[make_draft() for _ in range(3)])
    OutboxMessage.objects.update(failed_at=timezone.now())
    assert "This stopped with an error after 0 of 3." in text_of(publisher, response)


@pytest.mark.parametrize("role", [*ROLES, "no group", "stranger"])
def test_a_report_is_for_its_owner_and_those_who_publish(client, role):
    run = bulk_runs.begin(bulk.ACTS["withdraw"], [make_entry(term="Secret").pk])
    if role != "stranger":
        client.force_login(make_staff(*([] if role == "no group" else [role])))
    response = client.get(f"/admin/glossary/entry/bulk/{run}/")
    may = role in ("publisher", "administrator")
    assert response.status_code == (200 if may else 302 if role == "stranger" else 403)
    assert ("Secret" in response.content.decode()) == may


def test_the_owner_of_a_run_reads_its_report(client):
    user = make_staff("writer")
    client.force_login(user)
    response = choose(client, "author", make_draft(), value=make_author().pk)
    assert client.get(response["Location"]).status_code == 200


def test_a_report_that_does_not_exist_is_not_found(publisher):
    assert publisher.get(f"/admin/glossary/entry/bulk/{uuid4()}/").status_code == 404


@pytest.mark.parametrize(("role", "offered"), [("writer", 6), ("publisher", 8), ("sales", 0)])
def test_list_offers_the_acts_that_its_reader_may_do(client, role, offered):
    make_draft()
    client.force_login(make_staff(role))
    page = client.get("/admin/glossary/entry/").content.decode()
    assert len(set(re.findall(r'value="bulk_\w+"', page))) == offered


@pytest.mark.parametrize("role", ["sales", "no group"])
def test_who_may_not_change_entries_changes_none_in_bulk(client, role):
    entry = make_draft()
    client.force_login(make_staff(*([] if role == "no group" else [role])))
    choose(client, "interval", entry, value=3)
    assert fresh(entry).review_months is None


# Costs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_a_summary_asks_as_often_for_three(publisher, count, django_assert_num_queries):
    drafts = [make_draft(topics=["A"]) for _ in range(count)]
    choose(publisher, "add_topic", *drafts, step="show", value="B")
    with django_assert_num_queries(22):
        choose(publisher, "add_topic", *drafts, step="show", value="B")


@pytest.mark.parametrize("count", [1, 3])
def test_a_report_asks_as_often_for_three(publisher, count, django_assert_num_queries):
    entries = [make_draft() for _ in range(count)] + [make_entry() for _ in range(count)]
    response = choose(publisher, "publish", *entries)
    with django_assert_num_queries(8):
        publisher.get(response["Location"])


def test_what_was_withdrawn_is_published_again_without_another_review():
    make_site(requires_review=True)
    entry, publisher = make_entry(), make_staff("publisher")
    publishing.withdraw(entry)
    assert bulk.perform(bulk.ACTS["publish"], entry.pk, value="typo", by=publisher) == ""
    assert fresh(entry).is_public()
