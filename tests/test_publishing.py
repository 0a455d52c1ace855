from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from config import markdown, outbox
from config.fields import RenderedField
from config.models import OutboxMessage
from glossary import publishing, relinking, rendering
from glossary.models import Entry, InternalLink, OldSlug, SearchDocument, Topic
from tests.factories import make_author, make_draft, make_entry, make_offer, make_site

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(days=30), NOW + timedelta(days=3)


def stored(entry: Entry) -> Entry:
    return Entry.objects.get(pk=entry.pk)


def work_off(now: datetime | None = None) -> None:
    while message := outbox.claim(now):
        assert outbox.run(message)


def rename(entry: Entry, slug: str) -> None:
    old_address = entry.language, entry.slug
    entry.slug = slug
    entry.save(update_fields=["slug"])
    publishing.rename(entry, old_address=old_address)


# Publish ------------------------------------------------------------------------------------


def test_publishing_stores_everything_that_readers_see():
    entry = make_draft(
        term="Warp",
        body="A *group* of threads.\n\n## Size\n\n" + "word " * 440,
        topics=["Hardware", "CUDA"],
        aliases=["Wavefront", "Subgroup"],
    )
    assert (stored(entry).body_html, stored(entry).renderer_version) == ("", 0)
    publishing.publish(entry)
    shown = stored(entry)
    assert shown.body_html.startswith("<p>A <em>group</em> of threads.</p>")
    assert shown.contents == [{"id": "size", "title": "Size", "children": []}]
    assert shown.plain_text.startswith("A group of threads.\nSize\nword word")
    assert shown.reading_minutes == 3
    assert shown.public_topics == [
        {"name": "CUDA", "slug": "cuda"},
        {"name": "Hardware", "slug": "hardware"},
    ]
    assert shown.public_aliases == ["Wavefront", "Subgroup"]
    assert shown.renderer_version == markdown.RENDERER_VERSION
    assert SearchDocument.objects.get(entry=entry).aliases.casefold() == "wavefront\nsubgroup"


@pytest.mark.parametrize(
    ("words", "minutes"), [(0, 1), (1, 1), (220, 1), (221, 2), (440, 2), (441, 3)]
)
def test_reading_takes_a_minute_for_220_words(words, minutes):
    assert rendering.reading_minutes("word " * words) == minutes


@pytest.mark.parametrize(
    ("kept", "at", "published_at", "updated_at"),
    [
        (None, None, NOW, NOW),
        (None, EARLIER, EARLIER, EARLIER),
        (None, LATER, LATER, LATER),
        (EARLIER, None, EARLIER, EARLIER),
        (EARLIER, LATER, LATER, LATER),
    ],
)
def test_first_publication_is_no_update(kept, at, published_at, updated_at):
    entry = make_draft(published_at=kept)
    publishing.publish(entry, at=at, now=NOW)
    assert (stored(entry).published_at, stored(entry).updated_at) == (published_at, updated_at)


@pytest.mark.parametrize(
    ("at", "published_at", "updated_at"),
    [(None, EARLIER, NOW), (LATER, LATER, LATER), (NOW, NOW, NOW)],
)
def test_publishing_again_moves_the_update(at, published_at, updated_at):
    entry = make_draft()
    publishing.publish(entry, at=EARLIER, now=EARLIER)
    publishing.publish(entry, at=at, now=NOW)
    assert (stored(entry).published_at, stored(entry).updated_at) == (published_at, updated_at)


def test_scheduled_entry_is_public_from_its_date_on():
    entry = make_draft()
    publishing.publish(entry, at=LATER, now=NOW)
    before = LATER - timedelta(seconds=1)
    assert list(Entry.objects.published(before)) == []
    assert list(Entry.objects.scheduled(before)) == [entry]
    assert list(Entry.objects.published(LATER)) == [entry]
    assert list(Entry.objects.scheduled(LATER)) == []
    assert [stored(entry).is_public(at) for at in (before, LATER)] == [False, True]


@pytest.mark.parametrize(("at", "due_at"), [(None, NOW), (EARLIER, NOW), (LATER, LATER)])
def test_links_to_an_entry_are_due_when_it_appears(at, due_at):
    entry = make_draft()
    publishing.publish(entry, at=at, now=NOW)
    message = OutboxMessage.objects.get(kind="glossary.relink")
    assert (message.payload, message.due_at) == ({"entries": [entry.pk]}, due_at)
    others = OutboxMessage.objects.exclude(pk=message.pk)
    # Webhooks are told of an appearance that is still to come.
    told_later = [("glossary.tell_webhooks", LATER)] if due_at == LATER else []
    assert list(others.values_list("kind", "due_at")) == told_later


