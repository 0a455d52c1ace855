"""What stands beside the form of a lead: each part is made by the module that knows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User

from leads.models import Lead


@dataclass(frozen=True)
class Panel:
    """A section of a lead's page: its template gets `panel` and, in it, the context."""

    key: str
    """The id of its heading."""
    title: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)


Maker = Callable[[User, Lead], Panel | None]
"""Makes a panel for a user who may see the lead; None: there is nothing that concerns them."""


def made_by(makers: Sequence[Maker], user: User, lead: Lead) -> list[Panel]:
    return [panel for panel in (make(user, lead) for make in makers) if panel]
