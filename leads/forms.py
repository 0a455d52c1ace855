from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config import site, zones
from leads import choosing, origin, submission
from leads.arrival_forms import ArrivalForm
from leads.consent_boxes import ConsentForm
from leads.consenting import Agreement
from leads.models import Consent, Lead

MAX_MESSAGE = 5000

phone_like = RegexValidator(
    r"^[\d\s+()./-]{5,40}$",
    _("Write the number with digits, spaces and +, for example +351 21 000 0000."),
)


class ContactForm(ArrivalForm, ConsentForm, forms.ModelForm):
    """Who asks, and for what. Fields that only machines fill in are kept out of sight."""

    reference = forms.CharField(
        required=False,
        label=_("Leave this field empty"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    token = forms.CharField(required=False, widget=forms.HiddenInput)
    source = forms.Field(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Lead
        fields = ["name", "email", "phone", "company", "message"]
        labels = {
            "name": _("Your name"),
            "email": _("E-mail"),
            "phone": _("Phone"),
            "company": _("Company"),
            "message": _("What would you like to talk about?"),
            "preferred_time": _("When would suit you?"),
        }
        help_texts = {
            "email": _("We answer to this address."),
            "preferred_time": _(
                "In your own words, for example: Tuesday after 15:00, Lisbon time."
            ),
        }
        error_messages = {
            "name": {"required": _("Please tell us your name.")},
            "email": {
                "required": _("Please give an e-mail address, so that we can answer."),
                "invalid": _("This does not look like an e-mail address. Is a part missing?"),
            },
        }
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
            "company": forms.TextInput(attrs={"autocomplete": "organization"}),
            "message": forms.Textarea(attrs={"rows": 5, "maxlength": MAX_MESSAGE}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        needed = str(_("Please tick the box, so that we may store your request."))
        self.ask(Consent.Purpose.REQUEST, site.current().consent_text, or_else=needed)
        self.ask(Consent.Purpose.MARKETING, site.current().marketing_text)
        self.fields["phone"].validators.append(phone_like)
        self.age = submission.TOO_FAST
        self.needs_one_more_step = False

    def clean_message(self) -> str:
        # Browsers count a line break as one character and send two.
        message = self.cleaned_data["message"].replace("\r\n", "\n")
        if len(message) > MAX_MESSAGE:
            raise forms.ValidationError(
                _("This is longer than %(most)s characters. The rest can wait for our talk."),
                params={"most": MAX_MESSAGE},
            )
        return message

    def clean_source(self) -> str:
        return origin.clean_path(self.cleaned_data["source"] or "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        try:
            self.age = submission.age(cleaned.get("token", ""))
        except submission.FormExpired:
            self.renew_token()
            self.add_error(
                None, _("This form was open for a long time. Please send it once more.")
            )
        return cleaned

    def renew_token(self) -> None:
        """Give the form that is shown again a token that is valid, and old enough to be sent."""
        backdated = timezone.now() - submission.TOO_FAST
        self.data = {
            **dict(self.data.items()),
            self.add_prefix("token"): submission.issue(now=backdated),
        }

    @property
    def answers(self) -> dict[str, str]:
        """What the visitor wrote, by field."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}

    @property
    def questions(self) -> list[BoundField]:
        """What the visitor is asked, without boxes to tick and what only machines fill in."""
        return [self[name] for name in self._meta.fields or ()]

    @property
    def agreements(self) -> tuple[Agreement, ...]:
        """What was shown and ticked, or left, in the words that were shown."""
        return (*super().agreements, *self.reading_agreements)

    def ask_one_more_step(self) -> None:
        """Say why the form is shown again, to somebody who did nothing wrong."""
        self.needs_one_more_step = True
        self.add_error(
            None,
            _(
                "One more step: we receive many requests like yours at the moment. "
                "Please send the form once more; all that you wrote is kept."
            ),
        )


class ConsultationForm(ContactForm):
    """A request without a slot."""

    class Meta(ContactForm.Meta):
        fields = [*ContactForm.Meta.fields, "preferred_time"]


class BookingForm(ContactForm):
    """A request for a slot. Whether the slot is free is asked under the lock alone."""

    start = forms.Field(required=False, widget=forms.HiddenInput)
    zone = forms.Field(required=False, widget=forms.HiddenInput)

    @staticmethod
    def was_sent(data: Mapping[str, object]) -> bool:
        """Return whether `data` is from this form and not from a request without a slot."""
        return "start" in data or "zone" in data

    def clean_name(self) -> str:
        return in_one_line(self.cleaned_data["name"])

    def clean_company(self) -> str:
        return in_one_line(self.cleaned_data["company"])

    def clean_start(self) -> datetime:
        """The time in UTC. What cannot be read becomes one that nobody offers."""
        return choosing.start_of(self.cleaned_data["start"] or "") or choosing.NEVER

    def clean_zone(self) -> str:
        """The present name of the visitor's zone, "" where none was chosen."""
        found = zones.find(self.cleaned_data["zone"] or "")
        return found.key if found else ""


def in_one_line(text: str) -> str:
    """`text` without line breaks, which would divide the head of a mail or a calendar's line."""
    return " ".join(text.split())
