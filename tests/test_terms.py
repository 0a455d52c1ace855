"""Where texts use names. What must be found stands in angle marks, and nothing else may be."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossary import terms
from glossary.terms import Name, TermIndex


def index(*names: str | tuple[str, str], language: str = "en", **fields) -> TermIndex:
    """Entries 1, 2, 3 … with these names; a pair is a name and its case rule."""
    pairs = [(name, "auto") if isinstance(name, str) else name for name in names]
    return TermIndex(
        [
            Name(text, number, str(number), is_exact=terms.is_exact(text, rule), **fields)
            for number, (text, rule) in enumerate(pairs, start=1)
        ],
        has_plurals=language == "en",
    )


def marked(text: str, known: TermIndex) -> str:
    """`text` with each use of a name in angle marks."""
    parts, done = [], 0
    for use in terms.find(text, known):
        if use.name:
            parts += [text[done : use.start], "‹", text[use.start : use.end], "›"]
            done = use.end
    return "".join([*parts, text[done:]])


def assert_marks(expected: str, known: TermIndex) -> None:
    assert marked(expected.replace("‹", "").replace("›", ""), known) == expected


# Which name -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["machine", "machine learning"], "‹machine learning› and a ‹machine› learns learning"),
        (["machine learning engineer", "learning engine"], "machine ‹learning engine› room"),
        (["a b", "b c", "c"], "‹a b› ‹c› a, ‹b c› a"),
        (["C", "C++", "C#"], "‹C›, ‹C++› and ‹C#›; C+, C+++, C##"),
        (["what ?", "? what", "", "?!", " "], "‹what ?› what ?!"),
        (["1 2 3 4 5 6 7 8 9 x"], "‹1 2 3 4 5 6 7 8 9 x› 2, 1 2 3 4 5 6 7 8 9 y"),
    ],
)
def test_the_longest_name_is_found(names, text):
    assert_marks(text, index(*names))


@pytest.mark.parametrize(
    ("names", "winner"),
    [
        ([Name("RAG", 1, "a"), Name("RAG", 2, "b", is_term=False)], 1),
        ([Name("RAG", 1, "a", is_term=False), Name("RAG", 2, "b")], 2),
        ([Name("RAG", 1, "a", is_term=False), Name("rag", 2, "b", is_term=False)], None),
        ([Name("RAG", 1, "a"), Name("RAG", 2, "b")], None),
        ([Name("RAG", 1, "a", is_exact=True), Name("rag", 2, "b", is_exact=True)], 1),
    ],
    ids=["term first", "alias first", "aliases", "terms", "by capitals"],
)
def test_a_term_goes_before_an_alias_and_a_contested_alias_is_nobodys(names, winner):
    (use,) = terms.find("About RAG.", TermIndex(names))
    assert (use.start, use.end) == (6, 9)
    assert (use.name and use.name.target) == winner


# Where words end ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "‹pod›, ‹pod›. ‹pod›; ‹pod›: ‹pod›! ‹pod›? ‹pod›… …‹pod› ‹pod›... ‹pod›–‹pod›|‹pod›",
        "(‹pod›) [‹pod›] {‹pod›} <‹pod›> “‹pod›” «‹pod›» '‹pod›' \"‹pod›\" ‹pod›(s) l'‹pod›",
        "‹pod›\n‹pod›\t‹pod›\u00a0‹pod›\u202f‹pod›\u3000‹pod›",
        "podium tripod pods1 pod2 2pod ñpod podé pod\u0301 pod'x pod’re",
        "pod-x x-pod x\u2011pod pod\u2011x x\u2010pod pod- -pod /pod pod/ pod\\x _pod pod_",
        "pod.example a.pod .pod v1.pod pod@a a@pod #pod pod#1 +pod pod+ ~pod $pod",
        "a:pod pod:8080 pod=1 a=pod pod&a pod*a pod\u00adium po\u00add a\u200dpod pod\u200cx",
    ],
)
def test_a_name_is_not_found_within_a_longer_word(text):
    assert_marks(text, index("pod"))


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (
            ["machine\u00a0 learning"],
            "‹machine\nlearning› ‹machine\u00a0learning› ‹machine  learning› machine, learning",
        ),
        (
            ["machine learning"],
            "machine-learning machine. Learning machinelearning ‹Machine Learning›",
        ),
        (["e-mail", "k\u2011means"], "‹e-mail› ‹e\u2011mail› ‹e\u2010mail› email ‹k-means›"),
        (["C++"], "‹C++›, ‹C++›'s ‹C++›. (‹C++›) C++11 C++/CLI xC++ C++s"),
        ([".NET", "CI/CD"], "(‹.NET›) in ‹.NET›. ‹.NETs› ASP.NET .net ‹CI/CD›'s CI/CD/x ci/cd"),
        (["A/B test", "R&D"], "‹A/B test› ‹a/b tests› B test A/B testing ‹R&D› R & D R&DX"),
        (["Node.js", "GPT-4"], "‹node.js›. Node Node.jsx Node. js ‹GPT-4›. GPT-4o GPT-4.1 GPT-40"),
        (["user's guide", "Yahoo!"], "‹user's guide› ‹user's guides› users guide ‹Yahoo!›. Yahoo"),
    ],
)  # fmt: skip
def test_signs_are_part_of_a_name(names, text):
    assert_marks(text, index(*names))


# Capitals, plurals ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["IT", "5G"], "‹IT› it It iT ‹IT›'s ‹ITs› ‹5G› 5g"),
        (["Webhook", "学習"], "‹Webhook› ‹webhook› ‹WEBHOOK› ‹学習›"),
        ([("Go", "exact"), ("CRM", "any")], "‹Go› go GO ‹CRM› ‹crm› ‹Crm›"),
    ],
)
def test_capitals_count_by_the_rule_of_the_name(names, text):
    assert_marks(text, index(*names))


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["pod"], "‹pods› ‹pod›'s ‹pod›’s ‹pods›' ‹Pods› podes pod's1"),
        (["box", "bus", "match", "wish"], "‹boxes› ‹buses› ‹matches› ‹wishes› boxs"),
        (["query", "API key", "day"], "‹queries› querys querie ‹API keys› ‹days› daies"),
        (["term of service", "API"], "terms of service ‹term of services› ‹APIs› APIS"),
    ],
)
def test_english_names_are_found_in_the_plural_and_the_possessive(names, text):
    assert_marks(text, index(*names))


def test_a_name_goes_before_the_plural_of_another():
    known = index("new", "news")
    assert [use.name.text for use in terms.find("new news news", known)] == ["new", "news", "news"]


def test_other_languages_have_no_such_rule():
    assert_marks("‹pod› pods pod's pod’s ‹pod›", index("pod", language="pt"))


# Scripts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["学习", "机器学习", "Python"], "‹机器学习›是‹学习›的一种。‹Python›是学"),
        (["データ", "自然言語処理"], "‹データ›はデータベースの‹データ›。‹自然言語処理›です"),
        (["데이터"], "‹데이터› 데이터베이스 데이터를 “‹데이터›”"),
        (["ปัญญาประดิษฐ์", "मशीन", "हिन्दी"], "คือ‹ปัญญาประดิษฐ์›ที่ ‹मशीन› मशीनी, ‹हिन्दी›।"),
        (["تعلم", "שוד", "شود"], "‹تعلم› والتعلم، ‹تعلم›؟ ‹שוד› שודד می\u200cشود ‹شود›"),
        (["обучение", "λόγος"], "‹ОБУЧЕНИЕ› обучением ‹λόγος› ‹ΛΌΓΟΣ› λόγοι"),
        (["İstanbul", "Straße"], "‹İstanbul› ‹i̇stanbul› istanbul ıstanbul ‹STRASSE› Straßen"),
        (["café", "re\u0301sume\u0301"], "‹café› ‹cafe\u0301› ‹CAFÉ› cafe cafés ‹résumé› resume"),
    ],
)
def test_every_script_has_its_words(names, text):
    assert_marks(text, index(*names, language="xx"))


# Any names in any text ------------------------------------------------------------------------

_WORDS = "pod Pod pods IT it C C++ .NET a/b 学 習 데이 é e\u0301".split()
_BETWEEN = st.sampled_from(
    [" ", " ", " ", "", "-", ", ", ". ", "\n", "'s ", "/", "\u2011", "\u00a0"]
)
_texts = st.lists(st.tuples(st.sampled_from(_WORDS), _BETWEEN), max_size=14).map(
    lambda pairs: "".join(word + between for word, between in pairs)
)
_name_lists = st.lists(_texts.map(str.strip).filter(bool), min_size=1, max_size=6)


@given(_texts, _name_lists, st.booleans())
def test_what_a_text_uses_is_among_its_keys_and_found_once(text, names, has_plurals):
    known = TermIndex([Name(n, i, "") for i, n in enumerate(names)], has_plurals=has_plurals)
    keys = terms.keys_in(text, has_plurals=has_plurals)
    done = 0
    for use in terms.find(text, known):
        assert done <= use.start < use.end <= len(text)
        done = use.end
        if use.name:
            assert terms.key_of(use.name.text) in keys


@given(_texts, _name_lists)
def test_names_that_a_text_does_not_have_change_nothing(text, names):
    """What `names.index_for` relies on: an index of the text's own keys finds all."""
    every = [Name(name, number, "") for number, name in enumerate(names)]
    keys = terms.keys_in(text, has_plurals=True)
    some = [name for name in every if terms.key_of(name.text) in keys]
    assert list(terms.find(text, TermIndex(some, has_plurals=True))) == list(
        terms.find(text, TermIndex(every, has_plurals=True))
    )


def naive(words: list[str], names: set[str]) -> list[str]:
    """The names in a text of plain words, tried one by one at each word, the longest first."""
    found, place = [], 0
    while place < len(words):
        rest = [" ".join(words[place : place + count]) for count in range(8, 0, -1)]
        name = next((name for name in rest if name in names), None)
        found += [name] if name else []
        place += len(name.split()) if name else 1
    return found


def test_five_thousand_names_are_found_as_one_by_one():
    chance = random.Random(7)
    vocabulary = [f"w{number}o" for number in range(60)]
    names = {" ".join(chance.choices(vocabulary, k=chance.choice((2, 3, 4)))) for _ in range(7500)}
    names = {*vocabulary[:20], *sorted(names)[:4980]}
    assert len(names) == 5000
    known = TermIndex([Name(name, number, "") for number, name in enumerate(names)])
    for _ in range(40):
        words = chance.choices(vocabulary, k=200)
        text = " ".join(words)
        assert [text[u.start : u.end] for u in terms.find(text, known)] == naive(words, names)
