"""The ledger's numbers equal a recount: 10,000 visits of two months, by the paths that write.

What happened is kept in a plain list beside. It is counted again by other code
than the desk's, and so are the rows themselves.
"""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random
from zoneinfo import ZoneInfo

import pytest

from glossary.models import Entry
from leads import booking as verbs
from leads import consenting, counting, erasing, figures, funnel, merging, pipeline
from leads.arrival import Trail
from leads.funnel import Counts
from leads.models import Attribution, DayCount, Lead, Offer, Position
from leads.periods import Period
from leads.requesting import Request, accept, request_consultation
from tests.factories import (
    make_author,
    make_calendar,
    make_entry,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db

VISITS, DAYS = 10_000, 60
ZONE = ZoneInfo("America/New_York")
"""Far from UTC: a fifth of the evenings is another day there."""
BEGIN = datetime(2026, 4, 20, 4, 0, tzinfo=UTC)
TOPICS = ((), ("Data",), ("Data", "Language"), ("Language",))
NEVER = date(9999, 12, 31)


# What happens -----------------------------------------------------------------------------


class World:
    """Entries, offers, and people who come; `told` is what they did, in their order."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.told: list[tuple] = []
        self.staff = make_staff("sales")
        self.offers = [
            make_offer(name=name, is_default=not key, duration=5, most_open=0)
            for key, name in enumerate(("Talk", "Check", "Old"))
        ]
        self.calendar = make_calendar(*self.offers[:2])
        authors = [make_author(), make_author(), None]
        self.entries = [
            make_entry(
                term=f"Term {key}", author=authors[key % 3], topics=[*TOPICS[key % 4]], at=BEGIN
            )
            for key in range(13)
        ]
        self.talks = 0

    def run(self) -> None:
        """Let everybody come, one after the other."""
        seconds = DAYS * 24 * 3600
        times = sorted(self.chance.randrange(seconds) for _ in range(VISITS))
        for number, after in enumerate(times):
            self.visit(BEGIN + timedelta(seconds=after))
            if not number % 2500:
                counting.flush()
        counting.flush()

    def tell(self, what: str, at: datetime, **more) -> None:
        self.told.append((what, at.astimezone(ZONE).date(), more))

    def visit(self, at: datetime) -> None:
        chance = self.chance
        # The first entries are read most, the last one never.
        place = min(chance.randrange(12), chance.randrange(13))
        entry = None if chance.random() < 0.05 else self.entries[place]
        offer = self.offers[place % 3]
        of = {"entry": entry.pk if entry else 0, "offer": offer.pk}
        day = at.astimezone(ZONE).date()
        counting.count("view", entry_key=of["entry"], offer_key=of["offer"], day=day)
        self.tell("view", at, **of)
        if chance.random() < 0.03:
            position = chance.choice(Position.values)
            keys = {"entry_key": of["entry"], "offer_key": of["offer"], "position": position}
            counting.count("click", **keys, day=day)
            self.tell("click", at, **of)
            if chance.random() < 0.4:
                self.ask(at, entry, offer, position)

    def ask(self, at: datetime, entry: Entry | None, offer: Offer, position: str) -> None:
        chance, who = self.chance, len(self.told)
        is_suspect = chance.random() < 0.15
        answers = {"name": "Paula", "email": f"paula{who}@example.com", "message": "Hello."}
        request = Request(
            answers,
            agreements=consenting.to_answer("I agree."),
            language="en",
            entry=entry,
            trail=Trail(position=position),
            suspicion="Links." if is_suspect else "",
        )
        mark = sha256(str(who).encode()).hexdigest()
        lead = request_consultation(request, mark=mark, offer=offer, now=at)
        self.tell("ask", at, who=who, entry=entry.pk if entry else 0, offer=offer.pk)
        if is_suspect:
            self.tell("suspect", at, who=who)
            if chance.random() < 0.5:
                return
            accept(lead, by=self.staff)
            self.tell("accept", at, who=who)
        self.follow(lead, who, at, offer)
        self.end(lead, who)

    def follow(self, lead: Lead, who: int, at: datetime, offer: Offer) -> None:
        chance = self.chance
        if offer == self.offers[2] or chance.random() < 0.3:
            self.go(lead, who, at + timedelta(days=chance.randrange(9)), "lost")
            return
        at += timedelta(hours=chance.randrange(40))
        self.talks += 1
        # Five minutes that nobody else has.
        start = at.replace(hour=0, minute=0, second=0) + timedelta(days=2, minutes=5 * self.talks)
        booked = verbs.book(
            *[offer], start=start, lead=lead, calendar=self.calendar, any_time=True, tell=False,
            by=self.staff, now=at,
        )  # fmt: skip
        self.tell("booked", at, who=who)
        if chance.random() < 0.15:
            verbs.cancel(booked, by=self.staff, tell=False, now=at)
            return
        after = start + timedelta(hours=chance.randrange(1, 60))
        verbs.mark_held(booked, now=after)
        self.tell("held", after, who=who)
        if chance.random() < 0.15:
            verbs.mark_no_show(booked, now=after)
            self.tell("not held", after, who=who)
            return
        later = after + timedelta(days=chance.randrange(20))
        if chance.random() < 0.6:
            value = Decimal(chance.randrange(1_000_000)) / 100
            pipeline.win(lead, value, now=later)
            self.tell("won", later, who=who, value=value)
        if chance.random() < 0.2:
            self.go(lead, who, later, "lost")

    def go(self, lead: Lead, who: int, at: datetime, state: str) -> None:
        pipeline.advance(lead, Lead.State(state), out_of=Lead.State, now=at)
        self.tell(state, at, who=who)

    def end(self, lead: Lead, who: int) -> None:
        """Some turn out to be spam after all, some are merged, some want to be erased."""
        chance = self.chance
        if chance.random() < 0.08:
            self.go(lead, who, BEGIN, "spam")
        if chance.random() < 0.1:
            other = Lead.objects.exclude(pk=lead.pk).first()
            if other and not merging.why_not(lead, other.kept):
                merging.merge(lead, into=other.kept, by=self.staff)
                self.tell("merged", BEGIN, who=who)
        if chance.random() < 0.15:
            erasing.erase([lead], by=self.staff)
            self.tell("erased", BEGIN, who=who)


# Counting again ---------------------------------------------------------------------------


def from_the_list(told: list[tuple], period: Period, by: str) -> dict[int, Counter]:
    """What the list says of `period` for each key of `by`, without a look at the database."""
    found: dict[int, Counter] = defaultdict(Counter)
    people: dict[int, dict] = {}
    for what, day, more in told:
        if what in ("view", "click"):
            found[more[by]][f"{what}s"] += period.first <= day <= period.last
        elif what == "ask":
            people[more["who"]] = {"of": more[by], "requests": day}
        else:
            _remember(people[more["who"]], what, day, more)
    for person in people.values():
        if person.get("is_spam"):
            continue
        for stage in ("requests", "booked", "held", "won"):
            if period.first <= person.get(stage, NEVER) <= period.last:
                found[person["of"]][stage] += 1
                found[person["of"]]["value"] += person["value"] if stage == "won" else 0
    return {key: +counts for key, counts in found.items() if +counts}


def _remember(person: dict, what: str, day: date, more: dict) -> None:
    if what in ("suspect", "spam"):
        person["is_spam"] = True
    elif what == "accept":
        person["is_spam"] = False
    elif what == "not held":
        del person["held"]
    elif what in ("booked", "held", "won"):
        person |= {what: day, "value": more.get("value", 0)}
    # Who is lost, or suspected, was a client no longer; merged and erased ones still are.
    if what in ("lost", "spam"):
        person.pop("won", None)


def from_the_rows(period: Period, by: str) -> dict[int, Counter]:
    """What the rows say, one by one."""
    found: dict[int, Counter] = defaultdict(Counter)
    for row in DayCount.objects.values():
        if period.first <= row["day"] <= period.last:
            found[row[f"{by}_key"]][f"{row['kind']}s"] += row["times"]
    for row in Attribution.objects.values():
        if row["requested_on"] is None:
            continue
        of = found[row[f"{by}_id"] or 0]
        for stage, day in (
            ("requests", row["requested_on"]),
            ("booked", row["booked_on"]),
            ("held", row["held_on"]),
            ("won", row["won_on"]),
        ):
            if day and period.first <= day <= period.last:
                of[stage] += 1
                of["value"] += row["value"] if stage == "won" else 0
    return {key: +counts for key, counts in found.items() if +counts}


def plain(counts: Counts) -> Counter:
    return +Counter(vars(counts))


def by_key(counts: dict[int, Counts]) -> dict[int, Counter]:
    return {key: plain(each) for key, each in counts.items() if each}


def added(counts: dict, groups) -> dict:
    """`counts` of entries, added up for the groups that each of them has."""
    found: dict = defaultdict(Counter)
    for key, each in counts.items():
        for group in groups(key):
            found[group].update(each)
    return dict(found)


def names(world: World, deleted: int):
    """The topics and the author of an entry, as the desk calls them; from what was made."""
    other = "Other pages, or an entry that was deleted"
    topics = {entry.pk: TOPICS[place % 4] for place, entry in enumerate(world.entries)}
    authors = {entry.pk: entry.author for entry in world.entries}

    def of(key: int, known: dict, none: str) -> list[str]:
        if key in (0, deleted):
            return ["Deleted entries" if key else other]
        return [str(each) for each in known[key] or ()] or [none]

    return {
        "topic": lambda key: of(key, topics, "Entries without a topic"),
        "author": lambda key: of(
            key, {pk: each and [each] for pk, each in authors.items()}, "Entries without an author"
        ),
    }


# The proof --------------------------------------------------------------------------------


def test_figures_equal_a_recount_of_what_happened():
    make_site(time_zone=ZONE.key)
    world = World(seed=20260420)
    world.run()
    happened = Counter(what for what, *_ in world.told)
    assert happened["view"] == VISITS
    rare = "ask suspect accept booked held won lost spam merged erased".split()
    assert {what: happened[what] for what in [*rare, "not held"] if happened[what] < 3} == {}

    deleted, gone = world.entries[11], world.offers[2]
    deleted_key, gone_key = deleted.pk, gone.pk
    lost = {"entry": deleted_key, "offer": gone_key}
    Entry.objects.filter(pk=deleted_key).delete()
    Offer.objects.filter(pk=gone_key).delete()

    first = BEGIN.astimezone(ZONE).date()
    last = first + timedelta(days=DAYS - 1)
    periods = [
        Period(first, last + timedelta(days=40)),
        Period(first, last),
        Period(first + timedelta(days=17), first + timedelta(days=26)),
        Period(last, last),
    ]
    for period in periods:
        for by in ("entry", "offer"):
            told = _without(lost[by], from_the_list(world.told, period, by))
            assert by_key(funnel.by(by, period)) == told == from_the_rows(period, by)
        entries = _without(lost["entry"], from_the_list(world.told, period, "entry"))
        whole = sum(entries.values(), Counter())
        for by, groups in names(world, deleted_key).items():
            found = figures.of(by, period)
            lines = {line.name: plain(line.counts) for line in found.lines}
            assert lines == added(entries, groups)
            assert plain(found.total) == whole
        for entry in world.entries[:4]:
            assert plain(funnel.of_entry(entry.pk, period)) == entries.get(entry.pk, Counter())
        parts = funnel.trend(period)
        assert sum(part.requests for part in parts) == whole["requests"]
        assert sum(part.booked for part in parts) == whole["booked"]
    _wrong_counts_are_seen(world, periods[1], lost["entry"])


def _without(key: int, counts: dict[int, Counter]) -> dict[int, Counter]:
    """What is known once a row was deleted: its visits by its key, its requests by none."""
    found = dict(counts)
    old = found.pop(key, Counter())
    seen = Counter({name: old[name] for name in ("views", "clicks")})
    found[key], found[0] = +seen, +(found.get(0, Counter()) + (old - seen))
    return {key: each for key, each in found.items() if each}


def _wrong_counts_are_seen(world: World, period: Period, lost: int) -> None:
    """One view too many, one talk on the day after, one value: each is another result."""
    told = _without(lost, from_the_list(world.told, period, "entry"))
    line = Attribution.objects.counted().filter(value__gt=0, won_on__lte=period.last).first()
    seen = DayCount.objects.during(period.first, period.last).first()
    for row, column, wrong in (
        (seen, "times", seen.times + 1),
        (seen, "kind", "click"),
        (line, "value", line.value + Decimal("0.01")),
        (line, "held_on", None),
        (line, "requested_on", None),
    ):
        right = getattr(row, column)
        type(row).objects.filter(pk=row.pk).update(**{column: wrong})
        assert by_key(funnel.by("entry", period)) != told
        type(row).objects.filter(pk=row.pk).update(**{column: right})
    assert by_key(funnel.by("entry", period)) == told
