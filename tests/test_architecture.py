"""The house stands: arrows point down, nothing hides, one public door.

Each rule is a function over a module's source, so that a planted violation
can show that the rule sees it.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOF = (
    "config.settings",
    "config.urls",
    "config.wsgi",
    "config.views",
    "config.demo",
    "config.management.commands.demo",
)
"""Modules of config that may import everything and are imported by nobody but each other."""
MAY_IMPORT = {
    "config": {"config"},
    "authors": {"config", "authors"},
    "glossary": {"config", "authors", "glossary"},
    "leads": {"config", "authors", "glossary", "leads"},
}
PUBLIC_MODULES = (
    *("views", "feeds", "sitemaps", "jsonld", "search", "suggesting", "addresses", "origin"),
    *("forms", "twins", "cards", "indexnow", "reading", "moves"),
)
"""Modules that make pages, by the last word of their names; templates' tags as well."""
DOORS = {"published", "scheduled", "withdrawn"}
WRITING = {"save", "delete", "create", "update", "bulk_create", "bulk_update", "get_or_create"}
SLOT_COLUMNS = {"starts_at", "ends_at", "blocked_from", "blocked_until", "holds_until"}
TOLD_COLUMNS = {"told_revision", "told_starts_at", "is_invited"}
LEAD_COLUMNS = {
    *("state", "owner", "owner_id", "next_step", "next_step_on", "value", "lost_reason"),
    "suspicion",
}
"""What the verbs of the pipeline change, each with its line in the timeline."""
SAFE_MARKERS = {"config.markdown", "config.seo"}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the four packages by its dotted name, migrations left out."""
    found = {}
    for package in MAY_IMPORT:
        for path in (ROOT / package).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = ast.parse(path.read_text())
    return found


def project_imports(tree: ast.AST) -> list[tuple[str, int]]:
    """(dotted name, line) of everything a tree imports from the project."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
    return [(name, line) for name, line in found if name.split(".")[0] in MAY_IMPORT]


def is_roof(name: str) -> bool:
    return any(name == roof or name.startswith(f"{roof}.") for roof in ROOF)


def upward_imports(name: str, tree: ast.Module) -> list[str]:
    """Imports of a package that lies above, or of the roof."""
    if is_roof(name):
        return []
    package = name.split(".")[0]
    return [
        f"{name}:{line} imports {target}"
        for target, line in project_imports(tree)
        if target.split(".")[0] not in MAY_IMPORT[package] or is_roof(target)
    ]