@pytest.mark.parametrize("is_public", [True, False])
def test_publishing_succeeds_whole_or_not_at_all(settings, is_public):
    entry = make_draft(body="See [warp](/glossary/warp/).")
    if not is_public:
        settings.OUTBOX_HANDLERS = {}  # the outbox refuses the last write
    try:
        publishing.publish(entry)
    except outbox.UnknownKind:
        assert not is_public
    assert (stored(entry).state == "published") == is_public
    assert (stored(entry).body_html != "") == is_public
    assert InternalLink.objects.exists() == is_public
    assert SearchDocument.objects.exists() == is_public
    assert OutboxMessage.objects.exists() == is_public


def test_withdrawing_hides_and_keeps_the_text():
    entry = make_entry(body="Hard to write.", aliases=["Wavefront"], topics=["CUDA"])
    assert list(Entry.objects.published()) == [entry]
    publishing.withdraw(entry)
    assert list(Entry.objects.published()) == []
    assert SearchDocument.objects.count() == 0
    kept = stored(entry)
    assert (kept.state, kept.body) == ("withdrawn", "Hard to write.")
    assert [a.name for a in kept.aliases.all()] == ["Wavefront"]
    assert [t.name for t in kept.topics.all()] == ["CUDA"]


# Rename -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slugs", "leads_to"),
    [
        ("ab", {"a": "b"}),
        ("abc", {"a": "c", "b": "c"}),
        ("aba", {"b": "a"}),
        ("abab", {"a": "b"}),
        ("abca", {"b": "a", "c": "a"}),
    ],
)
def test_every_old_address_leads_to_the_present_one_in_one_hop(client, slugs, leads_to):
    entry = make_entry(slug=slugs[0])
    for slug in slugs[1:]:
        rename(entry, slug)
    for old, new in leads_to.items():
        response = client.get(f"/glossary/{old}/")
        assert (response.status_code, response.url) == (301, f"/glossary/{new}/")
    assert client.get(f"/glossary/{slugs[-1]}/").status_code == 200
    assert OldSlug.objects.count() == len(leads_to)


def test_old_address_of_a_hidden_entry_leads_nowhere(client):
    entry = make_entry(slug="a")
    rename(entry, "b")
    assert client.get("/glossary/a/").status_code == 301
    publishing.withdraw(entry)
    assert client.get("/glossary/a/").status_code == 410
    publishing.delete([entry])
    assert client.get("/glossary/a/").status_code == 404


def test_two_entries_can_swap_their_addresses(client):
    one, other = make_entry(term="One", slug="a"), make_entry(term="Other", slug="b")
    rename(one, "c")
    rename(other, "a")
    rename(one, "b")
    headings = {slug: client.get(f"/glossary/{slug}/").context["entry"].term for slug in "ab"}
    assert headings == {"a": "Other", "b": "One"}
    assert client.get("/glossary/c/").url == "/glossary/b/"


def test_live_entry_wins_over_an_old_address(client):
    rename(make_entry(term="Moved", slug="a"), "b")
    newcomer = make_draft(term="Newcomer", slug="a")
    assert client.get("/glossary/a/").status_code == 301
    publishing.publish(newcomer)
    assert client.get("/glossary/a/").context["entry"] == newcomer
    publishing.withdraw(newcomer)
    assert client.get("/glossary/a/").url == "/glossary/b/"


# Links follow -------------------------------------------------------------------------------


def test_links_follow_what_becomes_of_their_target():
    target = make_draft(slug="warp")
    source = make_entry(body="A [warp](/glossary/warp/#size) runs.")

    def shown() -> str:
        work_off()
        return stored(source).body_html.strip()

    assert shown() == "<p>A warp runs.</p>"
    publishing.publish(target)
    assert shown() == '<p>A <a href="/glossary/warp/#size" class="term">warp</a> runs.</p>'
    rename(target, "wavefront")
    assert shown() == '<p>A <a href="/glossary/wavefront/#size" class="term">warp</a> runs.</p>'
    publishing.withdraw(target)
    assert shown() == "<p>A warp runs.</p>"
    publishing.publish(target)
    assert shown() == '<p>A <a href="/glossary/wavefront/#size" class="term">warp</a> runs.</p>'


def test_links_follow_an_entry_into_another_language():
    target = make_entry(slug="warp")
    source = make_entry(body="A [warp](/glossary/warp/) runs.")
    target.language = "pt"
    target.save(update_fields=["language"])
    publishing.rename(target, old_address=("en", "warp"))
    work_off()
    there = '<p>A <a href="/pt/glossary/warp/" class="term">warp</a> runs.</p>'
    assert stored(source).body_html.strip() == there


