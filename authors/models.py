"""The people who write, review and host: public persons, with or without a login."""

from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models

from config import images
from config.addresses import address_of
from config.alphabet import sort_key
from config.fields import FollowingCharField, RenderedField
from config.slugs import AddressField

KNOWN_PROFILES = {
    "github.com": "GitHub",
    "linkedin.com": "LinkedIn",
    "mastodon.social": "Mastodon",
    "medium.com": "Medium",
    "orcid.org": "ORCID",
    "x.com": "X",
    "youtube.com": "YouTube",
}


def validate_profiles(value: str) -> None:
    """Raise ValidationError naming the first line that is not a web address."""
    check = URLValidator(schemes=["http", "https"])
    for line in filter(None, map(str.strip, value.splitlines())):
        try:
            check(line)
        except ValidationError as error:
            raise ValidationError(f"“{line}” is not a web address.") from error


class AuthorQuerySet(models.QuerySet["Author"]):
    def visible(self) -> "AuthorQuerySet":
        return self.filter(is_visible=True)


class Author(models.Model):
    """A person readers meet; `is_visible=False` hides name, face and page everywhere."""

    name = models.CharField(max_length=100)
    name_key = FollowingCharField(source="name", make=sort_key, max_length=120)
    slug = AddressField(unique=True, help_text="The address of their page.")
    role = models.CharField(
        max_length=120,
        blank=True,
        help_text="Shown under the name: “Python Developer and AI Automation Specialist”.",
    )
    portrait = models.ImageField(
        upload_to=images.portrait_path,
        blank=True,
        help_text="A square works best. PNG, JPEG or WebP, at most 10 MB.",
    )
    portrait_alt = models.CharField(
        "portrait description",
        max_length=150,
        blank=True,
        help_text="What it shows, for people who cannot see it: “Ines Carvalho, smiling”.",
    )
    biography = models.TextField(
        blank=True, help_text="Markdown. Two or three sentences; they follow every article."
    )
    biography_html = RenderedField(source="biography")
    profiles = models.TextField(
        "profile links",
        blank=True,
        validators=[validate_profiles],
        help_text="One web address per line; search engines use them to know who this is.",
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="author",
        help_text="The login of this person, if they have one.",
    )
    is_visible = models.BooleanField(
        "visible", default=True, help_text="Untick to take the person off the site."
    )

    objects = AuthorQuerySet.as_manager()

    class Meta:
        ordering = ["name_key"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="author_has_a_name"),
            models.CheckConstraint(condition=~models.Q(slug=""), name="author_has_a_slug"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return address_of("authors:author", self.slug)

    @property
    def portrait_address(self) -> str:
        """The absolute address of the portrait, wherever uploads are; "" without one."""
        return urljoin(settings.SITE_URL, self.portrait.url) if self.portrait else ""

    @property
    def profile_urls(self) -> list[str]:
        return [line.strip() for line in self.profiles.splitlines() if line.strip()]

    @property
    def profile_links(self) -> list[tuple[str, str]]:
        """(label, address) of each profile; the label is the network's name or the host."""
        return [(_label(url), url) for url in self.profile_urls]


def _label(url: str) -> str:
    host = (urlsplit(url).hostname or url).removeprefix("www.")
    return KNOWN_PROFILES.get(host, host)
