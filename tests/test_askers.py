"""Readers who want to hear when a term is published: told once, then forgotten."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.utils import timezone

from config import outbox
from config.models import OutboxMessage
from glossary import askers, demand, publishing, voices
from glossary.models import Asker, Demand, Suggestion
from tests.desk import page_of, words, work
from tests.factories import make_draft, make_entry, make_site

pytestmark = pytest.mark.django_db

HERE = {"Sec-Fetch-Site": "same-origin"}
ADDRESS = "rita@example.com"


def ask(client, term: str, email: str = ADDRESS, *, path: str = "/suggest/", **more: str):
    data = {"term": term, "note": "", "email": email, **more}
    return client.post(path, data, headers=HERE)


def waiting() -> list[tuple[str, str]]:
    return list(Asker.objects.order_by("pk").values_list("suggestion__term", "email"))


# Asking -------------------------------------------------------------------------------------


def test_a_reader_may_leave_an_address(client):
    asked = ask(client, "Data mesh", " Rita@Example.com ")
    assert (asked.status_code, asked.url) == (302, "/suggest/thanks/")
    assert waiting() == [("Data mesh", ADDRESS)]
    ask(client, "Other", "")
    assert [s.term for s in Suggestion.objects.order_by("pk")] == ["Data mesh", "Other"]
    assert waiting() == [("Data mesh", ADDRESS)]
    assert mail.outbox == []


def test_the_page_of_no_results_has_the_form(client):
    page = page_of(client.get("/search/", {"q": "data mesh"}))
    (form,) = (f for f in page.iter("form") if f.get("action") == "/suggest/")
    fields = {i.get("name"): i.get("value") for i in form.iter("input")}
    assert fields == {"term": "data mesh", "email": None, "reference": None}
    assert "By giving it, you agree" in words(form)
    make_entry(term="Data mesh")
    page = page_of(client.get("/search/", {"q": "data mesh"}))
    assert not [f for f in page.iter("form") if f.get("action") == "/suggest/"]


def test_a_wrong_address_is_refused_kindly(client):
    answer = ask(client, "Data mesh", "rita@")
    assert answer.status_code == 422
    assert "This does not look like an e-mail address." in answer.content.decode()
    assert (waiting(), Suggestion.objects.count()) == ([], 0)


def test_the_same_person_counts_once(client):
    for _ in range(3):
        ask(client, "Data mesh")
    ask(client, "DATA  MESH", "RITA@example.com")
    ask(client, "data mesh", "tom@example.com")
    assert Suggestion.objects.get().times == 2
    assert [email for _, email in waiting()] == [ADDRESS, "tom@example.com"]


def test_who_suggests_what_there_is_is_led_to_it(client):
    make_entry(term="Webhook", aliases=["Web hook"])
    make_draft(term="Draft")
    for term in ("webhook", "WEB  HOOK"):
        assert ask(client, term).url == "/glossary/webhook/"
    assert (waiting(), Suggestion.objects.count()) == ([], 0)
    assert ask(client, "Draft").url == "/suggest/thanks/"
    assert ask(client, "webhook", path="/de/suggest/").url == "/de/suggest/thanks/"


def test_programs_leave_no_address(client):
    assert ask(client, "Data mesh", reference="x").status_code == 302
    assert (
        client.post(
            "/suggest/", {"term": "x", "email": ADDRESS}, headers={"Sec-Fetch-Site": "cross-site"}
        ).status_code
        == 403
    )
    assert waiting() == []


def test_addresses_are_bounded(client, monkeypatch):
    for number in range(askers.MOST_TERMS + 2):
        ask(client, f"Term {number}")
    assert len(waiting()) == askers.MOST_TERMS
    monkeypatch.setattr(askers, "MOST_A_DAY", askers.MOST_TERMS + 1)
    for name in ("a", "b"):
        ask(client, "Term 0", f"{name}@example.com")
    assert len(waiting()) == askers.MOST_TERMS + 1
    assert Suggestion.objects.count() == askers.MOST_TERMS + 2


def test_addresses_are_forgotten_after_400_days():
    now = timezone.now()
    for days in (399, 401):
        voices.suggest(
            f"x{days}", note="", language="en", email=ADDRESS, now=now - timedelta(days=days)
        )
    assert askers.tidy(now) == 1
    assert waiting() == [("x399", ADDRESS)]


# Telling ------------------------------------------------------------------------------------


def test_an_asker_is_told_and_forgotten(client):
    make_site(name="Words", contact_email="desk@example.com")
    ask(client, "data mesh", note="<b>Buy</b> at https://spam.example/")
    entry = make_draft(term="Data Mesh", short_definition="Data as a product.")
    publishing.publish(entry)
    work()
    (sent,) = mail.outbox
    assert (sent.to, sent.reply_to) == ([ADDRESS], ["desk@example.com"])
    assert sent.subject == "Now in Words: Data Mesh"
    html, kind = sent.alternatives[0]
    assert kind == "text/html"
    for text in (sent.body, html):
        assert "https://glossary.example/glossary/data-mesh/" in text
        assert "Data as a product." in text
        assert "your address has been deleted" in text
        assert "spam" not in text
        assert "Buy" not in text
        assert ADDRESS not in text
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    assert waiting() == []
    assert Suggestion.objects.get().times == 1
    work()
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "name", [{"term": "Data mesh"}, {"term": "Mesh", "aliases": ["DATA mesh"]}, {"term": "Mesh"}]
)
def test_what_answers_a_suggestion(client, name):
    ask(client, "data mesh")
    demand.gather()
    entry = make_draft(**name)
    Demand.objects.update(entry=entry)
    publishing.publish(entry)
    work()
    assert [sent.to for sent in mail.outbox] == [[ADDRESS]]


@pytest.mark.parametrize(
    "name", [{"term": "Data mesh", "language": "de"}, {"term": "Data fabric"}]
)
def test_what_does_not(client, name):
    ask(client, "data mesh")
    publishing.publish(make_draft(**name))
    work()
    assert mail.outbox == []
    assert waiting() == [("data mesh", ADDRESS)]
    assert not OutboxMessage.objects.filter(kind="glossary.tell_askers").exists()


def test_a_mail_is_in_the_language_of_the_asker(client):
    ask(client, "Datennetz", path="/de/suggest/")
    publishing.publish(make_draft(term="Datennetz", language="de"))
    work()
    (sent,) = mail.outbox
    assert "https://glossary.example/de/glossary/datennetz/" in sent.body
    assert '<html lang="de">' in sent.alternatives[0][0]


def test_nobody_is_told_before_the_date(client):
    ask(client, "data mesh")
    entry = make_draft(term="Data mesh")
    at = timezone.now() + timedelta(days=2)
    publishing.publish(entry, at=at)
    assert OutboxMessage.objects.get(kind="glossary.tell_askers").due_at == at
    askers.tell_askers(OutboxMessage(kind="glossary.tell_askers", payload={"entry": entry.pk}))
    work()
    assert (mail.outbox, len(waiting())) == ([], 1)


def test_what_is_withdrawn_in_time_tells_nobody(client):
    ask(client, "data mesh")
    entry = make_draft(term="Data mesh")
    publishing.publish(entry)
    publishing.withdraw(entry)
    work()
    assert (mail.outbox, len(waiting())) == ([], 1)
    askers.tell_asker(OutboxMessage(payload={"entry": entry.pk, "asker": Asker.objects.get().pk}))
    entry.delete()
    askers.tell_askers(OutboxMessage(payload={"entry": entry.pk or 0}))
    assert (mail.outbox, len(waiting())) == ([], 1)


def test_two_names_of_one_entry_are_one_mail(client):
    ask(client, "data mesh")
    ask(client, "mesh")
    ask(client, "mesh", "tom@example.com")
    publishing.publish(make_draft(term="Mesh", aliases=["Data mesh"]))
    work()
    assert sorted(sent.to[0] for sent in mail.outbox) == [ADDRESS, "tom@example.com"]
    assert waiting() == []


def test_an_address_that_fails_keeps_no_other_waiting(client, monkeypatch):
    ask(client, "mesh", "gone@example.com")
    ask(client, "mesh", "later@example.com")
    ask(client, "mesh", "tom@example.com")
    entry = make_draft(term="Mesh")
    publishing.publish(entry)
    refusals = {"gone@example.com": (550, b"no such user"), "later@example.com": (451, b"later")}
    backend = type(mail.get_connection())
    deliver = backend.send_messages

    def send(self, messages):
        (to,) = messages[0].to
        if to in refusals:
            raise SMTPRecipientsRefused({to: refusals[to]})
        return deliver(self, messages)

    monkeypatch.setattr(backend, "send_messages", send)
    work()
    assert [sent.to for sent in mail.outbox] == [["tom@example.com"]]
    assert waiting() == [("mesh", "later@example.com")]
    refusals.clear()
    OutboxMessage.objects.filter(done_at=None).update(due_at=timezone.now())
    work()
    assert [sent.to for sent in mail.outbox] == [["tom@example.com"], ["later@example.com"]]
    assert waiting() == []


def test_nothing_is_promised_when_nobody_waits(django_assert_num_queries):
    entry = make_entry(term="Mesh")
    with django_assert_num_queries(1):
        askers.answered(entry)
    assert not OutboxMessage.objects.filter(kind="glossary.tell_askers").exists()


@pytest.mark.parametrize("is_begun", [False, True])
def test_who_was_overlooked_is_told_within_the_hour(client, is_begun):
    ask(client, "data mesh")
    entry = make_entry(term="Mesh", aliases=[] if is_begun else ["Data mesh"])
    if is_begun:
        Demand.objects.create(language="en", term="x", term_key="data mesh", entry=entry)
    askers.catch_up()
    askers.catch_up()
    assert OutboxMessage.objects.filter(kind="glossary.tell_askers").count() == 1
    work()
    assert [sent.to for sent in mail.outbox] == [[ADDRESS]]


def test_payloads_hold_no_address(client):
    ask(client, "mesh")
    publishing.publish(make_draft(term="Mesh"))
    while message := outbox.claim():
        assert ADDRESS not in str(message.payload)
        outbox.run(message)
    assert ADDRESS not in str(list(OutboxMessage.objects.values()))
