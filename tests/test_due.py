"""The desk's list of reviews: who sees what, and one click for “still correct”."""

from datetime import timedelta

import pytest
from django.urls import reverse

from config import site
from glossary import freshness
from glossary.models import Entry, EntryEvent
from tests.desk import notices, page_of, rows, states, words
from tests.factories import ROLES, make_author, make_draft, make_entry, make_site, make_staff

pytestmark = pytest.mark.django_db

PATH = "/admin/glossary/entry/due/"


@pytest.fixture(autouse=True)
def _settings():
    make_site(review_months=6)
    site.forget()


def make_due(term, days=0, **fields):
    entry = make_entry(term=term, **fields)
    due = freshness.today() + timedelta(days=days)
    Entry.objects.filter(pk=entry.pk).update(review_due_on=due)
    return entry


def confirmed() -> list[str]:
    found = EntryEvent.objects.filter(verb="confirmed").order_by("pk")
    return [event.entry.term for event in found]


def test_list_shows_what_is_due_within_thirty_days_overdue_first(publisher):
    make_due("Soon", 30)
    make_due("Late", -3, owner=make_staff("writer", username="paula"))
    make_due("Today", 0, reviewer=make_author(name="Rui"), reviewed_on=freshness.today())
    make_due("Far", 31)
    make_entry(term="Undated")
    Entry.objects.filter(pk=make_draft(term="Draft").pk).update(review_due_on="2020-01-01")
    response = publisher.get(PATH)
    assert rows(response) == ["Late", "Today", "Soon"]
    assert [state.split()[0] for state in states(response)] == ["Overdue", "Due", "Due"]
    text = words(page_of(response))
    assert "paula" in text
    assert ", Rui" in text


def test_owners_have_lists_of_their_own(publisher):
    me, gone = make_staff("publisher"), make_staff("writer", username="gone")
    gone.is_active = False
    gone.save()
    publisher.force_login(me)
    make_due("Mine", owner=me)
    make_due("Gone's", owner=gone)
    make_due("Nobody's")
    assert rows(publisher.get(f"{PATH}?owner=me")) == ["Mine"]
    assert rows(publisher.get(f"{PATH}?owner={gone.pk}")) == ["Gone's"]
    # The owner without an address hears of nothing either.
    assert rows(publisher.get(f"{PATH}?owner=nobody")) == ["Gone's", "Mine", "Nobody's"]
    links = [
        words(a) for a in page_of(publisher.get(PATH)).find(".//nav[@aria-label='Owners']/ul")
    ]
    assert links == ["Everybody’s 3", "Mine 1", "Without an owner whom mails reach 3", "gone 1"]


@pytest.mark.parametrize("owner", ["99999", "9" * 40, "-1", "x", "٣", "\0"])
def test_owner_that_is_none_does_no_harm(publisher, owner):
    make_due("Warp")
    assert publisher.get(PATH, {"owner": owner}).status_code == 200


def test_nothing_due_is_said(publisher):
    make_due("Far", 31)
    assert "Nothing is due here" in words(page_of(publisher.get(PATH)))


def test_one_click_finds_one_still_correct(publisher):
    warp = make_due("Warp", -3)
    weft = make_due("Weft", -3)
    updated_at = warp.updated_at
    response = publisher.post(
        f"{PATH}?owner=me", {"one": warp.pk, "chosen": [weft.pk], "note": " Checked. "}
    )
    assert response["Location"] == f"{PATH}?owner=me"
    assert "“Warp” is still correct. Its next review is due on" in notices(publisher, response)[0]
    warp.refresh_from_db()
    assert (warp.reviewed_on, warp.updated_at) == (freshness.today(), updated_at)
    assert confirmed() == ["Warp"]
    assert warp.events.get(verb="confirmed").note == "Checked."
    assert rows(publisher.get(PATH)) == ["Weft"]


def test_ticked_ones_are_confirmed_together(publisher):
    ticked = [make_due("Warp"), make_due("Weft")]
    make_due("Woof")
    response = publisher.post(PATH, {"chosen": [entry.pk for entry in ticked]})
    assert notices(publisher, response)[0].startswith("2 entries are still correct.")
    assert confirmed() == ["Warp", "Weft"]
    again = publisher.post(PATH, {"chosen": [entry.pk for entry in ticked]})
    assert notices(publisher, again) == ["Nothing to do: somebody has been here in the meantime."]
    assert confirmed() == ["Warp", "Weft"]


@pytest.mark.parametrize("chosen", [[], ["x"], ["9" * 40], ["\0"]])
def test_nothing_ticked_changes_nothing(publisher, chosen):
    make_due("Warp")
    response = publisher.post(PATH, {"chosen": chosen})
    assert notices(publisher, response) == ["Tick the entries that are still correct first."]
    assert confirmed() == []


def test_entry_that_is_not_due_is_not_confirmed_by_hand(publisher):
    far, draft = make_due("Far", 31), make_draft(review_due_on="2020-01-01")
    publisher.post(PATH, {"chosen": [far.pk, draft.pk], "one": far.pk})
    publisher.post(PATH, {"chosen": [far.pk, draft.pk]})
    assert confirmed() == []


def test_without_an_interval_the_list_says_that_no_review_follows(publisher):
    make_site(review_months=None)
    warp = make_due("Warp")
    response = publisher.post(PATH, {"one": warp.pk})
    assert "no review follows" in notices(publisher, response)[0]


@pytest.mark.parametrize(
    ("role", "sees", "confirms"),
    [
        ("writer", True, True),
        ("reviewer", True, True),
        ("publisher", True, True),
        ("administrator", True, True),
        ("sales", True, False),
        ("", False, False),
        (None, False, False),
    ],
)
def test_roles_and_strangers(client, role, sees, confirms):
    assert set(ROLES) == {"writer", "reviewer", "publisher", "administrator", "sales"}
    warp = make_due("Warp")
    if role is not None:
        client.force_login(make_staff(*filter(None, [role])))
    response = client.get(PATH)
    assert (response.status_code == 200) == sees
    assert ("Warp" in response.content.decode()) == sees
    assert (b"Still correct</button>" in response.content) == confirms
    client.post(PATH, {"one": warp.pk})
    assert confirmed() == ["Warp"] * confirms


def test_no_click_without_the_form(client):
    warp = make_due("Warp")
    client.handler.enforce_csrf_checks = True
    client.force_login(make_staff("publisher"))
    assert client.post(PATH, {"one": warp.pk}).status_code == 403
    client.get(PATH, {"one": warp.pk})
    assert client.put(PATH, {"one": warp.pk}).status_code in (403, 405)
    assert confirmed() == []


def test_list_costs_the_same_for_one_and_three(publisher, django_assert_num_queries):
    make_due("One", owner=make_staff("writer"))
    for extra in (0, 2):
        for _ in range(extra):
            make_due(f"More {_}", owner=make_staff("writer"), reviewer=make_author())
        # Session, user, settings, permissions (2), owners, number, rows.
        with django_assert_num_queries(8):
            assert len(rows(publisher.get(PATH))) == 1 + extra


def test_long_list_is_paged(publisher, monkeypatch):
    monkeypatch.setattr("glossary.admin.due.PER_PAGE", 2)
    for number in range(3):
        make_due(f"Term {number}", owner=None)
    response = publisher.get(f"{PATH}?owner=nobody&page=2")
    assert rows(response) == ["Term 2"]
    assert b'href="?owner=nobody&amp;page=1"' in response.content
    assert publisher.get(f"{PATH}?page=9").status_code == 404


def test_address_has_a_name():
    assert reverse("reviews_due") == PATH
