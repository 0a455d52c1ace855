"""The desk: everybody may what their group may."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from authors.models import Author
from config import outbox
from config.models import OutboxMessage, Picture, SiteSettings, WebhookEndpoint
from glossary import publishing, revisions
from glossary.models import (
    Entry,
    Topic,
)
from leads.models import Booking, Calendar, Lead, Offer, SavedView
from tests.desk import (
    act,
    bulk,
    change,
    filled,
    page_of,
    send,
    submit,
)
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_draft,
    make_endpoint,
    make_entry,
    make_lead,
    make_offer,
    make_picture,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db


# Who may what -----------------------------------------------------------------------------


def opens(path):
    return lambda client, seen_by: client.get(path).status_code == 200


def add_entry(client, seen_by) -> bool:
    path = "/admin/glossary/entry/add/"
    submit(client, path, seen_by=seen_by, term="Made up", slug="made-up", body="Text.")
    return Entry.objects.filter(term="Made up", state="draft").exists()


def change_entry_in(state):
    def act_on_it(client, seen_by) -> bool:
        entry = make_draft() if state == "draft" else make_entry()
        if state == "withdrawn":
            bulk(seen_by, "withdraw", entry)
        submit(client, change(entry), seen_by=seen_by, body="Other words.")
        draft = Entry.objects.get(pk=entry.pk).draft
        return draft is not None and draft.snapshot["body"] == "Other words."

    return act_on_it


def plan_review_in(make):
    def act_on_it(client, seen_by) -> bool:
        entry = make()
        submit(client, change(entry), seen_by=seen_by, reviewed_on="2026-01-31", review_months="6")
        return Entry.objects.filter(pk=entry.pk).exclude(reviewed_on=None).exists()

    return act_on_it


def delete_entry(client, seen_by) -> bool:
    entry = make_draft()
    client.post(change(entry).replace("change", "delete"), {"post": "yes"})
    return not Entry.objects.filter(pk=entry.pk).exists()


def delete_from_list(client, seen_by) -> bool:
    entry = make_entry()
    data = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
    client.post("/admin/glossary/entry/", data)
    return not Entry.objects.filter(pk=entry.pk).exists()


def publish_by_button(client, seen_by) -> bool:
    entry = make_draft()
    submit(client, change(entry), seen_by=seen_by, button="_publish")
    return Entry.objects.published().filter(pk=entry.pk).exists()


def publish_while_adding(client, seen_by) -> bool:
    path = "/admin/glossary/entry/add/"
    text = {"term": "Made up", "slug": "made-up", "body": "Text."}
    submit(client, path, seen_by=seen_by, button="_publish", **text)
    return Entry.objects.published().filter(term="Made up").exists()


def publish_from_list(client, seen_by) -> bool:
    entry = make_draft()
    bulk(client, "publish", entry)
    return Entry.objects.published().filter(pk=entry.pk).exists()


def withdraw_by_button(client, seen_by) -> bool:
    entry = make_entry()
    submit(client, change(entry), seen_by=seen_by, button="_withdraw")
    return not Entry.objects.published().filter(pk=entry.pk).exists()


def withdraw_from_list(client, seen_by) -> bool:
    entry = make_entry()
    bulk(client, "withdraw", entry)
    return not Entry.objects.published().filter(pk=entry.pk).exists()


def schedule_by_button(client, seen_by) -> bool:
    entry = make_draft()
    day = {"publish_at_0": "2030-07-01", "publish_at_1": "09:30:00"}
    submit(client, change(entry), seen_by=seen_by, button="_publish", **day)
    return Entry.objects.scheduled().filter(pk=entry.pk).exists()


def submit_for_review(client, seen_by) -> bool:
    entry = make_draft()
    submit(client, change(entry), seen_by=seen_by, button="_submit")
    return Entry.objects.filter(pk=entry.pk, review="waiting").exists()


def approve_by_button(client, seen_by) -> bool:
    entry = make_draft()
    publishing.submit(entry)
    submit(client, change(entry), seen_by=seen_by, button="_approve")
    return Entry.objects.filter(pk=entry.pk, review="approved").exists()


def return_by_button(client, seen_by) -> bool:
    entry = make_draft()
    publishing.submit(entry)
    submit(client, change(entry), seen_by=seen_by, button="_return", note="Too long.")
    return Entry.objects.filter(pk=entry.pk, review="returned").exists()


def beside(path: str, **data):
    """Whether a page beside an entry's form answers; by POST, if there is data."""

    def asked(client, seen_by) -> bool:
        entry = make_entry(body="Live.")
        publishing.save_draft(entry, {**revisions.newest(entry), "body": "Secret."})
        address = change(entry).replace("change/", path)
        response = client.post(address, data) if data else client.get(address)
        return response.status_code == 200

    return asked


