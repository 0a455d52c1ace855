"""Putting the demonstration site into the database; running it again changes nothing."""

from datetime import datetime, timedelta
from pathlib import Path

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from authors.models import Author
from config import images
from config.demo import content
from config.models import SiteSettings
from glossary.importing import Report, import_markdown
from glossary.models import Entry, Topic
from leads.models import Lead, Offer

FOLDER = Path(__file__).parent


def is_loaded() -> bool:
    """Whether the site has been set up, by the demonstration or by its owner."""
    return SiteSettings.objects.exists()


def load(now: datetime | None = None) -> Report:
    """Create what is missing of the demonstration site; return the report on its entries."""
    with transaction.atomic():
        _load_site()
        _load_authors()
        is_first = not Offer.objects.filter(is_default=True).exists()
        Offer.objects.get_or_create(
            slug=content.OFFER["slug"],
            defaults={**content.OFFER, "is_default": is_first},
        )
        for name, description in content.TOPICS.items():
            Topic.objects.get_or_create(name=name, defaults={"description": description})
        report = import_markdown(FOLDER / "entries", publish=True)
        _load_leads(now or timezone.now())
    return report


def _load_site() -> None:
    if is_loaded():
        return
    site = SiteSettings(pk=1, **content.SITE)
    site.logo.save("logo", _picture("logo.png", images.LOGO_EDGE), save=False)
    site.save()


def _load_authors() -> None:
    for fields in content.AUTHORS:
        if Author.objects.filter(slug=fields["slug"]).exists():
            continue
        plain = ("slug", "name", "role", "biography", "portrait_alt")
        author = Author(
            **{name: fields[name] for name in plain},
            profiles="\n".join(link["url"] for link in fields["links"]),
        )
        portrait = _picture(f"portraits/{fields['portrait']}", images.PORTRAIT_EDGE)
        author.portrait.save("portrait", portrait, save=False)
        author.save()


def _load_leads(now: datetime) -> None:
    offer = Offer.objects.get(slug=content.OFFER["slug"])
    for number, fields in enumerate(content.LEADS, start=1):
        asked = dict(fields)
        asked_at = now - timedelta(days=asked.pop("days_ago"))
        entry = Entry.objects.filter(slug=asked.pop("entry")).first()
        Lead.objects.get_or_create(
            submission=f"demo {number}",
            defaults={
                **asked,
                "offer": offer,
                "entry": entry,
                "source_path": entry.get_absolute_url() if entry else "/",
                "consent_text": SiteSettings.objects.get().consent_text,
                "consent_at": asked_at,
                "created_at": asked_at,
            },
        )


def _picture(name: str, longest_edge: int) -> File:
    with (FOLDER / name).open("rb") as file:
        return images.reencoded(File(file), longest_edge=longest_edge)[0]
