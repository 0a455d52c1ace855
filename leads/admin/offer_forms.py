"""Forms for an offer: lengths in words, rules that agree with each other."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from config.editor import MarkdownEditor
from config.slugs import AddressForm
from leads import hours
from leads.admin.minutes import MinutesField, write
from leads.admin.rows import NamedRows
from leads.models import Calendar, DateOverride, Offer, OfferTopic

LENGTHS = {
    "duration": "How long the talk lasts. Write 30 min, 1 h 30 or 2 h; a plain number is minutes.",
    "interval": "How far apart the times are that are offered, whatever the talk lasts.",
    "buffer_before": "Kept free before each talk.",
    "buffer_after": "Kept free after it.",
    "notice": "Nobody can book a time sooner than that: 24h, 2 days.",
    "change_cutoff": "Before the talk; later than that, people have to ask the contact.",
}
"""The fields that are kept as minutes, with their rules in the editor's words."""
_A_DAY = 24 * 60


class HostsField(forms.ModelMultipleChoiceField):
    """Calendars by the names of their hosts, with their zones."""

    def label_from_instance(self, obj: Calendar) -> str:
        return f"{obj.author.name} ({obj.time_zone.replace('_', ' ')})"


class OfferForm(AddressForm):
    class Meta:
        field_classes = {**dict.fromkeys(LENGTHS, MinutesField), "calendars": HostsField}
        help_texts = LENGTHS
        labels = {"calendars": "Hosts"}
        widgets = {
            **{name: forms.TextInput(attrs={"size": 12}) for name in LENGTHS},
            "calendars": forms.CheckboxSelectMultiple,
            "text": forms.Textarea(attrs={"rows": 3}),
            "place": forms.Textarea(attrs={"rows": 2}),
            "search_phrases": forms.Textarea(attrs={"rows": 3}),
            "description": MarkdownEditor(attrs={"rows": 10}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, MinutesField):
                field.speak_of(getattr(Offer._meta.get_field(name), "validators", ()))
        if "pending_hours" in self.fields:
            self.fields["pending_hours"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._check_times(cleaned)
        if cleaned.get("pending_hours") is None and "pending_hours" not in self.errors:
            if cleaned.get("confirms_by_hand"):
                self.add_error(
                    "pending_hours",
                    "Say for how many hours a time is kept for staff to confirm it.",
                )
            cleaned["pending_hours"] = self.instance.pending_hours
        return cleaned

    def _check_times(self, cleaned: dict[str, Any]) -> None:
        """Refuse rules that exclude each other: such an offer would have no times."""
        horizon, notice = cleaned.get("horizon"), cleaned.get("notice")
        if horizon and notice and notice > horizon * _A_DAY:
            self.add_error(
                "notice",
                f"With a notice of {write(notice)} and {write(horizon * _A_DAY)} offered ahead, "
                "there is no time left to book: shorten the one or extend the other.",
            )
        cutoff = cleaned.get("change_cutoff")
        if horizon and cutoff and cutoff > horizon * _A_DAY:
            self.add_error(
                "change_cutoff",
                f"All times are at most {write(horizon * _A_DAY)} ahead, so that nobody could "
                "ever move or cancel: write less.",
            )
        self._check_length(cleaned)

    def _check_length(self, cleaned: dict[str, Any]) -> None:
        duration, hosts = cleaned.get("duration"), cleaned.get("calendars")
        longest = _longest_stretch(hosts) if hosts else 0
        if duration and 0 < longest < duration:
            self.add_error(
                "duration",
                f"No host below is open for {write(duration)} at a stretch, the longest is "
                f"{write(longest)}: shorten the talk, or open the calendar for longer.",
            )


def _longest_stretch(calendars: Iterable[Calendar]) -> int:
    """Return the most minutes that one of `calendars` is open for without a break; one query."""
    days = [day for each in calendars for day in each.weekly]
    changed = DateOverride.objects.filter(calendar__in=calendars).exclude(hours="")
    days += [hours.parse(text) for text in changed.values_list("hours", flat=True)]
    return max((closes - opens for day in days for opens, closes in day), default=0)


class OfferTopicForm(forms.ModelForm):
    class Meta:
        model = OfferTopic
        fields = ["topic"]

    def clean_topic(self) -> Any:
        topic = self.cleaned_data["topic"]
        taken = OfferTopic.objects.filter(topic=topic).exclude(offer=self.instance.offer_id)
        if topic and (other := taken.select_related("offer").first()):
            raise ValidationError(
                f"“{topic}” shows the offer “{other.offer}” already: take it off there first."
            )
        return topic


class OfferTopicFormSet(NamedRows):
    twice = "A topic is in the list twice: once is enough."
