"""What the buttons of an entry's form do, and the sentences that say so."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils import timezone

from glossary import freshness, permissions, publishing, revisions
from glossary.checks import facts
from glossary.models import Entry
from glossary.revisions import Snapshot
from glossary.states import in_zone

MAY_NOT = "You do not have the permission for this. Your text is kept as a draft."
NOT_APPROVED = "This site publishes what a reviewer approved: submit the draft first. It is kept."
NOTHING = "Nothing to do: there is no draft, or its state has changed meanwhile."
NOTHING_NEW = "Nothing to publish: readers see this version already."
KEPT = "The draft is kept. Readers see nothing of it yet."
KEPT_BESIDE = "The draft is kept. Readers still see the published version."
HELD = "Until then it cannot be published; the draft is kept."
UNCHANGED = "Nothing has changed."

Act = Callable[[HttpRequest, Entry, Any], None]


def save(request: HttpRequest, entry: Entry, form: Any, snapshot: Snapshot) -> None:
    """Keep what the form says as the newest draft of `entry`, then do what the button says."""
    by = request.user
    before = entry.draft_id, entry.live_id
    pressed = next((button for button in ACTS if button in request.POST), "")
    if pressed != "_discard":
        note = form.cleaned_data["note"] if pressed not in _NOTED else ""
        draft = publishing.save_draft(entry, snapshot, by=by, note=note)
        is_new = draft is not None and draft.pk not in before
    else:
        is_new = False
    if not pressed:
        is_beside = entry.state == Entry.State.PUBLISHED
        kept = KEPT_BESIDE if is_beside else KEPT
        messages.info(request, kept if is_new or entry.draft_id else UNCHANGED)
        return
    try:
        ACTS[pressed](request, entry, form)
    except PermissionDenied:
        messages.error(request, MAY_NOT)
    except publishing.NotApproved:
        messages.error(request, NOT_APPROVED)
    except (publishing.NoDraft, publishing.NotPublished):
        messages.warning(request, NOTHING)
    except ValidationError as error:
        messages.error(request, " ".join([*error.messages, "The draft is kept."]))


def _submit(request: HttpRequest, entry: Entry, form: Any) -> None:
    publishing.submit(entry, by=request.user, note=form.cleaned_data["note"])
    messages.success(request, "Submitted for review. Reviewers are told by mail.")


def _approve(request: HttpRequest, entry: Entry, form: Any) -> None:
    if entry.draft and not permissions.may(request.user, "approve", entry):
        messages.error(request, "Nobody approves their own draft: ask somebody else.")
        return
    publishing.approve(entry, by=request.user, note=form.cleaned_data["note"])
    messages.success(request, "Approved.")


def _return(request: HttpRequest, entry: Entry, form: Any) -> None:
    publishing.return_with_comment(entry, by=request.user, note=form.cleaned_data["note"])
    messages.success(request, "Returned. The writer is told by mail.")


def _publish(request: HttpRequest, entry: Entry, form: Any) -> None:
    said = form.cleaned_data
    at, now = said.get("publish_at"), timezone.now()
    how = {"by": request.user, "change": said.get("change") or "meaning", "why": said["why"]}
    if entry.is_public() and entry.draft is None:
        messages.info(request, NOTHING_NEW)
        return
    held = facts.held_back(revisions.newest(entry), own=entry.pk)
    if held:
        said = " ".join(finding.sentence for finding in held)
        messages.error(request, f"{said} {HELD}")
        return
    if at and at > now:
        publishing.schedule(entry, at=at, **how)
    else:
        at = None if entry.updated_at and entry.is_public() else at
        publishing.publish(entry, at=at or (now if _is_waiting(entry) else None), **how)
    say_when(request, entry)


def say_when(request: HttpRequest, entry: Entry) -> None:
    """Say whether readers see the entry now, or when they will."""
    if entry.planned_at and entry.planned_id:
        when = in_zone(entry.planned_at)
        said = f"Scheduled for {when}. Until then readers see the present version."
    elif entry.is_public() or entry.published_at is None:
        said = "Readers see this version now."
    else:
        said = f"Scheduled for {in_zone(entry.published_at)}. It appears by itself."
    messages.info(request, said)


def _unschedule(request: HttpRequest, entry: Entry, form: Any) -> None:
    publishing.unschedule(entry, by=request.user)
    messages.info(request, "Taken back: nothing will appear by itself. The draft is kept.")


def _withdraw(request: HttpRequest, entry: Entry, form: Any) -> None:
    publishing.withdraw(entry, by=request.user, note=form.cleaned_data["note"])
    messages.info(request, "The entry is no longer on the site; its text is kept.")


def _discard(request: HttpRequest, entry: Entry, form: Any) -> None:
    publishing.discard(entry, by=request.user)
    messages.info(request, "The draft was left. It stays among the versions.")


def _confirm(request: HttpRequest, entry: Entry, form: Any) -> None:
    freshness.confirm(entry, by=request.user, note=form.cleaned_data["note"])
    messages.success(request, "Noted as still correct today. No public date has moved.")


def _is_waiting(entry: Entry) -> bool:
    """Whether it was to appear later, and is now to appear at once."""
    return entry.state == Entry.State.PUBLISHED and not entry.is_public()


ACTS: dict[str, Act] = {
    "_publish": _publish,
    "_submit": _submit,
    "_approve": _approve,
    "_return": _return,
    "_unschedule": _unschedule,
    "_withdraw": _withdraw,
    "_discard": _discard,
    "_confirm": _confirm,
}
"""The button's name → what it does once the text is kept."""
_NOTED = ("_submit", "_approve", "_return", "_withdraw", "_confirm")
"""Those whose note belongs to the act and not to the version."""
