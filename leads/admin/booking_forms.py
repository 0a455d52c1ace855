"""What staff write when they act on a booking, or take one on the phone."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.sites import AdminSite
from django.contrib.admin.widgets import AutocompleteSelect
from django.forms.boundfield import BoundField

from config import site, zones
from config.http import key_of
from glossary.models import Entry
from leads.consent_boxes import ConsentForm
from leads.consenting import Agreement
from leads.forms import MAX_MESSAGE, in_one_line, phone_like
from leads.models import Calendar, Consent, Lead, Offer

LONGEST_REASON = 1000
CONSENT = "They agreed on the phone that we store these details to prepare and hold the talk."
"""Stored with the lead: what the box said that was ticked for them."""
NOT_ASKED = (
    "Ask them, and tick the box when they agree: without it their details may not be stored."
)


class ActForm(forms.Form):
    """What an act on a booking asks before it is done."""

    reason = forms.CharField(
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": "This is longer than a reason has to be: 1000 characters."},
    )
    tell = forms.BooleanField(required=False, initial=True)

    def __init__(self, *args: Any, name: str, asks_reason: bool, tells: bool, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.fields["tell"].label = f"Tell {name} by mail"
        if not asks_reason:
            del self.fields["reason"]
        if not tells:
            del self.fields["tell"]


class ChoiceForm(forms.Form):
    """Which times are shown: of what, with whom, from when on."""

    offer = forms.ModelChoiceField(
        Offer.objects.active(),
        empty_label=None,
        error_messages={"invalid_choice": "This offer is not active any more. Choose another."},
    )
    host = forms.ModelChoiceField(
        Calendar.objects.select_related("author"),
        required=False,
        empty_label="Any free host",
        error_messages={"invalid_choice": "This host has no calendar any more. Choose another."},
    )


class EntrySelect(AutocompleteSelect):
    """Chooses nothing where an address or a form names what can be no entry."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [each for each in value if key_of(str(each))], attr)


class CallerForm(ConsentForm, forms.ModelForm):
    """Who is on the phone."""

    language = forms.ChoiceField(
        choices=settings.LANGUAGES, help_text="In which they get their mails."
    )
    visitor_zone = forms.ChoiceField(
        label="Their time zone",
        required=False,
        help_text="If they live elsewhere: their mails then say both times.",
    )

    class Meta:
        model = Lead
        fields = ["name", "email", "phone", "company", "message", "entry"]
        labels = {
            "email": "E-mail",
            "message": "What they want to talk about",
            "entry": "Entry they read",
        }
        help_texts = {"entry": "If they mention one."}
        widgets = {"message": forms.Textarea(attrs={"rows": 4})}
        error_messages = {
            "name": {"required": "Write down who is calling."},
            "email": {
                "required": "Ask for an address: the invitation goes there.",
                "invalid": "This does not look like an e-mail address. Is a part missing?",
            },
        }

    def __init__(self, *args: Any, admin_site: AdminSite, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["visitor_zone"].choices = [("", "The same as the host's"), *_places()]
        fields["phone"].validators.append(phone_like)
        fields["message"].max_length = MAX_MESSAGE
        if known:
            # What a visitor wrote is never rewritten; they agreed when they asked.
            for name in ("name", "email", "phone", "company", "entry", "language"):
                del fields[name]
            fields["message"].label = "Note for the timeline"
            return
        self.ask(Consent.Purpose.REQUEST, CONSENT, or_else=NOT_ASKED)
        self.ask(Consent.Purpose.MARKETING, site.current().marketing_text)
        fields["language"].initial = site.current().language
        fields["entry"].queryset = Entry.objects.published()
        fields["entry"].widget = EntrySelect(Lead._meta.get_field("entry"), admin_site)
        fields["entry"].widget.choices = fields["entry"].choices

    def clean_name(self) -> str:
        return in_one_line(self.cleaned_data["name"])

    def clean_company(self) -> str:
        return in_one_line(self.cleaned_data["company"])

    def clean_message(self) -> str:
        return self.cleaned_data["message"].replace("\r\n", "\n")

    @property
    def questions(self) -> list[BoundField]:
        """Every field but the boxes."""
        boxes = {box.field.name for box in self.boxes}
        return [field for field in self if field.name not in boxes]

    @property
    def agreed(self) -> tuple[Agreement, ...]:
        """What they said yes to; whether a box that was left was read to them, nobody knows."""
        return tuple(each for each in self.agreements if each.is_given)

    @property
    def answers(self) -> dict[str, str]:
        """What the lead is made of; nothing for one that is there already."""
        wanted = ("name", "email", "phone", "company", "message")
        return {name: self.cleaned_data[name] for name in wanted} if "name" in self.fields else {}


def _places() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in zones.places()]
