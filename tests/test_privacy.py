"""Nothing that is not public is ever shown: each hidden row carries words of its own."""

import re
from datetime import timedelta

import pytest
from django.core.signing import b64_decode
from django.utils import timezone

from authors.models import Author
from glossary import publishing
from glossary.models import Entry, Topic
from tests.factories import make_author, make_draft, make_entry, make_offer

pytestmark = pytest.mark.django_db

HIDDEN = ("quagdraft", "quagplan", "quaggone")
"""One nonsense word per hidden entry; every field of the entry begins with it."""
PLACES = ("term", "defined", "embodied", "alias", "slug", "topic", "seo")
PERSONS = ("quagauthor", "quagreviewer")
AUTHOR_PARTS = ("name", "-slug", "role", "biography", "profile", "portrait", "alt")


@pytest.fixture
def _data():
    make_offer()
    author = make_author(
        name="Quagauthorname Silva",
        slug="quagauthor-slug",
        role="quagauthorrole",
        biography="quagauthorbiography",
        profiles="https://github.com/quagauthorprofile",
        portrait="portraits/quagauthorportrait.webp",
        portrait_alt="quagauthoralt",
        is_visible=False,
    )
    reviewer = make_author(
        name="Quagreviewername Costa",
        slug="quagreviewer-slug",
        role="quagreviewerrole",
        biography="quagreviewerbiography",
        is_visible=False,
    )
    links = " ".join(f"[see](/glossary/{word}-slug/)" for word in HIDDEN)
    make_entry(
        term="Open",
        aliases=["Overt"],
        topics=["Shared"],
        body=f"Plain to see. {links}",
        author=author,
        reviewer=reviewer,
    )
    make_entry(term="Other", topics=["Shared"])
    make_hidden("quagdraft")
    make_hidden("quagplan", at=timezone.now() + timedelta(days=1))
    publishing.withdraw(make_hidden("quaggone", at=timezone.now()))


def make_hidden(word: str, **date) -> Entry:
    make = make_entry if date else make_draft
    return make(
        term=f"{word}term",
        slug=f"{word}-slug",
        short_definition=f"{word}defined {word}common",
        body=f"{word}embodied\n\n## {word}embodied heading",
        aliases=[f"{word}alias"],
        topics=["Shared", f"{word}topic"],
        seo_description=f"{word}seo",
        **date,
    )


def pages() -> list[str]:
    """Every public address, those of the hidden rows included."""
    search = [f"{word}{place}" for word in HIDDEN for place in (*PLACES, "common", "")]
    search += [*PERSONS, "Open", "see", "Quagauthorname"]
    return [
        *("/", "/glossary/", "/topics/", "/authors/", "/privacy/", "/feed/", "/sitemap.xml"),
        *("/robots.txt", "/nowhere/", "/consultation/", "/consultation/thanks/", "/search/"),
        *("/glossary/open/", "/glossary/letter/O/", "/topics/shared/", "/pt/", "/pt/glossary/"),
        *(f"/search/?q={query}" for query in search),
        *hidden_pages(),
        *(f"/consultation/?from={path}" for path in hidden_pages()),
    ]


def hidden_pages() -> list[str]:
    return [
        *(f"/glossary/{word}-slug/" for word in HIDDEN),
        *(f"/topics/{word}topic/" for word in HIDDEN),
        *(f"/authors/{word}-slug/" for word in PERSONS),
        "/glossary/letter/Q/",
    ]


def shown(client) -> str:
    """All pages in one text, without what they repeat of their own address."""
    texts = []
    for path in pages():
        text = client.get(path).content.decode()
        text = NOTE.sub("", TOKEN.sub(told, text).lower())
        asked = path.partition("=")[2] or path
        texts.append(re.sub(re.escape(asked.lower()) + r"(?![\w-])", "", text))
    return "\n".join(texts)


