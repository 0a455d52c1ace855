"""What staff write on the page of a lead: a small form for each verb of the pipeline.

Each form carries what its page showed. What somebody else has changed since
is never overwritten unseen: the form says so, keeps what was written in it,
and takes it when it is sent again.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from glossary.history import name_of
from leads import pipeline
from leads.admin.lead_acts import bring, state_in_words, step_in_words
from leads.models import Lead
from leads.requesting import NO_SPAM, may_be_spam

State = Lead.State
LONGEST_NOTE = 5000


def possible_owners(*also: int | None) -> QuerySet[User]:
    """Staff who may change leads, and the users with the keys `also`, by name."""
    may = User.objects.with_perm("leads.change_lead").filter(is_staff=True)
    found = User.objects.filter(Q(pk__in=may.values("pk")) | Q(pk__in=[k for k in also if k]))
    return found.order_by("first_name", "last_name", "username")


class PersonField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class LeadForm(forms.Form):
    """A form on the page of `lead`, which has to be locked when the form is sent."""

    name: str
    """The last part of its address."""
    subject: str
    """What it changes, at the beginning of a sentence."""
    kinds: Sequence[str] = ()
    """Lines of the timeline that tell who changed it."""

    def __init__(self, *args: Any, lead: Lead, by: User, **kwargs: Any) -> None:
        kwargs |= {"auto_id": f"id_{self.name}_%s", "initial": self.initial_of(lead)}
        super().__init__(*args, **kwargs)
        self.lead, self.by = lead, by

    @staticmethod
    def initial_of(lead: Lead) -> dict[str, Any]:
        raise NotImplementedError

    @property
    def shown(self) -> str:
        """What the lead holds now, for the page to carry."""
        values = self.initial_of(self.lead).values()
        return "|".join("" if value is None else str(value) for value in values)

    @property
    def in_words(self) -> str:
        """What the lead holds now, for whoever is told of a change."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        if self.kinds and self.data.get("shown") != self.shown:
            raise forms.ValidationError(
                f"{self.subject} has changed since you opened this page. {self._who()} "
                f"{self.in_words}. Save yours again if it is still right."
            )
        return self.cleaned_data

    def save(self) -> str:
        """Do it, and return what to say of it; "" if there was nothing to change."""
        raise NotImplementedError

    def _who(self) -> str:
        event = self.lead.events.filter(kind__in=self.kinds).select_related("by").first()
        return f"{name_of(event.by)} has made it" if event and event.by else "It is now"


class OwnerForm(LeadForm):
    name = "owner"
    subject = "The owner"
    kinds = ["lead.assigned"]

    owner = PersonField(
        User.objects.none(),
        required=False,
        empty_label="Nobody",
        error_messages={
            "invalid_choice": "This login may not work with leads any more. Choose another one."
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        owner.queryset = possible_owners(self.lead.owner_id)

    @staticmethod
    def initial_of(lead: Lead) -> dict[str, Any]:
        return {"owner": lead.owner_id}

    @property
    def in_words(self) -> str:
        return f"“{name_of(self.lead.owner) or 'Nobody'}”"

    def save(self) -> str:
        owner = self.cleaned_data["owner"]
        if not pipeline.assign(self.lead, owner, by=self.by):
            return ""
        return f"The owner is now {name_of(owner)}." if owner else "Nobody owns it now."


class StepForm(LeadForm):
    name = "step"
    subject = "The next step"
    kinds = ["lead.planned"]

    next_step = forms.CharField(
        label="What",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "Send the proposal"}),
        error_messages={"max_length": "One line of at most 200 characters; a note takes more."},
    )
    next_step_on = forms.DateField(
        label="By",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write the day as 2026-11-26."},
    )

    @staticmethod
    def initial_of(lead: Lead) -> dict[str, Any]:
        return {"next_step": lead.next_step, "next_step_on": lead.next_step_on}

    @property
    def in_words(self) -> str:
        return f"“{step_in_words(self.lead) or 'None'}”"

    @property
    def is_done(self) -> bool:
        """Whether the button was pressed that says so, whatever the fields hold."""
        return "done" in self.data

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        is_empty = not found.get("next_step") and "next_step" not in self.errors
        if is_empty and found.get("next_step_on") and not self.is_done:
            self.add_error("next_step", "Say what is to be done by then.")
        return found

    def save(self) -> str:
        step, on = self.cleaned_data["next_step"], self.cleaned_data["next_step_on"]
        if self.is_done:
            step, on = "", None
        if not pipeline.plan(self.lead, step, on=on, by=self.by):
            return ""
        return f"Next: {step_in_words(self.lead)}." if step else "The step is done. What is next?"


class StateForm(LeadForm):
    name = "state"
    subject = "The state"
    kinds = ["lead.status_changed", "lead.valued", "lead.explained"]

    state = forms.ChoiceField(choices=State)
    reason = forms.CharField(
        label="Why it was lost",
        required=False,
        max_length=200,
        error_messages={"max_length": "One line of at most 200 characters; a note takes more."},
    )
    value = forms.DecimalField(
        label="What it is worth",
        required=False,
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "0.01", "min": "0"}),
        error_messages={"invalid": "Write a number, such as 1200 or 1200.50."},
    )

    @staticmethod
    def initial_of(lead: Lead) -> dict[str, Any]:
        return {"state": lead.state, "reason": lead.lost_reason, "value": lead.value}

    @property
    def in_words(self) -> str:
        return f"“{state_in_words(self.lead)}”"

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        is_unsaid = not found.get("reason") and "reason" not in self.errors
        if found.get("state") == State.LOST and is_unsaid:
            self.add_error("reason", "Say why it was lost: it helps to lose fewer.")
        is_put_aside = found.get("state") == State.SPAM != self.lead.state
        if is_put_aside and not may_be_spam(self.lead):
            self.add_error("state", f"This is no spam. {NO_SPAM}")
        return found

    def save(self) -> str:
        found = self.cleaned_data
        is_news = bring(
            self.lead,
            State(found["state"]),
            by=self.by,
            reason=found["reason"],
            value=found["value"],
        )
        return f"The state is now “{state_in_words(self.lead)}”." if is_news else ""


class NoteForm(LeadForm):
    name = "note"

    text = forms.CharField(
        label="Note",
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={
            "required": "Write something first.",
            "max_length": f"A note has at most {LONGEST_NOTE} characters.",
        },
    )

    @staticmethod
    def initial_of(lead: Lead) -> dict[str, Any]:
        return {}

    def save(self) -> str:
        """The second click of a double click finds its note written."""
        text = self.cleaned_data["text"].replace("\r\n", "\n")
        last = self.lead.events.first()
        if last and (last.kind, last.note, last.by_id) == ("lead.noted", text, self.by.pk):
            return ""
        pipeline.note(self.lead, "lead.noted", by=self.by, text=text)
        return "The note is in the timeline."


FORMS: dict[str, type[LeadForm]] = {
    form.name: form for form in (OwnerForm, StepForm, StateForm, NoteForm)
}
