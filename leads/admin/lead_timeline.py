"""All that happened with a lead in one list: the verbs' lines, webhooks, and mails to them."""

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from config.models import OutboxMessage, WebhookDelivery
from leads import merging, timeline
from leads.models import Booking, Lead
from leads.timeline import Line
from leads.webhooks import subject_of

SHOWN = 100
"""The newest lines of a lead's timeline that its page shows at first."""
MAILS = {
    "leads.confirm_request": "The mail that confirms the request",
    "leads.tell_prospect": "A mail about the booking",
}
"""Mails to the prospect, by the kind of their message."""
REMINDERS = {"leads.remind": "A mail that reminds of the talk"}
"""Mails of which only a failure is told here: one that was sent has a line of its own."""
SITE = "The site"


def of_lead(lead: Lead, user: User, *, whole: bool = False) -> tuple[list[Line], bool]:
    """Return the lines for `user`, newest first, and whether there are older ones; five queries.

    The newest 100, or all of them with `whole`. The history of requests that
    were merged into `lead` is part of its own.
    """
    most = None if whole else SHOWN + 1
    keys = list(Lead.objects.together(lead).order_by().values_list("pk", flat=True))
    events = merging.history(lead).select_related("by")[:most]
    found = [
        *timeline.lines(events, timezone.get_current_timezone()),
        *(_of_webhook(each, user) for each in _deliveries(keys)[:most]),
        *(_of_mail(each, user) for each in _messages(keys)[:most]),
    ]
    # What one transaction wrote has the order of its writing: sorting keeps it.
    found.sort(key=lambda line: line.at, reverse=True)
    shown = found if whole else found[:SHOWN]
    return shown, len(found) > len(shown)


# Webhooks ---------------------------------------------------------------------------------


def _deliveries(leads: list[int]) -> QuerySet[WebhookDelivery]:
    subjects = [subject_of(key) for key in leads]
    about = WebhookDelivery.objects.filter(event__subject__in=subjects)
    read = about.select_related("event", "endpoint", "message").defer("event__body")
    return read.order_by("-event__created_at", "-pk")


def _of_webhook(delivery: WebhookDelivery, user: User) -> Line:
    url = ""
    if user.has_perm("config.view_webhookendpoint"):
        url = reverse("admin:config_webhookendpoint_change", args=[delivery.endpoint_id])
    said = f"Webhook {delivery.endpoint} was told of {delivery.event.kind}"
    state, note = delivery.state, ""
    if state != "delivered":
        message = delivery.message
        said = f"Webhook {delivery.endpoint} is to be told of {delivery.event.kind}"
        note = message.last_error if message else ""
    if state == "failed":
        said = f"Webhook {delivery.endpoint} could not be told of {delivery.event.kind}"
    answered = f", and answered {delivery.status}" if delivery.status else ""
    return Line(delivery.event.created_at, SITE, f"{said}{answered}", note[:200], url)


# Mails ------------------------------------------------------------------------------------


def _messages(leads: list[int]) -> QuerySet[OutboxMessage]:
    bookings = list(Booking.objects.filter(lead__in=leads).order_by().values_list("pk", flat=True))
    of_lead = Q(payload__lead__in=leads) | Q(payload__booking__in=bookings)
    told = Q(kind__in=MAILS) | Q(kind__in=REMINDERS, failed_at__isnull=False)
    found = OutboxMessage.objects.filter(of_lead, told)
    if bookings:
        # Who has booked hears of that instead.
        found = found.exclude(payload__has_key="unless_booked", payload__unless_booked=True)
    return found.order_by("-created_at", "-pk")


def _of_mail(message: OutboxMessage, user: User) -> Line:
    url = ""
    if user.has_perm("config.view_outboxmessage"):
        url = reverse("admin:config_outboxmessage_change", args=[message.pk])
    name = (MAILS | REMINDERS)[message.kind]
    words = {
        "done": f"{name} was handed to the mail server",
        "failed": f"{name} could not be sent",
        "retrying": f"{name} could not be sent yet, and is tried again at {_at(message)}",
        "waiting": f"{name} waits to be sent",
    }
    note = "" if message.state == "done" else message.last_error
    return Line(message.created_at, SITE, words[message.state], note[:200], url)


def _at(message: OutboxMessage) -> str:
    return date_format(timezone.localtime(message.due_at), "j M Y, H:i")
