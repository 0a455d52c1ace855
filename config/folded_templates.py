"""Templates folded for a language: what is the same on each of its pages is text already.

Half of what Django does for a page is to translate the same words, to make the
same addresses and to look for the same templates. Here `{% translate "…" %}`,
`{% url "…" %}`, `{% static "…" %}` and `{% include "…" %}` of constants are
worked out once, when a template is read for a language; values are looked up
by `config/quick_values.py`. Templates are written as ever, and the pages are
the same.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

from django.template import Context, Node, NodeList, Origin, Template
from django.template.base import FilterExpression, TextNode
from django.template.defaulttags import IfNode, URLNode
from django.template.loader_tags import IncludeNode
from django.template.loaders import base, cached
from django.templatetags.i18n import LanguageNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import NoReverseMatch
from django.utils.html import escape

from config import addresses, quick_values
from config.flat_blocks import FlatExtends


class _Folding(base.Loader):
    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        template = super().get_template(template_name, skip)
        template.nodelist = folded(template.nodelist)
        return template


class Loader(cached.Loader, _Folding):
    """Django's loader that keeps templates: folded, for each language and kind of address."""

    def cache_key(self, template_name: str, skip: list[Origin] | None = None) -> str:
        return f"{addresses.kind()} {super().cache_key(template_name, skip)}"


def folded(nodes: NodeList) -> NodeList:
    """Return what renders as `nodes` do in the active language; changes what is inside of them."""
    found = _Nodes()
    for node in nodes:
        text = _text(node)
        if text is None:
            _fold_inside(node)
            quick_values.hasten(node)
            found.append(_quicker(node))
        elif found and isinstance(found[-1], TextNode):
            found[-1] = TextNode(found[-1].s + text)
        else:
            found.append(TextNode(text))
    return found


def _quicker(node: Node) -> Node:
    instead = (_AddressNode, quick_values.ValueNode, FlatExtends)
    return next(filter(None, (kind.instead_of(node) for kind in instead)), node)


class _Nodes(NodeList):
    """Nodes that stay as they are: a template is asked for its blocks whenever it is extended."""

    def get_nodes_by_type(self, nodetype: type[Node]) -> list[Node]:
        known: dict[type[Node], list[Node]] = vars(self).setdefault("by_type", {})
        if nodetype not in known:
            known[nodetype] = super().get_nodes_by_type(nodetype)
        return known[nodetype]


def _text(node: Node) -> str | None:
    """What a node always renders as, whatever the context; None where that depends."""
    match node:
        case TextNode():
            return node.s
        case TranslateNode(asvar=None):
            is_constant = _are_constant(node.filter_expression, node.message_context)
            return node.render(Context()) if is_constant else None
        case URLNode(asvar=None, args=[]) if not node.kwargs and _is_settled(node):
            parts = _parts(node, is_slugged=False)
            return _unescaped("".join(parts)) if parts else None
        case StaticNode(varname=None) if _are_constant(node.path):
            with suppress(ValueError):
                return _unescaped(node.render(Context(autoescape=False)))
    return None


def _are_constant(*expressions: FilterExpression | None) -> bool:
    return all(
        expression is None
        or (not expression.filters and getattr(expression.var, "lookups", None) is None)
        for expression in expressions
    )


def _is_settled(node: URLNode) -> bool:
    return _are_constant(node.view_name) and addresses.are_settled()


def _parts(node: URLNode, *, is_slugged: bool) -> tuple[str, str] | None:
    """None where there is no such address, which is to be said when it is needed."""
    with suppress(NoReverseMatch):
        return addresses.parts(node.view_name.resolve(Context()), is_slugged=is_slugged)
    return None


def _unescaped(address: str) -> str | None:
    """None where it depends on whether the context escapes."""
    return address if address == escape(address) else None


class _AddressNode(Node):
    """An address that only a slug is put into: `{% url "a constant" slug %}`."""

    child_nodelists = ()

    def __init__(self, node: URLNode, before: str, after: str) -> None:
        self.node = node
        self.before, self.after = before, after
        self.slug = node.args[0]
        self.token, self.origin = node.token, node.origin

    @classmethod
    def instead_of(cls, node: Node) -> "_AddressNode | None":
        match node:
            case URLNode(asvar=None, args=[_]) if not node.kwargs and _is_settled(node):
                parts = _parts(node, is_slugged=True)
                return cls(node, *parts) if parts else None
        return None

    def render(self, context: Context) -> str:
        slug = self.slug.resolve(context)
        if type(slug) is int:
            slug = str(slug)
        if isinstance(slug, str) and addresses.PLAIN.fullmatch(slug):
            return self.before + slug + self.after
        return self.node.render(context)


class _Included:
    """Stands in `{% include "…" %}` for the name of the template, and keeps the template."""

    def __init__(self, name: FilterExpression) -> None:
        self.name = name
        self.kind = addresses.kind()
        self.template: Template | None = None

    def resolve(self, context: Any) -> Template:
        is_same = addresses.kind() == self.kind
        if is_same and self.template is not None:
            return self.template
        # Only now: templates may include themselves.
        template = context.template.engine.get_template(self.name.resolve(context))
        self.template = template if is_same else self.template
        return template


def _fold_inside(node: Node) -> None:
    if isinstance(node, LanguageNode):
        return  # What is inside is for another language.
    if isinstance(node, IncludeNode) and _are_constant(node.template):
        node.template = cast(FilterExpression, _Included(node.template))
    if isinstance(node, IfNode):
        branches = [(condition, folded(nodes)) for condition, nodes in node.conditions_nodelists]
        node.conditions_nodelists = branches
        return
    names: Sequence[str] = node.child_nodelists
    for name in names:
        nodes = getattr(node, name, None)
        if isinstance(nodes, NodeList):
            setattr(node, name, folded(nodes))
