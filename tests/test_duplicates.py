"""Names that readers could take for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossary import duplicates
from glossary.duplicates import NEAR, PLURAL, SAME, Known, pairs_of
from glossary.spelling import distance
from tests.factories import make_draft, make_entry


def alike(*texts: str, language="en") -> list[tuple[str, str, str]]:
    names = [Known(text.lower(), text, number) for number, text in enumerate(texts)]
    return [(p.kind, p.one.text, p.other.text) for p in pairs_of(names, language=language)]


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("CRM", "crm", SAME),
        ("Neural network", "Neural networks", PLURAL),
        ("Query", "Queries", PLURAL),
        ("Box", "Boxes", PLURAL),
        ("Tokeniser", "Tokenizer", NEAR),
        ("Labelling", "Labeling", NEAR),
        ("Fine-tuning", "Fine tuning", NEAR),
        ("Webhook API", "Wehbook API", NEAR),
        ("xWebhook", "Webhook", None),
        ("xxWebhook", "xWebhook", NEAR),
        ("Webhooks 2", "Webhooks 3", None),
        ("GPT model 3", "GPT model 4", None),
        ("GPT model 31", "GPT model 13", None),
        ("GPT model", "GPT model 4", None),
        ("Precision", "Decisions", None),
        ("Agent", "Agens", None),
        ("Data lake", "Data warehouse", None),
        ("数据湖", "数据仓库", None),
    ],
)
def test_pairs_are_found_as_what_they_are(one, other, kind):
    found = alike(one, other)
    assert [(pair[0], set(pair[1:])) for pair in found] == [(kind, {one, other})] * bool(kind)


def test_plurals_are_english():
    assert alike("Kiste", "Kistes", language="de") == []


def test_entry_s_own_names_are_no_duplicates():
    names = [Known("neural network", "Neural network", 1), Known("neural networks", "…s", 1)]
    assert list(pairs_of(names, language="en")) == []
    names += [Known("neural networks", "Neural networks", 2)]
    [pair] = pairs_of(names, language="en")
    assert (pair.kind, pair.one.entry, pair.other.entry) == (SAME, 1, 2)


def test_many_of_one_name_are_a_chain_not_a_net():
    assert len(alike(*["Webhook"] * 100)) == 99
    assert len(alike(*(f"Webhook {chr(97 + n)}" for n in range(26)))) == 25


KEYS = st.lists(st.text("ab", min_size=8, max_size=10), unique=True, max_size=12)


@given(KEYS)
def test_whatever_has_a_neighbour_is_in_a_pair(keys):
    names = [Known(key, key, number) for number, key in enumerate(keys)]
    found = {(p.one.key, p.other.key) for p in pairs_of(names, language="de")}
    assert {distance(*pair) for pair in found} <= {1}
    assert len({frozenset(pair) for pair in found}) == len(found)
    paired = {key for pair in found for key in pair}
    assert paired == {k for k in keys if any(distance(k, other) == 1 for other in keys)}


@pytest.mark.django_db
def test_only_names_on_the_site_and_of_one_language_count(django_assert_num_queries):
    make_entry(term="Webhook API", aliases=["Callback URL"])
    make_entry(term="Callback URLs")
    make_entry(term="Webhooks API")
    make_entry(term="Callback URL", language="de")
    make_draft(term="Webhook APIs")
    with django_assert_num_queries(1):
        found = duplicates.found()
    assert [(p.kind, p.one.text, p.other.text) for p in found] == [
        (PLURAL, "Callback URL", "Callback URLs"),
        (NEAR, "Webhook API", "Webhooks API"),
    ]
