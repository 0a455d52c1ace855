"""Bookings: held slots, from the first click to the talk."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from config import zones
from config.zones import validate_time_zone
from leads.models.calendars import Calendar
from leads.models.leads import Lead
from leads.models.offers import Offer

UTC = ZoneInfo("UTC")
BLOCKING = ("unverified", "pending", "confirmed", "held", "no_show")
"""States that keep a time from being booked; the database's own wall names them as well."""
OPEN = ("unverified", "pending", "confirmed")
"""States from which a booking can still be moved or cancelled."""
WAITING = ("unverified", "pending")
"""States that hold a time for a while."""


class BookingQuerySet(models.QuerySet["Booking"]):
    def held(self) -> "BookingQuerySet":
        """Those that hold their slot; an unconfirmed one until somebody notes that it expired."""
        return self.filter(state__in=BLOCKING)

    def open(self) -> "BookingQuerySet":
        return self.filter(state__in=OPEN)

    def upcoming(self, now: datetime | None = None) -> "BookingQuerySet":
        return self.open().filter(starts_at__gt=now or timezone.now())

    def overlapping(self, start: datetime, end: datetime) -> "BookingQuerySet":
        """Those whose time, buffers included, has a moment between `start` and `end`."""
        return self.filter(blocked_from__lt=end, blocked_until__gt=start)

    def lapsed(self, now: datetime | None = None) -> "BookingQuerySet":
        """Those that were held for a while, which has passed."""
        return self.filter(state__in=WAITING, holds_until__lte=now or timezone.now())

    def without_lapsed(self, now: datetime | None = None) -> "BookingQuerySet":
        return self.exclude(state__in=WAITING, holds_until__lte=now or timezone.now())

    def to_confirm(self, now: datetime | None = None) -> "BookingQuerySet":
        """Those whose time is kept until staff say yes or no."""
        return self.filter(state="pending").without_lapsed(now)

    def on_day(self, day: date, zone: ZoneInfo) -> "BookingQuerySet":
        """Those that begin on `day` by the clock of `zone`."""
        first = datetime.combine(day, time(), tzinfo=zone)
        last = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
        return self.filter(starts_at__gte=first, starts_at__lt=last)

    def of_address(self, email: str) -> "BookingQuerySet":
        return self.filter(lead__email__iexact=email)

    def of(self, lead: Lead) -> "BookingQuerySet":
        """Those of `lead`, and of what was merged into it."""
        return self.filter(lead__in=Lead.objects.together(lead))

    def with_people(self) -> "BookingQuerySet":
        return self.select_related("lead__entry", "offer", "calendar__author__user")


class Booking(models.Model):
    """A held slot. Only the verbs of `leads.booking` change one."""

    class State(models.TextChoices):
        UNVERIFIED = "unverified", "Address not verified"
        PENDING = "pending", "To be confirmed"
        CONFIRMED = "confirmed", "Confirmed"
        HELD = "held", "Held"
        NO_SHOW = "no_show", "Did not come"
        CANCELLED = "cancelled", "Cancelled"
        REFUSED = "refused", "Refused"
        EXPIRED = "expired", "Expired"

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="bookings")
    calendar = models.ForeignKey(
        Calendar, on_delete=models.PROTECT, related_name="bookings", verbose_name="host"
    )
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="bookings")
    state = models.CharField(max_length=10, choices=State, default=State.CONFIRMED)
    starts_at = models.DateTimeField("time")
    ends_at = models.DateTimeField()
    blocked_from = models.DateTimeField()
    blocked_until = models.DateTimeField()
    time_zone = models.CharField(max_length=60, validators=[validate_time_zone])
    """The host's zone when the time was chosen."""
    wall_time = models.CharField(max_length=16)
    """What the host's clock was to show, as 2026-11-26T14:30: rules of zones change."""
    visitor_zone = models.CharField("their time zone", max_length=60, blank=True)
    holds_until = models.DateTimeField(null=True)
    """Until when an unverified or unconfirmed booking keeps its time."""
    uid = models.CharField(max_length=255, unique=True)
    """The UID of the invitation, for life."""
    token_hash = models.CharField(max_length=64, unique=True)
    """SHA-256 of the secret in the address of its page."""
    revision = models.PositiveIntegerField(default=0)
    """Rises with each change that concerns the prospect; the SEQUENCE of the invitation."""
    told_revision = models.PositiveIntegerField(null=True)
    told_starts_at = models.DateTimeField(null=True)
    """What the prospect knows from our mails."""
    is_invited = models.BooleanField(default=False)
    """Whether an invitation was mailed, which only a mail can take back."""
    reason = models.TextField(blank=True)
    """Why it was cancelled or refused, in the words of whoever did."""
    created_at = models.DateTimeField("booked", default=timezone.now)

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="booking_has_a_length"
            ),
            models.CheckConstraint(
                condition=Q(
                    blocked_from__lte=models.F("starts_at"), blocked_until__gte=models.F("ends_at")
                ),
                name="booking_blocks_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[*BLOCKING, "cancelled", "refused", "expired"]),
                name="booking_state_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=WAITING) | Q(holds_until__isnull=False),
                name="booking_in_waiting_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["calendar", "blocked_until"], name="booking_by_calendar"),
            models.Index(fields=["state", "starts_at"], name="booking_by_state"),
            models.Index(fields=["starts_at", "id"], name="booking_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.offer.name}, {self.starts_at:%Y-%m-%d %H:%M} UTC"

    @property
    def host_zone(self) -> ZoneInfo:
        return zones.find(self.time_zone) or UTC

    @property
    def shown_zone(self) -> ZoneInfo:
        """The zone in which the prospect chose the time, else the host's."""
        return zones.find(self.visitor_zone) or self.host_zone

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_confirmed(self) -> bool:
        return self.state == self.State.CONFIRMED

    def get_admin_url(self) -> str:
        return reverse("admin:leads_booking_change", args=[self.pk])
