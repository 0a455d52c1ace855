"""Keeping links true: when an entry appears, moves or goes, the texts that mention it follow."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from config import outbox
from config.models import OutboxMessage
from glossary import (
    addresses,
    external_links,
    indexing,
    named_links,
    names,
    newcomers,
    related,
    rendering,
    search,
    terms,
)
from glossary.models import Entry, Mention, TermName
from glossary.models.entries import is_public
from glossary.rendering import DERIVED_FIELDS, Lookups

FEW = 20
"""Texts that follow in the transaction that changed their target."""
LOOKED_AT = 100
"""Texts that are searched for names in that transaction; more are left to the worker."""
BATCH = 200
"""Texts that are changed together."""
RENDERED = 1_000
"""Texts of one outbox message: some ten seconds of rendering, with one index for all."""
KEYS_PER_QUERY = 1_000
"""Texts that one query looks at."""
WORTH_AN_INDEX = 20
"""Texts from which on one index of all names is cheaper than looking up each one's words."""


def sources_of(
    entry: Entry, also: Iterable[TermName] = (), *, most: int | None = None
) -> set[int]:
    """Return the keys of the entries whose texts link to `entry` or use one of its names.

    `also` are names that it had or will have. Grows with these texts, not with
    the glossary: stored links and mentions, and what the search index knows.
    Where this leads to more than `most` texts, it is not looked whether they
    use the very name.
    """
    known = {*addresses.sources_linking_to(entry), *named_links.sources_naming(entry)}
    known |= set(entry.mentions.values_list("source", flat=True))
    return (known | _using(entry, also=also, known=known, most=most)) - {entry.pk}


def stale_sources_of(entry: Entry) -> set[int]:
    """Return those whose stored pages do not say the truth about `entry`.

    They lack a link to it, or still have one although readers may no longer
    see it. Where more than `LOOKED_AT` may lack one, that is not looked at.
    """
    linking = addresses.sources_linking_to(entry)
    naming = named_links.sources_naming(entry)
    linked = entry.mentions.filter(is_link=True).values_list("source", flat=True)
    stale = _wrong_about(entry, {*linking, *linked})
    # A name that only the draft has does not belong on the page.
    stale |= _wrong_about(entry, set(naming), body__contains="[[")
    if entry.is_public():
        known = {*linking, *naming, *entry.mentions.values_list("source", flat=True)}
        stale |= _using(entry, known=known, most=LOOKED_AT)
    return stale - {entry.pk}


def relink(
    entry: Entry,
    *,
    was_public: bool,
    also: Collection[TermName] = (),
    now: datetime | None = None,
) -> None:
    """Let the texts that mention `entry` follow: now if they are few, else by the outbox.

    `also` are names that it has no more, or only now. Texts that have to wait lose their
    links to an entry that readers may no longer see at once.
    """
    now = now or timezone.now()
    if not (was_public or entry.is_public(now)):
        return
    # Only a name that readers knew can be missed by texts that do not mention its entry.
    sources = sources_of(entry, also, most=None if was_public else LOOKED_AT)
    done = _lock_free(sources) if len(sources) <= FEW else []
    waiting = sorted(sources - {source.pk for source in done})
    if was_public and not entry.is_public(now):
        unlink(waiting, entry)
    # Before what `check_later` asks for, which would else render them as well.
    has_lost_names = was_public and _has_lost(entry, also)
    _leave(waiting, about=None if has_lost_names else entry, now=now)
    keys = [source.pk for source in done]
    to_render = keys if has_lost_names else newcomers.link(entry.pk, keys, now)
    for source in done:
        if source.pk in to_render:
            rerender(source)


def _has_lost(entry: Entry, changed: Iterable[TermName]) -> bool:
    """Whether texts may use one of the `changed` names that `entry` has no more, or not so."""
    present = set(map(names.identity, names.of(entry)))
    return any(names.identity(name) not in present for name in changed)


