"""Same e-mail and merging on the desk: asked before it is done, and both histories on one page."""

from decimal import Decimal

import pytest

from config.models import WebhookEvent
from leads import pipeline, replying
from leads.merging import merge
from leads.models import Lead
from tests.desk import act, change, notices, page_of, words
from tests.factories import make_endpoint, make_entry, make_lead, make_site, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines():
    return make_staff("sales", username="ines")


@pytest.fixture
def sales(client, ines):
    client.force_login(ines)
    return client


def path(lead: Lead, into: Lead) -> str:
    return f"/admin/leads/desk/merge/{lead.pk}/into/{into.pk}/"


def section(client, lead: Lead, key: str):
    page = page_of(client.get(change(lead)))
    return next((s for s in page.iter("section") if s.get("aria-labelledby") == key), None)


def links(element) -> list[str]:
    return [a.get("href") for a in element.iter("a")]


# Same e-mail ------------------------------------------------------------------------------


def test_the_other_requests_of_an_address_are_listed_with_ways_to_merge(sales):
    lead, entry = make_lead(), make_entry(term="Webhook")
    other = make_lead(name="P. P.", email="PAULA@example.com", entry=entry, state="won")
    make_lead(name="Somebody else", email="other@example.com")
    listed = section(sales, lead, "same-email")
    said = words(listed)
    assert said.startswith("Same e-mail Won P. P. ")
    assert ("from Webhook" in said, "Somebody else" in said) == (True, False)
    assert links(listed) == [change(other), path(other, lead), path(lead, other)]
    assert section(sales, Lead.objects.get(email="other@example.com"), "same-email") is None


def test_suspects_and_merged_ones_are_listed_without_what_is_not_possible(sales, ines):
    lead, kept, gone, suspect = (make_lead(name=name) for name in ("lead", "kept", "gone", "spam"))
    merge(gone, into=kept, by=ines)
    pipeline.advance(suspect, Lead.State.SPAM, out_of=Lead.State)
    assert links(section(sales, lead, "same-email")) == [
        change(suspect),
        *(change(gone), path(lead, gone)),
        *(change(kept), path(kept, lead), path(lead, kept)),
    ]
    assert links(section(sales, gone, "same-email")) == [change(suspect), change(lead)]
    assert links(section(sales, suspect, "same-email"))[:1] == [change(gone)]
    assert "merged into that of" in words(section(sales, lead, "same-email"))


def test_the_lead_page_asks_as_often_for_three_others_as_for_one(
    sales, ines, django_assert_num_queries
):
    lead = make_lead()
    for count in (1, 3):
        while Lead.objects.filter(merged_into=lead).count() < count:
            merge(make_lead(entry=make_entry()), into=lead, by=ines)
            make_lead(entry=make_entry())
        sales.get(change(lead))
        with django_assert_num_queries(19):
            sales.get(change(lead))


# Merging ----------------------------------------------------------------------------------


def test_the_page_shows_both_and_merges_only_when_asked_to(sales):
    older = make_lead(name="Older", message="Call me.")
    newer = make_lead(name="Newer", message="Did you?", email="other@example.com")
    pipeline.advance(newer, Lead.State.QUALIFIED, out_of=Lead.State)
    page = sales.get(path(newer, older)).content.decode()
    for text in ("Call me.", "Did you?", "Their addresses differ", "state is “Qualified”"):
        assert text in page
    assert "This cannot be undone." in page
    assert path(older, newer) in page
    assert not Lead.objects.exclude(merged_into=None).exists()
    answer = sales.post(path(newer, older))
    assert answer["Location"] == change(older)
    assert notices(sales, answer)[0].startswith("Merged. ")
    assert Lead.objects.get(pk=newer.pk).merged_into == older


def test_the_page_says_what_two_deals_are_worth_together(sales):
    make_site(currency="EUR")
    older, newer = make_lead(name="Older"), make_lead(name="Newer")
    pipeline.win(older, Decimal(500))
    said = words(page_of(sales.get(path(newer, older))))
    assert ("WorthEUR 500" in said, "two deals" in said) == (True, False)
    pipeline.win(newer, Decimal(900))
    said = words(page_of(sales.get(path(newer, older))))
    assert "They stay two deals, worth EUR 1,400 together." in said
    sales.post(path(newer, older))
    assert Lead.objects.get(pk=older.pk).value == 1400


def test_the_kept_page_has_both_histories_and_what_the_other_wrote(sales, ines):
    gone = make_lead(name="Gone", message="We type orders all day.", phone="+49 30 1")
    kept = make_lead(name="Kept")
    replying.reply(gone, subject="About hooks", body="Yes, we can.", by=ines)
    merge(gone, into=kept, by=ines)
    lines = [words(line) for line in section(sales, kept, "timeline").iter("li")]
    for text in ("Wrote a reply", "new → contacted", "Merged another request into it"):
        assert any(text in line for line in lines), text
    assert sum("Merged" in line for line in lines) == 1
    said = words(section(sales, kept, "merged"))
    assert ("We type orders all day." in said, "+49 30 1" in said) == (True, True)
    assert "Yes, we can." in words(section(sales, kept, "replies"))
    page = page_of(sales.get(change(gone)))
    note, *_ = [each for each in page.iter("p") if each.get("class") == "note"]
    assert links(note) == [change(kept)]


def test_a_merge_that_has_become_impossible_says_so(sales, ines):
    a, b = make_lead(name="A"), make_lead(name="B")
    pipeline.advance(b, Lead.State.SPAM, out_of=Lead.State)
    assert "One of the two is suspected spam." in sales.get(path(a, b)).content.decode()
    answer = sales.post(path(a, b))
    assert notices(sales, answer) == [
        "Nothing was merged. One of the two is suspected spam. Take it up first."
    ]
    assert sales.get(path(a, a)).status_code == 200
    assert sales.get(f"/admin/leads/desk/merge/{a.pk}/into/0/").status_code == 404


def test_two_that_are_chosen_in_the_list_lead_to_the_page(sales):
    older, newer, other = (make_lead(email=f"{n}@example.com") for n in "abc")
    chosen = {"action": "merge_selected", "_selected_action": [newer.pk, older.pk]}
    assert sales.post("/admin/leads/lead/", chosen)["Location"] == path(newer, older)
    answer = act(sales, other, "merge_selected")
    assert notices(sales, answer) == ["Choose the two requests that are to become one."]


def test_deleting_the_kept_one_deletes_what_was_told_of_both(client, ines):
    make_site()
    make_endpoint()
    gone, kept = make_lead(), make_lead()
    pipeline.advance(gone, Lead.State.CONTACTED, out_of=Lead.State)
    merge(gone, into=kept, by=ines)
    assert WebhookEvent.objects.values("subject").distinct().count() == 2
    client.force_login(make_staff("administrator"))
    client.post(change(kept).replace("change", "delete"), {"post": "yes"})
    assert (Lead.objects.count(), WebhookEvent.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("role", "status"),
    [("sales", 200), ("administrator", 200), ("publisher", 403), ("", 403), ("stranger", 302)],
)
def test_only_those_who_change_leads_merge(client, role, status):
    a, b = make_lead(), make_lead()
    if role != "stranger":
        client.force_login(make_staff(*[role] * bool(role)))
    assert client.get(path(a, b)).status_code == status
    client.post(path(a, b))
    assert Lead.objects.filter(merged_into=b).exists() == (status == 200)
