"""The form of the desk's page that tries everything again."""

from django import forms

from config.models import OutboxMessage
from config.models.outbox import OutboxQuerySet


class FailedSinceForm(forms.Form):
    """From when on what failed is tried again, on the clock of the site."""

    since = forms.DateTimeField(
        label="Failed since",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={
            "required": "Say since when.",
            "invalid": "Say since when, as 2026-11-26 14:30.",
        },
    )

    def chosen(self) -> OutboxQuerySet:
        return OutboxMessage.objects.failed(since=self.cleaned_data["since"])
