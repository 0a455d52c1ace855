"""Which offer a page shows: the entry's own, else that of its first topic, else the default."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config import site
from glossary import calls, publishing, revisions, topics
from glossary.models import Entry, Topic
from leads import offers
from leads.models import Offer, OfferTopic
from leads.offers import Reason
from tests.desk import change, page_of, rows, words
from tests.factories import (
    make_author,
    make_comparison,
    make_draft,
    make_entry,
    make_offer,
    make_path,
    make_site,
)

pytestmark = pytest.mark.django_db
ODD_NAMES = ["a", "B", "Ä", "Z", "_x", "É", "ab", "a b", "Ω", "日本", "zz", "É2", "10", "9"]
"""Databases put these in an order of their own unless they are told."""


def attach(offer: Offer, *names: str) -> None:
    for name in names:
        OfferTopic.objects.create(offer=offer, topic=Topic.objects.get_or_create(name=name)[0])


def make_other(name: str, *names: str, **fields) -> Offer:
    """An offer that is not the default, for the topics with `names`."""
    offer = make_offer(name=name, heading=f"{name}?", is_default=False, **fields)
    attach(offer, *names)
    return offer


def called(client, path: str) -> str:
    """The heading of the call to action on the page at `path`; "" without one."""
    response = client.get(path)
    assert response.status_code == 200, path
    found = [each for each in page_of(response).iter("section") if each.get("class") == "call"]
    return words(found[-1].find(".//h2")) if found else ""


def shown(client, entry: Entry) -> str:
    return called(client, entry.get_absolute_url())


# What pages show --------------------------------------------------------------------------


def test_an_entry_shows_its_own_offer_then_its_topics_then_the_default(client):
    make_offer(heading="Default?")
    own, of_topic = make_other("Own"), make_other("Data check", "Data")
    plain, about, own_too = (
        make_entry(),
        make_entry(topics=["Automation", "Data"]),
        make_entry(topics=["Data"], offer=own.pk),
    )
    assert [shown(client, each) for each in (plain, about, own_too)] == [
        "Default?",
        "Data check?",
        "Own?",
    ]
    Offer.objects.filter(pk=own.pk).update(is_active=False)
    assert shown(client, own_too) == "Data check?"
    Offer.objects.filter(pk=of_topic.pk).update(is_active=False)
    assert [shown(client, each) for each in (about, own_too)] == ["Default?"] * 2


def test_the_first_topic_of_the_page_that_has_an_active_offer_decides(client):
    make_offer()
    make_other("Asleep", "Alpha", is_active=False)
    make_other("Gamma check", "Gamma")
    make_other("Beta check", "Beta")
    entry = make_entry(topics=["Gamma", "Alpha", "Beta"])
    assert shown(client, entry) == "Beta check?"


def test_line_bar_and_box_of_a_page_show_the_same_offer(client):
    make_offer()
    workshop = make_other("Workshop", "Data", button="Book the workshop")
    entry = make_entry(topics=["Data"])
    page = page_of(client.get(entry.get_absolute_url()))
    links = [each for each in page.iter("a") if words(each) == "Book the workshop"]
    path = f"{workshop.get_absolute_url()}?from={entry.get_absolute_url()}"
    leading = [link.get("href").partition("&via=") for link in links]
    assert [page for page, *_ in leading] == [path] * 3
    assert [via.partition(".")[0] for *_, via in leading] == ["line", "end", "bar"]


def test_a_paused_offer_is_still_shown(client):
    make_offer()
    make_other("Workshop", "Data", is_paused=True, pause_message="Back in May.")
    assert shown(client, make_entry(topics=["Data"])) == "Workshop?"


def test_pages_of_a_topic_show_its_offer(client):
    make_offer(heading="Default?")
    make_other("Data check", "Data")
    entries = [make_entry(topics=["Data", "Other"]), make_entry(topics=["Data"])]
    path = make_path(*entries, topic=Topic.objects.get(name="Data"))
    free = make_path(*entries, slug="free")
    paths = ["/topics/data/", "/topics/other/", *(p.get_absolute_url() for p in (path, free))]
    assert [called(client, each) for each in paths] == [
        "Data check?",
        "Default?",
        "Data check?",
        "Default?",
    ]
    assert called(client, f"{entries[0].get_absolute_url()}mentions/") == "Data check?"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([], [], "Default?"),
        (["Data"], [], "Data check?"),
        ([], ["Data"], "Data check?"),
        (["Robots"], ["Data"], "Robots check?"),
    ],
)
def test_a_comparison_shows_what_its_first_entry_shows_rather_than_the_default(
    client, left, right, expected
):
    make_offer(heading="Default?")
    make_other("Data check", "Data")
    make_other("Robots check", "Robots")
    comparison = make_comparison(make_entry(topics=left), make_entry(topics=right))
    assert called(client, comparison.get_absolute_url()) == expected


def test_without_any_offer_pages_call_for_nothing(client):
    entry = make_entry(topics=["Data"], offer=99)
    comparison = make_comparison(entry)
    paths = [entry.get_absolute_url(), "/topics/data/", comparison.get_absolute_url()]
    assert [called(client, path) for path in paths] == [""] * 3


def test_a_topic_calls_even_on_a_site_without_default(client):
    make_other("Data check", "Data")
    about, other = make_entry(topics=["Data"]), make_entry()
    assert [shown(client, about), shown(client, other)] == ["Data check?", ""]


def test_settings_that_nobody_saved_make_no_difference(client):
    make_offer()
    make_other("Data check", "Data")
    entry = make_entry(topics=["Data"])
    assert shown(client, entry) == "Data check?"
    make_site()
    assert shown(client, entry) == "Data check?"


@pytest.mark.parametrize("count", [1, 3])
def test_an_entry_page_is_two_queries_whatever_is_offered(
    client, django_assert_num_queries, count
):
    make_site()
    make_offer()
    for n in range(count):
        make_other(f"Offer {n}", f"Topic {n}", host=make_author())
    entry = make_entry(topics=[f"Topic {n}" for n in range(count)])
    with django_assert_num_queries(2):
        client.get(entry.get_absolute_url())


def test_a_page_is_sent_again_when_the_topics_of_an_offer_change(client):
    make_site()
    make_offer()
    workshop = make_other("Workshop")
    entry = make_entry(topics=["Data"])
    path = entry.get_absolute_url()

    def status(tag: str) -> tuple[int, str]:
        response = client.get(path, headers={"if-none-match": tag})
        return response.status_code, response.headers["ETag"]

    tag = client.get(path).headers["ETag"]
    assert status(tag)[0] == 304
    attach(workshop, "Data")
    code, attached = status(tag)
    assert (code, status(attached)[0]) == (200, 304)
    OfferTopic.objects.all().delete()
    assert status(attached) == (200, tag)


def test_a_renamed_topic_keeps_its_offer(client):
    make_offer()
    make_other("Data check", "Data")
    entry = make_entry(topics=["Data"])
    topics.rename(Topic.objects.get(), name="Records", slug="records")
    assert (shown(client, entry), called(client, "/topics/records/")) == ("Data check?",) * 2


@pytest.mark.parametrize(
    ("into", "expected"), [("Records", "Data check?"), ("Robots", "Robots check?")]
)
def test_a_topic_brings_its_offer_into_the_one_that_it_becomes(client, into, expected):
    make_offer()
    make_other("Data check", "Data")
    make_other("Robots check", "Robots")
    entry = make_entry(topics=["Data"])
    kept = Topic.objects.get_or_create(name=into)[0]
    topics.merge([Topic.objects.get(name="Data")], into=kept)
    assert shown(client, entry) == expected
    assert OfferTopic.objects.filter(topic=kept).count() == 1


# The same in SQL --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_sql_and_pages_agree_whatever_is_offered(client, seed):
    chance = random.Random(seed)
    make_site()
    known = [make_offer(name=f"Offer {n}", is_default=False) for n in range(5)]
    tags = [Topic.objects.create(name=name) for name in ODD_NAMES]
    entries = [make_entry(topics=chance.sample(ODD_NAMES, chance.randrange(5))) for _ in range(10)]
    make_draft(topics=ODD_NAMES)
    for _ in range(12):
        _shuffle(chance, known, tags, entries)
        site.forget()
        found = {each.pk: each for each in offers.with_offers(Entry.objects.published())}
        for entry in Entry.objects.published():
            choice, row = calls.of_entry(entry), found[entry.pk]
            page = offers.for_page(entry.offer, [t["name"] for t in entry.public_topics])
            assert (page and page.pk) == row.shown_offer == (choice and choice.offer)
            if choice:
                said = (row.reason == Reason.OWN, row.reason == Reason.TOPIC)
                assert said == (choice.is_own, bool(choice.topic))
                assert choice.topic in ("", row.deciding_topic)
        for offer in known:
            showing = {pk for pk, each in found.items() if each.shown_offer == offer.pk}
            assert set(offers.entries_showing(offer).values_list("pk", flat=True)) == showing
            assert sum(offers.reasons(offer).values()) == len(showing)
            assert offers.counts().get(offer.pk, 0) == len(showing)
    headings = dict(Offer.objects.values_list("pk", "heading"))
    for entry in entries:
        assert shown(client, entry) == headings.get(found[entry.pk].shown_offer, "")


def _shuffle(chance, known, tags, entries) -> None:
    """Another default, or none; others active; attached otherwise; wanted by others."""
    OfferTopic.objects.all().delete()
    Offer.objects.update(is_default=False)
    for offer in known:
        heading = f"{offer.name} {chance.random()}"
        Offer.objects.filter(pk=offer.pk).update(is_active=chance.random() < 0.6, heading=heading)
    if chance.random() < 0.8:
        default = chance.choice(known)
        Offer.objects.filter(pk=default.pk).update(is_active=True, is_default=True)
    for tag in chance.sample(tags, chance.randrange(len(tags))):
        OfferTopic.objects.create(offer=chance.choice(known), topic=tag)
    for entry in entries:
        wish = chance.choice([None, None, 999, *(offer.pk for offer in known)])
        Entry.objects.filter(pk=entry.pk).update(offer=wish)


def test_only_what_readers_see_shows_an_offer():
    offer = make_offer()
    entry = make_entry()
    make_draft()
    publishing.withdraw(make_entry())
    assert [each.pk for each in offers.entries_showing(offer)] == [entry.pk]
    assert offers.counts() == {offer.pk: 1}


def test_counting_is_one_query_however_many_offers():
    for n in range(3):
        make_entry(topics=[f"Topic {n}"])
        make_other(f"Offer {n}", f"Topic {n}")
    with CaptureQueriesContext(connection) as queries:
        assert sorted(offers.counts().values()) == [1, 1, 1]
    assert len(queries) == 1


# What the desk says of it -----------------------------------------------------------------


def said(client, entry: Entry) -> list[str]:
    page = page_of(client.get(change(entry)))
    (part,) = (s for s in page.iter("section") if s.get("aria-labelledby") == "desk-call")
    return [words(line) for line in part.iter("p")]


@pytest.mark.parametrize(
    ("names", "is_own", "expected"),
    [
        ([], False, "Readers see: Free consultation, the site's default."),
        (["Data"], False, "Readers see: Data check, as the topic Data says."),
        (["Data"], True, "Readers see: Own, as this entry says."),
    ],
)
def test_the_form_says_which_offer_the_page_shows_and_why(publisher, names, is_own, expected):
    make_site()
    make_offer()
    make_other("Data check", "Data")
    own = make_other("Own")
    entry = make_entry(topics=names, offer=own.pk if is_own else None)
    assert said(publisher, entry) == [expected]


def test_the_form_says_what_a_draft_will_change(publisher):
    make_site()
    make_offer()
    own = make_other("Own")
    make_other("Data check", "Data")
    entry = make_entry(topics=["Data"])
    publishing.save_draft(entry, {**revisions.newest(entry), "offer": own.pk})
    assert said(publisher, entry) == [
        "Readers see: Data check, as the topic Data says.",
        "Once published: Own, as this entry says.",
    ]
    assert said(publisher, make_draft(topics=["Data"])) == [
        "Once published: Data check, as the topic Data says."
    ]


def test_topics_say_which_offer_is_theirs(publisher):
    make_site()
    make_offer()
    make_other("Data check", "Data")
    other = Topic.objects.create(name="Other")
    page = page_of(publisher.get("/admin/glossary/topic/"))
    cells = [words(cell) for cell in page.iter("td") if "field-call" in cell.get("class", "")]
    assert rows(publisher.get("/admin/glossary/topic/")) == ["Data", "Other"]
    assert cells == ["Data check", "Free consultation, the site's default"]
    assert (
        "Free consultation, the site&#x27;s default"
        in publisher.get(change(other)).content.decode()
    )