def autosave(client, seen_by) -> bool:
    entry = make_draft()
    address = change(entry).replace("change/", "autosave/")
    client.post(address, {**filled(seen_by, change(entry)), "body": "Other words."})
    draft = Entry.objects.get(pk=entry.pk).draft
    return draft is not None and draft.snapshot["body"] == "Other words."


def restore(client, seen_by) -> bool:
    entry = make_entry(body="One.")
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "Two."})
    client.post(change(entry).replace("change/", "versions/1/restore/"))
    return Entry.objects.get(pk=entry.pk).draft.snapshot["body"] == "One."


def change_author(client, seen_by) -> bool:
    author = make_author()
    submit(client, change(author), seen_by=seen_by, role="Gardener")
    return Author.objects.filter(pk=author.pk, role="Gardener").exists()


def tie_login_to_author(client, seen_by) -> bool:
    author, login = make_author(), make_staff()
    submit(client, change(author), seen_by=seen_by, user=login.pk)
    return Author.objects.filter(pk=author.pk, user=login).exists()


def delete_author(client, seen_by) -> bool:
    author = make_author()
    client.post(change(author).replace("change", "delete"), {"post": "yes"})
    return not Author.objects.filter(pk=author.pk).exists()


def add_topic(client, seen_by) -> bool:
    path = "/admin/glossary/topic/add/"
    submit(client, path, seen_by=seen_by, name="Gardens", slug="gardens")
    return Topic.objects.filter(name="Gardens").exists()


def change_topic(client, seen_by) -> bool:
    topic = Topic.objects.create(name="Gardens")
    submit(client, change(topic), seen_by=seen_by, name="Parks")
    return Topic.objects.filter(name="Parks").exists()


def see_entries_of_offer(client, seen_by) -> bool:
    entry = make_entry(term="Sold here")
    path = f"/admin/leads/offer/{make_offer().pk}/entries/"
    return entry.term in client.get(path).content.decode()


def change_offer(client, seen_by) -> bool:
    offer = make_offer()
    submit(client, change(offer), seen_by=seen_by, heading="Tired of typing?")
    return Offer.objects.filter(pk=offer.pk, heading="Tired of typing?").exists()


def add_calendar(client, seen_by) -> bool:
    path = "/admin/leads/calendar/add/"
    submit(client, path, seen_by=seen_by, author=make_author().pk, monday="9-10")
    return Calendar.objects.filter(monday="9:00–10:00").exists()


def change_calendar(client, seen_by) -> bool:
    calendar = make_calendar()
    away = {"blocked-0-starts_at_0": "2030-01-01", "blocked-0-ends_at_0": "2030-01-02"}
    other = {"overrides-0-day": "2030-01-03", "overrides-0-hours": "9-10"}
    submit(client, change(calendar), seen_by=seen_by, monday="9-10", **away, **other)
    calendar.refresh_from_db()
    counts = (calendar.blocked.count(), calendar.overrides.count())
    return (calendar.monday, *counts) == ("9:00–10:00", 1, 1)


