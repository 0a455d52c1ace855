"""The site settings: one row that makes the site somebody's own."""

from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinValueValidator,
    RegexValidator,
    validate_email,
)
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext

from config import images, zones
from config.colours import validate_colour
from config.fields import RenderedField
from config.static_files import static_address
from config.zones import validate_time_zone

CONSENT_TEXT = (
    "I agree that my details are stored to answer this request. I can ask for their deletion "
    "at any time."
)


def validate_title_pattern(value: str) -> None:
    """Raise ValidationError for a pattern without the place of the term."""
    if value and value.count("{term}") != 1:
        raise ValidationError("Write {term} once, where the term belongs: What is: {term}")


def validate_recipients(value: str) -> None:
    """Raise ValidationError naming the first line that is not an e-mail address."""
    for line in filter(None, map(str.strip, value.splitlines())):
        try:
            validate_email(line)
        except ValidationError as error:
            raise ValidationError(f"“{line}” is not an e-mail address.") from error


validate_indexnow_key = RegexValidator(
    r"^[A-Za-z0-9-]{8,128}\Z", "Use 8 to 128 letters, digits and hyphens."
)


class AiAccess(models.TextChoices):
    """Who may read the pages, of the programs that feed AI models and assistants."""

    ALL = "all", "May read everything"
    ANSWERS = "answers", "May answer questions and link here, not train models"
    NONE = "none", "Keep out"


class SiteSettings(models.Model):
    """The one row that makes the site somebody's own; `config.site.current()` reads it."""

    name = models.CharField(
        max_length=60, default="Headword", help_text="Shown at the top of every page."
    )
    tagline = models.CharField(
        max_length=120, blank=True, help_text="One short line; browsers show it after the name."
    )
    logo = models.ImageField(
        upload_to=images.logo_path,
        blank=True,
        help_text="A square mark, shown 40 pixels high. PNG, JPEG or WebP.",
    )
    accent_colour = models.CharField(
        max_length=7,
        default="#0f6b5c",
        validators=[validate_colour],
        help_text="Links and buttons. It is made darker or lighter where it could not be read.",
    )
    language = models.CharField(
        max_length=10,
        choices=settings.LANGUAGES,
        default="en",
        help_text="The language whose pages have no prefix in their address.",
    )
    time_zone = models.CharField(
        max_length=60,
        default="Europe/Lisbon",
        validators=[validate_time_zone],
        help_text="Dates in the admin and on pages are shown in this zone.",
    )
    title_pattern = models.CharField(
        max_length=60,
        blank=True,
        validators=[validate_title_pattern],
        help_text="Heading of an entry; {term} stands for the term. "
        "Empty: “What is: {term}”, in the entry's language.",
    )
    home_heading = models.CharField(max_length=120, blank=True)
    home_intro = models.TextField(
        "home introduction", blank=True, help_text="Two or three sentences under the heading."
    )
    home_body = models.TextField("home text", blank=True, help_text="Markdown.")
    home_body_html = RenderedField(source="home_body")
    footer = models.TextField(blank=True, help_text="Markdown, shown on every page.")
    footer_html = RenderedField(source="footer")
    organisation_name = models.CharField(
        max_length=120, blank=True, help_text="The publisher that search engines are told."
    )
    contact_email = models.EmailField(blank=True)
    contact_phone = models.CharField(max_length=40, blank=True)
    address = models.TextField(blank=True)
    lead_recipients = models.TextField(
        "who hears of new requests",
        blank=True,
        validators=[validate_recipients],
        help_text="One e-mail address per line. Empty: the contact address.",
    )
    consent_text = models.TextField(
        default=CONSENT_TEXT,
        help_text="Stands beside the box that visitors tick; stored with every request.",
    )
    marketing_text = models.TextField(
        "sentence for news and offers",
        blank=True,
        help_text="Stands beside a second box, never ticked beforehand. Empty: nobody is asked.",
    )
    answer_hours = models.PositiveSmallIntegerField(
        "answer requests within",
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 30)],
        help_text="Hours; requests that nobody has answered by then are marked as overdue.",
    )
    currency = models.CharField(
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"^[A-Z]{3}\Z", "Three capital letters, such as EUR.")],
        help_text="Of what is won: the three letters of ISO 4217.",
    )
    ai_access = models.CharField(
        "programs of AI companies",
        max_length=10,
        choices=AiAccess,
        default=AiAccess.ALL,
        help_text="What robots.txt tells them. Well-behaved programs obey; nothing forces them.",
    )
    robots_rules = models.TextField(
        "more rules for robots",
        blank=True,
        validators=[MaxLengthValidator(5000)],
        help_text="Added to robots.txt as they stand here.",
    )
    indexnow_key = models.CharField(
        "IndexNow key",
        max_length=128,
        blank=True,
        validators=[validate_indexnow_key],
        help_text="8 to 128 letters, digits and hyphens of your choice. With a key, Bing, Yandex, "
        "Seznam, Naver and others are told of changed pages at once; without one, nobody is.",
    )
    requires_review = models.BooleanField(
        "publish only what was approved",
        default=False,
        help_text="A draft then needs a reviewer's approval before it can be published.",
    )
    accepts_shared_approval = models.BooleanField(
        "approval by a shared link counts",
        default=True,
        help_text="The entry's reviewer may then approve a draft without a login.",
    )
    review_months = models.PositiveSmallIntegerField(
        "review entries every",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text="Months; an entry may say otherwise. Empty: only entries that say so are due.",
    )
    shows_overdue = models.BooleanField(
        "tell readers of overdue reviews",
        default=False,
        help_text="Overdue entries then say that they may be out of date.",
    )
    privacy_text = models.TextField(blank=True, help_text="Markdown, the page /privacy/.")
    privacy_html = RenderedField(source="privacy_text")

    class Meta:
        verbose_name = verbose_name_plural = "site settings"
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="site_settings_is_one_row"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def theme(self) -> str:
        """The accent colour as the address of its style sheet holds it."""
        return self.accent_colour.removeprefix("#").lower()

    @cached_property
    def logo_address(self) -> str:
        """The absolute address of the logo, ours until staff upload theirs."""
        return urljoin(
            settings.SITE_URL, self.logo.url if self.logo else static_address("img/headword.png")
        )

    @property
    def zone(self) -> ZoneInfo:
        """UTC where a database of zones that was exchanged has lost the site's."""
        return zones.find(self.time_zone) or ZoneInfo(zones.UTC)

    @property
    def publisher(self) -> str:
        return self.organisation_name or self.name

    @property
    def recipients(self) -> list[str]:
        """Addresses that hear of new requests; none until staff name one."""
        lines = [line.strip() for line in self.lead_recipients.splitlines() if line.strip()]
        return lines or [self.contact_email] * bool(self.contact_email)

    def title_of(self, term: str) -> str:
        """Return the heading of an entry about `term` in the active language."""
        pattern = self.title_pattern or gettext("What is: {term}")
        return pattern.replace("{term}", term)
