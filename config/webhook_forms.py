"""Forms of the desk's pages for webhooks."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from config import outgoing
from config.models import WebhookEndpoint

INSIDE = (
    "If it is inside your own network, whoever runs the site has to name its host in "
    "WEBHOOK_ALLOWED_HOSTS."
)


class EndpointForm(forms.ModelForm):
    events = forms.MultipleChoiceField(
        label="Tell it when",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one event: it would be told of nothing."},
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["name", "url", "events", "is_active", "header_name", "header_value"]
        widgets = {"url": forms.TextInput(attrs={"class": "vTextField", "inputmode": "url"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Those who may only look see other fields.
        if "events" in self.fields:
            choices = [
                (name, f"{words} ({name})") for name, words in settings.WEBHOOK_EVENTS.items()
            ]
            self.fields["events"].choices = choices  # type: ignore[attr-defined]
        if "is_active" in self.fields:
            # Changed means: changed by staff. A form from before a 410 switches nothing on again.
            self.fields["is_active"].show_hidden_initial = True

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            outgoing.check(url)
        except outgoing.Refused as error:
            raise ValidationError(f"This address is never called. {error}. {INSIDE}") from error
        return url


class SinceForm(forms.Form):
    """From when on what failed is sent again, on the clock of the site."""

    since = forms.DateTimeField(
        label="Send all that failed since",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={
            "required": "Say since when. Nothing was sent.",
            "invalid": "Say since when, as 2026-11-26 14:30. Nothing was sent.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"since": timezone.now() - timedelta(days=3)})
        super().__init__(*args, **kwargs)
