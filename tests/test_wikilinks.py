import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.markdown import Unlinked, names_in, render, to_contents, to_html, to_text, with_names
from config.wikilinks import LONGEST_NAME, written

TABLE = "| a | b |\n|-|-|\n"


def to(names: list[str]) -> dict[str, str]:
    return {name: f"/to/{name}" for name in names}


def shown(text: str) -> str:
    """`text` with every name leading to /to/<name>, as one line without its paragraph."""
    html = str(render(text, named=to).html)
    return html.replace('<a href="/to/', "<").replace("</a>", "</>").strip()


def paragraph(text: str) -> str:
    return shown(text).removeprefix("<p>").removesuffix("</p>")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[CRM]]", '<CRM">CRM</>'),
        ("A [[CRM]], a [[ lead ]].", 'A <CRM">CRM</>, a <lead">lead</>.'),
        ("[[CRM|systems]]", '<CRM">systems</>'),
        ("[[CRM | a *good* `x` one]]", '<CRM">a <em>good</em> <code>x</code> one</>'),
        ("[[machine\nlearning]]", '<machine learning">machine learning</>'),
        ("[[Übergröße|日本]] [[機械学習]]", '<Übergröße">日本</> <機械学習">機械学習</>'),
        (
            "[[C#]] [[snake_case_x]] [[a*b*c]]",
            '<C#">C#</> <snake_case_x">snake_case_x</> <a*b*c">a*b*c</>',
        ),
        (r"[[C\#]] [[R&amp;D]] [[f\[x\]]]", '<C#">C#</> <R&amp;D">R&amp;D</> <f[x]">f[x]</>'),
        (r"[[CRM\|systems]]", '<CRM">systems</>'),
        ("[[CRM| ]]", '<CRM">CRM</>'),
        ("[[a|b|c]]", '<a">b|c</>'),
        ("**[[CRM]]** and *[[CRM|x]]*", '<strong><CRM">CRM</></strong> and <em><CRM">x</></em>'),
        ("[[CRM]]: a system", '<CRM">CRM</>: a system'),
        ("[[It's “so”]]", "<It's “so”\">It's “so”</>"),
    ],
)
def test_a_name_in_brackets_leads_to_its_target(text, expected):
    assert paragraph(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        r"\[\[CRM]]",
        r"\[[CRM]]",
        r"[\[CRM]]",
        r"[[CRM\]]",
        "[[CRM]",
        "[[CRM",
        "[[",
        "[[]]",
        "[[ ]]",
        "[[|shown]]",
        "[[CRM|]]",
        "[[[CRM]]]",
        "[[a [[b]",
        "[[a [b] c]]",
        "[[^1]]",
        "![[CRM]]",
        "[[one\n\ntwo]]",
        f"[[{'a' * (LONGEST_NAME + 1)}]]",
        "    [[CRM]]",
        "```\n[[CRM]]\n```",
        "`[[CRM]]`",
        "[[a `b]] c`",
        "<!-- [[CRM]] -->",
        "<div>[[CRM]]</div>",
        "![a [[CRM]]](/b.png)",
        "[a [[CRM]] b](/c)",
        "[[CRM]](/c)",
        '<a href="/x">[[CRM]]</a>',
        "[[CRM]]\n\n[CRM]: /c",
        "[[CRM]]\n\n[[CRM]]: /c\n\n[crm]: /d",
        "| A |\n| - |\n| [[a|b]] |",
    ],
)
def test_what_is_no_link_to_an_entry(text):
    assert names_in(text) == []
    assert "/to/" not in shown(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a [[CRM|b]] c](/d)", '<a href="/d">a b c</a>'),
        ("![a [[CRM|b]]](/media/d.png)", '<img src="/media/d.png" alt="a b">'),
        (r"\[\[CRM|x]]", "[[CRM|x]]"),
        ("[[[CRM]]]", "[[[CRM]]]"),
        ("[[a [[b]] c]]", '[[a <a href="/to/b">b</a> c]]'),
    ],
)
def test_links_do_not_nest_and_unfinished_ones_stay_text(text, expected):
    html = str(render(text, named=to).html)
    assert html.strip().removeprefix("<p>").removesuffix("</p>") == expected


def test_a_bar_in_a_table_is_escaped_as_everywhere_in_tables():
    text = "| A | B |\n| - | - |\n| [[CRM\\|x]] | [[lead]] |\n"
    assert names_in(text) == ["CRM", "lead"]
    assert '<td><CRM">x</></td>' in shown(text)


def test_names_are_found_everywhere_in_the_text_once():
    text = (
        "# [[One]]\n\n> [[two]]\n\n- [[three]]\n\n| [[four]] |\n| - |\n| [[five]] |\n\n"
        "Term\n: [[six]]\n\nNote[^1] [[One|again]]\n\n[^1]: [[seven]]"
    )
    assert names_in(text) == ["One", "two", "three", "four", "five", "six", "seven"]


