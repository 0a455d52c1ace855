"""The desk's pages for topics."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from taggit.models import Tag

from config.slugs import AddressForm
from glossary import publishing
from glossary.admin.guides import StartHereInline
from glossary.models import Entry, EntryTopic, Topic

# Topics are ours; taggit's own tags are not used.
admin.site.unregister(Tag)


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
    form = AddressForm
    list_display = ["name", "slug", "description"]
    search_fields = ["name", "description"]
    fields = ["name", "slug", "description"]
    inlines = [StartHereInline]

    def view_on_site(self, topic: Topic) -> str | None:
        is_public = Topic.objects.used_by(Entry.objects.published()).filter(pk=topic.pk).exists()
        return topic.get_absolute_url() if is_public else None

    def save_model(self, request: HttpRequest, obj: Topic, form: Any, change: bool) -> None:
        """Entries keep their topics' names and addresses with their page: renew these."""
        super().save_model(request, obj, form, change)
        if {"name", "slug"} & set(form.changed_data):
            publishing.renew_topics(self.entries_about([obj]))

    def delete_model(self, request: HttpRequest, obj: Topic) -> None:
        affected = self.entries_about([obj])
        super().delete_model(request, obj)
        publishing.renew_topics(affected)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Topic]) -> None:
        affected = self.entries_about(queryset)
        super().delete_queryset(request, queryset)
        publishing.renew_topics(affected)

    def entries_about(self, topics: Iterable[Topic]) -> list[int]:
        memberships = EntryTopic.objects.filter(tag__in=list(topics))
        return list(memberships.values_list("content_object", flat=True))
