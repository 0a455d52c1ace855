"""Slugs that keep what tells terms apart: C++ is not C, and 学習 is a word."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.db import models
from django.urls import register_converter

MAX_LENGTH = 100
_SPOKEN = (
    (re.compile(r"(?<!\w)([cf])\+\+"), r"\1-plus-plus"),
    (re.compile(r"(?<!\w)([cfj])#"), r"\1-sharp"),
    (re.compile(r"(?<!\w)\.net(?!\w)"), "dot-net"),
    (re.compile(r"&"), " and "),
    (re.compile(r"%"), " percent "),
    (re.compile(r"['’]"), ""),
)
_WORD = r"[^\x00-/:-@\[-`{-\x9f\s\ud800-\udfff\ufffd]+"
"""ASCII letters and digits, and what lies beyond ASCII: marks are part of words, too."""
_ADDRESS = rf"{_WORD}(?:-{_WORD})*"


def slugify(text: str) -> str:
    """Return a URL slug of letters of any script, digits and hyphens.

    Latin letters lose their accents, other scripts stay as they are (NFC).
    Returns "" when nothing is left.
    """
    spoken = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    for written, said in _SPOKEN:
        spoken = written.sub(said, spoken)
    kept: list[str] = []
    for char in unicodedata.normalize("NFD", spoken):
        if unicodedata.combining(char) or unicodedata.category(char).startswith("M"):
            if kept and not kept[-1].isascii():
                kept.append(char)
        else:
            kept.append(char if char.isalnum() else "-")
    words = re.sub(r"-+", "-", unicodedata.normalize("NFC", "".join(kept))).strip("-")
    return words[:MAX_LENGTH].strip("-")


def in_words(slug: str) -> str:
    """Return what to search for when nothing is at an address: its last part as words."""
    return " ".join(slug.strip("/").rpartition("/")[2].replace("-", " ").replace("_", " ").split())


class SlugConverter:
    """The last part of an address; matches neither NUL nor anything else that is no word."""

    regex = _ADDRESS

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


validate_address = RegexValidator(
    rf"^{_ADDRESS}\Z", "Use letters, digits and single hyphens: machine-learning."
)


class _AddressFormField(forms.CharField):
    # In the form as well, so that a wrong slug never reaches the row that the form shows again.
    default_validators = [validate_address]


class AddressField(models.CharField):
    """A slug as `SlugConverter` takes it, so that whatever is stored has a page."""

    default_validators = [validate_address]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MAX_LENGTH)
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": _AddressFormField, **kwargs})


class AddressForm(forms.ModelForm):
    """Makes an empty slug from the row's name, by our rule: C++ and C# stay apart."""

    named_by = "name"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            rule = "Left empty, it is made from the name."
            self.fields["slug"].help_text = f"{self.fields['slug'].help_text} {rule}".strip()

    def clean_slug(self) -> str:
        name = self.cleaned_data.get(self.named_by) or ""
        slug = self.cleaned_data["slug"] or slugify(name)
        if name and not slug:
            raise forms.ValidationError("No address can be made from this name: write one.")
        return slug


register_converter(SlugConverter, "address")
