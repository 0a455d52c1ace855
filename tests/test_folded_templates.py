"""Folded templates render what Django's own do, with less to do."""

from copy import deepcopy

import pytest
from django.conf import settings as now
from django.template import Context, TemplateDoesNotExist
from django.template.base import TextNode
from django.template.defaulttags import URLNode
from django.urls import NoReverseMatch
from django.utils import translation

from config import site
from tests.factories import (
    make_author,
    make_comparison,
    make_draft,
    make_entry,
    make_offer,
    make_path,
    make_site,
)
from tests.folding import FOLDED, PLAIN, both, engine, rendered

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _settings():
    make_site()
    site.current()


def kinds(source: str) -> list[type]:
    loads = "{% load i18n static %}"
    template = engine(FOLDED, page=loads + source).get_template("page")
    return [type(node) for node in template.nodelist][1:]


# What becomes text ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "a {% translate 'Search' %} b",
        "a {% url 'glossary:index' %} b",
        "a {% static 'css/site.css' %} b",
        "{% translate 'Search' %}{% url 'home' %}{% translate 'May' context 'month name' %}",
    ],
)
def test_constants_are_one_text(source):
    assert kinds(source) == [TextNode] or kinds(source) == []
    assert both("{% load i18n static %}" + source)


@pytest.mark.parametrize(
    "source",
    [
        "{% translate 'Search' as word %}",
        "{% translate word %}",
        "{% translate 'Search'|upper %}",
        "{% url name %}",
        "{% url 'glossary:letter' letter %}",
        "{% url 'glossary:index' as index %}",
        "{% static path %}",
        "{% static 'css/site.css' as sheet %}",
    ],
)
def test_what_a_context_decides_is_left(source):
    assert [kind for kind in kinds(source) if kind is not TextNode]


@pytest.mark.parametrize(
    "source",
    [
        "{% if x %}{% translate 'Yes' %}{% elif y %}{% url 'home' %}{% else %}{{ x }}{% endif %}",
        "{% for y in x %}{% translate 'Search' %}{% empty %}{% translate 'No' %}{% endfor %}",
        "{% with y=x %}{% translate 'Search' %}{{ y }}{% endwith %}",
        "{% include 'part' %}{% include 'part' with x=5 %}{% include 'part' with x=1 only %}",
        "{% autoescape off %}{% translate 'a < b' %}{{ x }}{% endautoescape %}{{ x }}",
        "{% language 'de' %}{% translate 'Search' %}{% endlanguage %}{% translate 'Search' %}",
        "{% blocktranslate with y=x %}{{ y }} minutes{% endblocktranslate %}",
        "{% translate '100%% &' %}{% translate 'Search' as z %}{{ z }}",
        "{% spaceless %} <b>{% translate 'Search' %}</b> <i>{{ x }}</i> {% endspaceless %}",
    ],
)
@pytest.mark.parametrize("x", ["", "<b>", [1, 2]])
@pytest.mark.parametrize("language", ["en", "de"])
def test_it_says_the_same_everywhere(source, x, language):
    with translation.override(language):
        both("{% load i18n static %}" + source, x=x)


# Languages and addresses -------------------------------------------------------------------


def test_each_language_has_its_own():
    template = engine(FOLDED, page="{% load i18n %}{% translate 'Search' %} {% url 'home' %}")
    said = []
    for language in ("en", "de", "en"):
        with translation.override(language):
            said.append(template.get_template("page").render(Context()))
    assert said == ["Search /", "Suche /de/", "Search /"]


def test_another_language_may_lose_its_prefix():
    made = engine(FOLDED, page="{% url 'home' %} {% url 'glossary:entry' slug %}")
    with translation.override("de"):
        before = made.get_template("page").render(Context({"slug": "net"}))
        settings = site.current()
        settings.language = "de"
        settings.save()
        site.renew()
        after = made.get_template("page").render(Context({"slug": "net"}))
    assert (before, after) == ("/de/ /de/glossary/net/", "/ /glossary/net/")


def test_no_address_is_made_before_the_settings_are_known(django_assert_num_queries):
    site.forget()
    made = engine(FOLDED, page="{% url 'home' %}{% url 'glossary:entry' slug %}")
    with django_assert_num_queries(0):
        template = made.get_template("page")
    assert [type(node) for node in template.nodelist] == [URLNode, URLNode]
    assert template.render(Context({"slug": "net"})) == "//glossary/net/"


