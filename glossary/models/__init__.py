"""The rows of the glossary, a module for each of its nouns."""

from glossary.models.entries import Entry, EntryQuerySet
from glossary.models.links import InternalLink
from glossary.models.names import Alias, OldSlug
from glossary.models.searches import SearchDocument
from glossary.models.topics import EntryTopic, Topic, TopicQuerySet

__all__ = [
    "Alias",
    "Entry",
    "EntryQuerySet",
    "EntryTopic",
    "InternalLink",
    "OldSlug",
    "SearchDocument",
    "Topic",
    "TopicQuerySet",
]
