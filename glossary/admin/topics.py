"""The desk's pages for topics."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from taggit.models import Tag

from config.slugs import AddressForm
from glossary import calls, topic_names, topics
from glossary.admin.guides import StartHereInline
from glossary.models import Entry, EntryTopic, Topic
from glossary.models.orders import MOST_COUNTED
from glossary.models.topics import TopicQuerySet

# Topics are ours; taggit's own tags are not used.
admin.site.unregister(Tag)


class TopicForm(AddressForm):
    def clean_name(self) -> str:
        """Refuse a second topic that differs in capitals only."""
        name = " ".join(self.cleaned_data["name"].split())
        if other := topic_names.same(name, but=self.instance.pk):
            raise forms.ValidationError(
                f"There is already a topic called “{other.name}”. To make one topic of two, "
                "choose both in the list and “Merge into one topic”."
            )
        return name


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(
        Topic.objects.none(),
        label="Which one stays",
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": "Choose the topic that stays."},
    )
    description = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="Of the topic that stays; one or two sentences at the top of its page.",
    )

    def __init__(self, *args: Any, chosen: list[Topic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most_used = max(chosen, key=lambda topic: getattr(topic, "entry_count", 0))
        descriptions = [most_used.description, *(topic.description for topic in chosen)]
        field = self.fields["into"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for mypy
        field.queryset = Topic.objects.filter(pk__in=[topic.pk for topic in chosen])
        self.initial.setdefault("into", most_used.pk)
        self.initial.setdefault("description", next(filter(None, descriptions), ""))


class UseFilter(admin.SimpleListFilter):
    title = "use"
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("none", "Of no entry at all"),
            ("hidden", "Of no published entry"),
            ("public", "Of published entries"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        entries = EntryTopic.objects.filter(tag=OuterRef("pk"))
        is_public = Exists(entries.filter(public_from__lte=timezone.now()))
        condition = {"none": ~Exists(entries), "hidden": ~is_public, "public": is_public}
        chosen = self.value()
        return queryset.filter(condition[chosen]) if chosen in condition else queryset


def _number(counted: int) -> str:
    return str(counted) if counted <= MOST_COUNTED else f"more than {MOST_COUNTED:,}"


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
    form = TopicForm
    list_display = ["name", "slug", "uses", "public_uses", "call", "description"]
    list_filter = [UseFilter]
    list_per_page = 100
    search_fields = ["name", "slug", "description"]
    fields = ["name", "slug", "description", "call", "old_addresses"]
    readonly_fields = ["call", "old_addresses"]
    inlines = [StartHereInline]
    actions = ["merge_selected"]

    def get_queryset(self, request: HttpRequest) -> TopicQuerySet:
        topics: Any = super().get_queryset(request)
        return topics.with_uses().order_by("name")

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "slug" in form.base_fields:
            form.base_fields["slug"].help_text = (
                "The last part of the address. If you change it later, the old address leads "
                "to the new one."
            )
        return form

    def view_on_site(self, topic: Topic) -> str | None:
        is_shown = Topic.objects.used_by(Entry.objects.published()).filter(pk=topic.pk).exists()
        return topic.get_absolute_url() if is_shown else None

    @admin.display(description="entries", ordering="entry_count")
    def uses(self, topic: Any) -> str:
        return _number(topic.entry_count)

    @admin.display(description="published", ordering="public_count")
    def public_uses(self, topic: Any) -> str:
        return _number(topic.public_count)

    @admin.display(description="call to action")
    def call(self, topic: Topic) -> str:
        """What its page shows, and its entries as long as they do not say otherwise."""
        choice = calls.choose(None, [topic.name])
        if choice is None:
            return "None: there is no offer yet."
        return f"{choice.name}, {choice.why}" if choice.is_default else choice.name

    @admin.display(description="old addresses")
    def old_addresses(self, topic: Topic) -> SafeString | str:
        if topic.pk is None:
            return "–"
        old = topic.old_slugs.order_by("slug").values_list("slug", flat=True)
        return format_html("{}", ", ".join(old)) if old else "None; they appear when it changes."

    # Saving ---------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Topic, form: Any, change: bool) -> None:
        """Entries keep their topics' names and addresses with their page: all follow."""
        super().save_model(request, obj, form, change)
        if not change or {"name", "slug"} & set(form.changed_data):
            topics.follow(obj, old_slug=form.initial.get("slug", ""))

    def delete_model(self, request: HttpRequest, obj: Topic) -> None:
        topics.delete([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Topic]) -> None:
        topics.delete(queryset)

    # Merging --------------------------------------------------------------------------

    def has_merge_permission(self, request: HttpRequest) -> bool:
        """To merge is to change one topic and to delete the others."""
        return self.has_change_permission(request) and self.has_delete_permission(request)

    @admin.action(description="Merge into one topic", permissions=["merge"])
    def merge_selected(
        self, request: HttpRequest, queryset: QuerySet[Topic]
    ) -> HttpResponse | None:
        chosen = list(queryset)
        if len(chosen) < 2:
            messages.warning(request, "Choose the two or more topics that are to become one.")
            return None
        is_confirmed = "merge" in request.POST
        form = MergeForm(request.POST if is_confirmed else None, chosen=chosen)
        if not (is_confirmed and form.is_valid()):
            return self._ask(request, form, chosen)
        into = form.cleaned_data["into"]
        count = topics.merge(chosen, into=into, description=form.cleaned_data["description"])
        messages.success(
            request,
            f"{len(chosen)} topics are one now: “{into.name}”. {count} entries changed their "
            "topic, and the old addresses lead to the new one.",
        )
        return redirect("admin:glossary_topic_changelist")

    def _ask(self, request: HttpRequest, form: MergeForm, chosen: list[Topic]) -> HttpResponse:
        entries = topics.entries_about(chosen)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Merge topics",
            "form": form,
            "chosen": Topic.objects.filter(pk__in=[topic.pk for topic in chosen])
            .annotate(entry_count=Count("memberships", distinct=True))
            .annotate(path_count=Count("paths", distinct=True)),
            "entry_count": len(entries),
            "selected_across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/glossary/topic/merge.html", context)
