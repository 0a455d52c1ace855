"""The privacy page says what the settings do, and nothing else."""

import pytest
from playwright.sync_api import expect

from leads.models import RetentionRule
from tests.desk import page_of, words
from tests.factories import make_endpoint, make_rules, make_site

pytestmark = pytest.mark.django_db

ASKS = "News and offers have a box of their own."
TELLS = "Other systems of ours are told"


@pytest.fixture(autouse=True)
def _rules():
    make_rules()


def shown(client, path: str = "/privacy/") -> str:
    return words(page_of(client.get(path)).find(".//main"))


def test_without_any_setting_it_says_what_is_so_in_any_case(client):
    text = shown(client)
    assert "Requests that look like spam: after 60 days" in text
    assert "Other requests stay until you or we erase them." in text
    assert (ASKS in text, TELLS in text) == (False, False)
    assert "No other system is told of your request." in text


def test_the_publishers_words_come_first_and_hide_nothing(client):
    make_site(privacy_text="## Who we are\n\nNorthlight.", contact_email="hi@x.example")
    text = shown(client)
    assert text.startswith("Privacy Who we are Northlight. What this site stores")
    assert text.endswith("write to hi@x.example.")


def test_it_says_how_long_each_kind_of_request_is_kept(client):
    RetentionRule.objects.update(days=None)
    assert "Requests stay until you or we erase them." in shown(client)
    RetentionRule.objects.filter(state="lost").update(days=1)
    RetentionRule.objects.filter(state="won").update(days=3650)
    text = shown(client)
    assert "Requests of people we work for: after 3650 days" in text
    assert "Requests that led to nothing: after 1 day" in text
    assert "spam" not in text
    RetentionRule.objects.update(days=90)
    assert "until you or we erase them" not in shown(client)


def test_news_are_spoken_of_as_they_are_asked_for(client):
    make_site(marketing_text="Write to me.")
    assert ASKS in shown(client)


def test_other_systems_are_spoken_of_if_they_hear_of_requests(client):
    endpoint = make_endpoint(events=["entry.published"])
    assert TELLS not in shown(client)
    endpoint.events = ["entry.published", "booking.moved"]
    endpoint.save()
    assert TELLS in shown(client)
    assert endpoint.name not in shown(client)
    endpoint.is_active = False
    endpoint.save()
    assert TELLS not in shown(client)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_button_empties_what_the_browser_keeps(page, live_server):
    page.goto(f"{live_server.url}/privacy/")
    page.evaluate("localStorage['headword-read'] = '[]'; sessionStorage['headword-x'] = 1")
    page.get_by_role("button", name="Forget what this browser keeps").click()
    expect(page.get_by_role("status")).to_have_text("Forgotten.")
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
