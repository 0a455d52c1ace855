"""A draft's way through the desk, in a real browser, by several people."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from glossary import publishing, revisions
from glossary.models import DraftShare, Entry
from tests.desk import change
from tests.factories import make_author, make_draft, make_entry, make_site, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _impatient():
    expect.set_options(timeout=12000)


@pytest.fixture
def site(live_server) -> str:
    return live_server.url


@pytest.fixture(autouse=True)
def _closed_windows(browser):
    """No window goes on asking after its test."""
    yield
    for context in browser.contexts:
        context.close()


def page_for(browser: Browser, site: str, *roles: str, username: str = "") -> Page:
    """A browser window of somebody of the staff."""
    client = Client()
    client.force_login(make_staff(*roles, username=username))
    cookie = client.cookies["sessionid"]
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])
    return context.new_page()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def said(page: Page):
    return page.locator(".messagelist")


def test_a_draft_is_written_reviewed_and_scheduled(browser, site):
    make_site(requires_review=True, time_zone="Europe/Lisbon")
    writer = page_for(browser, site, "writer")
    writer.goto(f"{site}/admin/glossary/entry/add/")
    writer.get_by_label("Term:").fill("Webhook")
    writer.locator("#id_body").fill("A call from one program to another.")
    writer.locator("#id_short_definition").fill("A call between programs.")
    press(writer, "Save and go on")
    expect(said(writer)).to_contain_text("The draft is kept.")
    writer.get_by_label("Note:").fill("Please look at the first line")
    press(writer, "Submit for review")
    expect(said(writer)).to_contain_text("Submitted for review.")
    entry = Entry.objects.get()

    reviewer = page_for(browser, site, "reviewer")
    reviewer.goto(f"{site}{change(entry)}")
    reviewer.get_by_label("Note:").fill("Say which programs")
    press(reviewer, "Return with the note")
    writer.goto(f"{site}{change(entry)}")
    expect(writer.get_by_role("status").first).to_contain_text("Say which programs")
    press(writer, "Submit for review")
    expect(said(writer)).to_contain_text("Submitted")
    reviewer.goto(f"{site}{change(entry)}")
    press(reviewer, "Approve")
    expect(said(reviewer)).to_contain_text("Approved.")

    publisher = page_for(browser, site, "publisher")
    publisher.goto(f"{site}{change(entry)}")
    publisher.locator("#id_publish_at_0").fill("2031-03-03")
    publisher.locator("#id_publish_at_1").fill("09:00")
    press(publisher, "Schedule for 3 March 2031 09:00 (Europe/Lisbon)")
    expect(said(publisher)).to_contain_text("Scheduled for 3 March 2031, 09:00 (Europe/Lisbon).")
    assert Entry.objects.scheduled().get() == entry


def test_two_people_are_told_of_each_other_and_lose_nothing(browser, site):
    entry = make_draft(term="Webhook", body="Begin.")
    ann = page_for(browser, site, "writer", username="ann")
    ben = page_for(browser, site, "writer", username="ben")
    ann.goto(f"{site}{change(entry)}")
    expect(ann.locator("[data-desk]")).to_be_visible()
    ben.goto(f"{site}{change(entry)}")
    expect(ben.locator("[data-others]")).to_contain_text("ann is editing since")
    ann.locator("#id_body").fill("Ann's words.")
    press(ann, "Save and go on")
    expect(said(ann)).to_contain_text("The draft is kept.")
    ben.locator("#id_body").fill("Ben's words.")
    press(ben, "Save draft")
    conflict = ben.locator(".desk-conflict")
    expect(conflict.locator("del").first).to_have_text("Ann")
    expect(conflict.locator("ins").first).to_have_text("Ben")
    expect(ben.locator("#id_body")).to_have_value("Ben's words.")
    press(ben, "Save and go on")
    expect(said(ben)).to_contain_text("The draft is kept.")
    bodies = [each.snapshot["body"] for each in entry.revisions.all()]
    assert bodies[:2] == ["Ben's words.", "Ann's words."]


def test_a_draft_keeps_itself_while_it_is_written(browser, site):
    entry = make_entry(body="Live.")
    writer = page_for(browser, site, "writer")
    writer.goto(f"{site}{change(entry)}")
    writer.locator("#id_body").fill("Not saved by hand.")
    expect(writer.locator("[data-kept]")).to_contain_text("Draft kept at")
    again = Entry.objects.get(pk=entry.pk)
    assert (again.body, again.draft.snapshot["body"]) == ("Live.", "Not saved by hand.")


@pytest.mark.parametrize("way", ["closed tab", "expired login"])
def test_what_was_typed_last_is_offered_again(browser, site, way):
    entry = make_draft(body="Begin.", aliases=["One"])
    writer = page_for(browser, site, "writer")
    writer.goto(f"{site}{change(entry)}")
    writer.locator("#id_body").fill("Typed at the last moment.")
    writer.locator("#id_aliases-1-name").fill("Another name")
    if way == "closed tab":
        writer.goto("about:blank")
    else:
        Session.objects.all().delete()
        press(writer, "Save draft")
        expect(writer.get_by_label("Username")).to_be_visible()
        client = Client()
        client.force_login(make_staff("writer"))
        value = client.cookies["sessionid"].value
        writer.context.add_cookies([{"name": "sessionid", "value": value, "url": site}])
    writer.goto(f"{site}{change(entry)}")
    expect(writer.locator("#id_body")).to_have_value("Begin.")
    press(writer, "Show it")
    expect(writer.locator("#id_body")).to_have_value("Typed at the last moment.")
    expect(writer.locator("#id_aliases-1-name")).to_have_value("Another name")
    press(writer, "Save and go on")
    expect(said(writer)).to_contain_text("The draft is kept.")
    expect(writer.get_by_role("button", name="Show it")).to_be_hidden()
    assert [alias.name for alias in entry.aliases.all()] == ["One", "Another name"]


def test_an_earlier_version_is_compared_and_restored(browser, site):
    entry = make_entry(body="One good sentence.")
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "One bad sentence."})
    writer = page_for(browser, site, "writer")
    writer.goto(f"{site}{change(entry)}")
    writer.get_by_role("link", name="Compare with the live text").click()
    expect(writer.locator(".diff del")).to_have_text("good")
    expect(writer.locator(".diff ins")).to_have_text("bad")
    press(writer, "Make version 1 the newest draft again")
    expect(writer.locator("#id_body")).to_have_value("One good sentence.")
    assert entry.revisions.count() == 3


def test_a_draft_is_shared_commented_on_and_approved(browser, site, page):
    make_site(requires_review=True)
    entry = make_entry(body="Live words.", reviewer=make_author(name="Rita Moss"))
    text = "Draft words.\n\n## A part\n\nMore."
    publishing.save_draft(entry, {**revisions.newest(entry), "body": text})
    writer = page_for(browser, site, "reviewer")
    writer.goto(f"{site}{change(entry)}")
    writer.get_by_role("link", name="Share a draft").click()
    writer.get_by_label("For whom").fill("Rita")
    writer.get_by_label("They are Rita Moss and may approve the text").check()
    press(writer, "Make a link")
    address = writer.get_by_label("Link for Rita").input_value()
    path = "/drafts/" + address.rpartition("/drafts/")[2]

    page.goto(f"{site}{path}")
    expect(page.locator("article .prose")).to_contain_text("Draft words.")
    page.get_by_role("link", name="Compare with the published text").click()
    expect(page.locator(".draft-diff del").first).to_have_text("Live")
    page.get_by_label("About").select_option("A part")
    page.get_by_label("Your comment").fill("Good.")
    press(page, "Send the comment")
    expect(page.get_by_role("status")).to_contain_text("your comment is kept")
    press(page, "Approve this text")
    expect(page.get_by_role("status")).to_contain_text("your approval is noted")

    writer.reload()
    expect(writer.locator("blockquote")).to_contain_text("Good.")
    assert Entry.objects.get(pk=entry.pk).review == "approved"
    assert DraftShare.objects.get().expires_at < timezone.now() + timedelta(days=15)
