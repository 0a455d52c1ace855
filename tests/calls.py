"""Which functions of the project the code of a function leads to, as far as names tell."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
Name = tuple[str, str]
"""A module and what it calls something."""
PACKAGES = ("authors", "config", "glossary", "leads")


def reached_from(path: str) -> set[Name]:
    """Everything that the function with this dotted path uses, and what that uses in turn.

    Methods of values and names in settings are not followed.
    """
    found: set[Name] = set()
    waiting = [tuple(path.rsplit(".", 1))]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += used_by(*name)
    return found


@cache
def used_by(module: str, name: str) -> list[Name]:
    """What the top-level definition `name` of a module of the project uses by its name."""
    defined, imported = read(module)
    return list(_named(defined[name], module, defined, imported)) if name in defined else []


def _named(
    node: ast.AST, module: str, defined: dict[str, ast.AST], imported: dict[str, str]
) -> Iterator[Name]:
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id in defined:
            yield module, each.id
        elif isinstance(each, ast.Name) and each.id in imported:
            owner, _, word = imported[each.id].rpartition(".")
            yield owner, word
        elif isinstance(each, ast.Attribute) and ast.unparse(each.value) in imported:
            yield imported[ast.unparse(each.value)], each.attr


@cache
def read(module: str) -> tuple[dict[str, ast.AST], dict[str, str]]:
    """The top-level definitions of a module, and what it imports from the project by what name."""
    file = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    if module.split(".")[0] not in PACKAGES or not file.exists():
        return {}, {}
    tree = ast.parse(file.read_text())
    defined: dict[str, ast.AST] = {}
    imported: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined[node.name] = node
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return defined, imported
