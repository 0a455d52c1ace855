"""Fields that only our own exports name, as front matter or as columns."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from glossary.importing.sources import line_of, moment_of
from glossary.models import CaseRule

_FLAGS = ("links_terms", "is_linked_to")
OWN_KEYS = {*_FLAGS, "case_rule", "review_months", "reviewed_on"}


def own_fields(meta: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """Return the values of `OWN_KEYS` that `meta` gives, by the name of the entry's field."""
    found: dict[str, Any] = {}
    for name in _FLAGS:
        if (said := str(meta.get(name, "")).strip().casefold()) in ("true", "false", "1", "0"):
            found[name] = said in ("true", "1")
    if (rule := line_of(meta.get("case_rule"))) in CaseRule.values:
        found["case_rule"] = rule
    if (months := line_of(meta.get("review_months"))).isdecimal():
        found["review_months"] = int(months)
    if isinstance(reviewed := moment_of(meta.get("reviewed_on"), zone), datetime):
        found["reviewed_on"] = reviewed.date()
    return found
