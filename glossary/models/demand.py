"""What readers look for and the glossary does not have yet."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from config.slugs import AddressField
from glossary.models.entries import Entry, is_public
from glossary.models.names import Alias, TermName
from glossary.models.voices import Suggestion


class MissedPath(models.Model):
    """How often an address under the glossary led nowhere on a day; nobody's name."""

    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    slug = AddressField()
    day = models.DateField()
    times = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-day", "-times"]
        constraints = [
            models.UniqueConstraint(
                fields=["language", "slug", "day"], name="missed_path_is_counted_by_day"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="missed_path_by_day")]

    def __str__(self) -> str:
        return self.slug


class DemandQuerySet(models.QuerySet["Demand"]):
    def with_work(self, now: datetime | None = None) -> "DemandQuerySet":
        """With `work`, the key of the entry that has the term or was begun for it, if any, and
        `is_answered`, whether readers find the term by now.

        A withdrawn entry is no work. The key itself decides where it can, so that an entry
        written without the queue counts as well.
        """
        same = {"language": OuterRef("language")}
        drafts = Entry.objects.exclude(state=Entry.State.WITHDRAWN)
        named = drafts.filter(**same, term_key=OuterRef("term_key")).order_by()
        aliases = Alias.objects.in_language(OuterRef("language")).filter(
            ~Q(entry__state=Entry.State.WITHDRAWN), name_key=OuterRef("term_key")
        )
        public = TermName.objects.filter(
            is_public("entry__", now), **same, search_key=OuterRef("term_key")
        )
        begun = Case(When(~Q(entry__state=Entry.State.WITHDRAWN), then=F("entry")))
        return self.annotate(
            work=Coalesce(
                begun,
                Subquery(named.values("pk")[:1]),
                Subquery(aliases.order_by("pk").values("entry")[:1]),
                output_field=models.BigIntegerField(),
            ),
            is_answered=Case(
                When(is_public("entry__", now), then=True),
                default=Exists(public),
                output_field=models.BooleanField(),
            ),
        )

    def waiting(self, now: datetime | None = None) -> "DemandQuerySet":
        """What is asked for, is for us, and is not to be read yet."""
        asked = self.filter(is_dismissed=False).with_work(now)
        return asked.filter(Q(is_answered=False))


class Demand(models.Model):
    """A term that is asked for, with how often and where; gathered by `glossary.demand`."""

    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    term = models.CharField(max_length=150)
    term_key = models.CharField(max_length=200, help_text="`alphabet.fold(term)`.")
    searches = models.PositiveIntegerField("searched for", default=0)
    wanted = models.PositiveIntegerField("linked as [[wanted]]", default=0)
    missed = models.PositiveIntegerField("address tried", default=0)
    suggested = models.PositiveIntegerField(default=0)
    used_in = models.PositiveIntegerField("used in entries", default=0)
    score = models.PositiveIntegerField(default=0)
    entry = models.ForeignKey(
        Entry, on_delete=models.SET_NULL, null=True, blank=True, related_name="demands"
    )
    is_dismissed = models.BooleanField("not for us", default=False)
    created_at = models.DateTimeField("first asked for", default=timezone.now)

    objects = DemandQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "demand"
        ordering = ["-score", "term_key", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["language", "term_key"], name="demand_is_kept_once"),
        ]
        indexes = [models.Index(fields=["-score", "term_key"], name="demand_by_score")]

    def __str__(self) -> str:
        return self.term


class Asker(models.Model):
    """Somebody who wants to hear when a suggested term is published; deleted once told."""

    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="askers")
    email = models.EmailField("e-mail")
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["suggestion", "email"], name="asker_is_kept_once"),
        ]

    def __str__(self) -> str:
        return self.email


class Gathering(models.Model):
    """When something was last gathered, so that several workers do not do it at once."""

    name = models.CharField(max_length=20, unique=True)
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def is_due(cls, name: str, *, every: timedelta, now: datetime) -> bool:
        """Whether it was not gathered within `every`; then it counts as gathered at `now`.

        Of two workers that ask at once, one hears yes.
        """
        waiting = cls.objects.filter(name=name, last_at__lte=now - every)
        if not cls.objects.filter(name=name).exists():
            fresh = Gathering(name=name, last_at=now - every)
            Gathering.objects.bulk_create([fresh], ignore_conflicts=True)
        return bool(waiting.update(last_at=now))
