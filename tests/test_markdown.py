import json
import time
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.markdown import render, to_contents, to_html, to_text

COMMONMARK = json.loads((Path(__file__).parent / "data" / "commonmark.json").read_text("utf-8"))


def parsed(html: str) -> Element:
    return html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)


def tree(html: str) -> str:
    """Return `html` as browsers parse it, without what our renderer adds to CommonMark's."""
    root = parsed(html)
    for element in root.iter():
        for name in ("id", "class", "tabindex"):
            element.attrib.pop(name, None)
    return ElementTree.canonicalize(ElementTree.tostring(root, "unicode"))


def attributes(text: str, tag: str) -> list[dict[str, str]]:
    """Return the attributes of each `tag` that `text` renders to."""
    return [dict(element.attrib) for element in parsed(to_html(text)).iter(tag)]


def anchors(text: str) -> list[str]:
    """Return the ids in the contents list of `text`, in order."""
    lines = [line for top in to_contents(text) for line in (top, *top["children"])]
    return [line["id"] for line in lines]


@pytest.mark.parametrize("example", COMMONMARK, ids=lambda example: example["section"])
def test_commonmark_is_understood(example):
    rendered = render(example["markdown"], first_heading=None)
    assert tree(rendered.html) == tree(example["html"])


# Headings and contents ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Training data", ["training-data"]),
        ("## “Smart” models: what's new?", ["smart-models-whats-new"]),
        ("## Q&amp;A", ["qa"]),
        ("Setext\n---", ["setext"]),
        ("## `code` and *stress*", ["code-and-stress"]),
        ("## 機械学習\n\n## Обучение", ["機械学習", "обучение"]),
        ("## E\u0301te\u0301", ["\u00e9t\u00e9"]),
        ("## हिन्दी", ["हिन्दी"]),
        ("## 🎉\n\n## !?", ["section", "section-2"]),
        ("## Uses\n\n## Uses\n\n## Uses 2", ["uses", "uses-2", "uses-2-2"]),
        ("## page-title", ["s-page-title"]),
        ("## One {#two}", ["two"]),
        ("## One {#page-one}", ["s-page-one"]),
        ("##\n\n## After an empty one", ["after-an-empty-one"]),
        ("```\n# code\n```\n\n    # code\n\n<div># raw</div>\n\n## Real", ["real"]),
        ("> ## Quoted\n\n- ## Listed\n\n## Real", ["real"]),
    ],
)
def test_headings_are_named_by_their_words(text, expected):
    assert anchors(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "## Uses\n\n### Uses\n\n## Uses 2\n\n### Uses",
        '<p id="uses">Raw</p>\n\n## Uses',
        "[Link](/there){#uses}\n\n## Uses",
        '## Uses\n\n<p id="uses">Raw</p>',
    ],
)
def test_every_line_of_the_contents_leads_to_its_heading(text):
    tags = {element.get("id"): element.tag for element in parsed(to_html(text)).iter()}
    assert {tags.get(anchor) for anchor in anchors(text)} <= {"h2", "h3"}


def test_an_explicit_id_keeps_its_name_when_an_earlier_heading_would_take_it():
    assert anchors("## Costs\n\n## What it costs {#costs}") == ["costs-2", "costs"]


def test_braces_of_attributes_are_not_shown_to_readers():
    contents = to_contents("## Costs {#prices .wide}")
    assert contents == [{"id": "prices", "title": "Costs", "children": []}]


def test_contents_are_nested_two_levels_deep():
    text = "### Before\n\n## A *b* &amp; c\n\n### Inner\n\n#### Too deep\n\n## Last"
    assert [
        (line["title"], [child["title"] for child in line["children"]])
        for line in to_contents(text)
    ] == [
        ("Before", []),
        ("A b & c", ["Inner"]),
        ("Last", []),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A\n\n## B\n\n###### C", ["h2", "h3", "h6"]),
        ("#### A\n\n##### B", ["h2", "h3"]),
        ("<h1>Raw</h1>", ["h2"]),
        ("# A\n\n<h1>Raw</h1>", ["h2", "h2"]),
    ],
)
def test_highest_heading_becomes_h2_because_the_page_has_its_h1(text, expected):
    assert [child.tag for child in parsed(to_html(text))] == expected


# More than CommonMark -----------------------------------------------------------------------


def test_table_cells_are_aligned_by_class():
    table = "| a | b | c | d |\n|:--|:-:|--:|---|\n| 1 | 2 | 3 | 4 |"
    aligned = [{"class": "align-left"}, {"class": "align-center"}, {"class": "align-right"}, {}]
    assert attributes(table, "th") == attributes(table, "td") == aligned
    assert attributes(table, "div") == [{"class": "scroll", "tabindex": "0"}]


@pytest.mark.parametrize("heading", ["Uses", "fn1", "fnref1"])
def test_footnotes_lead_there_and_back(heading):
    text = f"## {heading}\n\nOnce[^a], twice[^a].\n\n[^a]: A *note*."
    links = attributes(text, "a")
    assert [link["href"] for link in links] == ["#fn1", "#fn1", "#fnref1", "#fnref1:1"]
    assert [link.get("id") for link in links] == ["fnref1", "fnref1:1", None, None]
    assert [item.get("id") for item in attributes(text, "li")] == ["fn1"]


