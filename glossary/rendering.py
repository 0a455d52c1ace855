"""What is derived from an entry when readers are to see it: HTML, contents, links, mentions."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from config import markdown
from glossary import addresses, linking, named_links, names, revisions
from glossary.addresses import Found, LinkResolver, Target
from glossary.linking import Weaver
from glossary.models import SIGNIFICANT, Entry, LinkDecision, Mention, TermName
from glossary.terms import Name, TermIndex

WORDS_PER_MINUTE = 220
DERIVED_FIELDS = (
    "body_html",
    "contents",
    "anchors",
    "plain_text",
    "reading_minutes",
    "public_topics",
    "public_aliases",
    "renderer_version",
)


class IndexFor(Protocol):
    """Answers with the names that a text may use, the `own` ones of its entry among them."""

    def __call__(self, text: str, *, language: str, own: list[TermName]) -> TermIndex: ...


@dataclass(frozen=True)
class Lookups:
    """Where the rendering of an entry asks for others; by default, the database as of `now`."""

    now: datetime | None = None
    entry_at: Callable[[Target], Found | None] = addresses.public_entry
    index_for: IndexFor | None = None

    def index(self, text: str, *, language: str, own: list[TermName]) -> TermIndex:
        if self.index_for:
            return self.index_for(text, language=language, own=own)
        return names.index_for(text, language=language, own=own, now=self.now)


def show(entry: Entry, lookups: Lookups) -> bool:
    """Set the derived fields of `entry` and store its links and mentions; the caller saves.

    Returns whether a link had to be dropped because its target is not public.
    """
    resolver = LinkResolver(lookups.entry_at)
    named = named_links.NamedLinks(entry, resolver, now=lookups.now)
    weaver = weaver_for(entry, lookups, resolver)
    derived = rendered_fields(entry, link=resolver, named=named, weave=weaver)
    for name, value in derived.items():
        setattr(entry, name, value)
    entry.public_topics = public_topics(entry)
    entry.public_aliases = [alias.name for alias in entry.aliases.all()]
    addresses.store(entry, resolver.targets)
    named.store()
    _store_mentions(entry, weaver.mentions.values())
    return resolver.has_dropped


def of_draft(entry: Entry) -> markdown.Rendered:
    """Return what the text of `entry` would become now, as it stands in memory; stores nothing."""
    lookups = Lookups()
    resolver = LinkResolver(lookups.entry_at)
    return markdown.render(
        entry.body,
        link=resolver,
        named=named_links.NamedLinks(entry, resolver),
        weave=weaver_for(entry, lookups, resolver),
        anchors=entry.anchors,
    )


def show_planned(entry: Entry) -> None:
    """Let `entry` show its planned version in memory: its time has come, the worker has not.

    Topics that do not exist yet are left to the worker. Stores nothing.
    """
    assert entry.planned is not None  # noqa: S101 - the caller has looked
    snapshot = entry.planned.snapshot
    address = entry.slug, entry.language
    revisions.show_in(entry, snapshot)
    revisions.leave_out_gone(entry)
    entry.slug, entry.language = address
    rendered = of_draft(entry)
    entry.body_html, entry.contents = rendered.html, rendered.contents
    entry.plain_text = rendered.text
    entry.reading_minutes = reading_minutes(rendered.text)
    entry.public_aliases = [alias["name"] for alias in snapshot["aliases"]]
    if entry.planned.change in SIGNIFICANT:
        entry.updated_at = entry.planned_at


def weaver_for(
    entry: Entry,
    lookups: Lookups,
    resolver: LinkResolver,
    *,
    own: list[TermName] | None = None,
) -> Weaver:
    """Return what links the terms in the text of `entry`, once `resolver` has seen its links.

    `own` may stand in for the stored names of the entry.
    """
    if own is None:
        own = names.of(entry) if entry.pk else []
    refused = LinkDecision.objects.filter(source=entry.pk, is_wanted=False)

    def address_of(name: Name) -> str:
        path = addresses.path_of(name.slug, language=entry.language)
        resolver.shown.add(path)
        return path

    return Weaver(
        index_for=lambda text: lookups.index(text, language=entry.language, own=own),
        address_of=address_of,
        own=entry.pk,
        by_hand=resolver.led_to,
        is_linking=entry.links_terms,
        refused=frozenset(refused.values_list("target", flat=True)),
    )


def rendered_fields(
    entry: Entry,
    *,
    link: markdown.LinkResolver,
    named: markdown.NameResolver | None = None,
    weave: markdown.Weaver | None = None,
) -> dict[str, Any]:
    """Return the derived fields that come from the text alone, by name."""
    rendered = markdown.render(
        entry.body, link=link, named=named, weave=weave, anchors=entry.anchors
    )
    return {
        "body_html": rendered.html,
        "contents": rendered.contents,
        "anchors": rendered.anchors,
        "plain_text": rendered.text,
        "reading_minutes": reading_minutes(rendered.text),
        "renderer_version": markdown.RENDERER_VERSION,
    }


def reading_minutes(text: str) -> int:
    """Return how many minutes `text` takes at 220 words a minute, at least one."""
    return max(1, math.ceil(len(text.split()) / WORDS_PER_MINUTE))


def public_topics(entry: Entry) -> list[dict[str, str]]:
    topics = sorted(entry.topics.all(), key=lambda topic: topic.name)
    return [{"name": topic.name, "slug": topic.slug} for topic in topics]


def _store_mentions(source: Entry, mentions: Iterable[linking.Mention]) -> None:
    """Make the stored mentions of `source` equal to these."""
    wanted = {mention.target: mention for mention in mentions}
    Mention.objects.filter(source=source).exclude(target__in=wanted).delete()
    Mention.objects.bulk_create(
        [
            Mention(
                source=source,
                target_id=mention.target,
                sentence=mention.sentence,
                start=mention.start,
                length=mention.length,
                is_link=mention.is_link,
            )
            for mention in wanted.values()
        ],
        update_conflicts=True,
        unique_fields=["source", "target"],
        update_fields=["sentence", "start", "length", "is_link"],
    )
