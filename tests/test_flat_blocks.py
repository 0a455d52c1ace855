"""Blocks stand where Django would put them, once they are put in their places for good."""

import pytest
from django.template import Context, Engine
from django.utils import translation

from config.flat_blocks import FlatExtends
from tests.folding import FOLDED, LOCMEM, PLAIN, engine


def block(name: str, content: str = "") -> str:
    return f"{{% block {name} %}}{content}{{% endblock %}}"


def extends(parent: str, **blocks: str) -> str:
    made = (block(name, content) for name, content in blocks.items())
    return f"{{% extends '{parent}' %}}" + "".join(made)


BASE = f"<{block('a', 'A{{ x }}')}|{block('b', 'B' + block('c', 'C'))}>"
IF = "{% if x %}", "{% endif %}"


def said(templates: dict[str, str], **given: object) -> str:
    """What "page" renders as, each time, and the same as Django says."""
    found = set()
    for loader in (PLAIN, FOLDED):
        template = engine(loader, **templates).get_template("page")
        found |= {template.render(Context(given)) for _ in range(3)}
    (one,) = found
    return one


def is_flat(templates: dict[str, str]) -> bool:
    template = engine(FOLDED, **templates).get_template("page")
    template.render(Context({}))
    (extends,) = [node for node in template.nodelist if isinstance(node, FlatExtends)]
    return extends.flat is not None


@pytest.mark.parametrize(
    ("leaf", "middle", "expected"),
    [
        (extends("base"), "", "<A1|BC>"),
        (extends("base", a="{{ x }}a"), "", "<1a|BC>"),
        (extends("base", c="c"), "", "<A1|Bc>"),
        (extends("base", b="b"), "", "<A1|b>"),
        (extends("base", b="b" + block("d", "D")), "", "<A1|bD>"),
        (extends("base", a="{% include 'part' %}"), "", "<[1]|BC>"),
        (
            extends("middle", d="d", a="-"),
            extends("base", b="m" + block("d", "D")),
            "<-|md>",
        ),
        (
            extends("middle", c="<" + block("a", "in") + ">") + "outside",
            extends("base", a="middle"),
            "<in|B<in>>",
        ),
    ],
)
def test_blocks_are_in_their_places(leaf, middle, expected):
    part = "[" + block("b", "{{ x }}") + "]"
    templates = {"base": BASE, "page": leaf, "middle": middle, "part": part}
    assert said(templates, x=1) == expected
    assert is_flat(templates)


@pytest.mark.parametrize(
    ("leaf", "middle", "expected"),
    [
        (extends("base", a="[{{ block.super }}]"), "", "<[A1]|BC>"),
        (extends("middle", c="c"), extends("base", a="[{{ block.super }}]"), "<[A1]|Bc>"),
        (extends("middle", a="a"), block("a", "A").join(IF), "a"),
        (extends("middle", d="d"), extends("base", a=block("d", "D").join(IF)), "<d|BC>"),
        (extends("middle"), "said before " + extends("base"), "said before <A1|BC>"),
        (extends("base", a="{{ block.name }}"), "", "<a|BC>"),
        (extends("base", a="{% with b=block %}{{ b.super }}{% endwith %}"), "", "<A1|BC>"),
    ],
)
def test_what_django_has_to_see_to_is_left_to_it(leaf, middle, expected):
    templates = {"base": BASE, "page": leaf, "middle": middle}
    assert said(templates, x=1) == expected
    assert not is_flat(templates)


def test_names_that_a_context_knows_are_left_to_it():
    page = extends("base", b="b").replace("'base'", "base")
    assert said({"base": BASE, "page": page}, x=1, base="base") == "<A1|b>"
    middle = extends("base", a="a").replace("'base'", "base")
    templates = {"base": BASE, "middle": middle, "page": extends("middle", b="b")}
    assert said(templates, base="base") == "<a|b>"


def test_a_flat_template_can_be_extended_by_one_that_is_not():
    middle, page = extends("base", b="m"), extends("middle", b="[{{ block.super }}]")
    made = engine(FOLDED, base=BASE, middle=middle, page=page)
    for _ in "ab":
        assert made.get_template("middle").render(Context({"x": 1})) == "<A1|m>"
        assert made.get_template("page").render(Context({"x": 1})) == "<A1|[m]>"


def test_a_template_may_extend_another_of_its_name():
    first = {"page": extends("page", a="first")}
    then = {"page": extends("base", b="then"), "base": BASE}
    for loader in (PLAIN, FOLDED):
        made = Engine(loaders=[(loader, [(LOCMEM, first), (LOCMEM, then)])])
        template = made.get_template("page")
        assert [template.render(Context()) for _ in "ab"] == ["<first|then>"] * 2


def test_what_a_block_sets_is_forgotten_behind_it():
    page = extends("base", a="{% load i18n %}{% translate 'x' as x %}{{ x }}")
    assert said({"base": BASE + "{{ x }}", "page": page}, x=1) == "<x|BC>1"


def test_each_language_has_its_own():
    loads = "{% load i18n %}"
    base = loads + "{% translate 'Search' %} " + block("a")
    page = extends("base", a=loads + "{% translate 'Topics' %}")
    made, found = engine(FOLDED, base=base, page=page), []
    for language in ("en", "de", "en"):
        with translation.override(language):
            found.append(made.get_template("page").render(Context()))
    assert found == ["Search Topics", "Suche Themen", "Search Topics"]


@pytest.mark.parametrize("leaf", [extends("base"), "{% include 'base' %}"])
@pytest.mark.parametrize("order", [("en", "de", "en"), ("de", "en", "de")])
def test_a_template_may_be_rendered_in_other_languages_than_it_was_read_in(leaf, order):
    made = engine(FOLDED, base="{% load i18n %}{% translate 'Search' %}", page=leaf)
    with translation.override("de"):
        german = made.get_template("page")
    for language in order:
        with translation.override(language):
            assert german.render(Context()) == {"en": "Search", "de": "Suche"}[language]


def test_texts_that_meet_are_one():
    page = extends("base", a="a", c="c")
    template = engine(FOLDED, base=BASE, page=page).get_template("page")
    assert template.render(Context()) == "<a|Bc>"
    (node,) = template.nodelist[0].flat
    assert node.s == "<a|Bc>"
