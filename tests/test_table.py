"""Titles and descriptions in a table: only what changed, and never over somebody else's words."""

import pytest

from glossary import publishing, revisions
from glossary.models import Entry
from tests.desk import page_of, words
from tests.factories import ROLES, make_draft, make_entry, make_staff

pytestmark = pytest.mark.django_db
PATH = "/admin/glossary/entry/table/"


def shown(client, **filters: str) -> list[str]:
    """The terms of the rows on the page."""
    page = page_of(client.get(PATH, filters))
    return [words(link) for row in page.iter("legend") for link in row.iter("a")]


def form_of(response) -> dict[str, str | list[str]]:
    form = page_of(response).find(".//form[@id='table_form']")
    data: dict[str, str | list[str]] = {"row": []}
    for field in form.iter("input"):
        if field.get("name") == "row":
            data["row"].append(field.get("value"))
        elif field.get("name"):
            data[field.get("name")] = field.get("value", "")
    for field in form.iter("textarea"):
        data[field.get("name")] = field.text or ""
    return data


def sent(client, data=None, **changes: str):
    """Send the form as it stands, with `changes` such as seo_title of the only row."""
    data = data or form_of(client.get(PATH))
    (key,) = data["row"]
    return client.post(PATH, data | {f"{key}-{name}": text for name, text in changes.items()})


def fresh(entry: Entry) -> Entry:
    return Entry.objects.get(pk=entry.pk)


def text_of(response) -> str:
    return words(page_of(response).find(".//div[@id='content']"))


# Saving -----------------------------------------------------------------------------------


def test_a_live_entry_shows_it_at_once_and_no_date_moves(client, publisher):
    entry = make_entry(term="Webhook")
    before = fresh(entry).updated_at
    response = sent(publisher, seo_title="Webhooks explained")
    assert response.status_code == 302
    assert "<title>Webhooks explained</title>" in client.get("/glossary/webhook/").content.decode()
    assert fresh(entry).updated_at == before
    assert fresh(entry).live.why == "In the table: title for search engines"


def test_what_is_not_changed_makes_no_version(publisher):
    first, second = make_entry(), make_entry()
    data = form_of(publisher.get(PATH))
    publisher.post(PATH, data | {f"{second.pk}-seo_title": "New"})
    assert (first.revisions.count(), second.revisions.count()) == (1, 2)
    response = publisher.post(PATH, form_of(publisher.get(PATH)), follow=True)
    assert "Nothing was changed." in response.content.decode()


def test_line_ends_of_the_browser_are_no_change(publisher):
    entry = make_entry(short_definition="One.\nTwo.")
    data = form_of(publisher.get(PATH))
    for name in (f"{entry.pk}-short_definition", f"was-{entry.pk}-short_definition"):
        data[name] = "One.\r\nTwo.\r\n"
    publisher.post(PATH, data)
    assert entry.revisions.count() == 1


def test_draft_beside_the_live_version_gets_it_too(publisher):
    entry = make_entry(body="Old.")
    publishing.save_draft(entry, revisions.newest(entry) | {"body": "New."})
    sent(publisher, seo_title="Both")
    draft = fresh(entry).draft.snapshot
    assert (fresh(entry).seo_title, draft["seo_title"], draft["body"]) == ("Both", "Both", "New.")


def test_a_draft_of_a_writer_is_saved(client):
    entry = make_draft()
    client.force_login(make_staff("writer"))
    sent(client, seo_description="What it is.")
    assert (fresh(entry).seo_description, fresh(entry).state) == ("What it is.", "draft")


# Refusing ---------------------------------------------------------------------------------


def test_words_of_somebody_else_are_kept_and_shown_beside_mine(publisher):
    entry = make_entry(seo_title="Old")
    data = form_of(publisher.get(PATH))
    Entry.objects.update(seo_title="Theirs")
    response = sent(publisher, data, seo_title="Mine", seo_description="Typed as well")
    text = text_of(response)
    assert ("Somebody changed this entry meanwhile." in text, "Theirs: Theirs" in text) == (
        True,
        True,
    )
    again = form_of(response)
    assert again[f"{entry.pk}-seo_title"] == "Mine"
    assert again[f"{entry.pk}-seo_description"] == "Typed as well"
    assert fresh(entry).seo_title == "Theirs"
    publisher.post(PATH, again)
    assert (fresh(entry).seo_title, fresh(entry).seo_description) == ("Mine", "Typed as well")


def test_another_field_that_changed_meanwhile_is_shown_before_mine_is_saved(publisher):
    entry = make_entry(seo_title="Old")
    data = form_of(publisher.get(PATH))
    Entry.objects.update(short_definition="Theirs.")
    response = sent(publisher, data, seo_title="Mine")
    assert form_of(response)[f"{entry.pk}-short_definition"] == "Theirs."
    publisher.post(PATH, form_of(response))
    assert (fresh(entry).seo_title, fresh(entry).short_definition) == ("Mine", "Theirs.")


