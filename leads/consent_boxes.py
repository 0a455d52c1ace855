"""Boxes beside sentences: what was shown is what is kept, even if staff change it meanwhile."""

from dataclasses import dataclass

from django import forms
from django.forms.boundfield import BoundField

from leads import submission
from leads.consenting import Agreement
from leads.models import Consent

_NAMES = {Consent.Purpose.REQUEST: "consent"}
"""Names of boxes that are not called like their purpose."""


@dataclass(frozen=True)
class Box:
    """A box on a form, and the sentence that is beside it there."""

    purpose: Consent.Purpose
    text: str
    field: BoundField

    @property
    def shown_name(self) -> str:
        """The name under which the form carries the sentence."""
        return f"{self.field.html_name}_shown"

    @property
    def signed(self) -> str:
        return submission.sign_consent(self.text)


class ConsentForm(forms.BaseForm):
    """A form with boxes; `ask` adds one, and none is ticked before the visitor does it."""

    boxes: tuple[Box, ...] = ()

    def ask(self, purpose: Consent.Purpose, text: str, *, or_else: str = "") -> None:
        """Show `text` beside a box for `purpose`; `or_else` is said where it has to be ticked.

        A form that comes back keeps the sentence that it was shown with. One
        that was shown without this box is not taken to have asked: only the
        sentence that everybody has to agree to is supposed in any case.
        """
        name = _NAMES.get(purpose, str(purpose))
        shown = submission.consent_shown(self.data.get(f"{self.add_prefix(name)}_shown") or "")
        if self.is_bound and not or_else:
            text = shown
        text = shown or text
        if not text:
            return
        field = forms.BooleanField(label=text, required=bool(or_else))
        if or_else:
            field.error_messages["required"] = or_else
        self.fields[name] = field
        self.boxes = (*self.boxes, Box(purpose, text, self[name]))

    @property
    def agreements(self) -> tuple[Agreement, ...]:
        """What was shown and ticked, and what was shown and left, in the words that were shown."""
        ticked: dict[str, bool] = getattr(self, "cleaned_data")  # noqa: B009 - not declared
        return tuple(Agreement(e.purpose, e.text, ticked[e.field.name]) for e in self.boxes)
