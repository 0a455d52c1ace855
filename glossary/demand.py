"""What readers look for and the glossary does not have: gathered, ranked, begun, and told.

The rows are derived from what was asked (`glossary.asks`) and can be gathered
again at any time; what editors decided on them stays: not for us, and which
entry was begun for one.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation

from config.slugs import MAX_LENGTH, slugify
from glossary import askers, asks, history, misses, undefined
from glossary.asks import Asks
from glossary.models import Alias, Asker, Demand, Entry, Gathering, OldSlug, Suggestion, TermName
from glossary.models.entries import is_public

GATHERED_EVERY = timedelta(minutes=50)
"""A little less than the worker's hour, which begins anew with each worker."""
READ_EVERY = timedelta(hours=20)
"""Texts are read once a day: what they say changes slowly."""
MOST_TEXTS = 3_000
"""Texts of a language that are read; of more, every nth, and their number is an estimate."""
MOST_PHRASES = 200
"""Undefined phrases of a language that are kept, the most used."""
MOST_LOOKED_UP = 2_000
"""Phrases of a language that are compared with the names there are."""
TEXTS_AT_ONCE = 100
COUNTED = ["searches", "wanted", "missed", "suggested"]
IN_WORDS = {
    "searches": ("{} search", "{} searches"),
    "suggested": ("{} suggestion", "{} suggestions"),
    "wanted": ("a link in {} entry", "links in {} entries"),
    "missed": ("{} try of its address", "{} tries of its address"),
    "used_in": ("used in {} entry", "used in {} entries"),
}


def tidy(now: datetime | None = None) -> None:
    """Gather if that is due, forget what is old, see to it that askers are told; hourly."""
    now = now or timezone.now()
    misses.tidy(now)
    askers.tidy(now)
    askers.catch_up(now)
    if Gathering.is_due("demand", every=GATHERED_EVERY, now=now):
        reads_texts = Gathering.is_due("texts", every=READ_EVERY, now=now)
        gather(reads_texts=reads_texts, now=now)


def gather(*, reads_texts: bool = True, now: datetime | None = None) -> int:
    """Make the rows say what is asked for at `now`; return how many terms that is.

    What readers find by now is left out. Without `reads_texts`, the words in
    texts stay as they were last counted. Texts are read before the
    transaction begins: it is short. The queries do not grow with the terms
    but by batches of 500.
    """
    now = now or timezone.now()
    asked = Asks()
    asked.read(now)
    if reads_texts:
        _read_texts(asked, now)
    else:
        _keep_uses(asked)
    for language, keys in list(asks.in_batches(asked)):
        public = TermName.objects.filter(is_public("entry__", now), language=language)
        for key in public.filter(search_key__in=keys).values_list("search_key", flat=True):
            asked.pop((language, key), None)
    _store(asked)
    return len(asked)


def draft_for(demand: Demand, *, by: User | None, now: datetime | None = None) -> Entry:
    """Return the entry about the term of `demand`: the one there is, or else a new draft.

    The draft has an outline, and its history says why it was begun. Asking
    for one takes the demand back among what is for us. The row is locked, so
    that two editors get the same draft.
    """
    with transaction.atomic():
        demand = Demand.objects.select_for_update(of=("self",)).get(pk=demand.pk)
        try:
            # An entry of the same term may be written elsewhere at the same time.
            with transaction.atomic():
                entry = _known_entry(demand) or _begin(demand, by=by, now=now)
        except IntegrityError:
            known = _known_entry(demand)
            if known is None:
                raise
            entry = known
        Demand.objects.filter(pk=demand.pk).update(entry=entry, is_dismissed=False)
    return entry


@transaction.atomic
def dismiss(demands: Iterable[Demand]) -> tuple[int, int]:
    """Take `demands` out of the queue for good; return how many, and how many addresses went.

    Who waits for something that never comes has no reason to be remembered.
    """
    found = list(demands)
    waiting = [
        pk
        for language, keys in asks.in_batches((each.language, each.term_key) for each in found)
        for pk in Asker.objects.filter(
            suggestion__language=language, suggestion__term_key__in=keys
        ).values_list("pk", flat=True)
    ]
    Asker.objects.filter(pk__in=waiting).delete()
    count = Demand.objects.filter(pk__in=[each.pk for each in found]).update(is_dismissed=True)
    return count, len(waiting)


def ask_again(demands: Iterable[Demand]) -> int:
    """Put `demands` back into the queue; return how many."""
    return Demand.objects.filter(pk__in=[each.pk for each in demands]).update(is_dismissed=False)


def reasons(entry: Entry) -> list[str]:
    """Return why `entry` is wanted, a sentence for each demand it answers. One query."""
    same = Q(language=entry.language, term_key=entry.term_key)
    wanted = Demand.objects.filter(Q(entry=entry) | same)
    waiting = Suggestion.objects.filter(
        language=OuterRef("language"), term_key=OuterRef("term_key"), askers__isnull=False
    )
    found = wanted.annotate(has_askers=Exists(waiting)).order_by("-score", "pk")
    return [
        f"Asked for: {in_words(each)}." + " Somebody waits to be told." * each.has_askers
        for each in found
        if counts_in_words(each)
    ]


