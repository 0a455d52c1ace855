"""Model fields that follow another field of their row, as `auto_now` follows the clock."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import models

from config import markdown


class _Following:
    """Mixin: on saving, the value is `make(value of field source)`.

    With `update_fields` name both fields, as for `auto_now`.
    """

    def __init__(self, *args: Any, source: str, make: Callable[[str], Any], **kwargs: Any) -> None:
        self.source = source
        self.make = make
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list, dict]:
        name, path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        return name, path, args, {**kwargs, "source": self.source, "make": self.make}

    def pre_save(self, instance: models.Model, add: bool) -> Any:
        value = self.make(getattr(instance, self.source))
        setattr(instance, self.attname, value)  # type: ignore[attr-defined]
        return value


class FollowingCharField(_Following, models.CharField):
    """A short text made from another field, cut where the column ends."""

    def pre_save(self, instance: models.Model, add: bool) -> Any:
        value = super().pre_save(instance, add)[: self.max_length]
        setattr(instance, self.attname, value)
        return value


class StoredHtmlField(models.TextField):
    """HTML that `config.markdown` made; templates show it as it is."""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return None if value is None else markdown.trusted(value)


class RenderedField(_Following, StoredHtmlField):
    """The HTML of another field's Markdown."""

    def __init__(self, *args: Any, source: str, **kwargs: Any) -> None:
        kwargs.pop("make", None)
        kwargs.setdefault("blank", True)
        super().__init__(*args, source=source, make=markdown.to_html, **kwargs)


def render_again() -> int:
    """Derive every RenderedField of every row from its source again; return how many rows."""
    count = 0
    for model in apps.get_models():
        names = [f.name for f in model._meta.fields if isinstance(f, RenderedField)]
        for row in model._default_manager.all() if names else ():
            row.save(update_fields=names)
            count += 1
    return count
