import pytest

from config.alphabet import fold, letter, sort_key


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("Ångström", "A"),
        ("écran", "E"),
        ("3D printing", "0-9"),
        ("٣ ثلاثة", "0-9"),
        ("学習", "学"),
        ("Обучение", "О"),
        (".NET", "N"),
        ("“Quoted”", "Q"),
        ("→", "#"),
    ],
)
def test_terms_stand_under_their_first_letter(term, expected):
    assert letter(term) == expected


def test_folding_ignores_case_marks_and_spaces():
    assert fold("  Naïve   BAYES ") == fold("naive bayes") == "naive bayes"


def test_order_ignores_leading_punctuation():
    assert sorted(["zebra", ".NET", "apple"], key=sort_key) == ["apple", ".NET", "zebra"]
