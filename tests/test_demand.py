"""The queue: what is asked for, ranked; what is answered or refused stays out of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from glossary import asks, demand, misses, publishing, undefined, voices
from glossary.models import (
    Asker,
    Demand,
    Entry,
    EntryEvent,
    Gathering,
    MissedPath,
    NamedLink,
    SearchedPhrase,
    Suggestion,
)
from tests.factories import make_draft, make_entry, make_staff

pytestmark = pytest.mark.django_db

NAMES = [{"term": "Data Mesh"}, {"term": "Mesh", "aliases": ["data mesh"]}]
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def searched(
    phrase: str, times: int = 1, *, days: int = 0, language: str = "en", results: int = 0
):
    day = (NOON - timedelta(days=days)).date()
    SearchedPhrase.objects.create(
        phrase=phrase, language=language, day=day, times=times, results=results
    )


def missed(slug: str, times: int = 2, *, days: int = 0, language: str = "en"):
    day = (NOON - timedelta(days=days)).date()
    MissedPath.objects.create(slug=slug, language=language, day=day, times=times)


def suggested(term: str, times: int = 1, *, days: int = 0, language: str = "en", **more):
    at = NOON - timedelta(days=days)
    return Suggestion.objects.create(
        term=term, language=language, times=times, created_at=at, last_at=at, **more
    )


def wanted(text: str, *sources: Entry):
    for source in sources:
        NamedLink.objects.create(source=source, key=text.casefold(), text=text)


def ranking(**options) -> list[tuple[str, int]]:
    demand.gather(now=NOON, **options)
    return list(Demand.objects.waiting(NOON).values_list("term", "score"))


def terms() -> list[str]:
    return [term for term, _ in ranking()]


# Merging and ranking ------------------------------------------------------------------------


def test_all_places_are_merged_into_one_row():
    source = make_draft(term="Source")
    searched("data mesh", 3)
    searched("Data Mésh", 2, days=1)
    searched("What is a data mesh?", 1)
    missed("data-mesh", 4)
    suggested("Data Mesh", 2)
    wanted("Data mesh", source)
    assert demand.gather(now=NOON) == 1
    row = Demand.objects.get()
    assert (row.term, row.term_key, row.language) == ("Data Mesh", "data mesh", "en")
    counts = row.searches, row.missed, row.suggested, row.wanted, row.used_in
    assert counts == (6, 4, 2, 1, 0)
    assert row.score == 6 + 4 + 2 * 5 + 4
    assert row.created_at.date() == (NOON - timedelta(days=1)).date()


def test_ranking_table():
    sources = [make_draft() for _ in range(3)]
    searched("searched often", 20)
    searched("searched twice", 2)
    suggested("suggested twice", 2)
    suggested("suggested", 1)
    missed("tried-thrice", 3)
    wanted("wanted thrice", *sources)
    searched("hammered by a program", 100_000)
    assert ranking() == [
        ("hammered by a program", 50),
        ("searched often", 20),
        ("wanted thrice", 12),
        ("suggested twice", 10),
        ("suggested", 5),
        ("tried thrice", 3),
        ("searched twice", 2),
    ]


def test_older_asks_fade_and_searches_are_forgotten_after_90_days():
    for days in (0, 29, 30, 59, 60, 89, 90):
        searched(f"searched {days}", 16, days=days)
        missed(f"tried-{days}", 12, days=days)
    for days in (0, 30, 60, 90, 800):
        suggested(f"suggested {days}", 8, days=days)
    found = dict(ranking())
    assert {k: v for k, v in found.items() if k.startswith("searched")} == {
        "searched 0": 16,
        "searched 29": 16,
        "searched 30": 8,
        "searched 59": 8,
        "searched 60": 4,
        "searched 89": 4,
    }
    assert {k: v for k, v in found.items() if k.startswith("tried")} == {
        "tried 0": 12,
        "tried 29": 12,
        "tried 30": 6,
        "tried 59": 6,
        "tried 60": 3,
        "tried 89": 3,
    }
    assert {k: v for k, v in found.items() if k.startswith("suggested")} == {
        "suggested 0": 40,
        "suggested 30": 20,
        "suggested 60": 10,
        "suggested 90": 5,
        "suggested 800": 5,
    }


def test_what_is_no_ask_is_left_out():
    searched("found", 9, results=1)
    searched("how do i teach a model to read my invoices", 9)
    searched("12345", 9)
    missed("once", 1)
    suggested("dealt with", 9, is_done=True)
    make_draft(term="Source")
    withdrawn = make_entry(term="Gone")
    wanted("Lost", withdrawn)
    publishing.withdraw(withdrawn)
    assert ranking() == []


def test_languages_are_kept_apart():
    searched("Gift", 1, language="de")
    searched("gift", 2, language="en")
    make_entry(term="Gift", language="de")
    demand.gather(now=timezone.now())
    found = Demand.objects.waiting().values_list("language", "term", "searches")
    assert list(found) == []
    demand.gather(now=NOON)
    make_entry(term="Gift", language="pt")
    assert list(Demand.objects.waiting().values_list("language", "searches")) == [("en", 2)]


def test_folds_that_are_ambiguous_are_one_term_and_signs_tell_apart():
    searched("résumé")
    searched("resume", days=1)
    searched("C++")
    searched("c#")
    searched("c")
    assert sorted(terms()) == ["C++", "c", "c#", "résumé"] or sorted(terms()) == [
        "C++",
        "c",
        "c#",
        "resume",
    ]
    assert Demand.objects.get(term_key="resume").searches == 2


@pytest.mark.parametrize("term", ["\ufdfa" * 100, "ŉ" * 150, "x" * 150, "\u202emesh", "🦊a"])
def test_odd_terms_are_kept_as_long_as_the_columns_are(term):
    suggested(term)
    searched(term)
    demand.gather(now=NOON)
    row = Demand.objects.get()
    assert row.suggested + row.searches >= 1
    entry = demand.draft_for(row, by=None, now=NOON)
    assert entry.slug
    assert demand.reasons(entry)


def test_gathering_again_changes_nothing():
    searched("data mesh", 3)
    suggested("Data fabric")
    demand.gather(now=NOON)
    before = list(Demand.objects.order_by("pk").values())
    demand.gather(now=NOON)
    assert list(Demand.objects.order_by("pk").values()) == before


def test_what_nobody_asks_for_any_more_goes():
    searched("data mesh", 3)
    demand.gather(now=NOON)
    demand.gather(now=NOON + timedelta(days=90))
    assert Demand.objects.count() == 0


def test_queries_do_not_grow_with_the_terms(django_assert_num_queries):
    for count in (1, 3):
        SearchedPhrase.objects.all().delete()
        for number in range(count):
            searched(f"term {'x' * number} y", 2)
        with django_assert_num_queries(11):
            demand.gather(reads_texts=False, now=NOON)
        assert Demand.objects.count() == count


def test_a_place_gives_its_most_asked_for_terms_only(monkeypatch):
    monkeypatch.setattr(asks, "MOST_OF_A_PLACE", 2)
    for number, term in enumerate(("one", "two", "three", "four")):
        searched(term, number + 1)
    assert terms() == ["four", "three"]


# Words in texts -----------------------------------------------------------------------------


def body(*sentences: str) -> str:
    return "\n\n".join(sentences)


def test_words_that_published_texts_use_and_nobody_explains():
    for _ in range(4):
        make_entry(body="They keep it in a vector store.", at=NOON)
    make_draft(body="They keep it in a vector store.")
    demand.gather(now=NOON)
    row = Demand.objects.get(term="vector store")
    assert (row.used_in, row.score) == (4, 2)
    demand.gather(reads_texts=False, now=NOON)
    assert Demand.objects.get(term="vector store").used_in == 4


@pytest.mark.parametrize("kind", ["term", "alias", "draft", "alias of a draft"])
def test_names_that_there_are_already_are_not_found_in_texts(kind):
    name = {"term": "Vector store"} if kind in ("term", "draft") else {"aliases": ["Vector Store"]}
    (make_draft if "draft" in kind else make_entry)(**name)
    for _ in range(4):
        make_entry(body="They keep it in vector stores.", at=NOON)
    assert "vector store" not in {term.casefold() for term in terms()}


def test_of_many_texts_some_are_read_and_the_number_is_an_estimate(monkeypatch):
    monkeypatch.setattr(demand, "MOST_TEXTS", 4)
    for _ in range(8):
        make_entry(body="They keep it in a vector store.", at=NOON)
    demand.gather(now=NOON)
    assert Demand.objects.get(term="vector store").used_in == 8


def test_the_most_used_phrases_are_kept(monkeypatch):
    monkeypatch.setattr(demand, "MOST_PHRASES", 1)
    for number in range(4):
        more = "" if number else " They own a data fabric."
        make_entry(body=f"They keep it in a vector store.{more}", at=NOON)
        make_entry(body="They own a data fabric.", at=NOON)
    assert undefined.FEWEST_TEXTS == 3
    assert terms() == ["data fabric"]


# Answered, dismissed, in work ---------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_what_is_published_leaves_the_queue_at_once(name):
    searched("data mesh", 3)
    demand.gather(now=NOON)
    entry = make_entry(**name, at=NOON + timedelta(days=1))
    assert Demand.objects.waiting(NOON).get().work == entry.pk
    assert not Demand.objects.waiting(NOON + timedelta(days=1)).exists()
    demand.gather(now=NOON + timedelta(days=1))
    assert Demand.objects.count() == 0


def test_what_is_withdrawn_is_asked_for_again():
    searched("data mesh", 3)
    entry = make_entry(term="Data mesh", at=NOON)
    assert terms() == []
    publishing.withdraw(entry)
    assert terms() == ["data mesh"]
    assert Demand.objects.waiting(NOON).get().work is None


def test_what_is_dismissed_stays_dismissed():
    searched("casino bonus", 40)
    demand.gather(now=NOON)
    demand.dismiss(Demand.objects.all())
    searched("casino bonus", 40, days=1)
    assert ranking() == []
    row = Demand.objects.get()
    assert (row.is_dismissed, row.searches) == (True, 80)
    demand.gather(now=NOON + timedelta(days=200))
    assert Demand.objects.get().is_dismissed
    assert demand.ask_again(Demand.objects.all()) == 1
    assert terms() == ["casino bonus"]


def test_dismissing_forgets_who_waits():
    voices.suggest("Casino", note="", language="en", email="a@example.com", now=NOON)
    voices.suggest("Casino", note="", language="de", email="b@example.com", now=NOON)
    demand.gather(now=NOON)
    assert demand.dismiss(Demand.objects.filter(language="en")) == (1, 1)
    assert [asker.email for asker in Asker.objects.all()] == ["b@example.com"]
    voices.suggest("casino", note="", language="en", email="c@example.com", now=NOON)
    assert Asker.objects.count() == 1


# Drafts -------------------------------------------------------------------------------------


def test_a_draft_remembers_why():
    user = make_staff("writer", username="Wanda")
    searched("data mesh", 14, days=63)
    suggested("data mesh", 3)
    demand.gather(now=NOON)
    entry = demand.draft_for(Demand.objects.get(), by=user, now=NOON)
    assert (entry.term, entry.slug, entry.language) == ("Data mesh", "data-mesh", "en")
    assert (entry.state, entry.owner, entry.created_at) == ("draft", user, NOON)
    assert entry.body.startswith("## Why it matters\n\n## ")
    event = EntryEvent.objects.get()
    assert (event.entry, event.verb, event.by, event.by_name) == (entry, "created", user, "Wanda")
    why = "Asked for: 14 searches, 3 suggestions since March 2026."
    assert event.note == f"Begun from the demand. {why}"
    assert demand.reasons(entry) == [why]
    assert Demand.objects.waiting(NOON).get().work == entry.pk


@pytest.mark.parametrize(
    ("language", "heading"), [("en", "## Why it matters"), ("de", "## "), ("pt", "## ")]
)
def test_an_outline_is_in_the_language_of_the_entry(language, heading):
    row = Demand.objects.create(language=language, term="Mesh", term_key="mesh", searches=1)
    assert demand.draft_for(row, by=None).body.startswith(heading)


@pytest.mark.parametrize("name", NAMES)
def test_a_draft_that_there_is_is_not_doubled(name):
    known = make_draft(**name)
    make_draft(term="Data mesh", language="de", slug="data-mesh-de")
    row = Demand.objects.create(language="en", term="data mesh", term_key="data mesh", searches=1)
    assert demand.draft_for(row, by=None) == known
    assert demand.draft_for(row, by=None) == known
    row.refresh_from_db()
    assert row.entry == known
    assert Entry.objects.count() == 2


def test_a_withdrawn_entry_of_the_term_is_taken_up_again():
    known = make_entry(term="Data mesh")
    publishing.withdraw(known)
    row = Demand.objects.create(language="en", term="data mesh", term_key="data mesh", searches=1)
    assert demand.draft_for(row, by=None) == known


@pytest.mark.parametrize(
    ("term", "taken", "slug"),
    [
        ("data mesh", [], "data-mesh"),
        ("data mesh", ["data-mesh"], "data-mesh-2"),
        ("data mesh", ["data-mesh", "data-mesh-2"], "data-mesh-3"),
        ("C++", [], "c-plus-plus"),
        ("学習", [], "学習"),
        ("x" * 150, ["x" * 100], "x" * 90 + "-2"),
    ],
)
def test_the_address_is_free(term, taken, slug):
    for number, each in enumerate(taken):
        make_draft(term=f"Other {number}", slug=each)
    make_draft(term="Elsewhere", slug="data-mesh-4", language="de")
    row = Demand.objects.create(language="en", term=term, term_key=term.casefold(), searches=1)
    entry = demand.draft_for(row, by=None)
    assert entry.slug == slug
    entry.full_clean()


def test_an_address_that_an_entry_had_is_not_free():
    entry = make_entry(term="Mesh", slug="data-mesh")
    old = entry.language, entry.slug
    entry.slug = "mesh"
    entry.save(update_fields=["slug"])
    publishing.rename(entry, old_address=old)
    row = Demand.objects.create(language="en", term="data mesh", term_key="data mesh", searches=1)
    assert demand.draft_for(row, by=None).slug == "data-mesh-2"


def test_a_demand_answered_under_another_name_stays_answered():
    searched("ml ops engineer", 5)
    demand.gather(now=NOON)
    entry = demand.draft_for(Demand.objects.get(), by=None, now=NOON)
    Entry.objects.filter(pk=entry.pk).update(term="MLOps Engineer", term_key="mlops engineer")
    entry.refresh_from_db()
    publishing.publish(entry, at=NOON)
    assert ranking() == []
    publishing.withdraw(entry)
    assert terms() == ["ml ops engineer"]


def test_reasons_name_what_there_is(django_assert_num_queries):
    entry = make_draft(term="Mesh")
    assert demand.reasons(entry) == []
    voices.suggest("mesh", note="", language="en", email="a@example.com", now=NOON)
    Demand.objects.create(
        language="en",
        term="mesh",
        term_key="mesh",
        created_at=NOON,
        searches=1,
        suggested=1,
        wanted=1,
        missed=1,
        used_in=1,
    )
    Demand.objects.create(
        language="en",
        term="net",
        term_key="net",
        created_at=NOON,
        entry=entry,
        searches=2,
        wanted=2,
        missed=2,
        used_in=2,
    )
    with django_assert_num_queries(1):
        said = demand.reasons(entry)
    once = "1 search, 1 suggestion, a link in 1 entry, 1 try of its address, used in 1 entry"
    twice = "2 searches, links in 2 entries, 2 tries of its address, used in 2 entries"
    assert said == [
        f"Asked for: {once} since June 2026. Somebody waits to be told.",
        f"Asked for: {twice} since June 2026.",
    ]


# By the worker ------------------------------------------------------------------------------


def test_the_worker_gathers_once_an_hour_and_reads_texts_once_a_day():
    def gathered() -> dict[str, datetime]:
        return dict(Gathering.objects.values_list("name", "last_at"))

    demand.tidy(NOON)
    assert gathered() == {"demand": NOON, "texts": NOON}
    demand.tidy(NOON + timedelta(minutes=10))
    assert gathered() == {"demand": NOON, "texts": NOON}
    later = NOON + timedelta(hours=1)
    searched("data mesh", 2)
    demand.tidy(later)
    assert gathered() == {"demand": later, "texts": NOON}
    assert Demand.objects.get().term == "data mesh"
    tomorrow = NOON + timedelta(hours=25)
    demand.tidy(tomorrow)
    assert gathered() == {"demand": tomorrow, "texts": tomorrow}


def test_the_worker_forgets_old_misses_and_addresses():
    old = NOON - timedelta(days=401)
    misses.missed("mesh", language="en", now=old)
    voices.suggest("mesh", note="", language="en", email="a@example.com", now=old)
    demand.tidy(NOON)
    assert (MissedPath.objects.count(), Asker.objects.count()) == (0, 0)
