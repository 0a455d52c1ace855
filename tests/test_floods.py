"""One network cannot use up what readers may tell: votes, suggestions, searches."""

from urllib.parse import urlencode

import pytest

from glossary import hearing, search_views, voice_views
from glossary.models import Feedback, SearchedPhrase, Suggestion
from tests.factories import make_entry

pytestmark = pytest.mark.django_db

HERE, THERE = {"REMOTE_ADDR": "2001:db8:1:2::1"}, {"REMOTE_ADDR": "192.0.2.8"}
SAME_NETWORK = {"REMOTE_ADDR": "2001:db8:1:2:ffff::1"}


@pytest.fixture(autouse=True)
def _two_of_a_network(monkeypatch):
    for module in (search_views, voice_views):
        monkeypatch.setattr(module, "MOST_OF_NETWORK", 2)


def test_votes_of_one_network_are_bounded_and_answered_alike(client):
    make_entry(term="Webhook")

    def vote(**address: str) -> tuple[int, str]:
        answer = client.post("/glossary/webhook/helpful/", {"helpful": "no"}, **address)
        return answer.status_code, answer["Location"].partition("?")[0]

    told = [vote(**HERE), vote(**HERE), vote(**SAME_NETWORK), vote(**THERE)]
    asks = (302, "/glossary/webhook/helpful/")
    assert told == [asks, asks, (302, "/suggest/thanks/"), asks]
    assert Feedback.objects.count() == 3


def test_suggestions_of_one_network_are_bounded_and_answered_alike(client):
    def suggest(term: str, **address: str) -> str:
        return client.post("/suggest/", {"term": term, "note": "", "email": ""}, **address)[
            "Location"
        ]

    told = {suggest("A", **HERE), suggest("B", **HERE), suggest("C", **SAME_NETWORK)}
    assert told == {suggest("D", **THERE)}
    kept = list(Suggestion.objects.order_by("pk").values_list("term", flat=True))
    assert kept == ["A", "B", "D"]


def test_searches_of_one_network_are_bounded_and_what_is_not_ours_costs_nothing(client):
    def listen(phrase: str, mark: str = "", **address: str) -> int:
        mark = mark or hearing.mark(phrase, language="en", results=0)
        report = urlencode({"q": phrase, "results": "0", "mark": mark})
        kind = "application/x-www-form-urlencoded"
        return client.post("/search/heard/", report, content_type=kind, **address).status_code

    told = [listen(phrase, "x" * 32, **HERE) for phrase in ("one", "two", "three")]
    told += [listen(phrase, **HERE) for phrase in ("one", "two", "three")]
    assert [*told, listen("four", **THERE)] == [204] * 7
    kept = list(SearchedPhrase.objects.order_by("pk").values_list("phrase", flat=True))
    assert kept == ["one", "two", "four"]
