"""The form of an entry: it shows the newest version, and what it says becomes the next one."""

from datetime import UTC, datetime
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse_lazy
from django.utils import timezone

from config.alphabet import fold
from config.slugs import AddressForm
from glossary import calls, revisions, topic_names
from glossary.admin.editor import EntryEditor
from glossary.models import Alias, CaseRule, Change, Entry, RelatedEntry, Revision, Topic
from glossary.revisions import Snapshot

TOPIC_LENGTH = Topic._meta.get_field("name").max_length or 100
NEEDS_CHANGE = "Say what the new version means to readers: it decides what they are told."
NEEDS_COMMENT = "Say in the note what is missing: the writer gets it by mail."
IS_PAST = "Choose a time to come, or leave it empty to publish now."
LATEST = datetime(9998, 12, 31, tzinfo=UTC)


class EntryForm(AddressForm):
    """The fields of a version, and what is said with it."""

    named_by = "term"

    base = forms.CharField(required=False, widget=forms.HiddenInput)
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="What is new, for colleagues; kept with the version.",
    )
    offer = forms.TypedChoiceField(
        label="Call to action", required=False, coerce=int, empty_value=None
    )
    publish_at = forms.SplitDateTimeField(
        label="When",
        required=False,
        widget=AdminSplitDateTime,
        help_text="Empty: at once.",
    )
    change = forms.ChoiceField(
        label="What it means to readers",
        required=False,
        choices=Change.choices,
        widget=forms.RadioSelect,
    )
    why = forms.CharField(
        label="Why, in a line",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Readers see it in the entry's change log.",
    )

    conflict: Revision | None = None
    """The newer version that somebody saved since this form was opened."""

    class Meta:
        labels = {"slug": "Address", "body": "Text"}
        # Shown as HTML, in which the marks themselves would be comments.
        help_texts = {
            "links_terms": "The first mention of each other term becomes a link. A passage "
            "between &lt;!-- no links --&gt; and &lt;!-- links --&gt; is left alone in any case."
        }
        widgets = {
            "body": EntryEditor,
            "short_definition": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entry: Entry = self.instance
        if entry.draft:
            self.initial["topics"] = [
                Topic(name=name) for name in entry.draft.snapshot.get("topics", ())
            ]
        newest = entry.revisions.first() if entry.pk else None
        self.initial["base"] = revisions.mark(newest)
        self.initial["publish_at"] = entry.planned_at or _time_to_come(entry)
        if "topics" in self.fields:
            suggestions = reverse_lazy("admin:glossary_entry_topics")
            attrs = {"data-suggestions": suggestions, "class": "vTextField"}
            self.fields["topics"].widget.attrs.update(attrs)
        for part, name in zip(
            self.fields["publish_at"].widget.widgets, ("Date", "Time"), strict=True
        ):
            part.attrs["aria-label"] = name
        if "body" in self.fields:
            cast("EntryEditor", self.fields["body"].widget).belong_to(entry)
        if "offer" in self.fields:
            self.fields["offer"].choices = _offers()  # type: ignore[attr-defined]
        self.newest = newest

    def clean_topics(self) -> list[str]:
        for name in self.cleaned_data["topics"]:
            if len(name) > TOPIC_LENGTH:
                raise forms.ValidationError(
                    f"A topic is a short name; “{name[:30]}…” is too long."
                )
        return topic_names.spelled(self.cleaned_data["topics"])

    def clean_publish_at(self) -> datetime | None:
        at = self.cleaned_data["publish_at"]
        if at and at > LATEST:
            raise forms.ValidationError("Choose a year that calendars know.")
        is_asked_for = "_publish" in self.data
        if at and is_asked_for and at <= timezone.now() and self.instance.is_public():
            raise forms.ValidationError(IS_PAST)
        return at

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if "_return" in self.data and not self.cleaned_data.get("note"):
            self.add_error("note", NEEDS_COMMENT)
        is_change = "_publish" in self.data and self.instance.updated_at is not None
        if is_change and "change" in self.fields and not self.cleaned_data.get("change"):
            self.add_error("change", NEEDS_CHANGE)
        base = self.cleaned_data.get("base", "")
        if self.newest and base != revisions.mark(self.newest):
            self.conflict = self.newest
            # Saved again, it is known to be newer than what it was compared with.
            data = cast("QueryDict", self.data).copy()
            data["base"] = revisions.mark(self.newest)
            self.data = data
            self.add_error(None, refusal_of(self.newest))
        return cleaned

    def snapshot(self, formsets: list[Any]) -> Snapshot:
        """Return what the form and its rows say, as a version holds it."""
        said = self.cleaned_data
        found: Snapshot = {
            name: said[name] if name in said else getattr(self.instance, name)
            for name in revisions.TEXTS
        }
        for name in revisions.PEOPLE:
            found[name] = getattr(self.instance, f"{name}_id")
        found["topics"] = sorted(said.get("topics", []))
        found["aliases"], found["related"] = [], []
        for formset in formsets:
            if isinstance(formset, VersionFormSet):
                found[formset.part] = formset.rows()
        return found


class VersionFormSet(forms.BaseInlineFormSet):
    """Rows of a version: they come from it and go into the next one, never into a table."""

    part = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        entry: Entry = kwargs["instance"]
        rows = revisions.newest_part(entry, self.part) if entry.pk else []
        assert self.model is not None  # noqa: S101 - the factory sets it
        kwargs["queryset"] = self.model._default_manager.none()
        kwargs["initial"] = rows = self.initial_rows(rows)
        super().__init__(*args, **kwargs)
        self.extra = len(rows) + 1
        # Django's log of saves asks for them.
        self.new_objects, self.changed_objects, self.deleted_objects = [], [], []

    def initial_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return rows

    def kept(self) -> list[dict[str, Any]]:
        """What the rows say that are filled in and not taken out, in their order."""
        said = [form.cleaned_data for form in self.forms if form.is_valid() and form.has_changed()]
        return [each for each in said if each and not each.get("DELETE")]

    def rows(self) -> list[dict[str, Any]]:
        """The same as a snapshot holds it."""
        return self.kept()


class VersionRowForm(forms.ModelForm):
    """A row of which only one field says whether it is there; no table is asked."""

    says = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The heads of the columns are no labels to those who cannot see them.
        for field in self.fields.values():
            field.widget.attrs.setdefault("aria-label", str(field.label))

    def has_changed(self) -> bool:
        given = self.data.get(self.add_prefix(self.says)) if self.is_bound else None
        return bool((given or "").strip())

    def validate_unique(self) -> None:
        """Not against the table, which holds the rows that are to be replaced."""

    def validate_constraints(self) -> None:
        """The same."""


class AliasForm(VersionRowForm):
    says = "name"


class AliasFormSet(VersionFormSet):
    part = "aliases"

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

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"name": each["name"], "case_rule": each.get("case_rule") or CaseRule.AUTO}
            for each in self.kept()
        ]


