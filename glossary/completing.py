"""What the editor offers while somebody types `[[`: entries by their terms and other names."""

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Collate
from django.http import HttpRequest, JsonResponse
from django.utils.text import Truncator
from django.views.decorators.http import require_safe

from config import site
from config.alphabet import fold
from glossary.models import Alias, Entry

MOST = 8
DEFINITION_LENGTH = 90
LONGEST = 150
_LAST_CHARACTER = "\U0010ffff"
_WRITERS = ("glossary.add_entry", "glossary.change_entry")
_SHOWN = ("term", "term_key", "short_definition", "state", "published_at")


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry to link: its term, the other name that was typed, and what readers see of it."""

    term: str
    alias: str
    state: str
    """"Draft", "Scheduled" or "Withdrawn"; empty for what is public."""
    definition: str


@require_safe
def terms(request: HttpRequest) -> JsonResponse:
    """Answer ?q= with entries in ?language= whose names begin with it or contain it."""
    user = request.user
    may_write = user.is_active and user.is_staff and any(map(user.has_perm, _WRITERS))
    if not may_write:
        return _private({"terms": []}, status=403)
    language = request.GET.get("language", "")
    if language not in dict(settings.LANGUAGES):
        language = site.current().language
    found = offers(request.GET.get("q", ""), language=language)
    return _private({"terms": [asdict(offer) for offer in found]})


def offers(typed: str, *, language: str, now: datetime | None = None) -> list[Offer]:
    """Return at most eight entries, drafts as well; without a letter typed, the newest.

    Names that begin with what was typed, the shortest first, then those that
    contain it. At most five queries; only the second step reads an index to
    its end.
    """
    key = fold(typed.replace("\0", "")[:LONGEST])
    entries = Entry.objects.in_language(language)
    if not key:
        return [_offer(entry, "", now) for entry in entries.only(*_SHOWN).order_by("-pk")[:MOST]]
    found = _named(partial(_beginning, key=key), language)
    if len(found) < MOST:
        found = {**_named(partial(_containing, key=key), language), **found}
    known = Entry.objects.only(*_SHOWN).in_bulk(found)
    ranked = sorted(
        ((known[pk], found[pk]) for pk in found if pk in known),
        key=lambda pair: _rank(pair[0], pair[1], key),
    )
    return [_offer(entry, alias, now) for entry, alias in ranked[:MOST]]


def _named(narrow: "partial[QuerySet]", language: str) -> dict[int, str]:
    """Entries with a term or, in second place, another name so: key → that other name."""
    terms = narrow(Entry.objects.in_language(language))
    aliases = narrow(Alias.objects.in_language(language))
    found: dict[int, str] = {}
    for pk, name in aliases.values_list("entry", "name")[:MOST]:
        found.setdefault(pk, name)
    return {**found, **dict.fromkeys(terms.values_list("pk", flat=True)[:MOST], "")}


def _beginning(names: QuerySet, *, key: str) -> QuerySet:
    """By the order of the bytes, in which alone a beginning is a range."""
    column = "term_key" if names.model is Entry else "name_key"
    collation = "C" if connection.vendor == "postgresql" else "BINARY"
    ordered = names.annotate(at=Collate(column, collation))
    return ordered.filter(at__gte=key, at__lt=key + _LAST_CHARACTER).order_by("at")


def _containing(names: QuerySet, *, key: str) -> QuerySet:
    column = "term_key" if names.model is Entry else "name_key"
    return names.filter(**{f"{column}__contains": key}).order_by()


def _rank(entry: Entry, alias: str, key: str) -> tuple[bool, bool, int, str]:
    name = fold(alias) if alias else entry.term_key
    return name != key, not name.startswith(key), len(name), name


def _offer(entry: Entry, alias: str, now: datetime | None) -> Offer:
    state = "" if entry.is_public(now) else str(entry.get_state_display())
    return Offer(
        term=entry.term,
        alias=alias,
        state="Scheduled" if state == "Published" else state,
        definition=Truncator(entry.short_definition).chars(DEFINITION_LENGTH, truncate="…"),
    )


def _private(data: dict[str, object], status: int = 200) -> JsonResponse:
    return JsonResponse(data, status=status, headers={"Cache-Control": "no-store"})
