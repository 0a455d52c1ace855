"""The pages beside an entry's form, however many versions there are and whatever is asked for."""

import pytest

from glossary import publishing, revisions
from glossary.models import Revision
from tests.desk import change, notices
from tests.factories import make_draft, make_entry

pytestmark = pytest.mark.django_db


def test_versions_are_shown_page_by_page(admin_client, django_assert_num_queries):
    entry = make_entry()
    said = revisions.snapshot_of(entry)
    Revision.objects.bulk_create(
        Revision(entry=entry, number=number, snapshot=said) for number in range(2, 252)
    )
    path = change(entry).replace("change/", "versions/")
    with django_assert_num_queries(8):
        admin_client.get(path)
    pages = [admin_client.get(f"{path}?page={page}").content.decode() for page in (1, 3, "x")]
    assert [page.count('name="old"') for page in pages[:2]] == [100, 51]
    assert pages[2].count('name="old"') == 100
    assert ["Older versions" in page for page in pages[:2]] == [True, False]


@pytest.mark.parametrize("key", ["x", "1_2F", "-1", "9" * 30])
def test_an_address_without_an_entry_has_no_history(admin_client, key):
    response = admin_client.get(f"/admin/glossary/entry/{key}/history/", follow=True)
    assert response.status_code == 404


def test_a_comparison_of_many_lines_shows_the_first_and_says_so(admin_client):
    entry = make_entry()
    said = revisions.snapshot_of(entry)
    for number, word in ((2, "a"), (3, "b")):
        body = "\n".join(f"{word}{line}" for line in range(3_000))
        Revision.objects.create(entry=entry, number=number, snapshot={**said, "body": body})
    path = change(entry).replace("change/", "compare/")
    page = admin_client.get(path, {"old": 2, "new": 3}).content.decode()
    assert page.count('<tr class="changed">') == 2_000
    assert "These are the first 2,000 lines; more of them differ." in page


def test_a_version_whose_address_is_taken_is_not_restored_and_says_why(admin_client):
    entry = make_draft(term="Alpha", slug="alpha")
    publishing.save_draft(entry, revisions.newest(entry), note="The first.")
    publishing.save_draft(entry, {**revisions.newest(entry), "term": "Beta", "slug": "beta"})
    make_draft(term="Alpha", slug="alpha")
    path = change(entry).replace("change/", "versions/1/restore/")
    (said,) = notices(admin_client, admin_client.post(path))
    assert said == (
        "Another entry in this language has this address. There is already an entry about this "
        "term. Nothing was restored."
    )
    entry.refresh_from_db()
    assert (entry.slug, entry.revisions.count()) == ("beta", 2)
