from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from glossary import publishing
from glossary.completing import MOST, offers
from tests.factories import ROLES, make_draft, make_entry, make_site, make_staff

pytestmark = pytest.mark.django_db

WRITERS = ("writer", "reviewer", "publisher", "administrator")


def terms(typed: str, language: str = "en") -> list[str]:
    return [offer.alias or offer.term for offer in offers(typed, language=language)]


def ask(client, **query):
    return client.get(reverse("terms"), query)


@pytest.mark.parametrize("role", [*ROLES, "", "former", "customer", "stranger"])
def test_only_those_who_write_entries_see_their_names(client, role):
    make_draft(term="Secret plan")
    if role == "former":
        client.force_login(User.objects.create_superuser("former", is_active=False))
    elif role == "customer":
        client.force_login(User.objects.create_user("customer", is_superuser=True))
    elif role != "stranger":
        client.force_login(make_staff(*filter(None, [role])))
    response = ask(client, q="Secret")
    found = [offer["term"] for offer in response.json()["terms"]]
    expected = (200, ["Secret plan"]) if role in WRITERS else (403, [])
    assert (response.status_code, found) == expected
    assert response.headers["Cache-Control"] == "no-store"


def test_nothing_is_changed_by_asking(publisher):
    assert publisher.post(reverse("terms")).status_code == 405


def test_names_that_begin_so_stand_first_then_those_that_contain_it():
    make_entry(term="Process data")
    make_draft(term="Database", aliases=["Base of data"])
    make_draft(term="Data")
    make_entry(term="Warehouse", aliases=["Dataware"])
    make_entry(term="Other")
    assert terms("DATA") == ["Data", "Database", "Dataware", "Process data"]
    assert terms("base of") == ["Base of data"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("uber", ["Übergröße"]),
        ("ÜBER", ["Übergröße"]),
        ("größe", ["Übergröße"]),
        ("機械", ["機械学習"]),
        ("100%", ["100% sure"]),
        ("%", ["100% sure"]),
        ("_", ["snake_case"]),
        ("c#", ["C#"]),
        ("sn\0ake", ["snake_case"]),
        ("' OR 1=1 --", []),
        ("\\", []),
        ("x" * 10_000, []),
    ],
)
def test_whatever_is_typed_is_meant_as_it_stands(typed, expected):
    for number, term in enumerate(("Übergröße", "機械学習", "100% sure", "snake_case", "C#")):
        make_draft(term=term, slug=f"slug-{number}")
    assert terms(typed) == expected


def test_before_a_letter_is_typed_the_newest_are_offered():
    for number in range(MOST + 2):
        make_draft(term=f"Term {number}", slug=f"term-{number}")
    assert terms("") == terms("  ") == [f"Term {n}" for n in range(MOST + 1, 1, -1)]


def test_no_more_than_a_handful_is_offered():
    for number in range(MOST + 2):
        make_draft(term=f"Data {number}", slug=f"data-{number}", aliases=[f"Date {number}"])
    assert len(terms("dat")) == len(terms("at")) == MOST


def test_what_readers_do_not_see_is_marked():
    make_entry(term="Data one", short_definition="Public.")
    make_draft(term="Data two")
    make_entry(term="Data three", at=timezone.now() + timedelta(days=1))
    publishing.withdraw(make_entry(term="Data four"))
    states = {offer.term: offer.state for offer in offers("data", language="en")}
    assert states == {
        "Data one": "",
        "Data two": "Draft",
        "Data three": "Scheduled",
        "Data four": "Withdrawn",
    }


def test_the_language_of_the_text_decides(publisher):
    make_draft(term="Gift", slug="gift-en")
    make_draft(term="Gifts", slug="gift-de", language="de", aliases=["Giftig"])
    make_site(language="en")

    def answered(**query) -> list[str]:
        return [offer["term"] for offer in ask(publisher, q="gift", **query).json()["terms"]]

    assert answered() == answered(language="xx") == answered(language="en") == ["Gift"]
    assert answered(language="de") == ["Gifts"]


def test_an_offer_says_all_that_the_list_shows(publisher):
    make_draft(term="Customer management", aliases=["CRM"], short_definition="x" * 200)
    (offer,) = ask(publisher, q="crm").json()["terms"]
    assert offer == {
        "term": "Customer management",
        "alias": "CRM",
        "state": "Draft",
        "definition": "x" * 89 + "…",
    }


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow(django_assert_num_queries, count):
    for number in range(count):
        make_draft(term=f"Data {number}", slug=f"data-{number}", aliases=[f"Datum {number}"])
    with django_assert_num_queries(5):
        offers("data", language="en")
    with django_assert_num_queries(1):
        offers("", language="en")
