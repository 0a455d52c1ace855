import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossary import diffing
from glossary.diffing import Part


def marked(parts: list[Part]) -> str:
    signs = {"same": "{}", "old": "[-{}-]", "new": "[+{}+]"}
    return "".join(signs[part.kind].format(part.text) for part in parts)


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("", "", ""),
        ("A call.", "A call.", "A call."),
        ("", "New.", "[+New.+]"),
        ("Gone.", "", "[-Gone.-]"),
        ("An old word.", "A new word.", "[-An-][+A+] [-old-][+new+] word."),
        ("one two", "one three two", "one [+three +]two"),
        ("**bold** text", "*bold* text", "*[-*-]bold[-*-]* text"),
        ("![Alt](/a.webp)", "![Other](/a.webp)", "![[-Alt-][+Other+]](/a.webp)"),
        ("café", "cafe", "[-café-][+cafe+]"),
        ("日本", "日本語", "[-日本-][+日本語+]"),
    ],
)
def test_words_that_went_and_came_are_marked(old, new, shown):
    assert marked(diffing.words(old, new)) == shown


def test_lines_stand_beside_each_other():
    rows = diffing.rows("# A\n\nOne two.\nGone.\nEnd.", "# A\n\nOne 2.\nEnd.\nMore.")
    assert [(r.old_number, r.new_number, r.is_same) for r in rows] == [
        (1, 1, True),
        (2, 2, True),
        (3, 3, False),
        (4, None, False),
        (5, 4, True),
        (None, 5, False),
    ]
    assert marked(rows[2].old), marked(rows[2].new) == ("One [-two-].", "One [+2+].")


def test_only_what_is_near_a_change_is_shown():
    lines = [str(n) for n in range(20)]
    changed = ["x" if n == 10 else str(n) for n in range(20)]
    near = list(diffing.near_changes(diffing.rows("\n".join(lines), "\n".join(changed))))
    assert [row.old_number if row else None for row in near] == [None, 9, 10, 11, 12, 13, None]
    assert list(diffing.near_changes(diffing.rows("a\nb", "a\nb"))) == []


def test_fields_that_differ_are_named():
    old = {"term": "A", "body": "One.", "topics": ["X"], "links_terms": True, "offer": None}
    new = {"term": "A", "body": "Two.", "topics": ["X", "Y"], "links_terms": False, "offer": None}
    found = {each.name: marked(each.inline) for each in diffing.fields(old, new)}
    assert found == {
        "body": "[-One-][+Two+].\n",
        "topics": "X\n[+Y+]\n",
        "links_terms": "[-yes-][+no+]\n",
    }


@given(st.text(alphabet="ab \n*é", max_size=60), st.text(alphabet="ab \n*é", max_size=60))
def test_both_texts_can_be_read_out_of_a_diff(old, new):
    rows = diffing.rows(old, new)
    left = ["".join(p.text for p in row.old) for row in rows if row.old is not None]
    right = ["".join(p.text for p in row.new) for row in rows if row.new is not None]
    assert (left, right) == (old.splitlines(), new.splitlines())
    parts = diffing.words(old, new)
    assert "".join(p.text for p in parts if p.kind != "new") == old
    assert "".join(p.text for p in parts if p.kind != "old") == new


@pytest.mark.parametrize("kind", ["blank lines", "one line", "shuffled", "all new"])
def test_the_longest_texts_are_compared_in_bounded_time(kind):
    shuffle = random.Random(1)
    lines = [f"line {n % 700} of words\n\n" for n in range(9000)]
    other = list(lines)
    if kind == "shuffled":
        shuffle.shuffle(other)
    elif kind == "all new":
        other = [line.upper() for line in lines]
    elif kind == "one line":
        lines, other = [" ".join(lines).replace("\n", " ")], [" ".join(lines[::-1])]
    else:
        lines, other = ["\n"] * 100_000, ["\n"] * 50_000 + ["a\n"] + ["\n"] * 49_999
    began = time.process_time()
    diffing.fields({"body": "".join(lines)}, {"body": "".join(other)})
    assert time.process_time() - began < 5
