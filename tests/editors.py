"""A desk and its readers, for tests that let anything happen in any order.

Each act takes a number that decides what it is done to, and does nothing where
there is nothing to do it to.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from authors.models import Author
from config import outbox, page_versions
from config.models import OutboxMessage, SiteSettings
from glossary import freshness, publishing, revisions, topics
from glossary.models import (
    Comparison,
    Difference,
    Entry,
    EntryTopic,
    LearningPath,
    PathStep,
    Topic,
)
from leads.models import Offer, RetentionRule
from tests.factories import make_author, make_draft, make_offer, make_site

WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")


class Clock:
    """The time of day for everybody in this process, which tests can move on."""

    def __init__(self, monkeypatch) -> None:
        self.ahead = timedelta()
        now, seconds, ticks = timezone.now, time.time, time.monotonic
        monkeypatch.setattr(timezone, "now", lambda: now() + self.ahead)
        monkeypatch.setattr(time, "time", lambda: seconds() + self.ahead.total_seconds())
        monkeypatch.setattr(time, "monotonic", lambda: ticks() + self.ahead.total_seconds())
        monkeypatch.setattr(page_versions, "NOW", self)

    def __getitem__(self, vendor: str) -> str:
        """The time of the database, by which dates pass."""
        seconds = self.ahead.total_seconds()
        if vendor == "sqlite":
            return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '+{seconds} seconds')"
        return f"(clock_timestamp() + interval '{seconds} seconds')"


class Desk:
    """What editors, the worker and time itself do to a site."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        make_site(shows_overdue=True)
        self.acts: dict[str, Callable[[Random], object]] = {
            name.removeprefix("act_"): getattr(self, name)
            for name in dir(self)
            if name.startswith("act_")
        }

    def do(self, name: str, number: int) -> None:
        chance = Random(number)
        self.acts[name](chance)

    # Entries --------------------------------------------------------------------------------

    def act_publish_new(self, chance: Random) -> None:
        free = sorted(set(WORDS) - set(Entry.objects.values_list("term", flat=True)))
        if free:
            self._new(chance.choice(free), chance)

    def act_schedule_new(self, chance: Random) -> None:
        free = sorted(set(WORDS) - set(Entry.objects.values_list("term", flat=True)))
        if free:
            at = timezone.now() + timedelta(hours=chance.randint(1, 5))
            self._new(chance.choice(free), chance, at=at)

    def act_change_text(self, chance: Random) -> None:
        if entry := self._published(chance):
            self._save(entry, body=self._text(chance), short_definition=f"About {chance.random()}")
            change = chance.choice(["meaning", "typo"])
            publishing.publish(entry, change=change, why="Because.")

    def act_draft_only(self, chance: Random) -> None:
        if entry := self._published(chance):
            self._save(entry, body=self._text(chance))

    def act_rename(self, chance: Random) -> None:
        free = sorted(set(WORDS) - set(Entry.objects.values_list("term", flat=True)))
        entry = self._published(chance)
        if entry and free:
            word = chance.choice(free)
            self._save(entry, term=word, slug=word)
            publishing.publish(entry, change="meaning")

    def act_schedule_change(self, chance: Random) -> None:
        entry = self._published(chance)
        if entry and entry.is_public():
            self._save(entry, body=self._text(chance))
            at = timezone.now() + timedelta(hours=chance.randint(1, 5))
            publishing.schedule(entry, at=at)

    def act_unschedule(self, chance: Random) -> None:
        waiting = Entry.objects.exclude(planned=None) | Entry.objects.scheduled()
        if entry := self._one(waiting.order_by("pk"), chance):
            publishing.unschedule(entry)

    def act_withdraw(self, chance: Random) -> None:
        if entry := self._published(chance):
            publishing.withdraw(entry)

    def act_publish_again(self, chance: Random) -> None:
        gone = Entry.objects.filter(state=Entry.State.WITHDRAWN).order_by("pk")
        if entry := self._one(gone, chance):
            publishing.publish(entry)

    def act_delete(self, chance: Random) -> None:
        if entry := self._published(chance):
            publishing.delete([entry])

    def act_review_due(self, chance: Random) -> None:
        if entry := self._published(chance):
            day = freshness.today() + timedelta(days=chance.randint(-1, 1))
            Entry.objects.filter(pk=entry.pk).update(review_due_on=day)

    def act_fail(self, chance: Random) -> None:
        """A transaction that is rolled back leaves nothing, and no page knows of it."""
        if entry := self._published(chance):
            with transaction.atomic():
                Entry.objects.filter(pk=entry.pk).update(short_definition="Never seen")
                transaction.set_rollback(True)

    # Around them ----------------------------------------------------------------------------

    def act_rename_topic(self, chance: Random) -> None:
        if topic := self._one(Topic.objects.order_by("pk"), chance):
            topics.rename(topic, name=f"{topic.name[:5]} {chance.randint(1, 9)}")

    def act_start_here(self, chance: Random) -> None:
        if row := self._one(EntryTopic.objects.order_by("pk"), chance):
            EntryTopic.objects.filter(pk=row.pk).update(position=chance.choice([None, 1, 2]))

    def act_author(self, chance: Random) -> None:
        author = self._one(Author.objects.order_by("pk"), chance) or make_author()
        author.role = f"Writes since {chance.randint(1950, 2025)}"
        author.is_visible = chance.random() > 0.2
        author.save()

    def act_compare(self, chance: Random) -> None:
        left, right = self._published(chance), self._published(chance)
        known = self._one(Comparison.objects.order_by("pk"), chance)
        if known and chance.random() < 0.5:
            known.verdict = f"Take {chance.random()}"
            known.is_published = chance.random() > 0.3
            known.save()
            Difference.objects.create(comparison=known, aspect="Price", left="1", right="2")
        elif left and right and left.language == right.language and left.pk < right.pk:
            Comparison.objects.get_or_create(left=left, right=right, is_published=True)

    def act_path(self, chance: Random) -> None:
        path, _ = LearningPath.objects.get_or_create(
            slug="first-steps", language="en", defaults={"title": "First steps"}
        )
        if entry := self._published(chance):
            if chance.random() < 0.3:
                PathStep.objects.filter(path=path, entry=entry).delete()
            else:
                PathStep.objects.get_or_create(
                    path=path, entry=entry, defaults={"position": chance.randint(1, 20)}
                )
        LearningPath.objects.filter(pk=path.pk).update(is_published=chance.random() > 0.2)

    # The site -------------------------------------------------------------------------------

    def act_settings(self, chance: Random) -> None:
        made = SiteSettings.objects.get(pk=1)
        made.tagline = f"Since {chance.randint(1950, 2025)}"
        made.shows_overdue = chance.random() > 0.3
        made.save()

    def act_offer(self, chance: Random) -> None:
        offer = self._one(Offer.objects.order_by("pk"), chance) or make_offer()
        host = self._one(Author.objects.order_by("pk"), chance)
        heading = f"Talk number {chance.randint(1, 99)}"
        Offer.objects.filter(pk=offer.pk).update(heading=heading, host=host)

    def act_promise(self, chance: Random) -> None:
        RetentionRule.objects.update_or_create(
            state="lost", defaults={"days": chance.randint(30, 300)}
        )

    def act_work(self, _: Random) -> None:
        """What the worker does, for whatever is due."""
        while message := outbox.claim():
            if message.kind.startswith("glossary."):
                outbox.run(message)
            else:
                OutboxMessage.objects.filter(pk=message.pk).update(done_at=timezone.now())

    def act_wait(self, chance: Random) -> None:
        self.clock.ahead += timedelta(hours=chance.choice([1, 2, 30]))

    # Parts ----------------------------------------------------------------------------------

    def _new(self, word: str, chance: Random, at: datetime | None = None) -> None:
        author = self._one(Author.objects.order_by("pk"), chance)
        about = chance.sample(["Data", "Tools", "People"], 2)
        entry = make_draft(
            term=word, slug=word, body=self._text(chance), author=author, topics=about
        )
        publishing.publish(entry, at=at)

    def _save(self, entry: Entry, **changed: object) -> None:
        publishing.save_draft(entry, {**revisions.newest(entry), **changed})

    def _text(self, chance: Random) -> str:
        words = " ".join(f"Some say {word}." for word in chance.sample(WORDS, 4))
        return f"## Part {chance.randint(1, 9)}\n\n{words}"

    def _published(self, chance: Random) -> Entry | None:
        published = Entry.objects.filter(state=Entry.State.PUBLISHED).order_by("pk")
        return self._one(published, chance)

    @staticmethod
    def _one(rows, chance: Random):
        found = list(rows)
        return chance.choice(found) if found else None