def _leave(sources: list[int], *, about: Entry | None, now: datetime | None = None) -> None:
    """Let the outbox make the pages of `sources` (keys) right about an entry, or at all."""
    said = {"about": about.pk} if about else {}
    for start in range(0, len(sources), RENDERED):
        keys = sources[start : start + RENDERED]
        outbox.enqueue("glossary.rerender", due_at=now, entries=keys, **said)


def check_later(entry: Entry, now: datetime) -> None:
    """Let the outbox find the pages that are wrong about a published `entry`, at its date or now.

    Another transaction may be publishing a text that neither of the two sees.
    """
    is_planned = entry.state == Entry.State.PUBLISHED and entry.published_at
    due_at = max(now, entry.published_at or now) if is_planned else now
    outbox.enqueue("glossary.relink", due_at=due_at, entries=[entry.pk])


def unlink(sources: Iterable[int], entry: Entry) -> None:
    """Turn the links to `entry` in the stored pages of `sources` (keys) into plain words.

    Pages that another transaction holds are left to the message that renders them.
    """
    old = entry.old_slugs.values_list("slug", "language")
    earlier = [addresses.path_of(slug, language=language) for slug, language in old]
    keys = sorted(sources)
    for start in range(0, len(keys), BATCH):
        pages = _lock_free(keys[start : start + BATCH])
        for page in pages:
            for path in (entry.get_absolute_url(), *earlier):
                page.body_html = addresses.without_links_to(path, page.body_html)
        Entry.objects.bulk_update(pages, ["body_html"])


@transaction.atomic
def rerender(entry: Entry, *, lookups: Lookups | None = None) -> None:
    """Derive the content of a published `entry` again; no date moves."""
    entry.refresh_from_db(from_queryset=Entry.objects.select_for_update(no_key=True))
    if entry.state != Entry.State.PUBLISHED:
        return
    before = entry.plain_text, entry.public_aliases
    rendering.show(entry, lookups or Lookups())
    entry.save(update_fields=DERIVED_FIELDS)
    names.store(entry)
    external_links.store(entry, entry.body_html)
    search.index(entry)
    if (entry.plain_text, entry.public_aliases) != before:
        # Most of the time only links have changed, which nobody searches for.
        indexing.later([entry.pk])
    related.renew(entry)


def rerender_all(entries: Iterable[int]) -> int:
    """Render the published ones among `entries` (keys), each under a lock; return how many."""
    keys = list(entries)
    began_at = timezone.now()
    lookups = whole_lookups() if len(keys) >= WORTH_AN_INDEX else None
    count = 0
    for pk in keys:
        with transaction.atomic():
            entry = Entry.objects.filter(pk=pk, state=Entry.State.PUBLISHED).first()
            if entry:
                # An entry's own names are in the index of all names once it is public.
                rerender(entry, lookups=lookups if entry.is_public() else None)
                count += 1
    if lookups:
        _catch_up(keys, since=began_at)
    return count


def _catch_up(entries: list[int], *, since: datetime) -> None:
    """See to what was withdrawn or published after the index of all names had been read."""
    for pk in sorted(sources_of_dead_links(entries)):
        with transaction.atomic():
            rerender(Entry.objects.get(pk=pk))
    fresh = Entry.objects.published().filter(updated_at__gte=since).exclude(pk__in=entries)
    keys = list(fresh.values_list("pk", flat=True))
    if keys:
        outbox.enqueue("glossary.relink", entries=keys)


def sources_of_dead_links(entries: Iterable[int]) -> set[int]:
    """Keys of those among `entries` whose pages link to what readers may not see."""
    links = Mention.objects.filter(source__in=list(entries), is_link=True)
    dead = links.exclude(is_public("target__"))
    return set(dead.values_list("source", flat=True))


