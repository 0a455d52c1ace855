from django import forms
from django.utils.translation import gettext_lazy as _

from glossary.voices import LONGEST_NOTE, LONGEST_SENTENCE


class DecoyForm(forms.Form):
    """A form with a field that only programs fill in."""

    reference = forms.CharField(
        required=False,
        label=_("Leave this field empty"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.label_suffix = ""

    @property
    def looks_automatic(self) -> bool:
        return bool(self.cleaned_data["reference"])


class SentenceForm(DecoyForm):
    """What a reader adds to “yes” or “no”."""

    said = forms.CharField(widget=forms.HiddenInput)
    sentence = forms.CharField(
        label=_("What helped, or what was missing?"),
        max_length=LONGEST_SENTENCE,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_SENTENCE}),
        error_messages={"required": _("Please write a few words, or simply read on.")},
    )


class SuggestionForm(DecoyForm):
    """A term that a reader looked for in vain."""

    term = forms.CharField(
        label=_("Which term should we explain?"),
        max_length=150,
        error_messages={"required": _("Please tell us the term.")},
    )
    note = forms.CharField(
        label=_("Where did you come across it, or what would you like to know?"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": LONGEST_NOTE}),
    )
    email = forms.EmailField(
        label=_("Tell me when it is published"),
        help_text=_(
            "Your e-mail address, if you like. By giving it, you agree that we keep it for one "
            "message about this term and then delete it."
        ),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "invalid": _("This does not look like an e-mail address. Is a part missing?")
        },
    )
