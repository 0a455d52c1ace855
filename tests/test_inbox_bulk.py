"""Acts on several leads: a page asks, the verbs do it, and nobody's change is lost."""

import pytest
from django.contrib.auth.models import Permission

from config.models import OutboxMessage
from leads import pipeline
from leads.admin import lead_bulk
from leads.models import Lead, LeadEvent
from tests.desk import data_of, errors, notices, page_of, words
from tests.factories import make_lead, make_site, make_staff

pytestmark = pytest.mark.django_db
INBOX = "/admin/leads/lead/"


@pytest.fixture(autouse=True)
def site():
    return make_site()


@pytest.fixture
def bea():
    return make_staff("sales", username="bea")


@pytest.fixture
def sales(client, bea):
    client.force_login(bea)
    return client


def ask(client, action: str, *leads: Lead, path: str = INBOX, **data):
    """The page that asks before `action` is done with `leads`."""
    chosen = {"action": action, "_selected_action": [lead.pk for lead in leads]}
    return client.post(path, {**chosen, **data})


def answer(client, page, path: str = INBOX, **changes):
    """Fill in the page that asks, and press its button."""
    form = page_of(page).find(".//form[@id='bulk_form']")
    boxes = [each for each in form.iter("input") if each.get("name") == "_selected_action"]
    chosen = {"_selected_action": [each.get("value") for each in boxes]}
    return client.post(path, {**data_of(form), **chosen, **changes})


def test_the_page_says_how_many_and_who_before_anything_happens(sales, bea):
    leads = [make_lead(name="Ann"), make_lead(name="Bob", state="booked", owner=bea)]
    make_lead(name="Other")
    page = ask(sales, "assign_selected", *leads)
    found = page_of(page)
    assert words(found.find(".//form[@id='bulk_form']/p")).startswith("2 leads will be changed")
    chosen = [words(each) for each in found.findall(".//ul[@class='lead-chosen']/li")]
    assert chosen == ["Booked Bob bea", "New Ann nobody"]
    # Whoever asks is offered first.
    assert data_of(found.find(".//form[@id='bulk_form']"))["owner"] == str(bea.pk)
    assert not LeadEvent.objects.exists()


def test_several_get_an_owner_and_lose_it_again(sales, bea):
    carl = make_staff("sales", username="carl")
    leads = [make_lead(), make_lead(), make_lead(owner=carl)]
    done = answer(sales, ask(sales, "assign_selected", *leads), owner=str(carl.pk))
    assert notices(sales, done) == ["Changed: 2.", "It was so already with 1 of them."]
    assert set(Lead.objects.values_list("owner", flat=True)) == {carl.pk}
    assert LeadEvent.objects.filter(kind="lead.assigned", by=bea).count() == 2
    done = answer(sales, ask(sales, "assign_selected", *leads), owner="")
    assert notices(sales, done) == ["Changed: 3."]
    assert set(Lead.objects.values_list("owner", flat=True)) == {None}


def test_several_are_lost_for_one_reason(sales):
    lost = make_lead(state="lost", lost_reason="Moved away.")
    leads = [make_lead(), make_lead(state="held"), lost]
    page = ask(sales, "change_state_selected", *leads)
    assert errors(answer(sales, page, state="")) == ["Choose a state."]
    said = "Say why they were lost: it helps to lose fewer."
    refused = answer(sales, page, state="lost")
    assert (errors(refused), Lead.objects.filter(state="lost").count()) == ([said], 1)
    done = answer(sales, refused, state="lost", reason="Out of business.")
    assert notices(sales, done) == ["Changed: 2.", "It was so already with 1 of them."]
    reasons = Lead.objects.order_by("pk").values_list("state", "lost_reason")
    assert list(reasons) == [("lost", "Moved away."), *[("lost", "Out of business.")] * 2]


