"""Who may do what at the desk: the one place that decides."""

from typing import Any

from django.core.exceptions import PermissionDenied

from glossary.models import Entry

PERMISSIONS = {
    "save_draft": "glossary.change_entry",
    "submit": "glossary.change_entry",
    "restore": "glossary.change_entry",
    "discard": "glossary.change_entry",
    "share": "glossary.change_entry",
    "confirm": "glossary.change_entry",
    "approve": "glossary.review_entry",
    "return": "glossary.review_entry",
    "publish": "glossary.publish_entry",
    "schedule": "glossary.publish_entry",
    "withdraw": "glossary.publish_entry",
    "bulk": "glossary.change_entry",
    "import": "glossary.import_entry",
    "export": "glossary.export_entry",
}
"""The permission that each verb needs."""


def may(user: Any, verb: str, entry: Entry | None = None) -> bool:
    """Return whether `user` may do `verb`; None is the system itself, which may everything.

    Nobody approves a draft that they wrote themselves. One query for that,
    when the draft is not loaded.
    """
    if user is None:
        return True
    if not (user.is_active and user.is_staff and user.has_perm(PERMISSIONS[verb])):
        return False
    is_own = verb == "approve" and entry is not None and entry.draft is not None
    return not (is_own and entry.draft.created_by_id == user.pk)  # type: ignore[union-attr]


def require(user: Any, verb: str, entry: Entry | None = None) -> None:
    """Raise PermissionDenied unless `user` may do `verb`."""
    if not may(user, verb, entry):
        raise PermissionDenied(f"{user} may not {verb}.")
