"""Replies from the desk: one click, shown before, sent once; and the templates behind them."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from config.models import OutboxMessage
from leads import submission
from leads.models import Lead, Reply, ReplyTemplate
from tests.desk import change, errors, filled, notices, page_of, rows, submit, words
from tests.factories import make_entry, make_lead, make_site, make_staff
from tests.test_lead_mail import work

pytestmark = pytest.mark.django_db

TEMPLATES = "/admin/leads/replytemplate/"


@pytest.fixture
def sales(client):
    make_site(name="Northlight", contact_email="hi@x.example")
    client.force_login(make_staff("sales", username="ines"))
    return client


@pytest.fixture
def webhook() -> Lead:
    return make_lead(entry=make_entry(term="Webhook"))


def make_template(**fields) -> ReplyTemplate:
    fields.setdefault("name", f"Template {ReplyTemplate.objects.count()}")
    fields.setdefault("subject", "About {term}")
    fields.setdefault("body", "Dear {name},\n\n<b>yes</b>.\n\n{me}")
    return ReplyTemplate.objects.create(**fields)


def path(lead: Lead) -> str:
    return f"/admin/leads/desk/reply/{lead.pk}/"


def one_clicks(client, lead: Lead) -> list[dict[str, str]]:
    """What each button of the lead's page that sends at once would send."""
    page = page_of(client.get(change(lead)))
    forms = [form for form in page.iter("form") if form.get("action") == path(lead)]
    return [
        {field.get("name"): field.get("value") for field in form.iter("input")}
        | {field.get("name"): field.text for field in form.iter("textarea")}
        for form in forms
    ]


def panel(client, lead: Lead) -> str:
    page = page_of(client.get(change(lead)))
    sections = {each.get("aria-labelledby"): words(each) for each in page.iter("section")}
    return sections.get("replies", "")


# One click --------------------------------------------------------------------------------


def test_one_click_sends_what_the_page_showed(sales, webhook):
    make_template()
    [sent] = one_clicks(sales, webhook)
    assert "About Webhook" in panel(sales, webhook)
    ReplyTemplate.objects.update(body="Something else meanwhile")
    answer = sales.post(path(webhook), sent)
    assert answer["Location"] == f"{change(webhook)}#replies"
    assert notices(sales, answer) == [
        "Your reply goes to paula@example.com. Below you see when it is sent."
    ]
    sales.post(path(webhook), sent)
    work()
    assert [(each.to, each.subject) for each in mail.outbox] == [
        (["paula@example.com"], "About Webhook")
    ]
    assert mail.outbox[0].body.strip() == "Dear Paula Prospect,\n\n<b>yes</b>.\n\nNorthlight"
    assert "Sent About Webhook ines," in panel(sales, webhook)


def test_templates_of_their_language_come_first_and_paused_ones_not_at_all(sales):
    lead = make_lead(language="de")
    for code in ("en", "de", "pt"):
        make_template(language=code, name=f"in {code}", subject=f"{code}", body="{name}")
    make_template(language="de", name="paused", is_active=False)
    assert [each["subject"] for each in one_clicks(sales, lead)] == ["de", "en", "pt"]
    said = panel(sales, lead)
    assert said.index("in de") < said.index("Templates in other languages") < said.index("in en")
    assert "paused" not in said


def test_a_template_that_lacks_a_value_is_opened_first(sales):
    lead = make_lead()
    template = make_template()
    assert one_clicks(sales, lead) == []
    assert "It says {term}, but they came from no entry." in panel(sales, lead)
    answer = submit(sales, f"{path(lead)}?template={template.pk}")
    assert errors(answer) == [
        "{term} would be sent just like that. Write what it stands for, or take it out."
    ]
    submit(sales, f"{path(lead)}?template={template.pk}", subject="About hooks")
    assert [each.subject for each in Reply.objects.all()] == ["About hooks"]


def test_a_text_that_grew_too_long_is_opened_first(sales):
    lead = make_lead(entry=make_entry(term="W" * 80))
    template = make_template(subject=f"{{term}} {'x' * 80}")
    assert one_clicks(sales, lead) == []
    answer = submit(sales, f"{path(lead)}?template={template.pk}")
    assert errors(answer) == ["This is longer than a subject can be: 150 characters."]
    assert Reply.objects.count() == 0


def test_a_free_reply_keeps_what_was_written_when_something_is_missing(sales, webhook):
    answer = submit(sales, path(webhook), subject="", body="A long text.")
    assert errors(answer) == ["Write what it is about: a mail without a subject looks like spam."]
    assert "A long text." in answer.content.decode()
    submit(sales, path(webhook), subject="Yes", body="A long text.")
    assert Reply.objects.get().body == "A long text."


def test_a_reply_from_nothing_answers_the_first_mail_and_names_the_templates(sales):
    lead = make_lead(language="de")
    make_template(name="English")
    german = make_template(name="Deutsch", language="de")
    make_template(name="paused", is_active=False)
    assert filled(sales, path(lead))["subject"] == "Re: Ihre Anfrage an Northlight ist angekommen"
    said = words(page_of(sales.get(path(lead))).find(".//div[@id='content-main']"))
    assert said.startswith("Begin with Deutsch · English English, or write it all yourself.")
    begun = sales.get(f"{path(lead)}?template={german.pk}").content.decode()
    assert "Begin with" not in begun


