"""One mail a day to whoever wants it: what is new, due, planned and stuck of what is theirs.

What is a member of staff's own, and what is nobody's, stands in it. A day on
which there is nothing to say has no mail.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation

from config import mail, outbox, site
from config.models import OutboxMessage
from config.typed import one_line
from glossary import freshness, permissions, reminding
from leads import clock, notices
from leads.models import Booking, Lead, NoticeChoices

KIND = "leads.send_digest"
AHEAD = timedelta(hours=2)
"""How long before its hour a digest is promised; `plan` is called every hour."""
LATEST = timedelta(hours=12)
"""How long after its hour a digest is still worth sending."""
MOST_LISTED = 10
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Line:
    words: str
    url: str
    mark: str = ""
    """What makes it urgent."""


@dataclass(frozen=True)
class Section:
    """A part of the digest; the templates only set it."""

    title: str
    lines: list[Line]
    more: int
    """How many there are beyond those lines."""


# When -------------------------------------------------------------------------------------


def moment(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """Return when the clock of `zone` first shows the full hour on `day`.

    An hour that the clock skips counts as the moment at which it is put forward.
    """
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)


def plan(now: datetime | None = None) -> int:
    """Promise the digests whose hour is near, each day's once; return how many. Hourly."""
    now = now or timezone.now()
    zone = site.renew().zone
    days = {each.astimezone(zone).date() for each in (now, now + AHEAD)}
    return sum(
        _promise(choices, day, moment(day, choices.digest_hour, zone), now)
        for choices in NoticeChoices.objects.filter(has_digest=True)
        for day in sorted(days)
    )


@transaction.atomic
def _promise(choices: NoticeChoices, day: date, at: datetime, now: datetime) -> bool:
    if not now - LATEST <= at <= now + AHEAD:
        return False
    # Of several workers the one whose UPDATE still finds the former day writes the message.
    former = Q(digest_on=None) | Q(digest_on__lt=day)
    mine = NoticeChoices.objects.filter(former, pk=choices.pk, has_digest=True)
    if not mine.update(digest_on=day):
        return False
    outbox.enqueue(KIND, due_at=at, user=choices.user_id, day=day.isoformat())
    return True


def begin(choices: NoticeChoices, now: datetime | None = None) -> None:
    """Have a digest that was just chosen begin with the next time its hour comes.

    The caller saves `choices`.
    """
    now = now or timezone.now()
    zone = site.current().zone
    today = now.astimezone(zone).date()
    if moment(today, choices.digest_hour, zone) <= now:
        choices.digest_on = today


# What -------------------------------------------------------------------------------------


def send(message: OutboxMessage, now: datetime | None = None) -> None:
    """Outbox handler: send the digest of the day, if it still is that day and says anything."""
    now = now or timezone.now()
    user = notices.reader(message.payload["user"])
    zone = site.current().zone
    today = now.astimezone(zone).date()
    is_wanted = NoticeChoices.objects.filter(user=message.payload["user"], has_digest=True)
    if user is None or message.payload["day"] != today.isoformat() or not is_wanted.exists():
        return
    with translation.override("en"):
        found = sections(user, today, now)
        if not found:
            return
        leave_at = notices.choices_url()
        context: dict[str, object] = {
            "sections": found,
            "today": today,
            "site": site.current(),
            "desk_url": site.absolute(reverse("admin:index")),
            "choices_url": leave_at,
        }
        mail.send(message, "admin/mail/digest", context, to=[user.email], leave_at=leave_at)


def sections(user: User, today: date, now: datetime) -> list[Section]:
    """Return what there is to say to `user`; a fixed number of queries."""
    made = [
        _unanswered(user, now),
        _suspected(now),
        _due(user, today),
        *(_talks(user, today + day * _DAY, title) for day, title in enumerate(_TALKS)),
        _to_confirm(user, now),
        _came_back(user, now),
        _given_up(user, now),
        _reviews(user, today),
    ]
    return [section for section in made if section.lines]


_TALKS = ("Consultations today", "Consultations tomorrow")


def _mine(user: User, prefix: str = "") -> Q:
    return Q(**{f"{prefix}owner": user.pk}) | Q(**{f"{prefix}owner": None})


def _my_bookings(user: User) -> Q:
    """Those that one hosts, or whose lead is one's own or nobody's."""
    return Q(calendar__author__user=user.pk) | _mine(user, "lead__")


def _section(title: str, rows: QuerySet, lines: Iterable[Line]) -> Section:
    listed = list(lines)
    more = rows.count() - len(listed) if len(listed) == MOST_LISTED else 0
    return Section(title, listed, more)


