"""What a consultation form carries beside its answers: how somebody came, and what they share."""

from django import forms
from django.utils.translation import gettext as _

from leads import arrival, submission
from leads.arrival import Trail
from leads.consenting import Agreement
from leads.models import Consent


class ArrivalForm(forms.Form):
    """The hidden part of a form. Whatever is in it, no request fails for it."""

    via = forms.Field(required=False, widget=forms.HiddenInput)
    arrival = forms.Field(required=False, widget=forms.HiddenInput)
    reading_shown = forms.Field(required=False, widget=forms.HiddenInput)
    shares_reading = forms.Field(required=False, widget=forms.HiddenInput)
    reading = forms.Field(required=False, widget=forms.HiddenInput)

    @property
    def trail(self) -> Trail:
        """How somebody came, unless they left it out; what they read, if they agreed to share."""
        is_shared = any(each.is_given for each in self.reading_agreements)
        reading = self._sent("reading") if is_shared else ""
        return arrival.clean(self._sent("arrival"), reading=reading)

    @property
    def reading_agreements(self) -> tuple[Agreement, ...]:
        """Whether what was read may be seen; none where there was nothing to share."""
        shown = submission.reading_shown(self._sent("reading_shown"))
        is_given = bool(self._sent("shares_reading"))
        return (Agreement(Consent.Purpose.READING, shown, is_given),) if shown else ()

    def _sent(self, name: str) -> str:
        return self.cleaned_data[name] or ""

    # What the page shows --------------------------------------------------------------

    @property
    def way(self) -> Trail:
        """How somebody came, as it stands in the form that is shown."""
        return arrival.clean(self["arrival"].value() or "")

    @property
    def leaves_way_out(self) -> bool:
        """Whether a form that is shown again was sent without saying how somebody came."""
        return self.is_bound and not self["arrival"].value()

    @property
    def reading_sentence(self) -> str:
        """What stands beside the box that shares what was read."""
        return _("Share what I read and searched for here, so that you can prepare our talk.")

    @property
    def reading_signed(self) -> str:
        """The same as the form carries it, so that what is stored is what was shown."""
        return submission.sign_reading(self.reading_sentence)
