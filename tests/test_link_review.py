"""The links that a text makes by itself, and what editors decide about them."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from config.models import OutboxMessage
from glossary import link_review, publishing, relinking, revisions
from glossary.linking import Passed
from glossary.models import Entry, LinkDecision, Mention
from tests.desk import work
from tests.factories import make_draft, make_entry, make_staff

pytestmark = pytest.mark.django_db

BODY = """A robot works with an API. The robot is tireless.

## What an API is

Ask [the port](/glossary/port/) about `cable`, or the cloud. <kbd>Lamp</kbd> and pod.
"""


def make_targets():
    names = ["Robot", "API", "Port", "Cable", "Lamp"]
    made = {name: make_entry(term=name) for name in names}
    made["Cloud"] = make_entry(term="Cloud", is_linked_to=False)
    return made


def reviewed(entry, **changes):
    return link_review.links_of({**revisions.newest(entry), **changes}, entry)


def made(entry, **changes) -> list[str]:
    return [link.term for link in reviewed(entry, **changes) if link.passed is None]


def passed(entry, **changes) -> list[tuple[str, Passed, int]]:
    found = reviewed(entry, **changes)
    return [(link.term, link.passed, link.times) for link in found if link.passed]


def links_in(entry) -> list[str]:
    entry.refresh_from_db()
    return [
        name
        for name in ("robot", "api", "port", "cloud")
        if f'href="/glossary/{name}/' in entry.body_html
    ]


def test_links_are_those_of_the_page_with_their_sentences():
    make_targets()
    entry = make_entry(term="Pod", body=BODY)

    first, second = (link for link in reviewed(entry) if link.passed is None)

    assert (first.before, first.words, first.after) == ("A ", "robot", " works with an API.")
    assert (second.term, second.path, second.is_wanted) == ("API", "/glossary/api/", None)
    assert links_in(entry) == ["robot", "api", "port"]


def test_mentions_without_a_link_say_why():
    make_targets()
    make_entry(term="Light", aliases=["lamp post"])
    make_entry(term="Street", aliases=["lamp post"])
    entry = make_entry(term="Pod", body=BODY + "\nA lamp post, and another lamp post.\n")

    assert passed(entry) == [
        ("Robot", Passed.SECOND, 1),
        ("API", Passed.SECOND, 1),
        ("Cloud", Passed.NOT_LINKED, 1),
        ("Lamp", Passed.LEFT_ALONE, 1),
        ("", Passed.CLAIMED, 2),
    ]


def test_a_text_that_links_no_terms_mentions_them():
    make_targets()
    entry = make_draft(term="Pod", body="A robot.", links_terms=False)

    assert (made(entry), passed(entry)) == ([], [("Robot", Passed.OFF, 1)])


def test_the_newest_draft_is_reviewed_not_what_readers_see():
    make_targets()
    entry = make_entry(term="Pod", body="A robot.")
    make_entry(term="Machine", aliases=["bot"])
    snapshot = {**revisions.newest(entry), "body": "An API.", "aliases": [{"name": "bot"}]}
    entry.draft = revisions.record(entry, snapshot)

    assert made(entry) == ["API"]
    assert made(entry, body="A bot and an API.") == ["API"]
    assert made(entry, body="A bot and an API.", aliases=[]) == ["Machine", "API"]


def test_a_refused_link_is_a_mention_and_stays_one():
    targets = make_targets()
    entry = make_entry(term="Pod", body=BODY)
    updated_at = entry.updated_at

    link_review.decide(entry, target=targets["Robot"], is_wanted=False, by=make_staff("publisher"))

    assert links_in(entry) == ["api", "port"]
    assert entry.updated_at == updated_at
    assert (made(entry), passed(entry)[0]) == (["API"], ("Robot", Passed.REFUSED, 1))
    assert Mention.objects.get(source=entry, target=targets["Robot"]).is_link is False
    for act in (publishing.publish, relinking.rerender):
        act(entry)
        assert links_in(entry) == ["api", "port"]
    publishing.withdraw(targets["Robot"])
    publishing.publish(targets["Robot"])
    work()
    assert links_in(entry) == ["api", "port"]
    relinking.rerender_all([entry.pk] * 20)
    assert links_in(entry) == ["api", "port"]


def test_a_refusal_counts_for_its_text_alone():
    targets = make_targets()
    one, other = (make_entry(term=term, body="A robot.") for term in ("Pod", "Bay"))

    link_review.decide(one, target=targets["Robot"], is_wanted=False)

    assert (links_in(one), links_in(other)) == ([], ["robot"])


def test_a_decision_is_changed_and_taken_back():
    targets = make_targets()
    robot = targets["Robot"]
    entry = make_entry(term="Pod", body="A robot.")

    for is_wanted, links in ((False, []), (True, ["robot"]), (False, []), (None, ["robot"])):
        link_review.decide(entry, target=robot, is_wanted=is_wanted)
        assert links_in(entry) == links
        decided = LinkDecision.objects.filter(source=entry)
        assert list(decided.values_list("is_wanted", flat=True)) == (
            [] if is_wanted is None else [is_wanted]
        )


def test_a_draft_s_decision_waits_for_its_publication():
    targets = make_targets()
    entry = make_draft(term="Pod", body="A robot and an API.")

    link_review.decide(entry, target=targets["Robot"], is_wanted=False)

    assert links_in(entry) == []
    publishing.publish(entry)
    assert links_in(entry) == ["api"]


def test_a_decision_that_is_not_to_show_yet_leaves_the_page():
    targets = make_targets()
    entry = make_entry(term="Pod", body="A robot.")

    link_review.decide(entry, target=targets["Robot"], is_wanted=False, shows=False)

    assert links_in(entry) == ["robot"]
    publishing.publish(entry)
    assert links_in(entry) == []


@pytest.mark.parametrize("count", [2, 25])
def test_never_anywhere_takes_the_links_out_of_all_texts_and_moves_no_date(count):
    robot = make_entry(term="Robot")
    entries = [make_entry(term=f"Pod {n}", body="A robot.") for n in range(count)]
    dates = list(Entry.objects.order_by("pk").values_list("updated_at", flat=True))

    link_review.link_everywhere(robot, is_wanted=False)
    work()

    assert [links_in(entry) for entry in entries] == [[]] * count
    assert not Entry.objects.get(pk=robot.pk).is_linked_to
    assert list(Entry.objects.order_by("pk").values_list("updated_at", flat=True)) == dates
    link_review.link_everywhere(robot, is_wanted=True)
    work()
    assert [links_in(entry) for entry in entries] == [["robot"]] * count


def test_versions_to_come_say_the_same_and_keep_their_schedule():
    robot = make_entry(term="Robot")
    entry = make_entry(term="Pod", body="A robot.")
    soon = timezone.now() + timedelta(days=1)
    publishing.save_draft(robot, {**revisions.newest(robot), "short_definition": "Planned."})
    publishing.schedule(robot, at=soon, change="clarification", why="Said better.")
    publishing.save_draft(robot, {**revisions.newest(robot), "short_definition": "Later."})

    link_review.link_everywhere(robot, is_wanted=False)

    robot.refresh_from_db()
    versions = robot.draft, robot.planned
    assert [v.snapshot["is_linked_to"] for v in versions] == [False, False]
    assert [v.snapshot["short_definition"] for v in versions] == ["Later.", "Planned."]
    assert robot.draft == robot.revisions.first()
    (message,) = OutboxMessage.objects.filter(
        kind="glossary.publish_planned", payload__revision=robot.planned_id
    )
    robot.planned_at = message.due_at = timezone.now()
    robot.save()
    publishing.publish_planned(message)
    robot.refresh_from_db()
    assert (robot.short_definition, robot.is_linked_to) == ("Planned.", False)
    assert (robot.live.change, robot.live.why) == ("clarification", "Said better.")
    assert links_in(entry) == []


def test_what_is_decided_stands_in_the_history_and_needs_the_permission():
    targets = make_targets()
    entry = make_entry(term="Pod", body="A robot.")
    writer, sales = make_staff("writer"), make_staff("sales")

    with pytest.raises(PermissionDenied):
        link_review.decide(entry, target=targets["Robot"], is_wanted=False, by=sales)
    with pytest.raises(PermissionDenied):
        link_review.link_everywhere(targets["Robot"], is_wanted=False, by=writer)
    assert links_in(entry) == ["robot"]
    link_review.decide(entry, target=targets["Robot"], is_wanted=False, by=writer)

    event = entry.events.first()
    assert (event.by, event.note) == (writer, "the link to “Robot”: refused")


def test_a_draft_is_linked_nowhere_without_a_trace():
    robot = make_draft(term="Robot")

    link_review.link_everywhere(robot, is_wanted=False, now=timezone.now())

    assert not Entry.objects.get(pk=robot.pk).is_linked_to
    assert robot.names.count() == 0


@pytest.mark.parametrize("count", [1, 3])
def test_a_review_costs_six_queries_however_many_links_there_are(django_assert_num_queries, count):
    body = ""
    for n in range(count):
        make_entry(term=f"Thing{n}", slug=f"thing-{n}")
        make_entry(term=f"Other{n}", slug=f"other-{n}")
        body += f"A thing{n} and [another](/glossary/other-{n}/).\n\n"
    entry = make_entry(term="Pod", body=body)
    snapshot = revisions.newest(entry)

    with django_assert_num_queries(6):
        assert len(link_review.links_of(snapshot, entry)) == count
