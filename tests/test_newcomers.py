"""A page that gets one link is what rendering all of it would have made."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config import outbox
from config.models import OutboxMessage
from glossary import newcomers, publishing, relinking
from glossary.generating import generate
from glossary.models import Entry, LinkDecision, Mention, RelatedEntry
from tests.factories import make_draft, make_entry

pytestmark = pytest.mark.django_db

PATH = "/glossary/pod/"


def work_off() -> None:
    while message := outbox.claim():
        assert outbox.run(message)


def waiting(*bodies: str, **fields) -> list[Entry]:
    """Published texts that do not know yet that there is an entry about pods."""
    texts = [make_entry(body=body, **fields) for body in bodies]
    work_off()
    return texts


def appear(term: str = "Pod", **fields) -> Entry:
    """A new public entry which no other text has followed yet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relinking, "FEW", -1)
        return make_entry(term=term, body="It is new.", **fields)


def page(entry: Entry) -> tuple[object, ...]:
    """What is stored about the text of an entry."""
    columns = ("target", "sentence", "start", "length", "is_link")
    mentions = Mention.objects.filter(source=entry).order_by("target").values_list(*columns)
    others = RelatedEntry.objects.filter(entry=entry).order_by("position")
    row = Entry.objects.get(pk=entry.pk)
    return row.body_html, list(mentions), list(others.values_list("other", "position"))


def assert_same_when_rendered(entry: Entry) -> None:
    followed = page(entry)
    relinking.rerender(Entry.objects.get(pk=entry.pk))
    assert followed == page(entry)


# One link ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "One pod.",
        "It has **pods** and _more_.",
        "## A pod\n\nIt is a pod & more, one\npod.",
        "- one\n- a pod\n  - two\n\n1. Pod",
        "Sea & land & pod's.\n\n> A quotation.\n\nA `pod` is a pod.",
        "[A pod](https://example.com/) and a pod.",
        "| Pod |\n| --- |\n| A pod |",
        "Word\n: What a pod is.",
        "One line  \nand a pod. Then ~~another~~ sentence.",
        "![A pod](/media/pod.png)\n\nOne pod.",
        "```\npod\n```\n\nOne pod.",
        "Nothing.\n\n" + "word " * 80 + "pod" + " word" * 80,
        "## Pod",
        "A `pod`.",
        "A seedpod.",
    ],
)
def test_a_link_is_put_where_rendering_would_put_it(body):
    (text,) = waiting(body)
    pod = appear()
    assert newcomers.link(pod.pk, [text.pk]) == []
    assert_same_when_rendered(text)


@pytest.mark.parametrize(
    "body",
    [
        "A pod.<!-- no links --> A pod.",
        "<b>pod</b>",
        "> Pods.\n> — A pod",
        "A p*od*",
        "A ![pod](/media/pod.png) pod.",
        f"[Mine]({PATH}) and a pod.",
        "[[Pod]] and a pod.",
        "A harbour pod.",
        "A pod harbour.",
        "A harbour of many pods and other things for all of us here.",
        "A cask.",
        "A footnote.[^1]\n\n[^1]: On a pod.",
    ],
)
def test_whatever_is_not_certain_is_left_to_rendering(body):
    for number, term in enumerate(
        ("Harbour pod", "Pod harbour", "Harbour of many pods and other things for all of us here")
    ):
        make_entry(term=term, slug=f"n{number}", body="It is old.")
    make_entry(term="Barrel", aliases=["Cask"], body="It is old.")
    (text,) = waiting(body)
    pod = appear(aliases=["Cask"])
    before = page(text)
    assert newcomers.link(pod.pk, [text.pk]) == [text.pk]
    assert page(text) == before
    work_off()
    assert_same_when_rendered(text)


def test_texts_and_entries_that_want_no_links_mention_each_other():
    quiet, refusing, text = waiting("A pod.", "A pod.", "A pod.")
    Entry.objects.filter(pk=quiet.pk).update(links_terms=False)
    pod = appear()
    LinkDecision.objects.create(source=refusing, target=pod, is_wanted=False)
    keys = [quiet.pk, refusing.pk, text.pk]
    assert newcomers.link(pod.pk, keys) == [refusing.pk]
    unlinked = appear("Barrel", is_linked_to=False)
    (other,) = waiting("A barrel.")
    assert newcomers.link(unlinked.pk, [other.pk]) == [other.pk]
    assert_same_when_rendered(quiet)
    assert_same_when_rendered(text)
    assert Mention.objects.get(source=quiet).is_link is False


@pytest.mark.parametrize("reason", ["withdrawn", "scheduled", "gone", "linked already"])
def test_who_cannot_be_linked_is_left_to_rendering(reason):
    (text,) = waiting("A pod.")
    pod = appear()
    key = pod.pk
    if reason == "withdrawn":
        publishing.withdraw(pod)
    elif reason == "scheduled":
        Entry.objects.filter(pk=key).update(published_at="2100-01-01T00:00Z")
    elif reason == "gone":
        publishing.delete([pod])
    else:
        assert newcomers.link(key, [text.pk]) == []
    assert newcomers.link(key, [text.pk]) == [text.pk]


