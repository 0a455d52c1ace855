"""Topics: renamed, merged and deleted without losing an address, and never twice in capitals."""

import pytest

from glossary import publishing, topic_names, topics
from glossary.models import Entry, EntryTopic, LearningPath, OldPath, OldTopicSlug, Topic
from tests.desk import change, errors, notices, rows, submit
from tests.factories import ROLES, make_draft, make_entry, make_path, make_staff

pytestmark = pytest.mark.django_db
LIST = "/admin/glossary/topic/"


def topic_called(name: str) -> Topic:
    return Topic.objects.get(name=name)


def answer(client, path: str) -> tuple[int, str]:
    response = client.get(path)
    return response.status_code, response.headers.get("Location", "")


# Renaming ---------------------------------------------------------------------------------


def test_old_address_of_a_renamed_topic_leads_to_the_new_one(client):
    make_entry(topics=["Robots"])
    topics.rename(topic_called("Robots"), name="Automation", slug="automation")
    assert answer(client, "/topics/robots/") == (301, "/topics/automation/")
    page = client.get("/topics/automation/").content.decode()
    assert ("Automation" in page, "Robots" in page) == (True, False)


def test_pages_of_entries_show_the_new_name_at_once(client):
    make_entry(term="Webhook", topics=["Robots"])
    topics.rename(topic_called("Robots"), name="Automation", slug="automation")
    page = client.get("/glossary/webhook/").content.decode()
    assert '<a href="/topics/automation/">Automation</a>' in page


def test_old_addresses_lead_there_in_one_step_however_often_it_was_renamed(client):
    make_entry(topics=["One"])
    topic = topic_called("One")
    for name, slug in (("Two", "two"), ("Three", "three"), ("Four", "four")):
        topics.rename(topic, name=name, slug=slug)
    found = [answer(client, f"/topics/{slug}/") for slug in ("one", "two", "three")]
    assert found == [(301, "/topics/four/")] * 3


def test_back_to_the_first_name_makes_no_loop(client):
    make_entry(topics=["One"])
    topic = topic_called("One")
    topics.rename(topic, name="Two", slug="two")
    topics.rename(topic, name="One", slug="one")
    assert answer(client, "/topics/one/") == (200, "")
    assert answer(client, "/topics/two/") == (301, "/topics/one/")


def test_a_live_address_wins_over_an_old_one(client):
    make_entry(topics=["One"])
    topics.rename(topic_called("One"), name="Two", slug="two")
    make_entry(topics=["One"])
    assert answer(client, "/topics/one/") == (200, "")
    topics.follow(topic_called("One"))
    assert not OldTopicSlug.objects.exists()


@pytest.mark.parametrize("language", ["pt", "de"])
def test_redirect_stays_in_the_language_of_the_address(client, language):
    make_entry(topics=["Robots"], language=language)
    topics.rename(topic_called("Robots"), name="Automation", slug="automation")
    expected = (301, f"/{language}/topics/automation/")
    assert answer(client, f"/{language}/topics/robots/") == expected
    assert answer(client, "/topics/robots/") == (404, "")


def test_nobody_is_led_to_a_topic_without_a_page(client):
    make_draft(topics=["Robots"])
    topics.rename(topic_called("Robots"), name="Automation", slug="automation")
    assert answer(client, "/topics/robots/") == (404, "")


@pytest.mark.parametrize("path", ["/topics/robots/", "/topics/automation/"])
def test_topic_of_withdrawn_entries_alone_is_gone(client, path):
    entry = make_entry(topics=["Robots"])
    topics.rename(topic_called("Robots"), name="Automation", slug="automation")
    publishing.withdraw(entry)
    response = client.get(path)
    assert (response.status_code, "no more entries" in response.content.decode()) == (410, True)


def test_capitals_and_accents_in_an_address_are_forgiven(client):
    make_entry(topics=["Café"])
    assert answer(client, "/topics/Caf%C3%A9/") == (301, "/topics/cafe/")
    assert answer(client, "/topics/unheard-of/") == (404, "")


@pytest.mark.parametrize("name", ["automation", "AUTOMATION", " Automation "])
def test_a_name_that_another_topic_has_is_refused(name):
    make_entry(topics=["Robots", "Automation"])
    with pytest.raises(topics.NameTaken):
        topics.rename(topic_called("Robots"), name=name)
    with pytest.raises(topics.AddressTaken):
        topics.rename(topic_called("Robots"), name="Other", slug="automation")


