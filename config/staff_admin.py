"""Logins of the staff: administrators manage them and cannot make more of themselves."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

ONLY_SUPERUSERS = ("is_superuser", "user_permissions")


class StaffAdmin(UserAdmin):
    """Django's own, in which only superusers touch superusers and single permissions."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *ONLY_SUPERUSERS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The list's own deletion asks for each login, too."""
        *found, protected = super().get_deleted_objects(objs, request)
        refused = [str(user) for user in objs if not _may_touch(request, user)]
        return (*found, [*protected, *refused])


def member_of_staff(request: HttpRequest) -> User:
    """Return who acts, whom the verbs ask for."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def register() -> None:
    admin.site.unregister(User)
    admin.site.register(User, StaffAdmin)


def _may_touch(request: HttpRequest, user: Any) -> bool:
    return user is None or request.user.is_superuser or not user.is_superuser
