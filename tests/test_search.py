from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glossary import publishing
from glossary.search import MAX_QUERY, clean
from tests.engines import catch_up, search
from tests.factories import make_draft, make_entry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("engine")]


def found(query: str, language: str = "en") -> list[str]:
    return [result.entry.term for result in search(query, language=language).results]


def make_words(term: str, **fields) -> None:
    """A published entry that says nothing but what the test says."""
    fields.setdefault("short_definition", "")
    fields.setdefault("body", "")
    make_entry(term=term, **fields)


# Ranking ------------------------------------------------------------------------------------


def test_names_come_before_beginnings_before_definitions_before_texts():
    make_words("Zebra", body="A latency is here. " * 300)
    make_words("Yak", short_definition="About latency.")
    make_words("Latency budget")
    make_words("Aardvark", aliases=["Latency"])
    make_words("Latency")
    make_words("Unrelated", body="Nothing of the kind.")
    assert found("latency") == ["Latency", "Aardvark", "Latency budget", "Yak", "Zebra"]


@pytest.mark.parametrize("repetitions", [1, 50, 1000])
def test_term_wins_over_a_text_that_repeats_it(repetitions):
    make_words("Other", body="gradient descent " * repetitions)
    make_words("Stochastic gradient descent", body="Long text. " * 500)
    assert found("gradient descent") == ["Stochastic gradient descent", "Other"]


def test_several_names_of_one_entry_find_it_once():
    make_words("Graph", aliases=["Graph theory", "Graphs", "graph-like"])
    make_words("Graphics", aliases=["Graph drawing"])
    assert found("graph") == ["Graph", "Graphics"]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("Continuous Integration", True),
        ("continuous   INTEGRATION", True),
        ("integration continuous", True),
        ("CI", True),
        ("ci", True),
        ("Build automation", True),
        ("conti", True),
        ("continuous int", True),
        ("integrations", True),
        ("pipeline", True),
        ("pipelines", True),
        ("naïve", True),
        ("naive", True),
        ("naiv", True),
        ("crème", True),
        ("creme", True),
        ("CRÈME", True),
        ("What is Continuous Integration?", True),
        ("what is a pipeline?", True),
        ("What are the pipelines", True),
        ("what is: CI", True),
        ("O que é CI?", True),
        ("Was ist CI", True),
        ("gration", False),
        ("kubernetes", False),
        ("", False),
        ("   ", False),
    ],
)
def test_what_finds_an_entry(query, is_found):
    make_words(
        "Continuous Integration",
        aliases=["CI", "Build automation"],
        short_definition="A pipeline that merges often.",
        body="It was naive, a crème of ideas.",
    )
    make_words("Naïve Bayes", body="An estimator.")
    assert ("Continuous Integration" in found(query)) == is_found


@pytest.mark.parametrize("query", ["What is a warp?", "what is the WARP", "Was ist Warp?"])
def test_question_finds_the_term_first(query):
    make_words("What is not a warp", body="warp warp")
    make_words("Warp scheduler")
    make_words("Warp")
    assert found(query)[0] == "Warp"


def test_any_word_will_do_when_no_entry_has_them_all():
    make_words("Warp")
    make_words("Loom")
    make_words("Warp loom")
    assert found("warp loom") == ["Warp loom"]
    assert sorted(found("warp zeppelin loom")) == ["Loom", "Warp", "Warp loom"]
    assert found("zeppelin balloon") == []


# What is never found ------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["warp", "wavefront", "war", "defined", "embodied", "warp x"])
def test_hidden_entries_are_never_found(query):
    words = {"short_definition": "Defined.", "body": "Embodied.", "aliases": ["Wavefront"]}
    tomorrow = timezone.now() + timedelta(days=1)
    make_draft(term="Warp draft", **words)
    make_entry(term="Warp scheduled", at=tomorrow, **words)
    withdrawn = make_entry(term="Warp withdrawn", **words)
    public = make_entry(term="Warp", **words)
    publishing.withdraw(withdrawn)
    assert [result.entry for result in search(query, language="en").results] == [public]


