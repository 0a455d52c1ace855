"""What a lead's page shows beside the facts and the verbs; each part is made where it is known."""

from leads.admin import replies
from leads.admin.lead_bookings import bookings
from leads.admin.lead_consents import agreed
from leads.admin.panels import Maker

PANELS: list[Maker] = [replies.panel, bookings]
"""Before the timeline, in this order."""
PANELS_BELOW: list[Maker] = [agreed]
"""Below the timeline, since it is looked up rarely."""
