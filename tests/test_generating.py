import pytest

from glossary import publishing, relinking, search
from glossary.generating import generate
from glossary.models import Entry, InternalLink, Mention, SearchDocument, TermName
from glossary.rendering import DERIVED_FIELDS

pytestmark = pytest.mark.django_db
NAME = ("text", "language", "link_key", "search_key", "slug", "is_term", "is_linked", "case_rule")
MENTION = ("target", "sentence", "start", "length", "is_link")
DOCUMENT = ("term", "aliases", "definition", "body")


def derived() -> dict[str, list]:
    """Everything that publishing makes of the entries."""
    return {
        "entries": list(Entry.objects.order_by("pk").values("pk", *DERIVED_FIELDS)),
        "names": sorted(TermName.objects.values_list("entry", *NAME)),
        "mentions": sorted(Mention.objects.values_list("source", *MENTION)),
        "links": sorted(InternalLink.objects.values_list("source", "language", "slug")),
        "documents": sorted(SearchDocument.objects.values_list("entry", *DOCUMENT)),
    }


def test_generated_entries_are_as_publishing_makes_them():
    generate(12, seed=3)
    generated = derived()
    assert [len(rows) for rows in generated.values()] == [12, 24, 78, 42, 12]
    for entry in Entry.objects.all():
        relinking.rerender(entry)
    published = derived()
    for kind, rows in generated.items():
        assert published[kind] == rows, kind


def test_generating_again_adds_the_difference_and_publishing_goes_on():
    assert (generate(5), generate(8), generate(8)) == (5, 3, 0)
    entry = Entry.objects.create(term="Warp", slug="warp", body="Text.")
    publishing.publish(entry)
    assert Entry.objects.count() == 9
    term = Entry.objects.order_by("pk")[0].term.lower()
    swapped = term[:-2] + term[-1] + term[-2]
    assert search.search(swapped, language="en").corrected_to == term
