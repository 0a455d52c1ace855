"""Where pictures are used in texts whose HTML stands beside them: settings, authors, offers …

One of settings.PICTURE_USES. Every `RenderedField` counts, so that a new one is not forgotten.
"""

from collections.abc import Collection, Iterator

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.text import capfirst

from config.fields import RenderedField
from config.models import Picture
from config.pictures import Use, mentioned_in


def uses(paths: Collection[str]) -> dict[str, list[Use]]:
    """Return the rows whose texts show the pictures at `paths`; one query per kind of row."""
    wanted = set(paths)
    found: dict[str, list[Use]] = {}
    for row, shown in _rows_with_pictures() if wanted else ():
        for path in sorted(shown & wanted):
            found.setdefault(path, []).append(_use(row))
    return found


def unused(pictures: QuerySet[Picture]) -> QuerySet[Picture]:
    """Return those of `pictures` that none of these texts shows."""
    shown = {path for _, paths in _rows_with_pictures() for path in paths}
    return pictures.exclude(path__in=shown)


def _rows_with_pictures() -> Iterator[tuple[Model, set[str]]]:
    for model in apps.get_models():
        sources = [f.source for f in model._meta.fields if isinstance(f, RenderedField)]
        if not sources:
            continue
        holds_one = Q(*((f"{source}__contains", ".webp") for source in sources), _connector=Q.OR)
        # Names of rows may be made of others that they need: “A vs B”.
        for row in model._default_manager.filter(holds_one).select_related():
            texts = (getattr(row, source) for source in sources)
            yield row, mentioned_in("\n".join(texts))


def _use(row: Model) -> Use:
    kind = row._meta
    name = f"admin:{kind.app_label}_{kind.model_name}_change"
    return Use(f"{capfirst(kind.verbose_name)}: {row}", reverse(name, args=[row.pk]))
