"""The invitation as a file, for whoever has the secret address of the booking."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from leads.booking_views import missing, secret_page
from leads.invitations import invitation
from leads.models import Booking


@secret_page
@require_safe
def booking_ics(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    """Answer with the file of a confirmed booking; nothing else belongs into a calendar.

    What was cancelled is taken out of calendars by the mail that says so.
    """
    if not booking.is_confirmed:
        return missing(request)
    return HttpResponse(
        invitation(booking, method="PUBLISH", token=token),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="invite.ics"'},
    )