class AliasInline(admin.TabularInline):
    model = Alias
    form = AliasForm
    formset = AliasFormSet
    fields = ["name", "case_rule"]
    extra = 1
    verbose_name = "other name"
    verbose_name_plural = "other names (readers find the entry under them)"


class RelatedForm(VersionRowForm):
    says = "other"


class RelatedFormSet(VersionFormSet):
    part = "related"

    def initial_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{"other": row["entry"], "position": row["position"]} for row in rows]

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

    def rows(self) -> list[dict[str, Any]]:
        said = [{"entry": each["other"].pk, "position": each["position"]} for each in self.kept()]
        return sorted(said, key=lambda each: each["position"])


class RelatedInline(admin.TabularInline):
    """The related entries that editors choose; the others are found by links and topics."""

    model = RelatedEntry
    fk_name = "entry"
    form = RelatedForm
    formset = RelatedFormSet
    fields = ["other", "position"]
    autocomplete_fields = ["other"]
    extra = 0
    verbose_name_plural = "related entries (the page adds others by links and topics)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RelatedEntry]:
        return super().get_queryset(request).none()


def _time_to_come(entry: Entry) -> datetime | None:
    """When an entry appears that readers do not see yet."""
    is_planned = entry.state == Entry.State.PUBLISHED and not entry.is_public()
    return entry.published_at if is_planned else None


def _offers() -> list[tuple[str | int, str]]:
    active = ((offer["id"], offer["name"]) for offer in calls.offers())
    return [("", "As its topics or the site say"), *active]


def refusal_of(newest: Revision) -> str:
    """Return what is said to somebody whose form began with an earlier version."""
    at = timezone.localtime(newest.created_at)
    who = newest.created_by_name or "Somebody"
    return (
        f"{who} saved a newer version at {at:%H:%M} while you were writing. Nothing is lost: "
        "compare both. If you then save again, yours becomes the newest and theirs stays "
        "among the versions."
    )
