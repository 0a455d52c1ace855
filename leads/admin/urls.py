"""Pages of the lead desk that stand beside the lists and forms of the admin."""

from collections.abc import Callable

from django.contrib import admin
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from leads.admin import (
    briefings,
    consents,
    figures,
    lead_exports,
    lead_merging,
    notices,
    people,
    quarantine,
    replies,
)


def _page(address: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
    return path(address, admin.site.admin_view(view), name=name)


app_name = "lead_desk"
urlpatterns = [
    _page("briefing/<int:pk>/", briefings.page, "briefing"),
    _page("consents/<int:pk>/", consents.lead_consents, "consents"),
    _page("export/", lead_exports.export_page, "export_page"),
    _page("export/<slug:kind>/", lead_exports.export, "export"),
    _page("figures/", figures.overview, "figures"),
    _page("figures.csv", figures.download, "figures_csv"),
    _page("figures/never-viewed/", figures.never_viewed, "never_viewed"),
    _page("merge/<int:pk>/into/<int:into>/", lead_merging.merge_leads, "merge"),
    _page("notifications/", notices.mine, "notifications"),
    _page("person/", people.person, "person"),
    _page("take-up/<int:pk>/", quarantine.take_up, "take_up"),
    _page("reply/<int:pk>/", replies.lead_reply, "reply"),
    _page("reply/<int:pk>/again/", replies.reply_again, "reply_again"),
]
