"""Mails that came back, on the desk: a mark in lists, a word on the lead's page."""

from django.contrib.auth.models import User
from django.utils.html import format_html
from django.utils.safestring import SafeString

from leads import bounces, timeline
from leads.admin.panels import Panel
from leads.models import Lead


def mark(lead: Lead) -> SafeString:
    """Return what stands beside the name of a lead to whom a mail came back; no query."""
    if lead.bounced_at is None:
        return format_html("{}", "")
    return format_html(' <span class="state bounced">{}</span>', "mail came back")


def panel(user: User, lead: Lead) -> Panel | None:
    """Say when and why the last mail came back, and what can be done."""
    if lead.bounced_at is None:
        return None
    last = lead.events.filter(kind=bounces.KIND).first()
    context = {
        "lead": lead,
        "words": timeline.bounce(last) if last else "A mail came back",
        "reason": last.note if last else "",
    }
    return Panel("bounced", "A mail came back", "admin/leads/lead/_bounced.html", context)