def in_words(demand: Demand) -> str:
    """Return how often and since when it is asked for: "14 searches since March 2026"."""
    # The desk is in English.
    with translation.override("en"):
        since = formats.date_format(timezone.localtime(demand.created_at), "F Y")
    return f"{', '.join(counts_in_words(demand))} since {since}"


def counts_in_words(demand: Demand) -> list[str]:
    """Return what each place says, those that say nothing left out."""
    return [
        (one if count == 1 else many).format(count)
        for name, (one, many) in IN_WORDS.items()
        if (count := getattr(demand, name))
    ]


# Gathering ----------------------------------------------------------------------------------


def _read_texts(asked: Asks, now: datetime) -> None:
    """Add what published texts use and no entry, published or in work, is about."""
    for language in (
        Entry.objects.published(now).order_by().values_list("language", flat=True).distinct()
    ):
        keys = list(
            Entry.objects.published(now)
            .in_language(language)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        step = -(-len(keys) // MOST_TEXTS)
        read = keys[::step]
        # Most of what a large glossary uses it explains as well.
        found = undefined.phrases(_texts(read), language=language)[:MOST_LOOKED_UP]
        known = _known_keys(language, [phrase.key for phrase in found])
        for phrase in [p for p in found if p.key not in known][:MOST_PHRASES]:
            uses = round(phrase.texts * len(keys) / len(read))
            asked.add(
                "used_in", phrase.text, language=language, times=uses, recent=uses, since=now
            )


def _texts(keys: list[int]) -> Iterator[str]:
    for start in range(0, len(keys), TEXTS_AT_ONCE):
        batch = Entry.objects.filter(pk__in=keys[start : start + TEXTS_AT_ONCE])
        yield from batch.order_by("pk").values_list("plain_text", flat=True)


def _known_keys(language: str, keys: list[str]) -> set[str]:
    """Those of `keys` that are names already, of whatever is not withdrawn."""
    known: set[str] = set()
    terms = Entry.objects.filter(language=language).exclude(state=Entry.State.WITHDRAWN)
    names = TermName.objects.filter(language=language)
    aliases = Alias.objects.in_language(language).exclude(entry__state=Entry.State.WITHDRAWN)
    for _, batch in asks.in_batches((language, key) for key in keys):
        known.update(
            terms.filter(term_key__in=batch).order_by().values_list("term_key", flat=True)
        )
        known.update(names.filter(search_key__in=batch).values_list("search_key", flat=True))
        known.update(
            aliases.filter(name_key__in=batch).order_by().values_list("name_key", flat=True)
        )
    return known


def _keep_uses(asked: Asks) -> None:
    for row in Demand.objects.filter(used_in__gt=0):
        asked.add(
            "used_in",
            row.term,
            language=row.language,
            times=row.used_in,
            recent=row.used_in,
            since=row.created_at,
        )


@transaction.atomic
def _store(asked: Asks) -> None:
    """Make the rows equal to `asked`; a row that somebody decided on stays without asks."""
    # What an entry was begun for is remembered by it as it was.
    Demand.objects.filter(entry=None).update(**dict.fromkeys([*COUNTED, "used_in", "score"], 0))
    Demand.objects.bulk_create(
        (
            Demand(
                language=language,
                term_key=key,
                term=ask.term,
                created_at=ask.since,
                score=ask.score,
                **ask.counts,
            )
            for (language, key), ask in asked.items()
        ),
        batch_size=500,
        update_conflicts=True,
        unique_fields=["language", "term_key"],
        update_fields=[*COUNTED, "used_in", "score"],
    )
    Demand.objects.filter(score=0, entry=None, is_dismissed=False).delete()


# Drafts -------------------------------------------------------------------------------------


def _known_entry(demand: Demand) -> Entry | None:
    """The entry that was begun for `demand`, or has its term, or its term as another name."""
    if demand.entry and demand.entry.state != Entry.State.WITHDRAWN:
        return demand.entry
    same = Entry.objects.filter(language=demand.language)
    return (
        same.filter(term_key=demand.term_key).first()
        or same.exclude(state=Entry.State.WITHDRAWN)
        .filter(aliases__name_key=demand.term_key)
        .order_by("pk")
        .first()
    )


def _begin(demand: Demand, *, by: User | None, now: datetime | None) -> Entry:
    term = demand.term
    if term == term.lower() and len(term[0].upper()) == 1:
        term = term[0].upper() + term[1:]
    with translation.override(demand.language):
        body = render_to_string("glossary/outline.txt")
    entry = Entry.objects.create(
        term=term,
        slug=_free_slug(demand),
        language=demand.language,
        body=body,
        owner=by,
        created_at=now or timezone.now(),
    )
    history.note(
        entry,
        "created",
        by=by,
        note=f"Begun from the demand. Asked for: {in_words(demand)}.",
        now=now,
    )
    return entry


def _free_slug(demand: Demand) -> str:
    """An address for the term that no entry has or had."""
    wanted = slugify(demand.term) or f"term-{demand.pk}"
    beginning = wanted[: MAX_LENGTH - 10].strip("-")
    taken = {
        slug
        for rows in (Entry.objects, OldSlug.objects)
        for slug in rows.filter(language=demand.language, slug__startswith=beginning).values_list(
            "slug", flat=True
        )
    }
    number = 1
    slug = wanted
    while slug in taken:
        number += 1
        slug = f"{beginning}-{number}"
    return slug
