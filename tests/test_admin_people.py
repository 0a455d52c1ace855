"""One person on the desk: what is held, the copy for them, erasing, and what they agreed to."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.utils import timezone

from leads import consenting
from leads.consenting import Agreement
from leads.models import Consent, Lead
from tests.desk import change, page_of, words
from tests.factories import ROLES, make_booking, make_lead, make_site, make_staff

pytestmark = pytest.mark.django_db

PERSON = "/admin/leads/desk/person/"
EMAIL = "paula@example.com"


@pytest.fixture
def sales(client):
    make_site()
    client.force_login(make_staff("sales", username="ines"))
    return client


def find(client, email: str = EMAIL, **data: str):
    return client.post(PERSON, {"email": email, **data})


def text(response) -> str:
    return words(page_of(response))


# Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [*ROLES, "no group", "stranger"])
def test_it_is_for_those_who_work_with_leads(client, role):
    lead = make_lead()
    if role != "stranger":
        client.force_login(make_staff(*[role] * (role != "no group")))
    may = role in ("sales", "administrator")
    status = 200 if may else 302 if role == "stranger" else 403
    pages = [PERSON, f"/admin/leads/desk/consents/{lead.pk}/"]
    assert [client.get(page).status_code for page in pages] == [status] * 2
    answer = find(client, act="erase")
    assert Lead.objects.exists() is not may
    assert answer.status_code == (302 if may or role == "stranger" else 403)


def test_erasing_needs_the_right_to_delete(client):
    user = make_staff("sales")
    user.groups.get().permissions.remove(user.groups.get().permissions.get(codename="delete_lead"))
    client.force_login(user)
    make_lead()
    assert "Erase this person" not in text(find(client))
    assert find(client, act="erase").status_code == 403
    assert Lead.objects.count() == 1


# Finding, copying, erasing ----------------------------------------------------------------


def test_what_is_held_is_shown_and_nothing_happens_by_looking(sales):
    make_lead()
    make_lead(email="PAULA@example.com")
    make_lead(name="Else", email="else@example.com")
    page = page_of(find(sales))
    rows = [words(row) for row in page.find(".//table[@class='person-held']/tbody").iter("tr")]
    assert rows[:2] == ["Requests2", "What was agreed to2"]
    assert "Else" not in words(page)
    assert Lead.objects.count() == 3


def test_an_address_that_nobody_has_is_no_fault(sales):
    make_lead()
    assert "Nothing is held about nobody@example.com." in text(find(sales, "nobody@example.com"))
    for odd in ("", " ", "\0", "x" * 999, "é@ü", "'; --"):
        assert find(sales, odd).status_code == 200


def test_the_page_of_a_lead_leads_here(sales):
    lead = make_lead()
    assert f'href="{PERSON}?lead={lead.pk}"' in sales.get(change(lead)).content.decode()
    assert "Held about paula@example.com" in text(sales.get(f"{PERSON}?lead={lead.pk}"))
    assert sales.get(f"{PERSON}?lead=999999").status_code == 404


def test_a_copy_comes_before_erasing(sales):
    make_lead(message="Call me.")
    response = find(sales, act="export")
    assert response["Content-Type"] == "application/zip"
    assert "paula" not in response["Content-Disposition"]
    assert b"Call me." in ZipFile(BytesIO(response.content)).read("person.json")
    assert Lead.objects.count() == 1


def test_erasing_is_asked_first_and_leaves_word_without_a_name(sales):
    make_lead(name="Paula Prospect")
    make_lead(name="Paula Prospect")
    asked = find(sales, act="ask")
    assert "nobody can bring it back" in text(asked)
    assert Lead.objects.count() == 2
    done = find(sales, act="erase")
    assert (done.status_code, Lead.objects.count()) == (302, 0)
    page = text(sales.get(PERSON))
    assert "Erased: 2 requests, with all that was held of the person." in page
    assert "ines : 2 requests" in page.replace("ines:", "ines :")
    assert "Paula" not in page


def test_who_is_expected_is_not_erased(sales):
    booking = make_booking(start=timezone.now() + timedelta(days=2))
    for act in ("", "ask"):
        page = text(find(sales, act=act))
        assert "Cancel it first" in page
        assert "Erase for good" not in page
    refused = find(sales, act="erase")
    assert (refused.status_code, Lead.objects.count()) == (409, 1)
    assert change(booking) in refused.content.decode()


def test_the_page_asks_a_fixed_number_of_times(sales, django_assert_num_queries):
    for count in (1, 3):
        while Lead.objects.count() < count:
            make_lead()
        find(sales)
        with django_assert_num_queries(38):
            find(sales)


# What they agreed to ----------------------------------------------------------------------


def asked_for_news(**fields) -> Lead:
    lead = make_lead(consent_text="You may answer me.", **fields)
    consenting.record(lead, [Agreement(Consent.Purpose.MARKETING, "Write to me.")])
    return lead


def test_a_leads_page_says_what_they_agreed_to(sales):
    lead = asked_for_news()
    panel = page_of(sales.get(change(lead))).find(".//section[@aria-labelledby='consents']")
    assert [words(li).split(" ", 1)[0] for li in panel.iter("li")] == ["Yes", "Yes"]
    Consent.objects.filter(purpose="marketing").update(withdrawn_at=timezone.now())
    panel = page_of(sales.get(change(lead))).find(".//section[@aria-labelledby='consents']")
    assert "Taken back News and offers" in words(panel)


def test_staff_take_it_back_for_somebody_who_says_so(sales):
    lead = asked_for_news()
    other = asked_for_news()
    path = f"/admin/leads/desk/consents/{lead.pk}/"
    assert "Write to me." in text(sales.get(path))
    sales.post(path, {"purpose": "request"})
    assert Consent.objects.valid().count() == 4
    sales.post(path, {"purpose": "marketing"})
    assert [c.purpose for c in Consent.objects.valid()] == ["request", "request"]
    assert "ines: Took back their agreement: news and offers" in text(sales.get(change(other)))
