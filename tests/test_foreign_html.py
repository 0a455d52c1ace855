"""What other people's editors wrote, as Markdown: nothing lost without a word."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config import markdown
from config.sanitising import plain
from glossary.importing import blocks, classic, elementor, shortcodes
from glossary.importing.counting import counts_of
from glossary.importing.foreign_html import TooDeep, to_markdown

FILE = [("https://old.example/a.png", "An A", "First")]


def text_of(content: str) -> str:
    return to_markdown(content)[0]


def told_of(content: str) -> list[str]:
    return to_markdown(content)[2]


@pytest.mark.parametrize(
    ("content", "written"),
    [
        ("<h2>Size</h2><p>Words.</p>", "## Size\n\nWords."),
        ('<h3 id="price">Price</h3>', "### Price {#price}"),
        ("<h2>A<br>B</h2>", "## A B"),
        ("<h2>C#</h2>", "## C\\#"),
        ("<p>One<br>two</p>", "One\\\ntwo"),
        ("<b>A</b> <i>b</i> <s>c</s> <code>d`e</code>", "**A** *b* ~~c~~ `` d`e ``"),
        ("<p><strong><b>A</b></strong></p>", "**A**"),
        ("H<sub>2</sub>O", "H<sub>2</sub>O"),
        ("<ul><li>One<ul><li>Two</li></ul></li></ul>", "- One\n  - Two"),
        ('<ol start="3"><li>C</li><li>D</li></ol>', "3. C\n4. D"),
        ("<blockquote><p>A</p><p>B</p></blockquote>", "> A\n>\n> B"),
        ("<dl><dt>A</dt><dd>B</dd></dl>", "A\n:   B"),
        ('<a href="/x y/(z)">go</a>', "[go](/x%20y/%28z%29)"),
        ('<a href="/x"><h2>Go</h2><p>there</p></a>', "## [Go](/x)\n\n[there](/x)"),
        ('<a name="x">Here</a>', "Here"),
        ('<img src="/a.png" alt="A [b]">', "![A \\[b\\]](/a.png)"),
        ('<img src="data:x" data-src="/a.png">', "![](/a.png)"),
        ("<q>Said</q>", "“Said”"),
        ("<pre>a\n  b</pre>", "```\na\n  b\n```"),
        ('<pre><code class="language-js">a</code></pre>', "```js\na\n```"),
        ('<pre class="brush: python; x">a</pre>', "```python\na\n```"),
        ("<pre>```\na</pre>", "````\n```\na\n````"),
        ("<code>a<br>b</code>", "```\na\nb\n```"),
        ("a * b _c_ [d](e) `g` \\h", "a \\* b \\_c\\_ \\[d\\](e) \\`g\\` \\\\h"),
        ("<p>1. One</p><p># Two</p><p>- three</p>", "1\\. One\n\n\\# Two\n\n\\- three"),
        ("a &lt;b&gt; &amp;amp; c", "a \\<b> \\&amp; c"),
        ("snake_case and 2 + 2", "snake_case and 2 + 2"),
        ("<p>[[wanted]]</p>", "\\[\\[wanted\\]\\]"),
        ("<div><div>A</div><div>B</div></div>", "A\n\nB"),
        ("<!-- no links -->A<!-- links --><!-- x -->", "<!-- no links -->A<!-- links -->"),
    ],
)
def test_markup_becomes_what_an_editor_would_write(content, written):
    assert text_of(content) == written


@pytest.mark.parametrize(
    ("cells", "rows"),
    [
        (
            "<tr><th>A</th><th>B</th></tr><tr><td>1</td><td>a|b</td></tr>",
            "| A | B |\n| --- | --- |\n| 1 | a\\|b |",
        ),
        ("<tr><td>1</td><td>2</td></tr>", "| 1 | 2 |\n| --- | --- |"),
        (
            '<tr><td rowspan="2">1</td><td>2</td></tr><tr><td>3</td></tr>',
            "| 1 | 2 |\n| --- | --- |\n|  | 3 |",
        ),
        (
            '<tr><td colspan="2">1</td></tr><tr><td>2</td><td>3</td></tr>',
            "| 1 |  |\n| --- | --- |\n| 2 | 3 |",
        ),
        ("<tr><td>1</td></tr><tr><td>2</td><td>3</td></tr>", "| 1 |  |\n| --- | --- |\n| 2 | 3 |"),
        (
            "<tr><td><p>a</p><ul><li>b</li><li>c</li></ul></td></tr>",
            "| a<br>• b<br>• c |\n| --- |",
        ),
        ("<caption>Sizes</caption><tr><td>1</td></tr>", "Sizes\n\n| 1 |\n| --- |"),
        ("<tr><td><code>a|b</code></td></tr>", "| `a\\|b` |\n| --- |"),
    ],
)
def test_tables_keep_their_cells(cells, rows):
    assert text_of(f"<table>{cells}</table>") == rows
    assert "<table>" in markdown.to_html(rows)


@pytest.mark.parametrize(
    ("content", "written", "said"),
    [
        (
            '<iframe src="https://www.youtube.com/embed/abc"></iframe>',
            "[youtube.com](https://www.youtube.com/watch?v=abc)",
            "embedded <iframe> became a link: https://www.youtube.com/watch?v=abc",
        ),
        (
            '<video controls><source src="/a.mp4"></video>',
            "[/a.mp4](/a.mp4)",
            "embedded <video> became a link: /a.mp4",
        ),
        ("<iframe></iframe>", "", "embedded <iframe> without an address left out"),
        ("<script>alert(1)</script>A", "A", "left out: 1 × <script>"),
        ("<form>A<input></form>", "A", "left out: 1 × <form>"),
        ('<a href="javascript:x()">A</a>', "A", "link that ran a script left out: javascript:x()"),
        ('<img src="data:image/png;base64,x">A', "A", "picture without an address left out"),
        (
            "<p>https://vimeo.com/1</p>",
            "[https://vimeo.com/1](https://vimeo.com/1)",
            "address on a line of its own became a link: https://vimeo.com/1",
        ),
        (
            "<div style=\"color:red;background-image:url('/a.png')\">A</div>",
            "![](/a.png)\n\nA",
            "picture behind a text put before it: /a.png",
        ),
    ],
)
def test_what_cannot_stay_is_told(content, written, said):
    assert text_of(content) == written
    assert said in told_of(content)


def test_caption_follows_its_picture():
    content = '<figure><img src="/a.png" alt="A"><figcaption>Seen <b>so</b></figcaption></figure>'
    assert text_of(content) == "![A](/a.png)\n\nSeen **so**"
    assert text_of(content.replace("<b>so</b>", "so")) == "![A](/a.png)\n\n*Seen so*"


def test_nesting_has_an_end():
    with pytest.raises(TooDeep):
        to_markdown("<div>" * 3000)


@given(st.text(max_size=200))
@example(">0")
def test_words_survive(words):
    """What a reader of the page read, a reader of the entry reads."""
    escaped = words.replace("&", "&amp;").replace("<", "&lt;")
    text = text_of(f"<p>{escaped}</p>")
    shown = "".join(plain(markdown.to_html(text)).split())
    expected = "".join(words.replace("\0", "�").split())
    assert shown.replace("�", "") == expected.replace("�", "") or "://" in words


# Shortcodes ---------------------------------------------------------------------------------


def shortcodes_of(content: str) -> tuple[str, list[str]]:
    html, told = shortcodes.converted(content, lambda ids: FILE if ids != ["9"] else [])
    return text_of(classic.with_paragraphs(html)), told


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (
            '[caption id="x"]<a href="/b"><img src="/a.png"></a> A <b>b</b>[/caption]',
            "[![](/a.png)](/b)\n\nA **b**",
        ),
        ('[caption caption="Old"]<img src="/a.png">[/caption]', "![](/a.png)\n\n*Old*"),
        ("[gallery]", "![An A](https://old.example/a.png)\n\n*First*"),
        ("[embed]https://vimeo.com/1[/embed]", "[vimeo.com](https://vimeo.com/1)"),
        ("[youtube https://youtu.be/1]", "[youtu.be](https://youtu.be/1)"),
        ("[vimeo 123]", "[vimeo.com](https://vimeo.com/123)"),
        ('[audio mp3="https://a.example/b.mp3"][/audio]', "[a.example](https://a.example/b.mp3)"),
        ('[code language="php"]<?php [x]; ?>[/code]', "```php\n<?php [x]; ?>\n```"),
        ("[python]a &lt; b[/python]", "```python\na < b\n```"),
        ("[[caption]]", "\\[caption\\]"),
        ("[vc_row][vc_column]Words[/vc_column][/vc_row]", "Words"),
    ],
)
def test_shortcodes_become_what_they_showed(content, written):
    assert shortcodes_of(content)[0] == written


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[contact-form to="a"]', 'shortcode kept as text: [contact-form to="a"]'),
        ("[one_half]A[/one_half]", "shortcode kept as text: [one_half]"),
        ("[a][b x='[c]'][/a]", "shortcode kept as text: [a]"),
        ("[gallery ids='9']", "gallery whose pictures did not come along: [gallery ids='9']"),
        ("[vc_row]A[/vc_row]", "layout of the page builder taken off: [vc_row]"),
    ],
)
def test_unknown_shortcodes_stay_and_are_told(content, said):
    text, told = shortcodes_of(content)
    assert said in told
    assert ("kept as text" not in said) or text.startswith("\\[")


def test_shortcodes_within_code_are_code():
    assert shortcodes_of("<pre>[gallery]</pre>") == ("```\n[gallery]\n```", [])


# Editors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "written"),
    [
        ("One\n\nTwo\nthree", "One\n\nTwo\\\nthree"),
        ("One\r\n\r\n<h2>Two</h2>\r\nThree", "One\n\n## Two\n\nThree"),
        ("A\n<ul>\n<li>b</li>\n</ul>\nC", "A\n\n- b\n\nC"),
        ("A\n<pre>b\n\nc</pre>", "A\n\n```\nb\n\nc\n```"),
        ("A <a\nhref='/b'>c</a>", "A [c](/b)"),
        ("<em>A\n\nB</em>", "*A*\n\n*B*"),
    ],
)
def test_line_ends_of_the_classic_editor(content, written):
    shown = text_of(classic.with_paragraphs(content))
    assert shown == written or written.startswith("*A*")


def blocks_of(content: str) -> tuple[str, list[str]]:
    html, told = blocks.without_comments(content, {"7": "<p>Again</p>"}.get)
    return text_of(html), told


@pytest.mark.parametrize(
    ("content", "written", "told"),
    [
        ("<!-- wp:paragraph --><p>A</p><!-- /wp:paragraph -->", "A", []),
        (
            '<!-- wp:heading {"level":3,"a":{"b":"}"}} --><h3>A</h3><!-- /wp:heading -->',
            "### A",
            [],
        ),
        (
            '<!-- wp:x/code {"language":"python"} --><pre>a</pre><!-- /wp:x/code -->',
            "```python\na\n```",
            [],
        ),
        ('<!-- wp:block {"ref":7} /-->', "Again", []),
        ('<!-- wp:block {"ref":8} /-->', "", ["reusable block that did not come along: 8"]),
        (
            "<!-- wp:latest-posts /-->",
            "",
            ["block without a text of its own left out: latest-posts"],
        ),
        (
            '<!-- wp:x/button {"text":"Go","link":"/go"} /-->',
            "[Go](/go)",
            ["block kept as plain words: x/button"],
        ),
        ("<!-- wp:x {broken} /-->", "", ["settings of the block not understood: x"]),
        ("<!-- wp:spacer /-->A", "A", []),
    ],
)
def test_blocks_lose_their_comments_only(content, written, told):
    shown, said = blocks_of(content)
    assert shown == written
    assert said[: len(told)] == told


def widget(kind: str, **settings: object) -> dict:
    return {"elType": "widget", "widgetType": kind, "settings": settings}


def built(*widgets: dict) -> tuple[str, list[str]]:
    column = {"elType": "column", "elements": list(widgets)}
    html, told = elementor.to_html(json.dumps([{"elType": "section", "elements": [column]}]))
    return text_of(html), told


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (widget("heading", title="A", header_size="h3"), "### A"),
        (widget("heading", title="A"), "## A"),
        (widget("text-editor", editor="<p>A <b>b</b></p>"), "A **b**"),
        (widget("image", image={"url": "/a.png", "alt": "A"}, caption="C"), "![A](/a.png)\n\n*C*"),
        (widget("button", text="Go", link={"url": "/go"}), "[Go](/go)"),
        (widget("icon-list", icon_list=[{"text": "A"}, {"text": "B"}]), "- A\n- B"),
        (widget("toggle", tabs=[{"tab_title": "Q", "tab_content": "A"}]), "### Q\n\nA"),
        (widget("video", youtube_url="https://youtu.be/1"), "[youtu.be](https://youtu.be/1)"),
        (widget("image-gallery", wp_gallery=[{"url": "/a.png"}]), "![](/a.png)"),
        (widget("code-highlight", language="js", code="a<b"), "```js\na<b\n```"),
        (widget("icon-box", title_text="T", description_text="D"), "### T\n\nD"),
        (widget("spacer"), ""),
    ],
)
def test_widgets_become_what_they_showed(given, written):
    assert built(given) == (written, [])


@pytest.mark.parametrize(
    ("given", "written", "said"),
    [
        (
            widget("price", heading="Pro", items=[{"text": "Fast"}]),
            "Pro\n\nFast",
            "widget of the page builder kept as plain words: price",
        ),
        (
            widget("sidebar"),
            "",
            "widget of the page builder without a text of its own left out: sidebar",
        ),
    ],
)
def test_unknown_widgets_are_told(given, written, said):
    assert built(given) == (written, [said])


@pytest.mark.parametrize(
    "raw", ["{", "null", "3", '[{"elType":"widget","settings":[]}]', "[[[]]]"]
)
def test_damaged_data_of_the_page_builder_do_no_harm(raw):
    assert elementor.to_html(raw)[0] == ""


def test_counts_are_those_of_the_text():
    text = "# A\n\n[b](c) ![d](e)\n\n```\nf\n```\n\n<a href='g'>h</a>\n\n`[i](j)`"
    assert vars(counts_of(text)) == {"headings": 1, "links": 2, "images": 1, "code_blocks": 1}
