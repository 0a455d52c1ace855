from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse_lazy
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config.alphabet import fold
from config.editor import MarkdownEditor
from config.slugs import AddressForm
from glossary import publishing, search
from glossary.models import Alias, Entry, EntryQuerySet, RelatedEntry, Topic

SUGGESTIONS = 12
SENTENCES = 10
"""Of what readers said, the newest that are shown on the entry."""
TOPIC_LENGTH = Topic._meta.get_field("name").max_length or 100


class EntryForm(AddressForm):
    named_by = "term"

    class Meta:
        widgets = {
            "body": MarkdownEditor,
            "short_definition": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "topics" in self.fields:
            suggestions = reverse_lazy("admin:glossary_entry_topics")
            attrs = {"data-suggestions": suggestions, "class": "vTextField"}
            self.fields["topics"].widget.attrs.update(attrs)

    def clean_topics(self) -> list[str]:
        for name in self.cleaned_data["topics"]:
            if len(name) > TOPIC_LENGTH:
                raise forms.ValidationError(
                    f"A topic is a short name; “{name[:30]}…” is too long."
                )
        return self.cleaned_data["topics"]


class AliasFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        """Point at a name that is given twice, where the database would only refuse."""
        super().clean()
        seen: set[str] = set()
        for form in self.forms:
            name = fold(form.cleaned_data.get("name", "")) if form.is_valid() else ""
            if not name or form.cleaned_data.get("DELETE"):
                continue
            if name in seen:
                form.add_error("name", "This name is already in the list.")
            seen.add(name)


class AliasInline(admin.TabularInline):
    model = Alias
    formset = AliasFormSet
    fields = ["name", "case_rule"]
    extra = 1
    verbose_name = "other name"
    verbose_name_plural = "other names (readers find the entry under them)"


class RelatedFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        """Point at an entry that is named twice, or is the entry itself."""
        super().clean()
        seen: set[int] = set()
        for form in self.forms:
            other = form.cleaned_data.get("other") if form.is_valid() else None
            if other is None or form.cleaned_data.get("DELETE"):
                continue
            if other.language != self.instance.language:
                form.add_error("other", "This entry is in another language.")
            if other == self.instance:
                form.add_error("other", "An entry is not related to itself.")
            if other.pk in seen:
                form.add_error("other", "This entry is already in the list.")
            seen.add(other.pk)


class RelatedInline(admin.TabularInline):
    """The related entries that editors choose; the others are found by links and topics."""

    model = RelatedEntry
    fk_name = "entry"
    formset = RelatedFormSet
    fields = ["other", "position"]
    autocomplete_fields = ["other"]
    extra = 0
    verbose_name_plural = "related entries (the page adds others by links and topics)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RelatedEntry]:
        return super().get_queryset(request).filter(is_chosen=True).select_related("other")


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("draft", "Draft"),
            ("scheduled", "Scheduled"),
            ("published", "Published"),
            ("withdrawn", "Withdrawn"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> EntryQuerySet:
        if self.value() == "scheduled":
            return queryset.scheduled()
        if self.value() == "published":
            return queryset.published()
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    form = EntryForm
    inlines = [AliasInline, RelatedInline]
    list_display = ["term", "state_in_words", "author", "language", "published_at", "updated_at"]
    list_filter = [StateFilter, "topics", "author", "language"]
    list_select_related = ["author"]
    list_per_page = 50
    search_fields = ["term", "aliases__name", "short_definition", "slug"]
    ordering = ["sort_key"]
    autocomplete_fields = ["author", "reviewer"]
    actions = ["publish_selected", "withdraw_selected"]
    fieldsets = [
        (None, {"fields": ["term", "slug", "short_definition", "body"]}),
        ("People and topics", {"fields": ["author", "reviewer", "reviewed_on", "topics"]}),
        (
            "Links between entries",
            {"fields": ["links_terms", "is_linked_to", "case_rule", "who_mentions"]},
        ),
        (
            "Search engines and heading",
            {
                "classes": ["collapse"],
                "fields": ["title_override", "seo_title", "seo_description", "language"],
            },
        ),
        (
            "Publication",
            {
                "fields": ["state_in_words", "published_at"],
                "description": "Leave the date empty to publish at once. With a date in the "
                "future the entry appears by itself at that time.",
            },
        ),
        ("Readers", {"fields": ["what_readers_say"]}),
    ]

    class Media:
        js = ["js/topics.js"]

    @admin.display(description="state", ordering="state")
    def state_in_words(self, entry: Entry) -> SafeString:
        words, name = entry.get_state_display() or "Draft", entry.state
        if entry.state == Entry.State.PUBLISHED and not entry.is_public():
            local = timezone.localtime(entry.published_at)
            words, name = f"Scheduled for {formats.date_format(local, 'j M Y, H:i')}", "scheduled"
        return format_html('<span class="state {}">{}</span>', name, words)

    @admin.display(description="mentioned in")
    def who_mentions(self, entry: Entry) -> str:
        if entry.pk is None:
            return "–"
        linked = Count("pk", filter=Q(is_link=True))
        found = entry.mentions.aggregate(texts=Count("pk"), linked=linked)
        return f"{found['texts']} other texts, {found['linked']} with a link"

    @admin.display(description="was it helpful?")
    def what_readers_say(self, entry: Entry) -> SafeString | str:
        if entry.pk is None:
            return "–"
        said = entry.feedback.aggregate(
            yes=Count("pk", filter=Q(is_helpful=True)), all=Count("pk")
        )
        sentences = entry.feedback.exclude(sentence="")[:SENTENCES]
        return format_html(
            "<p>{} of {} answers say yes.</p><ul>{}</ul>",
            said["yes"],
            said["all"],
            format_html_join(
                "",
                "<li>{}: {} <small>({})</small></li>",
                (
                    (each, each.sentence, formats.date_format(each.created_at, "j M Y"))
                    for each in sentences
                ),
            ),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """A form that is being saved holds its row, so that nothing is published in between."""
        entries = super().get_queryset(request)
        match = request.resolver_match
        is_saving = request.method == "POST" and match and "object_id" in match.kwargs
        return entries.select_for_update(of=("self",), no_key=True) if is_saving else entries

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        shown = ["state_in_words", "who_mentions", "what_readers_say"]
        return shown + ["published_at"] * (not self.may_publish(request))

    # Permissions ----------------------------------------------------------------------

    def may_publish(self, request: HttpRequest) -> bool:
        return request.user.has_perm("glossary.publish_entry")

    has_publish_permission = may_publish

    def has_change_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        """What is published is changed by those who may publish: saving shows it at once."""
        is_live = obj is not None and obj.state == Entry.State.PUBLISHED
        allowed = super().has_change_permission(request, obj)
        return allowed and (not is_live or self.may_publish(request))

    def has_delete_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        is_live = obj is not None and obj.state == Entry.State.PUBLISHED
        allowed = super().has_delete_permission(request, obj)
        return allowed and (not is_live or self.may_publish(request))

    def view_on_site(self, entry: Entry) -> str | None:
        return entry.get_absolute_url() if entry.is_public() else None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        entry = context.get("original")
        context["may_publish"] = self.may_publish(request)
        context["is_published"] = bool(entry and entry.state == Entry.State.PUBLISHED)
        return super().render_change_form(request, context, *args, **kwargs)

    # Saving ---------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Entry, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        old = form.initial.get("language", ""), form.initial.get("slug", "")
        was_public = change and obj.updated_at is not None
        if was_public and old != (obj.language, obj.slug):
            publishing.rename(obj, old_address=old)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The buttons' acts, once aliases and topics are stored as well."""
        super().save_related(request, form, formsets, change)
        entry = form.instance
        if not self.may_publish(request):
            return
        if "_withdraw" in request.POST:
            publishing.withdraw(entry)
            messages.info(request, "The entry is no longer on the site; its text is kept.")
        elif "_publish" in request.POST or self.shows_changes(form, formsets):
            publishing.publish(entry)
            self.say_published(request, entry)

    def delete_model(self, request: HttpRequest, obj: Entry) -> None:
        publishing.delete([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> None:
        publishing.delete(queryset)

    def shows_changes(self, form: Any, formsets: Any) -> bool:
        is_live = form.instance.state == Entry.State.PUBLISHED
        return is_live and (form.has_changed() or any(each.has_changed() for each in formsets))

    def say_published(self, request: HttpRequest, entry: Entry) -> None:
        if entry.is_public():
            messages.info(request, "Readers see this version now.")
            return
        local = timezone.localtime(entry.published_at)
        when, zone = formats.date_format(local, "j F Y, H:i"), timezone.get_current_timezone_name()
        messages.info(request, f"Scheduled for {when} ({zone}). It appears by itself.")

    @admin.action(description="Publish", permissions=["publish"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Entry]) -> None:
        count = 0
        for entry in queryset.exclude(state=Entry.State.PUBLISHED):
            publishing.publish(entry)
            count += 1
        messages.success(request, f"Published: {count}.")

    @admin.action(description="Withdraw from the site", permissions=["publish"])
    def withdraw_selected(self, request: HttpRequest, queryset: QuerySet[Entry]) -> None:
        count = 0
        for entry in queryset.filter(state=Entry.State.PUBLISHED):
            publishing.withdraw(entry)
            count += 1
        messages.success(request, f"Withdrawn: {count}. The texts are kept.")

    # Topics while typing --------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        suggest = self.admin_site.admin_view(self.suggest_topics)
        return [path("topics/", suggest, name="glossary_entry_topics"), *super().get_urls()]

    def suggest_topics(self, request: HttpRequest) -> HttpResponse:
        """Answer ?q= with the names of topics that contain it, the most used first."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            return JsonResponse({"topics": []}, status=403)
        query = search.clean(request.GET.get("q", ""))
        topics = Topic.objects.filter(name__icontains=query)
        most_used = topics.annotate(uses=Count("memberships")).order_by("-uses", "name")
        found = most_used.values_list("name", flat=True)
        return JsonResponse({"topics": list(found[:SUGGESTIONS])})
