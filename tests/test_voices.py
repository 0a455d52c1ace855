"""What readers tell the editors: whether a text helped, and which terms they miss."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from glossary import voices
from glossary.models import Feedback, Suggestion
from tests.factories import make_draft, make_entry

pytestmark = pytest.mark.django_db

ODD = ["\0", "\ud800", "x" * 10_000, "𝒳" * 4000, "<script>", "../../"]
HERE = {"Sec-Fetch-Site": "same-origin"}


def feedback() -> list[tuple[bool, str]]:
    return list(Feedback.objects.order_by("pk").values_list("is_helpful", "sentence"))


def test_a_reader_answers_and_adds_a_sentence(client):
    make_entry(term="Pod")
    asked = client.post("/glossary/pod/helpful/", {"helpful": "no"}, headers=HERE)
    assert (asked.status_code, feedback()) == (302, [(False, "")])
    page = client.get(asked.url)
    said = page.context["form"].initial["said"]
    assert (page.status_code, page.context["is_asking"]) == (200, True)
    answer = {"said": said, "sentence": "Too short."}
    thanked = client.post("/glossary/pod/helpful/", answer, headers=HERE)
    assert (thanked.status_code, feedback()) == (302, [(False, "Too short.")])
    assert client.get(thanked.url).status_code == 200


def test_only_what_readers_see_can_be_helpful(client):
    make_draft(term="Draft")
    make_entry(term="Hidden", at=timezone.now() + timedelta(days=1))
    for slug in ("draft", "hidden", "nowhere"):
        path = f"/glossary/{slug}/helpful/"
        assert client.get(path).status_code == 404
        assert client.post(path, {"helpful": "yes"}, headers=HERE).status_code == 404
    assert feedback() == []


def test_votes_on_an_entry_are_bounded_in_a_day(monkeypatch):
    monkeypatch.setattr(voices, "MOST_VOTES_A_DAY", 2)
    pod, other, now = make_entry(), make_entry(), timezone.now()
    tokens = [voices.vote(pod, is_helpful=True, now=now) for _ in range(3)]
    assert [bool(token) for token in tokens] == [True, True, False]
    assert voices.vote(other, is_helpful=True, now=now)
    assert voices.vote(pod, is_helpful=True, now=now + timedelta(days=1, seconds=1))


def test_a_sentence_is_added_with_a_token_of_today_only(monkeypatch):
    token = voices.vote(make_entry(), is_helpful=True)
    forged = [
        token[:-1],
        "",
        ":",
        "x:y:z",
        "\0",
        "é",
        token + "x",
        voices.vote(make_entry(), is_helpful=True)[:9],
    ]
    assert not any(voices.add_sentence(each, "Forged.") for each in forged)
    assert voices.add_sentence(token, "S" * 600)
    assert feedback()[0] == (True, "S" * 500)
    monkeypatch.setattr(voices, "MAY_ADD_FOR", timedelta(seconds=-1))
    assert not voices.add_sentence(token, "Late.")


def test_a_term_that_is_missed_again_counts_again(client):
    for term, note in (("  Pod ", ""), ("POD", "Where?"), ("pod", "Second note")):
        client.post("/suggest/", {"term": term, "note": note}, headers=HERE)
    client.post("/pt/suggest/", {"term": "pod"}, headers=HERE)
    rows = Suggestion.objects.order_by("pk").values_list("language", "term", "times", "note")
    assert list(rows) == [("en", "Pod", 3, "Where?"), ("pt", "pod", 1, "")]


def test_suggestions_are_bounded_in_a_day(monkeypatch):
    monkeypatch.setattr(voices, "MOST_SUGGESTIONS_A_DAY", 2)
    now = timezone.now()
    for term in ("a", "b", "c", "a"):
        voices.suggest(term, note="", language="en", now=now)
    voices.suggest("d", note="", language="en", now=now + timedelta(days=1, seconds=1))
    found = Suggestion.objects.order_by("term").values_list("term", "times")
    assert list(found) == [("a", 2), ("b", 1), ("d", 1)]


def test_what_another_site_sends_is_turned_away(client):
    make_entry(term="Pod")
    forms = {"/glossary/pod/helpful/": {"helpful": "yes"}, "/suggest/": {"term": "x"}}
    for site in ("cross-site", "same-site"):
        headers = {"Sec-Fetch-Site": site}
        for path, data in forms.items():
            assert client.post(path, data, headers=headers).status_code == 403
            assert client.get(path, headers=headers).status_code == 200
    assert (feedback(), Suggestion.objects.count()) == ([], 0)


def test_programs_that_fill_every_field_are_thanked_and_forgotten(client):
    token = voices.vote(make_entry(term="Pod"), is_helpful=True)
    sentence = {"said": token, "sentence": "Buy!", "reference": "Buy!"}
    assert client.post("/glossary/pod/helpful/", sentence, headers=HERE).status_code == 302
    assert (
        client.post("/suggest/", {"term": "x", "reference": "y"}, headers=HERE).status_code == 302
    )
    assert (feedback(), Suggestion.objects.count()) == ([(True, "")], 0)


def test_odd_words_are_kept_or_refused_kindly(client):
    token = voices.vote(make_entry(term="Pod"), is_helpful=True)
    form = "application/x-www-form-urlencoded"
    for odd in ODD:
        for path, data in (
            ("/suggest/", {"term": odd, "note": odd}),
            ("/glossary/pod/helpful/", {"helpful": odd}),
            ("/glossary/pod/helpful/", {"said": odd, "sentence": "A sentence."}),
            ("/glossary/pod/helpful/", {"said": token, "sentence": odd}),
        ):
            encoded = "&".join(f"{name}={percent(value)}" for name, value in data.items())
            response = client.post(path, encoded, content_type=form, headers=HERE)
            assert response.status_code in (302, 422), (path, data)
        for path in ("/suggest/?term=", "/glossary/pod/helpful/?said="):
            assert client.get(path + percent(odd)).status_code == 200


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def test_forms_are_stored_nowhere_and_set_no_cookie(client):
    token = voices.vote(make_entry(term="Pod"), is_helpful=True)
    answers = [
        client.get("/suggest/"),
        client.get("/suggest/?term=Pod"),
        client.get(f"/glossary/pod/helpful/?said={token}"),
        client.post("/suggest/", {"term": ""}, headers=HERE),
        client.post("/suggest/", {"term": "x"}, headers=HERE),
        client.post("/glossary/pod/helpful/", {"helpful": "yes"}, headers=HERE),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 422, 302, 302]
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert not any(answer.cookies for answer in answers)
    assert answers[1].context["form"].initial["term"] == "Pod"
    location = urlsplit(answers[-1].url)
    assert location.path == "/glossary/pod/helpful/"
    assert parse_qs(location.query).keys() == {"said"}
