"""Putting the demonstration site into the database; running it again changes nothing."""

from datetime import datetime
from pathlib import Path

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from authors.models import Author
from config import images
from config.demo import appointments, content, visits
from config.models import SiteSettings
from glossary.importing import Report, import_markdown
from glossary.models import Comparison, Entry, EntryTopic, LearningPath, Topic
from leads.models import Lead, RetentionRule

FOLDER = Path(__file__).parent


def is_loaded() -> bool:
    """Whether the site has been set up, by the demonstration or by its owner."""
    return SiteSettings.objects.exists()


def load(now: datetime | None = None) -> Report:
    """Create what is missing of the demonstration site; return the report on its entries."""
    with transaction.atomic():
        _load_site()
        _load_authors()
        for name, description in content.TOPICS.items():
            Topic.objects.get_or_create(name=name, defaults={"description": description})
        report = import_markdown(FOLDER / "entries", publish=True)
        _load_comparisons()
        _load_paths()
        _load_first_entries()
        now = now or timezone.now()
        appointments.load(now)
        visits.load(now)
    return report


def _load_site() -> None:
    if is_loaded():
        return
    site = SiteSettings(pk=1, **content.SITE)
    site.logo.save("logo", _picture("logo.png", images.LOGO_EDGE), save=False)
    site.save()
    # As its privacy text says: a year, but for clients, and spam goes sooner.
    told = RetentionRule.objects.exclude(state__in=[Lead.State.WON, Lead.State.SPAM])
    told.update(days=365)


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


def _load_comparisons() -> None:
    for fields in content.COMPARISONS:
        left, right = (Entry.objects.filter(slug=fields[s]).first() for s in ("left", "right"))
        if left is None or right is None:
            continue
        both = [left, right]
        if Comparison.objects.filter(left__in=both, right__in=both).exists():
            continue
        texts = {name: fields[name] for name in ("introduction", "verdict")}
        comparison = Comparison.objects.create(left=left, right=right, is_published=True, **texts)
        for place, (aspect, one, other) in enumerate(fields["differences"], start=1):
            comparison.differences.create(position=place, aspect=aspect, left=one, right=other)


def _load_paths() -> None:
    for fields in content.PATHS:
        path, is_new = LearningPath.objects.get_or_create(
            language="en",
            slug=fields["slug"],
            defaults={
                "title": fields["title"],
                "introduction": fields["introduction"],
                "topic": Topic.objects.filter(name=fields["topic"]).first(),
                "is_published": True,
            },
        )
        for place, (slug, note) in enumerate(fields["steps"] if is_new else (), 1):
            if entry := Entry.objects.filter(slug=slug).first():
                path.steps.create(position=place, entry=entry, note=note)


def _load_first_entries() -> None:
    for name, slugs in content.START_HERE.items():
        memberships = EntryTopic.objects.filter(tag__name=name)
        if memberships.filter(position__isnull=False).exists():
            continue
        for place, slug in enumerate(slugs, start=1):
            memberships.filter(content_object__slug=slug).update(position=place)


def _picture(name: str, longest_edge: int) -> File:
    with (FOLDER / name).open("rb") as file:
        return images.reencoded(File(file), longest_edge=longest_edge)[0]