def make_new_address(client, seen_by) -> bool:
    calendar = make_calendar()
    client.post(change(calendar).replace("change", "renew"))
    return Calendar.objects.get(pk=calendar.pk).subscription_key != calendar.subscription_key


def delete_calendar(client, seen_by) -> bool:
    calendar = make_calendar()
    client.post(change(calendar).replace("change", "delete"), {"post": "yes"})
    return not Calendar.objects.filter(pk=calendar.pk).exists()


def give_topic_to_offer(client, seen_by) -> bool:
    offer, topic = make_offer(), Topic.objects.create(name="Gardens")
    submit(client, change(offer), seen_by=seen_by, **{"offer_topics-0-topic": topic.pk})
    return offer.offer_topics.filter(topic=topic).exists()


def change_lead(client, seen_by) -> bool:
    lead = make_lead()
    send(client, change(lead), "state", seen_by=seen_by, state="won")
    return Lead.objects.filter(pk=lead.pk, state="won").exists()


def choose_owner(client, seen_by) -> bool:
    lead = make_lead()
    send(client, change(lead), "owner", seen_by=seen_by, owner=str(owner_of_leads().pk))
    return Lead.objects.exclude(owner=None).filter(pk=lead.pk).exists()


def choose_owner_of_several(client, seen_by) -> bool:
    lead, owner = make_lead(), owner_of_leads()
    chosen = {"_selected_action": [lead.pk], "step": "do", f"shown_{lead.pk}": ""}
    client.post("/admin/leads/lead/", {"action": "assign_selected", "owner": owner.pk, **chosen})
    return Lead.objects.exclude(owner=None).filter(pk=lead.pk).exists()


def owner_of_leads():
    return User.objects.filter(username="owner").first() or make_staff("sales", username="owner")


def plan_step(client, seen_by) -> bool:
    lead = make_lead()
    send(client, change(lead), "step", seen_by=seen_by, next_step="Call")
    return Lead.objects.filter(pk=lead.pk, next_step="Call").exists()


def write_note(client, seen_by) -> bool:
    lead = make_lead()
    send(client, change(lead), "note", seen_by=seen_by, text="Nice.")
    return lead.events.filter(kind="lead.noted").exists()


def keep_view(client, seen_by) -> bool:
    client.post("/admin/leads/lead/views/keep/", {"name": "Mine, new", "query": "show=mine"})
    return SavedView.objects.exists()


def take_up_lead(client, seen_by) -> bool:
    lead = make_lead(state="spam")
    act(client, lead, "accept_selected")
    return Lead.objects.filter(pk=lead.pk, state="new").exists()


def delete_lead(client, seen_by) -> bool:
    lead = make_lead()
    client.post(change(lead).replace("change", "delete"), {"post": "yes"})
    return not Lead.objects.filter(pk=lead.pk).exists()


def cancel_booking(client, seen_by) -> bool:
    booking = make_booking(start=timezone.now() + timedelta(days=2))
    client.post(change(booking).replace("change", "cancel"), {"reason": "Ill."})
    return Booking.objects.filter(pk=booking.pk, state="cancelled").exists()


def note_no_show(client, seen_by) -> bool:
    now = timezone.now()
    booking = make_booking(start=now - timedelta(days=1), now=now - timedelta(days=2))
    data = {"action": "mark_no_show", "_selected_action": [booking.pk]}
    client.post("/admin/leads/booking/?show=past", data)
    return Booking.objects.filter(pk=booking.pk, state="no_show").exists()


def book_by_phone(client, seen_by) -> bool:
    make_calendar(make_offer())
    day = timezone.now().date() + timedelta(days=3)
    when = {"start": "other", "other_date": day.isoformat(), "other_time": "10:00"}
    who = {"name": "Carl", "email": "carl@example.com", "consent": "on"}
    path = "/admin/leads/booking/add/"
    client.post(path, {**filled(seen_by, path), **when, **who})
    return Booking.objects.filter(lead__name="Carl").exists()


