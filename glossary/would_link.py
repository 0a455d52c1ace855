"""What a name would do before it is saved: which published texts use it and would link it."""

from dataclasses import dataclass
from datetime import datetime

from glossary import linking, names, search, terms
from glossary.models import Entry, LinkDecision, Mention, TermName

MOST_READ = 200
"""Texts that are looked at; if more hold the words, the answer is "at least"."""
MOST_SHOWN = 20
LONGEST_NAME = 150


@dataclass(frozen=True, slots=True)
class Using:
    """A text that uses the name, with the sentence of its first use."""

    term: str
    path: str
    before: str
    words: str
    after: str
    would_link: bool


@dataclass(frozen=True, slots=True)
class WouldLink:
    """How often the name is used, in how many entries, and how many would get a link by it.

    A text links each entry once, however often it uses its names. With
    `is_at_least`, the numbers are those of the texts that were looked at.
    """

    name: str
    links: int
    entries: int
    uses: int
    is_at_least: bool
    first: list[Using]


def would_link(
    name: str,
    *,
    language: str,
    case_rule: str = "auto",
    entry: int | None = None,
    now: datetime | None = None,
) -> WouldLink:
    """Return what the published texts do with `name` as a term or alias of the entry `entry`.

    At most four queries and 200 texts, however many entries there are.
    """
    name = " ".join(name.split())[:LONGEST_NAME]
    found = search.documents_mentioning([name], language=language, most=MOST_READ + 1)
    keys = [pk for pk in found[:MOST_READ] if pk != entry]
    row = TermName(entry=Entry(pk=entry or 0), text=name, language=language)
    row.case_rule, row.is_linked, row.is_term = case_rule, True, True
    index = names.index_of([row], language=language)
    texts = Entry.objects.published(now).filter(pk__in=keys).order_by("sort_key", "pk")
    held_back = _held_back(entry, keys)
    links = uses = entries = 0
    first: list[Using] = []
    for text in texts.only("term", "slug", "language", "plain_text", "links_terms"):
        places = list(terms.find(text.plain_text, index))
        if not places:
            continue
        is_linked = text.links_terms and text.pk not in held_back
        entries, uses, links = entries + 1, uses + len(places), links + is_linked
        if len(first) < MOST_SHOWN:
            first.append(_using(text, places[0], would_link=is_linked))
    return WouldLink(name, links, entries, uses, len(found) > MOST_READ, first)


def _held_back(entry: int | None, keys: list[int]) -> set[int]:
    """Texts that link to the entry already, or may not. Two queries."""
    if entry is None:
        return set()
    linked = Mention.objects.filter(target=entry, source__in=keys, is_link=True)
    refused = LinkDecision.objects.filter(target=entry, source__in=keys, is_wanted=False)
    return {*linked.values_list("source", flat=True), *refused.values_list("source", flat=True)}


def _using(text: Entry, use: terms.Use, *, would_link: bool) -> Using:
    # A line of the stored text is a block, which no sentence goes beyond.
    block = text.plain_text.rfind("\n", 0, use.start) + 1
    ends = text.plain_text.find("\n", use.end)
    around = text.plain_text[block : ends if ends >= 0 else None]
    sentence, at = linking.sentence_around(around, use.start - block, use.end - block)
    end = at + len(" ".join(text.plain_text[use.start : use.end].split()))
    return Using(
        term=text.term,
        path=text.get_absolute_url(),
        before=sentence[:at],
        words=sentence[at:end],
        after=sentence[end:],
        would_link=would_link,
    )
