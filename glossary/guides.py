"""Which comparisons and learning paths readers may see, and which comparison an address means."""

from collections.abc import Iterator

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils.translation import gettext

from config import seo
from config.sanitising import plain
from config.slugs import MAX_LENGTH
from glossary.models import (
    Comparison,
    Entry,
    EntryQuerySet,
    LearningPath,
    OldSlug,
    PathStep,
    Topic,
)
from glossary.models.entries import is_public
from glossary.models.guides import ComparisonQuerySet, LearningPathQuerySet

BETWEEN = "-vs-"
_LONG_COLUMNS = [
    f"{side}__{name}"
    for side in ("left", "right")
    for name in ("body", "body_html", "plain_text", "contents", "anchors")
]

Pair = tuple[str, str]
"""The slugs of the first and the second entry."""


def comparisons() -> ComparisonQuerySet:
    """Public comparisons of every language with their entries, whose texts are left out."""
    return Comparison.objects.published().with_entries().defer(*_LONG_COLUMNS)


def paths() -> LearningPathQuerySet:
    """Public paths of every language.

    Each has the number of its public steps as `step_count`, the `minutes` of
    reading in them and their latest update as `steps_updated_at`.
    """
    public = is_public("steps__entry__")
    counted = LearningPath.objects.published().annotate(
        step_count=Count("steps", filter=public),
        minutes=Sum("steps__entry__reading_minutes", filter=public),
        steps_updated_at=Max("steps__entry__updated_at", filter=public),
    )
    # Grouping has dropped the order of the model.
    return counted.order_by("title", "pk")


def steps(path: LearningPath) -> QuerySet[PathStep]:
    """The public steps of `path` in their order, with their entries."""
    long = ("entry__body", "entry__body_html", "entry__plain_text")
    found = PathStep.objects.filter(is_public("entry__"), path=path)
    return found.select_related("entry").defer(*long, "entry__contents", "entry__anchors")


def first_entries(topic: Topic) -> EntryQuerySet:
    """The public entries under “Start here” on the topic's page, in the editors' order."""
    chosen = Entry.objects.published().filter(
        memberships__tag=topic, memberships__position__isnull=False
    )
    return chosen.order_by("memberships__position", "sort_key", "pk").for_lists()


def heading(comparison: Comparison) -> str:
    """What the page of `comparison` is called in the language of its address."""
    names = {"left": comparison.left.term, "right": comparison.right.term}
    return gettext("%(left)s vs %(right)s") % names


def description(comparison: Comparison) -> str:
    """One line of at most 155 characters for search engines and previews."""
    introduction = plain(comparison.introduction_html)
    definition = comparison.left.short_definition
    return seo.description(
        comparison.seo_description, introduction, definition, heading(comparison)
    )


def address(comparison: Comparison) -> str:
    """The last part of the only address at which `comparison` is shown."""
    return f"{comparison.left.slug}{BETWEEN}{comparison.right.slug}"


def comparison_at(written: str, *, language: str) -> Comparison | None:
    """Return the public comparison that the address part `written` names, now or once.

    Its present address wins, then the reverse order, then addresses with old
    slugs. One query, three for an address that is not a present one.
    """
    pairs = list(splits(written))
    public = comparisons().in_language(language)
    by_slugs = Q(pk=None)
    for first, second in pairs:
        by_slugs |= Q(left__slug=first, right__slug=second)
        by_slugs |= Q(left__slug=second, right__slug=first)
    found = list(public.filter(by_slugs).order_by("pk"))
    if found:
        return min(found, key=lambda each: address(each) != written)
    keys = _entries_called({slug for pair in pairs for slug in pair}, language=language)
    by_keys = Q(pk=None)
    for first, second in pairs:
        by_keys |= Q(left__in=keys[first], right__in=keys[second])
        by_keys |= Q(left__in=keys[second], right__in=keys[first])
    return public.filter(by_keys).order_by("pk").first()


def splits(written: str) -> Iterator[Pair]:
    """Yield the pairs of slugs that `written` can mean: slugs may hold "-vs-" themselves."""
    if len(written) > 2 * MAX_LENGTH + len(BETWEEN):
        return
    start = written.find(BETWEEN)
    while start > 0:
        pair = written[:start], written[start + len(BETWEEN) :]
        if all(0 < len(slug) <= MAX_LENGTH for slug in pair):
            yield pair
        start = written.find(BETWEEN, start + 1)


def _entries_called(slugs: set[str], *, language: str) -> dict[str, set[int]]:
    """Return by slug the keys of the entries that have it or once had it; two queries."""
    keys: dict[str, set[int]] = {slug: set() for slug in slugs}
    # In no order: SQLite would go through all entries in theirs.
    live = Entry.objects.published().in_language(language).filter(slug__in=slugs).order_by()
    old = OldSlug.objects.filter(language=language, slug__in=slugs)
    for slug, key in [*live.values_list("slug", "pk"), *old.values_list("slug", "entry")]:
        keys[slug].add(key)
    return keys