def whole_lookups(also: Iterable[TermName] = (), now: datetime | None = None) -> Lookups:
    """Return lookups for many texts: all public names of a language, read once, and `also`."""
    known: dict[str, terms.TermIndex] = {}
    additional = list(also)

    def index_for(text: str, *, language: str, own: list[TermName]) -> terms.TermIndex:
        if language not in known:
            here = [name for name in additional if name.language == language]
            known[language] = names.whole_index(language, also=here, now=now)
        return known[language]

    return Lookups(now=now, index_for=index_for)


def relink_mentions(message: OutboxMessage) -> None:
    """Outbox handler: render the pages that are wrong about one of `entries` (keys), or theirs.

    Many are left to messages of their own, so that no worker holds one for long.
    """
    dead = sources_of_dead_links(message.payload["entries"])
    rest = sorted(dead)
    for entry in Entry.objects.filter(pk__in=message.payload["entries"]):
        stale = sorted(stale_sources_of(entry) - dead)
        rest += newcomers.link(entry.pk, stale[:RENDERED])
        _leave(stale[RENDERED:], about=entry)
    rest = sorted(set(rest))
    while len(rest) > RENDERED:
        outbox.enqueue("glossary.rerender", entries=rest[-RENDERED:])
        del rest[-RENDERED:]
    rerender_all(rest)


def rerender_sources(message: OutboxMessage) -> None:
    """Outbox handler: render the published ones among `entries` (keys).

    Those of which one is `about` (a key) only as far as they have to follow it.
    """
    keys, about = message.payload["entries"], message.payload.get("about")
    rerender_all(newcomers.link(about, keys) if about else keys)


def rerender_everything(message: OutboxMessage) -> None:
    """Outbox handler: ask for all published entries, whose addresses changed, batch by batch."""
    published = Entry.objects.filter(state=Entry.State.PUBLISHED).order_by("pk")
    keys = list(published.values_list("pk", flat=True))
    for start in range(0, len(keys), RENDERED):
        outbox.enqueue("glossary.rerender", entries=keys[start : start + RENDERED])


def _wrong_about(entry: Entry, sources: set[int], **wanted: object) -> set[int]:
    """Keys of the pages among `sources` that lack a link to `entry`, or must not have theirs.

    By key alone: one condition for several kinds of sources makes PostgreSQL read all pages.
    """
    link = f'href="{entry.get_absolute_url()}'
    is_wrong = Q(body_html__contains=link)
    if entry.is_public():
        is_wrong = ~is_wrong
    found: set[int] = set()
    for keys in _batches(sources):
        pages = Entry.objects.filter(is_wrong, pk__in=keys, state=Entry.State.PUBLISHED, **wanted)
        found.update(pages.values_list("pk", flat=True))
    return found


def _using(
    entry: Entry, *, known: set[int], also: Iterable[TermName] = (), most: int | None = None
) -> set[int]:
    """Keys of the texts that use a name of `entry` or one of `also`, without the `known` ones.

    More than `most` are those that may use one.
    """
    own = [*names.of(entry), *also]
    texts = list(dict.fromkeys(name.text for name in own))
    candidates = set(search.documents_mentioning(texts, language=entry.language)) - known
    if most is not None and len(candidates) > most:
        return candidates
    index = names.index_of(own, language=entry.language)
    found: set[int] = set()
    for keys in _batches(candidates - {entry.pk}):
        pages = Entry.objects.filter(pk__in=keys).values_list("pk", "plain_text")
        found.update(pk for pk, text in pages if next(terms.find(text, index), None) is not None)
    return found


def _batches(keys: Iterable[int]) -> Iterator[list[int]]:
    """`keys` in lists for one query each, so that neither it nor what it returns grows large."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), KEYS_PER_QUERY):
        yield ordered[start : start + KEYS_PER_QUERY]


def _lock_free(sources: Iterable[int]) -> list[Entry]:
    """The published ones among `sources`, locked; without those that others hold.

    Waiting for them here could end with two transactions waiting for each other.
    """
    pages = Entry.objects.filter(pk__in=list(sources), state=Entry.State.PUBLISHED)
    return list(pages.select_for_update(skip_locked=True, no_key=True).order_by("pk"))
