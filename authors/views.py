from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from authors import jsonld
from authors.models import Author
from config import seo, site
from config.addresses import address_of
from config.http import public_page
from config.keyset import PARAMETERS, page_of
from config.sanitising import plain

ENTRIES_PER_PAGE = 60


@public_page
def author_list(request: HttpRequest) -> HttpResponse:
    trail = [(_("Home"), address_of("home")), (_("Authors"), address_of("authors:index"))]
    context = {
        "authors": Author.objects.visible(),
        "json_ld": seo.json_ld([seo.breadcrumbs(trail)]),
    }
    return render(request, "authors/author_list.html", context)


@public_page(parameters=PARAMETERS)
def author_detail(request: HttpRequest, slug: str) -> HttpResponse:
    author = get_object_or_404(Author.objects.visible(), slug=slug)
    entries = author.entries.published().in_language(get_language()).for_lists()
    trail = [
        (_("Home"), address_of("home")),
        (_("Authors"), address_of("authors:index")),
        (author.name, author.get_absolute_url()),
    ]
    graph = [
        jsonld.profile_page(author),
        jsonld.person(author),
        seo.organization(site.current()),
        seo.breadcrumbs(trail),
    ]
    context = {
        "author": author,
        "page": page_of(request, entries, size=ENTRIES_PER_PAGE, by=("sort_key", "pk")),
        "trail": trail,
        "description": seo.description(plain(author.biography_html), author.role, author.name),
        "json_ld": seo.json_ld(graph),
    }
    return render(request, "authors/author_detail.html", context)
