"""The desk's first page: what waits for whoever looks, each part made by the app that knows it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Panel:
    """A part of the first page: its template gets `panel` and, in it, the context."""

    key: str
    """The id of its heading."""
    title: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    count: int = 0
    """How many wait in it, shown beside the title."""
    url: str = ""
    """Where all of it is."""
    link: str = "All"
    is_urgent: bool = False
    """Whether it comes before all others."""


Maker = Callable[[User], Panel | None]
"""Makes a panel; None: there is nothing in it that concerns the user."""


def panels_for(user: User) -> list[Panel]:
    """Return what settings.DESK_PANELS make for `user`; each costs a fixed number of queries."""
    makers: list[Maker] = [import_string(path) for path in settings.DESK_PANELS]
    made = [panel for panel in (make(user) for make in makers) if panel]
    return sorted(made, key=lambda panel: not panel.is_urgent)
