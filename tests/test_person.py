"""What is handed to somebody who asks what is held about them: all of it, and of nobody else."""

import json
from io import BytesIO
from zipfile import ZipFile

import html5lib
import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from leads import person, traces
from leads.models import Booking, Lead
from tests import lives
from tests.factories import make_lead, make_offer
from tests.receivers import receiving

pytestmark = pytest.mark.django_db

LEFT_OUT = {
    "config.LimitCounter": "keyed hashes and numbers, by which nobody can be found",
    "config.PageDate": "when a page of ours changes",
    "config.PageStamp": "that a page of ours has changed",
    "config.Picture": "pictures of texts, with who of our staff brought them",
    "config.SiteSettings": "the publisher's own address",
    "config.SpentSolution": "a mark of a puzzle, of nobody",
    "config.WebhookEndpoint": "addresses of the publisher's other systems",
    "config.Worker": "processes of ours",
    "leads.BlockedPeriod": "when a host is away",
    "leads.Calendar": "the hours of a host",
    "leads.DateOverride": "the hours of a host",
    "leads.DayCount": "numbers by day and page, of nobody",
    "leads.NoticeChoices": "of which events staff are mailed",
    "leads.Offer": "what is offered to everybody",
    "leads.OfferTopic": "what is offered to everybody",
    "leads.ReplyTemplate": "replies before they are sent to anybody",
    "leads.RetentionRule": "days by state, of nobody",
    "auth.User": "staff",
    "auth.Group": "staff",
    "auth.Permission": "staff",
    "sessions.Session": "logins of staff",
}
"""Models that could hold something of a person, and why the export has nothing of them."""


@pytest.fixture
def life(settings):
    with receiving() as receiver:
        settings.OUTGOING_ALLOWED_HOSTS = [receiver.host]
        lives.live(receiver, settings)
        yield


def leads_to_lead(model: type[models.Model], seen: frozenset = frozenset()) -> bool:
    """Whether a row of `model` belongs to a lead, by however many steps."""
    related = {f.related_model for f in model._meta.fields if f.related_model} - {model} - seen
    return model is Lead or any(leads_to_lead(each, seen | {model}) for each in related)


def may_concern(model: type[models.Model]) -> bool:
    """Whether rows of `model` can be about a prospect, as far as its columns tell."""
    has_address = any(
        isinstance(field, models.EmailField) or "email" in field.name
        for field in model._meta.fields
    )
    is_near = model._meta.app_label in ("leads", "config", "auth", "admin", "sessions")
    return is_near or has_address or leads_to_lead(model)


def missing(found: list[type[models.Model]]) -> set[str]:
    exported = {section.model._meta.label for section in person.SECTIONS}
    return {m._meta.label for m in found if may_concern(m)} - exported - LEFT_OUT.keys()


def test_every_table_that_can_concern_somebody_is_exported_or_named_with_the_reason():
    everything = [m for m in apps.get_models() if not m._meta.auto_created]
    assert missing(everything) == set()
    assert LEFT_OUT.keys() - {m._meta.label for m in everything} == set()
    assert all(LEFT_OUT.values())


@isolate_apps("glossary")
def test_a_new_table_would_be_noticed():
    class Gift(models.Model):  # noqa: DJ008 - has no rows
        booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = "glossary"

    class Subscriber(models.Model):  # noqa: DJ008 - has no rows
        email = models.EmailField()

        class Meta:
            app_label = "glossary"

    assert missing([Gift, Subscriber]) == {"glossary.Gift", "glossary.Subscriber"}


@pytest.mark.usefixtures("life")
def test_each_section_holds_what_happened():
    found = {each.title for each in person.held_of(traces.of_address(lives.EMAIL))}
    assert found == {section.title for section in person.SECTIONS}


@pytest.mark.usefixtures("life")
def test_the_archive_is_for_people_and_for_programs():
    make_lead(name="Somebody Else", email="else@example.com")
    packed = ZipFile(BytesIO(person.archive(lives.EMAIL.upper())))
    assert packed.namelist() == ["person.json", "person.html"]
    content = json.loads(packed.read("person.json"))
    page = packed.read("person.html").decode()
    html5lib.HTMLParser(strict=True).parse(page)
    requests = content["held"]["Requests"]
    assert [r["email"] for r in requests] == [lives.EMAIL, lives.EMAIL, lives.OTHER_EMAIL][::-1]
    assert content["held"]["Bookings"][0]["reason"] == f"{lives.NAME} is ill"
    for text in (page, packed.read("person.json").decode()):
        assert "The quagsecret: call me." in text
        assert "Somebody Else" not in text


@pytest.mark.usefixtures("life")
def test_nothing_that_opens_a_door_or_names_our_staff_is_handed_out():
    text = json.dumps([r.records for r in person.held_of(traces.of_address(lives.EMAIL))])
    lead, booking = Lead.objects.get(submission="first"), Booking.objects.get()
    assert booking.token_hash not in text
    assert f'"{lead.submission}"' not in text
    assert booking.calendar.author.name in text
    assert person.OUR_STAFF in text
    assert "staff1" not in text


def test_what_is_held_of_nobody_is_nothing():
    make_lead()
    packed = ZipFile(BytesIO(person.archive("nobody@example.com")))
    assert json.loads(packed.read("person.json"))["held"] == {}
    assert b"Nothing." in packed.read("person.html")


def test_more_requests_ask_no_oftener(django_assert_num_queries):
    for count in (1, 3):
        while Lead.objects.count() < count:
            make_lead(offer=make_offer(slug=f"o{Lead.objects.count()}", is_default=False))
        found = traces.of_address("paula@example.com")
        person.held_of(found)
        with django_assert_num_queries(27):
            person.held_of(found)
