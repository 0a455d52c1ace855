"""The desk: leads, outbox, site settings and portraits."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from authors.models import Author
from config import site
from config.models import OutboxMessage, SiteSettings, WebhookEndpoint, WebhookEvent
from leads.models import Lead
from tests.desk import (
    change,
    errors,
    filled,
    send,
    submit,
)
from tests.factories import (
    make_author,
    make_entry,
    make_lead,
    make_offer,
    make_picture,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db
ENTERED = {
    "name": "Carl Caller",
    "email": "carl@example.com",
    "consent_text": "Said yes on the telephone.",
}
ORIENTATION, CAMERA = 0x0112, 0x0110

# Leads and outbox -------------------------------------------------------------------------


@pytest.fixture
def sales(client):
    client.force_login(make_staff("sales"))
    return client


def test_what_a_visitor_wrote_is_never_rewritten(sales):
    entry = make_entry()
    lead = make_lead(message="Call me.", company="Prospect", consent_text="I agree.", entry=entry)
    written = {f.attname: getattr(lead, f.attname) for f in Lead._meta.fields}
    send(
        sales,
        change(lead),
        "state",
        state="qualified",
        name="Somebody else",
        email="other@example.com",
        message="Do not call me.",
        consent_text="I agree to everything.",
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
    send(sales, change(lead), "state", state=state)
    send(sales, change(lead), "state", state=state)
    lead.refresh_from_db()
    kinds = OutboxMessage.objects.order_by("kind").values_list("kind", flat=True)
    assert lead.state == state
    assert list(kinds) == ["leads.confirm_request", "leads.notify_staff"]


def test_a_state_is_changed_by_its_verb(sales):
    lead = make_lead()
    send(sales, change(lead), "state", state="qualified")
    [event] = lead.events.all()
    assert (event.kind, event.data) == (
        "lead.status_changed",
        {"from": "new", "to": "qualified"},
    )
    assert event.by.groups.get().name == "sales"
    send(sales, change(lead), "state", state="qualified")
    assert lead.events.count() == 1


def test_a_lead_that_staff_enter_is_in_its_timeline_and_told(sales):
    WebhookEndpoint.objects.create(name="n8n", url="https://x.example", events=["lead.created"])
    site.forget()
    submit(sales, "/admin/leads/lead/add/", offer=str(make_offer().pk), **ENTERED)
    lead = Lead.objects.get()
    assert [event.kind for event in lead.events.all()] == ["lead.created"]
    told = WebhookEvent.objects.get()
    assert (told.kind, told.subject) == ("lead.created", f"lead:{lead.pk}")

    sales.post(change(lead).replace("change", "delete"), {"post": "yes"})
    assert (Lead.objects.count(), WebhookEvent.objects.count()) == (0, 0)
    assert not OutboxMessage.objects.filter(kind="config.deliver_webhook").exists()


def test_a_suspect_that_stays_one_gets_no_mails(sales):
    lead = make_lead(state="spam")
    send(sales, change(lead), "state", state="spam")
    other = make_lead(state="spam", submission="other")
    send(sales, change(other), "state", state="lost", reason="Sells links.")
    assert OutboxMessage.objects.count() == 0


def test_a_lead_that_is_answered_gets_no_second_mails(sales):
    lead = make_lead()
    send(sales, change(lead), "state", state="contacted")
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
    answer = submit(
        sales,
        "/admin/leads/lead/add/",
        offer=str(make_offer().pk),
        **ENTERED,
    )
    lead = Lead.objects.get()
    assert (lead.name, lead.state, lead.language) == ("Carl Caller", "new", "en")
    assert answer["Location"] == change(lead)
    [consent] = lead.consents.all()
    assert (consent.text, consent.page) == ("Said yes on the telephone.", "")
    assert OutboxMessage.objects.count() == 0


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