@pytest.mark.parametrize("slug", ["net-3", "學習", "Ünd", None])
def test_slugs_are_put_into_addresses(slug):
    both("{% url 'glossary:entry' slug %} {% url 'glossary:entry_markdown' slug %}", slug=slug)


@pytest.mark.parametrize("slug", ["", "c++", "two words", "a&b"])
def test_what_has_no_address_fails_as_ever(slug):
    for loader in (PLAIN, FOLDED):
        with pytest.raises(NoReverseMatch):
            rendered("{% url 'glossary:entry' slug %}", loader, slug=slug)


# Files and other templates ------------------------------------------------------------------


def test_a_missing_address_is_missed_when_it_is_shown():
    source = "{% if x %}{% url 'nowhere' %}{% url 'nowhere' x %}{% endif %}fine"
    assert both(source, x=False) == "fine"
    with pytest.raises(NoReverseMatch):
        rendered(source, x=True)


def test_a_missing_part_is_missed_when_it_is_shown():
    source = "{% if x %}{% include 'nowhere' %}{% endif %}fine"
    assert both(source, x=False) == "fine"
    with pytest.raises(TemplateDoesNotExist):
        rendered(source, x=True)


def test_a_template_may_include_itself():
    tree = "{{ node.name }}{% for node in node.parts %}({% include 'page' %}){% endfor %}"
    node = {"name": "a", "parts": [{"name": "b", "parts": [{"name": "c"}]}, {"name": "d"}]}
    assert both(tree, node=node) == "a(b(c))(d)"


def test_blocks_are_found_at_each_level():
    templates = {
        "base": "{% load i18n %}[{% block a %}{% translate 'Search' %}{% endblock %}]"
        "{% if x %}{% block b %}-{% endblock %}{% endif %}",
        "middle": "{% extends 'base' %}{% block a %}m{{ block.super }}{% endblock %}",
        "page": "{% extends 'middle' %}{% block b %}p{{ x }}{% endblock %}",
    }
    for loader in (PLAIN, FOLDED):
        template = engine(loader, **templates).get_template("page")
        said = [template.render(Context({"x": x})) for x in (1, 0, 2)]
        assert said == ["[mSearch]p1", "[mSearch]", "[mSearch]p2"]


# The site's own ------------------------------------------------------------------------------


@pytest.fixture
def pages() -> list[str]:
    author = make_author(name="Ada Example", role="Consultant")
    make_offer(name="First talk", is_default=True)
    entries = [
        make_entry(term="Adapter", author=author, topics=["Patterns"], body="See [[Bridge]]."),
        make_entry(term="Bridge", body="Not an adapter.\n\n## Why\n\nText.\n\n## How\n\nText."),
        make_entry(term="學習", language="de", body="Ein Adapter."),
    ]
    make_draft(term="Unseen")
    made = [*entries, author, make_comparison(*entries[:2]), make_path(*entries[:2])]
    fixed = (
        "/ /glossary/ /topics/ /authors/ /compare/ /paths/ /search/ /search/?q=bridge /privacy/"
    )
    german = [f"/de{path}" for path in fixed.split()]
    others = ["/suggest/", "/consultation/", "/nowhere/", "/glossary/letter/A/", "/llms.txt"]
    return [*(each.get_absolute_url() for each in made), *fixed.split(), *german, *others]


def test_pages_are_the_same_bytes(pages, client, settings):
    assert now.TEMPLATES[0]["OPTIONS"]["loaders"][0][0] == FOLDED
    answers = [client.get(path) for path in pages]
    plain = deepcopy(now.TEMPLATES)
    plain[0]["OPTIONS"]["loaders"] = [(PLAIN, plain[0]["OPTIONS"]["loaders"][0][1])]
    settings.TEMPLATES = plain
    for path, answer in zip(pages, answers, strict=True):
        assert answer.status_code in (200, 404), path
        assert without_tokens(client.get(path)) == without_tokens(answer), path


def without_tokens(answer) -> bytes:
    """Forms say when they were made."""
    lines = answer.content.splitlines()
    return b"\n".join(line for line in lines if b'type="hidden"' not in line)
