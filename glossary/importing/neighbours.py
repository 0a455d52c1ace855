"""What stands around an imported entry: topics, other names, people, former addresses."""

from collections.abc import Iterator
from itertools import count

from django.core.exceptions import ValidationError

from authors.models import Author
from config.slugs import slugify
from glossary import topic_names
from glossary.importing.sources import Source
from glossary.models import Alias, CaseRule, Entry, EntryTopic, OldPath, Topic

LONGEST_PATH = 300


class Neighbours:
    """Topics and authors by name, made where there are none."""

    def __init__(self, *, creates_authors: bool) -> None:
        self.creates_authors = creates_authors
        self.topics = {topic_names.key_of(topic.name): topic for topic in Topic.objects.all()}
        authors = list(Author.objects.all())
        self.authors = {author.slug: author for author in authors}
        self.authors |= {author.name: author for author in authors}

    def person(self, name: str) -> tuple[Author | None, str]:
        """Return who is called `name`, by name or slug, and what to tell about it."""
        if name in self.authors:
            return self.authors[name], ""
        if not self.creates_authors:
            return None, f"no author called {name}"
        author = self.authors.get(slugify(name)) or self._new_author(name)
        self.authors[name] = author
        if author.name == name[:100]:
            return author, f"author made, not visible until you say so: {name}"
        return author, f"author taken to be {author.name}: {name}"

    def _new_author(self, name: str) -> Author:
        """Hidden: an import publishes nothing about a person."""
        slug = slugify(name) or "author"
        free = next(s for s in _numbered(slug) if s not in self.authors)
        author = Author(name=name[:100], slug=free, is_visible=False)
        author.save()
        self.authors[free] = author
        return author

    def checked(self, entry: Entry, source: Source) -> tuple[list[str], list[Alias]]:
        """Return the names of topics and the aliases of `source`. Raises ValidationError."""
        for name in source.topics:
            Topic(name=name).clean_fields(exclude=["slug"])
        default = CaseRule.AUTO.value
        rules = source.case_rules
        aliases = [
            Alias(entry=entry, name=name, case_rule=rules.get(name, default))
            for name in source.aliases
        ]
        for alias in aliases:
            alias.clean_fields(exclude=["entry"])
        too_long = [path for path in source.old_paths if len(path) > LONGEST_PATH]
        if too_long:
            raise ValidationError(f"its former address is too long: {too_long[0][:60]}…")
        return source.topics, aliases

    def with_rules(self, entry: Entry, aliases: list[Alias]) -> list[Alias]:
        """Let aliases that stay keep the rule on capitals that editors gave them."""
        stored = {alias.name: alias.case_rule for alias in entry.aliases.all()}
        for alias in aliases:
            if alias.case_rule == CaseRule.AUTO:
                alias.case_rule = stored.get(alias.name, alias.case_rule)
        return aliases

    def store(
        self,
        entry: Entry,
        source: Source,
        topics: list[str],
        aliases: list[Alias],
        *,
        is_new: bool,
    ) -> None:
        """Store what surrounds `entry`, which has just been stored itself."""
        self._store_aliases(entry, aliases, is_new=is_new)
        # Last: a topic made before an error would be rolled back and remembered all the same.
        rows = [self._topic(name) for name in topics]
        if not is_new:
            # A place under “Start here” stays.
            entry.memberships.exclude(tag__in=rows).delete()
        EntryTopic.objects.bulk_create(
            [EntryTopic(tag=topic, content_object=entry) for topic in rows],
            ignore_conflicts=True,
        )
        self._store_old_paths(entry, source)

    def _store_aliases(self, entry: Entry, aliases: list[Alias], *, is_new: bool) -> None:
        stored = [] if is_new else list(entry.aliases.all())
        if [(a.name, a.case_rule) for a in stored] == [(a.name, a.case_rule) for a in aliases]:
            return
        if stored:
            entry.aliases.all().delete()
        for alias in aliases:
            alias.entry = entry
        Alias.objects.bulk_create(aliases)

    def _store_old_paths(self, entry: Entry, source: Source) -> None:
        """Let former addresses lead here; a live page at one of them wins in any case."""
        ours = entry.get_absolute_url().rstrip("/") if source.old_paths else ""
        paths = [OldPath(path=path, entry=entry) for path in source.old_paths if path != ours]
        paths += [
            OldPath(path=path, topic=self._topic(name))
            for path, name in source.topic_paths.items()
            if name in source.topics
        ]
        if paths:
            OldPath.objects.bulk_create(paths, ignore_conflicts=True)

    def _topic(self, name: str) -> Topic:
        """The topic of that name, whatever it is called by now; made if there is none."""
        key = topic_names.key_of(name)
        if key not in self.topics:
            topic = topic_names.called([name]).get(name) or Topic(name=name)
            if topic.pk is None:
                topic.save()
            self.topics[key] = topic
        return self.topics[key]


def _numbered(slug: str) -> Iterator[str]:
    """`slug`, then with a number, for as many namesakes as there may be."""
    yield slug
    yield from (f"{slug[:90]}-{number}" for number in count(2))
