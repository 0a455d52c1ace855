"""What a name would do before it is saved."""

from datetime import timedelta

import pytest
from django.utils import timezone

from glossary import link_review, publishing
from glossary import would_link as uses
from glossary.would_link import would_link
from tests.factories import make_draft, make_entry

pytestmark = pytest.mark.django_db


def counted(name, **fields):
    found = would_link(name, language=fields.pop("language", "en"), **fields)
    return found.links, found.entries, found.uses


def test_links_entries_and_uses_are_those_of_published_texts():
    make_entry(term="Pod", body="The flow. Flows and flow.")
    make_entry(term="Bay", body="A flow\n\n## Flow\n\nNo overflow, no flow-chart.")
    make_entry(term="Calm", body="Nothing moves.")
    make_draft(term="Draft", body="A flow.")
    make_entry(term="Soon", body="A flow.", at=timezone.now() + timedelta(days=1))
    publishing.withdraw(make_entry(term="Gone", body="A flow."))
    make_entry(term="Fluss", body="A flow.", language="de")

    assert counted("flow") == (2, 2, 5)
    assert counted("flow", language="de") == (1, 1, 1)
    assert counted("nothing at all") == (0, 0, 0)
    assert counted(" ") == (0, 0, 0)


def test_the_first_use_is_shown_in_its_sentence():
    make_entry(term="Pod", body="## Head\n\nIt stands. The flow is strong. The flow ends.")

    (use,) = would_link("Flow", language="en").first

    assert (use.term, use.path, use.would_link) == ("Pod", "/glossary/pod/", True)
    assert (use.before, use.words, use.after) == ("The ", "flow", " is strong.")


def test_capitals_count_as_the_rule_says():
    make_entry(term="Pod", body="It is IT.")

    assert counted("IT") == (1, 1, 1)
    assert counted("IT", case_rule="any") == (1, 1, 2)
    assert counted("It", case_rule="exact") == (1, 1, 1)


def test_texts_that_link_there_already_or_may_not_get_no_new_link():
    river = make_entry(term="River", body="A flow of its own.")
    make_entry(term="Pod", body="A river has flow.")
    make_entry(term="Bay", body="A flow.", links_terms=False)
    refusing = make_entry(term="Calm", body="A flow.")
    link_review.decide(refusing, target=river, is_wanted=False)
    make_entry(term="Delta", body="A flow.")

    assert counted("flow", entry=river.pk) == (1, 4, 4)
    assert counted("flow") == (4, 5, 5)


def test_more_texts_than_are_looked_at_make_it_at_least(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(uses, "MOST_READ", 2)
    other = make_entry(term="River")
    for n in range(3):
        make_entry(term=f"Pod {n}", body="A flow.")

    with django_assert_num_queries(4):
        found = would_link("flow", language="en", entry=other.pk)

    assert (found.is_at_least, found.entries, len(found.first)) == (True, 2, 2)
