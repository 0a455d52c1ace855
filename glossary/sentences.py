"""A sentence that uses a term, in the three parts that a template shows."""

from collections.abc import Mapping
from typing import Any, Self

from glossary.models import Mention


class Sentence:
    """Where it stands (`term`, `slug` of the source), and its words around the term."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.term, self.slug = row["term"], row["slug"]
        sentence, start = row["sentence"], row["start"]
        end = start + row["length"]
        self.before, self.words, self.after = sentence[:start], sentence[start:end], sentence[end:]

    @classmethod
    def of(cls, mention: Mention) -> Self:
        row = {name: getattr(mention, name) for name in ("sentence", "start", "length")}
        return cls(row | {"term": mention.source.term, "slug": mention.source.slug})