def hidden_imports(name: str, tree: ast.Module) -> list[str]:
    """Project imports inside functions."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return [
        f"{name}:{line} hides {target}"
        for function in ast.walk(tree)
        if isinstance(function, functions)
        for target, line in project_imports(function)
    ]


def side_doors(name: str, tree: ast.Module) -> list[str]:
    """Ways of public code to entries that do not begin with published()."""
    last = name.split(".")[-1].split("_")[-1]
    if last not in PUBLIC_MODULES and "templatetags" not in name:
        return []
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    def goes_through_a_door(node: ast.AST) -> bool:
        following = parents.get(node)
        return isinstance(following, ast.Attribute) and following.attr in DOORS

    found = []
    for node in ast.walk(tree):
        is_manager = (
            isinstance(node, ast.Attribute)
            and node.attr in ("objects", "_default_manager", "_base_manager")
            and isinstance(node.value, ast.Name)
            and node.value.id == "Entry"
        )
        is_reverse = isinstance(node, ast.Attribute) and node.attr in (
            "entries",
            "reviewed_entries",
        )
        if (is_manager or is_reverse) and not goes_through_a_door(node):
            found.append(f"{name}:{node.lineno} reaches entries past published()")
        if isinstance(node, ast.Call) and _passes_entry_class(node):
            found.append(f"{name}:{node.lineno} gives Entry itself to a shortcut")
    return found


def other_verbs(name: str, tree: ast.Module) -> list[str]:
    """Changes of bookings outside the verbs, but for secrets and what mails note as told."""
    if name in ("leads.booking", "leads.links"):
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _changes_a_booking(node):
            found.append(f"{name}:{node.lineno} changes a booking past the verbs")
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            owner = ast.unparse(node.value).rpartition(".")[2]
            if owner in ("booking", "booked"):
                found.append(f"{name}:{node.lineno} sets a field of a booking")
    return found


def _changes_a_booking(call: ast.Call) -> bool:
    names = {keyword.arg for keyword in call.keywords}
    if isinstance(call.func, ast.Name):
        return call.func.id == "Booking" and bool(names)
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in WRITING:
        return False
    owner = ast.unparse(call.func.value)
    is_of_bookings = re.search(r"\b(Booking\.|booking$|booked$|bookings\b)", owner) is not None
    if call.func.attr == "update":
        return bool(names & SLOT_COLUMNS) or (is_of_bookings and not names <= TOLD_COLUMNS)
    return is_of_bookings


def other_hands(name: str, tree: ast.Module) -> list[str]:
    """Changes of a lead's state, owner, step or value outside the verbs of the pipeline.

    The one place that makes leads of what visitors send writes their first state.
    """
    if name == "leads.pipeline" or name.startswith("config.demo"):
        return []
    keeps = [
        node
        for node in ast.walk(tree)
        if name == "leads.requesting" and getattr(node, "name", "") == "_keep"
    ]
    allowed = {each for keep in keeps for each in ast.walk(keep)}
    found = []
    for node in ast.walk(tree):
        if node in allowed:
            continue
        if isinstance(node, ast.Call) and _changes_a_lead(node):
            found.append(f"{name}:{node.lineno} changes a lead past the verbs")
        is_set = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del)
        if is_set and node.attr in LEAD_COLUMNS and _is_a_lead(node.value):
            found.append(f"{name}:{node.lineno} sets {node.attr} of a lead")
    return found


def _is_a_lead(node: ast.AST) -> bool:
    """Whether the words for a row or rows are those for leads: lead, offer.leads.all(), Lead.…"""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    words = re.findall(r"\w+", ast.unparse(node))
    return bool(words) and (
        words[0] == "Lead" or re.fullmatch(r"leads?|suspects?", words[-1]) is not None
    )


def _changes_a_lead(call: ast.Call) -> bool:
    names = {keyword.arg for keyword in call.keywords}
    literals = {
        node.value
        for keyword in call.keywords
        for node in ast.walk(keyword.value)
        if isinstance(node, ast.Constant)
    }
    if isinstance(call.func, ast.Name):
        is_set = call.func.id == "setattr" and call.args and _is_a_lead(call.args[0])
        return bool(is_set) or (call.func.id == "Lead" and bool(names & LEAD_COLUMNS))
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in WRITING:
        return False
    if not _is_a_lead(call.func.value):
        # Such columns nothing else has.
        return call.func.attr == "update" and bool(names & {"next_step", "next_step_on"})
    if call.func.attr == "save":
        return "update_fields" not in names or bool(literals & LEAD_COLUMNS)
    if call.func.attr == "bulk_update":
        return any(word in ast.unparse(call) for word in map(repr, LEAD_COLUMNS))
    return bool((names | literals) & LEAD_COLUMNS)


def _passes_entry_class(call: ast.Call) -> bool:
    is_shortcut = isinstance(call.func, ast.Name) and call.func.id.startswith("get_")
    return is_shortcut and any(isinstance(a, ast.Name) and a.id == "Entry" for a in call.args)


def unsafe_marks(name: str, tree: ast.Module) -> list[str]:
    """Uses of mark_safe outside the two modules that may."""
    if name in SAFE_MARKERS:
        return []
    return [
        f"{name}:{node.lineno} marks text as safe"
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.alias)
        and (node.id if isinstance(node, ast.Name) else node.name) == "mark_safe"
    ]


def circles(imports: dict[str, set[str]]) -> list[str]:
    """Modules that reach themselves through project imports."""

    def reaches(start: str) -> bool:
        seen, waiting = set(), list(imports[start])
        while waiting:
            module = waiting.pop()
            if module == start:
                return True
            if module not in seen:
                seen.add(module)
                waiting += imports.get(module, ())
        return False

    return [name for name in imports if reaches(name)]


def import_graph(sources: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Which modules each module imports, names resolved to the module that holds them."""
    graph = {}
    for name, tree in sources.items():
        targets = {target for target, _ in project_imports(tree)}
        resolved = {t if t in sources else t.rpartition(".")[0] for t in targets}
        graph[name] = resolved & sources.keys()
    return graph


