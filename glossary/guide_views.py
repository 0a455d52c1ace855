from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config import seo, site
from config.addresses import address_of
from config.http import page_of, public_page
from config.sanitising import plain
from glossary import guide_jsonld, guides

GUIDES_PER_PAGE = 60


@public_page(parameters=("page",))
def comparison_list(request: HttpRequest) -> HttpResponse:
    found = guides.comparisons().in_language(get_language())
    trail = [
        (_("Home"), address_of("home")),
        (_("Comparisons"), address_of("glossary:comparisons")),
    ]
    context = {
        "page": page_of(request, found, size=GUIDES_PER_PAGE),
        "json_ld": seo.json_ld([seo.breadcrumbs(trail)]),
    }
    return render(request, "glossary/comparison_list.html", context)


@public_page
def comparison_detail(request: HttpRequest, pair: str) -> HttpResponse:
    comparison = guides.comparison_at(pair, language=get_language())
    if comparison is None:
        raise Http404
    if guides.address(comparison) != pair:
        return redirect(comparison, permanent=True)
    heading = guides.heading(comparison)
    description = guides.description(comparison)
    trail = [
        (_("Home"), address_of("home")),
        (_("Comparisons"), address_of("glossary:comparisons")),
        (heading, comparison.get_absolute_url()),
    ]
    graph = guide_jsonld.comparison_graph(
        comparison, heading=heading, description=description, settings=site.current(), trail=trail
    )
    context = {
        "comparison": comparison,
        "pair": pair,
        "differences": comparison.differences.all(),
        "heading": heading,
        "description": description,
        "trail": trail,
        "json_ld": seo.json_ld(graph),
    }
    return render(request, "glossary/comparison_detail.html", context)


@public_page(parameters=("page",))
def path_list(request: HttpRequest) -> HttpResponse:
    found = guides.paths().in_language(get_language())
    trail = [(_("Home"), address_of("home")), (_("Learning paths"), address_of("glossary:paths"))]
    context = {
        "page": page_of(request, found, size=GUIDES_PER_PAGE),
        "json_ld": seo.json_ld([seo.breadcrumbs(trail)]),
    }
    return render(request, "glossary/path_list.html", context)


@public_page
def path_detail(request: HttpRequest, slug: str) -> HttpResponse:
    path = get_object_or_404(
        guides.paths().select_related("topic").in_language(get_language()), slug=slug
    )
    steps = list(guides.steps(path))
    description = seo.description(plain(path.introduction_html), path.title)
    trail = [
        (_("Home"), address_of("home")),
        (_("Learning paths"), address_of("glossary:paths")),
        (path.title, path.get_absolute_url()),
    ]
    graph = guide_jsonld.path_graph(path, description=description, steps=steps, trail=trail)
    context = {
        "path": path,
        "steps": steps,
        "description": description,
        "trail": trail,
        "json_ld": seo.json_ld(graph),
    }
    return render(request, "glossary/path_detail.html", context)
