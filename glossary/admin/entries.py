"""The desk's pages of entries: the list, and the form with all that may be done there."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config import site
from config.flat_lists import FlatList
from config.http import key_of
from config.unsought import Unsought
from glossary import (
    addresses,
    edits,
    freshness,
    history,
    permissions,
    publishing,
    revisions,
    search,
    states,
)
from glossary.admin import entry_acts, entry_matches
from glossary.admin.bulk import BulkActions
from glossary.admin.entry_form import AliasInline, EntryForm, RelatedInline
from glossary.admin.entry_panel import conflict_of, panel_of
from glossary.admin.entry_shares import EntryShares
from glossary.checks import facts, panel
from glossary.models import Entry, EntryQuerySet, EntryTopic, Topic

SUGGESTIONS = 12
BY_TOPIC, NO_TOPIC = "topics__id__exact", "none"
SENTENCES = 10
"""Of what readers said, the newest that are shown on the entry."""
DESK_FIELDS = ("owner", "review_months", "reviewed_on")
"""What is about the desk and not about the text: it is changed at once."""


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("draft", "Draft"),
            ("waiting", "In review"),
            ("returned", "Returned"),
            ("approved", "Approved"),
            ("scheduled", "Scheduled"),
            ("published", "Published"),
            ("news", "Published, with a newer draft"),
            ("planned", "Published, with a change scheduled"),
            ("withdrawn", "Withdrawn"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> EntryQuerySet:
        chosen = self.value() or ""
        if chosen in Entry.Review.values and chosen:
            return queryset.filter(review=chosen)
        narrowed = {
            "": queryset,
            "scheduled": queryset.scheduled(),
            "published": queryset.published(),
            "news": queryset.published().exclude(draft=None),
            "planned": queryset.published().exclude(planned=None),
        }
        return narrowed.get(chosen, queryset.filter(state=chosen))


class LetterFilter(admin.SimpleListFilter):
    """The way into the midst of a list that pages through its first rows only."""

    title = "letter"
    parameter_name = "letter"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(letter, letter) for letter in Entry.objects.exclude(letter="").letters()]

    def queryset(self, request: HttpRequest, queryset: Any) -> EntryQuerySet:
        chosen = self.value()
        return queryset.under(chosen) if chosen in dict(self.lookup_choices) else queryset


class TopicFilter(admin.SimpleListFilter):
    """Along the memberships, which repeat the order of the list; see `EntryAdmin.get_ordering`."""

    title = "topics"
    parameter_name = BY_TOPIC

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[Any, str]]:
        return [*Topic.objects.values_list("pk", "name"), (NO_TOPIC, "No topic")]

    def queryset(self, request: HttpRequest, queryset: Any) -> EntryQuerySet:
        chosen, has_any = self.value(), EntryTopic.objects.filter(content_object=OuterRef("pk"))
        if chosen == NO_TOPIC:
            return queryset.filter(~Exists(has_any))
        return queryset.filter(memberships__tag=key_of(chosen) or 0) if chosen else queryset


class LanguageFilter(admin.ChoicesFieldListFilter):
    """Django's. What most entries are written in is found along the order of the list."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        own = site.current().language
        if self.lookup_val != [own]:
            return super().queryset(request, queryset)
        return queryset.alias(spoken=Unsought("language")).filter(spoken=own)


