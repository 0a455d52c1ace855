"""The demonstration's offers, calendars, templates and people, as of the day of loading."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import Group, User

from authors.models import Author
from config import site
from config.demo import consultations
from config.models import OutboxMessage, SiteSettings, WebhookEndpoint
from glossary.models import Entry, Topic
from leads import booking, bounces, consenting, ledger, pipeline, replying, schedules
from leads.models import (
    Booking,
    Calendar,
    Lead,
    Offer,
    OfferTopic,
    Reply,
    ReplyTemplate,
    SavedView,
)

Fields = Mapping[str, Any]
_NO_COLUMNS = ("host", "hosts", "topics")


def load(now: datetime) -> None:
    """Create what is missing; what is there, and what somebody changed in it, stays."""
    made = [_calendar(fields, now) for fields in consultations.CALENDARS]
    new_calendars = {each.pk for each in made if each}
    for fields in consultations.OFFERS:
        _load_offer(fields, new_calendars=new_calendars)
    for fields in consultations.REPLIES:
        key = {name: fields[name] for name in ("language", "name")}
        ReplyTemplate.objects.get_or_create(**key, defaults=fields)
    for number, fields in enumerate(consultations.LEADS, start=1):
        _load_lead(f"demo {number}", fields, now)
    view = consultations.SAVED_VIEW
    owner = _member_of_staff("ines")
    SavedView.objects.get_or_create(owner=owner, name=view["name"], defaults=view)
    hook = consultations.WEBHOOK
    WebhookEndpoint.objects.get_or_create(name=hook["name"], defaults=hook)


# Calendars and offers ---------------------------------------------------------------------


def _calendar(fields: Fields, now: datetime) -> Calendar | None:
    """The calendar with its exceptions; None if the host has one already."""
    host = Author.objects.get(slug=fields["host"])
    calendar, is_new = Calendar.objects.get_or_create(author=host, defaults=fields["hours"])
    if not is_new:
        return None
    today = now.astimezone(calendar.zone).date()
    for weeks, weekday, opening in fields["overrides"]:
        calendar.overrides.create(day=_day(today, weeks, weekday), hours=opening)
    for begin, end, reason in fields["blocked"]:
        starts_at, ends_at = (
            _moment(calendar, _day(today, *at[:2]), at[2]) for at in (begin, end)
        )
        calendar.blocked.create(starts_at=starts_at, ends_at=ends_at, reason=reason)
    return calendar


def _load_offer(fields: Fields, *, new_calendars: set[int]) -> None:
    columns = {name: value for name, value in fields.items() if name not in _NO_COLUMNS}
    is_first = fields is consultations.OFFERS[0]
    is_default = is_first and not Offer.objects.filter(is_default=True).exists()
    host = Author.objects.filter(slug=fields.get("host", "")).first()
    offer, is_new = Offer.objects.get_or_create(
        slug=fields["slug"], defaults={**columns, "is_default": is_default, "host": host}
    )
    calendars = Calendar.objects.filter(author__slug__in=fields["hosts"])
    offer.calendars.add(*(each for each in calendars if is_new or each.pk in new_calendars))
    for name in fields["topics"] if is_new else ():
        topic = Topic.objects.get(name=name)
        OfferTopic.objects.get_or_create(topic=topic, defaults={"offer": offer})


# People -----------------------------------------------------------------------------------


def _load_lead(mark: str, fields: Fields, now: datetime) -> None:
    asked_at = now - timedelta(days=fields["days_ago"])
    entry = Entry.objects.filter(slug=fields["entry"]).first()
    said = ("name", "email", "phone", "company", "message", "preferred_time")
    wish = fields.get("booking")
    slug = wish["offer"] if wish else consultations.OFFERS[0]["slug"]
    lead, is_new = Lead.objects.get_or_create(
        submission=mark,
        defaults={
            **{name: fields[name] for name in said},
            "offer": Offer.objects.get(slug=slug),
            "entry": entry,
            "source_path": entry.get_absolute_url() if entry else "/",
            "created_at": asked_at,
        },
    )
    if not is_new:
        return
    text = SiteSettings.objects.get().consent_text
    consenting.record(lead, consenting.to_answer(text), page="/consultation/", now=asked_at)
    ledger.open_line(lead, now=asked_at)
    pipeline.note(lead, "lead.created", now=asked_at)
    if wish:
        _book(lead, wish, asked_at, now, by=_member_of_staff(fields.get("owner", "ines")))
    _follow_up(lead, fields, asked_at, now)


def _follow_up(lead: Lead, fields: Fields, asked_at: datetime, now: datetime) -> None:
    """What staff did since, by the verbs as of their days."""

    def ago(days: float) -> datetime:
        return min(now, max(asked_at, now - timedelta(days=days)))

    by = _member_of_staff(fields["owner"]) if "owner" in fields else None
    if by:
        pipeline.assign(lead, by, by=by, now=ago(fields["days_ago"] - 0.1))
    for days, text in fields.get("notes", ()):
        pipeline.note(lead, "lead.noted", by=by, text=text, now=ago(days))
    if by and "reply" in fields:
        days, subject, body = fields["reply"]
        _reply(lead, subject, body, by=by, at=ago(days))
        if "come_back" in fields:
            reason = fields["come_back"]
            bounces.came_back(lead, "soft", reason=reason, mark="demo", now=ago(days))
    if fields["state"] == Lead.State.WON:
        pipeline.win(lead, fields["value"], by=by, now=ago(1))
    elif fields["state"]:
        state, reason = Lead.State(fields["state"]), fields.get("reason", "")
        pipeline.advance(lead, state, out_of=Lead.State, by=by, reason=reason, now=ago(1))
    if "step" in fields:
        step, days = fields["step"]
        day = (now + timedelta(days=days)).astimezone(site.current().zone).date()
        pipeline.plan(lead, step, on=day, by=by, now=ago(0.5))


def _reply(lead: Lead, subject: str, body: str, *, by: User, at: datetime) -> None:
    """A reply as if it had been sent then."""
    written = Reply.objects.create(
        lead=lead, by=by, subject=subject, body=body, created_at=at, sent_at=at
    )
    data = {"reply": written.pk, "message": 0, "mark": ""}
    pipeline.note(lead, replying.REPLIED, by=by, text=subject, data=data, now=at)
    pipeline.answered(lead, by=by, now=at)


def _member_of_staff(name: str) -> User:
    """A colleague who follows up; nobody can log in as one before a password is set."""
    user, is_new = User.objects.get_or_create(
        username=name, defaults={**consultations.STAFF[name], "is_staff": True}
    )
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
        user.groups.set(Group.objects.filter(name="sales"))
    return user


def _book(lead: Lead, wish: Fields, asked_at: datetime, now: datetime, *, by: User) -> None:
    """Book and act by the verbs as of their days; nobody is written to, now or later."""
    calendar = Calendar.objects.get(author__slug=wish["host"])
    assert lead.offer is not None  # noqa: S101 - it was asked for
    start = _time(calendar, lead.offer, wish, asked_at, now)
    if start is None:
        return
    found = booking.book(
        lead.offer,
        start=start,
        lead=lead,
        visitor_zone=wish["zone"],
        calendar=calendar,
        tell=False,
        now=asked_at,
    )
    for day, act, options in wish["acts"]:
        _act(found, act, options, now + timedelta(days=day), now, by=by)
    # All in one transaction with the rows: no worker ever sees what the verbs have promised.
    OutboxMessage.objects.filter(payload__booking=found.pk).delete()


def _act(
    found: Booking, act: str, options: Fields, at: datetime, now: datetime, *, by: User
) -> None:
    if act == "move":
        start = _time(found.calendar, found.offer, options, at, now, without=found)
        if start:
            booking.move(found, start=start, tell=False, now=at)
    elif act == "cancel":
        booking.cancel(found, reason=options["reason"], tell=False, now=at)
    elif act == "mark_held":
        booking.mark_held(found, by=by, now=max(at, found.ends_at))
    else:
        booking.mark_no_show(found, by=by, now=max(at, found.ends_at))


# Moments ----------------------------------------------------------------------------------


def _time(
    calendar: Calendar,
    offer: Offer,
    wish: Fields,
    asked_at: datetime,
    now: datetime,
    *,
    without: Booking | None = None,
) -> datetime | None:
    """The first time offered at `asked_at` that is not before the day and hour of `wish`."""
    day = (now + timedelta(days=wish["day"])).astimezone(calendar.zone).date()
    earliest = _moment(calendar, day, wish["at"])
    offered = schedules.times([calendar], offer, without=without, now=asked_at)
    return next((each for each in offered if each >= earliest), None)


def _day(today: date, weeks: int, weekday: int) -> date:
    monday = today - timedelta(days=today.weekday())
    return monday + timedelta(weeks=weeks, days=weekday)


def _moment(calendar: Calendar, day: date, clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime.combine(day, time(hour, minute), tzinfo=calendar.zone)
