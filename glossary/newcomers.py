"""Links to an entry put into the pages that mention it, where nothing else of them changes.

A new term costs little in each of many texts: no page is rendered and no
search document is written again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from config import markdown
from glossary import addresses, inserting, named_links, names, related, terms
from glossary.inserting import NeedsRendering, Place
from glossary.models import Entry, InternalLink, LinkDecision, Mention, NamedLink, TermName

BATCH = 100
"""Pages that are changed in one transaction."""
KEYS_PER_QUERY = 10_000
"""Half of what SQLite takes as parameters of one statement."""
SEEN = ("language", "links_terms", "body", "body_html", "renderer_version")
"""What decides on a page, in the columns of its row."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A page as it was read, the uses of the names in it, and the keys of what may rival them."""

    page: Entry
    places: list[Place]
    rivals: set[str]

    @property
    def place(self) -> Place | None:
        return next((place for place in self.places if place.is_free), None)

    def holds(self, page: Entry | None) -> bool:
        """Whether `page`, read again, is still what was planned with."""
        return page is not None and _seen(page) == _seen(self.page)


def link(target: int, sources: Iterable[int], now: datetime | None = None) -> list[int]:
    """Let those of `sources` lead to `target` (keys) that use its name and lack only this link.

    Returns the keys of those that have to be rendered instead: they are
    connected with it already, other names take part, or another transaction
    holds them. Those that do not use its name are left alone. Each batch is a
    transaction of its own, which begins when all is known that it will write;
    whatever it rests upon is looked at again under locks. About 15 queries for
    a batch, and one for each topic of its pages.
    """
    keys = sorted(set(sources) - {target})
    rest: list[int] = []
    for start in range(0, len(keys), BATCH):
        rest += _link(target, keys[start : start + BATCH], now)
    return rest


def _link(target: int, sources: list[int], now: datetime | None) -> list[int]:
    own = _names_of(target, now)
    if not own:
        return sources
    plans, rest = _plans(own, sources)
    with transaction.atomic():
        # Before the pages, as whoever publishes it does.
        list(Entry.objects.select_for_update(no_key=True).filter(pk=target).values_list("pk"))
        if _facts(_names_of(target, now)) != _facts(own):
            return sources
        sound = _sound(own[0].entry, [plan for plan in plans if plan.places])
        # Only now that nobody else changes what connects those pages.
        connected = _connected(own[0].entry, sources)
        sound = [plan for plan in sound if plan.page.pk not in connected]
        _write(own[0].entry, [plan for plan in sound if plan.place])
    # Not in the same transaction: others wait to write, and who dies here renders these again.
    related.renew_all(plan.page.pk for plan in sound if plan.place)
    unsound = {plan.page.pk for plan in plans if plan.places} - {plan.page.pk for plan in sound}
    return sorted({*rest, *connected, *unsound})


def _names_of(target: int, now: datetime | None) -> list[TermName]:
    """The stored names of an entry that readers see; else none."""
    stored = TermName.objects.filter(entry=target).select_related("entry").order_by("pk")
    own = list(stored.defer("entry__body", "entry__body_html", "entry__plain_text"))
    return own if own and own[0].entry.is_public(now) else []


def _facts(own: list[TermName]) -> list[tuple[object, ...]]:
    return [
        (name.text, name.is_linked, name.case_rule, name.entry.slug, name.entry.language)
        for name in own
    ]


def _plans(own: list[TermName], sources: list[int]) -> tuple[list[_Plan], list[int]]:
    """What would be done with pages, and the keys of those of which that is not to be seen."""
    target = own[0].entry
    index = names.index_of(own, language=target.language)
    path = target.get_absolute_url()
    plans, rest = [], []
    for page in Entry.objects.filter(pk__in=sources, state=Entry.State.PUBLISHED).only(*SEEN):
        try:
            if not _is_plain(page, target) or path in page.body_html:
                raise NeedsRendering
            places = inserting.places_in(page.body_html, index)
        except NeedsRendering:
            rest.append(page.pk)
        else:
            plans.append(_Plan(page, places, _rivals(places, language=target.language)))
    return plans, rest


def _is_plain(page: Entry, target: Entry) -> bool:
    """Whether the page tells all of its text: raw HTML may say where no links are wanted."""
    is_new = page.renderer_version == markdown.RENDERER_VERSION
    return is_new and page.language == target.language and "<" not in page.body


def _rivals(places: list[Place], *, language: str) -> set[str]:
    return {
        key[:200]
        for place in places
        for key in terms.keys_touching(
            place.text, place.start, place.end, has_plurals=language == "en"
        )
    }


def _sound(target: Entry, plans: list[_Plan]) -> list[_Plan]:
    """Those of `plans` that still hold and that no other name touches; their pages are locked."""
    pages = Entry.objects.filter(
        pk__in=[plan.page.pk for plan in plans], state=Entry.State.PUBLISHED
    )
    # Waiting for a page while others are held could end with two who wait for each other.
    held = pages.select_for_update(skip_locked=True, no_key=True).only(*SEEN).in_bulk()
    taken = _taken({key for plan in plans for key in plan.rivals}, target)
    return [p for p in plans if p.holds(held.get(p.page.pk)) and not p.rivals & taken]


def _write(target: Entry, plans: list[_Plan]) -> None:
    opening = markdown.link_of_term(target.get_absolute_url(), "…").partition("…")[0]
    found = [(plan.page, plan.place) for plan in plans if plan.place]
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE glossary_entry SET body_html = %s WHERE id = %s",
            [
                (place.linked(page.body_html, opening), page.pk)
                for page, place in found
                if _links(page, target)
            ],
        )
    Mention.objects.bulk_create(_mention(page, place, target) for page, place in found)


def _links(source: Entry, target: Entry) -> bool:
    """Whether a mention becomes a link."""
    return source.links_terms and target.is_linked_to


def _mention(source: Entry, place: Place, target: Entry) -> Mention:
    said = place.mention(target.pk, is_link=_links(source, target))
    return Mention(
        source=source,
        target=target,
        sentence=said.sentence,
        start=said.start,
        length=said.length,
        is_link=said.is_link,
    )


def _taken(keys: set[str], target: Entry) -> set[str]:
    """Those of `keys` under which other entries have names, public or not yet."""
    wanted = sorted(keys)
    others = TermName.objects.filter(language=target.language).exclude(entry=target)
    found: set[str] = set()
    for start in range(0, len(wanted), KEYS_PER_QUERY):
        some = others.filter(link_key__in=wanted[start : start + KEYS_PER_QUERY])
        found.update(some.values_list("link_key", flat=True))
    return found


def _connected(target: Entry, sources: list[int]) -> set[int]:
    """Keys of those that mention `target` already, link to it by hand, or must not link to it."""
    of_sources = {"source__in": sources}
    rows = (
        Mention.objects.filter(target=target, **of_sources),
        LinkDecision.objects.filter(target=target, is_wanted=False, **of_sources),
        InternalLink.objects.filter(addresses.leading_to(target), **of_sources),
        NamedLink.objects.filter(named_links.meaning(target), **of_sources),
    )
    return {pk for found in rows for pk in found.values_list("source", flat=True)}


def _seen(page: Entry) -> tuple[object, ...]:
    return tuple(getattr(page, name) for name in SEEN)
