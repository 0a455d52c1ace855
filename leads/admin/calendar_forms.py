"""Forms for a calendar: hours as people write them, times on its own clock."""

from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from config import zones
from leads import hours
from leads.admin.rows import NamedRows
from leads.admin.zoned import YEARS, DayInput, MomentField
from leads.models import BlockedPeriod, Calendar, DateOverride
from leads.models.calendars import WEEKDAYS

TIMES_IN = "times_in"
"""Name of the hidden field that says in which zone the page showed its times."""
LONGEST_HOURS = 200


class HoursInput(forms.Textarea):
    """Each of a day's intervals on a line of its own."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 3, "cols": 14, "spellcheck": "false", **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        shown = super().format_value(value)
        return shown.replace(", ", "\n") if shown else shown


class HoursFormField(forms.CharField):
    """Opening hours, written the same way each time; names the day when it complains."""

    says_which = True

    def to_python(self, value: Any) -> str:
        try:
            written = hours.write(hours.parse(super().to_python(value) or ""))
            if len(written) > LONGEST_HOURS:
                raise hours.NotHours("These are more times than one day can hold here.")
        except hours.NotHours as error:
            which = f"{self.label}: " if self.says_which else ""
            raise ValidationError(f"{which}{error}") from error
        return written


class _HoursOfARow(HoursFormField):
    says_which = False


def zone_choices(stored: str = "") -> list[Any]:
    """Return the places to choose from by continent, with `stored` whatever it is."""
    places = list(zones.places())
    if stored and stored not in places:
        places.insert(0, stored)
    return [
        (area, [(name, name.replace("_", " ")) for name in names])
        for area, names in groupby(places, key=lambda name: name.partition("/")[0])
    ]


class CalendarForm(forms.ModelForm):
    time_zone = forms.ChoiceField(
        help_text=Calendar._meta.get_field("time_zone").help_text,
        error_messages={"invalid_choice": "Choose a time zone such as Europe/Lisbon."},
    )

    class Meta:
        model = Calendar
        fields = ["author", "time_zone", *WEEKDAYS, "feed_url", "feed_hours"]
        field_classes = dict.fromkeys(WEEKDAYS, HoursFormField)
        widgets = {
            **{day: HoursInput() for day in WEEKDAYS},
            "feed_url": forms.URLInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        }
        error_messages = {
            "author": {"unique": "This host has a calendar already: open that one."},
            "feed_url": {
                "invalid": "This is no address of a calendar: it begins with https:// and "
                "mostly ends with .ics."
            },
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("time_zone"):
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for mypy
            shown = self.initial.get("time_zone") or self.instance.time_zone
            field.choices = zone_choices(shown)

    def clean_feed_url(self) -> str:
        """Calendars hand their addresses out with a scheme of their own."""
        address = self.cleaned_data["feed_url"].strip()
        scheme, _, rest = address.partition("://")
        return f"https://{rest}" if scheme.lower() in ("webcal", "webcals") else address


class DateOverrideForm(forms.ModelForm):
    hours = _HoursOfARow(
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=DateOverride._meta.get_field("hours").help_text,
    )

    class Meta:
        model = DateOverride
        fields = ["day", "hours"]
        widgets = {"day": DayInput()}

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if day.year not in YEARS:
            raise ValidationError(f"Choose a year from {YEARS[0]} to {YEARS[-1]}.")
        return day


class DateOverrideFormSet(NamedRows):
    twice = "A day is in the list twice: write all its hours into one row."


class BlockedPeriodForm(forms.ModelForm):
    starts_at = MomentField(name="from")
    ends_at = MomentField(name="until", is_end=True)

    class Meta:
        model = BlockedPeriod
        fields = ["starts_at", "ends_at", "reason"]
        widgets = {"reason": forms.TextInput(attrs={"class": "vTextField"})}

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, MomentField):
                field.put_in(zone)


class BlockedPeriodFormSet(NamedRows):
    """Reads the times in the zone that its page showed them in, else in the calendar's."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        shown_in = zones.find(self.data.get(TIMES_IN, "")) if self.is_bound else None
        return {**super().get_form_kwargs(index), "zone": shown_in or self.instance.zone}
