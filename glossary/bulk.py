"""Acts on many entries: what they would do, doing them one by one, and what came of it.

Each act says of one entry why it cannot be done, and does it. Values are JSON,
so that the worker can go on with what a request began; nothing here knows of
requests.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from authors.models import Author
from config import site
from glossary import calls, edits, permissions, publishing, revisions, topic_names
from glossary.checks import facts
from glossary.models import Change, Entry, EntryTopic, Revision
from glossary.revisions import Snapshot

LOOKED_AT = 500
"""Entries that are read together."""

_LOOKED_AT_FIELDS = (
    *("term", "sort_key", "state", "review", "draft", "live", "planned", "author", "reviewer"),
    *("offer", "owner", "review_months"),
)

NOT_ALLOWED = "only those who publish may change what is published"
PLANNED = "a change of it is scheduled: take that back first, or wait for it"


class TargetGone(Exception):
    """What the entries were to get does not exist any more; says so in words."""


@dataclass(frozen=True)
class Act:
    """Something that can be done to each of many entries."""

    name: str
    label: str
    verb: str
    """For sentences: “2 entries …”."""
    obstacle: Callable[[Entry, Any, Any], str]
    """(entry, target, user) → why it cannot be done, or ""."""
    apply: Callable[[Entry, Any, Any, str], None]
    """(entry, target, user, note)."""
    target: Callable[[Any], Any] = lambda value: value
    """Returns what a stored value means, once for all entries. Raises TargetGone."""
    in_words: Callable[[Any], str] = lambda target: ""


@dataclass
class Plan:
    """What an act would do: entries as (key, term)."""

    ready: list[tuple[int, str]] = field(default_factory=list)
    refused: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """By the reason."""

    @property
    def total(self) -> int:
        return len(self.ready) + sum(map(len, self.refused.values()))


def plan(act: Act, keys: Iterable[int], *, value: Any = None, by: Any = None) -> Plan:
    """Say what `act` would do to the entries with `keys`; changes nothing. Raises TargetGone.

    Three queries for each 500 entries.
    """
    target = act.target(value)
    found = Plan()
    for entry in _entries(keys):
        reason = act.obstacle(entry, target, by)
        place = found.refused.setdefault(reason, []) if reason else found.ready
        place.append((entry.pk, entry.term))
    return found


def perform(
    act: Act,
    key: int,
    *,
    value: Any = None,
    by: Any = None,
    note: str = "",
    now: datetime | None = None,
) -> str:
    """Do `act` to one entry in a transaction of its own; return why not, or ""."""
    try:
        with transaction.atomic():
            target = act.target(value)
            rows = Entry.objects.select_for_update(of=("self",), no_key=True)
            entry = rows.select_related("draft").get(pk=key)
            if reason := act.obstacle(entry, target, by):
                return reason
            act.apply(entry, target, by, note)
    except Entry.DoesNotExist:
        return "it was deleted meanwhile"
    except TargetGone as error:
        return str(error)
    except PermissionDenied:
        return NOT_ALLOWED
    except edits.ChangePlanned:
        return PLANNED
    except publishing.NotApproved:
        return "a reviewer has to approve it first"
    except ValidationError as error:
        return " ".join(error.messages)
    except IntegrityError:
        return "somebody changed it at the same moment; try again"
    return ""


def _entries(keys: Iterable[int]) -> Iterator[Entry]:
    """The entries with `keys`, of each only what the acts look at."""
    wanted = list(keys)
    for start in range(0, len(wanted), LOOKED_AT):
        batch = wanted[start : start + LOOKED_AT]
        topics: dict[int, list[str]] = {}
        members = EntryTopic.objects.filter(content_object__in=batch)
        for key, name in members.values_list("content_object", "tag__name"):
            topics.setdefault(key, []).append(name)
        rows = Entry.objects.filter(pk__in=batch).only(*_LOOKED_AT_FIELDS)
        with_drafts = Revision.objects.in_bulk(
            rows.exclude(draft=None).order_by().values_list("draft", flat=True)
        )
        for entry in rows:
            if entry.draft_id:
                entry.draft = with_drafts.get(entry.draft_id)
            entry.topic_names = sorted(topics.get(entry.pk, []))  # type: ignore[attr-defined]
            yield entry


# Publishing -------------------------------------------------------------------------------


def _publish_obstacle(entry: Entry, target: Any, by: Any) -> str:
    if not permissions.may(by, "publish", entry):
        return "only those who publish may do that"
    if entry.state == Entry.State.PUBLISHED and entry.draft_id is None:
        return "readers have its newest version already"
    has_news = entry.draft_id is not None or entry.live_id is None
    needs_approval = by is not None and site.current().requires_review and has_news
    if needs_approval and entry.review != Entry.Review.APPROVED:
        return "a reviewer has to approve it first"
    return ""


def _publish(entry: Entry, target: Any, by: Any, note: str) -> None:
    if held := facts.held_back(revisions.newest(entry), own=entry.pk):
        raise ValidationError([finding.sentence for finding in held])
    publishing.publish(entry, by=by, change=target or Change.MEANING, why=note)


def _change_of(value: Any) -> str:
    return value if value in Change.values else Change.MEANING


def _withdraw_obstacle(entry: Entry, target: Any, by: Any) -> str:
    if not permissions.may(by, "withdraw", entry):
        return "only those who publish may do that"
    return "" if entry.state == Entry.State.PUBLISHED else "it is not on the site"


def _withdraw(entry: Entry, target: Any, by: Any, note: str) -> None:
    publishing.withdraw(entry, by=by, note=note)


# What belongs to a version ----------------------------------------------------------------


def _versions(entry: Entry) -> list[Snapshot]:
    """What the acts below look at, in the rows and in the draft."""
    rows = {
        "author": entry.author_id,
        "reviewer": entry.reviewer_id,
        "offer": entry.offer,
        "topics": _topics_of(entry),
    }
    is_first = entry.state == Entry.State.DRAFT or entry.draft is None
    return [rows] if is_first or entry.draft is None else [rows, entry.draft.snapshot]


def _topics_of(entry: Entry) -> list[str]:
    """The names of its topics; `plan` has read them for many entries at once."""
    known = getattr(entry, "topic_names", None)
    return sorted(topic.name for topic in entry.topics.all()) if known is None else known


def _edit_obstacle(entry: Entry, by: Any) -> str:
    if not edits.may_edit(by, entry):
        return NOT_ALLOWED
    if entry.state == Entry.State.PUBLISHED and edits.needs_review(by):
        return "this site changes what is published by a review only"
    return PLANNED if entry.planned_id else ""


def _edit(
    name: str,
    label: str,
    verb: str,
    *,
    changing: Callable[[Any], edits.Changing],
    already: str,
    **more: Any,
) -> Act:
    """An act that changes something in every version in use."""

    def obstacle(entry: Entry, target: Any, by: Any) -> str:
        if reason := _edit_obstacle(entry, by):
            return reason
        change = changing(target)
        after = [(version, change(version)) for version in _versions(entry)]
        if all(before == now for before, now in after):
            return already
        if any(now["author"] and now["author"] == now["reviewer"] for _, now in after):
            return "the author would be its reviewer; nobody reviews their own text"
        return ""

    def apply(entry: Entry, target: Any, by: Any, note: str) -> None:
        edits.revise(entry, changing(target), by=by, note=note or label)

    return Act(name, label, verb, obstacle, apply, **more)


def _set(field_name: str) -> Callable[[Any], edits.Changing]:
    """Changing a field to the key of the target, or to nothing."""
    return lambda target: lambda snapshot: {**snapshot, field_name: getattr(target, "pk", target)}


def _author(value: Any) -> Author | None:
    author = Author.objects.filter(pk=value).first() if value else None
    if value and author is None:
        raise TargetGone("this author was deleted meanwhile")
    return author


def _offer(value: Any) -> int | None:
    if value and value not in {offer["id"] for offer in calls.offers()}:
        raise TargetGone("this offer is not active any more")
    return value or None


def _offer_in_words(target: int | None) -> str:
    names = {offer["id"]: offer["name"] for offer in calls.offers()}
    return names.get(target, "") if target else "as its topics or the site say"


def _with_topic(name: str) -> edits.Changing:
    def changed(snapshot: Snapshot) -> Snapshot:
        keys = {topic_names.key_of(topic) for topic in snapshot["topics"]}
        if topic_names.key_of(name) in keys:
            return snapshot
        return {**snapshot, "topics": sorted([*snapshot["topics"], name])}

    return changed


def _without_topic(name: str) -> edits.Changing:
    def changed(snapshot: Snapshot) -> Snapshot:
        key = topic_names.key_of(name)
        kept = [topic for topic in snapshot["topics"] if topic_names.key_of(topic) != key]
        return {**snapshot, "topics": kept}

    return changed


def _spelled(value: Any) -> str:
    return topic_names.spelled([str(value)])[0]


# What belongs to the entry ----------------------------------------------------------------


def _field(name: str, label: str, verb: str, *, field_name: str, **more: Any) -> Act:
    """An act that sets a field which is in no version."""

    def obstacle(entry: Entry, target: Any, by: Any) -> str:
        if not edits.may_edit(by, entry):
            return NOT_ALLOWED
        is_same = getattr(entry, field_name) == getattr(target, "pk", target)
        return "it is so already" if is_same else ""

    def apply(entry: Entry, target: Any, by: Any, note: str) -> None:
        value = getattr(target, "pk", target)
        edits.set_field(entry, field_name, value, by=by, note=note or label)

    return Act(name, label, verb, obstacle, apply, **more)


def _owner(value: Any) -> Any:
    staff = get_user_model().objects.filter(is_active=True, is_staff=True)
    owner = staff.filter(pk=value).first() if value else None
    if value and owner is None:
        raise TargetGone("this person is not on the staff any more")
    return owner


def _months_in_words(months: int | None) -> str:
    return f"every {months} months" if months else "as the site says"


ACTS = {
    act.name: act
    for act in (
        Act(
            "publish",
            "Publish",
            "published",
            _publish_obstacle,
            _publish,
            target=_change_of,
        ),
        Act("withdraw", "Withdraw from the site", "withdrawn", _withdraw_obstacle, _withdraw),
        _edit(
            "add_topic",
            "Add a topic",
            "given the topic",
            changing=_with_topic,
            already="it is about this topic already",
            target=_spelled,
            in_words=str,
        ),
        _edit(
            "remove_topic",
            "Remove a topic",
            "taken out of the topic",
            changing=_without_topic,
            already="it is not about this topic",
            target=_spelled,
            in_words=str,
        ),
        _edit(
            "author",
            "Set the author",
            "given the author",
            changing=_set("author"),
            already="this is its author already",
            target=_author,
            in_words=lambda target: str(target or "nobody"),
        ),
        _field(
            "owner",
            "Set the owner",
            "given the owner",
            field_name="owner_id",
            target=_owner,
            in_words=lambda target: str(target or "nobody"),
        ),
        _field(
            "interval",
            "Set the review interval",
            "to be reviewed",
            field_name="review_months",
            in_words=_months_in_words,
        ),
        _edit(
            "offer",
            "Set the call to action",
            "given the call to action",
            changing=_set("offer"),
            already="it shows this call to action already",
            target=_offer,
            in_words=_offer_in_words,
        ),
    )
}
"""Every act by its name."""
