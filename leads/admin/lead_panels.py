"""What a lead's page shows beside the facts and the verbs; each part is made where it is known."""

from leads.admin import attribution, bounces, consents, lead_merging, quarantine, replies
from leads.admin.lead_bookings import bookings
from leads.admin.panels import Maker

PANELS_ABOVE: list[Maker] = [quarantine.panel, bounces.panel]
"""What has to be known before all else."""
PANELS: list[Maker] = [
    replies.panel,
    lead_merging.same_email,
    lead_merging.merged,
    bookings,
    attribution.came_from,
]
"""Before the timeline, in this order."""
PANELS_BELOW: list[Maker] = [consents.panel]
"""Below the timeline, since it is looked up rarely."""
