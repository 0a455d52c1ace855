"""What is put aside as suspected spam, and what is not."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from leads import puzzles, schedules, submission, suspicion
from leads.choosing import text_of
from leads.forms import ConsultationForm
from leads.models import Lead
from tests.factories import make_calendar, make_lead, make_offer
from tests.test_requesting import ANSWERS, MAILS, filled, promised, send

pytestmark = pytest.mark.django_db

REPEATED = (
    "The same message was sent more than 3 times within a day, and its puzzle was not solved. "
    "Browsers without JavaScript cannot."
)
LONG = "We would like to hear how our orders could be read by a program."


def why(client, **changes: str) -> str:
    """Send a form; what staff are told of it, "" if it was taken at its word."""
    answer = send(client, filled(**changes))
    assert (answer.status_code, answer["Location"]) == (302, "/consultation/thanks/")
    lead = Lead.objects.latest("pk")
    assert (lead.state == Lead.State.SPAM) == bool(lead.suspicion)
    return lead.suspicion


def asks(client, number: int, **headers: str) -> int:
    """The status that the form of another person gets."""
    form = filled(email=f"person{number}@example.com", message="Hello")
    kind = "application/x-www-form-urlencoded"
    answer = client.post("/consultation/", urlencode(form), content_type=kind, **headers)
    return answer.status_code


# Rules ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"reference": "https://pills.example"}, "A field that people do not see was filled in."),
        ({"name": "Win https://pills.example"}, "A link stands in the name."),
        ({"name": "WWW.pills.example"}, "A link stands in the name."),
        ({"company": "http://pills.example/"}, "A link stands in the company."),
        ({"message": "Buy https://a.example " * 4}, "The message has 4 links."),
        ({"message": "[url=https://a.example]x[/url]"}, "The message has links as forums"),
        ({"message": "see [LINK]www.a.example[/LINK]"}, "The message has links as forums"),
        ({"message": " https://pills.example/?x=1 !!! 100"}, "The message is nothing but a link."),
    ],
)
def test_what_looks_like_an_advertisement_is_put_aside(client, changes, reason):
    assert why(client, **changes).startswith(reason)
    assert promised() == []


def test_a_form_sent_at_once_is_put_aside(client):
    assert why(client, token=submission.issue()) == "The form was sent within two seconds."


def test_staff_are_told_every_reason(client):
    said = why(client, name="www.a.example", message="https://a.example " * 5)
    assert said == "A link stands in the name. The message has 5 links."
    everything = {"name": "www.a.example", "company": "http://a.example", "reference": "x"}
    said = why(
        client, token=submission.issue(), message="[url=http://a.example] " * 9, **everything
    )
    assert len(said) <= Lead._meta.get_field("suspicion").max_length


@pytest.mark.parametrize(
    "changes",
    [
        {"message": "Our site is https://prospect.example/shop – can the orders be read?"},
        {"message": "Like https://a.example, https://b.example or https://c.example do it."},
        {"message": "for url in config[url]: get(url)  # <script>fetch('/x')</script>"},
        {"message": "`[x](y)` is shown as [url], why?"},
        {"message": "موقعنا https://prospect.example يحتاج إلى مساعدة"},
        {"message": "请看 https://prospect.example 我们想自动化订单"},
        {"message": "Мы хотим автоматизировать заказы"},
        {"message": ""},
        {"company": "www.carvalho.example"},
        {"company": "Booking.com B.V."},
        {"name": "李小龍", "company": "株式会社ねこ"},
    ],
)
def test_what_people_write_is_taken_at_its_word(client, changes):
    assert why(client, **changes) == ""
    assert promised() == MAILS


# Repetition -------------------------------------------------------------------------------


def test_a_text_that_goes_round_is_put_aside_from_the_fourth_on(client):
    texts = [LONG, LONG.upper(), LONG.replace(" ", "\n"), f"{LONG}!!", f"{LONG} And more."]
    said = [
        why(client, email=f"p{n}@example.com", message=text, puzzle="shown")
        for n, text in enumerate(texts)
    ]
    assert said == ["", "", "", REPEATED, ""]


def test_short_texts_may_be_alike(client):
    said = {why(client, email=f"p{n}@example.com", message="Please call me.") for n in range(6)}
    assert said == {""}


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("Paula@Example.com", "paula@example.com"),
        ("paula+offer@example.com", "paula@example.com"),
        ("p.a.ula+1@googlemail.com", "paula@gmail.com"),
        ("PAULA@gmail.com", "paula@gmail.com"),
        ("p.aula@example.com", "p.aula@example.com"),
        ("+49301234@example.com", "+49301234@example.com"),
    ],
)
def test_a_mailbox_is_known_by_any_of_its_names(email, mailbox):
    assert suspicion.mailbox_of(email) == mailbox


def test_nobody_fills_a_mailbox_under_its_many_names(client, monkeypatch):
    monkeypatch.setattr(suspicion, "MOST_OF_MAILBOX", 2)
    names = ["p.aula@gmail.com", "pau.la+1@gmail.com", "paula+2@googlemail.com", "rita@gmail.com"]
    said = [why(client, email=name) for name in names]
    assert said == ["", "", "More than 2 requests of one mailbox within a day.", ""]
    emails = set(Lead.objects.values_list("email", flat=True))
    assert emails == set(names)


def test_a_form_brings_three_requests_and_no_more(client):
    form = filled()
    for number in range(5):
        send(client, {**form, "message": f"No. {number}", "email": f"p{number}@example.com"})
    said = list(Lead.objects.order_by("pk").values_list("suspicion", flat=True))
    assert said == [*[""] * 3, *["The same form was sent again and again."] * 2]


# Networks ---------------------------------------------------------------------------------


@pytest.fixture
def _narrow(monkeypatch):
    monkeypatch.setattr(puzzles, "BUSY", 2)
    monkeypatch.setattr(puzzles, "FULL", 2)


@pytest.mark.usefixtures("_narrow")
def test_addresses_of_one_ipv6_network_are_counted_together(client):
    answers = [asks(client, n, REMOTE_ADDR=f"2001:db8:1:2:{n}::{n}") for n in range(1, 4)]
    assert answers == [302, 302, 422]
    assert asks(client, 4, REMOTE_ADDR="2001:db8:1:3::1") == 302
    assert asks(client, 5, REMOTE_ADDR="::ffff:192.0.2.1") == 302
    assert asks(client, 6, REMOTE_ADDR="192.0.2.1") == 302
    assert asks(client, 7, REMOTE_ADDR="192.0.2.1") == 422


@pytest.mark.usefixtures("_narrow")
def test_a_forwarded_address_that_nobody_trusts_changes_nothing(client):
    def spoofed(number: int) -> int:
        return asks(client, number, HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")

    assert [spoofed(n) for n in range(1, 4)] == [302, 302, 422]


@pytest.mark.usefixtures("_narrow")
def test_behind_a_trusted_proxy_the_visitors_own_network_counts(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    client = Client()

    def through(number: int, claimed: str) -> int:
        return asks(client, number, HTTP_X_FORWARDED_FOR=claimed)

    claims = [f"198.51.100.{n}, 192.0.2.7" for n in range(3)]
    assert [through(n, claim) for n, claim in enumerate(claims)] == [302, 302, 422]
    assert through(9, "192.0.2.8") == 302


def test_a_network_is_quiet_again_after_its_hour(client, monkeypatch):
    monkeypatch.setattr(puzzles, "FULL", 1)
    assert [asks(client, 1), asks(client, 2)] == [302, 422]
    later = timezone.now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert asks(client, 3) == 302


def test_judging_costs_four_statements(client, rf, django_assert_num_queries):
    form = make_valid(message=LONG)
    with django_assert_num_queries(4):
        verdict = suspicion.of(rf.post("/consultation/"), form, mark="a" * 64)
    assert verdict == suspicion.Verdict("")


def make_valid(**changes: str):

    form = ConsultationForm(filled(**changes))
    assert form.is_valid()
    return form


def test_a_form_sent_again_is_judged_by_its_words_again(rf):
    make_lead(submission="a" * 64, email=filled()["email"])
    for changes, is_suspect in (({}, False), ({"message": "https://a.example " * 9}, True)):
        form = make_valid(**changes)
        assert bool(suspicion.of(rf.post("/"), form, mark="a" * 64).suspicion) is is_suspect


def test_a_form_sent_again_fills_no_other_mailbox(rf):
    make_lead(submission="a" * 64, email="somebody@else.example")
    said = [
        suspicion.of(rf.post("/"), make_valid(), mark="a" * 64).suspicion
        for _ in range(suspicion.MOST_OF_MAILBOX + 1)
    ]
    assert [bool(each) for each in said] == [False] * suspicion.MOST_OF_MAILBOX + [True]


def test_advertising_does_not_take_over_a_request_whose_time_was_taken(client):
    offer = make_offer()
    start = schedules.times([make_calendar(offer)], offer)[5]
    gone = {"start": text_of(start - timedelta(days=90)), "zone": ""}
    form = filled(**gone)
    assert send(client, form).status_code in (409, 422)
    assert Lead.objects.get().state == Lead.State.NEW
    send(client, {**form, "email": "x@y.example", "message": "https://a.example " * 9})
    lead = Lead.objects.get()
    assert (lead.state, bool(lead.suspicion)) == (Lead.State.SPAM, True)


def test_the_answer_tells_nobody_what_was_thought(client):
    answers = [
        send(client, filled(**changes))
        for changes in ({}, {"reference": "x"}, {"message": "https://a.example " * 9})
    ]
    told = {(a.status_code, a["Location"], a.content, bool(a.cookies)) for a in answers}
    assert len(told) == 1
    assert Lead.objects.filter(state=Lead.State.SPAM).count() == 2
    assert ANSWERS["name"] in str(list(Lead.objects.values()))
