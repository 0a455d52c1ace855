"""Addresses that put a talk into a calendar on the web, for who does not take the file.

Google: https://developers.google.com/workspace/calendar (the `render` address, action TEMPLATE).
Outlook: the `deeplink/compose` address of Outlook on the web. Both take UTC.
"""

from datetime import UTC, datetime
from urllib.parse import urlencode

GOOGLE = "https://calendar.google.com/calendar/render"
OUTLOOK = "https://outlook.office.com/calendar/deeplink/compose"


def google(title: str, start: datetime, end: datetime, *, place: str = "") -> str:
    """Return the address of Google's form, filled in."""
    dates = "/".join(f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}" for moment in (start, end))
    given = {"action": "TEMPLATE", "text": title, "dates": dates, "location": place}
    return f"{GOOGLE}?{urlencode(given)}"


def outlook(title: str, start: datetime, end: datetime, *, place: str = "") -> str:
    """Return the address of the form of Outlook on the web, filled in."""
    given = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": title,
        "startdt": f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{end.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "location": place,
    }
    return f"{OUTLOOK}?{urlencode(given)}"
