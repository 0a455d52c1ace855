"""Addresses without a page of their own: moved, gone, another name, or never there."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from glossary import publishing
from glossary.models import Entry
from tests.factories import make_draft, make_entry

pytestmark = pytest.mark.django_db


def rename(entry: Entry, slug: str) -> None:
    old_address = entry.language, entry.slug
    entry.slug = slug
    entry.save(update_fields=["slug"])
    publishing.rename(entry, old_address=old_address)


def answer(client, slug: str, **headers: str) -> tuple[int, str]:
    """The status at the address, and where it leads."""
    response = client.get(f"/glossary/{quote(slug)}/", headers=headers)
    return response.status_code, response.headers.get("Location", "").removeprefix("/glossary/")


@pytest.mark.parametrize(
    ("slugs", "expected"),
    [
        (["kubernetes", "wave-front", "eclair", "学習", "c-plus-plus"], (301, "k8s/")),
        (["Wave-Front", "éclair", "e\u0301clair"], (301, "k8s/")),
        (["k8s"], (200, "")),
        (["wave", "↑"], (404, "")),
    ],
    ids=["as addresses", "as written", "its own", "of nobody"],
)
def test_other_names_of_an_entry_lead_to_it(client, slugs, expected):
    names = ["Wave Front", "Éclair", "学習", "C++", "→"]
    make_entry(term="Kubernetes", slug="k8s", aliases=names)
    assert {slug: answer(client, slug) for slug in slugs} == dict.fromkeys(slugs, expected)


def test_a_name_that_two_entries_claim_leads_nowhere_until_one_gives_it_up(client):
    make_entry(term="One", aliases=["RAG"])
    other = make_entry(term="Other", aliases=["rag"])
    make_draft(term="Draft", aliases=["RAG"])
    assert answer(client, "rag") == (404, "")
    publishing.withdraw(other)
    assert answer(client, "rag") == (301, "one/")


def test_live_pages_win_then_old_addresses_then_names(client):
    moved = make_entry(term="Moved", slug="rag")
    rename(moved, "moved")
    make_entry(term="Named", aliases=["RAG"])
    assert answer(client, "rag") == (301, "moved/")
    live = make_entry(term="Live", slug="rag")
    assert answer(client, "rag") == (200, "")
    publishing.withdraw(live)
    assert answer(client, "rag") == (301, "moved/")
    publishing.withdraw(moved)
    assert answer(client, "rag") == (301, "named/")


def test_an_alias_of_another_language_leads_nowhere_here(client):
    make_entry(term="Aprendizagem", language="pt", aliases=["Learning"])
    assert answer(client, "learning") == (404, "")
    assert client.get("/pt/glossary/learning/").url == "/pt/glossary/aprendizagem/"


def test_what_readers_once_saw_is_gone_at_each_of_its_addresses(client):
    entry = make_entry(term="Pod", slug="a", aliases=["Group"])
    rename(entry, "b")
    publishing.withdraw(entry)
    assert [answer(client, slug)[0] for slug in ("a", "b", "group")] == [410, 410, 404]
    publishing.publish(entry)
    assert [answer(client, slug)[0] for slug in ("a", "b", "group")] == [301, 200, 301]


def test_what_readers_never_saw_is_not_gone(client):
    tomorrow = timezone.now() + timedelta(days=1)
    scheduled = make_entry(term="Pod", at=tomorrow, aliases=["Group"])
    make_draft(term="Draft")
    assert [answer(client, slug)[0] for slug in ("pod", "group", "draft")] == [404] * 3
    publishing.withdraw(scheduled)
    assert answer(client, "pod") == (404, "")


def test_a_program_that_prefers_markdown_is_sent_to_the_twin(client):
    make_entry(term="Pod")
    response = client.get("/glossary/pod/", headers={"Accept": "text/markdown"})
    twin = response.headers["Location"]
    assert (response.status_code, twin) == (303, "/glossary/pod.md")
    assert response.headers["Vary"] == "Accept"
    assert "no-store" in response.headers["Cache-Control"]
    assert client.get(twin).headers["Content-Type"] == "text/markdown; charset=utf-8"


def test_the_page_itself_depends_on_nothing_but_its_encoding(client):
    make_entry(term="Pod")
    for accept in ("text/html", "*/*", "text/markdown;q=0.5, text/html", "\x00,;q"):
        headers = {"Accept": accept, "Accept-Encoding": "gzip", "Cookie": "a=b"}
        response = client.get("/glossary/pod/", headers=headers)
        assert (response.status_code, response.headers["Vary"]) == (200, "Accept-Encoding")
        assert "no-store" not in response.headers["Cache-Control"]
        assert not response.cookies


def test_an_old_address_with_capitals_or_accents_still_leads_on(client):
    entry = make_entry(term="Café", slug="plain")
    for slug in ("CRMx", "café-society"):
        publishing.rename(entry, old_address=("en", slug))
        answer = client.get(f"/glossary/{slug}/")
        assert (answer.status_code, answer["Location"]) == (301, "/glossary/plain/")


def test_a_term_goes_before_another_entry_s_alias(client):
    make_entry(term="Zzz", slug="zed")
    make_entry(term="Sleep", slug="sleep", aliases=["ZZZ"])
    assert client.get("/glossary/zzz/")["Location"] == "/glossary/zed/"


def test_card_mentions_and_votes_follow_an_entry_that_moved(client):
    entry = make_entry(term="Warp", slug="new")
    publishing.rename(entry, old_address=("en", "old"))
    for part in ("card", "mentions"):
        answer = client.get(f"/glossary/old/{part}/")
        assert (answer.status_code, answer["Location"]) == (301, f"/glossary/new/{part}/")
    client.post("/glossary/old/helpful/", {"helpful": "yes"})
    assert entry.feedback.count() == 1


def test_markdown_of_an_old_address_is_one_step_away(client):
    entry = make_entry(term="Warp", slug="new")
    publishing.rename(entry, old_address=("en", "old"))
    answer = client.get("/glossary/old/", headers={"Accept": "text/markdown"})
    assert (answer.status_code, answer["Location"]) == (303, "/glossary/new.md")
    assert "public" not in answer["Cache-Control"]
