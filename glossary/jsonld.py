"""An entry's page as search engines read it: Article about a DefinedTerm of our set."""

from django.utils.translation import gettext

from authors import jsonld as people
from config import seo, site
from config.models import SiteSettings
from glossary.models import Entry


def entry_graph(
    entry: Entry, *, settings: SiteSettings, index_path: str, trail: list[tuple[str, str]]
) -> list[seo.Node]:
    """Return the nodes of the entry's page, linked by stable @ids."""
    graph = [
        article(entry),
        defined_term(entry, index_path=index_path),
        defined_term_set(settings, index_path=index_path),
        seo.breadcrumbs(trail),
        seo.organization(settings),
    ]
    visible = [person for person in (entry.visible_author, entry.visible_reviewer) if person]
    return graph + [people.person(person) for person in visible]


def article(entry: Entry) -> seo.Node:
    address = site.absolute(entry.get_absolute_url())
    publisher = {"@id": site.absolute("/#organization")}
    author, reviewer = entry.visible_author, entry.visible_reviewer
    return {
        "@type": "Article",
        "@id": f"{address}#article",
        "headline": entry.title,
        "description": entry.description,
        "inLanguage": entry.language,
        "mainEntityOfPage": address,
        "url": address,
        "datePublished": entry.published_at.isoformat() if entry.published_at else "",
        "dateModified": entry.updated_at.isoformat() if entry.updated_at else "",
        "author": {"@id": people.person_id(author)} if author else publisher,
        "editor": {"@id": people.person_id(reviewer)} if reviewer else "",
        "publisher": publisher,
        "image": site.absolute(author.portrait.url) if author and author.portrait else "",
        "about": {"@id": f"{address}#term"},
        "keywords": [topic["name"] for topic in entry.public_topics],
    }


def defined_term(entry: Entry, *, index_path: str) -> seo.Node:
    address = site.absolute(entry.get_absolute_url())
    return {
        "@type": "DefinedTerm",
        "@id": f"{address}#term",
        "name": entry.term,
        "alternateName": entry.public_aliases,
        "description": entry.short_definition or entry.description,
        "url": address,
        "inDefinedTermSet": {"@id": site.absolute(index_path) + "#terms"},
    }


def defined_term_set(settings: SiteSettings, *, index_path: str) -> seo.Node:
    return {
        "@type": "DefinedTermSet",
        "@id": site.absolute(index_path) + "#terms",
        "name": f"{settings.name} – {gettext('Glossary')}",
        "description": settings.tagline,
        "url": site.absolute(index_path),
    }
