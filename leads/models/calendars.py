"""Calendars: the hours of one host, and what else they have planned."""

import json
import secrets
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.utils import timezone

from authors.models import Author
from config.zones import validate_time_zone
from leads import hours
from leads.availability import Interval

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def validate_hours(text: str) -> None:
    """Raise ValidationError for opening hours that cannot be understood."""
    try:
        hours.parse(text)
    except hours.NotHours as error:
        raise ValidationError(str(error)) from error


class HoursField(models.CharField):
    """Opening hours of a day: any number of intervals, empty for closed."""

    default_validators = [validate_hours]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 200, "blank": True} | kwargs)


def new_key() -> str:
    return secrets.token_hex(16)


class Calendar(models.Model):
    """One host's hours and bookings. A host has one, so that nobody is booked twice."""

    author = models.OneToOneField(
        Author,
        on_delete=models.PROTECT,
        related_name="calendar",
        verbose_name="host",
        help_text="Whose name and portrait prospects see.",
    )
    time_zone = models.CharField(
        max_length=60,
        default="Europe/Lisbon",
        validators=[validate_time_zone],
        help_text="The hours below are those of a clock on the wall there.",
    )
    monday = HoursField(default="9:00–12:00, 13:00–17:00")
    tuesday = HoursField(default="9:00–12:00, 13:00–17:00")
    wednesday = HoursField(default="9:00–12:00, 13:00–17:00")
    thursday = HoursField(default="9:00–12:00, 13:00–17:00")
    friday = HoursField(default="9:00–12:00, 13:00–17:00")
    saturday = HoursField()
    sunday = HoursField()
    feed_url = models.CharField(
        "calendar to respect",
        max_length=1000,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="The secret address of an external calendar in .ics form. "
        "Its appointments are never offered.",
    )
    feed_hours = models.PositiveSmallIntegerField(
        "closed after",
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(168)],
        help_text="Hours without a good copy of that calendar, after which no time is offered.",
    )
    busy = models.TextField(default="[]", editable=False)
    """JSON: intervals of the last good copy in seconds since 1970, merged."""
    feed_checked_at = models.DateTimeField(null=True, editable=False)
    feed_good_at = models.DateTimeField(null=True, editable=False)
    feed_warned_at = models.DateTimeField(null=True, editable=False)
    feed_error = models.CharField(max_length=300, blank=True, editable=False)
    subscription_key = models.CharField(max_length=32, default=new_key, editable=False)
    """Random; the secret address of the host's own feed is made from it and the site's key."""

    class Meta:
        ordering = ["author__name_key"]

    def __str__(self) -> str:
        return self.author.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def weekly(self) -> tuple[hours.Hours, ...]:
        return tuple(hours.parse(getattr(self, day)) for day in WEEKDAYS)

    @property
    def busy_intervals(self) -> list[Interval]:
        return [(begin, end) for begin, end in json.loads(self.busy)] if self.feed_url else []

    def knows_plans(self, now: datetime | None = None) -> bool:
        """Whether what else the host has planned is known well enough to offer times."""
        if not self.feed_url:
            return True
        oldest = (now or timezone.now()) - timedelta(hours=self.feed_hours)
        return self.feed_good_at is not None and self.feed_good_at > oldest


class DateOverride(models.Model):
    """A day on which the weekly hours do not hold."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="overrides")
    day = models.DateField()
    hours = HoursField(help_text="Like 10:00–14:00; empty: closed.")

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "day"],
                name="day_is_overridden_once",
                violation_error_message="This day is in the list already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.hours or 'closed'}"


class BlockedPeriod(models.Model):
    """A time at which a host is away, such as a holiday."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="blocked")
    starts_at = models.DateTimeField("from")
    ends_at = models.DateTimeField("until")
    reason = models.CharField(max_length=120, blank=True, help_text="For staff only.")

    class Meta:
        ordering = ["starts_at"]
        verbose_name = "blocked period"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="blocked_period_has_a_length",
                violation_error_message="It ends before it begins.",
            )
        ]

    def __str__(self) -> str:
        return self.reason or "away"