def test_a_row_that_i_left_alone_is_no_conflict(publisher):
    first, second = make_entry(), make_entry()
    data = form_of(publisher.get(PATH))
    Entry.objects.filter(pk=first.pk).update(seo_title="Theirs")
    response = publisher.post(PATH, data | {f"{second.pk}-seo_title": "Mine"})
    assert response.status_code == 302
    assert (fresh(first).seo_title, fresh(second).seo_title) == ("Theirs", "Mine")


def test_one_row_that_is_refused_does_not_hold_up_the_others(publisher):
    first, second = make_entry(), make_entry()
    data = form_of(publisher.get(PATH))
    more = {f"{first.pk}-seo_title": "x" * 71, f"{second.pk}-seo_title": "Fine"}
    response = publisher.post(PATH, data | more)
    text = text_of(response)
    assert "At most 70 characters; these are 71." in text
    assert form_of(response)[f"{first.pk}-seo_title"] == "x" * 71
    assert (fresh(first).seo_title, fresh(second).seo_title) == ("", "Fine")


@pytest.mark.parametrize(
    ("name", "most"), [("seo_title", 70), ("seo_description", 200), ("short_definition", 320)]
)
def test_too_long_a_text_is_refused_by_a_sign(publisher, name, most):
    entry = make_entry()
    sent(publisher, **{name: "x" * (most + 1)})
    assert len(getattr(fresh(entry), name)) <= most
    sent(publisher, **{name: "x" * most})
    assert len(getattr(fresh(entry), name)) == most


def test_a_row_that_was_deleted_meanwhile_is_told(publisher):
    make_entry()
    data = form_of(publisher.get(PATH))
    Entry.objects.all().delete()
    (key,) = data["row"]
    response = publisher.post(PATH, data | {f"{key}-seo_title": "Mine"}, follow=True)
    assert "No longer there: 1." in response.content.decode()


@pytest.mark.parametrize("keys", [["x"], ["-1"], ["9" * 30], [""], ["٣"], []])
def test_tampered_rows_change_nothing(publisher, keys):
    make_entry()
    response = publisher.post(PATH, {"row": keys, "x-seo_title": "y"})
    assert response.status_code == 302


def test_markup_is_words(publisher):
    make_entry(seo_title="</textarea><b>")
    assert b"</textarea><b>" not in publisher.get(PATH).content


# Finding ----------------------------------------------------------------------------------


def test_filters_find_what_is_missing_too_long_or_fine(publisher):
    make_entry(term="Missing", short_definition="")
    make_entry(term="Long", seo_title="ü" * 61, seo_description="x" * 156)
    make_entry(term="Fine", seo_title="ü" * 60, seo_description="x" * 155)
    assert shown(publisher, seo_title="missing") == ["Missing"]
    assert shown(publisher, seo_title="long") == ["Long"]
    assert shown(publisher, seo_title="fine") == ["Fine"]
    assert shown(publisher, seo_description="long") == ["Long"]
    assert shown(publisher, short_definition="missing") == ["Missing"]
    assert shown(publisher, q="iss") == ["Missing"]
    assert shown(publisher, seo_title="nonsense", state="nonsense", page="x") == [
        "Fine",
        "Long",
        "Missing",
    ]


def test_states_are_said_in_words(publisher):
    make_entry(seo_title="x" * 61, seo_description="Fine.")
    page = page_of(publisher.get(PATH))
    counts = [words(s) for s in page.iter("span") if s.get("class", "").startswith("count ")]
    assert counts[:2] == ["61 of 60 · Too long", "5 of 155 · Fine"]


def test_pages_keep_the_filters(publisher, monkeypatch):
    monkeypatch.setattr("glossary.admin.table.PER_PAGE", 1)
    make_entry(term="A")
    make_entry(term="B")
    page = publisher.get(PATH, {"seo_title": "missing"}).content.decode()
    assert 'href="?page=2&amp;seo_title=missing"' in page
    assert shown(publisher, seo_title="missing", page="2") == ["B"]


# Roles and costs --------------------------------------------------------------------------


@pytest.mark.parametrize("role", [*ROLES, "no group", "stranger"])
def test_who_may_change_entries_opens_the_table(client, role):
    make_draft(term="Secret")
    if role != "stranger":
        client.force_login(make_staff(*([] if role == "no group" else [role])))
    response = client.get(PATH)
    may = role in ("writer", "reviewer", "publisher", "administrator")
    assert response.status_code == (200 if may else 302 if role == "stranger" else 403)


@pytest.mark.parametrize("role", ["writer", "reviewer"])
def test_what_is_published_is_read_but_not_changed_by_those_who_do_not_publish(client, role):
    entry = make_entry()
    client.force_login(make_staff(role))
    response = sent(client, seo_title="Smuggled")
    assert "Only those who publish" in text_of(response)
    assert fresh(entry).seo_title == ""


@pytest.mark.parametrize("count", [1, 3])
def test_table_asks_as_often_for_three(publisher, count, django_assert_num_queries):
    for _ in range(count):
        make_entry()
    with django_assert_num_queries(7):
        publisher.get(PATH)
