"""Mails about requests, as the worker sends them."""

from datetime import timedelta
from io import StringIO
from smtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.utils import timezone, translation
from django.utils.translation import gettext

from config import site
from config.mail import deliver
from config.models import OutboxMessage
from config.retries import GiveUp
from leads import booking, clock, failures, links
from leads.consenting import to_answer
from leads.mail import confirm_request
from leads.models import Lead, Offer
from leads.requesting import Request, request_consultation
from tests.factories import (
    make_booking,
    make_calendar,
    make_entry,
    make_lead,
    make_offer,
    make_site,
)

pytestmark = pytest.mark.django_db

HERE = "tests.test_lead_mail"
ANSWERS = {
    "name": "Paula Prospect",
    "email": "paula@example.com",
    "phone": "+351 21 000 0000",
    "company": "Prospect & Filhos",
    "message": "We type orders all day.\nCan that stop?",
    "preferred_time": "Tuesday after 15:00",
}


class AcceptsThenBreaks(EmailBackend):
    """A mail server that takes the mail and dies before it says so."""

    def send_messages(self, messages):
        super().send_messages(messages)
        raise SMTPServerDisconnected("connection lost while waiting for paula@example.com")


class Refuses(EmailBackend):
    """A mail server that is busy and names the address in its refusal."""

    def send_messages(self, messages):
        raise SMTPRecipientsRefused({"paula@example.com": (451, b"no Paula Prospect here")})


class RefusesForGood(EmailBackend):
    """A mail server that knows nobody of that name."""

    def send_messages(self, messages):
        raise SMTPRecipientsRefused({"paula@example.com": (550, b"no such user")})


def ask(*, language: str = "en", entry=None, offer=None, source_path: str = "", **answers) -> Lead:
    asked = Request(
        {**ANSWERS, **answers},
        agreements=to_answer("I agree to be answered."),
        language=language,
        entry=entry,
        source_path=source_path,
    )
    return request_consultation(asked, offer=offer, mark=f"mark {Lead.objects.count()}")


def work() -> str:
    """Let the worker do all that waits, tries that failed before included."""
    OutboxMessage.objects.update(due_at=timezone.now())
    said = StringIO()
    call_command("work", once=True, stdout=said)
    return said.getvalue().strip()


def mails_to(*addresses: str) -> list:
    return [each for each in mail.outbox if each.to == list(addresses)]


def html_of(message) -> str:
    ((html, kind),) = message.alternatives
    assert kind == "text/html"
    return html


# To staff ---------------------------------------------------------------------------------


def test_staff_named_in_the_settings_hear_of_a_request():
    make_site(lead_recipients="ines@x.example\n\n tomas@x.example ", contact_email="hi@x.example")
    ask()
    assert work() == "3 done, 0 to be tried again"
    (told,), (too,) = mails_to("ines@x.example"), mails_to("tomas@x.example")
    assert (told.subject, too.subject) == ("New request from Paula Prospect",) * 2
    assert len(mail.outbox) == 3


def test_without_named_staff_the_contact_address_hears_of_a_request():
    make_site(lead_recipients="", contact_email="hi@x.example")
    ask()
    work()
    assert sorted(each.to for each in mail.outbox) == [["hi@x.example"], ["paula@example.com"]]


def test_with_nobody_to_tell_the_prospect_is_answered_and_the_staff_mail_waits():
    make_site(lead_recipients="", contact_email="")
    ask()
    assert work() == "1 done, 1 to be tried again"
    assert [each.to for each in mail.outbox] == [["paula@example.com"]]
    waiting = OutboxMessage.objects.get(done_at=None)
    assert (waiting.kind, waiting.failed_at) == ("leads.notify_staff", None)
    assert waiting.last_error.startswith("NoRecipient: Name somebody in the site settings")

    make_site(contact_email="hi@x.example")
    OutboxMessage.objects.update(due_at=timezone.now())
    assert work() == "1 done, 0 to be tried again"
    assert [each.to for each in mail.outbox][1:] == [["hi@x.example"]]


def test_answering_the_staff_mail_answers_the_prospect():
    make_site(contact_email="hi@x.example")
    ask()
    work()
    (told,) = mails_to("hi@x.example")
    assert told.reply_to == ["paula@example.com"]