def test_a_page_that_changes_meanwhile_is_left_to_rendering(monkeypatch):
    changed, text = waiting("A pod.", "One pod.")
    pod = appear()
    plans = newcomers._plans

    def then_changed(*args):
        found = plans(*args)
        Entry.objects.filter(pk=changed.pk).update(body_html="<p>Changed.</p>\n")
        return found

    monkeypatch.setattr(newcomers, "_plans", then_changed)
    assert newcomers.link(pod.pk, [changed.pk, text.pk]) == [changed.pk]
    assert page(changed)[:2] == ("<p>Changed.</p>\n", [])
    assert PATH in page(text)[0]


def test_a_rival_that_appears_meanwhile_is_heeded(monkeypatch):
    (text,) = waiting("A pod network.")
    pod = appear()
    plans = newcomers._plans

    def then_rivalled(*args):
        found = plans(*args)
        appear("Pod network")
        return found

    monkeypatch.setattr(newcomers, "_plans", then_rivalled)
    assert newcomers.link(pod.pk, [text.pk]) == [text.pk]


def test_a_worker_that_dies_between_texts_leaves_nothing_half_done(monkeypatch):
    monkeypatch.setattr(newcomers, "BATCH", 2)
    texts = waiting(*["A pod."] * 6)
    pod = appear()
    write, written = newcomers._write, []

    def then_dead(target, plans):
        write(target, plans)
        written.extend(plans)
        if len(written) > 3:
            raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(newcomers, "_write", then_dead)
        message = outbox.claim()
        assert not outbox.run(message)
    assert pod.mentions.count() == 2
    OutboxMessage.objects.filter(pk=message.pk).update(due_at=message.created_at)
    work_off()
    assert pod.mentions.filter(is_link=True).count() == 6
    for text in texts:
        assert_same_when_rendered(text)


# Any text ----------------------------------------------------------------------------------

WORDS = ["pod", "Pods", "pod network", "policy", "network", "POD", "node's", "a", "of", "R&D", "é"]
MARKS = ["{}", "{}", "{}", "**{}**", "_{}_", "`{}`", "[{}](https://example.com/)", "~~{}~~"]
MARKS += ["[{}](/glossary/policy/)", "x{}", "{}-x", "({})", "“{}”", "&lt;{}&gt;", "{}  \nnext"]
BLOCKS = ["{}.", "{}.", "{}.", "## {}", "- {}\n- {}", "1. {}\n\n   {}", "> {}.", "{}\n{}"]
BLOCKS += ["| {} | {} |\n| --- | --- |\n| {} | {} |", "{}\n: {}", "```\n{}\n```", "- {}\n  - {}"]


def any_text(chance: random.Random) -> str:
    def words() -> str:
        said = (
            chance.choice(MARKS).format(chance.choice(WORDS)) for _ in range(chance.randint(1, 6))
        )
        return " ".join(said)

    blocks = []
    for _ in range(chance.randint(1, 5)):
        block = chance.choice(BLOCKS)
        blocks.append(block.format(*(words() for _ in range(block.count("{}")))))
    return "\n\n".join(blocks)


@pytest.mark.parametrize("seed", range(6))
def test_any_text_follows_as_rendering_has_it(seed):
    chance = random.Random(seed)
    make_entry(term="Policy", body="It is old.")
    make_entry(term="Network", body="It is old.")
    texts = waiting(*(any_text(chance) for _ in range(40)))
    newcomer = appear(*chance.choice([("Pod",), ("Pod network",), ("R&D",), ("É",), ("Node",)]))
    rest = newcomers.link(newcomer.pk, [text.pk for text in texts])
    assert len(rest) < len(texts) * 0.8
    for text in texts:
        if text.pk not in rest:
            assert_same_when_rendered(text)


# What it costs -------------------------------------------------------------------------------


def queries_of(count: int) -> int:
    """How many queries let so many texts follow."""
    term = f"Pod {count}"
    texts = waiting(*[f"One {term}, and a node."] * count, topics=["Kube"])
    newcomer = appear(term)
    with CaptureQueriesContext(connection) as queries:
        assert newcomers.link(newcomer.pk, [text.pk for text in texts]) == []
    assert newcomer.mentions.count() == count
    return len(queries)


def test_queries_grow_with_batches_and_not_with_texts_or_the_glossary(monkeypatch):
    make_entry(term="Node", body="It is old.")
    few = queries_of(8)
    generate(200)
    assert queries_of(16) == few
    monkeypatch.setattr(newcomers, "BATCH", 8)
    assert queries_of(24) <= 3 * few


def test_publishing_does_not_look_into_many_texts(monkeypatch):
    monkeypatch.setattr(relinking, "LOOKED_AT", 3)
    monkeypatch.setattr(relinking, "FEW", 2)
    texts = waiting("A pod.", "Pods.", "The pod.", "A podding pod.", "A podding.")
    with CaptureQueriesContext(connection) as queries:
        pod = make_entry(term="Pod", body="It is new.")
    assert not [q for q in queries if "plain_text" in q["sql"] and "IN (" in q["sql"]]
    work_off()
    linked = pod.mentions.order_by("source").values_list("source", flat=True)
    assert list(linked) == [text.pk for text in texts[:4]]


def test_nothing_follows_an_entry_that_nobody_sees_yet():
    (text,) = waiting("A pod.")
    before = page(text)
    pod = make_draft(term="Pod")
    publishing.publish(pod, at=pod.created_at.replace(year=2100))
    work_off()
    assert page(text) == before
