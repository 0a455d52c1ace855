"""The desk's pages of consultations, a module for each of its nouns."""

from leads.admin import leads, offers

__all__ = ["leads", "offers"]
