"""Pages of the lead desk that stand beside the lists and forms of the admin."""

from django.contrib import admin
from django.urls import URLPattern, path

from leads.admin import briefings, figures

app_name = "lead_desk"
urlpatterns: list[URLPattern] = [
    path("briefing/<int:pk>/", admin.site.admin_view(briefings.page), name="briefing"),
    path("figures/", admin.site.admin_view(figures.overview), name="figures"),
    path("figures.csv", admin.site.admin_view(figures.download), name="figures_csv"),
    path(
        "figures/never-viewed/", admin.site.admin_view(figures.never_viewed), name="never_viewed"
    ),
]
