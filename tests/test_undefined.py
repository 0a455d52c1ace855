"""Words and phrases that texts use and nobody explains."""

import pytest

from glossary import undefined
from glossary.undefined import phrases


def found(*texts: str, language: str = "en", times: int = 1, **options) -> dict[str, int]:
    result = phrases([*texts] * times, language=language, **options)
    return {phrase.text: phrase.texts for phrase in result}


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "They keep it in a vector store. It is old.", {"vector store"}),
        ("en", "We export it to the ETL server by GraphQL.", {"ETL server", "GraphQL"}),
        ("en", "The Internet of Things is here.", {"Internet of Things"}),
        ("en", "It is money. However, they trust and use these things every day.", set()),
        ("en", "We have a tokenizer.", {"tokenizer"}),
        ("en", "We like the vector store's query language.", {"vector store", "query language"}),
        ("en", "Here is ACME’s DevOps and its APIs.", {"ACME", "DevOps", "API"}),
        ("en", "Take vector stores, for example.", {"vector store"}),
        ("pt", "Guardamos tudo num banco de dados muito antigo.", {"banco de dados"}),
        ("pt", "Os hiperparâmetros são escolhidos antes.", {"hiperparâmetro"}),
        ("de", "Hier hilft ein Merkmalsraum, der klein ist.", {"Merkmalsraum"}),
        ("de", "Das ist ein überwachtes Lernen.", {"überwachtes Lernen"}),
    ],
)
def test_what_is_used_like_a_term_is_found(language, text, wanted):
    assert wanted <= set(found(text, language=language, times=2, fewest=2)) | (
        set(found(text, language=language, times=5, fewest=2))
    )
    if not wanted:
        assert found(text, language=language, times=5) == {}


def test_a_phrase_counts_once_for_a_text_and_needs_enough_texts():
    text = "A vector store is a vector store. "
    assert found(text * 9, text) == {}
    assert found(text * 9, text, text) == {"vector store": 3}


def test_plurals_and_capitals_are_the_same_phrase():
    texts = "Take a vector store here.", "All Vector Stores are slow.", "Two vector stores."
    assert [(p.key, p.texts) for p in phrases(texts, language="en")] == [("vector store", 3)]


def test_a_part_of_a_longer_phrase_is_none_of_its_own():
    longer = "They train the gradient boosting machine."
    assert found(*[longer] * 4) == {"gradient boosting machine": 4}
    alone = ["They like gradient boosting."] * 4
    assert found(*[longer] * 4, *alone) == {
        "gradient boosting": 8,
        "gradient boosting machine": 4,
    }


def test_a_single_word_has_to_be_used_like_a_noun_and_neither_rarely_nor_everywhere():
    word = "They cut it by a tokenizer."
    assert found(*[word] * 4) == {}
    other = [f"Nothing {'x' * n}." for n in range(12)]
    assert found(*[word] * 6, *other) == {"tokenizer": 6}
    assert found(*[word] * 12, *other) == {}
    assert found(*["They trust tokenizer quickly."] * 6, *other) == {}
    assert found(*["They know a customer."] * 6, *other) == {}
    assert found(*["They use the API."] * 12, *other) == {"API": 12}


def test_signs_and_lines_end_a_phrase():
    assert found(*["A vector, store it.", "Vector\nstore."] * 3) == {}


def test_a_language_without_lists_gives_acronyms_only():
    text = "Unsere Merkmalsräume nutzen ETL und PyTorch."
    assert set(found(*[text] * 6, language="xx")) == {"ETL", "PyTorch"}


@pytest.mark.parametrize("text", ["", "\0", "\n\n", "…", "---", "a", "学習" * 50, "é" * 30_000])
@pytest.mark.parametrize("language", ["en", "pt", "de", "xx"])
def test_odd_texts_are_read(text, language):
    assert isinstance(phrases([text] * 5, language=language), list)


def test_memory_is_bounded_and_what_is_frequent_survives(monkeypatch):
    monkeypatch.setattr(undefined, "MOST_PHRASES", 50)
    rare = (
        f"They saw blue{n} whale{n} and grey{n} fox{n}. Take a vector store." for n in range(300)
    )
    kept = phrases(rare, language="en")
    assert [phrase.text for phrase in kept] == ["vector store"]
    assert kept[0].texts >= 290
