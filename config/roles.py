"""Groups made by migrations, so that a new site knows its roles from the first day."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.management import create_permissions


def grant(apps: Any, group: str, permissions: Iterable[str]) -> None:
    """Give `group`, made if missing, each of `permissions` ("app_label.codename").

    For data migrations: Django makes permissions only after all migrations
    have run, so those of the apps concerned are made first. Raises
    Permission.DoesNotExist for one that no model declares.
    """
    permission_model = apps.get_model("auth", "Permission")
    role, _ = apps.get_model("auth", "Group").objects.get_or_create(name=group)
    for name in permissions:
        app_label, codename = name.split(".")
        app_config = apps.get_app_config(app_label)
        # Migrations' stand-in for an app says nothing of its models, which would skip it.
        app_config.models_module = True
        create_permissions(app_config, apps=apps, verbosity=0)
        role.permissions.add(
            permission_model.objects.get(content_type__app_label=app_label, codename=codename)
        )


def revoke(apps: Any, groups: Iterable[str]) -> None:
    """Delete `groups`."""
    apps.get_model("auth", "Group").objects.filter(name__in=groups).delete()


def take_back(apps: Any, group: str, permissions: Iterable[str]) -> None:
    """Take `permissions` from `group`, which keeps those that earlier migrations gave it."""
    permission_model = apps.get_model("auth", "Permission")
    for role in apps.get_model("auth", "Group").objects.filter(name=group):
        for name in permissions:
            app_label, codename = name.split(".")
            wanted = {"content_type__app_label": app_label, "codename": codename}
            role.permissions.remove(*permission_model.objects.filter(**wanted))
