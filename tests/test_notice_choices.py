"""Choosing what one hears of: for oneself, and by administrators for everybody."""

import pytest
from django.contrib.auth.models import User

from leads.models import NoticeChoices
from tests.desk import change, filled, notices, page_of, rows, submit, words
from tests.factories import make_site, make_staff

pytestmark = pytest.mark.django_db

MINE = "/admin/leads/desk/notifications/"
LIST = "/admin/leads/noticechoices/"
EVERYTHING = {
    **dict.fromkeys(["new_leads", "bookings", "cancellations", "failures"], "all"),
    "has_digest": "on",
    "digest_hour": "0",
}


def said(client) -> str:
    return words(page_of(client.get(MINE)).find(".//div[@id='content-main']"))


def chosen(user) -> dict:
    fields = ["new_leads", "bookings", "cancellations", "failures", "has_digest", "digest_hour"]
    return NoticeChoices.objects.values(*fields).get(user=user)


def test_staff_choose_for_themselves_alone(client):
    user, other = make_staff("sales"), make_staff("sales")
    NoticeChoices.objects.create(user=other, bookings="mine")
    client.force_login(user)
    assert "You have not chosen yet." in said(client)
    answer = submit(client, MINE, **EVERYTHING, user=str(other.pk))
    assert notices(client, answer) == ["Saved. It holds from the next mail on."]
    assert chosen(user) == {
        **dict.fromkeys(["new_leads", "bookings", "cancellations", "failures"], "all"),
        "has_digest": True,
        "digest_hour": 0,
    }
    assert chosen(other)["bookings"] == "mine"
    assert "You have not chosen yet." not in said(client)
    submit(client, MINE, new_leads="none")
    assert (chosen(user)["new_leads"], NoticeChoices.objects.count()) == ("none", 2)


def test_whoever_saves_the_page_as_it_is_goes_on_hearing_of_what_is_theirs(client):
    user = make_staff("sales")
    client.force_login(user)
    submit(client, MINE)
    assert chosen(user) == {
        **dict.fromkeys(["new_leads", "bookings", "cancellations"], "mine"),
        "failures": "none",
        "has_digest": False,
        "digest_hour": 7,
    }


@pytest.mark.parametrize("wrong", [{"new_leads": "some"}, {"digest_hour": "24"}])
def test_what_cannot_be_chosen_is_not_saved(client, wrong):
    client.force_login(make_staff("sales"))
    answer = client.post(MINE, {**filled(client, MINE), **wrong})
    assert "Nothing was saved yet" in answer.content.decode()
    assert NoticeChoices.objects.count() == 0


def test_the_page_says_whom_no_mail_reaches_and_who_hears_anyway(client):
    make_site(lead_recipients="desk@example.com")
    user = make_staff("sales")
    client.force_login(user)
    assert "Your login has no e-mail address" in said(client)
    User.objects.filter(pk=user.pk).update(email="DESK@example.com")
    assert "you hear of every request and booking anyway, once" in said(client)


def test_who_may_not_see_requests_has_nothing_to_choose(client):
    client.force_login(make_staff("writer"))
    assert "there is nothing to choose" in said(client)
    client.post(MINE, EVERYTHING)
    assert NoticeChoices.objects.count() == 0


def test_every_page_of_the_desk_leads_to_one_s_own_choices(client):
    client.force_login(make_staff("writer"))
    tools = page_of(client.get("/admin/glossary/entry/")).find(".//div[@id='user-tools']")
    assert MINE in [link.get("href") for link in tools.iter("a")]
    client.logout()
    assert client.get(MINE).status_code == 302


def test_administrators_choose_for_others(client):
    client.force_login(make_staff("administrator"))
    user = make_staff("sales", username="rui")
    submit(client, f"{LIST}add/", user=str(user.pk), failures="mine")
    choices = NoticeChoices.objects.get()
    assert (choices.user, choices.failures) == (user, "mine")
    submit(client, change(choices), failures="all", user="999")
    choices.refresh_from_db()
    assert (choices.user, choices.failures) == (user, "all")
    assert client.get(f"{LIST}{choices.pk}/delete/").status_code == 403


@pytest.mark.parametrize("role", ["sales", "writer"])
def test_others_choices_are_for_administrators(client, role):
    choices = NoticeChoices.objects.create(user=make_staff("sales"))
    client.force_login(make_staff(role))
    paths = [LIST, f"{LIST}add/", change(choices)]
    assert [client.get(path).status_code for path in paths] == [403] * 3


def test_the_list_of_choices_asks_as_much_for_three_as_for_one(client, django_assert_num_queries):
    client.force_login(make_staff("administrator"))
    for number in (1, 3):
        while NoticeChoices.objects.count() < number:
            NoticeChoices.objects.create(user=make_staff("sales"), has_digest=True)
        with django_assert_num_queries(9):
            assert len(rows(client.get(LIST))) == number
