"""Templates as the site folds them beside the same as Django renders them."""

from django.template import Context, Engine

LOCMEM = "django.template.loaders.locmem.Loader"
FOLDED = "config.folded_templates.Loader"
PLAIN = "django.template.loaders.cached.Loader"
LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "static": "django.templatetags.static",
}


def engine(loader: str, **templates: str) -> Engine:
    loaders = [(loader, [(LOCMEM, templates)])]
    return Engine(loaders=loaders, libraries=LIBRARIES)


def rendered(source: str, loader: str = FOLDED, /, **context: object) -> str:
    made = engine(
        loader, page=source, part="<i>{{ x }}</i>{% load i18n %}{% translate 'Search' %}"
    )
    return made.get_template("page").render(Context(context))


def both(source: str, **context: object) -> str:
    """What it renders as, which is the same without folding."""
    said = rendered(source, **context)
    assert said == rendered(source, PLAIN, **context)
    return said