@admin.register(Entry)
class EntryAdmin(FlatList, BulkActions, EntryShares):
    form = EntryForm
    inlines = [AliasInline, RelatedInline]
    change_form_template = "admin/glossary/entry/change_form.html"
    list_display = ["name", "state_in_words", "author", "language", "published_at", "updated_at"]
    list_filter = [
        StateFilter,
        LetterFilter,
        TopicFilter,
        "author",
        "owner",
        ("language", LanguageFilter),
    ]
    sortable_by = ["name", "updated_at"]
    list_select_related = ["author"]
    list_per_page = 50
    search_fields = ["term", "aliases__name", "short_definition", "slug"]
    ordering = ["sort_key", "pk"]
    autocomplete_fields = ["author", "reviewer"]
    fieldsets = [
        (None, {"fields": ["term", "slug", "short_definition", "body"]}),
        ("People and topics", {"fields": ["author", "reviewer", "topics", "offer"]}),
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
            "Keeping it right",
            {
                "fields": ["owner", "review_months", "reviewed_on"],
                "description": "For the desk: these take effect at once, without a new version.",
            },
        ),
        ("Readers", {"fields": ["what_readers_say"]}),
    ]

    class Media:
        css = {"all": ["css/desk.css", "css/checks.css"]}
        js = ["js/topics.js", "js/desk.js", "js/checks.js"]

    @admin.display(description="term", ordering="sort_key")
    def name(self, entry: Entry) -> str:
        return entry.term

    @admin.display(description="state")
    def state_in_words(self, entry: Entry) -> SafeString:
        return format_html_join(
            " ",
            '<span class="state {}">{}</span>',
            [(name, said) for name, said in states.said_of(entry)],
        )

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
        if not said["all"]:
            return "Nobody has answered yet."
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
        is_form = match and "object_id" in match.kwargs
        entries = entries.select_related("draft", "live", "planned") if is_form else entries
        is_saving = request.method == "POST" and is_form
        return entries.select_for_update(of=("self",), no_key=True) if is_saving else entries

    def get_ordering(self, request: HttpRequest) -> Any:
        """Where a topic is chosen, the same order as its memberships have it, with their index."""
        match = request.resolver_match
        is_list = match and match.url_name == "glossary_entry_changelist"
        by_topic = is_list and request.GET.get(BY_TOPIC) not in (None, "", NO_TOPIC)
        return ["memberships__sort_key", "pk"] if by_topic else ["sort_key", "pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Entry], search_term: str
    ) -> tuple[QuerySet[Entry], bool]:
        return entry_matches.matching(queryset, search_term), False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Entry | None:
        """The entry as its newest version has it, for its form; other pages see the rows."""
        entry = super().get_object(request, object_id, from_field)
        match = request.resolver_match
        if entry and entry.draft and match and match.url_name == "glossary_entry_change":
            revisions.show_in(entry, entry.draft.snapshot)
        return entry

    def get_readonly_fields(self, request: HttpRequest, obj: Entry | None = None) -> list[str]:
        """What takes effect at once on the site is for those who publish, as in the list."""
        shown = ["who_mentions", "what_readers_say"]
        is_open = obj is None or edits.may_edit(request.user, obj)
        return shown if is_open else [*shown, *DESK_FIELDS]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "owner":
            staff = get_user_model().objects.filter(is_staff=True, is_active=True)
            kwargs["queryset"] = staff.order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    # Permissions ----------------------------------------------------------------------

    def may_publish(self, request: HttpRequest) -> bool:
        return permissions.may(request.user, "publish")

    def has_delete_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        is_live = obj is not None and obj.state == Entry.State.PUBLISHED
        allowed = super().has_delete_permission(request, obj)
        return allowed and (not is_live or self.may_publish(request))

    def view_on_site(self, entry: Entry) -> str | None:
        if not entry.is_public():
            return None
        live = entry.live.snapshot if entry.live else revisions.snapshot_of(entry)
        return addresses.path_of(live["slug"], language=live["language"])

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        entry, form = context.get("original"), context["adminform"].form
        context["panel"] = panel_of(entry, user=request.user)
        context["checks_panel"] = self.checks_of(request, entry)
        if getattr(form, "conflict", None):
            formsets = [inline.formset for inline in context["inline_admin_formsets"]]
            context["conflict"] = conflict_of(form, formsets)
        return super().render_change_form(request, context, *args, **kwargs)

    def checks_of(self, request: HttpRequest, entry: Entry | None) -> SafeString:
        """What is to be mended in the form that was sent, or else in the newest version."""
        draft = revisions.newest(entry) if entry else {}
        said = panel.draft_of(request.POST) if request.method == "POST" else draft
        return panel.panel(said, facts.gather(said, own=entry.pk if entry else None))

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        """Not after saving: Django's sentence would contradict what the act has said."""
        match = request.resolver_match
        if match and match.url_name in ("glossary_entry_add", "glossary_entry_change"):
            return
        super().message_user(request, message, *args, **kwargs)

    # Saving ---------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Entry, form: Any, change: bool) -> None:
        """Only a new entry is a row at once; the text of others goes into a version."""
        if not change:
            obj.save()
            history.note(obj, "created", by=request.user)
            return
        fields = [name for name in DESK_FIELDS if name in form.changed_data]
        if fields:
            obj.save(update_fields=fields)
            freshness.renew_many(Entry.objects.filter(pk=obj.pk))
            said = ", ".join(str(form.fields[name].label) for name in fields)
            history.note(obj, "changed", by=request.user, note=said)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        snapshot = form.snapshot(formsets)
        entry = Entry.objects.get(pk=form.instance.pk)
        entry_acts.save(request, entry, form, snapshot)

    def delete_model(self, request: HttpRequest, obj: Entry) -> None:
        publishing.delete([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> None:
        publishing.delete(queryset)

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
        most_used = topics.with_uses().order_by("-entry_count", "name")
        found = most_used.values_list("name", flat=True)
        return JsonResponse({"topics": list(found[:SUGGESTIONS])})