# Names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ökonomie", "Ökonomie"),
        ("ÖKONOMIE", "Ökonomie"),
        ("Okonomie", None),
        ("Robots", "Automation"),
        ("Sales", "Selling"),
        ("Never heard", None),
    ],
)
def test_a_name_finds_its_topic(name, meant):
    make_draft(topics=["Ökonomie", "Robots", "Sales"])
    topics.rename(topic_called("Robots"), name="Automation", slug="automation")
    topics.rename(topic_called("Sales"), name="Selling")
    found = topic_names.called([name]).get(name)
    assert (found and found.name) == meant


def test_names_are_spelled_as_their_topics_and_given_once():
    make_draft(topics=["Ökonomie", "CRM"])
    given = ["crm", "Fresh", "ökonomie", "CRM", "fresh"]
    assert topic_names.spelled(given) == ["CRM", "Fresh", "Ökonomie"]


# Merging ----------------------------------------------------------------------------------


def test_merged_topic_has_the_entries_of_all(client):
    both = make_entry(term="Both", topics=["One", "Two"])
    other = make_entry(term="Other", topics=["Two"])
    draft = make_draft(term="Draft", topics=["Two"])
    assert topics.merge([topic_called("Two")], into=topic_called("One")) == 3
    assert set(Entry.objects.about(topic_called("One"))) == {both, other, draft}
    for slug in ("both", "other"):
        page = client.get(f"/glossary/{slug}/").content.decode()
        assert ("/topics/one/" in page, "/topics/two/" in page) == (True, False)


def test_addresses_of_merged_topics_and_their_old_ones_lead_on(client):
    make_entry(topics=["One", "Two"])
    topics.rename(topic_called("Two"), name="Three", slug="three")
    OldPath.objects.create(path="/tag/two", topic=topic_called("Three"))
    topics.merge([topic_called("Three")], into=topic_called("One"))
    found = [answer(client, f"/topics/{slug}/") for slug in ("two", "three")]
    assert found == [(301, "/topics/one/")] * 2
    assert OldPath.objects.get().topic == topic_called("One")


def test_places_under_start_here_follow_behind_those_of_the_one_that_stays():
    names = ["a", "b", "c", "d"]
    a, b, c, _ = (make_entry(term=name, topics=["Two"]) for name in names)
    for entry in (a, b):
        entry.topics.add("One")
    one, two = topic_called("One"), topic_called("Two")
    one.memberships.filter(content_object=a).update(position=4)
    for entry, place in ((a, 1), (b, 3), (c, 2)):
        two.memberships.filter(content_object=entry).update(position=place)
    topics.merge([two], into=one)
    places = dict(EntryTopic.objects.values_list("content_object__term", "position"))
    assert places == {"a": 4, "c": 5, "b": 6, "d": None}


def test_learning_paths_and_descriptions_follow():
    make_entry(topics=["One", "Two", "Three"])
    one, two, three = map(topic_called, ("One", "Two", "Three"))
    make_path(make_entry(), topic=three)
    Topic.objects.filter(pk=two.pk).update(description="About two.")
    topics.merge([two, three], into=one)
    assert LearningPath.objects.get().topic == one
    assert topic_called("One").description == "About two."


def test_to_merge_a_topic_with_itself_or_one_that_is_gone_changes_nothing():
    make_entry(topics=["One", "Two"])
    one, two = topic_called("One"), topic_called("Two")
    topics.delete([two])
    assert topics.merge([one, two], into=one) == 0
    assert list(Topic.objects.all()) == [one]
    assert not OldTopicSlug.objects.exists()


# The desk ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ökonomie", "ÖKONOMIE", "Ökonomie "])
def test_desk_refuses_a_topic_that_differs_in_capitals_only(publisher, name):
    make_draft(topics=["Ökonomie"])
    response = submit(publisher, f"{LIST}add/", name=name, slug="another")
    assert "There is already a topic called “Ökonomie”." in errors(response)[0]


def test_desk_refuses_to_rename_into_another_but_lets_capitals_change(publisher):
    make_draft(topics=["crm", "Sales"])
    response = submit(publisher, change(topic_called("Sales")), name="CRM")
    assert "There is already a topic called “crm”." in errors(response)[0]
    submit(publisher, change(topic_called("crm")), name="CRM")
    assert sorted(Topic.objects.values_list("name", flat=True)) == ["CRM", "Sales"]


def test_old_address_is_kept_when_the_desk_renames(publisher):
    make_entry(topics=["Robots"])
    submit(publisher, change(topic_called("Robots")), name="Automation", slug="automation")
    assert answer(publisher, "/topics/robots/") == (301, "/topics/automation/")
    assert "robots" in publisher.get(change(topic_called("Automation"))).content.decode()


