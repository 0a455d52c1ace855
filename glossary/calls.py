"""Which call to action a page shows: the entry's own, else that of a topic, else the default.

Offers belong to `leads`, which brings the active ones along with the site
settings. Here they are rows, so that pages and desk go by one rule.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from config import site
from glossary.models import Entry

Row = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """An active offer, and whose choice it is."""

    offer: int
    name: str
    topic: str = ""
    """The topic that decided."""
    is_own: bool = False

    @property
    def is_default(self) -> bool:
        return not (self.topic or self.is_own)

    @property
    def why(self) -> str:
        """Half a sentence for staff, after the name of the offer."""
        if self.is_own:
            return "as this entry says"
        return f"as the topic {self.topic} says" if self.topic else "the site's default"

    def __str__(self) -> str:
        return f"{self.name}, {self.why}"


def offers() -> list[Row]:
    """The active offers, the default first: rows with id, name and is_default. No query."""
    return list(getattr(site.current(), "offers", None) or [])


def of_topics() -> dict[str, int]:
    """The active offer of each topic that has one, by the topic's name. No query."""
    rows: list[Row] = getattr(site.current(), "offer_topics", None) or []
    return {row["topic"]: row["offer"] for row in rows}


def choose(own: int | None, topics: Iterable[str]) -> Choice | None:
    """Return the offer of a page whose entry wants `own` and is about `topics`, in their order.

    An offer that is not active counts as none. None while there is no
    default either. No query.
    """
    names = {row["id"]: row["name"] for row in offers()}
    if own is not None and own in names:
        return Choice(own, names[own], is_own=True)
    attached = of_topics()
    for topic in topics:
        if topic in attached:
            return Choice(attached[topic], names[attached[topic]], topic=topic)
    default = next((row for row in offers() if row["is_default"]), None)
    return Choice(default["id"], default["name"]) if default else None


def of_entry(entry: Entry) -> Choice | None:
    """Return the choice for the page of `entry`, as its row stands. No query."""
    return choose(entry.offer, (topic["name"] for topic in entry.public_topics))
