"""The rows of the glossary, a module for each of its nouns."""

from glossary.models.demand import Asker, Demand, DemandQuerySet, Gathering, MissedPath
from glossary.models.entries import CaseRule, Entry, EntryQuerySet
from glossary.models.guides import Comparison, Difference, LearningPath, PathStep
from glossary.models.imports import EntryPicture, ImportRun
from glossary.models.links import (
    ExternalLink,
    InternalLink,
    LinkDecision,
    Mention,
    NamedLink,
    RelatedEntry,
)
from glossary.models.names import Alias, OldPath, OldSlug, OldTopicSlug, TermName
from glossary.models.revisions import (
    SIGNIFICANT,
    Change,
    DraftComment,
    DraftShare,
    EntryEvent,
    Presence,
    Revision,
)
from glossary.models.searches import (
    PinnedResult,
    SearchDocument,
    SearchedPhrase,
    ServerIndex,
    Spelling,
)
from glossary.models.topics import EntryTopic, Topic, TopicQuerySet
from glossary.models.voices import Feedback, Suggestion

__all__ = [
    "SIGNIFICANT",
    "Alias",
    "Asker",
    "CaseRule",
    "Change",
    "Comparison",
    "Demand",
    "DemandQuerySet",
    "Difference",
    "DraftComment",
    "DraftShare",
    "Entry",
    "EntryEvent",
    "EntryPicture",
    "EntryQuerySet",
    "EntryTopic",
    "ExternalLink",
    "Feedback",
    "Gathering",
    "ImportRun",
    "InternalLink",
    "LearningPath",
    "LinkDecision",
    "Mention",
    "MissedPath",
    "NamedLink",
    "OldPath",
    "OldSlug",
    "OldTopicSlug",
    "PathStep",
    "PinnedResult",
    "Presence",
    "RelatedEntry",
    "Revision",
    "SearchDocument",
    "SearchedPhrase",
    "ServerIndex",
    "Spelling",
    "Suggestion",
    "TermName",
    "Topic",
    "TopicQuerySet",
]
