"""Replies that staff write to leads: stored and promised at once, sent by the worker."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from config import locks, mail, outbox, site
from config.models import OutboxMessage
from config.typed import one_line
from leads import bounces, pipeline
from leads.models import Lead, LeadEvent, Reply

KIND = "leads.send_reply"
REPLIED = "lead.replied"


class NotReplied(Exception):
    """This lead gets no reply; the message says why, for staff."""


def reply(
    lead: Lead,
    *,
    subject: str,
    body: str,
    by: User,
    mark: str = "",
    now: datetime | None = None,
) -> Reply:
    """Store a reply to `lead` and promise to send it; the same `mark` is the same reply.

    It waits no more for an answer. Raises NotReplied.
    """
    now = now or timezone.now()
    with transaction.atomic():
        # The second click of a double click waits here for the reply of the first.
        locks.take(f"reply {mark or lead.pk}")
        known = _known(lead, mark)
        if known:
            return known
        present = Lead.objects.select_for_update(no_key=True).filter(pk=lead.pk).first()
        refusal = why_not(present) if present else "This request was erased meanwhile."
        if refusal:
            raise NotReplied(refusal)
        written = Reply.objects.create(
            lead=lead, by=by, subject=one_line(subject), body=body, created_at=now
        )
        promised = outbox.enqueue(KIND, reply=written.pk)
        data = {"reply": written.pk, "message": promised.pk, "mark": mark}
        pipeline.note(lead, REPLIED, by=by, text=written.subject, data=data, now=now)
        pipeline.answered(lead, by=by, now=now)
    return written


def why_not(lead: Lead) -> str:
    """Return why `lead` gets no reply, as a sentence; "" if it can get one."""
    if lead.state == Lead.State.SPAM:
        return (
            "This is suspected spam: an answer would tell the sender that the address is read. "
            "If a person wrote it, take it up first."
        )
    if lead.merged_into_id:
        return "This request was merged into another one: reply there."
    return ""


def _known(lead: Lead, mark: str) -> Reply | None:
    sent = LeadEvent.objects.filter(lead=lead, kind=REPLIED, data__mark=mark) if mark else None
    event = sent.first() if sent is not None else None
    return Reply.objects.filter(pk=event.data["reply"]).first() if event else None


# Sending ----------------------------------------------------------------------------------


def send(message: OutboxMessage) -> None:
    """Send the reply in `message`; answering it reaches whoever wrote it."""
    written = Reply.objects.select_related("lead", "by").filter(pk=message.payload["reply"])
    reply = written.first()
    if reply is None or reply.sent_at:
        return
    answer_to = (reply.by.email if reply.by else "") or site.current().contact_email
    with bounces.noticed(reply.lead, message):
        mail.send(
            message,
            "leads/mail/reply",
            {"reply": reply},
            to=[reply.lead.email],
            reply_to=[answer_to] if answer_to else [],
            mark=str(reply.pk),
            is_automatic=False,
        )
    written.update(sent_at=timezone.now())


def try_again(reply: Reply) -> bool:
    """Make a reply that was given up due again; return whether it had been."""
    said = LeadEvent.objects.filter(lead=reply.lead, kind=REPLIED, data__reply=reply.pk)
    keys = [event.data["message"] for event in said]
    return bool(outbox.retry(OutboxMessage.objects.filter(pk__in=keys)))


# What became of them ----------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """A reply, and where its mail is."""

    reply: Reply
    state: str
    """Of its message in the outbox, "sent" or "lost"."""
    error: str

    @property
    def words(self) -> str:
        return {
            "sent": "Sent",
            "waiting": "Waiting to be sent",
            "retrying": "Not sent yet, tried again",
            "failed": "Not sent",
        }.get(self.state, "Not sent: its message was deleted")


def outcomes(replies: Iterable[Reply]) -> list[Sent]:
    """Return `replies`, each with what became of it; two queries besides theirs."""
    written = list(replies)
    said = LeadEvent.objects.filter(
        lead__in={each.lead_id for each in written}, kind=REPLIED
    ).values_list("data", flat=True)
    keys = {data["reply"]: data["message"] for data in said}
    messages = OutboxMessage.objects.in_bulk(keys.values())
    return [_outcome(each, messages.get(keys.get(each.pk, 0))) for each in written]


def _outcome(reply: Reply, message: OutboxMessage | None) -> Sent:
    if reply.sent_at:
        return Sent(reply, "sent", "")
    if message is None or message.done_at:
        return Sent(reply, "lost", "")
    return Sent(reply, message.state, message.last_error)
