"""Pages of the desk that belong to the entries but to no single one."""

from django.contrib import admin
from django.urls import path

from glossary.admin.bulk import bulk_report
from glossary.admin.exports import export, export_page
from glossary.admin.table import table

app_name = "desk"
urlpatterns = [
    path("table/", admin.site.admin_view(table), name="table"),
    path("bulk/<uuid:run>/", admin.site.admin_view(bulk_report), name="bulk_report"),
    path("export/", admin.site.admin_view(export_page), name="export_page"),
    path("export/<slug:kind>/", admin.site.admin_view(export), name="export"),
]
