"""The desk's pages for what is made of several entries: comparisons, paths, “start here”."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.editor import MarkdownEditor
from config.slugs import AddressForm
from glossary import indexnow
from glossary.models import Comparison, Difference, Entry, EntryTopic, LearningPath, PathStep
from glossary.models.entries import is_public

COLUMNS = {"aspect": 18, "left": 32, "right": 32}
"""Widths of the fields of a difference, in characters."""


def names_of_entries() -> models.QuerySet[Entry]:
    """All entries without their texts: what a field that names one has to know."""
    return Entry.objects.only("term", "language")


class GuideStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("draft", "Draft"), ("published", "Published"), ("waiting", "Waiting for entries")]

    def queryset(self, request: HttpRequest, queryset: Any) -> models.QuerySet:
        if self.value() == "draft":
            return queryset.filter(is_published=False)
        if self.value() == "published":
            return queryset.published()
        if self.value() == "waiting":
            public = queryset.model.objects.published().values("pk")
            return queryset.filter(is_published=True).exclude(pk__in=public)
        return queryset


class GuideAdmin(admin.ModelAdmin):
    """What both kinds of guides have in common: state, date of update, who may publish."""

    missing_entries: Callable[[Any], str]
    """Names what keeps a finished guide from readers; "" when nothing does."""

    @admin.display(description="state", ordering="is_published")
    def state_in_words(self, guide: Any) -> SafeString:
        words, name = "Draft", "draft"
        if guide.is_published:
            words, name = "Published", "published"
            if missing := self.missing_entries(guide):
                words, name = f"Waiting for {missing}", "scheduled"
        return format_html('<span class="state {}">{}</span>', name, words)

    def view_on_site(self, guide: Any) -> str | None:
        is_public = guide.is_published and not self.missing_entries(guide)
        return guide.get_absolute_url() if is_public else None

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        """A form that is being saved holds its row, so that nothing is published in between."""
        guides = super().get_queryset(request)
        match = request.resolver_match
        is_saving = request.method == "POST" and match and "object_id" in match.kwargs
        return guides.select_for_update(of=("self",), no_key=True) if is_saving else guides

    # Permissions ----------------------------------------------------------------------

    def may_publish(self, request: HttpRequest) -> bool:
        return request.user.has_perm("glossary.publish_entry")

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        return [] if self.may_publish(request) else ["is_published"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is published is changed by those who may publish: saving shows it at once."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_published or self.may_publish(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not obj.is_published or self.may_publish(request))

    # Saving ---------------------------------------------------------------------------

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.has_changed() or any(formset.has_changed() for formset in formsets):
            form.instance.updated_at = timezone.now()
            form.instance.save(update_fields=["updated_at"])
            if form.instance.is_published or "is_published" in form.changed_data:
                indexnow.announce([form.instance.get_absolute_url()])


class PlacedForm(forms.ModelForm):
    """A new row of a list in order; without a place it stands last."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and "position" in self.fields:
            self.fields["position"].required = False
            self.initial["position"] = None


class PlacedFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        self.put_last()

    def put_last(self) -> None:
        """Give the rows without a place those behind the others, in their order."""
        filled = [form.instance for form in self.forms if form.has_changed() and form.is_valid()]
        rows = [*(form.instance for form in self.initial_forms), *filled]
        last = max((row.position or 0 for row in rows), default=0)
        for row in filled:
            if row.position is None:
                row.position = last = last + 1


# Comparisons ------------------------------------------------------------------------------


class DifferenceInline(admin.TabularInline):
    model = Difference
    form = PlacedForm
    formset = PlacedFormSet
    extra = 3
    ordering = ["position", "pk"]
    fields = ["position", "aspect", "left", "right"]
    verbose_name_plural = "differences (a line without a place stands last)"

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if width := COLUMNS.get(db_field.name):
            kwargs["widget"] = forms.Textarea(attrs={"rows": 2, "cols": width})
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class ComparisonForm(forms.ModelForm):
    class Meta:
        widgets = {
            "introduction": MarkdownEditor(attrs={"rows": 6}),
            "verdict": MarkdownEditor(attrs={"rows": 6}),
        }


@admin.register(Comparison)
class ComparisonAdmin(GuideAdmin):
    form = ComparisonForm
    inlines = [DifferenceInline]
    list_display = ["__str__", "state_in_words", "language", "updated_at"]
    list_filter = [GuideStateFilter, "left__language"]
    list_select_related = ["left", "right"]
    list_per_page = 50
    search_fields = ["left__term", "right__term", "introduction", "verdict"]
    autocomplete_fields = ["left", "right"]
    fieldsets = [
        (None, {"fields": ["left", "right", "introduction", "verdict"]}),
        ("Search engines", {"classes": ["collapse"], "fields": ["seo_description"]}),
        ("Publication", {"fields": ["is_published"]}),
    ]

    @admin.display(ordering="left__language")
    def language(self, comparison: Comparison) -> str:
        return comparison.left.get_language_display()

    def missing_entries(self, guide: Comparison) -> str:
        hidden = [entry.term for entry in (guide.left, guide.right) if not entry.is_public()]
        return " and ".join(f"“{term}”" for term in hidden)


