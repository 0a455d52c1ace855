"""What brought a lead, for whoever is told of it: other systems, mails and the desk."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from glossary.webhooks import reference_to
from leads import origin
from leads.models import Attribution, Lead
from leads.models.ledger import UTM, Position

PLACES = {
    Position.HEADER: _("at the top of the page"),
    Position.LINE: _("in the text"),
    Position.END: _("after the text"),
    Position.BAR: _("in the bar at the bottom"),
    Position.SEARCH: _("among search results"),
    Position.FOOTER: _("at the foot of the page"),
    Position.TWIN: _("in the page as Markdown"),
}
"""Where a call was followed, in a mail."""


def of(lead: Lead) -> Attribution | None:
    """Return the ledger's line of `lead`; None for one that is older than the ledger."""
    return getattr(lead, "attribution", None)


def place_of(lead: Lead) -> Promise | str:
    """Return where on its page the call was followed, "" if that is not known.

    In the language that is active when it is shown.
    """
    line = of(lead)
    return PLACES[Position(line.position)] if line and line.position else ""


def payload_of(lead: Lead) -> dict[str, object]:
    """Return what webhooks are told; docs/webhooks.schema.json says what it means.

    Empty where nothing is known. One query more for somebody who shared what
    they read: of it, what readers can still see.
    """
    line = of(lead) or Attribution()
    read = origin.entries_at(line.read)
    return {
        "entry": reference_to(lead.entry) if lead.entry else None,
        "position": line.position,
        "referrer_host": line.referrer_host,
        "landing_path": line.landing_path,
        "utm": {name: getattr(line, name) for name in UTM if getattr(line, name)},
        "read": [reference_to(entry) for entry in read.values()],
        "searched": line.searched,
    }
