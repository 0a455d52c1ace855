"""Values of templates, looked up and escaped with fewer steps than Django's; the same values.

Most of what a page shows is an attribute of an object in the context, and text.
For these, Django's many cases are passed by; it is asked for all others, and
whenever something is missing.
"""

from html import escape
from typing import Any

from django.template import Context, Node
from django.template.base import (
    FilterExpression,
    Variable,
    VariableNode,
    render_value_in_context,
)
from django.template.smartif import TokenBase
from django.utils.safestring import SafeString

_MISSING = object()


class QuickVariable(Variable):
    """A name in the context, and attributes of what it stands for."""

    __slots__ = ("first", "others")
    first: str
    others: list[str]

    @classmethod
    def instead_of(cls, variable: Variable) -> Variable:
        if type(variable) is not Variable or not variable.lookups or variable.translate:
            return variable
        quick = cls(str(variable.var))
        quick.first, *quick.others = variable.lookups
        return quick

    def resolve(self, context: Any) -> Any:
        # `{% translate %}` says only when it is rendered that its value is to be translated.
        found = _MISSING if self.translate else self.plain(context)
        return super().resolve(context) if found is _MISSING else found

    def plain(self, context: Any) -> Any:
        """What is meant, where that is plain: nothing is called, and nothing is missing."""
        for values in reversed(context.dicts):
            if self.first in values:
                found = values[self.first]
                break
        else:
            return _MISSING
        try:
            for name in self.others:
                if type(found) is dict:
                    found = found[name]
                elif callable(found) or hasattr(type(found), "__getitem__"):
                    return _MISSING
                else:
                    found = getattr(found, name)
        except Exception:
            # Some mean that there is nothing to show: Django knows which.
            return _MISSING
        return _MISSING if callable(found) else found


class ValueNode(Node):
    """A value without filters: `{{ entry.term }}`."""

    child_nodelists = ()

    def __init__(self, node: VariableNode, variable: QuickVariable) -> None:
        self.node, self.variable = node, variable
        self.token, self.origin = node.token, node.origin

    @classmethod
    def instead_of(cls, node: Node) -> "ValueNode | None":
        match node:
            case VariableNode(filter_expression=FilterExpression(filters=[], var=variable)):
                return cls(node, variable) if isinstance(variable, QuickVariable) else None
        return None

    def render(self, context: Context) -> str:
        value = self.variable.plain(context)
        if type(value) is SafeString:
            return value
        if type(value) is str:
            return escape(value) if context.autoescape else value
        if value is _MISSING:
            return self.node.render(context)
        return render_value_in_context(value, context)


def hasten(node: Node) -> None:
    """Let what `node` looks up be looked up quickly."""
    _hasten(list(vars(node).values()))


def _hasten(found: Any) -> None:
    match found:
        case FilterExpression(var=Variable()):
            found.var = QuickVariable.instead_of(found.var)
        case list() | tuple():
            for value in found:
                _hasten(value)
        case dict():
            _hasten(list(found.values()))
        case TokenBase():
            _hasten([found.first, found.second, found.value])
