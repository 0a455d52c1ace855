import pytest

from glossary import publishing, spelling
from tests.engines import search
from tests.factories import make_entry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("engine")]


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("webhook", "webhook", 0),
        ("webhok", "webhook", 1),
        ("webhoook", "webhook", 1),
        ("wabhook", "webhook", 1),
        ("wehbook", "webhook", 1),
        ("wehbok", "webhook", 2),
        ("", "warp", 4),
        ("ca", "abc", 3),
    ],
)
def test_swapped_neighbours_are_one_error(one, other, distance):
    assert spelling.distance(one, other) == distance


MEANT = {
    "webhok": "Webhook",
    "wehbook": "Webhook",
    "webhooik": "Webhook",
    "xebhook": "Webhook",
    "wrap": "Warp",
    "orchestartion": "Orchestration",
    "orchstraton": "Orchestration",
    "orkhestretion": "Orchestration",
    "machine lerning": "Machine learning",
    "mashine lerning": "Machine learning",
    "What is machine lerning?": "Machine learning",
    "naïf bayez": "Naïve Bayes",
    "hyperautomtion": "Robotic process automation",
}
NOT_MEANT = ["wrp", "weebhoookk", "zzzz", "4711", "lo", "学習", "webbbbhook"]
"""Words too short to be corrected, too far from any other, or none at all."""


def test_typing_errors_are_forgiven_within_reach():
    for name in ("Webhook", "Orchestration", "Machine learning", "Naïve Bayes", "Warp"):
        make_entry(term=name, body="", short_definition="")
    make_entry(term="Robotic process automation", aliases=["Hyperautomation"])
    found = {typed: search(typed, language="en") for typed in [*MEANT, *NOT_MEANT]}
    terms = {typed: [result.entry.term for result in found[typed].results] for typed in found}
    assert terms == {typed: [term] for typed, term in MEANT.items()} | {
        typed: [] for typed in NOT_MEANT
    }
    assert [typed for typed in found if found[typed].corrected_to] == list(MEANT)


def test_nearer_words_and_those_with_the_same_beginning_go_first():
    for term in ("Modal", "Modem", "Nodel", "Model"):
        make_entry(term=term, body="", short_definition="")
    assert search("modle", language="en").corrected_to == "model"
    assert search("modek", language="en").corrected_to == "model"


def test_words_that_texts_use_are_no_errors():
    make_entry(term="Native code", body="", short_definition="")
    make_entry(term="Optimism", body="A naive hope.", short_definition="")
    found = search("naive code", language="en")
    assert found.corrected_to == ""
    assert {result.entry.term for result in found.results} == {"Native code", "Optimism"}


def test_a_language_corrects_by_its_own_words():
    make_entry(term="Modell", language="de", body="", short_definition="")
    make_entry(term="Model", body="", short_definition="")
    assert search("modeel", language="en").corrected_to == "model"
    assert search("modeel", language="de").corrected_to == "modell"


def test_words_of_withdrawn_entries_lead_nowhere():
    publishing.withdraw(make_entry(term="Webhook"))
    found = search("webhok", language="en")
    assert (found.keys, found.corrected_to) == ([], "")


def test_all_words_are_learned_once():
    make_entry(term="Warp drive")
    make_entry(term="Warp core", aliases=["Drive core"])
    words = spelling.Spelling.objects.filter(key__in=["warp", "drive", "core"])
    assert sorted(words.values_list("word", flat=True)) == ["core", "drive", "warp"]
