"""The desk's queue: ranked, with reasons; one click makes a draft, and only roles that may."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from glossary import demand as demands
from glossary import voices
from glossary.models import (
    Asker,
    Demand,
    Entry,
    MissedPath,
    NamedLink,
    SearchedPhrase,
    Suggestion,
)
from tests.desk import act, change, notices, page_of, rows, states, words
from tests.factories import ROLES, make_draft, make_entry, make_staff

pytestmark = pytest.mark.django_db

LIST = "/admin/glossary/demand/"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MAY_WRITE = {"writer", "reviewer", "publisher", "administrator"}
MAY_DISMISS = {"publisher", "administrator"}
PEOPLE = [*ROLES, "nobody", "stranger"]


def make_demand(term: str = "Data mesh", **fields) -> Demand:
    fields.setdefault("searches", 3)
    fields.setdefault("score", 3)
    return Demand.objects.create(
        language=fields.pop("language", "en"),
        term=term,
        term_key=term.casefold(),
        created_at=NOON,
        **fields,
    )


def log_in(client, who: str) -> None:
    if who == "stranger":
        client.logout()
    else:
        client.force_login(make_staff(*([who] if who in ROLES else [])))


def write_path(row: Demand) -> str:
    return f"{LIST}{row.pk}/write/"


# The list -----------------------------------------------------------------------------------


def test_the_list_is_ranked_and_says_the_state(publisher):
    make_demand("Often", score=9)
    make_demand("Seldom", score=1)
    make_demand("Refused", score=8, is_dismissed=True)
    make_demand("Begun", score=5)
    make_draft(term="Begun")
    make_demand("There", score=7)
    make_entry(term="There")
    page = publisher.get(LIST)
    assert rows(page) == ["Often", "Begun", "Seldom"]
    assert states(page) == ["Open", "In work", "Open"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"state": "open"}, ["Mesh"]),
        ({"state": "work"}, ["Begun"]),
        ({"state": "dismissed"}, ["Refused"]),
        ({"state": "answered"}, ["There"]),
        ({"state": "all"}, ["Begun", "Mesh", "Refused", "There"]),
        ({"state": "all", "source": "suggested"}, ["Begun"]),
        ({"state": "all", "source": "searches"}, ["Mesh", "Refused"]),
        ({"state": "all", "source": "wanted"}, ["There"]),
        ({"language__exact": "de"}, ["Begun"]),
        ({"q": "mes"}, ["Mesh"]),
        ({"state": "x"}, ["Begun", "Mesh"]),
        ({"source": "x"}, ["Begun", "Mesh"]),
    ],
)
def test_filters_and_search(publisher, query, wanted):
    make_demand("Mesh", searches=1)
    make_demand("Refused", searches=1, is_dismissed=True)
    make_demand("Begun", language="de", searches=0, suggested=2)
    make_draft(term="Begun", language="de")
    make_demand("There", searches=0, wanted=1)
    make_entry(term="There")
    assert sorted(rows(publisher.get(LIST, query))) == wanted


def test_an_empty_list_says_what_will_come(publisher):
    assert "appear here within an hour" in publisher.get(LIST).content.decode()
    make_demand()
    assert "appear here within an hour" not in publisher.get(LIST).content.decode()


def test_the_list_takes_the_same_queries_for_any_number_of_rows(
    publisher, django_assert_num_queries
):
    for count in (1, 3):
        while Demand.objects.count() < count:
            row = make_demand(f"Term {Demand.objects.count()}")
            make_draft(term=row.term)
        publisher.get(LIST)
        with django_assert_num_queries(8):
            page = publisher.get(LIST)
        assert len(rows(page)) == count


# The reasons --------------------------------------------------------------------------------


def evidence(count: int = 1) -> Demand:
    today = timezone.localdate()
    for number in range(count):
        source = make_entry(
            term=f"Source {number}", body=f"Number {number} of a data mesh. Another sentence."
        )
        NamedLink.objects.create(source=source, key="data mesh", text="Data Mesh")
        SearchedPhrase.objects.create(
            phrase="What is a data mesh?" if number else "data mesh",
            language="en",
            day=today - timedelta(days=number),
            times=4,
            results=0,
        )
        MissedPath.objects.create(
            slug="data-mesh", language="en", day=today - timedelta(days=number), times=5
        )
    SearchedPhrase.objects.create(
        phrase="data mesh of others", language="en", day=today, times=1, results=0
    )
    MissedPath.objects.create(slug="data-mesh-tools", language="en", day=today, times=1)
    voices.suggest("data mesh", note="Seen <b>there</b>.", language="en", email="a@example.com")
    demands.gather()
    return Demand.objects.get(term_key="data mesh")


def test_the_page_of_a_demand_says_what_is_behind_it(publisher):
    page = publisher.get(change(evidence(2)))
    said = words(page_of(page).find(".//div[@class='why']"))
    assert "1 time, last on" in said
    assert "1 reader will be told when it is published." in said
    assert "Seen <b>there</b>." in said
    assert "“data mesh”: 4 times" in said
    assert "“What is a data mesh?”: 4 times" in said
    assert "of others" not in said
    assert "/glossary/data-mesh/: 10 times" in said
    assert "data-mesh-tools" not in said
    assert "Source 1 links “Data Mesh”" in said
    assert "Source 0: Number 0 of a data mesh." in said
    assert "a@example.com" not in page.content.decode()


def test_the_reasons_take_the_same_queries_for_any_number_of_rows(
    publisher, django_assert_num_queries
):
    row = evidence(1)
    publisher.get(change(row))
    with django_assert_num_queries(14):
        publisher.get(change(row))
    Entry.objects.all().delete()
    for model in (SearchedPhrase, MissedPath, Suggestion):
        model.objects.all().delete()
    row = evidence(3)
    with django_assert_num_queries(14):
        publisher.get(change(row))


def test_a_demand_without_evidence_has_a_page(publisher):
    row = make_demand("C++ & <co>", searches=0)
    page = publisher.get(change(row))
    assert page.status_code == 200
    assert "no longer" in page.content.decode()
    gone = publisher.get(f"{LIST}{row.pk + 1}/change/")
    assert (gone.status_code, gone.url) == (302, "/admin/")


# Acts ---------------------------------------------------------------------------------------


def test_one_click_makes_a_draft_and_opens_it(client):
    log_in(client, "writer")
    row = make_demand()
    page = page_of(client.get(LIST))
    (button,) = (b for b in page.iter("button") if b.get("formaction"))
    assert (button.get("formaction"), words(button)) == (write_path(row), "Write it")
    answer = client.post(write_path(row))
    entry = Entry.objects.get()
    assert answer.url == change(entry)
    assert notices(client, answer) == [
        "A draft with an outline. Its history says why it was begun."
    ]
    assert (entry.term, entry.state, entry.demands.get()) == ("Data mesh", "draft", row)
    assert states(client.get(LIST)) == ["In work"]
    again = client.post(write_path(row))
    assert notices(client, again) == ["There is an entry about this already; nothing was doubled."]
    assert (again.url, Entry.objects.count()) == (change(entry), 1)


def test_a_draft_is_made_by_a_post_only(publisher):
    row = make_demand()
    assert publisher.get(write_path(row)).status_code == 405
    assert publisher.post(f"{LIST}{row.pk + 1}/write/").status_code == 404
    assert not Entry.objects.exists()


def test_not_for_us_and_ask_again(publisher):
    voices.suggest("data mesh", note="", language="en", email="a@example.com")
    row = make_demand()
    answer = act(publisher, row, "dismiss")
    (said,) = notices(publisher, answer)
    assert said.startswith("Not for us: 1. However often it is asked for, it stays out")
    assert said.endswith("Deleted addresses of readers who waited: 1.")
    assert rows(publisher.get(LIST)) == []
    page = page_of(publisher.get(change(row)))
    buttons = {words(b): b.get("formaction") for b in page.iter("button") if b.get("formaction")}
    assert buttons == {"Write it": write_path(row), "Ask again": f"{LIST}?state=all"}
    data = {"action": "ask_again", "_selected_action": [row.pk]}
    answer = publisher.post(buttons["Ask again"], data)
    assert rows(publisher.get(LIST)) == ["Data mesh"]
    assert not Asker.objects.exists()


def test_a_demand_is_neither_added_nor_deleted_by_hand(admin_client):
    row = make_demand()
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    act(admin_client, row, "delete_selected")
    assert Demand.objects.exists()


# Roles --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", PEOPLE)
def test_who_sees_writes_and_dismisses(client, who):
    row = make_demand()
    log_in(client, who)
    refused = 302 if who == "stranger" else 403
    seen = {client.get(path).status_code for path in (LIST, change(row))}
    assert seen == {200 if who in MAY_WRITE else refused}
    page = client.get(LIST).content.decode()
    assert ("formaction" in page) == (who in MAY_WRITE)
    assert ('value="dismiss"' in page) == (who in MAY_DISMISS)
    act(client, row, "dismiss")
    assert Demand.objects.get().is_dismissed == (who in MAY_DISMISS)
    written = client.post(write_path(row))
    assert written.status_code == (302 if who in MAY_WRITE else refused)
    assert Entry.objects.exists() == (who in MAY_WRITE)


@pytest.mark.parametrize("who", PEOPLE)
def test_addresses_of_readers_are_for_administrators_alone(client, who):
    voices.suggest("data mesh", note="", language="en", email="a@example.com")
    log_in(client, who)
    for path in ("/admin/glossary/asker/", change(Asker.objects.get())):
        answer = client.get(path)
        refused = 302 if who == "stranger" else 403
        assert answer.status_code == (200 if who == "administrator" else refused)
        assert ("a@example.com" in answer.content.decode()) == (who == "administrator")


def test_an_address_is_found_and_deleted_when_somebody_asks(admin_client):
    for name in ("a", "b"):
        voices.suggest("data mesh", note="", language="en", email=f"{name}@example.com")
    page = admin_client.get("/admin/glossary/asker/", {"q": "a@example.com"})
    assert rows(page) == ["a@example.com"]
    first = Asker.objects.get(email="a@example.com")
    admin_client.post(change(first).replace("change", "delete"), {"post": "yes"})
    assert [asker.email for asker in Asker.objects.all()] == ["b@example.com"]


def test_suggestions_say_how_many_wait(publisher, django_assert_num_queries):
    for number in range(3):
        for name in "ab":
            email = f"{name}{number}@example.com"
            voices.suggest(f"Term {number}", note="", language="en", email=email)
        publisher.get("/admin/glossary/suggestion/")
        with django_assert_num_queries(8):
            page = page_of(publisher.get("/admin/glossary/suggestion/"))
        cells = [words(c) for c in page.iter("td") if c.get("class") == "field-waiting"]
        assert cells == ["2"] * (number + 1)
