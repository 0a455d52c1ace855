"""Links stay true: what becomes of one entry shows in the texts that mention it."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from config import outbox
from config.models import OutboxMessage
from glossary import publishing, relinking
from glossary.models import Entry, Mention, SearchDocument
from glossary.reading import EntryPage
from tests.factories import make_comparison, make_draft, make_entry, make_path, make_site

pytestmark = pytest.mark.django_db


def work_off(now: datetime | None = None) -> None:
    while message := outbox.claim(now):
        assert outbox.run(message)


def shown(entry: Entry) -> str:
    """The stored page of `entry`, links as <slug>words</>."""
    html = Entry.objects.get(pk=entry.pk).body_html.strip()
    html = html.removeprefix("<p>").removesuffix("</p>").replace('<a href="/glossary/', "<")
    return html.replace('/" class="term">', ">").replace("</a>", "</>")


def change(entry: Entry, **fields) -> None:
    """As the admin does: store the row, rename it if its address changed, publish it again."""
    old_address = entry.language, entry.slug
    for name, value in fields.items():
        setattr(entry, name, value)
    entry.save(update_fields=list(fields))
    if old_address != (entry.language, entry.slug):
        publishing.rename(entry, old_address=old_address)
    publishing.publish(entry)


@pytest.fixture(params=["few", "many"])
def mentioning(request, monkeypatch):
    """Two texts that use "pod": few enough to be rendered at once, or too many."""
    monkeypatch.setattr(relinking, "FEW", 2 if request.param == "few" else 1)
    return [make_entry(body="One pod."), make_entry(body="Two Pods.")]


def is_few(texts: list[Entry]) -> bool:
    return len(texts) <= relinking.FEW


# Appear, move, go -----------------------------------------------------------------------------


def test_a_new_term_is_linked_where_it_was_mentioned_before(mentioning):
    make_entry(term="Pod")
    linked = ["One <pod>pod</>.", "Two <pod>Pods</>."]
    if not is_few(mentioning):
        assert list(map(shown, mentioning)) == ["One pod.", "Two Pods."]
        work_off()
    assert list(map(shown, mentioning)) == linked


def test_a_withdrawn_term_is_linked_nowhere_from_that_moment_on(mentioning):
    pod = make_entry(term="Pod")
    work_off()
    assert "<pod>" in shown(mentioning[0])
    publishing.withdraw(pod)
    assert list(map(shown, mentioning)) == ["One pod.", "Two Pods."]
    work_off()
    assert list(map(shown, mentioning)) == ["One pod.", "Two Pods."]
    assert not Mention.objects.exists()


def test_a_withdrawn_term_is_not_linked_at_its_earlier_address_either(mentioning):
    pod = make_entry(term="Pod")
    work_off()
    change(pod, slug="k8s-pod")
    if not is_few(mentioning):
        assert shown(mentioning[0]) == "One <pod>pod</>."
    publishing.withdraw(pod)
    assert list(map(shown, mentioning)) == ["One pod.", "Two Pods."]


def test_a_deleted_term_is_linked_nowhere_from_that_moment_on(mentioning):
    pod = make_entry(term="Pod")
    work_off()
    assert "<pod>" in shown(mentioning[0])
    publishing.delete([pod])
    assert list(map(shown, mentioning)) == ["One pod.", "Two Pods."]
    work_off()
    assert list(map(shown, mentioning)) == ["One pod.", "Two Pods."]


def test_a_moved_term_is_linked_at_its_new_address(mentioning):
    pod = make_entry(term="Pod")
    change(pod, slug="k8s-pod")
    work_off()
    assert list(map(shown, mentioning)) == ["One <k8s-pod>pod</>.", "Two <k8s-pod>Pods</>."]


def test_a_postponed_term_is_linked_nowhere_until_its_date(mentioning):
    pod = make_entry(term="Pod")
    work_off()
    publishing.publish(pod, at=timezone.now() + timedelta(days=1))
    assert list(map(shown, mentioning)) == ["One pod.", "Two Pods."]
    work_off()
    assert list(map(shown, mentioning)) == ["One pod.", "Two Pods."]


def test_a_scheduled_term_is_linked_from_its_date_on():
    text = make_entry(body="One pod.")
    now = timezone.now()
    pod = make_draft(term="Pod")
    publishing.publish(pod, at=now + timedelta(days=1), now=now)
    later = make_entry(body="Another pod.")
    work_off()
    assert (shown(text), shown(later)) == ("One pod.", "Another pod.")
    # A day passes.
    Entry.objects.filter(pk=pod.pk).update(published_at=now)
    due = outbox.claim(now + timedelta(hours=23))
    assert due is None
    work_off(now + timedelta(days=1))
    assert (shown(text), shown(later)) == ("One <pod>pod</>.", "Another <pod>pod</>.")


@pytest.mark.parametrize("state", ["draft", "withdrawn", "other language"])
def test_what_readers_do_not_see_here_is_never_linked(state):
    fields = {"language": "pt"} if state == "other language" else {}
    pod = make_draft(term="Pod", **fields)
    if state != "draft":
        publishing.publish(pod)
    if state == "withdrawn":
        publishing.withdraw(pod)
    text = make_entry(body="One pod.")
    publishing.publish(make_draft(term="Kube", body="A pod."))
    work_off()
    assert shown(text) == "One pod."
    assert not Mention.objects.exists()


def test_nobody_else_is_rendered_and_no_draft():
    make_entry(body="One pod.")
    others = [make_entry(body="A podium."), make_draft(body="One pod."), make_entry(body="pod")]
    publishing.withdraw(others[2])
    Entry.objects.filter(pk__in=[other.pk for other in others]).update(body_html="As it was")
    pod = make_entry(term="Pod")
    work_off()
    change(pod, slug="k8s-pod")
    publishing.withdraw(pod)
    work_off()
    assert [shown(other) for other in others] == ["As it was"] * 3
    assert SearchDocument.objects.count() == 2


def test_two_entries_mention_each_other():
    egg = make_entry(term="Egg", body="Laid by a hen.")
    hen = make_entry(term="Hen", body="Out of an egg.")
    assert (shown(egg), shown(hen)) == ("Laid by a <hen>hen</>.", "Out of an <egg>egg</>.")
    publishing.withdraw(hen)
    assert shown(egg) == "Laid by a hen."
    publishing.publish(hen)
    assert (shown(egg), shown(hen)) == ("Laid by a <hen>hen</>.", "Out of an <egg>egg</>.")


# Names and rules ------------------------------------------------------------------------------


def test_links_follow_the_aliases_of_an_entry(mentioning):
    group = make_entry(term="Container group")
    alias = group.aliases.create(name="POD", case_rule="any")
    publishing.publish(group)
    work_off()
    linked = ["One <container-group>pod</>.", "Two <container-group>Pods</>."]
    assert list(map(shown, mentioning)) == linked
    alias.case_rule = "exact"
    alias.save()
    publishing.publish(group)
    work_off()
    assert list(map(shown, mentioning)) == ["One pod.", "Two Pods."]
    alias.case_rule = "any"
    alias.save()
    publishing.publish(group)
    work_off()
    assert list(map(shown, mentioning)) == linked
    alias.delete()
    publishing.publish(group)
    work_off()
    assert list(map(shown, mentioning)) == ["One pod.", "Two Pods."]


def test_a_longer_name_takes_the_link_and_gives_it_back():
    text = make_entry(body="A pod network.")
    make_entry(term="Pod")
    assert shown(text) == "A <pod>pod</> network."
    longer = make_entry(term="Pod network")
    assert shown(text) == "A <pod-network>pod network</>."
    publishing.withdraw(longer)
    assert shown(text) == "A <pod>pod</> network."


@pytest.mark.parametrize("act", ["withdraw", "delete", "postpone", "drop the alias"])
def test_an_alias_that_two_entries_claim_is_linked_once_one_gives_it_up(act):
    text = make_entry(body="About RAG.")
    make_entry(term="Retrieval", slug="one", aliases=["RAG"])
    assert shown(text) == "About <one>RAG</>."
    other = make_entry(term="Cloth", slug="other", aliases=["RAG"])
    work_off()
    assert shown(text) == "About RAG."
    if act == "withdraw":
        publishing.withdraw(other)
    elif act == "delete":
        publishing.delete([other])
    elif act == "postpone":
        publishing.publish(other, at=timezone.now() + timedelta(days=1))
    else:
        other.aliases.all().delete()
        publishing.publish(other)
    work_off()
    assert shown(text) == "About <one>RAG</>."


def test_opt_outs_of_term_and_text():
    text = make_entry(body="One pod.")
    pod = make_entry(term="Pod")
    change(pod, is_linked_to=False)
    work_off()
    assert shown(text) == "One pod."
    assert list(Mention.objects.values_list("source", "is_link")) == [(text.pk, False)]
    change(pod, is_linked_to=True)
    work_off()
    assert shown(text) == "One <pod>pod</>."
    change(text, links_terms=False)
    assert shown(text) == "One pod."
    assert list(Mention.objects.values_list("source", "is_link")) == [(text.pk, False)]


def test_a_term_changed_in_meaning_only_costs_no_text_a_rendering():
    text = make_entry(body="One pod.")
    pod = make_entry(term="Pod")
    work_off()
    Entry.objects.filter(pk=text.pk).update(body_html='A <a href="/glossary/pod/">pod</a>')
    change(pod, short_definition="Containers.")
    work_off()
    assert shown(text) == 'A <pod/">pod</>'


# Around the text ------------------------------------------------------------------------------


def around(client, path: str) -> EntryPage:
    return client.get(path).context["around"]


def test_related_entries_by_hand_first_then_by_links_and_never_unpublished(client):
    pod = make_draft(term="Pod", topics=["Kube"])
    chosen, hidden = make_entry(term="Chosen"), make_entry(term="Hidden")
    for place, other in enumerate((hidden, chosen)):
        pod.related_entries.create(other=other, position=place)
    make_entry(term="Same topic", topics=["Kube"])
    make_entry(term="Linking", body="One pod.")
    postponed = make_entry(term="Postponed", body="One pod.")
    publishing.publish(pod)
    publishing.withdraw(hidden)
    work_off()
    tomorrow = timezone.now() + timedelta(days=1)
    Entry.objects.filter(pk=postponed.pk).update(published_at=tomorrow)
    shown_terms = [row["term"] for row in around(client, "/glossary/pod/").related]
    assert shown_terms == ["Chosen", "Linking", "Same topic"]


def test_a_page_shows_who_mentions_it(client):
    make_entry(term="Pod")
    make_entry(term="Node", body="It is old. A node runs *pods* on it. And more.")
    hidden = make_entry(term="Hidden", body="A pod.")
    publishing.withdraw(hidden)
    (sentence,) = client.get("/glossary/pod/").context["mentions"]
    assert (sentence.term, sentence.slug) == ("Node", "node")
    parts = (sentence.before, sentence.words, sentence.after)
    assert parts == ("A node runs ", "pods", " on it.")


@pytest.mark.parametrize("count", [1, 3])
def test_an_entry_page_costs_two_queries(client, django_assert_num_queries, count):
    make_site()
    others = [make_entry(body="A pod.", topics=["Kube"]) for _ in range(count)]
    pod = make_entry(
        term="Pod", body=" ".join(other.term for other in others),
        topics=["Kube"], aliases=[f"Group {number}" for number in range(count)],
    )  # fmt: skip
    for place, other in enumerate(others):
        pod.related_entries.update_or_create(other=other, defaults={"is_chosen": True})
        make_comparison(pod, other)
        make_path(pod, other, title=f"Path {place}")
    with django_assert_num_queries(2):
        page = around(client, "/glossary/pod/")
    for rows in (page.related, page.mentions, page.comparisons, page.paths):
        assert len(rows) == count


def test_neighbours_in_the_alphabet_pass_everybody_once(client):
    names = ["C", "C++", "C#", "Résumé", "resume!", "Zoo"]
    for number, term in enumerate(names):
        make_entry(term=term, slug=f"n{number}")
    make_draft(term="D")
    make_entry(term="E", language="pt")
    order = [entry.term for entry in Entry.objects.published().in_language("en")]
    there, path = [], "/glossary/n0/"
    while path:
        page = around(client, path)
        there.append((page.entry.term, [row["term"] for row in page.previous]))
        path = next((f"/glossary/{row['slug']}/" for row in page.following), None)
    assert [term for term, _ in there] == order == sorted(names, key=order.index)
    assert [previous for _, previous in there] == [[], *([term] for term in order[:-1])]


# The worker -----------------------------------------------------------------------------------


def test_the_worker_renders_many_in_messages_of_bounded_size(monkeypatch):
    monkeypatch.setattr(relinking, "FEW", 1)
    monkeypatch.setattr(relinking, "RENDERED", 2)
    texts = [make_entry(body="A pod.") for _ in range(5)]
    OutboxMessage.objects.all().delete()
    make_entry(term="Pod")
    sizes = [
        len(message.payload["entries"])
        for message in OutboxMessage.objects.filter(kind="glossary.rerender").order_by("pk")
    ]
    assert sizes == [2, 2, 1]
    call_command("work", once=True)
    assert list(map(shown, texts)) == ["A <pod>pod</>."] * 5
    assert OutboxMessage.objects.filter(done_at=None).count() == 0


def test_texts_that_wait_are_rendered_once(monkeypatch):
    monkeypatch.setattr(relinking, "FEW", 1)
    texts = [make_entry(body="A pod.<br>") for _ in range(3)]
    work_off()
    make_entry(term="Pod")
    rendered, rerender = [], relinking.rerender
    monkeypatch.setattr(
        relinking, "rerender", lambda entry, **_: rendered.append(entry.pk) or rerender(entry)
    )
    work_off()
    assert rendered == [text.pk for text in texts]


def test_a_batch_leaves_no_link_to_what_is_withdrawn_while_it_runs(monkeypatch):
    target = make_entry(term="Warp")
    sources = [make_entry(term=f"Loom {n}", body="It holds the warp.") for n in range(2)]
    monkeypatch.setattr(relinking, "WORTH_AN_INDEX", 1)
    monkeypatch.setattr(relinking, "FEW", 0)
    whole = relinking.whole_lookups

    def then_withdrawn():
        lookups = whole()
        lookups.index("", language="en", own=[])
        publishing.withdraw(target)
        return lookups

    monkeypatch.setattr(relinking, "whole_lookups", then_withdrawn)
    relinking.rerender_all([source.pk for source in sources])
    pages = Entry.objects.filter(term__startswith="Loom").values_list("body_html", flat=True)
    assert set(pages) == {"<p>It holds the warp.</p>\n"}


def test_another_language_for_the_site_renders_every_page_again(admin_client):
    make_site()
    make_entry(term="Warp")
    source = make_entry(term="Loom", body="It holds the warp.")
    form = admin_client.get("/admin/config/sitesettings/1/change/").context["adminform"].form
    values = {name: "" if v is None else v for name, v in form.initial.items() if name != "logo"}
    admin_client.post("/admin/config/sitesettings/1/change/", values | {"language": "pt"})
    call_command("work", once=True, stdout=StringIO())
    source.refresh_from_db()
    assert 'href="/en/glossary/warp/"' in source.body_html


def test_other_languages_are_neither_mentioned_in_nor_related(client):
    kettle = make_entry(term="Kettle", language="pt", topics=["Tea"])
    make_entry(term="Tea", body="A [kettle](/pt/glossary/kettle/).", topics=["Tea"])
    kettle.related_entries.create(other=Entry.objects.get(term="Tea"))
    page = client.get("/pt/glossary/kettle/").context["around"]
    assert (page.mentions, page.related) == ([], [])
