"""Lengths of time as staff write them, “30 min”, “24h”, “2 d”; kept as whole minutes."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

_UNITS = {
    **dict.fromkeys(("", "m", "min", "mins", "minute", "minutes"), 1),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 60),
    **dict.fromkeys(("d", "day", "days"), 24 * 60),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 24 * 60),
}
_PART = re.compile(
    r"([0-9]{1,6}(?:[.,][0-9]{1,3})?)\s*([a-z]*)\.?(?:\s*(?:,|and)\s*|\s+|\Z|(?=[0-9]))"
)
LONGEST_TEXT = 60


class NotMinutes(ValueError):
    """This text is no length of time in whole minutes."""


def parse(text: str) -> int:
    """Return the minutes that `text` means; a number without a unit is minutes.

    Raises NotMinutes.
    """
    text = text.strip().lower()
    total, place = Decimal(0), 0
    while text and place < len(text) <= LONGEST_TEXT:
        match = _PART.match(text, place)
        if match is None or match[2] not in _UNITS:
            raise NotMinutes(text)
        if not match[2] and match.end() < len(text):
            raise NotMinutes(text)
        total += Decimal(match[1].replace(",", ".")) * _UNITS[match[2]]
        place = match.end()
    if not place or total != int(total):
        raise NotMinutes(text)
    return int(total)


def write(minutes: int) -> str:
    """Return `minutes` in words that `parse` reads: “1 day 2 h 30 min”."""
    days, rest = divmod(minutes, 24 * 60)
    hours, rest = divmod(rest, 60)
    parts = [
        f"{days} day{'s' if days > 1 else ''}" if days else "",
        f"{hours} h" if hours else "",
        f"{rest} min" if rest or not minutes else "",
    ]
    return " ".join(filter(None, parts))


class MinutesField(forms.IntegerField):
    """Shows stored minutes in words and takes them in words; the value is minutes."""

    widget = forms.TextInput

    def prepare_value(self, value: Any) -> Any:
        return write(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        try:
            return value if isinstance(value, int) else parse(str(value))
        except NotMinutes as error:
            said = str(value).strip()[:40]
            raise ValidationError(
                f"“{said}” is not a length of time. Write it like 30 min, 24h or 2 days."
            ) from error

    def speak_of(self, validators: Iterable[object]) -> None:
        """Say the bounds that `validators` set in words, too."""
        for validator in validators:
            if isinstance(validator, MinValueValidator):
                self.error_messages["min_value"] = f"At least {write(validator.limit_value)}."
            if isinstance(validator, MaxValueValidator):
                self.error_messages["max_value"] = f"At most {write(validator.limit_value)}."
