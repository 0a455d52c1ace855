"""Links that make themselves, in texts that show them in angle marks."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import markdown
from glossary import terms
from glossary.linking import LONGEST_SENTENCE, Mention, Passed, Weaver, sentence_around
from glossary.terms import Name, TermIndex

POD, LEARNING, LANGUAGE, RESEARCH, UNLINKED = range(1, 6)
NAMES = [
    Name("pod", POD, "pod"),
    Name("container group", POD, "pod", is_term=False),
    Name("machine learning", LEARNING, "ml"),
    Name("C++", LANGUAGE, "cpp", is_exact=True),
    Name("R&D", RESEARCH, "rd", is_exact=True),
    Name("cache", UNLINKED, "cache", is_linked=False),
]


def weaver(**fields) -> Weaver:
    return Weaver(
        index_for=lambda text: TermIndex(NAMES, has_plurals=True),
        address_of=lambda name: f"/glossary/{name.slug}/",
        **fields,
    )


def shown(text: str, **fields) -> str:
    """`text` as HTML with the links that we made in angle marks."""
    html = markdown.render(text, weave=weaver(**fields)).html
    ours = r'<a href="/glossary/\w+/" class="term">(.*?)</a>'
    return re.sub(ours, r"‹\1›", html, flags=re.DOTALL)


def words(text: str, **fields) -> str:
    """The words alone, on one line, other links as [words]."""
    html = re.sub(r"<a\b[^>]*>(.*?)</a>", r"[\1]", shown(text, **fields), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def mentions(text: str, **fields) -> dict[int, Mention]:
    weave = weaver(**fields)
    markdown.render(text, weave=weave)
    return weave.mentions


# Once each ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A pod. Pods and a container group.", "A ‹pod›. Pods and a container group."),
        ("A container group is\n\na pod.\n\n- C++", "A ‹container group› is a pod. ‹C++›"),
        ("The cache of a pod.", "The cache of a ‹pod›."),
        ("pod\n: A pod\n\nGroup\n: C++", "‹pod› A pod Group ‹C++›"),
        ("x[^1]\n\n[^1]: A pod.", "x [[1]] A ‹pod›. [↩︎]"),
    ],
)  # fmt: skip
def test_the_first_use_of_each_term_is_linked(text, expected):
    assert words(text) == expected


# Left alone -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(f"{'#' * level} A pod" for level in range(1, 7)),
        "A pod\n===\n\nThe *pod*\n---",
        "[A pod](https://example.org/) and [the *pod*][x]\n\n[x]: /about/",
        "<https://example.org/pod> ![A pod](/media/pod.webp)",
        "`pod` and ``a pod``\n\n```\npod\n```\n\n    pod",
        "<div>\npod\n</div>\n\n<pre>\n\npod\n\n</pre>",
        "x <kbd>pod</kbd> <abbr title=x>pod</abbr> <CITE>pod</CITE> <code>pod</code> <kbd/>pod",
        "x <a href='/about/'>the\npod</a>\n\n<a href='/about/'>\n\npod\n\n</a>",
        "| pod | C++ |\n|--|--|\n| x | y |",
        "> Words.\n> — The *pod*\n\n> x\n>\n> ― A pod\n> and *pod*\n\n> Words.<br>-- A pod",
        "x <!-- no links --> pod *pod*\n\npod\n\n- pod\n\n> pod",
    ],
    ids=lambda text: text[:24],
)
def test_no_link_is_made_in(text):
    html = markdown.render(text).html
    assert "pod" in html
    assert markdown.render(text, weave=weaver()).html == html
    assert mentions(text) == {}
    assert "‹pod›" in words(f"{text}\n\n</a></pre>\n\n<!-- links -->\n\nThen a pod.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!-- no links -->\n\npod\n\n<!-- links -->\n\npod", "pod ‹pod›"),
        ("a <!-- no links -->pod<!-- links --> pod", "a pod ‹pod›"),
        ("> Words — of x\n\n— A pod", "Words — of x — A ‹pod›"),
        ("x <!-- <kbd> --> pod", "x ‹pod›"),
        ("<kbd>Ctrl</kbd>-x <span title='<kbd>'>pod</span>", "Ctrl -x ‹pod›"),
    ],
)
def test_links_go_on_after_what_is_left_alone(text, expected):
    assert words(text) == expected


# Within markup --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**machine learning** *pod*", "<strong>‹machine learning›</strong> <em>‹pod›</em>"),
        ("*machine* learning", "<em>machine</em> learning"),
        ("a p**od** ~~pod~~", "a p<strong>od</strong> <s>‹pod›</s>"),
        ("machine\nlearning", "‹machine\nlearning›"),
        ("machine<br>learning, pod<br>pod", "machine<br>learning, ‹pod›<br>pod"),
        ("R&amp;D, C\\+\\+&nbsp;pod", "‹R&amp;D›, ‹C++›&nbsp;‹pod›"),
        ("the `x`-pod, pod`-x`", "the <code>x</code>-pod, ‹pod›<code>-x</code>"),
        ("pod's machine learning **C++**", "‹pod›'s ‹machine learning› <strong>‹C++›</strong>"),
    ],
)
def test_links_stand_between_the_tags(text, expected):
    assert shown(text) == f"<p>{expected}</p>\n"


_BITS = (
    "pod;machine;learning;machine learning;C++;R&D;*;**;`;[;](/x);](/glossary/pod/);![;<br>;.;s;'s"
    ";<b>b</b>;<kbd>k</kbd>;<!-- no links -->;<!-- links -->;  \n;\n;\n\n;> ;— ;- ;| ;|--|--|\n;# "
    ";    ;```\n;[^1];[^1]: ;: ;~~; ;\\;{#id}"
).split(";")


@given(st.lists(st.sampled_from(_BITS), max_size=20).map("".join))
def test_linking_changes_nothing_but_links(text):
    weave = weaver(by_hand={"/glossary/pod/": POD})
    plain, woven = markdown.render(text), markdown.render(text, weave=weave)
    assert (woven.text, woven.contents) == (plain.text, plain.contents)
    linked = re.findall(r'href="/glossary/(ml|cpp|rd)/"', woven.html)
    assert len(linked) == len(set(linked))
    ours = r'<a href="/glossary/(?:ml|cpp|rd|pod)/" class="term">(.*?)</a>'
    if "](/glossary/pod/)" not in text:
        assert re.sub(ours, r"\1", woven.html, flags=re.DOTALL) == plain.html
    for mention in weave.mentions.values():
        said = mention.sentence[mention.start : mention.start + mention.length]
        assert said
        assert said == said.strip()


# Whose text, whose choice ---------------------------------------------------------------------


def test_an_entry_does_not_link_to_itself_by_any_name():
    text = "A pod is a container group for machine learning."
    assert words(text, own=POD) == "A pod is a container group for ‹machine learning›."
    assert mentions(text, own=POD).keys() == {LEARNING}


def test_a_link_made_by_hand_is_the_one_link():
    text = "A pod is [a group](/glossary/pod/#size), a pod."
    html = markdown.render(text, weave=weaver(by_hand={"/glossary/pod/": POD})).html
    link = '<a href="/glossary/pod/#size" class="term">a group</a>'
    assert html == f"<p>A pod is {link}, a pod.</p>\n"
    (mention,) = mentions(text, by_hand={"/glossary/pod/": POD}).values()
    said = mention.sentence[mention.start :][: mention.length]
    assert (mention.target, said, mention.is_link) == (POD, "a group", True)


@pytest.mark.parametrize("text", ["Words [](/glossary/pod/)", "[&nbsp;](/glossary/pod/) words"])
def test_a_link_without_words_is_no_mention(text):
    assert mentions(text, by_hand={"/glossary/pod/": POD}) == {}


@pytest.mark.parametrize("is_linking", [True, False])
def test_what_is_not_linked_is_mentioned_all_the_same(is_linking):
    text = "The cache of a pod."
    found = mentions(text, is_linking=is_linking)
    linked = {target: mention.is_link for target, mention in found.items()}
    assert linked == {POD: is_linking, UNLINKED: False}
    assert ("‹pod›" in words(text, is_linking=is_linking)) == is_linking


# Sentences ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("He said “Stop.” The pod ran.", "The pod ran."),
        ("One? Dr. Who's pod, e.g. No. 5 vs. 2.0! Two", "Dr. Who's pod, e.g. No. 5 vs. 2.0!"),
        ("In z. B. einem pod d. h. hier. Zwei.", "In z. B. einem pod d. h. hier."),
        ("一。这是pod。三。", "这是pod。"),
        ("مرحبا؟ هذا pod؟ نعم.", "هذا pod؟"),
        ("एक है। यह pod है। वह नहीं।", "यह pod है।"),
        ("One\ntwo  pod\nthree. Four", "One two pod three."),
    ],
)
def test_a_mention_keeps_its_sentence(text, sentence):
    (mention,) = mentions(text).values()
    assert mention.sentence == sentence
    assert sentence[mention.start : mention.start + mention.length] == "pod"


def test_a_mention_knows_its_words():
    for name in ("machine learning", "machine  learning", "machine\nlearning"):
        mention = mentions(f"A *fine* `x` {name} ")[LEARNING]
        assert mention == Mention(LEARNING, "A fine x machine learning", 9, 16, True)


@pytest.mark.parametrize(
    ("before", "after"), [("word " * 99, " word" * 99), ("字" * 400, "字" * 400), ("w" * 400, "")]
)
def test_a_long_sentence_is_cut_around_the_term(before, after):
    sentence, start = sentence_around(f"{before}pod{after}", len(before), len(before) + 3)
    assert sentence[start : start + 3] == "pod"
    assert sentence.startswith("… ")
    assert sentence.endswith(" …" if after else "pod")
    assert LONGEST_SENTENCE / 3 < len(sentence) <= LONGEST_SENTENCE
    assert not {"wor", "rd", "ord", "wo"} & set(sentence.split())


def test_a_name_is_read_as_its_paragraph_says_it():
    """Every name that could be linked is among those that the index is asked for."""
    asked = []
    weave = weaver()
    weave.index_for = lambda text: asked.append(text) or TermIndex(NAMES)
    markdown.render("A machine\n\nlearning po*d*s\n\n| R&amp;D |\n|--|\n| C\\++ |", weave=weave)
    assert weave.mentions.keys() == {LANGUAGE}
    (text,) = asked
    assert {terms.key_of(name) for name in ("pods", "R&D", "C++")} <= terms.keys_in(text)


# What is passed over ----------------------------------------------------------------------


def test_a_refused_entry_is_mentioned_without_a_link():
    text = "A pod, a container group."

    assert words(text, refused={POD}) == "A pod, a container group."
    assert [(m.target, m.is_link) for m in mentions(text, refused={POD}).values()] == [
        (POD, False)
    ]
    assert words(text, refused={LEARNING}) == "A ‹pod›, a container group."


def test_whoever_listens_hears_of_each_use_that_is_no_link_and_why():
    heard = []
    weave = weaver(
        own=RESEARCH,
        refused={LEARNING},
        on_pass=lambda use, text, why: heard.append((text[use.start : use.end], why)),
    )
    markdown.render("## A pod\n\nR&D: a pod, pods, machine learning, cache.", weave=weave)

    assert heard == [
        ("pod", Passed.LEFT_ALONE),
        ("R&D", Passed.OWN),
        ("pods", Passed.SECOND),
        ("machine learning", Passed.REFUSED),
        ("cache", Passed.NOT_LINKED),
    ]
