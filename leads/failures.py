"""What could not be sent, and mails that came back: word to the site's group and who chose it.

One mail an hour at most to each of them, with the number and the first few. A
mail of this kind that fails itself is no news: it would make another one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from config import locks, mail, outbox, site
from config.models import OutboxMessage, WebhookEvent
from config.typed import one_line
from leads import notices, timeline
from leads.models import Booking, Lead, LeadEvent, Reply

KIND = "leads.tell_of_failures"
GATHERED = timedelta(minutes=5)
"""How long the first failure waits for others, which often have the same cause."""
BETWEEN = timedelta(hours=1)
MOST_COUNTED = 500
MOST_LISTED = 5
LONGEST_REASON = 200
_ADDRESS = re.compile(r"[^\s<>'\"{(:,]+@[^\s<>'\"}):,]+")
_SUBJECT = re.compile(r"lead:(\d{1,18})")
_WORDS = {
    "config.deliver_webhook": "A webhook",
    "leads.confirm_request": "The mail that confirms a request",
    "leads.notify_of_booking": "A mail to staff about a booking",
    "leads.notify_staff": "A mail to staff about a request",
    "leads.remind": "A reminder to a prospect",
    "leads.send_reply": "A reply to a prospect",
    "leads.send_digest": "A daily digest",
    "leads.tell_host": "A mail to the host about a booking",
    "leads.tell_prospect": "A mail to a prospect about their booking",
}
"""What staff call the messages that they hear of most; others by their kind."""


@dataclass(frozen=True)
class Failure:
    """One thing that went wrong, in words that name no prospect."""

    words: str
    reason: str
    url: str
    """Where it is seen; "" if its reader may not."""


# Noting -----------------------------------------------------------------------------------


def note(message: OutboxMessage, now: datetime | None = None) -> None:
    """Promise word of a message that was given up; called in the transaction that notes it."""
    if message.kind != KIND:
        gather("messages", message.pk, lead=lead_of(message), now=now)


def gather(sort: str, key: int, *, lead: Lead | None, now: datetime | None = None) -> None:
    """Put a failure into the next mail of all who want to hear of it.

    `sort` is "messages" for keys of the outbox, "bounces" for lines of a timeline.
    """
    now = now or timezone.now()
    with transaction.atomic():
        locks.take(KIND)
        told = set()
        for user in notices.wanting(["failures"], lead):
            _put({"user": user.pk}, sort, key, now)
            told.add(user.email.casefold())
        if {address.casefold() for address in _group()} - told:
            _put({"group": True}, sort, key, now)


def _put(reader: dict[str, object], sort: str, key: int, now: datetime) -> None:
    ((name, value),) = reader.items()
    mine = OutboxMessage.objects.filter(kind=KIND, **{f"payload__{name}": value})
    # One in the hands of a worker may have been written already.
    waiting = mine.waiting().filter(claimed_until=None)
    next_one = waiting.first()
    if next_one:
        keys = next_one.payload[sort]
        if key in keys or len(keys) >= MOST_COUNTED:
            return
        payload = {**next_one.payload, sort: [*keys, key]}
        if waiting.filter(pk=next_one.pk).update(payload=payload):
            return
    latest = mine.order_by("-pk").first()
    due_at = now + GATHERED
    if latest:
        due_at = max(due_at, (latest.done_at or latest.failed_at or now) + BETWEEN)
    payload = {"messages": [], "bounces": [], sort: [key]}
    outbox.enqueue(KIND, due_at=due_at, **reader, **payload)


def _group() -> list[str]:
    """The addresses of the site's group, without those who chose to hear of failures."""
    choosing = notices.wanting(["failures"], None).values_list("email", flat=True)
    told = {address.casefold() for address in choosing}
    return [each for each in site.current().recipients if each.casefold() not in told]


def lead_of(message: OutboxMessage) -> Lead | None:
    """Return whom a message is about, None for what concerns no lead or an erased one."""
    about = message.payload
    if "lead" in about:
        return Lead.objects.filter(pk=about["lead"]).first()
    if "booking" in about:
        booking = Booking.objects.select_related("lead").filter(pk=about["booking"]).first()
        return booking.lead if booking else None
    if "reply" in about:
        reply = Reply.objects.select_related("lead").filter(pk=about["reply"]).first()
        return reply.lead if reply else None
    if "event" in about:
        event = WebhookEvent.objects.filter(pk=about["event"]).first()
        named = _SUBJECT.fullmatch(event.subject) if event else None
        return Lead.objects.filter(pk=named[1]).first() if named else None
    return None


# Telling ----------------------------------------------------------------------------------


def tell(message: OutboxMessage) -> None:
    """Outbox handler: one mail about what has failed and was not done since."""
    user, to = _readers(message)
    if not to:
        return
    failed = OutboxMessage.objects.failed().filter(pk__in=message.payload["messages"])
    bounces = LeadEvent.objects.filter(pk__in=message.payload["bounces"])
    count = failed.count() + bounces.count()
    if not count:
        return
    newest = bounces.select_related("lead")[:MOST_LISTED]
    listed = [*map(_came_back, newest), *_given_up(failed[:MOST_LISTED], user)][:MOST_LISTED]
    # Only who has a login of their own can choose.
    leave_at = notices.choices_url() if user else ""
    context: dict[str, object] = {
        "count": count,
        "listed": listed,
        "more": count - len(listed),
        "site": site.current(),
        "outbox_url": _outbox_url(user),
        "choices_url": leave_at,
    }
    with translation.override("en"):
        mail.send(message, "admin/mail/failures", context, to=to, leave_at=leave_at)


def _readers(message: OutboxMessage) -> tuple[User | None, list[str]]:
    """The member of staff whom `message` is for, None for the group; and the addresses."""
    if "group" in message.payload:
        return None, _group()
    user = notices.reader(message.payload["user"])
    return user, [user.email] if user else []


def words_of(kind: str) -> str:
    """Return what staff call a kind of message."""
    return _WORDS.get(kind, f"“{kind}”")


def discreet(reason: str) -> str:
    """Return the reason of a failure, short and without addresses of people."""
    return _ADDRESS.sub("(address)", one_line(reason))[:LONGEST_REASON]


def _came_back(event: LeadEvent) -> Failure:
    path = reverse("admin:leads_lead_change", args=[event.lead_id])
    return Failure(timeline.bounce(event), discreet(event.note), site.absolute(path))


def _given_up(messages: Iterable[OutboxMessage], user: User | None) -> list[Failure]:
    may_see = _may_see_outbox(user)
    found = []
    for message in messages:
        lead = lead_of(message)
        path = ""
        if lead:
            path = reverse("admin:leads_lead_change", args=[lead.pk])
        elif may_see:
            path = reverse("admin:config_outboxmessage_change", args=[message.pk])
        url = site.absolute(path) if path else ""
        found.append(Failure(words_of(message.kind), discreet(message.last_error), url))
    return found


def _may_see_outbox(user: User | None) -> bool:
    """Whether `user` may; of the group, whose logins nobody knows, somebody may."""
    return user is None or user.has_perm("config.view_outboxmessage")


def _outbox_url(user: User | None) -> str:
    if not _may_see_outbox(user):
        return ""
    return site.absolute(f"{reverse('admin:config_outboxmessage_changelist')}?state=failed")
