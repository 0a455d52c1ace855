"""The desk: every page opens, everybody may what their group may, saving does what it says."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from io import BytesIO, StringIO

import html5lib
import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from authors.models import Author
from config import outbox
from config.models import OutboxMessage, SiteSettings
from glossary.models import (
    Comparison,
    Entry,
    Feedback,
    LearningPath,
    OldSlug,
    PinnedResult,
    SearchedPhrase,
    Suggestion,
    Topic,
)
from leads.models import Lead, Offer
from tests.factories import (
    make_author,
    make_comparison,
    make_draft,
    make_entry,
    make_lead,
    make_offer,
    make_path,
    make_picture,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db

ORIENTATION, CAMERA = 0x0112, 0x0110


# A browser without a screen ---------------------------------------------------------------


def page_of(response):
    return html5lib.parse(response.content.decode(), namespaceHTMLElements=False)


def words(element) -> str:
    return " ".join("".join(element.itertext()).split())


def filled(client, path: str) -> dict[str, str | list[str]]:
    """The form on the page at `path` as a browser would send it, without its buttons."""
    response = client.get(path)
    assert response.status_code == 200, path
    (form,) = (f for f in page_of(response).iter("form") if f.get("id", "").endswith("_form"))
    data: dict[str, str | list[str]] = {}
    for field in form.iter("input"):
        kind = field.get("type", "text")
        is_off = kind in ("checkbox", "radio") and "checked" not in field.attrib
        if field.get("name") and kind not in ("submit", "file") and not is_off:
            data[field.get("name")] = field.get("value", "on" if kind == "checkbox" else "")
    for field in form.iter("textarea"):
        data[field.get("name")] = field.text or ""
    for field in form.iter("select"):
        chosen = [o.get("value") for o in field.iter("option") if "selected" in o.attrib]
        data[field.get("name")] = chosen if "multiple" in field.attrib else "".join(chosen)
    return data


def submit(client, path: str, *, button: str = "_save", seen_by=None, **changes):
    """Fill in the form at `path` and press `button`; `seen_by` may look at it for `client`."""
    return client.post(path, {**filled(seen_by or client, path), **changes, button: "x"})


def errors(response) -> list[str]:
    """The sentences that the page shows about what was sent."""
    assert response.status_code == 200
    page = page_of(response)
    lists = [box for box in page.iter("ul") if "errorlist" in box.get("class", "")]
    return [words(line) for box in lists for line in box.iter("li")]


def notices(client, response) -> list[str]:
    """The messages on the page that `response` leads to."""
    page = page_of(client.get(response["Location"]))
    lists = [box for box in page.iter("ul") if "messagelist" in box.get("class", "")]
    return [words(line) for box in lists for line in box.iter("li")]


def states(response) -> list[str]:
    """The words of the state column, row by row."""
    page = page_of(response)
    return [words(s) for s in page.iter("span") if "state" in s.get("class", "").split()]


def rows(response) -> list[str]:
    """The first column of a list, row by row."""
    body = page_of(response).find(".//table[@id='result_list']/tbody")
    return [] if body is None else [words(row.find("th")) for row in body.iter("tr")]


def change(row) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def act(client, row, action: str):
    """Choose `row` in its list and run `action`."""
    path = f"/admin/{row._meta.app_label}/{row._meta.model_name}/"
    return client.post(path, {"action": action, "_selected_action": [row.pk]})


def work() -> None:
    call_command("work", once=True, stdout=StringIO())


# Every page opens -------------------------------------------------------------------------


def entry_row() -> Entry:
    number = Entry.objects.count()
    return make_entry(
        author=make_author(), topics=[f"Topic {number}"], aliases=[f"Other name {number}"]
    )


def topic_row() -> Topic:
    entry_row()
    return Topic.objects.latest("pk")


def lead_row() -> Lead:
    return make_lead(entry=make_entry(author=make_author()), offer=offer_row())


def offer_row() -> Offer:
    return make_offer(name=f"Offer {Offer.objects.count()}", is_default=False)


def author_row() -> Author:
    return make_author(user=make_staff())


def feedback_row() -> Feedback:
    return Feedback.objects.create(entry=make_entry(), is_helpful=True, sentence="It helped.")


def suggestion_row() -> Suggestion:
    number = Suggestion.objects.count()
    return Suggestion.objects.create(term=f"Missing {number}", language="en")


def pin_row() -> PinnedResult:
    number = PinnedResult.objects.count()
    return PinnedResult.objects.create(phrase=f"Phrase {number}", entry=make_entry())


def phrase_row() -> SearchedPhrase:
    number, today = SearchedPhrase.objects.count(), timezone.localdate()
    return SearchedPhrase.objects.create(
        language="en", phrase=f"Phrase {number}", day=today, results=0
    )


def group_row() -> Group:
    return Group.objects.create(name=f"Group {Group.objects.count()}")


MODELS = {
    Entry: entry_row,
    Topic: topic_row,
    Author: author_row,
    Offer: offer_row,
    Lead: lead_row,
    OutboxMessage: lambda: outbox.enqueue("glossary.relink", entries=[1]),
    User: lambda: make_staff(),
    Group: group_row,
    SiteSettings: lambda: make_site(),
    Comparison: lambda: make_comparison(),
    LearningPath: lambda: make_path(),
    Feedback: feedback_row,
    Suggestion: suggestion_row,
    PinnedResult: pin_row,
    SearchedPhrase: phrase_row,
}
SELDOM_ADDED = {OutboxMessage, SiteSettings, Feedback, Suggestion, SearchedPhrase}
"""Models whose rows nobody adds by hand, or only once."""


def listed(model) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def test_every_registered_model_is_looked_at_here():
    assert admin.site._registry.keys() == MODELS.keys()


@pytest.mark.parametrize(
    ("model", "queries"),
    [
        (Entry, 9),
        (Topic, 7),
        (Author, 7),
        (Offer, 7),
        (Lead, 10),
        (OutboxMessage, 8),
        (User, 8),
        (Group, 7),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_list_asks_as_often_for_three_rows_as_for_one(
    admin_client, django_assert_num_queries, model, queries
):
    make_site()
    already = model.objects.count()
    for how_many in (1, 3):
        while model.objects.count() < already + how_many:
            MODELS[model]()
        admin_client.get(listed(model))
        with django_assert_num_queries(queries):
            response = admin_client.get(listed(model))
        assert (response.status_code, len(rows(response))) == (200, already + how_many)


@pytest.mark.parametrize(
    ("model", "queries"),
    [
        (Entry, 12),
        (Topic, 7),
        (Author, 6),
        (Offer, 5),
        (Lead, 7),
        (OutboxMessage, 5),
        (User, 9),
        (Group, 7),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_form_asks_as_often_among_three_rows_as_for_the_only_one(
    admin_client, django_assert_num_queries, model, queries
):
    make_site()
    row = MODELS[model]()
    for more in (0, 2):
        for _ in range(more):
            MODELS[model]()
        admin_client.get(change(row))
        with django_assert_num_queries(queries):
            response = admin_client.get(change(row))
        assert response.status_code == 200


@pytest.mark.parametrize("names", [1, 3])
def test_an_entry_with_many_other_names_asks_as_often(
    admin_client, django_assert_num_queries, names
):
    make_site()
    entry = make_entry(
        author=make_author(),
        reviewer=make_author(),
        aliases=[f"Name {number}" for number in range(names)],
        topics=[f"Topic {number}" for number in range(names)],
    )
    admin_client.get(change(entry))
    with django_assert_num_queries(13):
        admin_client.get(change(entry))


@pytest.mark.parametrize("model", MODELS.keys() - SELDOM_ADDED, ids=lambda m: m.__name__)
def test_every_add_page_opens(admin_client, model):
    assert admin_client.get(f"{listed(model)}add/").status_code == 200


@pytest.mark.parametrize("side", ["history", "delete"])
@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_side_page_opens(admin_client, model, side):
    row = MODELS[model]()
    response = admin_client.get(change(row).replace("/change/", f"/{side}/"))
    is_kept = model is SiteSettings and side == "delete"
    assert response.status_code == (403 if is_kept else 200)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_list_answers_to_odd_questions(admin_client, model):
    MODELS[model]()
    for question in ("?q=x%00y", "?q=%25_'\"", "?state=nonsense", "?p=99", "?o=9.9", "?all="):
        assert admin_client.get(listed(model) + question).status_code in (200, 302)


def test_strangers_are_asked_to_log_in(client):
    paths = ["/admin/", "/admin/glossary/entry/topics/?q=a"]
    for model, make in MODELS.items():
        paths += [listed(model), f"{listed(model)}add/", change(make())]
    answers = [client.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [302] * len(paths)
    assert {answer["Location"].split("?")[0] for answer in answers} == {"/admin/login/"}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["/admin/markdownx/preview/", "/admin/markdownx/upload/"])
def test_strangers_get_no_preview_and_no_upload(client, path, method):
    assert getattr(client, method)(path).status_code == 403


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
            act(seen_by, entry, "withdraw_selected")
        submit(client, change(entry), seen_by=seen_by, body="Other words.")
        return Entry.objects.filter(pk=entry.pk, body="Other words.").exists()

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
    submit(client, path, seen_by=seen_by, button="_publish", term="Made up", slug="made-up")
    return Entry.objects.published().filter(term="Made up").exists()


def publish_from_list(client, seen_by) -> bool:
    entry = make_draft()
    act(client, entry, "publish_selected")
    return Entry.objects.published().filter(pk=entry.pk).exists()


def withdraw_by_button(client, seen_by) -> bool:
    entry = make_entry()
    submit(client, change(entry), seen_by=seen_by, button="_withdraw")
    return not Entry.objects.published().filter(pk=entry.pk).exists()


def withdraw_from_list(client, seen_by) -> bool:
    entry = make_entry()
    act(client, entry, "withdraw_selected")
    return not Entry.objects.published().filter(pk=entry.pk).exists()


def set_date(client, seen_by) -> bool:
    entry = make_draft()
    day = {"published_at_0": "2030-07-01", "published_at_1": "09:30:00"}
    submit(client, change(entry), seen_by=seen_by, **day)
    return Entry.objects.filter(pk=entry.pk).exclude(published_at=None).exists()


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


def change_offer(client, seen_by) -> bool:
    offer = make_offer()
    submit(client, change(offer), seen_by=seen_by, heading="Tired of typing?")
    return Offer.objects.filter(pk=offer.pk, heading="Tired of typing?").exists()


def change_lead(client, seen_by) -> bool:
    lead = make_lead()
    submit(client, change(lead), seen_by=seen_by, state="won")
    return Lead.objects.filter(pk=lead.pk, state="won").exists()


def take_up_lead(client, seen_by) -> bool:
    lead = make_lead(state="spam")
    act(client, lead, "accept_selected")
    return Lead.objects.filter(pk=lead.pk, state="new").exists()


def delete_lead(client, seen_by) -> bool:
    lead = make_lead()
    client.post(change(lead).replace("change", "delete"), {"post": "yes"})
    return not Lead.objects.filter(pk=lead.pk).exists()


def change_site(client, seen_by) -> bool:
    site = make_site(name="Northlight")
    submit(client, change(site), seen_by=seen_by, name="Southlight")
    return SiteSettings.objects.filter(name="Southlight").exists()


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
    folder = default_storage.path("content")
    return default_storage.exists(folder) and default_storage.listdir(folder)[1] != []


EVERYBODY = {"writer", "publisher", "sales"}
RULES = {
    "see entries": (opens("/admin/glossary/entry/"), EVERYBODY),
    "open a new entry": (opens("/admin/glossary/entry/add/"), {"writer", "publisher"}),
    "add an entry": (add_entry, {"writer", "publisher"}),
    "change a draft": (change_entry_in("draft"), {"writer", "publisher"}),
    "change a withdrawn entry": (change_entry_in("withdrawn"), {"writer", "publisher"}),
    "change a published entry": (change_entry_in("published"), {"publisher"}),
    "delete an entry": (delete_entry, {"publisher"}),
    "delete entries from the list": (delete_from_list, {"publisher"}),
    "publish by the button": (publish_by_button, {"publisher"}),
    "publish while adding": (publish_while_adding, {"publisher"}),
    "publish from the list": (publish_from_list, {"publisher"}),
    "withdraw by the button": (withdraw_by_button, {"publisher"}),
    "withdraw from the list": (withdraw_from_list, {"publisher"}),
    "set the date of publication": (set_date, {"publisher"}),
    "see authors": (opens("/admin/authors/author/"), EVERYBODY),
    "change an author": (change_author, {"publisher"}),
    "tie a login to an author": (tie_login_to_author, set()),
    "delete an author": (delete_author, set()),
    "see topics": (opens("/admin/glossary/topic/"), {"writer", "publisher"}),
    "add a topic": (add_topic, {"writer", "publisher"}),
    "change a topic": (change_topic, {"publisher"}),
    "be offered topics": (opens("/admin/glossary/entry/topics/?q=a"), {"writer", "publisher"}),
    "see offers": (opens("/admin/leads/offer/"), {"sales"}),
    "change an offer": (change_offer, {"sales"}),
    "see leads": (opens("/admin/leads/lead/"), {"sales"}),
    "change a lead": (change_lead, {"sales"}),
    "take up a suspect": (take_up_lead, {"sales"}),
    "delete a lead": (delete_lead, {"sales"}),
    "change the site settings": (change_site, set()),
    "see the outbox": (opens("/admin/config/outboxmessage/"), set()),
    "try a message again": (retry_message, set()),
    "see logins": (opens("/admin/auth/user/"), set()),
    "see a preview": (preview, EVERYBODY),
    "upload a picture": (upload, EVERYBODY),
}


@pytest.mark.parametrize("act_name", [name for name, (_, allowed) in RULES.items() if not allowed])
def test_what_no_group_may_a_superuser_may(admin_client, act_name):
    does_it, _ = RULES[act_name]
    assert does_it(admin_client, admin_client)


@pytest.mark.parametrize("role", ["writer", "publisher", "sales", "no group"])
@pytest.mark.parametrize("act_name", RULES)
def test_groups_may_what_they_are_for(client, admin_client, role, act_name):
    does_it, allowed = RULES[act_name]
    client.force_login(make_staff(*([] if role == "no group" else [role])))
    assert does_it(client, admin_client) == (role in allowed)


def test_a_group_without_permission_to_change_still_reads(client):
    entry = make_entry(term="Webhook", body="Words to read.")
    client.force_login(make_staff("writer"))
    page = client.get(change(entry)).content.decode()
    assert ("Words to read." in page, 'name="_save"' in page) == (True, False)


@pytest.mark.parametrize(
    ("role", "buttons"),
    [
        ("writer", ["_save", "_continue"]),
        ("publisher", ["_publish", "_save", "_continue"]),
    ],
)
def test_a_draft_shows_the_buttons_that_its_reader_may_press(client, role, buttons):
    client.force_login(make_staff(role))
    page = page_of(client.get(change(make_draft())))
    shown = [button.get("name") for button in page.iter("input") if button.get("type") == "submit"]
    assert sorted(name for name in shown if name) == sorted(buttons)


# Publishing -------------------------------------------------------------------------------


@pytest.fixture
def publisher(client):
    client.force_login(make_staff("publisher"))
    return client


def test_the_publish_button_shows_the_entry_to_readers(publisher):
    entry = make_draft(term="Webhook", body="A *call*.")
    response = submit(publisher, change(entry), button="_publish")
    entry.refresh_from_db()
    assert (entry.state, entry.body_html) == ("published", "<p>A <em>call</em>.</p>\n")
    assert "Readers see this version now." in notices(publisher, response)
    assert publisher.get("/glossary/webhook/").status_code == 200


def test_saving_a_draft_keeps_it_from_readers(publisher):
    entry = make_draft(term="Webhook")
    submit(publisher, change(entry), body="Not ready.")
    assert publisher.get("/glossary/webhook/").status_code == 404


def test_saving_a_published_entry_shows_the_change_at_once(publisher):
    entry = make_entry(body="Old words.", at=timezone.now() - timedelta(days=3))
    submit(publisher, change(entry), body="New *words*.")
    entry.refresh_from_db()
    assert entry.body_html == "<p>New <em>words</em>.</p>\n"
    assert "New <em>words</em>." in publisher.get(entry.get_absolute_url()).content.decode()
    assert timezone.now() - entry.updated_at < timedelta(minutes=1)


def test_saving_a_published_entry_unchanged_moves_no_date(publisher):
    entry = make_entry(at=timezone.now().replace(microsecond=0) - timedelta(days=3))
    submit(publisher, change(entry))
    again = Entry.objects.get(pk=entry.pk)
    assert (again.updated_at, again.published_at) == (entry.updated_at, entry.published_at)


def test_the_withdraw_button_takes_the_entry_off_the_site(publisher):
    entry = make_entry()
    response = submit(publisher, change(entry), button="_withdraw")
    again = Entry.objects.get(pk=entry.pk)
    assert (again.state, again.body) == ("withdrawn", entry.body)
    assert "The entry is no longer on the site; its text is kept." in notices(publisher, response)
    assert publisher.get(entry.get_absolute_url()).status_code == 410


def test_a_date_to_come_schedules_the_entry_in_the_zone_of_the_site(publisher):
    make_site(time_zone="Europe/Lisbon")
    entry = make_draft(term="Webhook")
    day = {"published_at_0": "2030-07-01", "published_at_1": "09:30:00"}
    response = submit(publisher, change(entry), button="_publish", **day)
    entry.refresh_from_db()
    said = "Scheduled for 1 July 2030, 09:30 (Europe/Lisbon). It appears by itself."
    assert entry.published_at == datetime(2030, 7, 1, 8, 30, tzinfo=UTC)
    assert said in notices(publisher, response)
    assert publisher.get("/glossary/webhook/").status_code == 404


def test_a_published_entry_needs_its_date_and_says_so(publisher):
    entry = make_entry(at=timezone.now() - timedelta(days=3))
    response = submit(
        publisher, change(entry), published_at_0="", published_at_1="", body="New words."
    )
    again = Entry.objects.get(pk=entry.pk)
    # Either a sentence, or the help text's promise: published at once.
    assert response.status_code == 302 or len(errors(response)) > 0
    assert again.published_at is not None


def test_the_list_publishes_what_is_chosen(publisher):
    chosen, other = make_draft(), make_draft()
    response = act(publisher, chosen, "publish_selected")
    assert list(Entry.objects.published()) == [chosen]
    assert other.state == "draft"
    assert len(notices(publisher, response)) == 1


def test_the_list_withdraws_what_is_chosen(publisher):
    chosen, other = make_entry(), make_entry()
    act(publisher, chosen, "withdraw_selected")
    assert list(Entry.objects.published()) == [other]


def test_a_changed_address_of_a_published_entry_still_leads_there(publisher):
    entry = make_entry(term="Webhook")
    submit(publisher, change(entry), slug="web-hook")
    old = publisher.get("/glossary/webhook/")
    assert (old.status_code, old["Location"]) == (301, "/glossary/web-hook/")
    assert publisher.get("/glossary/web-hook/").status_code == 200


def test_a_changed_address_of_a_draft_leaves_nothing_behind(publisher):
    entry = make_draft(term="Webhook")
    submit(publisher, change(entry), slug="web-hook")
    assert OldSlug.objects.count() == 0


def test_other_names_reach_the_page(publisher):
    entry = make_entry(term="Webhook")
    submit(publisher, change(entry), **{"aliases-0-name": "HTTP callback"})
    page = publisher.get("/glossary/webhook/").content.decode()
    assert page.count("<b>HTTP callback</b>") == 1
    assert "Webhook" in publisher.get("/search/?q=callback").content.decode()


def test_a_deleted_other_name_leaves_the_page(publisher):
    entry = make_entry(term="Webhook", aliases=["HTTP callback"])
    submit(publisher, change(entry), **{"aliases-0-DELETE": "on"})
    assert "HTTP callback" not in publisher.get("/glossary/webhook/").content.decode()


def test_topics_reach_the_page_and_are_made_on_the_way(publisher):
    entry = make_entry(term="Webhook", topics=["Old topic"])
    submit(publisher, change(entry), topics="Automation, Data")
    page = publisher.get("/glossary/webhook/").content.decode()
    assert '<a href="/topics/automation/">Automation</a>' in page
    assert '<a href="/topics/data/">Data</a>' in page
    assert "Old topic" not in page


def test_a_renamed_topic_is_renamed_on_the_pages_of_its_entries(publisher):
    make_entry(term="Webhook", topics=["Automation"])
    topic = Topic.objects.get()
    submit(publisher, change(topic), name="Robots", slug="robots")
    page = publisher.get("/glossary/webhook/").content.decode()
    assert '<a href="/topics/robots/">Robots</a>' in page
    assert "Automation" not in page


@pytest.mark.parametrize("way", ["page", "list"])
def test_a_deleted_topic_leaves_the_pages_of_its_entries(publisher, way):
    make_entry(term="Webhook", topics=["Automation"])
    topic = Topic.objects.get()
    if way == "page":
        publisher.post(change(topic).replace("change", "delete"), {"post": "yes"})
    else:
        data = {"action": "delete_selected", "_selected_action": [topic.pk], "post": "yes"}
        publisher.post("/admin/glossary/topic/", data)
    assert Topic.objects.count() == 0
    assert "/topics/automation/" not in publisher.get("/glossary/webhook/").content.decode()


@pytest.mark.parametrize("way", ["page", "list"])
def test_a_deleted_entry_leaves_no_dead_link_on_other_pages(publisher, way):
    gone = make_entry(term="Polling")
    make_entry(term="Webhook", body="Unlike [polling](/glossary/polling/), it waits.")
    assert 'href="/glossary/polling/"' in publisher.get("/glossary/webhook/").content.decode()
    if way == "page":
        publisher.post(change(gone).replace("change", "delete"), {"post": "yes"})
    else:
        data = {"action": "delete_selected", "_selected_action": [gone.pk], "post": "yes"}
        publisher.post("/admin/glossary/entry/", data)
    work()
    assert list(Entry.objects.values_list("term", flat=True)) == ["Webhook"]
    assert 'href="/glossary/polling/"' not in publisher.get("/glossary/webhook/").content.decode()


# Mistakes get sentences -------------------------------------------------------------------


def test_a_second_entry_about_the_same_term_gets_a_sentence(publisher):
    make_draft(term="Webhook", slug="webhook")
    path = "/admin/glossary/entry/add/"
    response = submit(publisher, path, term="WEBHOOK", slug="another", body="Much work.")
    assert "There is already an entry about this term." in errors(response)
    assert "Much work." in response.content.decode()


def test_a_second_entry_at_the_same_address_gets_a_sentence(publisher):
    make_draft(term="Webhook", slug="webhook")
    path = "/admin/glossary/entry/add/"
    response = submit(publisher, path, term="Other", slug="webhook", body="Much work.")
    assert "Another entry in this language has this address." in errors(response)
    assert "Much work." in response.content.decode()


@pytest.mark.parametrize("repeated", ["HTTP callback", "http CALLBACK"])
def test_an_other_name_given_twice_gets_a_sentence(publisher, repeated):
    entry = make_draft(term="Webhook", aliases=["HTTP callback"])
    response = submit(publisher, change(entry), **{"aliases-1-name": repeated})
    assert len(errors(response)) > 0
    assert entry.aliases.count() == 1


def test_two_new_other_names_that_are_the_same_get_a_sentence(publisher):
    entry = make_draft(term="Webhook")
    twice = {
        "aliases-TOTAL_FORMS": "2",
        "aliases-0-name": "Callback",
        "aliases-1-name": "callback",
    }
    response = submit(publisher, change(entry), **twice)
    assert len(errors(response)) > 0
    assert entry.aliases.count() == 0


def test_a_topic_with_too_long_a_name_gets_a_sentence(publisher):
    entry = make_draft(term="Webhook")
    response = submit(publisher, change(entry), topics="T" * 101)
    assert len(errors(response)) > 0
    assert Topic.objects.count() == 0


def test_nobody_reviews_their_own_text(publisher):
    author = make_author()
    entry = make_draft()
    response = submit(publisher, change(entry), author=author.pk, reviewer=author.pk)
    said = "Nobody reviews their own text: choose another reviewer."
    assert said in errors(response)


@pytest.mark.parametrize("slug", ["two words", "a/b", "C++", "-", "a_b", "a--b", "<b>"])
def test_an_address_that_cannot_be_one_gets_a_sentence(publisher, slug):
    response = submit(publisher, change(make_draft()), slug=slug)
    assert len(errors(response)) > 0


@pytest.mark.parametrize("slug", ["ines_carvalho", "ines--carvalho", "-ines", "_"])
@pytest.mark.parametrize("kind", ["author", "topic"])
def test_whatever_address_the_admin_takes_has_a_page(publisher, kind, slug):
    if kind == "author":
        row, path = make_author(name="Ines"), "/authors/"
        make_entry(author=row)
    else:
        make_entry(topics=["Ines"])
        row, path = Topic.objects.get(), "/topics/"
    response = submit(publisher, change(row), slug=slug)
    assert publisher.get(path).status_code == 200
    if response.status_code == 302:
        assert publisher.get(f"{path}{slug}/").status_code == 200
    else:
        assert len(errors(response)) > 0


# Lists in words ---------------------------------------------------------------------------


def test_the_state_column_speaks(admin_client):
    make_site(time_zone="Europe/Lisbon")
    make_draft(term="A")
    make_entry(term="B")
    make_entry(term="C", at=datetime(2030, 7, 1, 8, 30, tzinfo=UTC))
    withdrawn = make_entry(term="D")
    act(admin_client, withdrawn, "withdraw_selected")
    response = admin_client.get("/admin/glossary/entry/")
    assert rows(response) == ["A", "B", "C", "D"]
    assert states(response) == [
        "Draft",
        "Published",
        "Scheduled for 1 Jul 2030, 09:30",
        "Withdrawn",
    ]


@pytest.mark.parametrize(
    ("state", "terms"),
    [
        ("draft", ["A draft"]),
        ("published", ["A public one"]),
        ("scheduled", ["A scheduled one"]),
        ("withdrawn", ["A withdrawn one"]),
    ],
)
def test_entries_are_filtered_by_what_their_state_says(admin_client, state, terms):
    make_draft(term="A draft")
    make_entry(term="A public one")
    make_entry(term="A scheduled one", at=timezone.now() + timedelta(days=1))
    make_draft(term="A withdrawn one", state="withdrawn")
    assert rows(admin_client.get(f"/admin/glossary/entry/?state={state}")) == terms


@pytest.mark.parametrize("query", ["callback", "Webho", "short words"])
def test_entries_are_found_by_any_of_their_names_once(admin_client, query):
    make_draft(term="Polling")
    make_draft(
        term="Webhook",
        aliases=["HTTP callback", "Callback address"],
        short_definition="A call, in short words.",
    )
    assert rows(admin_client.get(f"/admin/glossary/entry/?q={query}")) == ["Webhook"]


def test_a_public_entry_has_a_way_to_its_page_and_a_draft_has_none(admin_client):
    public, draft = make_entry(), make_draft()
    pages = [admin_client.get(change(entry)).content.decode() for entry in (public, draft)]
    assert ["View on site" in page for page in pages] == [True, False]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("auto", ["Automation", "Office automation"]),
        ("AUTOMATION", ["Automation", "Office automation"]),
        ("zzz", []),
        ("", ["Automation", "Data", "Office automation"]),
        ("%", []),
        ("x" * 5000, []),
    ],
)
def test_topics_are_offered_while_typing(admin_client, query, names):
    for name in ("Data", "Office automation", "Automation"):
        Topic.objects.create(name=name)
    response = admin_client.get("/admin/glossary/entry/topics/", {"q": query})
    assert response.json() == {"topics": names}


@pytest.mark.parametrize("name", ["C++ & C#", "R&D", "AT&T <tools>", "*starred*", "_private_"])
def test_a_topic_is_offered_for_its_exact_name(admin_client, name):
    Topic.objects.create(name=name)
    response = admin_client.get("/admin/glossary/entry/topics/", {"q": name})
    assert response.json() == {"topics": [name]}


# Leads and outbox -------------------------------------------------------------------------


@pytest.fixture
def sales(client):
    client.force_login(make_staff("sales"))
    return client


def test_what_a_visitor_wrote_is_never_rewritten(sales):
    entry = make_entry()
    lead = make_lead(message="Call me.", company="Prospect", consent_text="I agree.", entry=entry)
    written = {f.attname: getattr(lead, f.attname) for f in Lead._meta.fields}
    submit(
        sales,
        change(lead),
        state="qualified",
        name="Somebody else",
        email="other@example.com",
        message="Do not call me.",
        consent_text="I agree to everything.",
        consent_at_0="2020-01-01",
        consent_at_1="00:00",
        created_at_0="2020-01-01",
        created_at_1="00:00",
        entry="",
        source_path="/other/",
    )
    lead.refresh_from_db()
    now = {f.attname: getattr(lead, f.attname) for f in Lead._meta.fields}
    assert now == {**written, "state": "qualified"}


@pytest.mark.parametrize("state", ["new", "contacted", "won"])
def test_a_suspect_taken_up_in_the_form_gets_its_mails(sales, state):
    lead = make_lead(state="spam")
    submit(sales, change(lead), state=state)
    submit(sales, change(lead), state=state)
    lead.refresh_from_db()
    kinds = OutboxMessage.objects.order_by("kind").values_list("kind", flat=True)
    assert lead.state == state
    assert list(kinds) == ["leads.confirm_request", "leads.notify_staff"]


def test_a_suspect_that_stays_one_gets_no_mails(sales):
    lead = make_lead(state="spam")
    submit(sales, change(lead), state="spam")
    submit(sales, change(make_lead(state="spam", submission="other")), state="lost")
    assert OutboxMessage.objects.count() == 0


def test_a_lead_that_is_answered_gets_no_second_mails(sales):
    lead = make_lead()
    submit(sales, change(lead), state="contacted")
    assert OutboxMessage.objects.count() == 0


def test_only_suspects_are_taken_up_from_the_list(sales):
    suspect, won = make_lead(state="spam"), make_lead(state="won")
    data = {"action": "accept_selected", "_selected_action": [suspect.pk, won.pk]}
    sales.post("/admin/leads/lead/", data)
    found = Lead.objects.order_by("pk").values_list("state", flat=True)
    assert list(found) == ["new", "won"]
    assert {m.payload["lead"] for m in OutboxMessage.objects.all()} == {suspect.pk}


def test_the_lead_shows_the_entry_it_came_from(sales):
    entry = make_entry(term="Webhook")
    lead = make_lead(entry=entry, source_path=entry.get_absolute_url())
    page = sales.get(change(lead)).content.decode()
    assert ("Webhook" in page, "/glossary/webhook/" in page) == (True, True)


def test_sales_enter_a_lead_that_called(sales):
    submit(
        sales,
        "/admin/leads/lead/add/",
        name="Carl Caller",
        email="carl@example.com",
        consent_text="Said yes on the telephone.",
        consent_at_0="2026-03-01",
        consent_at_1="10:00:00",
        offer=str(make_offer().pk),
    )
    assert Lead.objects.get().name == "Carl Caller"
    assert OutboxMessage.objects.count() == 0


def test_failed_messages_are_tried_again_and_others_left_alone(admin_client):
    for _ in range(3):
        outbox.enqueue("glossary.relink", entries=[1])
    failed, waiting, done = OutboxMessage.objects.order_by("pk")
    now = timezone.now()
    OutboxMessage.objects.filter(pk=failed.pk).update(failed_at=now, attempts=12)
    OutboxMessage.objects.filter(pk=done.pk).update(done_at=now, attempts=1)
    everything = {"action": "try_again", "_selected_action": [failed.pk, waiting.pk, done.pk]}
    response = admin_client.post("/admin/config/outboxmessage/", everything)
    found = OutboxMessage.objects.order_by("pk")
    assert [message.state for message in found] == ["waiting", "waiting", "done"]
    assert len(notices(admin_client, response)) == 1


@pytest.mark.parametrize(
    ("state", "shown"),
    [("waiting", ["retrying", "waiting"]), ("failed", ["failed"]), ("done", ["done"])],
)
def test_the_outbox_is_filtered_by_state(admin_client, state, shown):
    now = timezone.now()
    for fields in ({}, {"failed_at": now}, {"done_at": now}, {"attempts": 1}):
        message = outbox.enqueue("glossary.relink", entries=[1])
        OutboxMessage.objects.filter(pk=message.pk).update(**fields)
    response = admin_client.get(f"/admin/config/outboxmessage/?state={state}")
    cells = page_of(response).findall(".//td[@class='field-state']")
    assert sorted(words(cell) for cell in cells) == shown


# Site settings ----------------------------------------------------------------------------

SETTINGS = "/admin/config/sitesettings/"


def test_without_settings_the_list_leads_to_a_new_one(admin_client):
    assert admin_client.get(SETTINGS)["Location"] == f"{SETTINGS}add/"


def test_the_first_settings_become_the_only_row(admin_client):
    submit(admin_client, f"{SETTINGS}add/", name="Northlight")
    assert list(SiteSettings.objects.values_list("pk", "name")) == [(1, "Northlight")]
    assert admin_client.get(SETTINGS)["Location"] == f"{SETTINGS}1/change/"


def test_a_second_row_of_settings_is_impossible(admin_client):
    data = filled(admin_client, f"{SETTINGS}add/")
    make_site(name="Northlight")
    answers = [
        admin_client.get(f"{SETTINGS}add/"),
        admin_client.post(f"{SETTINGS}add/", {**data, "name": "Southlight"}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert list(SiteSettings.objects.values_list("pk", "name")) == [(1, "Northlight")]


def test_saved_settings_are_on_the_next_page(admin_client):
    site = make_site(name="Northlight")
    submit(admin_client, change(site), name="Southlight", footer="Made in *Porto*.")
    page = admin_client.get("/").content.decode()
    assert ("Southlight" in page, "Made in <em>Porto</em>." in page) == (True, True)
    assert "Northlight" not in page


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        (
            "accent_colour",
            "red",
            "Write the colour as # and six digits, for example #0f6b5c.",
        ),
        (
            "accent_colour",
            "#12345g",
            "Write the colour as # and six digits, for example #0f6b5c.",
        ),
        ("time_zone", "Lisbon", "Choose a time zone such as Europe/Lisbon."),
        ("time_zone", "../etc/passwd", "Choose a time zone such as Europe/Lisbon."),
        (
            "title_pattern",
            "What is it?",
            "Write {term} once, where the term belongs: What is: {term}",
        ),
        (
            "title_pattern",
            "{term} {term}",
            "Write {term} once, where the term belongs: What is: {term}",
        ),
        ("lead_recipients", "a@x.example\nnobody", "“nobody” is not an e-mail address."),
        ("contact_email", "nobody", "Enter a valid email address."),
        ("consent_text", "", "This field is required."),
    ],
)
def test_settings_that_cannot_be_get_a_sentence(admin_client, field, value, sentence):
    site = make_site(name="Northlight")
    response = submit(admin_client, change(site), **{field: value})
    assert sentence in errors(response)


# Portraits --------------------------------------------------------------------------------


def photo(**options):
    """A camera's picture lying on its side, with what the camera noted in it."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[CAMERA] = "Secret Camera 3000"
    return make_picture(kind="JPEG", size=(60, 40), exif=exif.tobytes(), **options)