# Learning paths ---------------------------------------------------------------------------


class StepFormSet(PlacedFormSet):
    def clean(self) -> None:
        """Point at an entry that stands there twice or is in another language.

        Takes the place of Django's check for doubles, which names no row.
        """
        path, seen = self.instance, set()
        for form in self.forms:
            entry = form.cleaned_data.get("entry") if form.is_valid() else None
            if entry is None or form.cleaned_data.get("DELETE"):
                continue
            if entry in seen:
                form.add_error("entry", "This entry is already in the path.")
            if entry.language != path.language:
                form.add_error("entry", f"This entry is not in {path.get_language_display()}.")
            seen.add(entry)
        self.put_last()


class StepInline(admin.TabularInline):
    model = PathStep
    form = PlacedForm
    formset = StepFormSet
    extra = 3
    ordering = ["position", "pk"]
    fields = ["position", "entry", "note"]
    autocomplete_fields = ["entry"]
    verbose_name_plural = "steps (a step without a place stands last)"

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", names_of_entries())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class LearningPathForm(AddressForm):
    named_by = "title"

    class Meta:
        widgets = {"introduction": MarkdownEditor(attrs={"rows": 6})}


@admin.register(LearningPath)
class LearningPathAdmin(GuideAdmin):
    form = LearningPathForm
    inlines = [StepInline]
    list_display = [
        "title",
        "state_in_words",
        "topic",
        "number_of_steps",
        "language",
        "updated_at",
    ]
    list_filter = [GuideStateFilter, "topic", "language"]
    list_select_related = ["topic"]
    list_per_page = 50
    search_fields = ["title", "introduction", "steps__entry__term", "slug"]
    autocomplete_fields = ["topic"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "topic", "language", "introduction"]}),
        ("Publication", {"fields": ["is_published"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        steps = PathStep.objects.filter(path=OuterRef("pk")).order_by()
        number = steps.values("path").annotate(number=Count("pk")).values("number")
        return (
            super()
            .get_queryset(request)
            .annotate(
                step_count=Coalesce(Subquery(number), 0),
                is_readable=Exists(steps.filter(is_public("entry__"))),
            )
        )

    @admin.display(description="steps", ordering="step_count")
    def number_of_steps(self, path: Any) -> int:
        return path.step_count

    def missing_entries(self, guide: Any) -> str:
        return "" if guide.is_readable else "a published entry"


# Start here -------------------------------------------------------------------------------


class StartHereForm(forms.ModelForm):
    """Gives a place to an entry that has the topic already; no entry's topics ever change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "content_object" in self.fields:
            self.fields["content_object"].disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        entry, topic = cleaned.get("content_object"), cleaned.get("tag")
        if entry and topic and self.instance.pk is None:
            stored = EntryTopic.objects.filter(tag=topic, content_object=entry).first()
            if stored is None:
                sentence = f"“{entry}” is not about this topic: give it the topic first."
                raise forms.ValidationError({"content_object": sentence})
            self.instance = stored
        return cleaned


class StartHereFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        """Point at an entry that is named twice, where Django's check names no row."""
        seen = set()
        for form in self.forms:
            entry = form.cleaned_data.get("content_object") if form.is_valid() else None
            if entry and entry in seen:
                form.add_error("content_object", "This entry is already in the list.")
            seen.add(entry)


class StartHereInline(admin.TabularInline):
    """For the topic's form: the entries with a place under “Start here”."""

    model = EntryTopic
    form = StartHereForm
    formset = StartHereFormSet
    fk_name = "tag"
    extra = 2
    fields = ["position", "content_object"]
    autocomplete_fields = ["content_object"]
    verbose_name = "entry to start with"
    verbose_name_plural = "start here (empty a place to take the entry off the list)"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        """Not Django's, which would ask for permissions without naming the topic."""
        return EntryTopic.objects.filter(position__isnull=False).order_by("position", "pk")

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "content_object":
            kwargs.setdefault("queryset", names_of_entries())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    # Whoever may change the topic orders its entries; a topic to be added has none.

    def may_order(self, request: HttpRequest, topic: object) -> bool:
        return topic is not None and request.user.has_perm("glossary.change_topic")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_order(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_order(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_order(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
