"""What a person agreed to, as it was shown to them: read on the page of the lead."""

from django.contrib.auth.models import User

from leads.admin.panels import Panel
from leads.models import Lead


def agreed(user: User, lead: Lead) -> Panel | None:
    if not user.has_perm("leads.view_consent"):
        return None
    context = {"consents": list(lead.consents.all())}
    return Panel("agreed", "What they agreed to", "admin/leads/lead/_consents.html", context)