def test_the_staff_mail_says_everything_and_leads_to_the_request():
    make_site(contact_email="hi@x.example")
    entry = make_entry(term="Webhook")
    lead = ask(entry=entry, source_path=entry.get_absolute_url())
    work()
    (told,) = mails_to("hi@x.example")
    address = f"https://glossary.example/admin/leads/lead/{lead.pk}/change/"
    assert told.subject == "New request from Paula Prospect (Webhook)"
    assert [answer in told.body for answer in ANSWERS.values()] == [True] * 6
    assert "Came from: Webhook\n" in told.body
    assert f"\n{address}\n" in told.body
    assert f'<a href="{address}">{address}</a>' in html_of(told)


def test_the_staff_mail_names_the_page_where_there_was_no_entry():
    make_site(contact_email="hi@x.example")
    ask(source_path="/topics/automation/")
    work()
    (told,) = mails_to("hi@x.example")
    assert "Came from: /topics/automation/\n" in told.body


# To the prospect --------------------------------------------------------------------------


def test_the_prospect_gets_a_copy_of_their_details_and_of_what_they_agreed_to():
    make_site(name="Northlight", contact_email="hi@x.example")
    ask(offer=make_offer())
    work()
    (confirmation,) = mails_to("paula@example.com")
    assert confirmation.subject == "Your request to Northlight has arrived"
    assert confirmation.body.startswith("Hello Paula Prospect,\n")
    repeated = {name: answer in confirmation.body for name, answer in ANSWERS.items()}
    # The form would otherwise send any text to anybody.
    assert repeated == {name: name != "message" for name in ANSWERS}
    assert "You agreed to: I agree to be answered." in confirmation.body
    assert confirmation.reply_to == ["hi@x.example"]


@pytest.mark.parametrize(
    "text",
    ["Win 500 € at casino.example.com", "https://spam.example", "pay@spam.example", "Win! " * 30],
)
def test_nobody_has_our_confirmation_carry_an_advertisement(text):
    make_site(contact_email="hi@x.example")
    ask(name=text[:120], company=text[:120], preferred_time=text)
    work()
    (confirmation,) = mails_to("paula@example.com")
    assert confirmation.body.startswith("Hello,\n")
    said = confirmation.body + confirmation.alternatives[0][0]
    assert not [word for word in ("Win", "casino", "spam.example") if word in said]
    assert "paula@example.com" in said


@pytest.mark.parametrize("wish", ["Tuesday after 15:00", "am 12.03. zwischen 9.30 und 11 Uhr"])
def test_the_confirmation_repeats_when_it_would_suit_them(wish):
    make_site(contact_email="hi@x.example")
    ask(preferred_time=wish)
    work()
    (confirmation,) = mails_to("paula@example.com")
    assert wish in confirmation.body


def test_a_publisher_with_a_full_stop_does_not_get_a_second_one():
    make_site(organisation_name="Northlight, Lda.", contact_email="hi@x.example")
    ask()
    work()
    (confirmation,) = mails_to("paula@example.com")
    for said in (confirmation.body, confirmation.alternatives[0][0]):
        assert "your request to Northlight, Lda. It has arrived" in said


def test_without_contact_address_the_confirmation_has_no_reply_address():
    make_site(contact_email="")
    ask()
    work()
    (confirmation,) = mails_to("paula@example.com")
    assert confirmation.reply_to == []


def test_the_confirmation_is_written_in_the_language_of_the_request():
    make_site(name="Northlight", language="de", contact_email="hi@x.example")
    ask(language="pt")
    work()
    (confirmation,) = mails_to("paula@example.com")
    with translation.override("pt"):
        greeting = gettext("Hello %(name)s,") % {"name": "Paula Prospect"}
        subject = gettext("Your request to %(name)s has arrived") % {"name": "Northlight"}
    assert confirmation.body.split("\n")[0] == greeting
    assert confirmation.subject == subject
    assert '<html lang="pt">' in html_of(confirmation)


def test_the_staff_mail_is_written_in_the_language_of_the_site():
    make_site(language="de", contact_email="hi@x.example")
    ask(language="pt")
    work()
    (told,) = mails_to("hi@x.example")
    with translation.override("de"):
        subject = gettext("New request from %(name)s") % {"name": "Paula Prospect"}
    assert told.subject == subject


# Form -------------------------------------------------------------------------------------


def test_both_mails_have_a_text_and_an_html_part():
    make_site(contact_email="hi@x.example")
    ask()
    work()
    kinds = [[part.get_content_type() for part in each.message().walk()] for each in mail.outbox]
    assert kinds == [["multipart/alternative", "text/plain", "text/html"]] * 2


