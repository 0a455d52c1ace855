"""The rows of the glossary, a module for each of its nouns."""

from glossary.models.entries import CaseRule, Entry, EntryQuerySet
from glossary.models.guides import Comparison, Difference, LearningPath, PathStep
from glossary.models.links import InternalLink, Mention, RelatedEntry
from glossary.models.names import Alias, OldSlug, TermName
from glossary.models.searches import PinnedResult, SearchDocument, SearchedPhrase, Spelling
from glossary.models.topics import EntryTopic, Topic, TopicQuerySet
from glossary.models.voices import Feedback, Suggestion

__all__ = [
    "Alias",
    "CaseRule",
    "Comparison",
    "Difference",
    "Entry",
    "EntryQuerySet",
    "EntryTopic",
    "Feedback",
    "InternalLink",
    "LearningPath",
    "Mention",
    "OldSlug",
    "PathStep",
    "PinnedResult",
    "RelatedEntry",
    "SearchDocument",
    "SearchedPhrase",
    "Spelling",
    "Suggestion",
    "TermName",
    "Topic",
    "TopicQuerySet",
]
