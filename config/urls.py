"""Every address of the site; DESIGN's promises to the outside."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, reverse
from django.utils import translation
from django.utils.module_loading import import_string

from config import editor, picture_views, site, sitemaps, views
from config.http import public_page
from config.languages import in_every_language
from config.sitemaps import SiteSitemap
from glossary import cards, completing
from glossary.admin import due, panels
from glossary.guide_sitemaps import ComparisonSitemap, PathSitemap
from glossary.models import Comparison, LearningPath
from glossary.sitemaps import AuthorSitemap, EntrySitemap, TopicSitemap, languages


class PageSitemap(SiteSitemap):
    """Pages that every site has; of those that list entries, one per language with entries."""

    everywhere = ("home", "glossary:index", "glossary:topics")
    once = ("authors:index", "leads:consultation", "privacy")

    def items(self) -> list[tuple[str, str]]:
        own = site.current().language
        others = [language for language in languages() if language != own]
        pages = [(name, own) for name in self.everywhere + self.once]
        pages += [(name, language) for language in others for name in self.everywhere]
        compared = Comparison.objects.published().values_list("left__language", flat=True)
        led = LearningPath.objects.published().values_list("language", flat=True)
        pages += [("glossary:comparisons", language) for language in sorted(set(compared))]
        return pages + [("glossary:paths", language) for language in sorted(set(led))]

    def location(self, item: tuple[str, str]) -> str:
        name, language = item
        with translation.override(language):
            return reverse(name)


SITEMAPS = {
    "pages": PageSitemap,
    "entries": EntrySitemap,
    "topics": TopicSitemap,
    "authors": AuthorSitemap,
    "comparisons": ComparisonSitemap,
    "paths": PathSitemap,
}

MAIL_EVENTS = [
    path("mail/events/", import_string(view).as_view(), name="mail_events")
    for view in [settings.MAIL_SERVICE_VIEW]
    if view
]
"""Where a mail service says what became of mails; there is none for a plain mail server."""

urlpatterns = [
    *MAIL_EVENTS,
    path("admin/markdownx/upload/", editor.upload, name="markdownx_upload"),
    path("admin/markdownx/preview/", editor.preview, name="markdownx_markdownify"),
    path("admin/pictures/", picture_views.choose, name="pictures"),
    path("admin/pictures/<int:pk>/alt/", picture_views.describe, name="picture_alt"),
    path("admin/glossary/entry/due/", admin.site.admin_view(due.reviews_due), name="reviews_due"),
    path("admin/glossary/entry/health/", include("glossary.admin.health")),
    path("admin/glossary/terms/", completing.terms, name="terms"),
    path("admin/glossary/checks/", panels.checks, name="entry_checks"),
    path("admin/glossary/checks/card/", panels.card, name="entry_card"),
    path("admin/glossary/checks/uses/", panels.name_uses, name="entry_name_uses"),
    path("admin/glossary/links/<int:pk>/", panels.links, name="entry_links"),
    path("admin/glossary/entry/", include("glossary.admin.urls")),
    path("admin/leads/desk/", include("leads.admin.urls")),
    path("admin/", admin.site.urls),
    path("media/<path:path>", views.media, name="media"),
    path("theme/<slug:colour>.css", views.theme, name="theme"),
    path("cards/<int:pk>-<slug:digest>.png", cards.card, name="social_card"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("sitemap.xml", public_page(sitemaps.index), {"sections": SITEMAPS}, name="sitemap"),
    path(
        "sitemap-<slug:section>.xml",
        public_page(sitemaps.section, parameters=("p",)),
        {"sections": SITEMAPS},
        name="sitemap_section",
    ),
    path("robots.txt", views.robots, name="robots"),
    *in_every_language(
        path("", views.home, name="home"),
        path("privacy/", views.privacy, name="privacy"),
        path("", include("glossary.urls")),
        path("", include("authors.urls")),
        path("", include("leads.urls")),
    ),
    # After every other text file, which all have an address of their own.
    path("<str:key>.txt", views.indexnow_key, name="indexnow_key"),
]

handler404 = views.not_found