def test_what_a_visitor_wrote_is_text_in_html_and_as_written_in_text():
    make_site(name="North & Light", contact_email="hi@x.example")
    entry = make_entry(term="Q & A <em>")
    ask(
        name='<b>Paula<b> & "Co"',
        message="<script>alert(1)</script>\n5 < 6 & 7 > 6",
        company="<img src=x onerror=alert(1)>",
        preferred_time="<i>noon</i>",
        entry=entry,
    )
    work()
    (told,) = mails_to("hi@x.example")
    message = "&lt;script&gt;alert(1)&lt;/script&gt;<br>5 &lt; 6 &amp; 7 &gt; 6"
    assert (message in html_of(told), "5 < 6 & 7 > 6" in told.body) == (True, True)
    for each in mail.outbox:
        html = html_of(each)
        assert "&lt;b&gt;Paula&lt;b&gt; &amp; &quot;Co&quot;" in html
        assert [tag in html for tag in ("<b>", "<script", "<img", "<i>", "<em>")] == [False] * 5
        assert '<b>Paula<b> & "Co"' in each.body
        assert "&amp;" not in each.body + each.subject


@pytest.mark.parametrize(
    "name",
    [
        "Paula\r\nBcc: everybody@example.com",
        "Paula\nBcc: everybody@example.com",
        "Paula\rBcc: everybody@example.com",
        "Paula\u2028Bcc: everybody@example.com",
        "Paula\x0b\x0c\x1c\x85Bcc: everybody@example.com",
    ],
    ids=ascii,
)
def test_a_name_with_line_breaks_stays_one_line_of_subject(name):
    make_site(contact_email="hi@x.example")
    ask(name=name)
    assert work() == "2 done, 0 to be tried again"
    (told,) = mails_to("hi@x.example")
    header = told.message()
    assert told.subject == "New request from Paula Bcc: everybody@example.com"
    assert [header["Bcc"], told.recipients()] == [None, ["hi@x.example"]]


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("Zoë 👩‍💻 李小龍", "zoe@example.com"),
        ("محمد", "m@example.com"),
        ("N" * 120, "n@" + "x" * 60 + ".example.com"),
        ("Jürgen", "j@müller.example"),
        ("Ann, the “other” <one>", "o'hara+tag@example.com"),
        ("bell\x07", "bell@example.com"),
    ],
    ids=ascii,
)
def test_unusual_names_and_addresses_get_their_mails(name, email):
    make_site(contact_email="hi@x.example")
    ask(name=name, email=email)
    assert work() == "2 done, 0 to be tried again"
    assert sorted(each.to for each in mail.outbox) == sorted([[email], ["hi@x.example"]])


def test_mails_say_that_a_program_sent_them():
    make_site(contact_email="hi@x.example")
    ask()
    work()
    said = [each.message()["Auto-Submitted"] for each in mail.outbox]
    assert said == ["auto-generated"] * 2


# When something goes wrong ----------------------------------------------------------------


def test_a_mail_that_is_sent_again_has_the_same_id(settings):
    make_site(contact_email="hi@x.example")
    ask()
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{HERE}.AcceptsThenBreaks"
    assert work() == "0 done, 2 to be tried again"
    settings.EMAIL_BACKEND = working
    assert work() == "2 done, 0 to be tried again"

    ids = [each.message()["Message-ID"] for each in mail.outbox]
    assert (len(ids), ids[:2]) == (4, ids[2:])
    assert len(set(ids)) == 2
    assert [identity.endswith("@glossary.example>") for identity in ids] == [True] * 4


def test_mails_of_two_requests_have_different_ids():
    make_site(contact_email="hi@x.example")
    ask()
    ask()
    work()
    assert len({each.message()["Message-ID"] for each in mail.outbox}) == 4


def test_a_refused_mail_waits_and_is_sent_once_the_server_is_well(settings):
    make_site(contact_email="hi@x.example")
    ask()
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{HERE}.Refuses"
    assert work() == "0 done, 2 to be tried again"
    assert mail.outbox == []
    settings.EMAIL_BACKEND = working
    work()
    assert len(mail.outbox) == 2


def test_a_mail_that_is_refused_for_good_is_given_up_where_staff_see_it(settings):
    make_site(contact_email="hi@x.example")
    ask()
    settings.EMAIL_BACKEND = f"{HERE}.RefusesForGood"
    assert work() == "0 done, 2 to be tried again"
    ours = OutboxMessage.objects.exclude(kind=failures.KIND)
    states = {(message.state, message.attempts) for message in ours}
    assert states == {("failed", 1)}
    assert all("no such user" in message.last_error for message in ours)


