"""What finds entries in a test: the database by itself, or a search server for it.

Files that use the fixture `engine` are run with each.
"""

from typing import Any

from glossary import search as searching
from glossary.search import Found
from tests.search_servers import catch_up

__all__ = ["catch_up", "search"]


def search(query: str, *, is_current: bool = False, **options: Any) -> Found:
    """Search when the server has heard of everything; `is_current` says that it has."""
    if not is_current:
        catch_up()
    return searching.search(query, **options)
