"""The inbox: its views, what narrows them, what each row says, and views that staff keep."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import Lead, SavedView
from tests.desk import notices, page_of, rows, send, states, submit, words
from tests.factories import make_entry, make_lead, make_offer, make_site, make_staff

pytestmark = pytest.mark.django_db
INBOX = "/admin/leads/lead/"


@pytest.fixture(autouse=True)
def site():
    return make_site(answer_hours=24, time_zone="UTC")


@pytest.fixture
def bea():
    return make_staff("sales", username="bea")


@pytest.fixture
def sales(client, bea):
    client.force_login(bea)
    return client


def ago(**how):
    return timezone.now() - timedelta(**how)


def today(days: int = 0):
    return timezone.now().date() + timedelta(days=days)


def tabs(response) -> dict[str, str]:
    """The words of each tab and where it leads to, the present one with a star."""
    found = {}
    for link in page_of(response).findall(".//nav[@class='tabs']//a"):
        star = "*" if link.get("aria-current") == "page" else ""
        found[words(link) + star] = link.get("href")
    return found


# Views ------------------------------------------------------------------------------------


@pytest.fixture
def everybody(bea):
    """Somebody for each view, and those who must not be in it."""
    carl = make_staff("sales", username="carl")
    make_lead(name="fresh", created_at=ago(hours=1))
    make_lead(name="waits", created_at=ago(days=2))
    make_lead(name="waits longer", created_at=ago(days=3), owner=carl)
    make_lead(name="answered", created_at=ago(days=4), answered_at=ago(days=1))
    make_lead(name="mine", state="contacted", owner=bea, created_at=ago(days=5))
    make_lead(name="my client", state="won", owner=bea, created_at=ago(days=6))
    due = {"next_step": "Call", "state": "qualified"}
    make_lead(name="today", next_step_on=today(), created_at=ago(days=7), **due)
    make_lead(name="late", next_step_on=today(-1), created_at=ago(days=8), **due)
    make_lead(name="tomorrow", next_step_on=today(1), created_at=ago(days=9), **due)
    make_lead(name="lost", state="lost", created_at=ago(days=10), next_step_on=today(-2))
    make_lead(name="spam", state="spam", created_at=ago(days=11), next_step_on=today(), owner=bea)
    into = Lead.objects.get(name="mine")
    make_lead(name="merged", created_at=ago(days=12), merged_into=into, next_step_on=today())


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        (
            "",
            ["waits longer", "waits", "fresh", "late", "today", "tomorrow", "answered", "mine"],
        ),
        ("?show=new", ["waits longer", "waits", "fresh"]),
        ("?show=mine", ["mine"]),
        ("?show=due", ["lost", "late", "today"]),
        ("?show=overdue", ["waits longer", "waits"]),
        (
            "?show=all",
            [
                *("fresh", "waits", "waits longer", "answered", "mine", "my client"),
                *("today", "late", "tomorrow", "lost"),
            ],
        ),
        ("?show=spam", ["spam"]),
        ("?state__exact=spam", ["spam"]),
        ("?state__exact=won", ["my client"]),
        ("?show=merged", ["merged"]),
        ("?show=everything", ["waits longer", "waits", "fresh", "late", "today", "tomorrow"]),
        ("?owner=me", ["mine"]),
        ("?show=all&owner=me", ["mine", "my client"]),
        ("?show=new&owner=nobody", ["waits", "fresh"]),
        ("?show=all&received=7", ["fresh", "waits", "waits longer", "answered", "mine"]),
        ("?show=all&q=lost", ["lost"]),
        ("?q=lost", []),
        ("?show=all&owner=x", []),
    ],
)
def test_each_view_holds_its_leads_in_its_order(sales, everybody, view, shown):
    found = rows(sales.get(f"{INBOX}{view}"))
    if view == "?show=everything":
        assert found[: len(shown)] == shown
    elif "received" in view:
        # The seventh day is today's number of hours ago: on it or not, depending on the clock.
        assert found in (shown, [*shown, "my client"])
    else:
        assert found == shown


def test_tabs_count_what_they_lead_to(sales, everybody):
    found = tabs(sales.get(INBOX))
    assert list(found) == [
        *("Open 8*", "New and unanswered 3", "Mine 1", "Due today 3", "Overdue 2", "All 10"),
        "Suspected spam 1",
    ]
    for said, url in found.items():
        page = sales.get(url)
        assert len(rows(page)) == int(said.rstrip("*").split()[-1])
        assert [tab for tab in tabs(page) if tab.endswith("*")] == [f"{said.rstrip('*')}*"]


def test_merged_requests_are_shown_to_whoever_asks(sales, everybody):
    page = page_of(sales.get(f"{INBOX}?show=all"))
    (link,) = page.findall(".//li[@class='merged-ones']/a")
    assert words(link) == "1 more request that was merged into others"
    found = sales.get(f"{INBOX}{link.get('href')}")
    assert (rows(found), "Merged 1*" in tabs(found)) == (["merged"], True)
    assert "merged into others" not in sales.get(INBOX).content.decode()


def test_a_row_says_how_the_request_begins(sales):
    make_lead(name="Paula", company="Lopes", message="We copy invoices.\n" + "Every day. " * 20)
    (said,) = rows(sales.get(INBOX))
    assert said.startswith("PaulaLopesWe copy invoices. Every day.")
    assert said.endswith("…")


def test_the_way_back_is_called_the_inbox_everywhere(sales):
    sales.force_login(make_staff("administrator"))
    lead = make_lead(name="Paula")
    for path in ("", "add/", f"{lead.pk}/change/", f"{lead.pk}/delete/"):
        trail = page_of(sales.get(f"{INBOX}{path}")).find(".//div[@class='breadcrumbs']")
        assert words(trail).startswith("Home › Leads › Inbox"), path


def test_offers_and_topics_narrow_a_view(sales):
    offer = make_offer()
    entry = make_entry(topics=["Data", "Robots"])
    make_lead(name="both", offer=offer, entry=entry)
    make_lead(name="neither", entry=make_entry(topics=["Web"]))
    topic = entry.topics.get(name="Data").pk
    found = [
        rows(sales.get(f"{INBOX}?{query}"))
        for query in (f"offer={offer.pk}", f"topic={topic}", "topic=0", "offer=x")
    ]
    assert found == [["both"], ["both"], [], []]


def test_who_finds_nobody_is_shown_the_way_to_all(sales, everybody):
    page = sales.get(f"{INBOX}?q=my+client").content.decode()
    assert 'href="?show=all&amp;q=my%20client"' in page
    empty = sales.get(f"{INBOX}?show=all&owner=nobody&state__exact=won").content.decode()
    assert "No lead in this view fits these filters." in empty
    Lead.objects.all().delete()
    assert "Nobody waits for anything." in sales.get(INBOX).content.decode()


# Rows -------------------------------------------------------------------------------------


def test_a_row_says_how_long_somebody_waits_and_what_is_next(sales, bea):
    entry = make_entry(term="Webhook")
    make_lead(name="Paula", company="Lifts Ltd", created_at=ago(hours=25), entry=entry)
    make_lead(name="Peter", state="booked", created_at=ago(days=3), owner=bea)
    step = {"next_step": "Call <b>him</b>", "next_step_on": today(-1)}
    make_lead(name="Late", state="held", created_at=ago(days=9), **step)
    make_lead(name="Now", created_at=ago(seconds=5), next_step="Think", next_step_on=today())
    page = page_of(sales.get(f"{INBOX}?show=all"))
    cells = {}
    for row in page.findall(".//table[@id='result_list']/tbody/tr"):
        cells[words(row.find("th"))] = [words(cell) for cell in row.findall("td")[1:]]
    yesterday = f"{today(-1):%-d %b}" + (f" {today(-1).year}" * (today(-1).year != today().year))
    assert cells == {
        "Now": ["New", "just now", "Think today", "nobody", "–"],
        "PaulaLifts Ltd": ["New", "1 day ago Overdue", "", "nobody", "Webhook"],
        "Peter": ["Booked", "3 days ago", "", "bea", "–"],
        "Late": ["Talked to", "1 week ago", f"Call <b>him</b> {yesterday}, late", "nobody", "–"],
    }
    assert states(sales.get(f"{INBOX}?show=overdue")) == ["New", "Overdue"]


def test_the_inbox_asks_as_often_for_three_as_for_one(sales, bea, django_assert_num_queries):
    for count in (1, 3):
        while Lead.objects.count() < count:
            number = Lead.objects.count()
            topics = [f"Topic {number}"]
            owner = make_staff("sales", username=f"owner {number}")
            entry = make_entry(topics=topics)
            make_lead(
                owner=owner,
                entry=entry,
                offer=make_offer(name=f"Offer {number}", is_default=not number),
            )
            query = f"show=all&q=Paula&owner={owner.pk}&topic=1&offer=2&received=30"
            SavedView.objects.create(owner=bea, name=f"View {number}", query=query)
            SavedView.objects.create(owner=owner, name="Theirs", query=query, is_shared=True)
        sales.get(INBOX)
        with django_assert_num_queries(12):
            sales.get(INBOX)


# Views that staff keep --------------------------------------------------------------------


def test_what_is_shown_is_kept_under_a_name_and_found_again(sales, bea, everybody):
    assert "Keep this view" not in sales.get(INBOX).content.decode()
    page = sales.get(f"{INBOX}?show=all&owner=nobody&q=call")
    assert "Keep this view" in page.content.decode()
    query = "show=all&owner=nobody&q=call&x=y&p=1"
    answer = sales.post(f"{INBOX}views/keep/", {"name": "  To  call ", "query": query})
    view = SavedView.objects.get()
    assert (view.owner, view.name, view.is_shared) == (bea, "To call", False)
    assert view.query == "show=all&owner=nobody&q=call"
    assert answer["Location"] == f"{INBOX}?{view.query}"
    view_address = answer["Location"]
    found = tabs(sales.get(view_address))
    assert found["To call 3*"] == view_address
    assert [tab for tab in found if tab.endswith("*")] == ["To call 3*"]
    # Whatever the order and the page, it is this view.
    page = sales.get(f"{view_address}&o=1&p=1").content.decode()
    assert "Rename, share or delete" in page


@pytest.mark.parametrize(
    ("name", "query", "said"),
    [
        ("", "show=new&q=x", "Give it a name, such as “Lifts, this month”."),
        ("Here already", "show=new&q=x", "You have a view of this name already."),
        ("x" * 61, "show=new&q=x", "Ensure this value has at most 60 characters (it has 61)."),
    ],
)
def test_a_name_that_cannot_be_gets_a_sentence(sales, bea, name, query, said):
    SavedView.objects.create(owner=bea, name="Here already", query="show=all")
    SavedView.objects.create(owner=make_staff(), name="Somebody else’s", query="show=all")
    page = sales.post(f"{INBOX}views/keep/", {"name": name, "query": query}).content.decode()
    assert said in page
    assert 'value="show=new&amp;q=x"' in page
    assert SavedView.objects.count() == 2


def test_too_long_a_search_is_no_view(sales):
    answer = sales.post(f"{INBOX}views/keep/", {"name": "Long", "query": f"q={'x' * 1000}"})
    assert notices(sales, answer) == ["Too much is searched for at once to be kept as a view."]
    assert not SavedView.objects.exists()


def test_a_view_is_renamed_shared_and_deleted_by_whom_it_belongs_to(sales, bea, everybody):
    view = SavedView.objects.create(owner=bea, name="To call", query="show=all&owner=me")
    page = f"{INBOX}views/{view.pk}/"
    send(sales, page, "view", name="Mine", is_shared="on")
    view.refresh_from_db()
    assert (view.name, view.is_shared, view.query) == ("Mine", True, "show=all&owner=me")

    carl = make_staff("sales")
    sales.force_login(carl)
    # “Me” is whoever looks.
    assert "Mine bea" in tabs(sales.get(INBOX))
    assert "Rename" not in sales.get(f"{INBOX}?{view.query}").content.decode()
    assert [sales.get(page).status_code, sales.post(page, {"delete": "x"}).status_code] == [
        404
    ] * 2

    sales.force_login(bea)
    submit(sales, page, button="delete")
    assert (SavedView.objects.count(), Lead.objects.count()) == (0, 12)


def test_views_of_others_that_are_not_shared_are_theirs_alone(sales):
    SavedView.objects.create(owner=make_staff(), name="Secret", query="show=all&q=x")
    assert "Secret" not in sales.get(f"{INBOX}?show=all&q=x").content.decode()


def test_whoever_may_not_look_at_leads_sees_no_inbox(client):
    client.force_login(make_staff("writer"))
    paths = [INBOX, f"{INBOX}views/keep/"]
    assert [client.get(path).status_code for path in paths] == [403, 403]
