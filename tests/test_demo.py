"""The consultations of the demonstration: true on whatever day they are loaded."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils import timezone

from config.demo import appointments, consultations
from config.models import OutboxMessage, WebhookEndpoint
from glossary.models import Entry, Topic
from leads import schedules
from leads.admin import lead_lists
from leads.admin.lead_filters import rows_of
from leads.admin.lead_lists import Asker
from leads.models import (
    Booking,
    Calendar,
    DateOverride,
    Lead,
    LeadEvent,
    Offer,
    OfferTopic,
    Reply,
    ReplyTemplate,
    SavedView,
)
from leads.reply_texts import unknown
from tests.factories import make_author, make_entry, make_site

pytestmark = pytest.mark.django_db
DAYS = [
    datetime(2026, 11, 26, 0, 20, tzinfo=UTC),
    datetime(2027, 1, 2, 23, 50, tzinfo=UTC),  # a Saturday, and a Sunday in Istanbul
    datetime(2027, 3, 26, 13, 0, tzinfo=UTC),  # two days before the clocks change
    datetime(2028, 10, 30, 6, 30, tzinfo=UTC),  # a day after they did
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
    *(datetime(2027, 6, day, 8, 0, tzinfo=UTC) for day in range(7, 14)),
]


@pytest.fixture(autouse=True)
def site():
    make_site()
    for slug in ("ines-carvalho", "tomas-lind"):
        make_author(name=slug, slug=slug)
    Topic.objects.create(name="Data")
    make_entry(term="Data pipeline", topics=["Data"])


def of(name: str) -> Booking:
    return Booking.objects.get(lead__name=name)


@pytest.mark.parametrize("now", DAYS, ids=str)
def test_on_any_day_there_is_something_of_each_kind_to_see(now):
    appointments.load(now)
    bookings = list(Booking.objects.with_people())
    states = Counter(each.state for each in bookings)
    assert states == {"confirmed": 2, "pending": 1, "cancelled": 1, "held": 2, "no_show": 1}
    coming = {each.state for each in bookings if each.starts_at > now}
    assert coming == {"confirmed", "pending", "cancelled"}
    assert not Booking.objects.lapsed(now).exists()
    week = now + timedelta(days=10)
    assert Booking.objects.upcoming(now).filter(starts_at__lt=week).count() == 3
    assert all(each.created_at <= now for each in bookings)
    assert not LeadEvent.objects.filter(at__gt=now).exists()


@pytest.mark.parametrize("now", DAYS, ids=str)
def test_each_talk_is_within_the_hours_of_its_host(now):
    appointments.load(now)
    for each in Booking.objects.with_people():
        local = each.starts_at.astimezone(each.calendar.zone)
        minute = local.hour * 60 + local.minute
        opening = each.calendar.weekly[local.weekday()]
        override = each.calendar.overrides.filter(day=local.date()).exists()
        end = minute + each.offer.duration
        assert override or any(opens <= minute and end <= closes for opens, closes in opening)


@pytest.mark.parametrize("now", DAYS, ids=str)
def test_both_offers_have_times_and_days_on_which_hours_differ(now):
    appointments.load(now)
    for offer in Offer.objects.all():
        calendars = schedules.calendars_of(offer)
        assert len(schedules.times(calendars, offer, now=now)) > 20
    for calendar in Calendar.objects.all():
        exceptions = [*calendar.overrides.values_list("day", flat=True)]
        assert exceptions
        assert min(exceptions) > now.date()
        assert calendar.blocked.get().starts_at > now


@pytest.mark.parametrize("now", DAYS, ids=str)
def test_on_any_day_every_view_of_the_inbox_has_something_to_show(now):
    appointments.load(now)
    ines = User.objects.get(username="ines")
    found, _ = lead_lists.counts(Asker.now_of(ines, now))
    assert {name for name, count in found.items() if not count} == {"merged"}
    assert found["open"] < found["all"] < Lead.objects.count()
    late = Lead.objects.filter(next_step_on__lt=Asker.now_of(ines, now).today)
    assert late.count() == 1
    assert set(Lead.objects.filter(state="won").values_list("value", flat=True)) == {2400}
    [lost] = Lead.objects.filter(state="lost")
    assert (lost.lost_reason, lost.owner.username) == (
        "No budget for it before next year.",
        "tomas",
    )


def test_a_reply_a_bounce_and_a_second_request_of_an_address_are_to_be_seen():
    now = timezone.now()
    appointments.load(now)
    sent = {reply.lead.name: reply.sent_at for reply in Reply.objects.all()}
    assert sorted(sent) == ["Peter Hallam", "Rui Salgado"]
    assert all(at < now for at in sent.values())
    assert Lead.objects.get(name="Rui Salgado").answered_at == sent["Rui Salgado"]
    assert [lead.name for lead in Lead.objects.exclude(bounced_at=None)] == ["Peter Hallam"]
    helena = Lead.objects.get(name="Helena Prates")
    assert [lead.name for lead in Lead.objects.same_email(helena)] == ["H. Prates"]
    [view] = SavedView.objects.all()
    rows = rows_of(QueryDict(view.query), Asker.now_of(view.owner), search=lambda rows, _: rows)
    assert rows.count() > 2
    assert [hook.is_active for hook in WebhookEndpoint.objects.all()] == [False]


def test_colleagues_of_the_demonstration_cannot_log_in():
    appointments.load(timezone.now())
    for user in User.objects.all():
        assert (user.has_usable_password(), user.email) == (False, "")
        assert set(user.groups.values_list("name", flat=True)) == {"sales"}


def test_nobody_is_written_to_now_or_later():
    appointments.load(timezone.now())
    kinds = set(OutboxMessage.objects.values_list("kind", flat=True))
    assert {kind for kind in kinds if kind.startswith("leads.")} == set()


def test_messages_of_other_bookings_stay():
    other = OutboxMessage.objects.create(
        kind="leads.remind", payload={"booking": 0}, due_at=timezone.now()
    )
    appointments.load(timezone.now())
    assert OutboxMessage.objects.filter(pk=other.pk).exists()


def test_loading_again_next_month_changes_nothing():
    now = timezone.now()
    appointments.load(now)
    before = [list(model.objects.values()) for model in (Booking, Calendar, Lead, LeadEvent)]
    appointments.load(now + timedelta(days=30))
    assert before == [list(m.objects.values()) for m in (Booking, Calendar, Lead, LeadEvent)]


def test_what_staff_changed_stays():
    now = timezone.now()
    appointments.load(now)
    Offer.objects.update(duration=45)
    Offer.objects.get(slug="data-check").calendars.clear()
    OfferTopic.objects.all().delete()
    DateOverride.objects.all().delete()
    Booking.objects.all().delete()
    Lead.objects.filter(name="Helena Prates").delete()
    Calendar.objects.update(monday="", tuesday="", wednesday="", thursday="", friday="")
    appointments.load(now)
    assert set(Offer.objects.values_list("duration", flat=True)) == {45}
    assert Offer.objects.get(slug="data-check").calendars.count() == 0
    assert not OfferTopic.objects.exists()
    assert not DateOverride.objects.exists()
    # Without hours the lead that was deleted comes back without a booking.
    assert Lead.objects.filter(name="Helena Prates").count() == 1
    assert not Booking.objects.exists()


def test_hosts_of_an_older_demonstration_get_their_calendars():
    offer = Offer.objects.create(
        slug="free-consultation", name="Free consultation", heading="H", text="T", is_default=True
    )
    appointments.load(timezone.now())
    assert offer.calendars.count() == 2
    assert Offer.objects.get(is_default=True) == offer


def test_the_timeline_tells_what_happened():
    appointments.load(timezone.now())
    kinds = LeadEvent.objects.filter(lead__name="Yusuf Demir").order_by("at", "pk")
    assert list(kinds.values_list("kind", flat=True)) == [
        "lead.created",
        "booking.created",
        "lead.status_changed",
        "lead.assigned",
        "booking.moved",
    ]
    noted = LeadEvent.objects.filter(kind__in=["booking.held", "booking.no_show"])
    assert set(noted.values_list("by__username", flat=True)) == {"ines", "tomas"}
    states = dict(Lead.objects.values_list("name", "state"))
    assert states["Annika Weiss"] == "held"
    assert states["Ingrid Solheim"] == "new"
    assert states["Peter Hallam"] == "contacted"
    assert states["Declan Moore"] == "won"


def test_entries_about_data_call_for_the_data_check(client):
    appointments.load(timezone.now())
    page = client.get(Entry.objects.get().get_absolute_url()).content.decode()
    assert consultations.OFFERS[1]["heading"] in page
    assert consultations.OFFERS[0]["heading"] not in page


def test_words_are_within_what_the_fields_take():
    appointments.load(timezone.now())
    for offer in Offer.objects.all():
        offer.full_clean()
    for calendar in Calendar.objects.all():
        calendar.full_clean()


def test_each_language_has_a_template_for_replies():
    appointments.load(timezone.now())
    found = ReplyTemplate.objects.all()
    assert {each.language for each in found} == {"en", "de", "pt"}
    for each in found:
        each.full_clean()
        assert unknown(each.subject + each.body) == []
