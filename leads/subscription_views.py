from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from config import site
from leads import links, subscriptions

MAX_AGE = int(subscriptions.EVERY.total_seconds()) // 3
"""Seconds for which a calendar's own program may keep the file; nobody else may."""


@require_safe
@cache_control(private=True, max_age=MAX_AGE)
def subscription(request: HttpRequest, token: str) -> HttpResponse:
    """A host's bookings, for whoever has the secret; staff's words are in the site's language."""
    calendar = links.calendar_at(token)
    if calendar is None:
        raise Http404
    with translation.override(site.current().language):
        content = subscriptions.file_of(calendar)
    return HttpResponse(
        content,
        content_type="text/calendar; charset=utf-8",
        headers={
            "Content-Disposition": 'inline; filename="bookings.ics"',
            "X-Robots-Tag": "noindex",
        },
    )
