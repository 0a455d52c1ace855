"""Comparisons and learning paths as search engines read them."""

from collections.abc import Iterable

from config import seo, site
from config.models import SiteSettings
from glossary.models import Comparison, Entry, LearningPath, PathStep

Trail = list[tuple[str, str]]


def comparison_graph(
    comparison: Comparison,
    *,
    heading: str,
    description: str,
    settings: SiteSettings,
    trail: Trail,
) -> list[seo.Node]:
    """Return the nodes of a comparison's page: an article about two terms."""
    page = site.absolute(comparison.get_absolute_url())
    article = {
        "@type": "Article",
        "@id": f"{page}#article",
        "headline": heading,
        "description": description,
        "inLanguage": comparison.left.language,
        "mainEntityOfPage": page,
        "url": page,
        "dateModified": comparison.updated_at.isoformat(),
        "author": {"@id": site.absolute("/#organization")},
        "publisher": {"@id": site.absolute("/#organization")},
        "about": [term(comparison.left), term(comparison.right)],
    }
    return [article, seo.breadcrumbs(trail), seo.organization(settings)]


def term(entry: Entry) -> seo.Node:
    """Name the term whose node is on the page of `entry`."""
    address = site.absolute(entry.get_absolute_url())
    return {
        "@type": "DefinedTerm",
        "@id": f"{address}#term",
        "name": entry.term,
        "url": address,
    }


def path_graph(
    path: LearningPath, *, description: str, steps: Iterable[PathStep], trail: Trail
) -> list[seo.Node]:
    """Return the nodes of a path's page: its entries, in the order in which to read them."""
    address = site.absolute(path.get_absolute_url())
    listed = [
        {
            "@type": "ListItem",
            "position": place,
            "name": step.entry.term,
            "url": site.absolute(step.entry.get_absolute_url()),
        }
        for place, step in enumerate(steps, start=1)
    ]
    items = {
        "@type": "ItemList",
        "@id": f"{address}#steps",
        "name": path.title,
        "description": description,
        "url": address,
        "itemListOrder": "https://schema.org/ItemListOrderAscending",
        "numberOfItems": len(listed),
        "itemListElement": listed,
    }
    return [items, seo.breadcrumbs(trail)]
