"""Pages of the desk that belong to the entries but to no single one."""

from django.contrib import admin
from django.urls import path

from glossary.admin.bulk import bulk_report

app_name = "desk"
urlpatterns = [
    path("bulk/<uuid:run>/", admin.site.admin_view(bulk_report), name="bulk_report"),
]
