"""Values of templates are those that Django finds, however odd."""

from collections import namedtuple
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.template import Context
from django.template.base import VariableNode
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from config.quick_values import QuickVariable, ValueNode
from tests.folding import FOLDED, PLAIN, both, engine, rendered

Pair = namedtuple("Pair", "name text")


class Odd:
    """Everything that a template may meet behind a dot."""

    name = "Ada <b>"
    word = "Search"
    safe = mark_safe("<b>Ada</b>")
    number = 1234567
    share = 0.5
    price = Decimal("1234.50")
    nothing = None
    yes = True
    lazy = gettext_lazy("Search")
    day = date(2026, 3, 1)
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    keys = {"name": "key", "items": "its own", 1: "one"}
    pair = Pair("n", "<t>")
    list = ["<a>", "b"]

    def method(self):
        return "called <b>"

    def other(self):
        return Odd()

    def needs(self, one):
        return one

    def deletes(self):
        raise AssertionError

    deletes.alters_data = True

    @property
    def missing(self):
        raise ObjectDoesNotExist

    @property
    def wrong(self):
        raise AttributeError("inside")

    @property
    def broken(self):
        raise ZeroDivisionError


class Uncalled:
    do_not_call_in_templates = True
    name = "not called"

    def __call__(self):
        raise AssertionError


PATHS = [
    "odd", "odd.name", "odd.safe", "odd.number", "odd.share", "odd.price", "odd.nothing",
    "odd.yes", "odd.lazy", "odd.day", "odd.moment", "odd.keys.name", "odd.keys.items",
    "odd.keys.none", "odd.keys.1", "odd.pair.text", "odd.pair.1", "odd.pair.none", "odd.list.0",
    "odd.list.9", "odd.list.append", "odd.method", "odd.other.name", "odd.needs", "odd.deletes",
    "odd.missing", "odd.missing.name", "odd.none", "odd.none.name", "odd.nothing.name",
    "odd.name.upper", "odd.name.0", "uncalled", "uncalled.name", "kind", "kind.name", "nowhere",
    "nowhere.name", "True", "None", "text", "lines.0.name", "dicts", "word", "odd.word",
]  # fmt: skip
SOURCES = [
    "{{ PATH }}",
    "{% autoescape off %}{{ PATH }}{% endautoescape %}",
    "{{ PATH|default:'none' }}",
    "{{ text|default:PATH }}",
    "{% if PATH %}yes{% else %}no{% endif %}",
    "{% if not PATH and PATH != 'x' or PATH == text %}yes{% endif %}",
    "{% for each in PATH %}{{ each }},{{ forloop.last }}{% empty %}none{% endfor %}",
    "{% with value=PATH %}{{ value }}{% endwith %}{{ value }}",
    "{% include 'part' with x=PATH %}",
    "{% load i18n %}{% blocktranslate with x=PATH %}It is {{ x }}{% endblocktranslate %}",
    "{% firstof PATH text %}",
    "{% load i18n %}{% translate PATH %}{% translate PATH as said %}{{ said }}",
]


def context() -> dict[str, object]:
    return {
        "odd": Odd(),
        "uncalled": Uncalled(),
        "kind": Odd,
        "text": "a & b",
        "word": "Search",
        "lines": [{"name": "first"}],
    }


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("source", SOURCES)
def test_values_are_those_of_django(source, path):
    given = context()
    if "|default:PATH" in source or "firstof" in source or "'part'" in source:
        given |= {"nowhere": {}, "dicts": ""}
    source = source.replace("PATH", path)
    for language in ("en", "de"):
        with translation.override(language):
            assert outcome(source, given, FOLDED) == outcome(source, given, PLAIN)


def outcome(source: str, given: dict[str, object], loader: str) -> str:
    """What it renders as, without what differs between two objects; or the error."""
    try:
        said = rendered(source, loader, **given)
    except Exception as error:
        return repr(error)
    return said.partition(" object at ")[0]


@pytest.mark.parametrize("source", ["{{ odd.count }}", "{% if odd.count %}{% endif %}"])
def test_properties_are_asked_once(source):
    class Counting:
        times = 0

        @property
        def count(self) -> int:
            self.times += 1
            return self.times

    odd = Counting()
    rendered(source, odd=odd)
    assert odd.times == 1


@pytest.mark.parametrize(
    ("name", "error"), [("wrong", AttributeError), ("broken", ZeroDivisionError)]
)
def test_errors_of_a_property_are_seen(name, error):
    with pytest.raises(error):
        rendered(f"{{{{ odd.{name} }}}}", odd=Odd())


def test_the_nearest_value_is_meant():
    source = "{{ x }}{% with x=2 %}{{ x }}{% for x in odd.list %}{{ x }}{% endfor %}{{ x }}"
    assert both(source + "{% endwith %}{{ x }}", x=1, odd=Odd()) == "12&lt;a&gt;b21"


def test_plain_values_are_found_without_django(monkeypatch):
    made = engine(FOLDED, page="{{ odd.name }}{% if odd.keys.name %}{{ text }}{% endif %}")
    template = made.get_template("page")
    assert isinstance(template.nodelist[0], ValueNode)

    def asked(*_):
        raise AssertionError("Django was asked")

    monkeypatch.setattr("django.template.base.Variable._resolve_lookup", asked)
    monkeypatch.setattr(VariableNode, "render", asked)
    assert template.render(Context(context())) == "Ada &lt;b&gt;a &amp; b"


def test_constants_stay_as_they_are():
    made = engine(FOLDED, page="{{ 'a' }}{{ 1 }}{% with x=2.5 %}{{ x|add:1 }}{% endwith %}")
    nodes = made.get_template("page").nodelist
    assert [type(node) for node in nodes[:2]] == [VariableNode, VariableNode]
    assert not any(isinstance(node.filter_expression.var, QuickVariable) for node in nodes[:2])
    assert both("{{ 'a<' }}{{ 1 }}{{ _('Search') }}") == "a<1Search"
