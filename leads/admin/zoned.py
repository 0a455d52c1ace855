"""Days and times in forms, on the clock of a zone that is not the site's."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

_UTC = ZoneInfo("UTC")
_ONE_DAY = timedelta(days=1)
YEARS = range(2000, 2101)


class DayInput(forms.DateInput):
    """The browser's own field for a day."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"type": "date", **(attrs or {})}, format="%Y-%m-%d")


class MomentInput(forms.MultiWidget):
    """A day and a time of it; midnight is shown as a day without a time."""

    def __init__(self, name: str, *, is_end: bool = False) -> None:
        self.zone = _UTC
        self.is_end = is_end
        # Not the browser's own field for a time, which shows some people a clock of 12 hours.
        at = {"aria-label": f"{name}, time", "size": 5, "class": "time"}
        at["placeholder"] = "24:00" if is_end else "0:00"
        parts = [DayInput({"aria-label": f"{name}, day"}), forms.TimeInput(at, format="%H:%M")]
        super().__init__(parts)

    def decompress(self, value: datetime | None) -> list[date | time | None]:
        if value is None:
            return [None, None]
        local = value.astimezone(self.zone).replace(second=0, microsecond=0)
        if local.time() != time():
            return [local.date(), local.time()]
        return [local.date() - _ONE_DAY if self.is_end else local.date(), None]


class MomentField(forms.MultiValueField):
    """A moment on the clock of a zone, which `put_in` names; an aware datetime.

    Without a time it is the beginning of the day or, for an end, the end of it.
    Where the clock shows a time twice, a beginning is the first and an end the
    second: what lies between is never too short.
    """

    widget: MomentInput

    def __init__(self, *, name: str, is_end: bool = False, **kwargs: Any) -> None:
        self.is_end = is_end
        parts = (
            forms.DateField(
                input_formats=["%Y-%m-%d"],
                error_messages={"invalid": "Write the day like 2026-12-24."},
            ),
            forms.TimeField(
                input_formats=["%H:%M", "%H.%M", "%H", "%H:%M:%S"],
                required=False,
                error_messages={"invalid": "Write the time like 9:00 or 17:30."},
            ),
        )
        said = {"required": "Choose a day.", "incomplete": "Choose a day."}
        super().__init__(
            parts,
            require_all_fields=False,
            label=name,
            widget=MomentInput(name, is_end=is_end),
            error_messages=said,
            **kwargs,
        )

    def put_in(self, zone: ZoneInfo) -> None:
        self.widget.zone = zone

    def clean(self, value: Any) -> Any:
        """The day may also end as people say it does."""
        if self.is_end and value and str(value[1] or "").strip() in ("24", "24:00"):
            value = [value[0], ""]
        return super().clean(value)

    def compress(self, data_list: list[Any]) -> datetime | None:
        if not data_list:
            return None
        day, at = data_list
        if day.year not in YEARS:
            raise ValidationError(f"Choose a year from {YEARS[0]} to {YEARS[-1]}.")
        if at is None and self.is_end:
            day += _ONE_DAY
        shown = datetime.combine(day, at or time(), tzinfo=self.widget.zone)
        if not self.is_end:
            return shown.astimezone(_UTC)
        return max(shown.astimezone(_UTC), shown.replace(fold=1).astimezone(_UTC))
