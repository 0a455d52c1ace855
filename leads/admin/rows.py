"""Rows below a form that say what their parts are, also to those who only hear them."""

from typing import Any

from django import forms


class NamedRows(forms.BaseInlineFormSet):
    """Names each field by its label, since a table's heading names none."""

    twice = "A row is in the list twice: once is enough."

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for name, field in form.fields.items():
            if field.widget.is_hidden or isinstance(field.widget, forms.MultiWidget):
                continue  # Nobody meets it, or its parts have names of their own.
            said = "delete this row" if name == "DELETE" else str(field.label or name)
            field.widget.attrs.setdefault("aria-label", said)

    def get_unique_error_message(self, unique_check: Any) -> str:
        return self.twice
