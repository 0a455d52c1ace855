"""What a mail service says of mails that came back, through its webhook."""

import json
from base64 import b64encode

import pytest
from anymail.signals import tracking
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from django.core import mail
from django.test import override_settings
from django.urls import path

from config import outbox
from config.models import OutboxMessage
from leads import bounces, failures
from leads.models import Lead, LeadEvent
from tests.desk import change, page_of, words
from tests.factories import make_lead, make_site, make_staff
from tests.test_notices import make_reader
from tests.test_settings import PRODUCTION, python

pytestmark = pytest.mark.django_db

SECRET = "a secret of twenty characters"
urlpatterns = [path("mail/events/", PostmarkTrackingWebhookView.as_view())]
BOUNCE = {
    "RecordType": "Bounce",
    "Type": "HardBounce",
    "ID": 42,
    "Email": "paula@example.com",
    "Description": "The server was unable to deliver your message",
    "Details": "smtp;550 5.1.1 no such user",
    "BouncedAt": "2026-11-26T08:00:00Z",
    "Metadata": {},
}


@pytest.fixture(autouse=True)
def _service():
    make_site(contact_email="desk@example.com")
    tracking.connect(bounces.heard, dispatch_uid="bounces")
    with override_settings(
        ROOT_URLCONF=__name__, ANYMAIL={"WEBHOOK_SECRET": f"headword:{SECRET}"}
    ):
        yield
    tracking.disconnect(dispatch_uid="bounces")


def post(client, *, secret=SECRET, content=None, **said):
    login = b64encode(f"headword:{secret}".encode()).decode()
    return client.post(
        "/mail/events/",
        content or json.dumps({**BOUNCE, **said}),
        content_type="application/json",
        headers={"authorization": f"Basic {login}"} if secret else {},
    ).status_code


def lines() -> list[tuple[str, str]]:
    events = LeadEvent.objects.filter(kind="mail.bounced").order_by("pk")
    return [(event.lead.name, event.data["kind"]) for event in events]


def test_a_bounce_marks_the_newest_lead_of_the_address_once(client):
    make_lead(name="Old")
    make_lead(name="New", email="PAULA@example.com", submission="2")
    make_lead(name="Other", email="other@example.com", submission="3")
    assert [post(client), post(client)] == [200, 200]
    assert lines() == [("New", "hard")]
    marked = Lead.objects.exclude(bounced_at=None)
    assert [lead.name for lead in marked] == ["New"]
    assert "no such user" in LeadEvent.objects.get().note
    post(client, ID=43)
    assert lines() == [("New", "hard")] * 2


def test_our_own_mark_finds_the_lead_that_the_mail_was_about(client):
    old = make_lead(name="Old")
    make_lead(name="New", submission="2")
    message = outbox.enqueue("leads.confirm_request", lead=old.pk)
    post(client, Metadata={bounces.MESSAGE: str(message.pk)})
    assert lines() == [("Old", "hard")]


def test_the_mark_is_on_the_lead_that_the_history_goes_on_with(client):
    kept = make_lead(name="Kept")
    make_lead(name="Merged", submission="2", merged_into=kept)
    post(client)
    assert lines() == [("Kept", "hard")]


def test_a_mail_to_staff_that_came_back_says_nothing_about_the_prospect(client):
    lead = make_lead()
    message = outbox.enqueue("leads.notify_staff", lead=lead.pk)
    assert post(client, Email="desk@example.com", Metadata={"outbox_message": message.pk}) == 200
    assert post(client, Email="stranger@example.com") == 200
    assert post(client, Email=None) == 200
    assert lines() == []


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"Type": "SoftBounce"}, "soft"),
        ({"Type": "BadEmailAddress"}, "hard"),
        ({"RecordType": "SpamComplaint", "Type": "SpamComplaint"}, "complaint"),
        ({"Type": "Transient"}, None),
        ({"RecordType": "Delivery"}, None),
        ({"RecordType": "Open"}, None),
    ],
)
def test_each_way_of_coming_back_has_its_kind(client, said, kind):
    make_lead()
    assert post(client, **said) == 200
    assert lines() == ([("Paula Prospect", kind)] if kind else [])


