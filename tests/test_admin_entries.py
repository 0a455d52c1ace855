"""The desk: saving and publishing entries does what it says."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from glossary.models import (
    Entry,
    OldSlug,
    Topic,
)
from tests.desk import (
    bulk,
    change,
    errors,
    notices,
    publish_change,
    rows,
    states,
    submit,
    work,
)
from tests.factories import (
    make_author,
    make_draft,
    make_entry,
    make_site,
)

pytestmark = pytest.mark.django_db


# Publishing -------------------------------------------------------------------------------


def test_the_publish_button_shows_the_entry_to_readers(publisher):
    entry = make_draft(term="Webhook", body="A *call*.")
    response = submit(publisher, change(entry), button="_publish")
    entry.refresh_from_db()
    assert (entry.state, entry.body_html) == ("published", "<p>A <em>call</em>.</p>\n")
    assert "Readers see this version now." in notices(publisher, response)
    assert publisher.get("/glossary/webhook/").status_code == 200


def test_saving_a_draft_keeps_it_from_readers(publisher):
    entry = make_draft(term="Webhook")
    submit(publisher, change(entry), body="Not ready.")
    assert publisher.get("/glossary/webhook/").status_code == 404


def test_saving_a_published_entry_keeps_a_draft_beside_it(publisher):
    entry = make_entry(body="Old words.")
    response = submit(publisher, change(entry), body="New words.")
    entry.refresh_from_db()
    assert (entry.body, entry.draft.snapshot["body"]) == ("Old words.", "New words.")
    assert "New words." not in publisher.get(entry.get_absolute_url()).content.decode()
    kept = "The draft is kept. Readers still see the published version."
    assert kept in notices(publisher, response)
    assert "New words." in publisher.get(change(entry)).content.decode()


def test_publishing_a_change_shows_it_at_once(publisher):
    entry = make_entry(body="Old words.", at=timezone.now() - timedelta(days=3))
    publish_change(publisher, change(entry), body="New *words*.")
    entry.refresh_from_db()
    assert entry.body_html == "<p>New <em>words</em>.</p>\n"
    assert "New <em>words</em>." in publisher.get(entry.get_absolute_url()).content.decode()
    assert timezone.now() - entry.updated_at < timedelta(minutes=1)


def test_saving_a_published_entry_unchanged_moves_no_date(publisher):
    entry = make_entry(at=timezone.now().replace(microsecond=0) - timedelta(days=3))
    submit(publisher, change(entry))
    again = Entry.objects.get(pk=entry.pk)
    assert (again.updated_at, again.published_at) == (entry.updated_at, entry.published_at)


def test_the_withdraw_button_takes_the_entry_off_the_site(publisher):
    entry = make_entry()
    response = submit(publisher, change(entry), button="_withdraw")
    again = Entry.objects.get(pk=entry.pk)
    assert (again.state, again.body) == ("withdrawn", entry.body)
    assert "The entry is no longer on the site; its text is kept." in notices(publisher, response)
    assert publisher.get(entry.get_absolute_url()).status_code == 410


def test_a_date_to_come_schedules_the_entry_in_the_zone_of_the_site(publisher):
    make_site(time_zone="Europe/Lisbon")
    entry = make_draft(term="Webhook")
    day = {"publish_at_0": "2030-07-01", "publish_at_1": "09:30:00"}
    response = submit(publisher, change(entry), button="_publish", **day)
    entry.refresh_from_db()
    said = "Scheduled for 1 July 2030, 09:30 (Europe/Lisbon). It appears by itself."
    assert entry.published_at == datetime(2030, 7, 1, 8, 30, tzinfo=UTC)
    assert said in notices(publisher, response)
    assert publisher.get("/glossary/webhook/").status_code == 404


def test_a_change_of_a_published_entry_is_scheduled_beside_it(publisher):
    make_site(time_zone="Europe/Lisbon")
    entry = make_entry(body="Old words.")
    day = {"publish_at_0": "2030-07-01", "publish_at_1": "09:30:00"}
    response = publish_change(publisher, change(entry), body="New words.", **day)
    entry.refresh_from_db()
    assert (entry.planned_at, entry.body) == (
        datetime(2030, 7, 1, 8, 30, tzinfo=UTC),
        "Old words.",
    )
    when = "Scheduled for 1 July 2030, 09:30 (Europe/Lisbon)."
    said = f"{when} Until then readers see the present version."
    assert said in notices(publisher, response)
    submit(publisher, change(entry), button="_unschedule")
    entry.refresh_from_db()
    assert (entry.planned, entry.draft.snapshot["body"]) == (None, "New words.")


def test_a_time_that_is_past_gets_a_sentence(publisher):
    entry = make_entry()
    day = {"publish_at_0": "2020-07-01", "publish_at_1": "09:30:00"}
    response = publish_change(publisher, change(entry), body="New words.", **day)
    assert "Choose a time to come, or leave it empty to publish now." in errors(response)


def test_publishing_a_change_asks_what_it_means_to_readers(publisher):
    entry = make_entry()
    response = submit(publisher, change(entry), button="_publish", body="New words.")
    said = "Say what the new version means to readers: it decides what they are told."
    assert said in errors(response)
    assert "New words." in response.content.decode()


def test_the_list_publishes_what_is_chosen(publisher):
    chosen, other = make_draft(), make_draft()
    response = bulk(publisher, "publish", chosen)
    assert list(Entry.objects.published()) == [chosen]
    assert other.state == "draft"
    assert response.status_code == 302


def test_the_list_withdraws_what_is_chosen(publisher):
    chosen, other = make_entry(), make_entry()
    bulk(publisher, "withdraw", chosen)
    assert list(Entry.objects.published()) == [other]


def test_a_changed_address_of_a_published_entry_still_leads_there(publisher):
    entry = make_entry(term="Webhook")
    publish_change(publisher, change(entry), slug="web-hook")
    old = publisher.get("/glossary/webhook/")
    assert (old.status_code, old["Location"]) == (301, "/glossary/web-hook/")
    assert publisher.get("/glossary/web-hook/").status_code == 200


def test_a_changed_address_of_a_draft_leaves_nothing_behind(publisher):
    entry = make_draft(term="Webhook")
    submit(publisher, change(entry), slug="web-hook")
    assert OldSlug.objects.count() == 0


def test_other_names_reach_the_page(publisher):
    entry = make_entry(term="Webhook")
    publish_change(publisher, change(entry), **{"aliases-0-name": "HTTP callback"})
    page = publisher.get("/glossary/webhook/").content.decode()
    assert page.count("<b>HTTP callback</b>") == 1
    assert "Webhook" in publisher.get("/search/?q=callback").content.decode()


def test_a_deleted_other_name_leaves_the_page(publisher):
    entry = make_entry(term="Webhook", aliases=["HTTP callback"])
    publish_change(publisher, change(entry), **{"aliases-0-DELETE": "on"})
    assert "HTTP callback" not in publisher.get("/glossary/webhook/").content.decode()


def test_topics_reach_the_page_and_are_made_on_the_way(publisher):
    entry = make_entry(term="Webhook", topics=["Old topic"])
    publish_change(publisher, change(entry), topics="Automation, Data")
    page = publisher.get("/glossary/webhook/").content.decode()
    assert '<a href="/topics/automation/">Automation</a>' in page
    assert '<a href="/topics/data/">Data</a>' in page
    assert "Old topic" not in page


def test_a_renamed_topic_is_renamed_on_the_pages_of_its_entries(publisher):
    make_entry(term="Webhook", topics=["Automation"])
    topic = Topic.objects.get()
    submit(publisher, change(topic), name="Robots", slug="robots")
    page = publisher.get("/glossary/webhook/").content.decode()
    assert '<a href="/topics/robots/">Robots</a>' in page
    assert "Automation" not in page


@pytest.mark.parametrize("way", ["page", "list"])
def test_a_deleted_topic_leaves_the_pages_of_its_entries(publisher, way):
    make_entry(term="Webhook", topics=["Automation"])
    topic = Topic.objects.get()
    if way == "page":
        publisher.post(change(topic).replace("change", "delete"), {"post": "yes"})
    else:
        data = {"action": "delete_selected", "_selected_action": [topic.pk], "post": "yes"}
        publisher.post("/admin/glossary/topic/", data)
    assert Topic.objects.count() == 0
    assert "/topics/automation/" not in publisher.get("/glossary/webhook/").content.decode()


@pytest.mark.parametrize("way", ["page", "list"])
def test_a_deleted_entry_leaves_no_dead_link_on_other_pages(publisher, way):
    gone = make_entry(term="Polling")
    make_entry(term="Webhook", body="Unlike [polling](/glossary/polling/), it waits.")
    assert 'href="/glossary/polling/"' in publisher.get("/glossary/webhook/").content.decode()
    if way == "page":
        publisher.post(change(gone).replace("change", "delete"), {"post": "yes"})
    else:
        data = {"action": "delete_selected", "_selected_action": [gone.pk], "post": "yes"}
        publisher.post("/admin/glossary/entry/", data)
    work()
    assert list(Entry.objects.values_list("term", flat=True)) == ["Webhook"]
    assert 'href="/glossary/polling/"' not in publisher.get("/glossary/webhook/").content.decode()


# Mistakes get sentences -------------------------------------------------------------------


def test_a_second_entry_about_the_same_term_gets_a_sentence(publisher):
    make_draft(term="Webhook", slug="webhook")
    path = "/admin/glossary/entry/add/"
    response = submit(publisher, path, term="WEBHOOK", slug="another", body="Much work.")
    assert "There is already an entry about this term." in errors(response)
    assert "Much work." in response.content.decode()


def test_a_second_entry_at_the_same_address_gets_a_sentence(publisher):
    make_draft(term="Webhook", slug="webhook")
    path = "/admin/glossary/entry/add/"
    response = submit(publisher, path, term="Other", slug="webhook", body="Much work.")
    assert "Another entry in this language has this address." in errors(response)
    assert "Much work." in response.content.decode()


@pytest.mark.parametrize("repeated", ["HTTP callback", "http CALLBACK"])
def test_an_other_name_given_twice_gets_a_sentence(publisher, repeated):
    entry = make_draft(term="Webhook", aliases=["HTTP callback"])
    response = submit(publisher, change(entry), **{"aliases-1-name": repeated})
    assert len(errors(response)) > 0
    assert entry.aliases.count() == 1


def test_two_new_other_names_that_are_the_same_get_a_sentence(publisher):
    entry = make_draft(term="Webhook")
    twice = {
        "aliases-TOTAL_FORMS": "2",
        "aliases-0-name": "Callback",
        "aliases-1-name": "callback",
    }
    response = submit(publisher, change(entry), **twice)
    assert len(errors(response)) > 0
    assert entry.aliases.count() == 0


def test_a_topic_with_too_long_a_name_gets_a_sentence(publisher):
    entry = make_draft(term="Webhook")
    response = submit(publisher, change(entry), topics="T" * 101)
    assert len(errors(response)) > 0
    assert Topic.objects.count() == 0


def test_nobody_reviews_their_own_text(publisher):
    author = make_author()
    entry = make_draft()
    response = submit(publisher, change(entry), author=author.pk, reviewer=author.pk)
    said = "Nobody reviews their own text: choose another reviewer."
    assert said in errors(response)


@pytest.mark.parametrize("slug", ["two words", "a/b", "C++", "-", "a_b", "a--b", "<b>"])
def test_an_address_that_cannot_be_one_gets_a_sentence(publisher, slug):
    response = submit(publisher, change(make_draft()), slug=slug)
    assert len(errors(response)) > 0


@pytest.mark.parametrize("slug", ["ines_carvalho", "ines--carvalho", "-ines", "_"])
@pytest.mark.parametrize("kind", ["author", "topic"])
def test_whatever_address_the_admin_takes_has_a_page(publisher, kind, slug):
    if kind == "author":
        row, path = make_author(name="Ines"), "/authors/"
        make_entry(author=row)
    else:
        make_entry(topics=["Ines"])
        row, path = Topic.objects.get(), "/topics/"
    response = submit(publisher, change(row), slug=slug)
    assert publisher.get(path).status_code == 200
    if response.status_code == 302:
        assert publisher.get(f"{path}{slug}/").status_code == 200
    else:
        assert len(errors(response)) > 0


# Lists in words ---------------------------------------------------------------------------


def test_the_state_column_speaks(admin_client):
    make_site(time_zone="Europe/Lisbon")
    make_draft(term="A")
    make_entry(term="B")
    make_entry(term="C", at=datetime(2030, 7, 1, 8, 30, tzinfo=UTC))
    withdrawn = make_entry(term="D")
    bulk(admin_client, "withdraw", withdrawn)
    response = admin_client.get("/admin/glossary/entry/")
    assert rows(response) == ["A", "B", "C", "D"]
    assert states(response) == [
        "Draft",
        "Published",
        "Scheduled for 1 Jul 2030, 09:30",
        "Withdrawn",
    ]


@pytest.mark.parametrize(
    ("state", "terms"),
    [
        ("draft", ["A draft"]),
        ("published", ["A public one"]),
        ("scheduled", ["A scheduled one"]),
        ("withdrawn", ["A withdrawn one"]),
    ],
)
def test_entries_are_filtered_by_what_their_state_says(admin_client, state, terms):
    make_draft(term="A draft")
    make_entry(term="A public one")
    make_entry(term="A scheduled one", at=timezone.now() + timedelta(days=1))
    make_draft(term="A withdrawn one", state="withdrawn")
    assert rows(admin_client.get(f"/admin/glossary/entry/?state={state}")) == terms


@pytest.mark.parametrize("query", ["callback", "Webho", "short words"])
def test_entries_are_found_by_any_of_their_names_once(admin_client, query):
    make_draft(term="Polling")
    make_draft(
        term="Webhook",
        aliases=["HTTP callback", "Callback address"],
        short_definition="A call, in short words.",
    )
    assert rows(admin_client.get(f"/admin/glossary/entry/?q={query}")) == ["Webhook"]


def test_a_public_entry_has_a_way_to_its_page_and_a_draft_has_none(admin_client):
    public, draft = make_entry(), make_draft()
    pages = [admin_client.get(change(entry)).content.decode() for entry in (public, draft)]
    assert ["View on site" in page for page in pages] == [True, False]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("auto", ["Automation", "Office automation"]),
        ("AUTOMATION", ["Automation", "Office automation"]),
        ("zzz", []),
        ("", ["Automation", "Data", "Office automation"]),
        ("%", []),
        ("x" * 5000, []),
    ],
)
def test_topics_are_offered_while_typing(admin_client, query, names):
    for name in ("Data", "Office automation", "Automation"):
        Topic.objects.create(name=name)
    response = admin_client.get("/admin/glossary/entry/topics/", {"q": query})
    assert response.json() == {"topics": names}


@pytest.mark.parametrize("name", ["C++ & C#", "R&D", "AT&T <tools>", "*starred*", "_private_"])
def test_a_topic_is_offered_for_its_exact_name(admin_client, name):
    Topic.objects.create(name=name)
    response = admin_client.get("/admin/glossary/entry/topics/", {"q": name})
    assert response.json() == {"topics": [name]}


def test_an_empty_text_is_not_published_and_says_why(publisher):
    entry = make_draft(term="Webhook", body="")
    response = submit(publisher, change(entry), button="_publish")
    (said,) = (each for each in notices(publisher, response) if "cannot be published" in each)
    assert said.endswith("Until then it cannot be published; the draft is kept.")
    assert Entry.objects.get(pk=entry.pk).state == "draft"
