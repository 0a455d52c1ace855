"""Pages of the lead desk that stand beside the lists and forms of the admin."""

from django.urls import URLPattern

app_name = "lead_desk"
urlpatterns: list[URLPattern] = []