def change_site(client, seen_by) -> bool:
    site = make_site(name="Northlight")
    submit(client, change(site), seen_by=seen_by, name="Southlight")
    return SiteSettings.objects.filter(name="Southlight").exists()


def add_webhook(client, seen_by) -> bool:
    data = {"name": "CRM", "url": "https://crm.example/", "events": ["lead.created"]}
    submit(client, "/admin/config/webhookendpoint/add/", seen_by=seen_by, **data)
    return WebhookEndpoint.objects.filter(name="CRM").exists()


def renew_webhook_secret(client, seen_by) -> bool:
    endpoint = make_endpoint()
    client.post(change(endpoint).replace("change", "secret"))
    return WebhookEndpoint.objects.get(pk=endpoint.pk).secret != endpoint.secret


def retry_message(client, seen_by) -> bool:
    message = outbox.enqueue("glossary.relink", entries=[1])
    OutboxMessage.objects.update(failed_at=timezone.now(), attempts=12)
    act(client, message, "try_again")
    return OutboxMessage.objects.filter(pk=message.pk, failed_at=None).exists()


def preview(client, seen_by) -> bool:
    response = client.post("/admin/markdownx/preview/", {"content": "*a*"})
    return response.content == b"<p><em>a</em></p>\n"


def upload(client, seen_by) -> bool:
    client.post("/admin/markdownx/upload/", {"image": make_picture()})
    return Picture.objects.count() == 1


EVERYBODY = {"writer", "reviewer", "publisher", "sales", "administrator"}
EDITORS = EVERYBODY - {"sales"}
PUBLISHERS = {"publisher", "administrator"}
SALES = {"sales", "administrator"}
ADMINISTRATORS = {"administrator"}
RULES = {
    "see entries": (opens("/admin/glossary/entry/"), EVERYBODY),
    "open a new entry": (opens("/admin/glossary/entry/add/"), EDITORS),
    "add an entry": (add_entry, EDITORS),
    "change a draft": (change_entry_in("draft"), EDITORS),
    "change a withdrawn entry": (change_entry_in("withdrawn"), EDITORS),
    "change a published entry": (change_entry_in("published"), EDITORS),
    "say when a draft is reviewed": (plan_review_in(make_draft), EDITORS),
    "say when a published entry is reviewed": (plan_review_in(make_entry), PUBLISHERS),
    "delete an entry": (delete_entry, PUBLISHERS),
    "delete entries from the list": (delete_from_list, PUBLISHERS),
    "publish by the button": (publish_by_button, PUBLISHERS),
    "publish while adding": (publish_while_adding, PUBLISHERS),
    "publish from the list": (publish_from_list, PUBLISHERS),
    "withdraw by the button": (withdraw_by_button, PUBLISHERS),
    "withdraw from the list": (withdraw_from_list, PUBLISHERS),
    "schedule by the button": (schedule_by_button, PUBLISHERS),
    "submit for review": (submit_for_review, EDITORS),
    "approve": (approve_by_button, EDITORS - {"writer"}),
    "return with a comment": (return_by_button, EDITORS - {"writer"}),
    "see the versions": (beside("versions/"), EVERYBODY),
    "compare versions": (beside("compare/"), EVERYBODY),
    "say that they are here": (beside("here/", x="1"), EDITORS),
    "let the form keep itself": (autosave, EDITORS),
    "restore a version": (restore, EDITORS),
    "see authors": (opens("/admin/authors/author/"), EVERYBODY),
    "change an author": (change_author, PUBLISHERS),
    "tie a login to an author": (tie_login_to_author, ADMINISTRATORS),
    "delete an author": (delete_author, ADMINISTRATORS),
    "see topics": (opens("/admin/glossary/topic/"), EVERYBODY),
    "add a topic": (add_topic, EDITORS),
    "change a topic": (change_topic, PUBLISHERS),
    "be offered topics": (opens("/admin/glossary/entry/topics/?q=a"), EDITORS),
    "see offers": (opens("/admin/leads/offer/"), SALES),
    "see which entries show an offer": (see_entries_of_offer, SALES),
    "change an offer": (change_offer, SALES),
    "show an offer for a topic": (give_topic_to_offer, SALES),
    "see calendars": (opens("/admin/leads/calendar/"), SALES),
    "add a calendar": (add_calendar, SALES),
    "change a calendar": (change_calendar, SALES),
    "make a new address to subscribe to": (make_new_address, SALES),
    "delete a calendar": (delete_calendar, ADMINISTRATORS),
    "see leads": (opens("/admin/leads/lead/"), SALES),
    "change a lead": (change_lead, SALES),
    "choose who follows up": (choose_owner, SALES),
    "choose who follows up several": (choose_owner_of_several, SALES),
    "plan the next step of a lead": (plan_step, SALES),
    "write a note about a lead": (write_note, SALES),
    "keep a view of the inbox": (keep_view, SALES),
    "take up a suspect": (take_up_lead, SALES),
    "delete a lead": (delete_lead, SALES),
    "see bookings": (opens("/admin/leads/booking/"), SALES),
    "see the week of bookings": (opens("/admin/leads/booking/week/"), SALES),
    "cancel a booking": (cancel_booking, SALES),
    "note who did not come": (note_no_show, SALES),
    "book by phone": (book_by_phone, SALES),
    "change the site settings": (change_site, ADMINISTRATORS),
    "see the outbox": (opens("/admin/config/outboxmessage/"), ADMINISTRATORS),
    "try a message again": (retry_message, ADMINISTRATORS),
    "see webhooks": (opens("/admin/config/webhookendpoint/"), ADMINISTRATORS),
    "add a webhook": (add_webhook, ADMINISTRATORS),
    "make a new secret of a webhook": (renew_webhook_secret, ADMINISTRATORS),
    "see logins": (opens("/admin/auth/user/"), ADMINISTRATORS),
    "see a preview": (preview, EVERYBODY),
    "upload a picture": (upload, EVERYBODY),
}


