"""People as search engines read them."""

from django.utils import translation

from authors.models import Author
from config import seo, site
from config.sanitising import plain


def person_id(author: Author) -> str:
    """Return the stable identity of `author`, the same on their page and on their articles."""
    with translation.override(site.current().language):
        return site.absolute(author.get_absolute_url()) + "#person"


def person(author: Author) -> seo.Node:
    return {
        "@type": "Person",
        "@id": person_id(author),
        "name": author.name,
        "jobTitle": author.role,
        "description": seo.description(plain(author.biography_html)),
        "image": author.portrait_address,
        "url": site.absolute(author.get_absolute_url()),
        "sameAs": author.profile_urls,
        "worksFor": {"@id": site.absolute("/#organization")},
    }


def profile_page(author: Author) -> seo.Node:
    address = site.absolute(author.get_absolute_url())
    return {
        "@type": "ProfilePage",
        "@id": address,
        "url": address,
        "name": author.name,
        "mainEntity": {"@id": person_id(author)},
    }
