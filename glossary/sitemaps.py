from datetime import datetime

from django.utils import translation

from config.sitemaps import SiteSitemap
from glossary.models import Entry, EntryQuerySet, Topic


class EntrySitemap(SiteSitemap):
    """Every published entry of every language; `lastmod` is the update that readers see."""

    def items(self) -> EntryQuerySet:
        return Entry.objects.published().for_lists()

    def lastmod(self, item: Entry) -> datetime | None:
        return item.updated_at


class TopicSitemap(SiteSitemap):
    """Each topic once per language that has entries about it."""

    def items(self) -> list[tuple[Topic, str]]:
        published = Entry.objects.published()
        languages = published.order_by("language").values_list("language", flat=True).distinct()
        return [
            (topic, language)
            for language in languages
            for topic in Topic.objects.used_by(published.in_language(language))
        ]

    def location(self, item: tuple[Topic, str]) -> str:
        topic, language = item
        with translation.override(language):
            return topic.get_absolute_url()
