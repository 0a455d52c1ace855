import pytest

from config import first_steps
from leads.models import Offer
from leads.models.calendars import WEEKDAYS
from tests.desk import page_of, words
from tests.factories import (
    make_author,
    make_calendar,
    make_entry,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db


def shown(client) -> list[str]:
    page = page_of(client.get("/admin/"))
    boxes = [box for box in page.iter("section") if box.get("class") == "first-steps"]
    return [words(line) for box in boxes for line in box.iter("li")]


def test_an_empty_site_says_what_to_do_first(admin_client):
    steps = shown(admin_client)
    assert len(steps) == 7
    assert steps[0] == "Give the site its name, colour, languages and home page."
    make_site()
    assert shown(admin_client)[0].startswith("Done")


def test_a_site_that_has_everything_says_nothing(admin_client):
    make_site()
    make_calendar(make_offer(), host=make_author())
    make_entry()
    make_staff("writer")
    assert shown(admin_client) == []


@pytest.mark.parametrize(("role", "count"), [("writer", 1), ("sales", 2), ("publisher", 3)])
def test_everybody_sees_the_steps_that_are_theirs(client, role, count):
    client.force_login(make_staff(role))
    assert len(shown(client)) == count


def test_each_step_leads_to_a_page(admin_client):
    for step in first_steps.steps_for(make_staff("administrator")):
        assert admin_client.get(step.url, follow=True).status_code == 200


def picking(client) -> str:
    """What the list says about picking a time."""
    (said,) = (line for line in shown(client) if "pick a time" in line)
    return said


OPEN = "Open a calendar, so that visitors can pick a time."
NAME = "Name the hosts of the offer, so that visitors can pick a time."


def test_visitors_can_pick_a_time_when_an_active_offer_has_a_host_with_hours(client):
    client.force_login(make_staff("sales"))
    offer = make_offer(is_default=False)
    assert picking(client) == OPEN
    calendar = make_calendar(host=make_author(), **dict.fromkeys(WEEKDAYS, ""))
    offer.calendars.set([calendar])
    assert picking(client) == OPEN
    calendar.tuesday = "9–10"
    calendar.save()
    assert picking(client) == f"Done {OPEN}"
    Offer.objects.update(is_active=False)
    assert picking(client) == NAME
    Offer.objects.update(is_active=True)
    offer.calendars.clear()
    assert picking(client) == NAME
