"""The links that an entry's text makes by itself: what they are, and what editors say to them."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from config import outbox
from glossary import (
    addresses,
    history,
    linking,
    named_links,
    names,
    permissions,
    relinking,
    rendering,
    revisions,
)
from glossary.addresses import Found, LinkResolver, Target
from glossary.checks import links as written
from glossary.checks.text import parsed
from glossary.linking import Passed
from glossary.models import Entry, LinkDecision, OldSlug, Revision
from glossary.rendering import Lookups
from glossary.revisions import Snapshot
from glossary.terms import Use

MOST_LINKS = 500
"""Different addresses of one text that are looked up."""
_UNTOLD = (Passed.OWN, Passed.BY_HAND)
"""What an editor knows and need not be shown."""


@dataclass(frozen=True, slots=True)
class ReviewedLink:
    """A use of another entry's name, in its sentence; `passed` says why it is no link."""

    words: str
    before: str
    after: str
    target: int | None
    """None where two entries claim the name."""
    term: str = ""
    path: str = ""
    passed: Passed | None = None
    is_wanted: bool | None = None
    """What was decided: True accepted, False refused, None nothing yet."""
    times: int = 1
    """Uses that are passed over for the same reason."""


def links_of(
    snapshot: Snapshot, entry: Entry, *, now: datetime | None = None
) -> list[ReviewedLink]:
    """Return the automatic links that `snapshot` makes as a text of `entry`, then what it passes.

    The same rendering as when it is published. At most 8 queries.
    """
    source = _standing_in(snapshot, entry)
    resolver = LinkResolver(_entry_at(source.body, now))
    given = [(each["name"], each.get("case_rule", "auto")) for each in snapshot.get("aliases", ())]
    weaver = rendering.weaver_for(
        source, Lookups(now=now), resolver, own=names.of(source, aliases=given)
    )
    passed = _Passed()
    weaver.on_pass = passed.hear
    named = named_links.NamedLinks(source, resolver, now=now)
    rendering.rendered_fields(source, link=resolver, named=named, weave=weaver)
    by_hand = set(weaver.by_hand.values())
    made = [m for m in weaver.mentions.values() if m.is_link and m.target not in by_hand]
    found = [_made(mention) for mention in made] + list(passed.found.values())
    return _with_targets(found, entry)


@transaction.atomic
def decide(
    entry: Entry,
    *,
    target: Entry,
    is_wanted: bool | None,
    by: Any = None,
    shows: bool = True,
    now: datetime | None = None,
) -> None:
    """Accept or refuse the link from `entry` to `target`; None takes it back.

    With `shows`, the page that readers see is rendered again at once and no
    date moves; else it follows when it is rendered next. Raises PermissionDenied.
    """
    permissions.require(by, "save_draft", entry)
    now = now or timezone.now()
    if is_wanted is None:
        LinkDecision.objects.filter(source=entry, target=target).delete()
    else:
        LinkDecision.objects.update_or_create(
            source=entry,
            target=target,
            defaults={"is_wanted": is_wanted, "decided_by": by, "decided_at": now},
        )
    said = {True: "accepted", False: "refused", None: "left to the text"}[is_wanted]
    note = f"the link to “{target.term}”: {said}"
    history.note(entry, "changed", by=by, note=note, now=now)
    if shows:
        relinking.rerender(entry)


@transaction.atomic
def link_everywhere(
    target: Entry, *, is_wanted: bool, by: Any = None, now: datetime | None = None
) -> None:
    """Let every text link to `target`, or none; texts that mention it follow, no date moves.

    They are rendered as by `relinking.relink`: at once if they are few. Raises
    PermissionDenied.
    """
    permissions.require(by, "publish", target)
    now = now or timezone.now()
    revisions.lock(target)
    target.is_linked_to = is_wanted
    _say_in_versions(target, by=by, now=now)
    target.save(update_fields=["is_linked_to", "draft", "planned"])
    history.note(target, "changed", by=by, note=_said(is_wanted), now=now)
    if target.state == Entry.State.PUBLISHED:
        changed = names.store(target)
        relinking.relink(target, was_public=target.is_public(now), also=changed, now=now)
        relinking.check_later(target, now)


def _said(is_wanted: bool) -> str:
    return "linked from other texts" if is_wanted else "linked from no other text"


