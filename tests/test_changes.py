"""What readers are told of a new version, and that nothing else moves."""

from datetime import UTC, datetime, timedelta

import pytest

from glossary import publishing, revisions
from glossary.models import Entry
from tests.factories import make_entry, make_offer

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
EARLIER = datetime(2026, 1, 10, 9, tzinfo=UTC)


def changed(entry: Entry, body: str, *, at: datetime = NOW, **how) -> None:
    publishing.save_draft(entry, {**revisions.newest(entry), "body": body}, now=at)
    publishing.publish(entry, now=at, **how)


def page(client, entry: Entry) -> str:
    return client.get(entry.get_absolute_url()).content.decode()


def test_the_page_tells_what_has_changed_and_why(client):
    entry = make_entry(at=EARLIER)
    assert "What has changed" not in page(client, entry)
    changed(entry, "One.", change="clarification", why="Said <plainly>.")
    changed(entry, "Two.", at=NOW + timedelta(days=1), change="typo", why="Not of interest")
    changed(entry, "Three.", at=NOW + timedelta(days=2), change="meaning")
    shown = page(client, entry)
    lines = shown[
        shown.index("What has changed") : shown.index("</details>", shown.index("What has"))
    ]
    assert "Not of interest" not in lines
    assert lines.index("March 4, 2026") < lines.index("March 2, 2026")
    assert "The meaning was described anew." in lines
    assert "Said &lt;plainly&gt;." in lines


@pytest.mark.parametrize(("change", "moves"), [("typo", False), ("clarification", True)])
def test_dates_for_machines_move_with_what_matters_only(client, change, moves):
    entry = make_entry(term="Webhook", at=EARLIER)
    places = ["/sitemap-entries.xml", "/feed/", "/glossary/webhook/"]

    def dates() -> list[bool]:
        found = [client.get(path).content.decode() for path in places]
        article = found[2]
        modified = article[article.index('"dateModified":') :][:40]
        return ["2026-03-02" in text for text in (found[0], found[1], modified)]

    assert dates() == [False, False, False]
    changed(entry, "News.", change=change)
    assert dates() == [moves, moves, moves]


def test_an_entry_shows_its_own_offer_or_the_default_one(client):
    make_offer(name="Default", heading="Want to automate?")
    own = make_offer(name="Audit", slug="audit", heading="Want an audit?", is_default=False)
    entry = make_entry(offer=own.pk)
    assert (
        "Want an audit?" in page(client, entry),
        "Want to automate?" in page(client, entry),
    ) == (
        True,
        False,
    )
    own.is_active = False
    own.save()
    assert "Want to automate?" in page(client, entry)


def test_times_are_written_as_machines_read_them(client):
    entry = make_entry(at=datetime(2026, 1, 10, 9, 5, 7, 123456, tzinfo=UTC))
    assert '<time datetime="2026-01-10T09:05:07+00:00">' in page(client, entry)


def test_nobody_is_told_of_a_change_that_was_taken_back_before_its_date():
    entry = make_entry(at=EARLIER)
    publishing.withdraw(entry, now=EARLIER)
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "One."}, now=EARLIER)
    soon = datetime.now(UTC) + timedelta(days=1)
    publishing.schedule(entry, at=soon, change="meaning", why="A secret.")
    publishing.unschedule(entry)
    changed(entry, "Two.", change="meaning")
    assert not entry.revisions.told(soon + timedelta(days=1)).filter(why="A secret.").exists()
