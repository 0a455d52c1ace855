"""The desk's pages of the glossary, a module for each of its nouns."""

from glossary.admin import demand, entries, guides, imports, searches, topics, voices

__all__ = ["demand", "entries", "guides", "imports", "searches", "topics", "voices"]
