"""Offers: a kind of consultation, with its call to action and the rules of its times."""

from datetime import timedelta

from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models

from authors.models import Author
from config.addresses import address_of
from config.fields import RenderedField
from config.slugs import AddressField
from glossary.models import Topic
from leads.availability import Rules
from leads.models.calendars import Calendar
from leads.reminders import DEFAULT_REMINDERS, validate_reminders

RESERVED_SLUGS = ("booking", "thanks")
LONGEST = 8 * 60
"""Minutes of the longest consultation, buffer or interval."""
FARTHEST = 366
"""Days ahead that can be offered at most."""
MINUTES_OF_A_MONTH = 31 * 24 * 60


def _between(least: int, most: int) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class OfferQuerySet(models.QuerySet["Offer"]):
    def active(self) -> "OfferQuerySet":
        return self.filter(is_active=True)


class Offer(models.Model):
    """A kind of consultation, with the call to action that pages show for it."""

    name = models.CharField(max_length=80, help_text="For staff and mails: “Free consultation”.")
    slug = AddressField(unique=True)
    heading = models.CharField(
        max_length=120,
        help_text="Heading of the call to action: “Want to automate your business?”",
    )
    text = models.TextField(
        validators=[MaxLengthValidator(300)],
        help_text="The sentence under it, which invites to the consultation.",
    )
    button = models.CharField(
        max_length=60,
        default="Schedule a free consultation",
        help_text="What the button says; an act, not “Submit”.",
    )
    host = models.ForeignKey(
        Author,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="offers",
        help_text="Whose portrait stands beside the call to action. Empty: the entry's author.",
    )
    search_phrases = models.TextField(
        blank=True,
        validators=[MaxLengthValidator(2000)],
        help_text="One per line: whoever searches for one of them sees this offer first.",
    )
    description = models.TextField(
        blank=True, help_text="Markdown, beside the form: what happens, how long, what it costs."
    )
    description_html = RenderedField(source="description")
    duration = models.PositiveSmallIntegerField(
        default=30, validators=_between(5, LONGEST), help_text="Minutes that the talk lasts."
    )
    interval = models.PositiveSmallIntegerField(
        "a start every",
        default=30,
        validators=_between(5, LONGEST),
        help_text="Minutes between the times that are offered, whatever the talk lasts.",
    )
    buffer_before = models.PositiveSmallIntegerField(
        default=0, validators=_between(0, LONGEST), help_text="Minutes kept free before a talk."
    )
    buffer_after = models.PositiveSmallIntegerField(
        default=0, validators=_between(0, LONGEST), help_text="Minutes kept free after it."
    )
    notice = models.PositiveIntegerField(
        "minimum notice",
        default=24 * 60,
        validators=_between(0, MINUTES_OF_A_MONTH),
        help_text="Minutes; nobody can book a time sooner than that. A day is 1440.",
    )
    horizon = models.PositiveSmallIntegerField(
        default=60, validators=_between(1, FARTHEST), help_text="Days ahead that are offered."
    )
    most_a_day = models.PositiveSmallIntegerField(
        "most bookings a day",
        default=0,
        validators=_between(0, 100),
        help_text="Of this offer, for each host; 0 is no limit.",
    )
    most_open = models.PositiveSmallIntegerField(
        "most open bookings of one person",
        default=2,
        validators=_between(0, 100),
        help_text="Counted by e-mail address; 0 is no limit.",
    )
    place = models.TextField(
        "where",
        blank=True,
        validators=[MaxLengthValidator(500)],
        help_text="An address, “we call you”, or the link of a video meeting. "
        "Only people whose booking is confirmed see it.",
    )
    calendars = models.ManyToManyField(
        Calendar,
        blank=True,
        related_name="offers",
        help_text="Whose times are offered; of several hosts the one with the fewest bookings "
        "gets the next. None: visitors send a request without a time.",
    )
    confirms_by_hand = models.BooleanField(
        "staff confirm each booking",
        default=False,
        help_text="The time is kept until somebody confirms or refuses, or until it expires.",
    )
    pending_hours = models.PositiveSmallIntegerField(
        "hours to confirm in",
        default=48,
        validators=_between(1, 14 * 24),
        help_text="After that, or when the time has come, an unconfirmed booking expires.",
    )
    verifies_email = models.BooleanField(
        "verify the e-mail address",
        default=False,
        help_text="A booking holds only once its link in a mail was followed and confirmed.",
    )
    change_cutoff = models.PositiveIntegerField(
        "changes until",
        default=4 * 60,
        validators=_between(0, MINUTES_OF_A_MONTH),
        help_text="Minutes before the talk; after that, people have to ask the contact.",
    )
    contact = models.CharField(
        max_length=200,
        blank=True,
        help_text="Whom to call or write for late changes: “Ines, +351 21 000 0000”. "
        "Empty: the site's contact address.",
    )
    reminders = models.CharField(
        max_length=100,
        blank=True,
        default=DEFAULT_REMINDERS,
        validators=[validate_reminders],
        help_text="How long before: “24h, 1h”. d, h and m are days, hours and minutes.",
    )
    is_paused = models.BooleanField(
        "paused", default=False, help_text="No times are offered; requests can still be left."
    )
    pause_message = models.CharField(
        max_length=300, blank=True, help_text="Shown instead of the times while it is paused."
    )
    is_default = models.BooleanField(
        "default", default=False, help_text="The offer that pages show. There is only one."
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Untick to stop offering it; requests are kept."
    )

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_offer_is_the_default",
                violation_error_message="Another offer is the default. Untick it there first.",
            ),
            models.CheckConstraint(
                condition=~models.Q(slug__in=RESERVED_SLUGS),
                name="offer_slug_is_not_reserved",
                violation_error_message="This address is used by the site itself.",
            ),
            models.CheckConstraint(
                condition=models.Q(is_default=False) | models.Q(is_active=True),
                name="default_offer_is_active",
                violation_error_message="The default offer has to be active.",
            ),
            models.CheckConstraint(
                condition=models.Q(duration__gte=5, interval__gte=5, horizon__gte=1),
                name="offer_has_possible_times",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        if self.is_default:
            return address_of("leads:consultation")
        return address_of("leads:offer", self.slug)

    @property
    def rules(self) -> Rules:
        return Rules(
            duration=self.duration,
            interval=self.interval,
            before=self.buffer_before,
            after=self.buffer_after,
            notice=self.notice,
            horizon=self.horizon,
            most_a_day=self.most_a_day,
        )

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.duration)


class OfferTopic(models.Model):
    """An offer that entries of a topic show; a topic has one at most."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="offer_topics")
    topic = models.OneToOneField(
        Topic,
        on_delete=models.CASCADE,
        related_name="offer_topic",
        error_messages={"unique": "Another offer is shown for this topic."},
    )

    class Meta:
        verbose_name = "topic"

    def __str__(self) -> str:
        return str(self.topic)