def test_a_page_that_was_open_for_a_day_is_sent_again(sales, webhook):
    old = submission.issue(timezone.now() - timedelta(days=2))
    form = {**filled(sales, path(webhook)), "subject": "Yes", "body": "Text", "token": old}
    answer = sales.post(path(webhook), form)
    assert errors(answer) == ["This page was open for a day. Please send the reply once more."]
    assert Reply.objects.count() == 0
    fresh = page_of(answer).find(".//input[@name='token']").get("value")
    sales.post(path(webhook), {**form, "token": fresh})
    assert Reply.objects.count() == 1


@pytest.mark.parametrize("why", ["suspected", "merged"])
def test_who_gets_no_reply_is_said_with_the_reason(sales, why):
    make_template(subject="Hello", body="Hello")
    fields = {"state": "spam"} if why == "suspected" else {"merged_into": make_lead()}
    lead = make_lead(**fields)
    assert one_clicks(sales, lead) == []
    reason = {"suspected": "This is suspected spam:", "merged": "This request was merged into"}
    assert reason[why] in panel(sales, lead)
    form = {"subject": "Yes", "body": "My text", "token": submission.issue()}
    answer = sales.post(path(lead), form)
    page = answer.content.decode()
    assert (reason[why] in page, "My text" in page, Reply.objects.count()) == (True, True, 0)


def test_a_failed_reply_says_why_and_is_sent_again(sales, webhook, settings):
    settings.EMAIL_BACKEND = "tests.test_lead_mail.RefusesForGood"
    submit(sales, path(webhook), subject="Yes", body="A text")
    assert "Waiting to be sent Yes" in panel(sales, webhook)
    work()
    assert "Not sent Yes" in panel(sales, webhook)
    assert "The mail server refused it for good" in panel(sales, webhook)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    again = f"/admin/leads/desk/reply/{Reply.objects.get().pk}/again/"
    assert sales.get(again).status_code == 405
    assert notices(sales, sales.post(again)) == ["The reply to Paula Prospect is sent once more."]
    work()
    assert len(mail.outbox) == 1
    assert notices(sales, sales.post(again)) == [
        "Nothing was done: this reply was sent, or it is being tried."
    ]


def test_the_lead_page_asks_as_often_for_three_replies_and_templates_as_for_one(
    sales, webhook, django_assert_num_queries
):
    for count in (1, 3):
        while Reply.objects.count() < count:
            make_template()
            submit(sales, path(webhook), subject="Yes", body="Text")
        sales.get(change(webhook))
        with django_assert_num_queries(21):
            sales.get(change(webhook))


# Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status"),
    [("sales", 200), ("administrator", 200), ("publisher", 403), ("", 403), ("stranger", 302)],
)
def test_only_those_who_answer_leads_reply(client, role, status):
    lead = make_lead()
    if role != "stranger":
        client.force_login(make_staff(*[role] * bool(role)))
    form = {"subject": "Yes", "body": "Text", "token": submission.issue()}
    assert client.get(path(lead)).status_code == status
    client.post(path(lead), form)
    reply = Reply.objects.first() or Reply.objects.create(lead=lead, subject="S", body="B")
    OutboxMessage.objects.update(failed_at=timezone.now())
    client.post(f"/admin/leads/desk/reply/{reply.pk}/again/")
    allowed = status == 200
    assert (Reply.objects.filter(body="Text").exists(), lead.events.exists()) == (allowed, allowed)
    assert OutboxMessage.objects.waiting().exists() == allowed


# Templates --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("Dear {nmae}", "“{nmae}” is no placeholder."),
        ("{0.__class__} {name!r}", "“{0.__class__}”, “{name!r}” are no placeholders."),
        ("Dear {name", "“{name” is no placeholder."),
        ("name} {}", "“}”, “{}” are no placeholders."),
    ],
)
def test_what_is_no_placeholder_is_refused_with_those_that_are(sales, body, sentence):
    there_are = "There are {name}, {term}, {offer}, {booking_link} and {me}."
    fields = {"name": "T", "language": "en", "subject": "S", "body": "{name} {me}"}
    for field in ("body", "subject"):
        answer = submit(sales, f"{TEMPLATES}add/", **{**fields, field: body})
        assert errors(answer) == [f"{sentence} {there_are}"]
    submit(sales, f"{TEMPLATES}add/", **fields)
    assert ReplyTemplate.objects.get().body == "{name} {me}"


def test_a_template_shows_how_it_would_read(sales):
    template = make_template()
    example = page_of(sales.get(change(template))).find(".//div[@class='letter']")
    assert words(example) == "About Webhook Dear Paula Example, <b>yes</b>. Northlight"


def test_templates_are_found_by_text_and_language(sales, django_assert_num_queries):
    make_template(name="One", body="Alpha")
    with django_assert_num_queries(8):
        sales.get(TEMPLATES)
    make_template(name="Two", body="Beta", language="de")
    make_template(name="Three", language="pt")
    with django_assert_num_queries(8):
        assert rows(sales.get(TEMPLATES)) == ["Two", "One", "Three"]
    assert rows(sales.get(f"{TEMPLATES}?q=beta")) == ["Two"]
    assert rows(sales.get(f"{TEMPLATES}?language__exact=pt")) == ["Three"]
