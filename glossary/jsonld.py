"""An entry's page as search engines read it: Article about a DefinedTerm of our set."""

from django.utils.translation import gettext

from authors import jsonld as people
from config import seo, site
from config.addresses import address_of
from config.cards import HEIGHT, WIDTH
from config.models import SiteSettings
from glossary.models import Entry


def entry_graph(
    entry: Entry,
    *,
    settings: SiteSettings,
    index_path: str,
    trail: list[tuple[str, str]],
    **shown: str,
) -> list[seo.Node]:
    """Return the nodes of the entry's page, linked by stable @ids that are all among them.

    `shown` are its `name` and `description`, and the address of its `card`.
    """
    graph = [
        entry_page(entry, trail=trail, **shown),
        article(entry, **shown),
        defined_term(entry, index_path=index_path),
        defined_term_set(settings, index_path=index_path),
        seo.breadcrumbs(trail),
        seo.website(settings, search_path=address_of("glossary:search")),
        seo.organization(settings),
    ]
    visible = [person for person in (entry.visible_author, entry.visible_reviewer) if person]
    return graph + [people.person(person) for person in visible]


def entry_page(
    entry: Entry, *, trail: list[tuple[str, str]], name: str, description: str, card: str
) -> seo.Node:
    reviewer = entry.visible_reviewer
    address = site.absolute(entry.get_absolute_url())
    return seo.webpage(
        address,
        name=name,
        language=entry.language,
        description=description,
        breadcrumb={"@id": seo.breadcrumbs(trail)["@id"]},
        mainEntity={"@id": f"{address}#article"},
        primaryImageOfPage={
            "@type": "ImageObject",
            "url": card,
            "width": WIDTH,
            "height": HEIGHT,
        },
        reviewedBy={"@id": people.person_id(reviewer)} if reviewer else "",
        lastReviewed=entry.reviewed_on.isoformat() if reviewer and entry.reviewed_on else "",
    )


def article(entry: Entry, *, name: str, description: str, card: str) -> seo.Node:
    address = site.absolute(entry.get_absolute_url())
    publisher = {"@id": site.absolute("/#organization")}
    author = entry.visible_author
    return {
        "@type": "Article",
        "@id": f"{address}#article",
        "headline": name,
        "description": description,
        "inLanguage": entry.language,
        "mainEntityOfPage": {"@id": address},
        "url": address,
        "datePublished": entry.published_at.isoformat() if entry.published_at else "",
        "dateModified": entry.updated_at.isoformat() if entry.updated_at else "",
        "author": {"@id": people.person_id(author)} if author else publisher,
        "publisher": publisher,
        "image": card,
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