def _say_in_versions(target: Entry, *, by: Any, now: datetime) -> None:
    """Make new versions of those to come, so that publishing one does not take it back."""
    planned, draft = target.planned, target.draft
    # The draft last: the newest version is the one that its form goes on with.
    if planned and planned != draft:
        target.planned = _saying(target, planned, by=by, now=now)
    if draft:
        target.draft = _saying(target, draft, by=by, now=now)
    if planned and planned == draft:
        target.planned = target.draft
    if target.planned and target.planned_at:
        outbox.enqueue(
            "glossary.publish_planned",
            due_at=target.planned_at,
            entry=target.pk,
            revision=target.planned.pk,
        )


def _saying(target: Entry, version: Revision, *, by: Any, now: datetime) -> Revision:
    snapshot = {**version.snapshot, "is_linked_to": target.is_linked_to}
    new = revisions.record(target, snapshot, by=by, note=_said(target.is_linked_to), now=now)
    new.change, new.why = version.change, version.why
    new.save(update_fields=["change", "why"])
    return new


class _Passed:
    """Collects what the weaver passes over: each entry once for each reason."""

    def __init__(self) -> None:
        self.found: dict[tuple[object, Passed], ReviewedLink] = {}

    def hear(self, use: Use, text: str, why: Passed) -> None:
        if why in _UNTOLD:
            return
        words = text[use.start : use.end]
        key = (use.name.target if use.name else words.casefold(), why)
        known = self.found.get(key)
        if known:
            self.found[key] = replace(known, times=known.times + 1)
            return
        sentence, at = linking.sentence_around(text, use.start, use.end)
        end = at + len(" ".join(words.split()))
        self.found[key] = ReviewedLink(
            words=sentence[at:end],
            before=sentence[:at],
            after=sentence[end:],
            target=use.name.target if use.name else None,
            passed=why,
        )


def _made(mention: linking.Mention) -> ReviewedLink:
    end = mention.start + mention.length
    return ReviewedLink(
        words=mention.sentence[mention.start : end],
        before=mention.sentence[: mention.start],
        after=mention.sentence[end:],
        target=mention.target,
    )


def _with_targets(found: list[ReviewedLink], entry: Entry) -> list[ReviewedLink]:
    """The links with the names of their targets and what was decided about them. Two queries."""
    keys = {each.target for each in found if each.target is not None}
    targets = Entry.objects.only("term", "slug", "language").in_bulk(keys)
    decisions = LinkDecision.objects.filter(source=entry, target__in=keys)
    decided = dict(decisions.values_list("target", "is_wanted"))
    shown = []
    for each in found:
        target = targets.get(each.target or 0)
        if target:
            each = replace(each, term=target.term, path=target.get_absolute_url())
        shown.append(replace(each, is_wanted=decided.get(each.target or 0)))
    return shown


def _standing_in(snapshot: Snapshot, entry: Entry) -> Entry:
    """An entry with the key of `entry` and the text of `snapshot`, not to be saved."""
    return Entry(
        pk=entry.pk,
        term=snapshot.get("term") or entry.term,
        slug=snapshot.get("slug") or entry.slug,
        language=snapshot.get("language") or entry.language,
        case_rule=snapshot.get("case_rule") or entry.case_rule,
        body=snapshot.get("body") or "",
        links_terms=snapshot.get("links_terms", True),
        is_linked_to=snapshot.get("is_linked_to", True),
        anchors=entry.anchors,
    )


def _entry_at(body: str, now: datetime | None) -> Callable[[Target], Found | None]:
    """What `addresses.public_entry` says of the links of `body`, at once. Three queries."""
    targets = set()
    for link in written.all_links(parsed(body)):
        with suppress(ValueError):
            targets.add(addresses.target_of(link.href.strip()))
    known = _public(list(filter(None, targets))[:MOST_LINKS], now)
    return known.get


def _public(targets: Iterable[Target], now: datetime | None) -> dict[Target, Found]:
    slugs: dict[str, list[str]] = defaultdict(list)
    for language, slug in targets:
        slugs[language].append(slug)
    if not slugs:
        return {}
    here = Q()
    for language, wanted in slugs.items():
        here |= Q(language=language, slug__in=wanted)
    # In no order: SQLite would go through all entries in theirs.
    published = Entry.objects.published(now).order_by().only("slug", "language")
    old = list(OldSlug.objects.filter(here))
    entries = {entry.pk: entry for entry in published.filter(here)}
    led_to = published.in_bulk([each.entry_id for each in old])
    found = {
        (each.language, each.slug): _found(led_to[each.entry_id])
        for each in old
        if each.entry_id in led_to
    }
    return found | {(e.language, e.slug): _found(e) for e in entries.values()}


def _found(entry: Entry) -> Found:
    return Found(entry.pk, entry.get_absolute_url())
