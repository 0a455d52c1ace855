"""Entries: articles about one term each."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from taggit.managers import TaggableManager

from authors.models import Author
from config import markdown, seo, site
from config.addresses import address_of
from config.alphabet import fold, letter, sort_key
from config.fields import FollowingCharField, StoredHtmlField
from config.languages import speaking
from config.slugs import AddressField
from glossary.models.orders import ENTRY_INDEXES, MOST_COUNTED, PUBLISHED, steps
from glossary.models.topics import EntryTopic, Topic


class CaseRule(models.TextChoices):
    """Which spellings of a name count as the name."""

    AUTO = "auto", "As usual: IT is not it, but Webhook is webhook"
    EXACT = "exact", "Exactly as written: Go is not go"
    ANY = "any", "Any capitals: CRM is crm"


def is_public(path: str = "", now: datetime | None = None) -> models.Q:
    """The condition of `published()` for the entry at `path`, such as "source__"."""
    conditions = {"state": Entry.State.PUBLISHED, "published_at__lte": now or timezone.now()}
    return models.Q(**{f"{path}{field}": value for field, value in conditions.items()})


class EntryQuerySet(models.QuerySet["Entry"]):
    def published(self, now: datetime | None = None) -> "EntryQuerySet":
        """What readers may see at `now`: the only door from public code to entries."""
        return self.filter(is_public(now=now))

    def scheduled(self, now: datetime | None = None) -> "EntryQuerySet":
        return self.filter(state=Entry.State.PUBLISHED, published_at__gt=now or timezone.now())

    def withdrawn(self, now: datetime | None = None) -> "EntryQuerySet":
        """What readers once saw and no longer do: gone, not unknown."""
        return self.filter(state=Entry.State.WITHDRAWN, published_at__lte=now or timezone.now())

    def in_language(self, language: str) -> "EntryQuerySet":
        return self.filter(language=language)

    def under(self, letter: str) -> "EntryQuerySet":
        return self.filter(letter=letter)

    def about(self, topic: Topic) -> "EntryQuerySet":
        here = EntryTopic.objects.filter(tag=topic, content_object=models.OuterRef("pk"))
        return self.filter(models.Exists(here))

    def newest(self) -> "EntryQuerySet":
        return self.order_by(PUBLISHED.desc(), "-pk")

    def with_people(self) -> "EntryQuerySet":
        return self.select_related("author", "reviewer")

    def for_lists(self) -> "EntryQuerySet":
        """Without the long columns, which no list shows."""
        return self.defer("body", "body_html", "plain_text", "contents", "anchors")

    def at(self, slugs: Iterable[str]) -> "EntryQuerySet":
        """Entries with these addresses, in whatever language, in no order.

        The index of addresses begins with the language, and in theirs SQLite would go through
        all entries.
        """
        languages = [code for code, _ in settings.LANGUAGES]
        return self.filter(language__in=languages, slug__in=list(slugs)).order_by()

    def letters(self) -> list[str]:
        """Return the index letters in use, digits and signs last. One query."""
        found = (letter for letter, _ in steps(self, by="glossary_entry.letter"))
        return sorted(found, key=lambda letter: (not letter[:1].isalpha(), letter))

    def number(self) -> int:
        """Return how many there are, one more than MOST_COUNTED for all above. One query."""
        return self.order_by("sort_key", "pk").values("pk")[: MOST_COUNTED + 1].count()


class Entry(models.Model):  # type: ignore[django-manager-missing] # EntryTopic inherits its manager
    """An article about one term.

    The fields of the last block are derived from the others by
    `glossary.publishing`; what readers see comes from them alone, so that
    reading neither renders nor joins.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Review(models.TextChoices):
        """Where the draft stands between its writer and those who publish."""

        NONE = "", "Draft"
        WAITING = "waiting", "In review"
        RETURNED = "returned", "Returned"
        APPROVED = "approved", "Approved"

    term = models.CharField(
        max_length=150, help_text="The word or phrase itself: “Machine Learning Engineer”."
    )
    case_rule = models.CharField(
        "capitals",
        max_length=5,
        choices=CaseRule,
        default=CaseRule.AUTO,
        help_text="Which spellings of the term other texts link here.",
    )
    term_key = FollowingCharField(source="term", make=fold, max_length=200)
    sort_key = FollowingCharField(source="term", make=sort_key, max_length=200)
    letter = FollowingCharField(source="term", make=letter, max_length=4)
    slug = AddressField(
        help_text="The last part of the address. If you change it later, the old address "
        "leads to the new one.",
    )
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, default="en")
    title_override = models.CharField(
        "other heading",
        max_length=150,
        blank=True,
        help_text="Only if “What is: …” does not fit, for example “What are: …”.",
    )
    short_definition = models.TextField(
        blank=True,
        validators=[MaxLengthValidator(320)],
        help_text="One or two plain sentences that answer the question at once, at most 320 "
        "characters. It opens the page and appears in lists and search results.",
    )
    body = models.TextField(
        blank=True,
        validators=[MaxLengthValidator(markdown.MAX_LENGTH)],
        help_text="Markdown. Start headings at ## and link other entries by their name: "
        "[[webhook]], or [[webhook|shown words]].",
    )
    author = models.ForeignKey(
        Author, on_delete=models.PROTECT, null=True, blank=True, related_name="entries"
    )
    reviewer = models.ForeignKey(
        Author,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="reviewed_entries",
        help_text="Somebody else who vouches for the text; shown as “Reviewed by”.",
    )
    reviewed_on = models.DateField(
        "reviewed",
        null=True,
        blank=True,
        help_text="The day on which the reviewer last found the text right.",
    )
    topics = TaggableManager(
        verbose_name="topics",
        through=EntryTopic,
        blank=True,
        help_text="Separated by commas; existing topics are offered while you type.",
    )
    links_terms = models.BooleanField(
        "link terms in this text",
        default=True,
        help_text="The first mention of each other term becomes a link. A passage between "
        "<!-- no links --> and <!-- links --> is left alone in any case.",
    )
    is_linked_to = models.BooleanField(
        "link here from other texts",
        default=True,
        help_text="Untick for a word that is too common to be linked wherever it occurs.",
    )
    seo_title = models.CharField(
        "title for search engines",
        max_length=70,
        blank=True,
        help_text="Empty: the heading and the site's name. About 60 characters are shown.",
    )
    seo_description = models.CharField(
        "description for search engines",
        max_length=200,
        blank=True,
        help_text="Empty: the short definition. About 155 characters are shown.",
    )
    offer = models.PositiveBigIntegerField(
        "call to action",
        null=True,
        blank=True,
        help_text="The offer that this page shows. Empty: that of its topics, else the default.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_entries",
        help_text="Who keeps the text right and is reminded when a review is due.",
    )
    review_months = models.PositiveSmallIntegerField(
        "review every",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text="Months after which somebody has to look at it again. Empty: as the site says.",
    )
    review_due_on = models.DateField("review due", null=True, blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    review = models.CharField(
        max_length=10, choices=Review, default=Review.NONE, blank=True, editable=False
    )
    draft = models.ForeignKey(
        "Revision",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="The newest version, as long as readers do not see it.",
    )
    live = models.ForeignKey(
        "Revision",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="The version that readers see, or will see from the date on.",
    )
    planned = models.ForeignKey(
        "Revision",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="The version that takes the place of the live one at `planned_at`.",
    )
    planned_at = models.DateTimeField(null=True, editable=False)
    published_at = models.DateTimeField(
        null=True,
        blank=True,
        # Time zones cannot be told at the ends of the calendar.
        validators=[
            MinValueValidator(datetime(1900, 1, 1, tzinfo=UTC)),
            MaxValueValidator(datetime(9998, 12, 31, tzinfo=UTC)),
        ],
    )
    updated_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    import_ref = models.CharField(max_length=300, null=True, blank=True, editable=False)  # noqa: DJ001 - unique when set
    import_digest = models.CharField(max_length=64, blank=True, editable=False)

    body_html = StoredHtmlField(blank=True, editable=False)
    contents = models.JSONField(default=list, blank=True, editable=False)
    anchors = models.JSONField(default=list, blank=True, editable=False)
    plain_text = models.TextField(blank=True, editable=False)
    reading_minutes = models.PositiveSmallIntegerField(default=1, editable=False)
    public_topics = models.JSONField(default=list, blank=True, editable=False)
    public_aliases = models.JSONField(default=list, blank=True, editable=False)
    renderer_version = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "entries"
        ordering = ["sort_key", "pk"]
        permissions = [
            ("publish_entry", "Can publish and withdraw entries"),
            ("review_entry", "Can approve drafts and return them"),
            ("import_entry", "Can import entries"),
            ("export_entry", "Can export entries"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["language", "slug"],
                name="entry_address_is_unique",
                violation_error_message="Another entry in this language has this address.",
            ),
            models.UniqueConstraint(
                fields=["language", "term_key"],
                name="entry_term_is_unique",
                violation_error_message="There is already an entry about this term.",
            ),
            models.UniqueConstraint(fields=["import_ref"], name="entry_is_imported_once"),
            models.CheckConstraint(condition=~models.Q(term=""), name="entry_has_a_term"),
            models.CheckConstraint(condition=~models.Q(slug=""), name="entry_has_a_slug"),
            models.CheckConstraint(
                condition=~models.Q(state="published") | models.Q(published_at__isnull=False),
                name="published_entry_has_a_date",
                violation_error_message="A published entry needs its date.",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "published", "withdrawn"]),
                name="entry_state_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(review__in=["", "waiting", "returned", "approved"]),
                name="entry_review_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(planned=None) | models.Q(planned_at__isnull=False),
                name="planned_change_has_a_date",
            ),
            models.CheckConstraint(
                condition=models.Q(case_rule__in=CaseRule.values), name="entry_case_rule_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(author=None)
                | models.Q(reviewer=None)
                | ~models.Q(author=models.F("reviewer")),
                name="reviewer_is_not_the_author",
                violation_error_message="Nobody reviews their own text: choose another reviewer.",
            ),
        ]
        indexes = ENTRY_INDEXES

    def __str__(self) -> str:
        return self.term

    def get_absolute_url(self) -> str:
        return address_of("glossary:entry", self.slug, language=self.language)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Check those on derived fields as well, which forms leave out."""
        self.term_key = fold(self.term)
        super().validate_constraints(exclude=set(exclude or ()) - {"term_key", "state"})

    @property
    def title(self) -> str:
        """The heading of the page, in the entry's language."""
        if self.title_override:
            return self.title_override
        with speaking(self.language):
            return site.current().title_of(self.term)

    @property
    def page_title(self) -> str:
        """What browsers and search results call the page."""
        return self.seo_title or seo.page_title(self.title, site.current().name)

    @property
    def description(self) -> str:
        """One line of at most 155 characters for search engines and previews."""
        return seo.description(self.seo_description, self.short_definition, self.plain_text[:400])

    @property
    def visible_author(self) -> Author | None:
        return self.author if self.author and self.author.is_visible else None

    @property
    def visible_reviewer(self) -> Author | None:
        return self.reviewer if self.reviewer and self.reviewer.is_visible else None

    @property
    def shows_update(self) -> bool:
        """Whether the update is worth telling readers: a later day than the publication."""
        if not (self.updated_at and self.published_at):
            return False
        return timezone.localdate(self.updated_at) > timezone.localdate(self.published_at)

    def is_public(self, now: datetime | None = None) -> bool:
        now = now or timezone.now()
        is_published = self.state == self.State.PUBLISHED
        return is_published and self.published_at is not None and self.published_at <= now
