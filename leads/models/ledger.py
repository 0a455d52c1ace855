"""The ledger: what brought each lead, and what pages brought in, without anybody's name."""

from datetime import date
from functools import reduce
from operator import or_

from django.db import models

from glossary.models import Entry
from leads.models.leads import Lead
from leads.models.offers import Offer

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
"""What campaigns write into the addresses of their links."""


STAGE_DAYS = ("requested_on", "booked_on", "held_on", "won_on")
"""The days on which a lead came further, in their order."""


class Position(models.TextChoices):
    """Where on a page its call to action was followed."""

    HEADER = "header", "At the top of the page"
    LINE = "line", "In the text"
    END = "end", "After the text"
    BAR = "bar", "In the bar at the bottom"
    SEARCH = "search", "Among search results"
    FOOTER = "footer", "At the foot of the page"
    TWIN = "twin", "In the page as Markdown"


class AttributionQuerySet(models.QuerySet["Attribution"]):
    def counted(self) -> "AttributionQuerySet":
        """Those that figures count: all but the suspected ones, whatever stage these reached."""
        return self.filter(requested_on__isnull=False)

    def moving(self, first: date, last: date) -> "AttributionQuerySet":
        """Those that reached a stage on one of the days from `first` to `last`."""
        days = [models.Q(**{f"{stage}__range": (first, last)}) for stage in STAGE_DAYS]
        return self.filter(reduce(or_, days))


class Attribution(models.Model):
    """What brought one lead, and the days on which it came further; `leads.ledger` writes it.

    Erasing the person empties what could tell who it was and keeps the rest
    as a count: entry, offer, position, days and value.
    """

    lead = models.OneToOneField(
        Lead, on_delete=models.SET_NULL, null=True, related_name="attribution"
    )
    entry = models.ForeignKey(
        Entry, on_delete=models.SET_NULL, null=True, related_name="attributions"
    )
    offer = models.ForeignKey(
        Offer, on_delete=models.SET_NULL, null=True, related_name="attributions"
    )
    position = models.CharField("followed", max_length=10, choices=Position, blank=True)
    landing_path = models.CharField("first page", max_length=300, blank=True)
    referrer_host = models.CharField("came here from", max_length=253, blank=True)
    utm_source = models.CharField(max_length=100, blank=True)
    utm_medium = models.CharField(max_length=100, blank=True)
    utm_campaign = models.CharField(max_length=100, blank=True)
    utm_term = models.CharField(max_length=100, blank=True)
    utm_content = models.CharField(max_length=100, blank=True)
    read = models.JSONField(default=list)
    """Paths of entries that the person read, oldest first, if they chose to share them."""
    searched = models.JSONField(default=list)
    """What the person searched for, if they chose to share it."""
    requested_on = models.DateField(null=True)
    """In the site's zone, as all days here; None while the lead is suspected spam."""
    booked_on = models.DateField(null=True)
    held_on = models.DateField(null=True)
    won_on = models.DateField(null=True)
    value = models.DecimalField(max_digits=12, decimal_places=2, null=True)

    objects = AttributionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(value=None) | models.Q(won_on__isnull=False),
                name="only_what_was_won_has_a_value",
            ),
        ]
        indexes = [models.Index(fields=[name], name=f"attribution_{name}") for name in STAGE_DAYS]

    def __str__(self) -> str:
        return f"{self.entry or self.landing_path or 'unknown'}, {self.requested_on}"


class DayCountQuerySet(models.QuerySet["DayCount"]):
    def during(self, first: date, last: date) -> "DayCountQuerySet":
        return self.filter(day__range=(first, last))


class DayCount(models.Model):
    """How often a page was looked at, or its call followed, on a day. Nobody's name.

    Entries and offers are named by their keys, 0 for none: the counts of a
    deleted one stay.
    """

    class Kind(models.TextChoices):
        VIEW = "view", "Views"
        CLICK = "click", "Clicks"

    day = models.DateField()
    kind = models.CharField(max_length=5, choices=Kind)
    entry_key = models.PositiveBigIntegerField(default=0)
    offer_key = models.PositiveBigIntegerField(default=0)
    position = models.CharField(max_length=10, choices=Position, blank=True)
    times = models.PositiveIntegerField(default=0)

    objects = DayCountQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "entry_key"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "kind", "entry_key", "offer_key", "position"],
                name="day_count_is_one_row",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["view", "click"]), name="day_count_has_a_kind"
            ),
        ]
        indexes = [models.Index(fields=["entry_key", "day"], name="day_count_by_entry")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.entry_key}: {self.times}"