def test_definition_lists_and_strikethrough_are_understood():
    assert to_html("Bot\n: A ~~man~~ machine") == (
        "<dl>\n<dt>Bot</dt>\n<dd>A <s>man</s> machine</dd>\n</dl>\n"
    )


def test_attributes_are_id_and_class_and_nothing_else():
    text = '[a](/b){#c .d style="color:red" onclick="e()" target=_blank title=f}'
    assert attributes(text, "a") == [{"href": "/b", "id": "c", "class": "d"}]


def test_code_is_scrollable_by_keyboard_and_names_its_language():
    assert to_html("```py x\n<b>\n```") == (
        '<pre tabindex="0"><code class="language-py">&lt;b&gt;\n</code></pre>\n'
    )


# Images and links ---------------------------------------------------------------------------


AWAY = "https://elsewhere.example/c-8x6.webp"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "![a](/media/content/x-800x600.webp)",
            (
                '<img src="/media/content/x-800x600.webp" alt="a" '
                'width="800" height="600" loading="lazy">'
            ),
        ),
        ("![a](/media/old.webp)", '<img src="/media/old.webp" alt="a">'),
        (
            "![](https://glossary.example/b.webp)",
            '<img src="https://glossary.example/b.webp" alt="">',
        ),
        (f"![a *b*]({AWAY})", f'<a href="{AWAY}">a b</a>'),
        (f"![]({AWAY})", f'<a href="{AWAY}">{AWAY}</a>'),
        (f"[![a]({AWAY})](/b)", '<a href="/b">a</a>'),
        ("![a](//elsewhere.example/c-8x6.webp)", "a"),
        ("![a](ftp://elsewhere.example/c.png)", "a"),
        ("![a](data:image/png;base64,AAAA)", "a"),
    ],
)
def test_images_are_ours_or_links_or_words(text, expected):
    assert to_html(text) == f"<p>{expected}</p>\n"


def test_link_resolver_renames_keeps_and_drops():
    targets = {"/glossary/old/#uses": "/glossary/new/#uses", "/glossary/draft/": None}
    text = "[a](/glossary/old/#uses) [*b* c](/glossary/draft/) [d][r] ![e](/f.webp)\n\n[r]: /g"
    assert render(text, link=lambda target: targets.get(target, target)).html == (
        '<p><a href="/glossary/new/#uses">a</a> <em>b</em> c <a href="/g">d</a>'
        ' <img src="/f.webp" alt="e"></p>\n'
    )


# Text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A *b*\n\nc\nd  \ne `f` &amp; [g](/h) ![i](/j.webp)", "A b\nc d e f & g i"),
        ("- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |", "one\ntwo\na\nb\n1\n2"),
        ("x[^1]\n\n```\ncode\n```\n\n[^1]: Note", "x\nNote"),
        ("<div>a &lt; <i>b</i></div>", "a < b"),
        ("<ul><li>one</li><li>two</li></ul>", "one two"),
        ("one<br>two", "one two"),
        ("a <script>evil()</script> b", "a b"),
        ("<!-- hidden -->\n\nseen <!-- hidden -->", "seen"),
        ("", ""),
    ],
)
def test_text_is_the_words_a_reader_sees(text, expected):
    assert to_text(text) == render(text).text == expected


def test_characters_that_no_database_stores_are_gone():
    rendered = render("## a\0b\n\nc\ud800d")
    assert rendered.contents == [{"id": "ab", "title": "ab", "children": []}]
    assert rendered.html == '<h2 id="ab">ab</h2>\n<p>c?d</p>\n'
    assert rendered.text == "ab\nc?d"


# Hostile input ------------------------------------------------------------------------------

REPEATED = ("[", "![", "[^1]", "`", "*a_", "[a](", "<a ", "&#", "^[", "~~a ", "> ", "- ")


@pytest.mark.parametrize(
    "text",
    [
        *(part * 6_000 for part in REPEATED),
        "<div>" * 6_000,
        "a|b\n-|-\n" + "|\n" * 10_000,
        "".join(f"[^{number}]: a\n" for number in range(5_000)) + "[^1]" * 5_000,
        "# a\n" * 12_000,
        "# a" + " " * 100_000 + "{",
    ],
    ids=lambda text: f"{text[:6]!r} × {len(text)}",
)
def test_hostile_text_is_rendered_in_bounded_time(text):
    began = time.process_time()
    render(text)
    assert time.process_time() - began < 5


PIECES = [
    *("[", "](", ")", "![", "*", "_", "`", "```\n", "# ", "\n", "> ", "- ", "|", "\n|-|\n", "\t"),
    *(
        "[^1]",
        ": ",
        "{#a}",
        "{",
        "}",
        "\\",
        "\0",
        "<!--",
        "<script>",
        "</script>",
        "<b ",
        "&#106;",
    ),
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8)).map("".join))
@settings(deadline=None, database=None)
def test_any_text_renders_without_a_script(text):
    assert list(parsed(render(text).html).iter("script")) == []
