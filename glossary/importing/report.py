"""What an import did, item by item."""

from dataclasses import dataclass, field
from typing import Any

from glossary.importing.sources import Counts

KINDS = ("created", "updated", "unchanged", "skipped", "published", "warnings")


@dataclass
class Report:
    """What an import did; each list holds places, "place: reason" where there is one."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    entries: dict[str, int] = field(default_factory=dict)
    """The key of the entry that each place became."""
    found: Counts = field(default_factory=Counts)
    """What the converted originals held, and what their texts hold now."""
    kept: Counts = field(default_factory=Counts)

    @property
    def summary(self) -> str:
        return ", ".join(f"{len(getattr(self, name))} {name}" for name in KINDS)

    def as_json(self) -> dict[str, Any]:
        """The report as a row keeps it; `from_json` reads it again."""
        lists = {name: getattr(self, name) for name in KINDS}
        return {
            **lists,
            "entries": self.entries,
            "found": vars(self.found),
            "kept": vars(self.kept),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Report":
        report = cls(
            entries=dict(stored.get("entries", {})),
            found=Counts(**stored.get("found", {})),
            kept=Counts(**stored.get("kept", {})),
        )
        for name in KINDS:
            setattr(report, name, list(stored.get(name, [])))
        return report

    @property
    def differences(self) -> list[tuple[str, int, int]]:
        """(what, in the originals, in the texts) of everything that was converted."""
        return [
            (name.replace("_", " "), number, vars(self.kept)[name])
            for name, number in vars(self.found).items()
        ]