@pytest.mark.parametrize("is_stored_before", [True, False], ids=["by form", "by argument"])
def test_links_to_a_public_entry_are_dropped_when_it_is_postponed(is_stored_before):
    target = make_entry(slug="warp")
    source = make_entry(body="A [warp](/glossary/warp/) runs.")
    work_off()
    assert "<a " in stored(source).body_html
    tomorrow = timezone.now() + timedelta(days=1)
    if is_stored_before:
        target.published_at = tomorrow
        target.save(update_fields=["published_at"])
    publishing.publish(target, at=None if is_stored_before else tomorrow)
    work_off()
    assert stored(source).body_html.strip() == "<p>A warp runs.</p>"


def test_relinking_changes_only_published_sources_and_no_date():
    target = make_draft(slug="warp")
    link = "A [warp](/glossary/warp/) runs."
    source, hidden = make_entry(body=link, at=EARLIER), make_entry(body=link, at=EARLIER)
    publishing.withdraw(hidden)
    dates = stored(source).published_at, stored(source).updated_at
    publishing.publish(target)
    work_off()
    assert (stored(source).published_at, stored(source).updated_at) == dates
    assert [stored(source).state, stored(hidden).state] == ["published", "withdrawn"]
    assert stored(hidden).body_html.strip() == "<p>A warp runs.</p>"
    assert SearchDocument.objects.filter(entry=hidden).exists() is False


def test_relinking_for_a_deleted_entry_does_nothing():
    entry = make_entry()
    entry.delete()
    work_off()
    assert OutboxMessage.objects.failed().count() == 0


def test_renamed_topic_is_shown_on_its_published_entries():
    public = make_entry(topics=["CUDA", "Hardware"])
    draft, other = make_draft(topics=["CUDA"]), make_entry(topics=["Hardware"])
    before = stored(other).public_topics
    topic = Topic.objects.get(name="CUDA")
    topic.name, topic.slug = "GPU computing", "gpu-computing"
    topic.save()
    publishing.renew_topics([entry.pk for entry in Entry.objects.about(topic)])
    assert stored(public).public_topics == [
        {"name": "GPU computing", "slug": "gpu-computing"},
        {"name": "Hardware", "slug": "hardware"},
    ]
    assert (stored(draft).public_topics, stored(other).public_topics) == ([], before)


# Render again -------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "again"), [([], {"old"}), (["--all"], {"old", "fresh"})])
def test_rerender_renews_old_renderings_and_no_date(options, again, capsys):
    entries = {slug: make_entry(slug=slug, at=EARLIER) for slug in ("old", "fresh")}
    entries["draft"] = make_draft(slug="draft")
    dates = {slug: (stored(e).published_at, stored(e).updated_at) for slug, e in entries.items()}
    Entry.objects.update(body_html="<p>Stale</p>")
    Entry.objects.filter(slug="old").update(renderer_version=markdown.RENDERER_VERSION - 1)
    call_command("rerender", *options)
    assert capsys.readouterr().out == f"{len(again)} entries and 0 other texts rendered\n"
    renewed = {slug for slug, e in entries.items() if stored(e).body_html != "<p>Stale</p>"}
    assert renewed == again
    assert dates == {
        slug: (stored(e).published_at, stored(e).updated_at) for slug, e in entries.items()
    }
    assert stored(entries["old"]).renderer_version == markdown.RENDERER_VERSION


def test_rerender_renews_every_other_text_that_is_kept_as_html(capsys):
    author = make_author(biography="Writes *well*.")
    offer = make_offer(description="Ask *us*.")
    home = make_site(home_body="Read *on*.")
    for row in (author, offer, home):
        fields = [f.name for f in row._meta.fields if isinstance(f, RenderedField)]
        type(row).objects.update(**dict.fromkeys(fields, "<p>Stale</p>"))
    call_command("rerender")
    assert capsys.readouterr().out == "0 entries and 3 other texts rendered\n"
    author.refresh_from_db()
    offer.refresh_from_db()
    home.refresh_from_db()
    assert author.biography_html == "<p>Writes <em>well</em>.</p>\n"
    assert offer.description_html == "<p>Ask <em>us</em>.</p>\n"
    assert home.home_body_html == "<p>Read <em>on</em>.</p>\n"


def test_publishing_shows_what_is_stored_and_not_what_was_loaded_before():
    stale = make_draft(body="Old.")
    Entry.objects.update(body="New.")
    publishing.publish(stale)
    assert (stored(stale).body, stored(stale).body_html) == ("New.", "<p>New.</p>\n")


def test_rendering_again_does_not_bring_back_what_was_withdrawn_meanwhile():
    stale = make_entry()
    publishing.withdraw(Entry.objects.get())
    relinking.rerender(stale)
    assert (stored(stale).state, SearchDocument.objects.count()) == ("withdrawn", 0)