@pytest.mark.parametrize("mark", ["", "x", "²", "9" * 40, "0", {"a": 1}, None])
def test_a_strange_mark_is_no_mark(client, mark):
    make_lead()
    assert post(client, Metadata={"outbox_message": mark}) == 200
    assert lines() == [("Paula Prospect", "hard")]


@pytest.mark.parametrize("secret", ["", "wrong", f"{SECRET} "])
def test_whoever_does_not_know_the_secret_changes_nothing(client, secret):
    make_lead()
    assert post(client, secret=secret) == 400
    assert post(client, secret=secret, content="{") == 400
    assert (lines(), Lead.objects.get().bounced_at) == ([], None)


def test_what_the_other_side_said_is_kept_short_and_shown_as_text(client):
    make_lead()
    post(client, Details="", Description="<b>no\r\nBcc: x@example.com\0</b>" + "x" * 999)
    note = LeadEvent.objects.get().note
    assert note.startswith("<b>no Bcc: x@example.com</b>xxx")
    assert len(note) == 200


def test_the_owner_hears_of_it_with_other_failures(client):
    lead = make_lead(owner=make_reader("owner"))
    assert [post(client), post(client)] == [200, 200]
    owner_s, group_s = OutboxMessage.objects.filter(kind=failures.KIND).order_by("pk")
    assert "group" in group_s.payload
    with override_settings(ROOT_URLCONF="config.urls"):
        failures.tell(owner_s)
    [sent] = mail.outbox
    assert sent.to == ["owner@example.com"]
    assert sent.subject == "Headword: something could not be sent"
    assert "A mail came back: the address takes none" in sent.body
    assert f"/admin/leads/lead/{lead.pk}/change/" in sent.body
    assert "example.com" not in sent.body.replace("glossary.example", "")


def test_the_desk_shows_that_a_mail_came_back(client):
    lead = make_lead(phone="+351 21 000 0001")
    kept = make_lead(name="Kept", submission="2", email="kept@example.com")
    post(client)
    client.force_login(make_staff("sales"))
    with override_settings(ROOT_URLCONF="config.urls"):
        page = words(page_of(client.get(change(lead))))
        other = words(page_of(client.get(change(kept))))
        listed = words(page_of(client.get("/admin/leads/lead/")))
    assert "A mail came back: the address takes none on " in page
    assert "Call +351 21 000 0001 instead." in page
    assert "came back" not in other
    assert listed.count("mail came back") == 1


# The service and its package --------------------------------------------------------------

SERVICE = {
    **PRODUCTION,
    "EMAIL_URL": "anymail+postmark://TOKEN@?_default_from_email=us@x.example",
    "EMAIL_WEBHOOK_SECRET": SECRET,
}
ASK = """
import sys
{hide}
import django
django.setup()
from django.conf import settings
from config.urls import MAIL_EVENTS
print(*(each.pattern for each in MAIL_EVENTS))
loaded = sorted(name for name in sys.modules if name.split(".")[0] == "anymail")
print(settings.EMAIL_BACKEND, len(loaded) > 0)
"""
HIDE = "sys.modules['anymail'] = None"


def start(hide: str = "", **environment: str) -> list[str]:
    started = python("-W", "default", "-c", ASK.format(hide=hide), **environment)
    return (started.stdout or started.stderr.splitlines()[-1]).splitlines()


@pytest.mark.parametrize(
    ("hide", "environment", "said"),
    [
        ("", SERVICE, ["mail/events/", "anymail.backends.postmark.EmailBackend True"]),
        (
            "",
            {**SERVICE, "EMAIL_WEBHOOK_SECRET": ""},
            ["", "anymail.backends.postmark.EmailBackend False"],
        ),
        (HIDE, PRODUCTION, ["", "django.core.mail.backends.smtp.EmailBackend False"]),
    ],
    ids=["service", "without the secret", "without the package"],
)
def test_the_address_is_there_where_a_service_is(hide, environment, said):
    found = start(hide, **environment)
    if hide:
        found = [line.replace(" True", " False") for line in found]
    assert found == said


def test_a_service_without_its_package_is_refused_in_words():
    [said] = start(HIDE, **SERVICE)
    assert said.endswith("EMAIL_URL: mail services need the package django-anymail")