def test_languages_are_searched_apart():
    make_words("Warp")
    make_words("Warp", language="pt", body="Em português.")
    for language, languages in (("en", ["en"]), ("pt", ["pt"]), ("de", [])):
        results = search("warp", language=language).results
        assert [result.entry.language for result in results] == languages


# Any text at all ----------------------------------------------------------------------------

HOSTILE = [
    *('"', "'", '"warp', "warp'", '"" OR ""', "''); DROP TABLE glossary_entry; --"),
    *("AND", "OR", "NOT", "NEAR", "warp AND", "NOT warp", "warp OR", "NEAR(warp loom, 2)"),
    *("*", "warp*", "*warp", ":", "term:warp", "^warp", "(warp", "warp)", "()", "((((", "{a b}:c"),
    *(
        "\\",
        "warp\\",
        "%",
        "_",
        "%%%",
        "___",
        "__ warp",
        "--",
        ";",
        "&",
        "|",
        "!",
        "<->",
        "a & !b",
    ),
    *("warp:*", ":*", "'warp':A", "+", "-warp", "~", "@", "#", "$1", "?", "%s", "%(x)s", "{}"),
    *("\0", "wa\0rp", "\0" * 300, "\ud800", "warp\udfff", "😀", "👩‍🚀 warp", "½ ² ١", "ﷺ" * 200),
    *("w" * 10_000, "warp " * 2_000, "é" * 10_000, "!?…" * 3_000, "\u202e", "a\u0301" * 500),
    *("the", "is", "what is", "what is a", "a", "\n\t\r", "学習", "की", "\x1a", "\ufeff"),
]


@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: ascii(query)[:40])
def test_query_is_never_syntax(query):
    make_words("Jugglery", body="Quixotic")
    assert found(query) == []


@pytest.mark.parametrize(
    "query",
    ['"warp"', "(warp)", "warp*", "^warp", "warp:", "+warp", "'warp'", "warp;--", "w\0arp warp"],
)
def test_signs_around_a_word_do_not_matter(query):
    make_words("Warp")
    make_words("Loom")
    assert found(query) == ["Warp"]


@pytest.mark.parametrize("term", ["C", "C++", "C#", ".NET", "学習"])
def test_signs_that_belong_to_a_name_tell_terms_apart(term):
    for name in ("C", "C++", "C#", ".NET", "学習"):
        make_words(name)
    assert found(term)[0] == term


def test_very_long_words_are_found_by_their_beginnings():
    words = [f"{number}{'Donaudampfschiff' * 9}" for number in range(100, 200)]
    make_entry(term="Steamer", aliases=words, short_definition="x" * 320)
    for typed in (words[7], words[7][:40], words[7][:9], "x" * 320, "x" * 40):
        assert found(typed) == ["Steamer"], typed


@pytest.fixture
def _an_entry():
    make_entry(term="Warp")


@pytest.mark.usefixtures("_an_entry")
@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(query=st.text(st.characters(exclude_categories=()), max_size=60))
def test_search_never_fails(query):
    search(query, language="en")


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  warp \n\t loom ", "warp loom"),
        ("wa\0rp", "wa rp"),
        ("warp\ud800", "warp"),
        ("x" * 500, "x" * MAX_QUERY),
        ("\0" * 5000, ""),
    ],
)
def test_what_was_typed_is_cleaned(typed, cleaned):
    assert clean(typed) == cleaned


@pytest.mark.parametrize("query", ["warp", "warp loom zeppelin", "wrap laom zeppelin", ""])
def test_search_costs_at_most_six_queries(query, django_assert_max_num_queries):
    for term in ("Warp", "Loom", "Warp loom"):
        make_words(term)
    catch_up()
    with django_assert_max_num_queries(6):
        search(query, language="en", is_current=True)