def _unanswered(user: User, now: datetime) -> Section:
    rows = Lead.objects.unanswered().filter(_mine(user)).order_by("created_at", "pk")
    latest = now - timedelta(hours=site.current().answer_hours)
    lines = (
        Line(_asked(lead, now), _lead_url(lead), "overdue" if lead.created_at < latest else "")
        for lead in rows.select_related("entry")[:MOST_LISTED]
    )
    return _section("New and unanswered", rows, lines)


def _suspected(now: datetime) -> Section:
    """How many requests were put aside: whoever is a person among them hears nothing."""
    count = Lead.objects.quarantined().filter(created_at__gt=now - _DAY).count()
    url = site.absolute(f"{reverse('admin:leads_lead_changelist')}?show=spam")
    words = f"{count} request{'' if count == 1 else 's'}. Is a person among them?"
    return Section("Suspected to be spam since yesterday", [Line(words, url)] * bool(count), 0)


def _asked(lead: Lead, now: datetime) -> str:
    hours = (now - lead.created_at) // timedelta(hours=1)
    since = f"{hours} h ago" if hours < 48 else f"{hours // 24} days ago"
    since = since if hours else "less than an hour ago"
    about = f", {lead.entry.term}" if lead.entry else ""
    return f"{one_line(lead.name)}{about}, {since}"


def _due(user: User, today: date) -> Section:
    rows = Lead.objects.inbox().due(today).filter(_mine(user)).order_by("next_step_on", "pk")
    lines = (
        Line(
            f"{one_line(lead.name)}: {one_line(lead.next_step) or 'follow up'}",
            _lead_url(lead),
            "" if lead.next_step_on == today else f"late since {lead.next_step_on:%-d %B}",
        )
        for lead in rows[:MOST_LISTED]
    )
    return _section("To do today", rows, lines)


def _talks(user: User, day: date, title: str) -> Section:
    rows = Booking.objects.on_day(day, site.current().zone).filter(_my_bookings(user))
    rows = rows.filter(state=Booking.State.CONFIRMED)
    lines = (_talk(booking) for booking in rows.with_people()[:MOST_LISTED])
    return _section(title, rows, lines)


def _talk(booking: Booking, mark: str = "") -> Line:
    starts, zone = booking.starts_at, booking.host_zone
    when = f"{clock.time(starts, zone)} ({clock.place(starts, zone)})"
    words = f"{when}: {one_line(booking.lead.name)} with {booking.calendar.author.name}"
    return Line(f"{words}, {booking.offer.name}", site.absolute(booking.get_admin_url()), mark)


def _to_confirm(user: User, now: datetime) -> Section:
    rows = Booking.objects.to_confirm(now).filter(_my_bookings(user))
    lines = [
        Line(
            f"{one_line(booking.lead.name)}, {clock.whole(booking.starts_at, booking.host_zone)}",
            site.absolute(booking.get_admin_url()),
            f"kept until {clock.whole(booking.holds_until, booking.host_zone)}"
            if booking.holds_until
            else "",
        )
        for booking in rows.with_people()[:MOST_LISTED]
    ]
    return _section("To be confirmed", rows, lines)


def _came_back(user: User, now: datetime) -> Section:
    rows = Lead.objects.inbox().filter(_mine(user), bounced_at__gt=now - _DAY)
    rows = rows.order_by("-bounced_at", "pk")
    lines = (Line(one_line(lead.name), _lead_url(lead)) for lead in rows[:MOST_LISTED])
    return _section("Mails that came back since yesterday", rows, lines)


def _given_up(user: User, now: datetime) -> Section:
    """How many messages were given up, for those who can send them again."""
    title = "What could not be sent since yesterday"
    if not user.has_perm("config.view_outboxmessage"):
        return Section(title, [], 0)
    count = OutboxMessage.objects.failed().filter(failed_at__gt=now - _DAY).count()
    url = f"{reverse('admin:config_outboxmessage_changelist')}?state=failed"
    words = f"{count} message{'' if count == 1 else 's'}, to be sent again once the cause is gone"
    return Section(title, [Line(words, site.absolute(url))] * bool(count), 0)


def _reviews(user: User, today: date) -> Section:
    title = "Entries due for review"
    if not permissions.may(user, "confirm"):
        return Section(title, [], 0)
    rows = freshness.due(today).filter(Q(owner=user) | reminding.NOBODY)
    lines = (
        Line(
            entry.term,
            site.absolute(reverse("admin:glossary_entry_change", args=[entry.pk])),
            f"since {entry.review_due_on:%-d %B}" if entry.review_due_on != today else "",
        )
        for entry in rows.only("term", "review_due_on")[:MOST_LISTED]
    )
    return _section(title, rows, lines)


def _lead_url(lead: Lead) -> str:
    return site.absolute(reverse("admin:leads_lead_change", args=[lead.pk]))
