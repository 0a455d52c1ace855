"""What to do first on a new site: each app names its own step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.module_loading import import_string

from config.models import SiteSettings


@dataclass(frozen=True)
class Step:
    """Something that a new site needs, and where it is done."""

    sentence: str
    url: str
    permission: str
    is_done: bool


def steps_for(user: Any) -> list[Step]:
    """Return the steps that `user` may take, or none once all of them are done."""
    makers: list[Callable[[], Step]] = [import_string(path) for path in settings.FIRST_STEPS]
    steps = [step for step in (make() for make in makers) if user.has_perm(step.permission)]
    return [] if all(step.is_done for step in steps) else steps


def settings_step() -> Step:
    return Step(
        "Give the site its name, colour, languages and home page.",
        reverse("admin:config_sitesettings_changelist"),
        "config.change_sitesettings",
        SiteSettings.objects.exists(),
    )


def staff_step() -> Step:
    users = get_user_model().objects.filter(is_active=True, is_staff=True)
    return Step(
        "Invite colleagues: add a user, tick “Staff status” and choose a group.",
        reverse("admin:auth_user_add"),
        "auth.add_user",
        users[:2].count() > 1,
    )
