"""What the desk's own pages show beside Django's."""

from django import template
from django.template import Context

from config import desk_home, first_steps

register = template.Library()


@register.inclusion_tag("admin/_first_steps.html", takes_context=True)
def first_steps_list(context: Context) -> dict[str, object]:
    """Show what to do first on a new site, until it is done."""
    return {"steps": first_steps.steps_for(context["request"].user)}


@register.inclusion_tag("admin/_desk_panels.html", takes_context=True)
def desk_panels(context: Context) -> dict[str, object]:
    """Show what waits for whoever looks."""
    user = context["request"].user
    return {"panels": desk_home.panels_for(user), "user": user}