@pytest.mark.parametrize(
    "act_name", [name for name, (_, allowed) in RULES.items() if allowed == ADMINISTRATORS]
)
def test_what_only_administrators_may_a_superuser_may(admin_client, act_name):
    does_it, _ = RULES[act_name]
    assert does_it(admin_client, admin_client)


@pytest.mark.parametrize("role", [*sorted(EVERYBODY), "no group"])
@pytest.mark.parametrize("act_name", RULES)
def test_groups_may_what_they_are_for(client, admin_client, role, act_name):
    does_it, allowed = RULES[act_name]
    client.force_login(make_staff(*([] if role == "no group" else [role])))
    assert does_it(client, admin_client) == (role in allowed)


def test_a_group_without_permission_to_change_still_reads(client):
    entry = make_entry(term="Webhook", body="Words to read.")
    client.force_login(make_staff("sales"))
    page = client.get(change(entry)).content.decode()
    assert ("Words to read." in page, 'name="_save"' in page) == (True, False)


@pytest.mark.parametrize("path", ["versions/", "compare/", "autosave/", "here/"])
def test_strangers_learn_nothing_beside_the_form(client, path):
    entry = make_entry(body="Live.")
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "Secret."})
    for ask in (client.get, client.post):
        response = ask(change(entry).replace("change/", path))
        assert (response.status_code, response["Location"][:13]) == (302, "/admin/login/")


@pytest.mark.parametrize(
    ("role", "buttons"),
    [
        ("writer", ["_save", "_continue", "_submit"]),
        ("publisher", ["_publish", "_save", "_continue", "_submit"]),
    ],
)
def test_a_draft_shows_the_buttons_that_its_reader_may_press(client, role, buttons):
    client.force_login(make_staff(role))
    page = page_of(client.get(change(make_draft())))
    (panel,) = (each for each in page.iter("aside") if each.get("class") == "desk-panel")
    shown = [button.get("name") for button in panel.iter("button")]
    assert sorted(name for name in shown if name) == sorted(buttons)
