"""What a lead's page says of how the person came, and of what they chose to share."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from leads import attributing, origin
from leads.admin.panels import Panel
from leads.models import Lead
from leads.models.ledger import UTM


@dataclass(frozen=True)
class Read:
    """A page that somebody read; without a term if readers do not see it any more."""

    path: str
    term: str = ""


def came_from(user: User, lead: Lead) -> Panel | None:
    """Return the panel, from at most two queries; None for who may not see attributions."""
    line = attributing.of(lead)
    if line is None or not user.has_perm("leads.view_attribution"):
        return None
    entries = origin.entries_at(line.read)
    context = {
        "line": line,
        "lead": lead,
        "campaign": [(name, getattr(line, name)) for name in UTM if getattr(line, name)],
        "read": [Read(path, entries[path].term if path in entries else "") for path in line.read],
    }
    return Panel(
        "came-from", "Where they came from", "admin/leads/lead/_attribution.html", context
    )