def test_list_counts_uses_and_finds_what_is_not_used(publisher):
    make_entry(topics=["Used"])
    make_draft(topics=["Used", "Hidden"])
    Topic.objects.create(name="Unused")
    page = publisher.get(LIST).content.decode()
    assert '<td class="field-uses">2</td><td class="field-public_uses">1</td>' in page
    assert rows(publisher.get(LIST, {"use": "none"})) == ["Unused"]
    assert rows(publisher.get(LIST, {"use": "hidden"})) == ["Hidden", "Unused"]
    assert rows(publisher.get(LIST, {"use": "public"})) == ["Used"]


def test_list_counts_as_far_as_anybody_wants_to_know(publisher, monkeypatch):
    monkeypatch.setattr("glossary.admin.topics.MOST_COUNTED", 1)
    make_entry(topics=["Used"])
    make_draft(topics=["Used", "Hidden"])
    page = publisher.get(LIST).content.decode()
    assert '<td class="field-uses">more than 1</td><td class="field-public_uses">1</td>' in page


def merging(client, *chosen: Topic, **data):
    keys = [topic.pk for topic in chosen]
    return client.post(LIST, {"action": "merge_selected", "_selected_action": keys, **data})


def test_desk_shows_what_a_merger_will_do_and_then_does_it(admin_client):
    make_entry(topics=["One", "Two"])
    make_entry(topics=["Two"])
    one, two = topic_called("One"), topic_called("Two")
    page = merging(admin_client, one, two).content.decode()
    assert ("2 topics become one" in page, "2 entries in all" in page) == (True, True)
    assert Topic.objects.count() == 2
    response = merging(admin_client, one, two, merge="x", into=one.pk, description="All of it.")
    (said,) = notices(admin_client, response)
    assert said.startswith("2 topics are one now: “One”. 2 entries changed their topic")
    assert Topic.objects.get().description == "All of it."


@pytest.mark.parametrize("into", ["", "0", "99999", "x"])
def test_a_tampered_target_is_refused(admin_client, into):
    make_entry(topics=["One", "Two"])
    response = merging(admin_client, *Topic.objects.all(), merge="x", into=into)
    assert (response.status_code, Topic.objects.count()) == (200, 2)
    assert errors(response) != []


def test_one_topic_alone_is_not_merged(admin_client):
    make_entry(topics=["One"])
    (said,) = notices(admin_client, merging(admin_client, topic_called("One")))
    assert said == "Choose the two or more topics that are to become one."


@pytest.mark.parametrize("role", [*ROLES, "no group"])
def test_only_those_who_may_change_and_delete_topics_merge_them(client, role):
    user = make_staff(*([] if role == "no group" else [role]))
    client.force_login(user)
    make_entry(topics=["One", "Two"])
    one, two = topic_called("One"), topic_called("Two")
    merging(client, one, two, merge="x", into=one.pk)
    may = user.has_perm("glossary.change_topic") and user.has_perm("glossary.delete_topic")
    assert Topic.objects.count() == (1 if may else 2)


def test_a_stranger_merges_nothing(client):
    make_entry(topics=["One", "Two"])
    one, two = topic_called("One"), topic_called("Two")
    assert merging(client, one, two, merge="x", into=one.pk).status_code == 302
    assert Topic.objects.count() == 2


@pytest.mark.parametrize("count", [1, 3])
def test_topic_list_asks_as_often_for_three_as_for_one(
    publisher, count, django_assert_num_queries
):
    for number in range(count):
        make_entry(topics=[f"Topic {number}"])
    publisher.get(LIST)
    with django_assert_num_queries(8):
        publisher.get(LIST)


@pytest.mark.parametrize("count", [2, 4])
def test_merge_page_asks_as_often_for_four(admin_client, count, django_assert_num_queries):
    for number in range(count):
        make_entry(topics=[f"Topic {number}"])
    chosen = list(Topic.objects.all())
    with django_assert_num_queries(9):
        merging(admin_client, *chosen)


@pytest.mark.parametrize("count", [1, 3])
def test_old_address_costs_the_same_however_many_entries(client, count, django_assert_num_queries):
    for _ in range(count):
        make_entry(topics=["Robots"])
    topics.rename(topic_called("Robots"), name="Automation", slug="automation")
    with django_assert_num_queries(5):
        assert answer(client, "/topics/robots/") == (301, "/topics/automation/")
