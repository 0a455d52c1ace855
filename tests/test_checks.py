"""What editors are told about a draft before readers see it; no database."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossary.checks import BLOCKING, Facts, Severity, blocking, check, ease, previews
from glossary.checks.text import parsed, unified
from glossary.checks.values import Answer, Other, State
from glossary.terms import Name, TermIndex

GOOD = """A webhook calls a program when something happens.

## How it works

The sender knows an [address](/glossary/api/) and calls it.

### In detail

| Part | Use |
| --- | ---: |
| Sender | `<b>` stays code |

![A sender and a receiver](/media/content/abc-10x10.webp)

<details><summary>More</summary>Some <kbd>words</kbd>.</details>

## When to use it

See the [standard](https://www.standardwebhooks.com) and [how it works](#how-it-works).
"""
DRAFT = {
    "term": "Webhook",
    "slug": "webhook",
    "language": "en",
    "short_definition": "A call that one program makes to another when something happens.",
    "body": GOOD,
    "aliases": [{"name": "web callback", "case_rule": "auto"}],
}
API = Other(2, "API")
FACTS = Facts(
    own=1,
    heading="What is: Webhook",
    site_name="Headword",
    pages={"/glossary/api/": API},
    pictures=frozenset({"/media/content/abc-10x10.webp"}),
)


def found(facts: Facts = FACTS, **changes) -> list:
    return check({**DRAFT, **changes}, facts)


def codes(facts: Facts = FACTS, **changes) -> list[str]:
    return [finding.code for finding in found(facts, **changes)]


def places(body: str, facts: Facts = FACTS) -> list[tuple[str, int | None, str]]:
    """(code, line, what is marked) of each finding in the text."""
    source = unified(body)
    return [
        (f.code, f.place.line, source[f.place.start : f.place.end])
        for f in found(facts, body=body)
        if f.place.field == "body" and f.place.start is not None
    ]


def with_link(body: str) -> str:
    return f"{body}\n\nSee the [interface](/glossary/api/)."


# Fields -----------------------------------------------------------------------------------


def test_a_good_text_has_no_finding():
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "facts", "code", "field"),
    [
        ({"term": " "}, {}, "term_missing", "term"),
        ({"term": "…", "slug": ""}, {}, "address_missing", "slug"),
        ({}, {"address_of_another": API}, "address_taken", "slug"),
        ({}, {"old_address_of": API}, "address_was_used", "slug"),
        ({}, {"terms": {"webhook": API}}, "term_taken", "term"),
        ({"term": "WEBHÓOK"}, {"terms": {"webhook": API}}, "term_taken", "term"),
        ({}, {"aliases": {"webhook": (API,)}}, "term_is_alias", "term"),
        ({}, {"similar": (API,)}, "term_similar", "term"),
        ({}, {"terms": {"web callback": API}}, "alias_is_term", "aliases"),
        ({}, {"aliases": {"web callback": (API,)}}, "alias_claimed", "aliases"),
        ({"aliases": [{"name": "Webhook"}]}, {}, "alias_is_own_term", "aliases"),
        ({"aliases": [{"name": "Hook"}, {"name": "hook"}]}, {}, "alias_twice", "aliases"),
        ({"short_definition": " "}, {}, "definition_missing", "short_definition"),
        ({"short_definition": "word " * 65}, {}, "definition_long", "short_definition"),
        ({"short_definition": "word " * 40}, {}, "definition_cut", "short_definition"),
        ({"short_definition": "## A call"}, {}, "definition_markup", "short_definition"),
        ({"short_definition": "- A call"}, {}, "definition_markup", "short_definition"),
        ({"short_definition": "A [call](/x/)."}, {}, "definition_markup", "short_definition"),
        ({"short_definition": "A <b>call</b>."}, {}, "definition_markup", "short_definition"),
        ({"seo_title": "Wide words " * 6}, {}, "title_long", "seo_title"),
        ({"title_override": "Wide words " * 7}, {}, "title_long", "title_override"),
        ({"seo_description": "word " * 35}, {}, "description_long", "seo_description"),
        ({"term": "Web\U00012000hook"}, {"heading": ""}, "card_signs", "term"),
        ({"body": " \n"}, {}, "body_empty", "body"),
        ({"body": "<!-- only a note -->"}, {}, "body_empty", "body"),
    ],
)
def test_fields_are_checked(changes, facts, code, field):
    (finding,) = found(Facts(**{**FACTS.__dict__, **facts}), **changes)

    assert (finding.code, finding.place.field) == (code, field)
    assert (finding.severity == Severity.BLOCKING) == (code in BLOCKING)


def test_a_heading_too_long_is_found_at_the_term_that_makes_it():
    long = f"What is: {'Very wide words ' * 5}"

    (finding,) = found(Facts(**{**FACTS.__dict__, "heading": long}))

    assert (finding.code, finding.place.field) == ("title_long", "term")
    assert "…”" in finding.sentence


def test_a_cut_of_the_site_s_name_alone_is_not_worth_a_word():
    heading = "What is: Wide Web Word Management Matters"
    facts = Facts(**{**FACTS.__dict__, "heading": heading, "site_name": "MMMMMMMM WWWWWWWW"})

    assert previews.search_result(DRAFT, facts).desktop.is_title_cut
    assert found(facts) == []


@pytest.mark.parametrize(
    "definition",
    ["-1 is a number.", "A call, e.g. 3 * 4.", "C# is a language.", "2 > 1 holds.", "A_b is it."],
)
def test_signs_that_mean_themselves_are_no_markup(definition):
    assert codes(short_definition=definition) == []


def test_a_description_of_its_own_spares_the_cut():
    assert codes(short_definition="word " * 40, seo_description="Short.") == []


def test_few_findings_hold_back_a_publication():
    facts = Facts(address_of_another=API, terms={"webhook": API})

    findings = found(facts, body="", short_definition="")

    assert sorted(f.code for f in blocking(findings)) == [
        "address_taken",
        "body_empty",
        "term_taken",
    ]
    assert findings[-1].code == "definition_missing"


# The text ---------------------------------------------------------------------------------

UNTOLD = "![Describe this picture](/a.png)"
ELSEWHERE = "![A dog](https://x.example/a.png)"
LOST = "![A dog](/media/content/no-1x1.webp)"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("# A\n\n### B\n\nText.", [("heading_skipped", 3, "### B")]),
        ("### A\n\n## B\n\nText.", [("heading_skipped", 1, "### A")]),
        ("## A\n\n### B\n\n## C\n\n### D\n\n#### E\n\nText.", []),
        ("### A\n\n### B\n\nText.", []),
        ("A\n=\n\nB\n-\n\nText.", []),
        ("## A\n\n##\n\nText.", [("heading_empty", 3, "##")]),
        ("## A {#a}\n\n## a\n\nText.", [("heading_twice", 3, "## a")]),
        ("```\n# A\n### B\n```\n\nText.", []),
        ("word " * 151, [("paragraph_long", 1, "word " * 151)]),
        ("![](/a.png)", [("picture_undescribed", 1, "![](/a.png)")]),
        (
            "x ![Describe this picture](/a.png)",
            [("picture_undescribed", 1, "![Describe this picture](/a.png)")],
        ),
        ('<img src="/a.png">', [("picture_undescribed", 1, '<img src="/a.png">')]),
        (
            "![A dog](https://x.example/a.png)",
            [("picture_elsewhere", 1, "![A dog](https://x.example/a.png)")],
        ),
        (
            "![A dog](/media/content/no-1x1.webp)",
            [("picture_missing", 1, "![A dog](/media/content/no-1x1.webp)")],
        ),
        ("`![](/a.png)`", []),
    ],
)
def test_headings_paragraphs_and_pictures_are_checked(body, expected):
    assert places(with_link(body)) == expected


LINKS = Facts(
    own=1,
    pages={
        "/glossary/api/": API,
        "/glossary/none/": None,
        "/glossary/draft/": Other(3, "Draft", State.DRAFT),
        "/glossary/soon/": Other(4, "Soon", State.SCHEDULED),
        "/glossary/gone/": Other(5, "Gone", State.WITHDRAWN),
        "/glossary/webhook/": Other(1, "Webhook"),
    },
    missing=frozenset({"/nowhere/"}),
    answers={
        "https://dead.example/": Answer(404, datetime(2026, 11, 3, tzinfo=UTC)),
        "https://broken.example/": Answer(503, datetime(2026, 11, 3, tzinfo=UTC)),
        "https://mute.example/": Answer(None, datetime(2026, 11, 3, tzinfo=UTC), "no answer"),
        "https://fine.example/": Answer(200, datetime(2026, 11, 3, tzinfo=UTC)),
    },
    terms={"api": API},
    aliases={"hook": (API,), "thing": (API, Other(3, "Draft"))},
    anchors=frozenset({"old-id"}),
)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("[a](/glossary/none/)", "link_broken"),
        ('<a href="/glossary/none/">a</a>', "link_broken"),
        ("[a](/nowhere/)", "link_broken"),
        ("[a](/glossary/draft/)", "link_unpublished"),
        ("[a](/glossary/soon/)", "link_unpublished"),
        ("[a](/glossary/gone/)", "link_unpublished"),
        ("[a](/glossary/webhook/)", "link_to_itself"),
        ("[a](#none)", "link_anchor"),
        ("[a](webhook)", "link_incomplete"),
        ("[a]()", "link_nowhere"),
        ("[](/glossary/api/)", "link_empty"),
        ("[a](https://dead.example/)", "link_dead"),
        ("[a](https://broken.example/)", "link_dead"),
        ("<https://mute.example/>", "link_dead"),
        ("https://bare.example/a", "address_bare"),
        ("www.bare.example", "address_bare"),
        ("[[wanted]]", "name_wanted"),
        ("[[wanted|words]]", "name_wanted"),
        ("[[thing]]", "name_claimed"),
        ("[a](ftp://x.example/)", "attribute_removed"),
    ],
)
def test_links_are_checked_where_they_stand(written, code):
    shown = '<a href="/glossary/none/">' if written.startswith("<a ") else written

    assert places(f"Ä 😀 **b** `{written}` {written} end.", LINKS) == [(code, 1, shown)]


@pytest.mark.parametrize(
    "written",
    [
        "[a](/glossary/api/)",
        "[![A dog](/a.png)](/glossary/api/)",
        "[a](https://fine.example/)",
        "[a](https://unknown.example/)",
        "<https://fine.example/>",
        "[https://fine.example/](https://fine.example/)",
        "[a](mailto:a@b.example)",
        "[a](tel:+351000)",
        "[a](#head)",
        "[a](#old-id)",
        "[a](#chosen)",
        "[[API]]",
        "[[Hook|words]]",
        "[a][ref]\n\n[ref]: /glossary/api/",
        "`[[wanted]]` and `https://bare.example` in [code](/glossary/api/)",
    ],
)
def test_links_that_are_right_are_not_mentioned(written):
    body = f"## Head\n\nText {written} here.\n\n## Other {{#chosen}}\n\nMore."

    assert places(body, LINKS) == []


def test_a_dead_link_says_what_it_answered_and_when():
    (finding,) = found(LINKS, body="[a](https://dead.example/)")

    assert finding.sentence == (
        "https://dead.example/ answered 404 when it was last tried, on 3 November 2026."
    )


def test_a_text_that_leads_nowhere_is_told_so_unless_a_term_in_it_becomes_a_link():
    index = TermIndex([Name("sender", 7, "sender"), Name("webhook", 1, "webhook")])
    facts = Facts(own=1, index=index)

    assert codes(facts, body="A webhook.") == ["links_none"]
    assert codes(facts, body="A webhook has a sender.") == []
    assert codes(facts, body="A webhook has a sender.", links_terms=False) == ["links_none"]


# What the sanitiser removes ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Say <term> now.", ("markup_removed", 1, "<term>")),
        ("A List<T> of them.", ("markup_removed", 1, "<T>")),
        (
            "Text\n\n<div>\n<section>\n<iframe src='x'></iframe>\n</section>\n</div>",
            ("markup_removed", 5, "<iframe src='x'>"),
        ),
        ("<script>let a = '<b>';</script>", ("markup_removed", 1, "<script>")),
        (
            'A <span style="color:red">b</span>',
            ("attribute_removed", 1, '<span style="color:red">'),
        ),
        ('<p onclick="x()">b</p>', ("attribute_removed", 1, '<p onclick="x()">')),
        ('A <a href="javascript:x">b</a>', ("attribute_removed", 1, '<a href="javascript:x">')),
        ('<b id="x">a</b> <i id="x">b</i>', ("attribute_removed", 1, '<i id="x">')),
        ('<b id="page-main">a</b>', ("attribute_removed", 1, '<b id="page-main">')),
        ("<div>\n<td>cell</td>\n</div>", ("markup_removed", 2, "<td>")),
        ("Text\n\n<!-- begun\n\nnever ended", ("markup_removed", 3, "<!-- begun\n\nnever ended")),
    ],
)
def test_markup_that_is_taken_out_is_shown_with_its_line(body, expected):
    assert places(with_link(body) if "<!--" not in body else body + "\n", LINKS)[:1] == [expected]


@pytest.mark.parametrize(
    "body",
    [
        "Press <kbd>Esc</kbd>, H<sub>2</sub>O, <abbr title='x'>x</abbr>.",
        "<details open><summary>More</summary>\n\nText\n\n</details>",
        "<table>\n<tr><th scope='col'>a</th></tr>\n<tr><td colspan=2>b</td></tr>\n</table>",
        "<figure>\n<img src='/a.png' alt='A dog' width=1 height=1>\n</figure>",
        "<!-- no links -->\n\nText <b>b</b>\n\n<!-- links -->",
        "<div>\n<!-- <font> -->\n</div>",
        "`<term>` and &lt;term&gt; and 1 < 2",
        "```html\n<script>\n```",
        "Line<br>break<br/>",
    ],
)
def test_markup_that_stays_is_not_mentioned(body):
    assert places(with_link(body), LINKS) == []


# Places -----------------------------------------------------------------------------------


def test_places_are_right_in_quotations_lists_tables_and_with_any_line_break():
    body = (
        "😀 Über\r\n\r\n> - one\r\n>   <x1> two\r\n\r\n"
        "| a | b |\r\n| - | - |\r\n| <x2> | 😀 <x2> |\r\n\r\n"
        "1. a\r\n\r\n   b <x3>\r\n\r\nWord\r\n: is <x4>\r\n\r\nnote[^1]\r\n\r\n[^1]: foot <x5>\r\n"
    )
    expected = [
        ("markup_removed", 4, "<x1>"),
        ("markup_removed", 8, "<x2>"),
        ("markup_removed", 8, "<x2>"),
        ("markup_removed", 12, "<x3>"),
        ("markup_removed", 15, "<x4>"),
        ("markup_removed", 19, "<x5>"),
    ]
    for breaks in ("\r\n", "\n", "\r"):
        found_here = places(body.replace("\r\n", breaks), LINKS)
        assert [each for each in found_here if each[0] == "markup_removed"] == expected
    starts = [f.place.start for f in found(LINKS, body=body) if f.code == "markup_removed"]
    assert len(set(starts)) == 6


@given(st.text(alphabet="ab #*[]()<>`!|-:\n\r\t{}.\\&;/=\"'😀é", max_size=120))
def test_whatever_is_written_places_lie_within_the_text(body):
    length = len(unified(body))
    for finding in found(LINKS, body=body):
        place = finding.place
        if place.start is not None:
            assert 0 <= place.start <= place.end <= length
            assert place.line == unified(body)[: place.start].count("\n") + 1


@pytest.mark.parametrize(
    "piece",
    ["## A\n\n", "<b>", "<b title={}>\n\n", "[[a]] ", "[x](/a) ", "![](/a) ", "https://a.b ",
     '<div x="', "| a ", "<!-- ", "a. ", '<a href="x:', "<table><td>\n\n", "> ", "a\n- "],
)  # fmt: skip
def test_no_text_keeps_the_editor_waiting(piece):
    body = "".join(piece.replace("{}", str(n)) for n in range(60_000 // len(piece)))[:60_000]
    parsed.cache_clear()

    began = time.process_time()
    findings = found(LINKS, body=body)

    assert len(findings) <= 80
    assert time.process_time() - began < 3


def test_ten_thousand_headings_are_counted_and_a_few_of_them_told():
    body = "## Again\n\n" * 10_000

    told = [f for f in found(body=body) if f.code == "heading_twice"]

    assert len(told) == 20
    assert told[-1].sentence.endswith("There are 9,979 more of this kind.")


# Reading ease and previews ----------------------------------------------------------------

EASY = "The cat sat on the mat. It was warm. The dog came in. It sat down too. " * 5
HARD = (
    "Organisational transformation necessitates interdisciplinary collaboration regarding "
    "institutional accountability, notwithstanding considerable administrative complications "
    "arising throughout implementation. " * 6
)
GERMAN = "Der Hund läuft durch den Wald. Er sucht den Ball. Das Kind wirft ihn noch einmal. " * 5
PORTUGUESE = "O gato dorme no sofá. A casa é boa. O pão está na mesa. O João lê um livro. " * 5


@pytest.mark.parametrize(
    ("body", "language", "least", "most"),
    [
        (EASY, "en", 95, 100),
        (HARD, "en", 0, 5),
        (GERMAN, "de", 70, 100),
        (PORTUGUESE, "pt", 80, 100),
    ],
)
def test_reading_ease_follows_the_formula_of_the_language(body, language, least, most):
    measures = ease.measure(parsed(body), language=language)

    assert least <= measures.score <= most


@pytest.mark.parametrize(("body", "language"), [("Two words.", "en"), (EASY, "fr"), ("", "en")])
def test_no_score_where_none_would_be_true(body, language):
    assert ease.measure(parsed(body), language=language).score is None


def test_a_hard_text_is_a_hint():
    assert codes(body=with_link(HARD)) == ["reading_hard"]


@pytest.mark.parametrize(
    ("word", "language", "count"),
    [
        ("cat", "en", 1), ("make", "en", 1), ("table", "en", 2), ("automation", "en", 4),
        ("asked", "en", 1), ("wanted", "en", 2), ("houses", "en", 2), ("the", "en", 1),
        ("haus", "de", 1), ("maschine", "de", 3), ("geändert", "de", 3), ("theorie", "de", 3),
        ("pão", "pt", 1), ("queijo", "pt", 2), ("dia", "pt", 2), ("coração", "pt", 3),
    ],
)  # fmt: skip
def test_syllables_are_counted_by_their_vowels(word, language, count):
    assert ease.syllables(word, language=language) == count


def test_previews_cut_at_words_where_search_results_do():
    facts = Facts(heading="What is: " + "Word " * 20, site_name="Headword")

    shown = previews.search_result(
        {"short_definition": "Some words. " * 30, "slug": "word"}, facts, host="glossary.example"
    )

    assert shown.trail == "glossary.example › glossary › word"
    assert shown.desktop.is_title_cut
    assert shown.desktop.title.endswith("Word …")
    assert previews.width(shown.desktop.title, previews.TITLE_SIZE) <= 600
    assert len(shown.mobile.description) < len(shown.desktop.description) <= 155


def test_wide_scripts_are_cut_earlier():
    shown = previews.search_result({"title_override": "学" * 40}, Facts())

    assert (shown.desktop.is_title_cut, shown.mobile.is_title_cut) == (True, False)
