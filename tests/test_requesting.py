"""From the form to the lead: stored once, with everything, whatever is sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from urllib.parse import quote, urlencode

import html5lib
import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from config import outbox
from config.models import OutboxMessage
from leads import submission
from leads.consenting import to_answer
from leads.models import Lead
from leads.requesting import Request, accept, request_consultation
from tests.factories import make_draft, make_entry, make_lead, make_offer, make_site

MAILS = ["leads.confirm_request", "leads.notify_staff"]
ANSWERS = {
    "name": "Paula Prospect",
    "email": "paula@example.com",
    "phone": "+351 21 000 0000",
    "company": "Prospect & Filhos",
    "message": "We type orders all day.\nCan that stop?",
    "preferred_time": "Tuesday after 15:00, Lisbon time",
}
NAUGHTY = [
    "Zoë Ångström-Nuñez",
    "‏محمد علي",
    "שלום עולם",
    "李小龍 さん",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇵🇹",
    "Z̮̞̠͙͔͉a̘͈̝̖l̠̟g͜o",
    "​zero​width﻿",
    "‮reversed‬",
    "\u2028line\u2029separators",
    "tab\tand\vform\ffeed",
    "bell\x07 and escape\x1b[31m",
    "\ufffe\uffff\U0010ffff",
    "ﬁligature and ½",
    "ı İ ß ẞ",
    "O'Brien",
    '"quoted" <paula@example.com>',
    "Robert'); DROP TABLE leads_lead;--",
    "' OR '1'='1",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "{{ 7|add:7 }} {% now 'Y' %}",
    "${7*7} #{7*7} %s %(name)s %n",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "&lt;&amp;&#0;&#x0;",
    "\\0\\x00\\u0000",
    "null None NaN undefined true 0 -1",
    "1e309 0x10 1_000",
    "Paula\r\nBcc: everybody@example.com",
    "a%00b%0d%0ac",
    "--\r\n\r\nboundary",
]


def filled(**changes: str) -> dict[str, str]:
    """What a browser sends a minute after the form was shown."""
    token = submission.issue(now=timezone.now() - timedelta(minutes=1))
    form = {**ANSWERS, "consent": "on", "reference": "", "token": token, "source": "", **changes}
    return {name: value for name, value in form.items() if value is not None}


def send(client, form, path="/consultation/"):
    return client.post(path, urlencode(form), content_type="application/x-www-form-urlencoded")


def fields(response) -> dict[str, str]:
    """What the form on the page holds, as a browser would send it."""
    page = html5lib.parse(response.content, namespaceHTMLElements=False)
    boxes = [box for box in page.iter("input") if "disabled" not in box.attrib]
    held = {box.get("name"): box.get("value", "") for box in boxes}
    # The parser drops the one newline that HTML ignores at the start of a textarea.
    held |= {box.get("name"): box.text or "" for box in page.iter("textarea")}
    return held


def promised() -> list[str]:
    kinds = OutboxMessage.objects.filter(kind__startswith="leads.")
    return sorted(kinds.values_list("kind", flat=True))


# What is stored ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_request_is_stored_with_all_that_was_written(client):
    response = send(client, filled())
    lead = Lead.objects.get()
    stored = {name: getattr(lead, name) for name in ANSWERS}
    assert (response.status_code, response["Location"]) == (302, "/consultation/thanks/")
    assert stored == ANSWERS
    assert lead.state == Lead.State.NEW


@pytest.mark.django_db
def test_a_request_is_stored_with_the_sentence_agreed_to_and_the_time(client):
    make_site(consent_text="You may keep this for a year.")
    before = timezone.now()
    send(client, filled())
    lead = Lead.objects.get()
    consent = lead.consents.get()
    assert (consent.text, consent.is_given) == ("You may keep this for a year.", True)
    assert before <= consent.at == lead.created_at <= timezone.now()


@pytest.mark.django_db
def test_a_request_is_stored_with_where_it_came_from(client):
    offer = make_offer()
    entry = make_entry(term="Machine Learning")
    send(client, filled(source="/glossary/machine-learning/"))
    lead = Lead.objects.get()
    assert (lead.entry, lead.source_path, lead.offer, lead.language) == (
        entry,
        "/glossary/machine-learning/",
        offer,
        "en",
    )


@pytest.mark.django_db
def test_a_request_in_another_language_remembers_it_and_stays_in_it(client):
    entry = make_entry(term="Aprendizagem", language="pt")
    form = filled(source="/pt/glossary/aprendizagem/")
    response = send(client, form, path="/pt/consultation/")
    lead = Lead.objects.get()
    assert (lead.language, lead.entry) == ("pt", entry)
    assert response["Location"] == "/pt/consultation/thanks/"


@pytest.mark.django_db
def test_a_request_for_another_offer_names_that_offer(client):
    make_offer()
    audit = make_offer(name="Audit", slug="audit", is_default=False)
    send(client, filled(), path="/consultation/audit/")
    assert Lead.objects.get().offer == audit


@pytest.mark.django_db
def test_a_request_promises_one_mail_to_staff_and_one_to_the_prospect(client):
    send(client, filled())
    payloads = list(OutboxMessage.objects.values_list("payload", flat=True))
    assert promised() == MAILS
    assert payloads == [{"lead": Lead.objects.get().pk, "unless_booked": False}] * 2


@pytest.mark.django_db(transaction=True)
def test_lead_and_mails_are_stored_together_or_not_at_all(settings):
    known = dict(settings.OUTBOX_HANDLERS)
    settings.OUTBOX_HANDLERS = {k: v for k, v in known.items() if k != "leads.confirm_request"}
    with pytest.raises(outbox.UnknownKind):
        request_consultation(Request(ANSWERS, to_answer("I agree."), "en"), mark="m")
    assert (Lead.objects.count(), promised()) == (0, [])

    settings.OUTBOX_HANDLERS = known
    request_consultation(Request(ANSWERS, to_answer("I agree."), "en"), mark="m")
    assert (Lead.objects.count(), promised()) == (1, MAILS)


@pytest.mark.django_db
def test_the_time_of_a_request_can_be_given():
    asked_at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    lead = request_consultation(
        Request(ANSWERS, to_answer("I agree."), "en"), mark="m", now=asked_at
    )
    assert (lead.created_at, lead.consents.get().at) == (asked_at, asked_at)


# Once -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_double_click_makes_one_lead_and_one_pair_of_mails(client):
    form = filled()
    answers = [send(client, form)["Location"] for _ in range(2)]
    assert answers == ["/consultation/thanks/"] * 2
    assert (Lead.objects.count(), promised()) == (1, MAILS)


@pytest.mark.django_db
def test_a_form_gone_back_to_and_changed_is_a_second_request(client):
    form = filled()
    send(client, form)
    send(client, {**form, "message": "I forgot: we are in Porto."})
    assert (Lead.objects.count(), promised()) == (2, sorted(MAILS * 2))


@pytest.mark.django_db
def test_two_people_with_the_same_words_make_two_leads(client):
    send(client, filled())
    send(client, filled())
    assert Lead.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_clicks_that_arrive_at_the_same_moment_make_one_lead():
    form, together = filled(), Barrier(4)

    def click() -> int:
        together.wait(timeout=10)
        try:
            return send(Client(), form).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        clicks = [pool.submit(click) for _ in range(4)]
        statuses = [each.result(timeout=30) for each in clicks]
    assert statuses == [302] * 4
    assert (Lead.objects.count(), promised()) == (1, MAILS)


# Suspects ---------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("trace", ["hidden field", "too fast"])
def test_a_suspect_is_kept_apart_and_no_mail_is_sent(client, trace):
    form = filled(reference="https://pills.example") if trace == "hidden field" else filled()
    if trace == "too fast":
        form["token"] = submission.issue()
    response = send(client, form)
    lead = Lead.objects.get()
    assert response["Location"] == "/consultation/thanks/"
    assert (lead.state, lead.message) == (Lead.State.SPAM, ANSWERS["message"])
    assert promised() == []


@pytest.mark.django_db
def test_a_suspect_is_seen_by_staff(admin_client):
    make_lead(name="Sue Spect", state=Lead.State.SPAM)
    make_lead(name="Nora New")
    page = admin_client.get("/admin/leads/lead/?state__exact=spam").content.decode()
    assert [name in page for name in ("Sue Spect", "Nora New")] == [True, False]
    assert page.count('<span class="state spam">Suspected spam</span>') == 1


@pytest.mark.django_db
def test_an_accepted_suspect_is_new_and_gets_its_mails():
    lead = make_lead(state=Lead.State.SPAM)
    accept(lead)
    lead.refresh_from_db()
    assert (lead.state, promised()) == (Lead.State.NEW, MAILS)


@pytest.mark.django_db
def test_accepting_twice_sends_the_mails_once():
    lead = make_lead(state=Lead.State.SPAM)
    accept(lead)
    accept(lead)
    assert promised() == MAILS


@pytest.mark.django_db
def test_accepting_what_is_no_suspect_changes_nothing():
    lead = make_lead(state=Lead.State.WON)
    accept(lead)
    lead.refresh_from_db()
    assert (lead.state, promised()) == (Lead.State.WON, [])


# A form that has been open for long -------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["of yesterday", "altered", "missing", "empty"])
def test_without_a_valid_token_the_form_comes_back_with_everything_kept(client, token):
    entry = make_entry()
    old = submission.issue(now=timezone.now() - timedelta(days=2))
    given = {
        "of yesterday": old,
        "altered": f"{submission.issue()}x",
        "missing": None,
        "empty": "",
    }
    form = filled(token=given[token], source=entry.get_absolute_url())
    response = send(client, form)
    held = fields(response)
    kept = {**ANSWERS, "source": entry.get_absolute_url()}
    assert response.status_code == 422
    assert {name: held[name] for name in kept} == kept
    assert response.context["form"].non_field_errors() == [
        "This form was open for a long time. Please send it once more."
    ]
    assert (Lead.objects.count(), promised()) == (0, [])


@pytest.mark.django_db
def test_the_form_that_comes_back_has_a_fresh_token(client):
    stale = submission.issue(now=timezone.now() - timedelta(days=2))
    fresh = fields(send(client, filled(token=stale)))["token"]
    assert submission.age(fresh) < timedelta(seconds=30)


@pytest.mark.django_db
def test_a_person_who_sends_an_expired_form_again_at_once_is_no_suspect(client):
    stale = submission.issue(now=timezone.now() - timedelta(days=2))
    fresh = fields(send(client, filled(token=stale)))["token"]
    send(client, filled(token=fresh))
    assert (Lead.objects.get().state, promised()) == (Lead.State.NEW, MAILS)


@pytest.mark.django_db
def test_a_kept_consent_stays_ticked(client):
    page = html5lib.parse(send(client, filled(name="")).content, namespaceHTMLElements=False)
    (box,) = (box for box in page.iter("input") if box.get("name") == "consent")
    assert "checked" in box.attrib


# Bad input --------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({"name": ""}, {"name": "Please tell us your name."}),
        ({"name": " \t "}, {"name": "Please tell us your name."}),
        (
            {"email": ""},
            {"email": "Please give an e-mail address, so that we can answer."},
        ),
        (
            {"email": "paula@"},
            {"email": "This does not look like an e-mail address. Is a part missing?"},
        ),
        (
            {"email": "paula@example.com\r\nBcc: x@example.com"},
            {"email": "This does not look like an e-mail address. Is a part missing?"},
        ),
        (
            {"email": "paula@example.com, x@example.com"},
            {"email": "This does not look like an e-mail address. Is a part missing?"},
        ),
        (
            {"consent": None},
            {"consent": "Please tick the box, so that we may store your request."},
        ),
        (
            {"phone": "call me"},
            {"phone": "Write the number with digits, spaces and +, for example +351 21 000 0000."},
        ),
        (
            {"message": "x" * 5001},
            {"message": "This is longer than 5000 characters. The rest can wait for our talk."},
        ),
        (
            {"name": "N" * 10_000},
            {"name": "Ensure this value has at most 120 characters (it has 10000)."},
        ),
        ({"name": "Paula\0"}, {"name": "Null characters are not allowed."}),
        ({"message": "\0"}, {"message": "Null characters are not allowed."}),
        (
            {"name": "", "consent": None},
            {
                "name": "Please tell us your name.",
                "consent": "Please tick the box, so that we may store your request.",
            },
        ),
    ],
    ids=lambda value: str(value)[:40].encode("unicode_escape").decode(),
)
def test_what_cannot_be_stored_comes_back_with_a_sentence(client, changes, sentences):
    response = send(client, filled(**changes))
    errors = {name: list(said) for name, said in response.context["form"].errors.items()}
    held, unchanged = fields(response), ANSWERS.keys() - changes.keys()
    assert response.status_code == 422
    assert errors == {name: [sentence] for name, sentence in sentences.items()}
    assert {name: held[name] for name in unchanged} == {name: ANSWERS[name] for name in unchanged}
    assert Lead.objects.count() == 0


@pytest.mark.django_db
def test_an_error_is_tied_to_its_field_for_screen_readers(client):
    page = html5lib.parse(
        send(client, filled(email="paula@")).content, namespaceHTMLElements=False
    )
    (box,) = (box for box in page.iter("input") if box.get("name") == "email")
    ids = {element.get("id") for element in page.iter() if element.get("id")}
    assert box.get("aria-invalid") == "true"
    assert "id_email_error" in box.get("aria-describedby").split()
    assert set(box.get("aria-describedby").split()) <= ids


@pytest.mark.django_db
def test_a_hidden_field_that_is_broken_still_gets_a_sentence(client):
    response = send(client, filled(source="/glossary/\0/"))
    sentences = html5lib.parse(response.content, namespaceHTMLElements=False).findall(
        ".//div[@class='errors']//li"
    )
    # Either taken with what it wrote, or told what to do: never sent back in silence.
    assert Lead.objects.count() == 1 or len(sentences) > 0


@pytest.mark.django_db
def test_a_message_of_5000_characters_is_stored(client):
    send(client, filled(message="x" * 5000))
    assert Lead.objects.get().message == "x" * 5000


@pytest.mark.django_db
def test_line_breaks_count_once_as_the_browser_counts_them(client):
    typed = "A line of text.\n" * 312
    assert len(typed) <= 5000 < len(typed.replace("\n", "\r\n"))
    response = send(client, filled(message=typed.strip().replace("\n", "\r\n")))
    assert (response.status_code, Lead.objects.count()) == (302, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("text", NAUGHTY, ids=lambda text: ascii(text)[1:25])
def test_no_text_is_lost_in_silence(client, text):
    written = {"name": text, "company": text, "message": text, "preferred_time": text}
    response = send(client, filled(**written))
    if response.status_code == 302:
        lead = Lead.objects.get()
        stored = {name: getattr(lead, name).replace("\r\n", "\n") for name in written}
        assert stored == dict.fromkeys(written, text.strip().replace("\r\n", "\n"))
    else:
        form = response.context["form"]
        assert response.status_code == 422
        assert {name: form[name].value() for name in written} == written
        assert form.errors.keys() <= written.keys()
        assert len(form.errors) > 0


@pytest.mark.django_db
@pytest.mark.parametrize("text", NAUGHTY, ids=lambda text: ascii(text)[1:25])
def test_what_is_shown_again_is_shown_as_text(client, text):
    response = send(client, filled(message=text, consent=None))
    page = html5lib.parse(response.content, namespaceHTMLElements=False)
    scripts = [element.get("src") for element in page.iter("script")]
    images = [image.get("src") for image in page.iter("img")]
    assert scripts == ["/static/js/page.js", "/static/js/form.js"]
    assert images == ["/static/img/headword.png"]


@pytest.mark.django_db
def test_bytes_that_are_no_text_are_answered(client):
    body = urlencode(filled(name="")) + "&name=%ff%fe%c0%80&company=%ed%a0%80"
    response = client.post(
        "/consultation/", body, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code in (302, 422)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data", "multipart/x; a=b"]
)
def test_a_body_of_another_kind_is_answered(client, content_type):
    response = client.post("/consultation/", b'{"name": "Paula"}', content_type=content_type)
    assert response.status_code in (400, 422)
    assert Lead.objects.count() == 0


# Where it came from -----------------------------------------------------------------------


@pytest.mark.django_db
def test_the_form_remembers_the_page_whose_call_was_followed(client):
    entry = make_entry(term="Webhook")
    response = client.get("/consultation/?from=/glossary/webhook/")
    assert fields(response)["source"] == "/glossary/webhook/"
    assert response.context["entry"] == entry
    assert '<a href="/glossary/webhook/">Webhook</a>' in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "javascript:alert(1)",
        "glossary/webhook/",
        "/glossary/\r\nSet-Cookie: a=b",
        "/glossary/\0/",
        "/" + "a" * 399,
        "",
    ],
    ids=lambda address: ascii(address)[1:30],
)
def test_what_cannot_be_a_page_of_ours_is_not_remembered(client, address):
    make_entry(term="Webhook")
    response = client.get(f"/consultation/?from={quote(address)}")
    assert (response.status_code, fields(response)["source"]) == (200, "")
    assert response.context["entry"] is None


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/" + "a" * 399])
def test_a_request_from_nowhere_of_ours_is_stored_without_source(client, address):
    send(client, filled(source=address))
    lead = Lead.objects.get()
    assert (lead.source_path, lead.entry, lead.name) == ("", None, ANSWERS["name"])


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "/admin/"])
def test_thanks_follow_whatever_the_source_says(client, address):
    assert send(client, filled(source=address))["Location"] == "/consultation/thanks/"


@pytest.mark.django_db
@pytest.mark.parametrize("hidden", ["draft", "scheduled", "withdrawn"])
def test_an_entry_that_readers_cannot_see_is_neither_named_nor_linked(client, hidden):
    in_an_hour = timezone.now() + timedelta(hours=1)
    if hidden == "scheduled":
        entry = make_entry(term="Secret Merger", slug="entry-seven", at=in_an_hour)
    else:
        entry = make_draft(term="Secret Merger", slug="entry-seven", state=hidden)
    response = client.get("/consultation/?from=/glossary/entry-seven/")
    send(client, filled(source="/glossary/entry-seven/"))
    lead = Lead.objects.get()
    assert response.content.decode().count("Secret Merger") == 0
    assert (lead.entry, lead.source_path) == (None, entry.get_absolute_url())


@pytest.mark.django_db
def test_the_source_is_kept_when_the_form_comes_back(client):
    make_entry(term="Webhook")
    response = send(client, filled(source="/glossary/webhook/", name=""))
    assert fields(response)["source"] == "/glossary/webhook/"
    assert '<a href="/glossary/webhook/">Webhook</a>' in response.content.decode()


# Offers -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_form_shows_its_offer(client):
    make_offer(name="Free consultation", description="Thirty **minutes** by video.")
    page = client.get("/consultation/").content.decode()
    assert "<h1>Free consultation</h1>" in page
    assert "Thirty <strong>minutes</strong> by video." in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/consultation/audit/", 200),
        ("/consultation/paused/", 404),
        ("/consultation/unknown/", 404),
    ],
)
def test_only_active_offers_have_a_form(client, path, status):
    make_offer(name="Audit", slug="audit", is_default=False)
    make_offer(name="Paused", slug="paused", is_default=False, is_active=False)
    shown, sent = client.get(path), send(client, filled(), path=path)
    assert shown.status_code == status
    assert (sent.status_code, Lead.objects.count()) == (
        (404, 0) if "unknown" in path else (302, 1)
    )


@pytest.mark.django_db
def test_without_any_offer_the_form_still_works(client):
    shown, sent = client.get("/consultation/"), send(client, filled())
    assert (shown.status_code, sent.status_code) == (200, 302)
    assert Lead.objects.get().offer is None


# Methods, cookies, caches -----------------------------------------------------------------


@pytest.mark.django_db
def test_a_get_changes_nothing_even_with_all_answers(client):
    response = client.get("/consultation/", filled())
    assert response.status_code == 200
    assert (Lead.objects.count(), promised()) == (0, [])


@pytest.mark.django_db
def test_head_answers_without_a_body(client):
    response = client.head("/consultation/")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_refused(client, method):
    response = getattr(client, method)("/consultation/")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_thanks_page_is_only_read(client, method):
    assert getattr(client, method)("/consultation/thanks/").status_code == 405


@pytest.mark.django_db
def test_the_thanks_page_says_what_happens_next(client):
    make_site(contact_email="hello@northlight.example")
    page = client.get("/consultation/thanks/").content.decode()
    assert page.count("<h1>Thank you</h1>") == 1
    assert "A person will read it and answer you." in page
    assert '<a href="mailto:hello@northlight.example">' in page


@pytest.mark.django_db
def test_no_step_sets_a_cookie(client):
    make_offer()
    steps = [
        client.get("/consultation/?from=/glossary/"),
        send(client, filled(name="")),
        send(client, filled(token="")),
        send(client, filled()),
        client.get("/consultation/thanks/"),
    ]
    assert [step.status_code for step in steps] == [200, 422, 422, 302, 200]
    assert [dict(step.cookies) for step in steps] == [{}] * 5
    assert ["Cookie" in step.get("Vary", "") for step in steps] == [False] * 5


@pytest.mark.django_db
def test_a_form_is_never_stored_by_a_cache(client):
    answers = [client.get("/consultation/"), send(client, filled(name=""))]
    assert [answer["Cache-Control"] for answer in answers] == ["no-store"] * 2


@pytest.mark.django_db
def test_a_form_works_without_djangos_token():
    strict = Client(enforce_csrf_checks=True)
    assert send(strict, filled()).status_code == 302


@pytest.mark.django_db
def test_one_form_cannot_send_mail_to_any_number_of_addresses(client):
    form = filled()
    for number in range(5):
        send(client, {**form, "email": f"stranger{number}@example.com"})
    states = list(Lead.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["new"] * 3 + ["spam"] * 2
    assert OutboxMessage.objects.filter(kind="leads.confirm_request").count() == 3


@pytest.mark.django_db
def test_one_address_is_not_flooded_from_many_forms(client):
    for number in range(5):
        send(client, filled(message=f"Request {number}"))
    states = list(Lead.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["new"] * 3 + ["spam"] * 2


@pytest.mark.django_db
def test_consent_is_stored_as_it_was_shown(client):
    make_site(consent_text="You may answer me.")
    shown = fields(client.get("/consultation/"))["consent_shown"]
    make_site(consent_text="You may send me advertisements.")
    send(client, filled(consent_shown=shown))
    assert Lead.objects.get().consents.get().text == "You may answer me."


@pytest.mark.django_db
def test_nobody_can_sign_for_us_what_was_shown(client):
    make_site(consent_text="You may answer me.")
    send(client, filled(consent_shown="I owe you nothing:abcdef"))
    assert Lead.objects.get().consents.get().text == "You may answer me."
