"""Links by name follow the entry they mean: renamed, withdrawn, not yet there."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from config import outbox
from config.models import OutboxMessage
from glossary import named_links, publishing, relinking, rendering
from glossary.models import Entry, InternalLink, Mention, NamedLink
from glossary.named_links import present_text, remember, settle
from tests.factories import make_draft, make_entry

pytestmark = pytest.mark.django_db


def work_off(now=None) -> None:
    while message := outbox.claim(now):
        assert outbox.run(message)


def shown(entry: Entry) -> str:
    """The stored page of `entry`, links as <slug>words</>."""
    html = Entry.objects.get(pk=entry.pk).body_html.strip()
    html = html.removeprefix("<p>").removesuffix("</p>").replace('<a href="/glossary/', "<")
    return html.replace('/" class="term">', ">").replace("</a>", "</>")


def known(entry: Entry) -> dict[str, str | None]:
    """What is remembered of the names in `entry`: name → the present term of what it means."""
    return dict(entry.named_links.values_list("text", "target__term"))


def rename(entry: Entry, term: str, slug: str) -> None:
    old = entry.language, entry.slug
    entry.term, entry.slug = term, slug
    entry.save()
    publishing.rename(entry, old_address=old)
    publishing.publish(entry)


# On the page ----------------------------------------------------------------------------------


def test_a_name_leads_to_the_entry_as_a_link_of_the_authors_own():
    crm = make_entry(term="CRM", aliases=["Customer management"])
    text = make_entry(body="Use a [[crm|good system]]. A CRM is [[customer  Management]].")
    linked = "Use a <crm>good system</>. A CRM is <crm>customer Management</>."
    assert shown(text) == linked
    mention = Mention.objects.get(source=text)
    assert (mention.target, mention.sentence, mention.is_link) == (
        crm,
        "Use a good system.",
        True,
    )
    assert not InternalLink.objects.filter(source=text).exists()


def test_an_entry_does_not_lead_to_itself():
    text = make_entry(term="CRM", body="A [[CRM]] is a [[crm|system]].")
    assert shown(text) == "A CRM is a system."
    assert sorted(relinking.sources_of(text)) == []


def test_the_language_of_the_text_decides():
    make_entry(term="Gift", language="en", slug="gift")
    german = make_entry(term="Gift", language="de", slug="gift")
    text = make_entry(body="Das [[Gift]].", language="de")
    assert NamedLink.objects.get(source=text).target == german
    assert 'href="/de/glossary/gift/"' in Entry.objects.get(pk=text.pk).body_html


def test_the_words_of_drafts_and_scheduled_entries_are_not_links():
    make_draft(term="Secret plan", slug="secret-plan")
    soon = timezone.now() + timedelta(days=1)
    make_entry(term="Next big thing", at=soon)
    make_entry(term="Gone")
    publishing.withdraw(Entry.objects.get(term="Gone"))
    text = make_entry(body="[[Secret plan|a]] [[Next big thing|b]] [[Gone|c]] [[Nobody's|d]]")
    assert shown(text) == "a b c d"
    assert sorted(known(text).items()) == [
        ("Gone", "Gone"),
        ("Next big thing", "Next big thing"),
        ("Nobody's", None),
        ("Secret plan", "Secret plan"),
    ]
    work_off(soon + timedelta(seconds=1))
    assert shown(text) == "a b c d"


# What becomes of the target -------------------------------------------------------------------


def test_a_renamed_entry_keeps_its_links():
    crm = make_entry(term="CRM")
    text = make_entry(body="A [[CRM]].")
    rename(crm, "Customer management", "customer-management")
    work_off()
    assert shown(text) == "A <customer-management>CRM</>."
    make_entry(term="CRM", slug="crm-2")
    work_off()
    publishing.publish(text)
    assert shown(text) == "A <customer-management>CRM</>."


def test_an_entry_that_gave_up_an_alias_keeps_its_links():
    crm = make_entry(term="CRM", aliases=["Sales book"])
    text = make_entry(body="A [[sales book]].")
    crm.aliases.all().delete()
    publishing.publish(crm)
    work_off()
    assert shown(text) == "A <crm>sales book</>."


@pytest.mark.parametrize("few", [20, 0])
def test_links_of_a_withdrawn_entry_become_words_and_come_back(monkeypatch, few):
    monkeypatch.setattr(relinking, "FEW", few)
    crm = make_entry(term="CRM")
    text = make_entry(body="A [[CRM|system]].")
    publishing.withdraw(crm)
    assert shown(text) == "A system."
    work_off()
    assert (shown(text), known(text)) == ("A system.", {"CRM": "CRM"})
    publishing.publish(crm)
    work_off()
    assert shown(text) == "A <crm>system</>."


def test_links_of_a_deleted_entry_become_wanted():
    crm = make_entry(term="CRM")
    text = make_entry(body="A [[CRM|system]].")
    publishing.delete([crm])
    assert shown(text) == "A system."
    work_off()
    assert (shown(text), known(text)) == ("A system.", {"CRM": None})


@pytest.mark.parametrize("few", [20, 0])
def test_a_wanted_name_becomes_a_link_when_its_entry_is_published(monkeypatch, few):
    monkeypatch.setattr(relinking, "FEW", few)
    text = make_entry(body="A [[lead score|number]].")
    assert (shown(text), known(text)) == ("A number.", {"lead score": None})
    make_entry(term="Lead score")
    work_off()
    assert (shown(text), known(text)) == ("A <lead-score>number</>.", {"lead score": "Lead score"})


def test_a_scheduled_entry_gets_its_links_at_its_time():
    text = make_entry(body="A [[Lead score|number]].")
    soon = timezone.now() + timedelta(days=1)
    target = make_entry(term="Lead score", at=soon)
    work_off()
    assert shown(text) == "A number."
    # As time goes by: the date is now in the past.
    Entry.objects.filter(pk=target.pk).update(published_at=timezone.now())
    work_off(soon + timedelta(seconds=1))
    assert shown(text) == "A <lead-score>number</>."


def test_a_dropped_link_is_looked_at_once_more():
    make_entry(body="A [[Lead score]].")
    kinds = OutboxMessage.objects.filter(kind="glossary.rerender")
    assert kinds.count() == 1


def test_a_link_follows_where_no_mention_is_noted():
    text = make_entry(body="## The [[CRM|system]]\n\nGood.")
    heading = '<h2 id="the-system">The {}</h2>'

    def is_shown(words: str) -> bool:
        return heading.format(words) in Entry.objects.get(pk=text.pk).body_html

    crm = make_entry(term="CRM")
    assert is_shown('<a href="/glossary/crm/" class="term">system</a>')
    rename(crm, "Customer management", "customers")
    assert is_shown('<a href="/glossary/customers/" class="term">system</a>')
    publishing.withdraw(crm)
    assert not is_shown('<a href="/glossary/customers/" class="term">system</a>')
    work_off()
    Entry.objects.filter(pk=crm.pk).update(state="published")
    assert relinking.stale_sources_of(Entry.objects.get(pk=crm.pk)) == {text.pk}


def test_a_name_in_the_draft_alone_makes_no_page_stale():
    crm = make_entry(term="CRM")
    text = make_entry(body="Nothing.")
    remember(text, ["[[CRM]]"])
    assert relinking.stale_sources_of(crm) == set()


# Remembered -----------------------------------------------------------------------------------


def test_the_names_of_the_newest_and_the_live_text_are_remembered():
    crm, lead = make_entry(term="CRM"), make_draft(term="Lead")
    text = make_draft()
    remember(text, ["See [[CRM]] and `[[code]]`.", "See [[crm]], [[Lead]] and [[Wanted]]."])
    assert known(text) == {"CRM": crm.term, "Lead": lead.term, "Wanted": None}
    remember(text, ["See [[Wanted]]."])
    assert known(text) == {"Wanted": None}
    remember(text, ["Nothing."])
    assert known(text) == {}


def test_what_is_remembered_keeps_its_target():
    crm = make_entry(term="CRM")
    text = make_draft()
    remember(text, ["[[CRM]]"])
    Entry.objects.filter(pk=crm.pk).update(term="Other", term_key="other")
    make_draft(term="CRM", slug="another")
    remember(text, ["[[CRM]] [[Another]]"])
    assert known(text) == {"CRM": "Other", "Another": None}


def test_rendering_forgets_no_name_of_the_draft():
    text = make_entry(body="A [[CRM]].")
    remember(text, ["A [[CRM]].", "A [[Lead]]."])
    relinking.rerender_all([text.pk])
    assert known(text) == {"CRM": None, "Lead": None}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], None),
        ([("CRM", [])], "CRM"),
        ([("One", ["CRM"])], "One"),
        ([("One", ["CRM"]), ("Two", ["CRM"])], None),
        ([("One", ["CRM"]), ("CRM", [])], "CRM"),
        ([("CRM", ["Crm", "C.R.M."])], "CRM"),
    ],
    ids=["none", "term", "alias", "ambiguous", "term before alias", "both of one"],
)
@pytest.mark.parametrize("make", [make_draft, make_entry])
def test_which_entry_a_name_means(make, entries, expected):
    for term, aliases in entries:
        make(term=term, aliases=aliases)
    text = make_draft(term="Text")
    remember(text, ["[[crm]]"])
    assert known(text) == {"crm": expected}


def test_what_readers_see_goes_before_drafts():
    make_draft(term="CRM")
    public = make_entry(term="One", aliases=["CRM"])
    text = make_draft(term="Text")
    remember(text, ["[[CRM]]"])
    assert NamedLink.objects.get(source=text).target == public


def test_a_wanted_name_is_settled_by_a_draft_and_leads_nowhere_yet():
    text = make_entry(body="A [[lead score]].")
    work_off()
    draft = make_draft(term="Lead Score", slug="lead-score")
    settle(draft)
    assert known(text) == {"lead score": "Lead Score"}
    assert not OutboxMessage.objects.claimable(timezone.now()).exists()


def test_settling_has_what_readers_see_rendered_again():
    text = make_entry(body="A [[lead score]].")
    draft = make_draft(body="Another [[lead score]].")
    remember(draft, [draft.body])
    work_off()
    target = make_draft(term="Lead score")
    now = timezone.now()
    Entry.objects.filter(pk=target.pk).update(state="published", published_at=now)
    target.refresh_from_db()
    settle(target)
    message = OutboxMessage.objects.claimable(timezone.now()).get()
    assert (message.kind, message.payload) == ("glossary.rerender", {"entries": [text.pk]})
    work_off()
    assert shown(text) == "A <lead-score>lead score</>."
    assert known(draft) == {"lead score": "Lead score"}


def test_an_ambiguous_name_is_not_settled():
    text = make_entry(body="A [[CRM]].")
    one = make_draft(term="One", aliases=["CRM"])
    make_draft(term="Two", aliases=["CRM"])
    settle(one)
    assert known(text) == {"CRM": None}


def test_only_texts_of_the_language_are_settled():
    text = make_entry(body="A [[CRM]].")
    settle(make_draft(term="CRM", language="de"))
    assert known(text) == {"CRM": None}


# Cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_the_names(django_assert_num_queries, count):
    names = [make_entry(term=f"Name {n}").term for n in range(count)]
    body = " ".join(f"[[{name}]]" for name in [*names, *(f"Wanted {n}" for n in range(count))])
    text, plain = make_draft(body=body), make_draft()
    # A savepoint and its end, what is known, three places to look, and the writing.
    with django_assert_num_queries(7):
        remember(text, [body])
    with django_assert_num_queries(2 + 1):
        remember(plain, ["No name."])
    with django_assert_num_queries(2 + 2):
        settle(plain)


@pytest.mark.parametrize("count", [1, 3])
def test_rendering_asks_once_for_all_names(django_assert_num_queries, count):
    names = [make_entry(term=f"Name {n}").term for n in range(count)]
    text = make_entry(body=" ".join(f"[[{name}]]" for name in names))
    # Aliases twice, what is known, targets, terms of the text, topics, links, and the mentions.
    with django_assert_num_queries(11):
        rendering.show(Entry.objects.get(pk=text.pk), rendering.Lookups())


def test_an_import_links_what_it_brings_whatever_comes_first(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("---\ntitle: Alpha\n---\nSee [[Beta]] and [[Gamma|c]].\n")
    (folder / "b.md").write_text("---\ntitle: Beta\n---\nSee [[alpha]].\n")
    call_command(
        "import_entries", str(folder), "--format", "markdown", "--publish", stdout=StringIO()
    )
    alpha, beta = Entry.objects.get(term="Alpha"), Entry.objects.get(term="Beta")
    assert shown(alpha) == f"See <{beta.slug}>Beta</> and c."
    assert shown(beta) == f"See <{alpha.slug}>alpha</>."
    assert known(alpha) == {"Beta": "Beta", "Gamma": None}


# Exports --------------------------------------------------------------------------------------


def test_a_copy_says_the_present_names():
    crm = make_entry(term="CRM", aliases=["Sales book"])
    make_entry(term="Lead")
    body = "A [[CRM]], the [[sales book]], a [[lead|person]], [[nobody]], `[[CRM]]`."
    text = make_entry(body=body)
    assert present_text(text, body) == body
    rename(crm, "Customer management", "customer-management")
    expected = body.replace("A [[CRM]]", "A [[Customer management|CRM]]")
    assert present_text(Entry.objects.get(pk=text.pk), body) == expected
    loaded = Entry.objects.prefetch_related("named_links__target__aliases").get(pk=text.pk)
    assert present_text(loaded, body) == expected


def test_a_copy_of_a_text_without_names_costs_nothing(django_assert_num_queries):
    text = make_entry(body="Nothing.")
    with django_assert_num_queries(0):
        assert present_text(text, text.body) == "Nothing."


@pytest.mark.parametrize("text", ["[[´]]", "[[   ]]", "`[[a]]`", ""])
def test_names_without_a_letter_are_none(text):
    assert named_links.names_in(text) == []
