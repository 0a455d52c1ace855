"""Ids of headings: made from their words, and kept through later versions of a text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import headings, markdown
from config.headings import Anchor
from config.markdown import Rendered


def text_of(titles: list[str]) -> str:
    return "\n\n".join(f"## {title}\n\nWords." for title in titles)


def versions(*texts: list[str]) -> Rendered:
    """The last of a text's versions, each given by its headings."""
    rendered = markdown.render("", anchors=[])
    for titles in texts:
        rendered = markdown.render(text_of(titles), anchors=rendered.anchors)
    return rendered


def ids(anchors: list[Anchor]) -> dict[str, list[str]]:
    """The ids in order, each with the older ones that lead to the same heading."""
    return {anchor["id"]: anchor.get("old", []) for anchor in anchors}


def targets(html: str) -> list[str]:
    return re.findall(r' id="([^"]+)"', html)


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (["Was kostet das?", "Été", "学習", "हिन्दी", "Обучение"],
         ["was-kostet-das", "été", "学習", "हिन्दी", "обучение"]),
        (["E\u0301te\u0301", "`code` & *stress*", "page-top", "fn1", "?!"],
         ["été", "code-stress", "s-page-top", "s-fn1", "section"]),
        (["A", "A", "A-2", "a", "?", "!"], ["a", "a-2", "a-2-2", "a-3", "section", "section-2"]),
        (["Price", "Cost {#price}", "Use {#price}"], ["price-3", "price", "price-2"]),
    ],
    ids=["scripts", "signs", "duplicates", "chosen"],
)  # fmt: skip
def test_each_heading_has_an_id_of_its_own(titles, expected):
    rendered = versions(titles)
    assert [anchor["id"] for anchor in rendered.anchors] == expected
    assert targets(rendered.html) == expected
    assert re.findall(r'href="#([^"]+)" class="anchor"', rendered.html) == expected
    assert [line["id"] for line in rendered.contents] == expected


BEFORE = ["Costs", "Use", "Size", "Size"]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (["Intro", "Costs", "Use", "More", "Size", "Size"],
         {"intro": [], "costs": [], "use": [], "more": [], "size": [], "size-2": []}),
        (["Use", "Size", "Size"], {"use": [], "size": [], "size-2": []}),
        (["Size", "Costs", "Size", "Use"], {"size": [], "costs": [], "size-2": [], "use": []}),
        (["What it costs", "Use", "Size", "Size"],
         {"what-it-costs": ["costs"], "use": [], "size": [], "size-2": []}),
        (["Costs", "Use", "Size", "Weight"],
         {"costs": [], "use": [], "size": [], "weight": ["size-2"]}),
        (["Costs", "Use {#usage}", "Size", "Size"],
         {"costs": [], "usage": ["use"], "size": [], "size-2": []}),
        (["Eins", "Zwei"], {"eins": ["costs"], "zwei": ["use"]}),
        ([], {}),
    ],
    ids=["inserted", "removed", "moved", "renamed", "renamed duplicate", "chosen", "all", "none"],
)  # fmt: skip
def test_ids_stay_when_other_headings_change(after, expected):
    assert ids(versions(BEFORE, after).anchors) == expected


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (["Costs", "The costs", "The price"], {"the-price": ["costs", "the-costs"]}),
        (["Costs", "The costs", "Costs"], {"costs": ["the-costs"]}),
        (["Costs", "The costs", "The costs", "The costs"], {"the-costs": ["costs"]}),
        (["Costs {#money}", "Costs", "The costs"], {"the-costs": ["money"]}),
    ],
    ids=["twice", "back", "then kept", "chosen before"],
)
def test_a_renamed_heading_answers_to_its_old_ids(titles, expected):
    rendered = versions(*[[title] for title in titles])
    assert ids(rendered.anchors) == expected
    ((present, old),) = expected.items()
    assert targets(rendered.html) == [present, *old]
    assert rendered.contents == [{"id": present, "title": titles[-1], "children": []}]


def test_an_old_id_never_takes_that_of_a_present_heading():
    rendered = versions(["Costs"], ["Price"], ["Price", "Costs"])
    assert ids(rendered.anchors) == {"price": [], "costs": []}
    assert targets(rendered.html) == ["price", "costs"]


_TITLES = st.lists(st.sampled_from(["A", "A", "B", "The B", "C {#a}", "?", "a-2"]), max_size=6)


@given(st.lists(_TITLES, min_size=1, max_size=4))
def test_no_id_stands_twice_whatever_is_edited(texts):
    rendered = versions(*texts)
    known = [
        known for anchor in rendered.anchors for known in (anchor["id"], *anchor.get("old", []))
    ]
    assert len(known) == len(set(known))
    assert sorted(targets(rendered.html)) == sorted(known)
    assert markdown.render(text_of(texts[-1]), anchors=rendered.anchors) == rendered


def test_a_heading_with_a_link_or_without_words_is_no_link_itself():
    for title in ("See [us](/about/)", "Costs[^1]", "Costs <a href='/x'>more</a>", "{#empty}"):
        assert "anchor" not in markdown.render(f"## {title}\n\n[^1]: Note.", anchors=[]).html
    assert "anchor" in markdown.render("## Costs", anchors=[]).html


def test_three_hundred_headings_are_compared_only_so_far(monkeypatch):
    compared = []
    is_alike = headings._is_alike
    monkeypatch.setattr(headings, "_is_alike", lambda *two: compared.append(two) or is_alike(*two))
    old = [f"{'long ' * 100}{number}" for number in range(300)]
    rendered = versions(old, [f"{'gnol ' * 100}{number}" for number in range(300)])
    assert len({anchor["id"] for anchor in rendered.anchors}) == 300
    assert sum("old" in anchor for anchor in rendered.anchors) == headings.MOST_COMPARED
    assert 0 < len(compared) <= headings.MOST_COMPARED**2
