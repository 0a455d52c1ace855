"""What is known of a whole source before its first entry is stored: names, not texts."""

from collections import Counter
from collections.abc import Iterable

from config.alphabet import fold
from config.slugs import slugify
from glossary.importing.sources import Skipped, Source


class Index:
    """Addresses of all items, so that links between them find their targets."""

    def __init__(self, items: Iterable[Source | Skipped], *, language: str) -> None:
        self.total = 0
        self.locations: dict[str, str] = {}
        self._slugs: dict[str, str] = {}
        self._languages: dict[str, str] = {}
        self._first: dict[tuple[str, str], str] = {}
        self._language = language
        places: dict[str, str] = {}
        for item in items:
            self.total += 1
            if isinstance(item, Source):
                places[item.key] = item.location or item.key
                self._add(item)
        often = Counter(self._slugs.values())
        for key, slug in self._slugs.items():
            if often[slug] > 1:
                # Files of one name take their folders' names along.
                self._slugs[key] = slugify(places[key].replace("/", " ")) or slug

    def _add(self, source: Source) -> None:
        self._slugs[source.key] = source.slug
        if source.language and source.language != self._language:
            self._languages[source.key] = source.language
        self.locations[source.location or source.key] = source.key
        for path in source.old_paths:
            self.locations.setdefault(path, source.key)
        self._first.setdefault(self._identity(source), source.key)

    def slug_of(self, key: str) -> str:
        return self._slugs[key]

    def language_of(self, key: str) -> str:
        """The language that the item named, "" when it named the site's own or none."""
        return self._languages.get(key, "")

    def is_repetition(self, source: Source) -> bool:
        """Whether an earlier item is about the same term in the same language."""
        return self._first.get(self._identity(source), source.key) != source.key

    def _identity(self, source: Source) -> tuple[str, str]:
        return source.language or self._language, fold(source.term)
