"""Replies of staff: promised with the change, sent once, as a person's mail."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from config import outbox
from config.models import OutboxMessage
from leads import replying
from leads.models import Lead, LeadEvent, Reply, ReplyTemplate
from leads.reply_texts import filled, left_in, unknown
from leads.replying import NotReplied, outcomes, reply
from tests.factories import make_entry, make_lead, make_offer, make_site, make_staff
from tests.test_lead_mail import html_of, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines():
    user = make_staff("sales", username="ines")
    user.first_name, user.last_name, user.email = "Ines", "Carvalho", "ines@x.example"
    user.save()
    return user


def write(lead, by, **changes) -> Reply:
    return reply(
        lead, **{"subject": "Your question", "body": "Dear Paula,\n\nyes.", **changes}, by=by
    )


# The act ----------------------------------------------------------------------------------


def test_a_reply_answers_the_lead_and_is_in_its_timeline(ines):
    lead = make_lead()
    written = write(lead, ines)
    lead.refresh_from_db()
    assert (lead.state, lead.answered_at is not None) == ("contacted", True)
    event = lead.events.get(kind="lead.replied")
    assert (event.by, event.note, event.data["reply"]) == (ines, "Your question", written.pk)
    [message] = OutboxMessage.objects.filter(kind=replying.KIND)
    assert message.payload == {"reply": written.pk}


def test_without_its_transaction_nothing_is_left_of_a_reply(ines):
    lead = make_lead()
    with transaction.atomic():
        write(lead, ines)
        transaction.set_rollback(True)
    left = (Reply.objects.count(), OutboxMessage.objects.count(), LeadEvent.objects.count())
    assert (left, Lead.objects.get().state) == ((0, 0, 0), "new")


def test_the_same_click_is_one_reply_and_another_is_another(ines):
    lead = make_lead()
    first = write(lead, ines, mark="a")
    assert write(lead, ines, mark="a") == first
    assert write(lead, ines, mark="b") != first
    assert write(make_lead(), ines, mark="a") != first
    assert OutboxMessage.objects.count() == Reply.objects.count() == 3


@pytest.mark.parametrize("fields", [{"state": "spam"}, {"merged": True}])
def test_suspects_and_merged_requests_get_no_reply(ines, fields):
    merged = {"merged_into": make_lead()} if fields.pop("merged", False) else {}
    lead = make_lead(**fields, **merged)
    with pytest.raises(NotReplied):
        write(lead, ines)
    assert Reply.objects.count() == OutboxMessage.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_many_clicks_at_once_are_one_reply(ines):
    lead, start, raised = make_lead(), Barrier(4), []

    def click() -> None:
        start.wait()
        try:
            write(Lead.objects.get(pk=lead.pk), ines, mark="one")
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (raised, Reply.objects.count(), OutboxMessage.objects.count()) == ([], 1, 1)


# The mail ---------------------------------------------------------------------------------


def test_the_mail_is_a_persons_text_and_html_and_answered_to_them(ines):
    make_site(contact_email="hi@x.example")
    written = write(make_lead(), ines, body="See <this> & https://x.example/a?b=1&c=2\n\nInes")
    work()
    [sent] = mail.outbox
    assert (sent.to, sent.reply_to, sent.subject) == (
        *(["paula@example.com"], ["ines@x.example"], "Your question"),
    )
    assert "Auto-Submitted" not in sent.extra_headers
    assert sent.extra_headers["Message-ID"] == f"<leads.send_reply.{written.pk}@glossary.example>"
    assert sent.body.strip() == written.body
    assert "&lt;this&gt; &amp; <a href=" in html_of(sent)
    written.refresh_from_db()
    assert written.sent_at is not None


@pytest.mark.parametrize("left", ["no address", "gone"])
def test_without_the_writers_address_the_contact_is_answered(ines, left):
    make_site(contact_email="hi@x.example")
    write(make_lead(), ines)
    if left == "gone":
        ines.delete()
    else:
        ines.email = ""
        ines.save()
    work()
    assert mail.outbox[0].reply_to == ["hi@x.example"]


def test_a_subject_cannot_divide_the_head_of_the_mail(ines):
    write(make_lead(), ines, subject="Hello\r\nBcc: all@x.example")
    work()
    assert mail.outbox[0].subject == "Hello Bcc: all@x.example"


def test_a_second_run_of_the_message_sends_nothing(ines):
    write(make_lead(), ines)
    message = outbox.claim()
    assert [outbox.run(message), outbox.run(message), len(mail.outbox)] == [True, True, 1]


def test_a_reply_to_somebody_who_was_erased_is_not_sent(ines):
    write(make_lead(), ines)
    Lead.objects.all().delete()
    assert work() == "1 done, 0 to be tried again"
    assert mail.outbox == []


def test_what_became_of_replies_is_told_and_failed_ones_go_again(
    ines, settings, django_assert_num_queries
):
    lead = make_lead()
    written = {name: write(lead, ines, subject=name) for name in ("sent", "failed", "lost")}
    messages = dict(zip(written, OutboxMessage.objects.order_by("pk"), strict=True))
    for name in ("sent", "failed"):
        if name == "failed":
            settings.EMAIL_BACKEND = "tests.test_lead_mail.RefusesForGood"
        OutboxMessage.objects.filter(pk=messages[name].pk).update(
            due_at=timezone.now() - timedelta(hours=1)
        )
        outbox.run(outbox.claim())
    messages["lost"].delete()
    write(lead, ines, subject="waiting")
    with django_assert_num_queries(3):
        found = {each.reply.subject: each for each in outcomes(lead.replies.all())}
    states = {name: each.state for name, each in found.items()}
    assert states == {"sent": "sent", "failed": "failed", "lost": "lost", "waiting": "waiting"}
    assert "refused it for good" in found["failed"].error
    again = [replying.try_again(each.reply) for each in found.values()]
    assert sum(again) == 1
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    work()
    assert sorted(each.subject for each in mail.outbox) == ["failed", "sent", "waiting"]


# Templates --------------------------------------------------------------------------------


def template(body="", **fields) -> ReplyTemplate:
    return ReplyTemplate(name="T", subject="About {term}", body=body, **fields)


def test_a_template_is_filled_with_what_is_known(ines):
    make_site(name="Northlight")
    offer = make_offer(slug="data-check", name="Data check", is_default=False)
    lead = make_lead(entry=make_entry(term="Webhook"), offer=offer, language="de")
    text = filled(template("{name}|{term}|{offer}|{booking_link}|{me}"), lead, ines)
    assert (text.subject, text.missing) == ("About Webhook", {})
    assert text.body.split("|") == [
        *("Paula Prospect", "Webhook", "Data check"),
        *("https://glossary.example/de/consultation/data-check/", "Ines Carvalho"),
    ]


@pytest.mark.parametrize("name", ["{me}", "{term}", "{0!r}", "%s %(x)s $me {{name}}"])
def test_what_a_visitor_wrote_is_text_and_never_filled_in(ines, name):
    lead = make_lead(name=name, entry=make_entry(term="{booking_link}"))
    text = filled(template("Dear {name}, {term}"), lead, ines)
    assert text.body == f"Dear {name}, {{booking_link}}"


def test_only_the_named_placeholders_are_replaced(ines):
    body = "{lead.email} {name.__class__} {name!r} {name:>9999999} {} {{offer}} { me }"
    text = filled(template(body), make_lead(offer=make_offer()), ines)
    assert text.body == body.replace("{offer}", "Free consultation")


def test_what_has_no_value_is_named_and_stays(ines):
    lead = make_lead(name="Win at http://spam.example")
    text = filled(template("Dear {name}: {offer} {booking_link}"), lead, ines)
    assert list(text.missing) == ["term", "name", "offer"]
    assert "Dear {name}: {offer} https://" in text.body


def test_an_offer_that_has_ended_is_not_linked(ines):
    offer = make_offer(slug="old", is_default=False, is_active=False)
    text = filled(template("{booking_link}"), make_lead(offer=offer), ines)
    assert text.body == "https://glossary.example/consultation/"


def test_without_a_name_of_their_own_staff_sign_as_the_site():
    make_site(name="Northlight")
    text = filled(template("{me}"), make_lead(), make_staff())
    assert text.body == "Northlight"


def test_braces_that_are_no_placeholder_are_found():
    found = unknown("{name} {nmae} {} {{me}} {name { x } and {nmae}")
    assert found == ["{nmae}", "{}", "{ }", "{name ", "{ x }"]
    assert unknown("Dear {name}, {term} {offer} {booking_link} {me}") == []
    assert left_in("{term} {nmae} {me} {term}") == ["{term}", "{me}"]