RULES = [upward_imports, hidden_imports, side_doors, other_verbs, other_hands, unsafe_marks]


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_its_rules(rule):
    assert [found for name, tree in modules().items() for found in rule(name, tree)] == []


def test_no_module_imports_itself_in_a_circle():
    assert circles(import_graph(modules())) == []


def test_templates_never_mark_text_as_safe():
    templates = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]
    marked = [t.name for t in templates if "|safe" in t.read_text().replace(" ", "")]
    assert (len(templates) > 20, marked) == (True, [])


@pytest.mark.parametrize(
    ("rule", "name", "source"),
    [
        (upward_imports, "config.seo", "from glossary.models import Entry"),
        (upward_imports, "authors.views", "import leads.models"),
        (upward_imports, "glossary.views", "from leads import forms"),
        (upward_imports, "leads.views", "from config import settings"),
        (upward_imports, "glossary.views", "from config.views import home"),
        (upward_imports, "config.outbox", "from config.demo import loading"),
        (hidden_imports, "glossary.search", "def find():\n    from glossary import models"),
        (
            hidden_imports,
            "leads.apps",
            "class A:\n    def ready(self):\n        import leads.mail",
        ),
        (side_doors, "glossary.views", "def v(r):\n    return Entry.objects.filter(slug='x')"),
        (side_doors, "leads.origin", "first = Entry.objects.first()"),
        (side_doors, "authors.views", "def v(author):\n    return author.entries.all()"),
        (side_doors, "glossary.views", "entry = get_object_or_404(Entry, slug='x')"),
        (side_doors, "leads.templatetags.consultation", "count = Entry.objects.count()"),
        (other_verbs, "leads.admin.bookings", "booking.state = 'confirmed'"),
        (other_verbs, "leads.admin.bookings", "Booking.objects.filter(pk=1).update(state='held')"),
        (other_verbs, "leads.archiving", "Booking(offer=offer).save()"),
        (other_verbs, "leads.archiving", "calendar.bookings.create(offer=offer)"),
        (other_verbs, "leads.archiving", "Booking.objects.bulk_create(rows)"),
        (other_verbs, "leads.moving", "found.update(starts_at=start)"),
        (other_verbs, "leads.views", "lead.bookings.all().delete()"),
        (other_verbs, "leads.booking_mail", "booking.save(update_fields=['is_invited'])"),
        (other_hands, "leads.admin.leads", "lead.state = 'won'"),
        (other_hands, "leads.merging", "kept.lead.owner = None"),
        (other_hands, "leads.admin.leads", "setattr(lead, name, value)"),
        (other_hands, "leads.requesting", "def accept(lead):\n    lead.state = 'new'"),
        (other_hands, "leads.replying", "Lead.objects.filter(pk=1).update(state='contacted')"),
        (other_hands, "leads.replying", "booking.lead.save()"),
        (other_hands, "leads.replying", "lead.save(update_fields=['next_step'])"),
        (other_hands, "leads.merging", "found.update(next_step='', next_step_on=None)"),
        (other_hands, "leads.merging", "Lead.objects.bulk_update(rows, ['owner'])"),
        (other_hands, "leads.phoning", "Lead.objects.create(name=name, value=10)"),
        (other_hands, "leads.phoning", "Lead(name=name, lost_reason='No.').save()"),
        (other_hands, "leads.phoning", "Lead.objects.get_or_create(defaults={'state': 'won'})"),
        (other_hands, "leads.phoning", "offer.leads.filter(pk=1).update(owner=by)"),
        (unsafe_marks, "glossary.jsonld", "from django.utils.safestring import mark_safe"),
        (unsafe_marks, "leads.admin", "text = mark_safe('<b>')"),
    ],
)
def test_a_planted_violation_is_found(rule, name, source):
    assert rule(name, ast.parse(source)) != []


def test_a_planted_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c"]