NOTE = re.compile(r"<p hidden data-heard=[^>]*></p>|via=(?:header|footer)\.[\w-]+")
"""What is signed on a page without entry: the end of its address, and where its call stands."""
TOKEN = re.compile(r'(?<=name="token" value=")([\w-]+):[\w:-]+')


def told(token: re.Match[str]) -> str:
    """What a signed token says; its letters are any, even those of a word looked for."""
    return b64_decode(token[1].encode()).decode()


def secrets() -> set[str]:
    of_entries = {f"{word}{place}" for word in HIDDEN for place in (*PLACES, "common")}
    of_entries = {word.replace("slug", "-slug") for word in of_entries}
    of_author = {f"quagauthor{part}" for part in AUTHOR_PARTS}
    return of_entries | of_author | {f"quagreviewer{part}" for part in ("name", "-slug")}


@pytest.mark.usefixtures("_data")
def test_no_page_shows_a_word_of_what_is_hidden(client):
    text = shown(client)
    assert "plain to see" in text
    assert [text[place - 300 : place + 50] for place in [text.find("quag")] if place >= 0] == []


@pytest.mark.usefixtures("_data")
def test_the_same_words_are_shown_once_they_are_public(client):
    for entry in Entry.objects.exclude(term__in=["Open", "Other"]):
        publishing.publish(entry, at=timezone.now())
    Author.objects.update(is_visible=True)
    text = shown(client)
    assert {word for word in secrets() if word not in text} == set()


@pytest.mark.usefixtures("_data")
def test_pages_of_what_is_hidden_are_not_found(client):
    def answers() -> dict[str, int]:
        return {path: client.get(path).status_code for path in hidden_pages()}

    gone = ["/glossary/quaggone-slug/", "/topics/quaggonetopic/"]
    assert answers() == dict.fromkeys(hidden_pages(), 404) | dict.fromkeys(gone, 410)
    for entry in Entry.objects.exclude(state="published") | Entry.objects.scheduled():
        publishing.publish(entry, at=timezone.now())
    Author.objects.update(is_visible=True)
    assert answers() == dict.fromkeys(hidden_pages(), 200)


@pytest.mark.usefixtures("_data")
def test_consultation_names_the_page_before_only_if_it_is_public(client):
    def named(path: str) -> Entry | None:
        return client.get("/consultation/", {"from": path}).context["entry"]

    assert named("/glossary/open/") == Entry.objects.get(term="Open")
    assert [named(path) for path in hidden_pages()] == [None] * len(hidden_pages())


@pytest.mark.usefixtures("_data")
def test_hidden_entries_are_not_counted(client):
    index = client.get("/glossary/").context
    assert (index["number"], len(index["page"])) == (2, 2)
    assert len(client.get("/topics/shared/").context["page"]) == 2
    (topic,) = client.get("/topics/").context["topics"]
    assert (topic.name, topic.entry_count) == ("Shared", 2)
    assert client.get("/glossary/").context["letters"][14:16] == [("O", True), ("P", False)]
    assert Topic.objects.count() == 1 + len(HIDDEN)


@pytest.mark.usefixtures("_data")
def test_hidden_pages_are_like_pages_that_never_were(client):
    never = NOTE.sub("", client.get("/glossary/never-was/").content.decode())
    withdrawn = ("/glossary/quaggone-slug/", "/topics/quaggonetopic/")
    for path in [path for path in hidden_pages() if path not in withdrawn]:
        found = NOTE.sub("", client.get(path).content.decode())
        assert found.replace(path, "/glossary/never-was/") == never


@pytest.mark.parametrize("word", HIDDEN)
@pytest.mark.usefixtures("_data")
def test_hidden_entry_shows_to_nobody_who_is_logged_in_either(admin_client, word):
    assert admin_client.get("/glossary/open/").status_code == 200
    assert admin_client.get(f"/glossary/{word}-slug/").status_code in (404, 410)
