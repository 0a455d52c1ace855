from datetime import datetime

from config.sitemaps import SiteSitemap
from glossary import guides
from glossary.models import Comparison, LearningPath
from glossary.models.guides import ComparisonQuerySet, LearningPathQuerySet


class ComparisonSitemap(SiteSitemap):
    """Public comparisons; `lastmod` is the latest update of one or of its two entries."""

    def items(self) -> ComparisonQuerySet:
        return guides.comparisons().order_by("pk")

    def lastmod(self, item: Comparison) -> datetime:
        updates = (item.updated_at, item.left.updated_at, item.right.updated_at)
        return max(update for update in updates if update)


class PathSitemap(SiteSitemap):
    """Public learning paths; `lastmod` is the latest update of one or of its entries."""

    def items(self) -> LearningPathQuerySet:
        return guides.paths().order_by("pk")

    def lastmod(self, item: LearningPath) -> datetime:
        return max(item.updated_at, item.steps_updated_at)  # type: ignore[attr-defined] # by paths()