def test_a_portrait_is_turned_upright_re_encoded_and_stripped(publisher):
    author = make_author()
    assert b"Secret Camera 3000" in photo().read()
    submit(publisher, change(author), portrait=photo(name="Ines at home.jpg"), portrait_alt="Ines")
    author.refresh_from_db()
    stored = author.portrait.read()
    with Image.open(BytesIO(stored)) as picture:
        assert (picture.format, picture.size, dict(picture.getexif())) == ("WEBP", (40, 60), {})
    assert b"Secret Camera 3000" not in stored
    assert author.portrait.name.startswith("portraits/")
    assert author.portrait.name.endswith(".webp")
    assert "Ines" not in author.portrait.name


def test_a_large_portrait_is_made_smaller(publisher):
    author = make_author()
    large = make_picture(size=(2000, 1000))
    submit(publisher, change(author), portrait=large, portrait_alt="Ines")
    author.refresh_from_db()
    assert (author.portrait.width, author.portrait.height) == (320, 160)


def test_a_portrait_needs_words_for_those_who_cannot_see_it(publisher):
    author = make_author()
    response = submit(publisher, change(author), portrait=make_picture(), portrait_alt="")
    author.refresh_from_db()
    said = "Say what the portrait shows: not everybody sees it."
    assert (errors(response), author.portrait.name) == ([said], "")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.png", make_picture().read()[:60]),
        ("evil.gif", b"<script>alert(1)</script>"),
        ("evil.gif", b"GIF89a<script>alert(1)</script>"),
        ("empty.png", b""),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"),
    ],
    ids=["cut off", "page", "page with magic", "empty", "svg"],
)
def test_a_portrait_that_is_no_picture_gets_a_sentence(publisher, name, content):
    author = make_author()
    response = submit(
        publisher,
        change(author),
        portrait=SimpleUploadedFile(name, content, "image/png"),
        portrait_alt="Ines",
        role="Gardener",
    )
    author.refresh_from_db()
    assert len(errors(response)) == 1
    assert "Gardener" in response.content.decode()
    assert author.portrait.name == ""