@pytest.mark.parametrize("named", [None, lambda names: {}])
def test_without_a_target_the_shown_words_stay(named):
    text = "A [[CRM]] and [[lead|some *leads*]]."
    expected = "<p>A CRM and some <em>leads</em>.</p>\n"
    assert render(text, named=named).html == expected
    assert (to_text(text), to_html(text)) == ("A CRM and some leads.", expected)


def test_an_editor_is_told_why_words_are_no_link():
    html = render('[[a|b]] "', named=lambda names: {"a": Unlinked('No “a" <yet>')}).html
    assert html == '<p><span class="unlinked" title="No “a&quot; &lt;yet&gt;">b</span> "</p>\n'


def test_the_ids_of_headings_come_from_the_words_that_are_shown():
    text = "## Why [[CRM|systems]] help\n\n## [[Lead]]\n"
    contents = to_contents(text)
    expected = [("why-systems-help", "Why systems help"), ("lead", "Lead")]
    assert [(line["id"], line["title"]) for line in contents] == expected
    linked = render(text, named=to, anchors=[]).html
    assert '<h2 id="lead"><a href="/to/Lead">Lead</a></h2>' in linked
    plain = render(text, anchors=[]).html
    assert '<h2 id="lead"><a href="#lead" class="anchor">Lead</a></h2>' in plain


@pytest.mark.parametrize("target", ["javascript:alert(1)", '"><script>alert(1)</script>'])
def test_no_target_can_break_out_of_the_page(target):
    html = render("[[a]]", named=lambda names: {"a": target}).html
    assert "<script" not in html
    assert "javascript" not in html


@pytest.mark.parametrize(
    "text",
    [
        "[[" * 50_000,
        "[[a" * 40_000,
        "[[a|" * 40_000,
        "[[a|`" * 30_000,
        "[[" + "a" * 150_000,
        "[[" + "\\" * 150_000,
        "[[a]]" * 30_000,
        "[[a]" * 40_000,
        "]]" * 50_000,
        "[" * 25_000 + "[[a]]" + "]" * 25_000,
    ],
    ids=lambda text: f"{text[:6]}… {len(text)}",
)
def test_hostile_text_takes_bounded_time(text):
    start = time.process_time()
    render(text, named=lambda names: {})
    assert time.process_time() - start < 10


# Written anew -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[old]]", "[[new|old]]"),
        ("[[ old ]], [[old|shown]], [[other]]", "[[new|old]], [[new|shown]], [[other]]"),
        ("`[[old]]` [[old]] `[[old]]`", "`[[old]]` [[new|old]] `[[old]]`"),
        ("    [[old]]\n\n[[old]]", "    [[old]]\n\n[[new|old]]"),
        ("```\n[[old]]\n```\n\n> a\n> [[old]]\n", "```\n[[old]]\n```\n\n> a\n> [[new|old]]\n"),
        (r"\[[old]] [[old]]", r"\[[old]] [[new|old]]"),
        (f"{TABLE}| `[[old]]` | [[old\\|x]] |", f"{TABLE}| `[[old]]` | [[new\\|x]] |"),
        (
            "# [[old]]\n\n- [[old]]\n  - [[old|*x*]]",
            "# [[new|old]]\n\n- [[new|old]]\n  - [[new|*x*]]",
        ),
        ("a[^1]\n\n[^1]: [[old]]\n\n[[old]]", "a[^1]\n\n[^1]: [[new|old]]\n\n[[new|old]]"),
        ("[x [[old]] y](/z) [[old]]", "[x [[old]] y](/z) [[new|old]]"),
        ("T\r\n: [[old]]\r\n", "T\n: [[new|old]]\n"),
        ("nothing\r\n", "nothing\r\n"),
        ("a\u2028b\x0bc\n\n`[[old]]` [[old]]", "a\u2028b\x0bc\n\n`[[old]]` [[new|old]]"),
    ],
)
def test_a_text_can_be_given_the_present_names(text, expected):
    assert with_names(text, {"old": "new"}.get) == expected


def test_many_names_are_written_anew_in_bounded_time():
    start = time.process_time()
    assert with_names("[[a]] [[b]]\n" * 15_000, {"a": "c"}.get).count("[[c|a]]") == 15_000
    assert time.process_time() - start < 10


@given(st.text(max_size=LONGEST_NAME, alphabet=st.characters(exclude_categories=["C", "Z"])))
@example("f[x] | `y` & &amp; <z> \\ *a* _b_")
@example("^1")
def test_every_name_can_be_written(name):
    if not name:
        return
    assert names_in(f"See {written(name, 'this')}.") == [name]


def test_names_survive_being_written_anew():
    text = with_names("[[old]]", lambda name: "a|b [c] `d`")
    assert names_in(text) == ["a|b [c] `d`"]
    assert to_text(text) == "old"
