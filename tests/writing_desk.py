"""The site with one more page: the field of an entry's text in a form of its own."""

from django import forms
from django.contrib import admin
from django.urls import path

from config import urls
from glossary.admin.editor import EntryEditor
from glossary.models import Entry


class WritingForm(forms.ModelForm):
    class Meta:
        widgets = {"body": EntryEditor}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["body"].widget.belong_to(self.instance)


class WritingAdmin(admin.ModelAdmin):
    form = WritingForm
    fields = ["term", "language", "body"]


desk = admin.AdminSite(name="desk")
desk.register(Entry, WritingAdmin)

handler404 = urls.handler404
urlpatterns = [path("desk/", desk.urls), *urls.urlpatterns]
