"""The desk finds entries by parts of their names, addresses and definitions."""

import pytest

from glossary.admin.entry_matches import matching
from glossary.models import Alias, Entry, Topic
from tests.desk import page_of, rows, words
from tests.factories import make_draft, make_entry

pytestmark = pytest.mark.django_db
ENTRIES = "/admin/glossary/entry/"


def found(asked: str) -> list[str]:
    return [entry.term for entry in matching(Entry.objects.order_by("sort_key"), asked)]


@pytest.fixture
def _entries():
    make_draft(term="Applied AI", slug="smart-machines", short_definition="It learns by itself.")
    make_entry(term="Webhook", aliases=["HTTP callback", "CI hook"])
    make_draft(term="AirPlay 100%", short_definition="Said “wireless” once_or twice.")


@pytest.mark.usefixtures("_entries")
@pytest.mark.parametrize(
    ("asked", "terms"),
    [
        ("ebho", ["Webhook"]),
        ("WEBHOOK", ["Webhook"]),
        ("allba", ["Webhook"]),
        ("hook http", ["Webhook"]),
        ("hook learns", []),
        ("machines", ["Applied AI"]),
        ('"learns by"', ["Applied AI"]),
        ('"by learns"', []),
        ("ai", ["AirPlay 100%", "Applied AI"]),
        ("a", ["AirPlay 100%", "Applied AI"]),
        ("ci", ["Webhook"]),
        ("ca", ["Webhook"]),
        ("oo", []),
        ("100%", ["AirPlay 100%"]),
        ("1_0", []),
        ("e_or", ["AirPlay 100%"]),
        ("“wireless”", ["AirPlay 100%"]),
        ('"', []),
        ('x"y', []),
        ("'", []),
        ("NOT", []),
        ("term:", []),
        ("ai\0", ["AirPlay 100%", "Applied AI"]),
        ("", ["AirPlay 100%", "Applied AI", "Webhook"]),
    ],
)
def test_parts_of_words_find_entries(asked, terms):
    assert found(asked) == terms


def test_what_is_found_follows_what_is_written():
    own = {"term": "Polling", "slug": "its-address", "short_definition": ""}
    entry = make_draft(aliases=["Asking again"], **own)
    assert (found("olli"), found("again")) == (["Polling"], ["Polling"])
    Entry.objects.filter(pk=entry.pk).update(term="Waiting")
    Alias.objects.filter(entry=entry).update(name="Staying")
    assert [found(part) for part in ("olli", "again", "aiti", "tayi")] == [
        [],
        [],
        ["Waiting"],
        ["Waiting"],
    ]
    Alias.objects.filter(entry=entry).delete()
    assert found("tayi") == []
    entry.delete()
    make_draft(term="Other")
    assert found("aiti") == []


def test_a_topic_narrows_the_list_in_its_order(admin_client):
    make_draft(term="Beta", topics=["Data", "Web"])
    make_entry(term="Alpha", topics=["Data"])
    make_draft(term="Gamma", topics=["Web"])
    make_draft(term="Delta")
    data = Topic.objects.get(name="Data").pk

    def shown(query: str) -> list[str]:
        return rows(admin_client.get(f"{ENTRIES}?{query}"))

    assert shown(f"topics__id__exact={data}") == ["Alpha", "Beta"]
    assert shown(f"topics__id__exact={data}&q=bet") == ["Beta"]
    assert shown(f"topics__id__exact={data}&state=draft") == ["Beta"]
    assert shown(f"topics__id__exact={data}&o=-1") == ["Beta", "Alpha"]
    assert shown("topics__id__exact=none") == ["Delta"]
    assert shown("topics__id__exact=x") == shown("topics__id__exact=0") == []
    assert "No topic" in words(page_of(admin_client.get(ENTRIES)))
