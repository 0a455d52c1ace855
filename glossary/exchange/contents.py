"""What an entry says in words that hold on any site: names and addresses instead of keys."""

import hashlib
import json
from collections.abc import Iterable, Iterator

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from authors.models import Author
from glossary import calls
from glossary.exchange.pages import Page
from glossary.models import Entry, RelatedEntry
from glossary.revisions import Snapshot, snapshot_of

PLAIN = (
    *("term", "slug", "language", "case_rule", "title_override", "short_definition"),
    *("seo_title", "seo_description", "links_terms", "is_linked_to", "body"),
)
BATCH = 500
"""Entries that are read together."""
_DERIVED = ("body_html", "plain_text", "contents", "anchors", "public_topics", "public_aliases")


class Contents:
    """Reads what entries say; people and offers are read once."""

    def __init__(self) -> None:
        people = Author.objects.values_list("pk", "slug", "name")
        self.people = {pk: {"slug": slug, "name": name} for pk, slug, name in people}
        self.offers = {offer["id"]: offer["slug"] for offer in calls.offers()}

    def of_entry(self, entry: Entry) -> Page:
        """What readers see of `entry`, or would see if it were published as it stands."""
        addresses = {
            related.other_id: f"{related.other.language}/{related.other.slug}"
            for related in entry.related_entries.all()
        }
        page = self.of_snapshot(snapshot_of(entry), addresses)
        if entry.reviewed_on:
            page["reviewed_on"] = entry.reviewed_on.isoformat()
        return page

    def of_snapshot(self, snapshot: Snapshot, addresses: dict[int, str]) -> Page:
        """What a version says; `addresses` are those of entries by their keys."""
        page: Page = {name: snapshot[name] for name in PLAIN}
        page["topics"] = sorted(snapshot["topics"])
        page["aliases"] = list(snapshot["aliases"])
        page |= {
            name: self.people[snapshot[name]]
            for name in ("author", "reviewer")
            if snapshot[name] in self.people
        }
        if snapshot["offer"] in self.offers:
            page["offer"] = self.offers[snapshot["offer"]]
        related = sorted(snapshot["related"], key=lambda each: each["position"])
        page["related"] = [addresses[r["entry"]] for r in related if r["entry"] in addresses]
        return page


def digest(page: Page) -> str:
    """Return what is equal for equal contents, whatever the state and the dates."""
    names = (*PLAIN, "topics", "aliases", "offer", "related", "reviewed_on")
    said = [page.get(name) for name in names]
    people = [page.get(name, {}).get("slug") for name in ("author", "reviewer")]
    plain = json.dumps([said, people], ensure_ascii=False, default=str)
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def in_batches(entries: QuerySet[Entry]) -> Iterator[list[Entry]]:
    """Yield all of `entries` with what `Contents` reads of them; six queries a batch.

    Their keys are remembered, their texts only while a batch is at hand.
    """
    keys = list(entries.values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        rows = Entry.objects.defer(*_DERIVED).select_related("draft")
        found = rows.in_bulk(keys[start : start + BATCH])
        batch = [found[key] for key in keys[start : start + BATCH] if key in found]
        prefetch(batch)
        yield batch
        forget(batch)


def prefetch(batch: list[Entry]) -> None:
    others = Entry.objects.only("slug", "language")
    chosen = RelatedEntry.objects.filter(is_chosen=True).prefetch_related(
        Prefetch("other", queryset=others)
    )
    prefetch_related_objects(
        batch, "topics", "aliases", Prefetch("related_entries", queryset=chosen)
    )


def forget(batch: Iterable[Entry]) -> None:
    """Let the rows of a batch go: what was prefetched refers back to them, in circles."""
    for entry in batch:
        getattr(entry, "_prefetched_objects_cache", {}).clear()


def addresses_of(keys: Iterable[int]) -> dict[int, str]:
    """The address within the glossary ("en/webhook") of each entry with one of `keys`."""
    rows = Entry.objects.filter(pk__in=set(keys)).values_list("pk", "language", "slug")
    return {pk: f"{language}/{slug}" for pk, language, slug in rows}