@pytest.mark.parametrize(
    ("error", "is_final"),
    [
        (SMTPDataError(554, b"no"), True),
        (SMTPDataError(452, b"full"), False),
        (SMTPSenderRefused(550, b"no", "a@x.example"), True),
        (SMTPSenderRefused(421, b"busy", "a@x.example"), False),
        (SMTPAuthenticationError(535, b"wrong password"), False),
        (SMTPServerDisconnected("gone"), False),
        (TimeoutError("timed out"), False),
        (SMTPRecipientsRefused({"a@x.example": (550, b"no"), "b@x.example": (451, b"")}), False),
    ],
)
def test_only_what_is_refused_for_good_is_given_up(monkeypatch, error, is_final):
    def send(_, messages):
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", send)
    with pytest.raises(GiveUp if is_final else type(error)):
        deliver(EmailMultiAlternatives("Subject", "Text", to=["a@x.example"]))


def test_the_mails_of_an_erased_lead_are_not_sent_and_do_not_fail():
    make_site(contact_email="hi@x.example")
    ask().delete()
    kept = ask(name="Kept", email="kept@example.com")
    assert work() == "4 done, 0 to be tried again"
    assert sorted(each.to for each in mail.outbox) == [["hi@x.example"], [kept.email]]


def test_an_erased_lead_is_not_blamed_on_the_settings(caplog):
    make_site(contact_email="hi@x.example")
    ask().delete()
    work()
    assert [record.getMessage() for record in caplog.records if record.levelname != "INFO"] == []


@pytest.mark.parametrize("server", ["works", "Refuses", "AcceptsThenBreaks"])
@pytest.mark.parametrize("contact", ["", "hi@x.example"])
def test_the_log_holds_nothing_personal(settings, caplog, server, contact):
    caplog.set_level("DEBUG")
    make_site(contact_email=contact)
    ask()
    if server != "works":
        settings.EMAIL_BACKEND = f"{HERE}.{server}"
    work()
    ours = [r for r in caplog.records if not r.name.startswith("django.db")]
    lines = "\n".join([*(r.getMessage() for r in ours), *(r.exc_text or "" for r in ours)])
    personal = [*ANSWERS.values(), "Paula", "paula@"]
    assert [words in lines for words in personal] == [False] * len(personal)
    assert (lines == "") == (server == "works" and contact != "")


def test_mails_come_from_the_site_and_have_a_date():
    make_site(contact_email="hi@x.example")
    ask()
    work()
    headers = [each.message() for each in mail.outbox]
    assert [header["From"] for header in headers] == ['"Headword" <website@glossary.example>'] * 2
    assert ["Date" in header for header in headers] == [True, True]


def test_who_has_booked_already_learns_where_to_move_it(django_assert_num_queries):
    make_site()
    offer = make_offer(most_open=1)
    make_calendar(offer)
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    # So long ago that the next request does not look like too many.
    before = {"created_at": timezone.now() - timedelta(days=1)}
    zone = {"visitor_zone": "Asia/Kathmandu"}
    mine = make_booking(start=start, lead=make_lead(email="PAULA@example.com", **before), **zone)
    cancelled = make_booking(start=start + timedelta(hours=1), lead=make_lead(**before))
    booking.cancel(cancelled, tell=False)
    make_booking(start=start + timedelta(hours=2), lead=make_lead(email="other@example.com"))
    elsewhere = make_offer(name="Workshop", is_default=False)
    make_calendar(elsewhere)
    make_booking(start=start + timedelta(hours=3), offer=elsewhere, lead=make_lead(**before))
    OutboxMessage.objects.all().delete()
    ask(offer=offer)
    message = OutboxMessage.objects.get(kind="leads.confirm_request")
    # As the worker does before each message.
    site.forget()
    with django_assert_num_queries(5):
        confirm_request(message)
    (told,) = mails_to("paula@example.com")
    url = f"{settings.SITE_URL}/consultation/booking/{links.token_of(mine)}/"
    for said in (told.body, html_of(told)):
        assert "You have a time already. You can move or cancel it on its page:" in said
        assert clock.whole(start, ZoneInfo("Asia/Kathmandu")) in said
        assert (url in said, said.count("/consultation/booking/")) == (True, 1)


def test_who_has_booked_nothing_hears_of_no_bookings():
    make_site()
    make_booking(start=timezone.now() + timedelta(days=3), lead=make_lead(email="o@example.com"))
    ask(offer=Offer.objects.get())
    ask()
    work()
    told = mails_to("paula@example.com")
    assert len(told) == 2
    assert [each for each in told if "/booking/" in each.body + html_of(each)] == []
