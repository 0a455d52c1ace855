"""What prospects send about their bookings."""

from django import forms
from django.utils.translation import gettext_lazy as _

LONGEST_REASON = 500


class PlainField(forms.CharField):
    """A text without the character that PostgreSQL does not keep; people do not type it."""

    def to_python(self, value: object) -> str:
        return (super().to_python(value) or "").replace("\0", "")


class CancelForm(forms.Form):
    """Why somebody cancels, if they like to say."""

    reason = PlainField(
        label=_("Why do you cancel?"),
        help_text=_("It helps us, but you need not say."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_REASON}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.label_suffix = ""

    def clean_reason(self) -> str:
        # Browsers count a line break as one character and send two.
        reason = self.cleaned_data["reason"].replace("\r\n", "\n")
        if len(reason) > LONGEST_REASON:
            raise forms.ValidationError(
                _("This is longer than %(most)s characters. A few words are enough."),
                params={"most": LONGEST_REASON},
            )
        return reason