def test_what_others_changed_meanwhile_stays_and_is_named(sales, bea):
    ann = make_staff(username="ann")
    leads = {name: make_lead(name=name) for name in ("Same", "Booked", "Merged", "Gone")}
    page = ask(sales, "change_state_selected", *leads.values(), path=f"{INBOX}?show=new")
    pipeline.advance(leads["Booked"], Lead.State.BOOKED, out_of=Lead.State, by=ann)
    Lead.objects.filter(name="Merged").update(merged_into=leads["Same"])
    leads["Gone"].delete()
    done = answer(sales, page, path=f"{INBOX}?show=new", state="contacted")
    assert notices(sales, done) == [
        "Changed: 1.",
        "Left as they are, since others changed them: Merged (merged), Booked (Booked, nobody).",
        "Deleted meanwhile: 1.",
    ]
    assert dict(Lead.objects.values_list("name", "state")) == {
        "Same": "contacted",
        "Booked": "booked",
        "Merged": "new",
    }


def test_what_has_left_the_view_meanwhile_is_still_what_was_ticked(sales):
    lead = make_lead(state="contacted", name="Ann")
    page = ask(sales, "assign_selected", lead, path=f"{INBOX}?show=new&state__exact=new")
    assert "Ann" in words(page_of(page))


def test_suspects_that_are_taken_up_get_their_mails(sales):
    suspect = make_lead(state="spam")
    page = ask(sales, "change_state_selected", suspect, make_lead(submission="other"))
    assert "1 of them is suspected spam." in words(page_of(page))
    answer(sales, page, state="qualified")
    assert set(Lead.objects.values_list("state", flat=True)) == {"qualified"}
    promised = OutboxMessage.objects.values_list("payload__lead", flat=True)
    assert list(promised) == [suspect.pk, suspect.pk]


def test_all_of_a_view_are_chosen_but_no_more_than_can_be_done(sales, monkeypatch):
    monkeypatch.setattr(lead_bulk, "MOST", 2)
    leads = [make_lead(), make_lead()]
    make_lead(state="won")
    spam = make_lead(state="spam")
    page = ask(sales, "assign_selected", leads[0], select_across="1")
    assert len(page_of(page).findall(".//ul[@class='lead-chosen']/li")) == 2
    answer(sales, page)
    assert set(Lead.objects.exclude(owner=None)) == set(leads)
    make_lead()
    refused = ask(sales, "assign_selected", leads[0], select_across="1")
    said = "Nothing was changed: choose at most 2 leads at a time, please."
    assert notices(sales, refused) == ["Changed: 2.", said]
    assert Lead.objects.get(pk=spam.pk).owner is None


def test_each_view_offers_its_acts(sales):
    make_lead()
    make_lead(state="spam")
    offered = {}
    for view in ("", "?show=spam"):
        select = page_of(sales.get(f"{INBOX}{view}")).find(".//select[@name='action']")
        offered[view] = {each.get("value") for each in select.iter("option")} - {""}
    assert offered == {
        "": {
            *("assign_selected", "change_state_selected", "delete_selected"),
            *("merge_selected", "suspect_selected"),
        },
        "?show=spam": {"accept_selected", "delete_selected"},
    }


@pytest.mark.parametrize("key", ["x", "-1", "9" * 30])
def test_what_is_no_lead_is_refused_kindly(sales, key):
    found = sales.post(INBOX, {"action": "assign_selected", "_selected_action": [key]})
    assert notices(sales, found) == ["These are no leads. Choose them in the list again."]


def test_whoever_may_only_look_changes_nothing(client):
    reader, lead = make_staff(), make_lead()
    reader.user_permissions.add(Permission.objects.get(codename="view_lead"))
    client.force_login(reader)
    sent = {"step": "do", f"shown_{lead.pk}": "", "owner": ""}
    ask(client, "assign_selected", lead, **sent)
    ask(client, "change_state_selected", lead, **{**sent, "state": "won"})
    assert (Lead.objects.get().state, LeadEvent.objects.exists()) == ("new", False)


def test_the_page_asks_as_often_for_three_as_for_one(sales, django_assert_num_queries):
    for count in (1, 3):
        while Lead.objects.count() < count:
            make_lead(owner=make_staff("sales"))
        ask(sales, "assign_selected", *Lead.objects.all())
        with django_assert_num_queries(15):
            ask(sales, "assign_selected", *Lead.objects.all())
