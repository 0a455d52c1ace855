"""A check of bodies against docs/webhooks.schema.json: the words of JSON Schema that it uses.

Stricter in one thing: a field that no schema names is a mistake, because it
would be one that nobody documented.
"""

import json
import re
from pathlib import Path
from typing import Any

SCHEMA = json.loads(
    (Path(__file__).resolve().parent.parent / "docs" / "webhooks.schema.json").read_text()
)
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
_KNOWN = {
    *("$ref", "type", "properties", "required", "items", "enum", "const", "pattern"),
    "description",
}


def problems(body: str) -> list[str]:
    """What is wrong with `body`, by the schema of the event that it says it is."""
    content = json.loads(body)
    kind = content.get("type")
    if {"$ref": f"#/$defs/{kind}"} not in SCHEMA["oneOf"]:
        return [f"{kind} is no event"]
    return _problems(content, SCHEMA["$defs"][kind], kind)


def _problems(value: Any, schema: dict[str, Any], at: str) -> list[str]:
    assert schema.keys() <= _KNOWN, schema.keys() - _KNOWN
    if "$ref" in schema:
        return _problems(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], at)
    if "const" in schema or "enum" in schema:
        allowed = schema.get("enum", [schema.get("const")])
        return [] if value in allowed else [f"{at} is {value!r}"]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_is(value, kind) for kind in kinds):
        return [f"{at} is {value!r}, not {kinds}"]
    found = []
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        found.append(f"{at} is {value!r}")
    if isinstance(value, list):
        for number, item in enumerate(value):
            found += _problems(item, schema["items"], f"{at}[{number}]")
    if isinstance(value, dict):
        known = schema["properties"]
        found += [f"{at} lacks {name}" for name in schema["required"] if name not in value]
        found += [f"{at} has {name}" for name in value if name not in known]
        for name in value.keys() & known.keys():
            found += _problems(value[name], known[name], f"{at}.{name}")
    return found


def _is(value: Any, kind: str) -> bool:
    # Python counts True as a number.
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
