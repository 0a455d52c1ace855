"""The desk's pages of the glossary, a module for each of its nouns."""

from glossary.admin import entries, guides, searches, topics, voices

__all__ = ["entries", "guides", "searches", "topics", "voices"]