def test_other_changes_leave_the_portrait_as_it_is(publisher):
    author = make_author()
    submit(publisher, change(author), portrait=photo(), portrait_alt="Ines")
    before = Author.objects.get().portrait.name
    submit(publisher, change(author), role="Gardener")
    after = Author.objects.get()
    assert (after.portrait.name, after.role) == (before, "Gardener")


# Safe under a strict policy ---------------------------------------------------------------


class Inline(HTMLParser):
    """Collects what a strict policy would refuse to run or to show."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        is_data = names.get("type") in ("application/json", "text/template")
        is_script = tag == "script" and "src" not in names and not is_data
        has_handler = any(name.startswith("on") for name in names)
        if is_script or has_handler or tag == "style" or "style" in names:
            self.found.append((tag, names))


def refused_on(response) -> list[tuple[str, dict]]:
    inline = Inline()
    inline.feed(response.content.decode())
    return inline.found


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_admin_pages_hold_no_inline_script_or_style(admin_client, model):
    row = MODELS[model]()
    paths = [listed(model), f"{listed(model)}?q=x", f"{listed(model)}add/", change(row)]
    paths += [change(row).replace("change", side) for side in ("delete", "history")]
    pages = {path: admin_client.get(path, follow=True) for path in ["/admin/", *paths]}
    policies = {page["Content-Security-Policy"] for page in pages.values()}
    assert {path: refused_on(page) for path, page in pages.items()} == {path: [] for path in pages}
    assert len(policies) == 1
    assert {"script-src 'self'", "style-src 'self'"} <= set(policies.pop().split("; "))


def test_the_login_page_is_under_the_same_policy(client):
    response = client.get("/admin/login/")
    policy = set(response["Content-Security-Policy"].split("; "))
    assert {"script-src 'self'", "style-src 'self'"} <= policy
    assert refused_on(response) == []


# The demonstration ------------------------------------------------------------------------


def demo(*options: str) -> str:
    said = StringIO()
    call_command("demo", *options, stdout=said)
    return said.getvalue()


def everything() -> dict[str, list]:
    kinds = (Entry, Author, Topic, Offer, Lead, SiteSettings, OutboxMessage, User)
    return {kind.__name__: list(kind.objects.order_by("pk").values()) for kind in kinds}


def test_the_second_demonstration_changes_nothing():
    demo()
    first = everything()
    demo()
    assert everything() == first
    assert len(first["Entry"]) == 24
    assert (len(first["Author"]), len(first["Offer"]), first["Lead"] != []) == (2, 1, True)


def test_the_demonstration_leaves_a_site_that_is_set_up_alone():
    make_site(name="Somebody's own")
    demo("--once")
    assert (SiteSettings.objects.get().name, Entry.objects.count()) == ("Somebody's own", 0)


def test_in_development_an_administrator_is_made_once(settings, client):
    make_site()
    settings.DEBUG = True
    first, second = demo("--once"), demo("--once")
    (password,) = (line.split()[1] for line in first.splitlines() if "password  " in line)
    assert User.objects.get(is_superuser=True).username == "admin"
    assert client.login(username="admin", password=password)
    assert second == ""


def test_outside_development_no_administrator_is_made():
    make_site()
    assert (demo("--once"), User.objects.count()) == ("", 0)
