"""Blocks of templates that extend others, put into their places once instead of for each page.

Django finds out anew for each page which template's block goes where. Where the
names of all parents are constants, the answer is the same each time.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from django.template import Context, Node, NodeList, Template
from django.template.base import FilterExpression, TextNode, VariableNode
from django.template.loader_tags import BLOCK_CONTEXT_KEY, BlockNode, ExtendsNode

from config import addresses
from config.quick_values import ValueNode

_ASKED = re.compile(r"\{\{[^}]*\bblock\b|\{%\s*\w+\s[^%]*\bblock\b")
"""Where a template may mean the block by its name in the context: as a value, not as a tag."""


class FlatExtends(ExtendsNode):
    """`{% extends "a constant" %}` that keeps the whole page's nodes, blocks in their places."""

    @classmethod
    def instead_of(cls, node: Node) -> "FlatExtends | None":
        if type(node) is not ExtendsNode:
            return None
        return cls(node) if parent_of(node) else None

    def __init__(self, node: ExtendsNode) -> None:
        vars(self).update(vars(node))
        self.kind = addresses.kind()
        self.flat: NodeList | None = None
        self.is_asked = False

    def render(self, context: Any) -> str:
        # Another template may extend this one, and another language may be spoken by now.
        if BLOCK_CONTEXT_KEY in context.render_context or addresses.kind() != self.kind:
            return super().render(context)
        # Only now: a template may extend another that is not read yet.
        if not self.is_asked:
            self.flat, self.is_asked = _flat_nodes(self, context), True
        return super().render(context) if self.flat is None else self.flat.render(context)


class _Block(Node):
    """A block in its place. What it sets is forgotten behind it."""

    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> str:
        with context.push():
            return self.nodelist.render(context)


def _flat_nodes(leaf: ExtendsNode, context: Any) -> NodeList | None:
    """Return the nodes of the page that begins with `leaf`; None where only Django can tell.

    That is where a name is no constant, a template extends another of its own
    name or says something before that it does, and a block stands inside of
    something else or is itself asked for something, as in `{{ block.super }}`.
    """
    extends: ExtendsNode | None = leaf
    template = context.render_context.template
    names, chosen = {template.name}, dict[str, BlockNode]()
    while extends:
        name = parent_of(extends)
        if name is None or name in names or not _are_plain(extends.nodelist, template):
            return None
        names.add(name)
        chosen = {**extends.blocks, **chosen}
        template = context.template.engine.get_template(name)
        extends = next((each for each in template.nodelist if isinstance(each, ExtendsNode)), None)
        if extends and extends is not template.nodelist[0]:
            return None
    is_plain = _are_plain(template.nodelist, template)
    return _joined(_in_place(template.nodelist, chosen)) if is_plain else None


def parent_of(node: ExtendsNode) -> str | None:
    """The name of the template that is extended, where it is a constant."""
    # The stubs take it for a node.
    name = cast(FilterExpression, node.parent_name)
    return name.var if isinstance(name.var, str) and not name.filters else None


def _are_plain(nodes: NodeList, template: Template) -> bool:
    known = nodes.get_nodes_by_type(BlockNode)
    seen = {id(block) for block in _blocks(nodes)}
    return not _ASKED.search(template.source) and all(id(block) in seen for block in known)


def _blocks(nodes: NodeList) -> Iterator[BlockNode]:
    """The blocks that stand in `nodes`, and in each other, but in nothing else."""
    for node in nodes:
        if isinstance(node, BlockNode):
            yield node
            yield from _blocks(node.nodelist)


def _in_place(nodes: NodeList, chosen: dict[str, BlockNode]) -> Iterator[Node]:
    for node in nodes:
        if not isinstance(node, BlockNode):
            yield node
            continue
        inside = NodeList(_in_place(chosen.get(node.name, node).nodelist, chosen))
        if all(isinstance(each, TextNode | VariableNode | ValueNode) for each in inside):
            yield from inside
        else:
            yield _Block(_joined(inside))


def _joined(nodes: Iterator[Node] | NodeList) -> NodeList:
    """`nodes` with texts that follow each other in one."""
    joined = NodeList()
    for node in nodes:
        if isinstance(node, TextNode) and joined and isinstance(joined[-1], TextNode):
            joined[-1] = TextNode(joined[-1].s + node.s)
        else:
            joined.append(node)
    return joined
