"""The desk: every page opens, and all of it is safe under a strict policy."""

from datetime import timedelta
from html.parser import HTMLParser
from io import StringIO

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.utils import timezone

from authors.models import Author
from config import outbox, pictures
from config.models import OutboxMessage, Picture, SiteSettings, WebhookEndpoint
from glossary.models import (
    Asker,
    Comparison,
    Demand,
    Entry,
    Feedback,
    ImportRun,
    LearningPath,
    PinnedResult,
    SearchedPhrase,
    Suggestion,
    Topic,
)
from leads.models import (
    BlockedPeriod,
    Booking,
    Calendar,
    DateOverride,
    Lead,
    LeadEvent,
    NoticeChoices,
    Offer,
    OfferTopic,
    ReplyTemplate,
    RetentionRule,
)
from tests.desk import (
    change,
    rows,
)
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_comparison,
    make_endpoint,
    make_entry,
    make_lead,
    make_offer,
    make_path,
    make_picture,
    make_rules,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db


# Every page opens -------------------------------------------------------------------------


def entry_row() -> Entry:
    number = Entry.objects.count()
    return make_entry(
        author=make_author(), topics=[f"Topic {number}"], aliases=[f"Other name {number}"]
    )


def topic_row() -> Topic:
    entry_row()
    return Topic.objects.latest("pk")


def lead_row() -> Lead:
    return make_lead(entry=make_entry(author=make_author()), offer=offer_row())


def booking_row() -> Booking:
    start = timezone.now() + timedelta(days=1 + Booking.objects.count())
    return make_booking(start=start, lead=make_lead(entry=make_entry()))


def offer_row() -> Offer:
    return make_offer(name=f"Offer {Offer.objects.count()}", is_default=False)


def author_row() -> Author:
    return make_author(user=make_staff())


def feedback_row() -> Feedback:
    return Feedback.objects.create(entry=make_entry(), is_helpful=True, sentence="It helped.")


def suggestion_row() -> Suggestion:
    number = Suggestion.objects.count()
    return Suggestion.objects.create(term=f"Missing {number}", language="en")


def pin_row() -> PinnedResult:
    number = PinnedResult.objects.count()
    return PinnedResult.objects.create(phrase=f"Phrase {number}", entry=make_entry())


def phrase_row() -> SearchedPhrase:
    number, today = SearchedPhrase.objects.count(), timezone.localdate()
    return SearchedPhrase.objects.create(
        language="en", phrase=f"Phrase {number}", day=today, results=0
    )


def demand_row() -> Demand:
    number = Demand.objects.count()
    return Demand.objects.create(language="en", term=f"Term {number}", term_key=f"term {number}")


def asker_row() -> Asker:
    return Asker.objects.create(
        suggestion=suggestion_row(), email="rita@example.com", language="en"
    )


def import_row() -> ImportRun:
    return ImportRun.objects.create(name=f"Terms {ImportRun.objects.count()}", format="csv")


def group_row() -> Group:
    return Group.objects.create(name=f"Group {Group.objects.count()}")


MODELS = {
    Entry: entry_row,
    Topic: topic_row,
    Author: author_row,
    Offer: offer_row,
    Calendar: lambda: make_calendar(*Offer.objects.all()),
    Lead: lead_row,
    Booking: booking_row,
    OutboxMessage: lambda: outbox.enqueue("glossary.relink", entries=[1]),
    User: lambda: make_staff(),
    Group: group_row,
    Picture: lambda: pictures.keep(make_picture(), by=None),
    SiteSettings: lambda: make_site(),
    Comparison: lambda: make_comparison(),
    LearningPath: lambda: make_path(),
    Feedback: feedback_row,
    Suggestion: suggestion_row,
    PinnedResult: pin_row,
    SearchedPhrase: phrase_row,
    Demand: demand_row,
    Asker: asker_row,
    ImportRun: import_row,
    WebhookEndpoint: lambda: make_endpoint(),
    RetentionRule: lambda: make_rules()[0],
    NoticeChoices: lambda: NoticeChoices.objects.create(user=make_staff()),
    ReplyTemplate: lambda: ReplyTemplate.objects.create(
        name=f"Template {ReplyTemplate.objects.count()}", subject="Hello", body="Hello {name}"
    ),
}
SELDOM_ADDED = {OutboxMessage, SiteSettings, Feedback, Suggestion, SearchedPhrase, Demand, Asker}
SELDOM_ADDED |= {RetentionRule}
"""Models whose rows nobody adds by hand, or only once."""


def listed(model) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def test_every_registered_model_is_looked_at_here():
    assert admin.site._registry.keys() == MODELS.keys()


@pytest.mark.parametrize(
    ("model", "queries"),
    [
        (Entry, 10),
        (Topic, 7),
        (Author, 7),
        (Offer, 10),
        (Calendar, 10),
        (Lead, 11),
        (Booking, 9),
        (OutboxMessage, 9),
        (Asker, 7),
        (User, 8),
        (Group, 7),
        (Picture, 12),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_list_asks_as_often_for_three_rows_as_for_one(
    admin_client, django_assert_num_queries, model, queries
):
    make_site()
    already = model.objects.count()
    for how_many in (1, 3):
        while model.objects.count() < already + how_many:
            MODELS[model]()
        admin_client.get(listed(model))
        with django_assert_num_queries(queries):
            response = admin_client.get(listed(model))
        assert (response.status_code, len(rows(response))) == (200, already + how_many)


@pytest.mark.parametrize(
    ("model", "queries"),
    [
        (Entry, 30),
        (Topic, 8),
        (Author, 6),
        (Offer, 10),
        (Calendar, 9),
        (Lead, 18),
        (Booking, 6),
        (OutboxMessage, 6),
        (User, 9),
        (Group, 7),
        (Picture, 11),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_form_asks_as_often_among_three_rows_as_for_the_only_one(
    admin_client, django_assert_num_queries, model, queries
):
    make_site()
    row = MODELS[model]()
    for more in (0, 2):
        for _ in range(more):
            MODELS[model]()
        admin_client.get(change(row))
        with django_assert_num_queries(queries):
            response = admin_client.get(change(row))
        assert response.status_code == 200


@pytest.mark.parametrize("names", [1, 3])
def test_an_entry_with_many_other_names_asks_as_often(
    admin_client, django_assert_num_queries, names
):
    make_site()
    entry = make_entry(
        author=make_author(),
        reviewer=make_author(),
        aliases=[f"Name {number}" for number in range(names)],
        topics=[f"Topic {number}" for number in range(names)],
    )
    admin_client.get(change(entry))
    with django_assert_num_queries(31):
        admin_client.get(change(entry))


@pytest.mark.parametrize("model", MODELS.keys() - SELDOM_ADDED, ids=lambda m: m.__name__)
def test_every_add_page_opens(admin_client, model):
    assert admin_client.get(f"{listed(model)}add/").status_code == 200


@pytest.mark.parametrize("side", ["history", "delete"])
@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_side_page_opens(admin_client, model, side):
    row = MODELS[model]()
    response = admin_client.get(change(row).replace("/change/", f"/{side}/"), follow=True)
    is_kept = (
        model in (SiteSettings, Demand, ImportRun, Booking, RetentionRule) and side == "delete"
    )
    assert response.status_code == (403 if is_kept else 200)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_list_answers_to_odd_questions(admin_client, model):
    MODELS[model]()
    for question in ("?q=x%00y", "?q=%25_'\"", "?state=nonsense", "?p=99", "?o=9.9", "?all="):
        assert admin_client.get(listed(model) + question).status_code in (200, 302)


def test_strangers_are_asked_to_log_in(client):
    paths = ["/admin/", "/admin/glossary/entry/topics/?q=a"]
    for model, make in MODELS.items():
        paths += [listed(model), f"{listed(model)}add/", change(make())]
    answers = [client.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [302] * len(paths)
    assert {answer["Location"].split("?")[0] for answer in answers} == {"/admin/login/"}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["/admin/markdownx/preview/", "/admin/markdownx/upload/"])
def test_strangers_get_no_preview_and_no_upload(client, path, method):
    assert getattr(client, method)(path).status_code == 403


# Safe under a strict policy ---------------------------------------------------------------


class Inline(HTMLParser):
    """Collects what a strict policy would refuse to run or to show."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        is_data = names.get("type") in ("application/json", "text/template")
        is_script = tag == "script" and "src" not in names and not is_data
        has_handler = any(name.startswith("on") for name in names)
        if is_script or has_handler or tag == "style" or "style" in names:
            self.found.append((tag, names))


def refused_on(response) -> list[tuple[str, dict]]:
    inline = Inline()
    inline.feed(response.content.decode())
    return inline.found


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_admin_pages_hold_no_inline_script_or_style(admin_client, model):
    row = MODELS[model]()
    paths = [listed(model), f"{listed(model)}?q=x", f"{listed(model)}add/", change(row)]
    paths += [change(row).replace("change", side) for side in ("delete", "history")]
    pages = {path: admin_client.get(path, follow=True) for path in ["/admin/", *paths]}
    policies = {page["Content-Security-Policy"] for page in pages.values()}
    assert {path: refused_on(page) for path, page in pages.items()} == {path: [] for path in pages}
    assert len(policies) == 1
    assert {"script-src 'self'", "style-src 'self'"} <= set(policies.pop().split("; "))


def test_the_login_page_is_under_the_same_policy(client):
    response = client.get("/admin/login/")
    policy = set(response["Content-Security-Policy"].split("; "))
    assert {"script-src 'self'", "style-src 'self'"} <= policy
    assert refused_on(response) == []


# The demonstration ------------------------------------------------------------------------


def demo(*options: str) -> str:
    said = StringIO()
    call_command("demo", *options, stdout=said)
    return said.getvalue()


def everything() -> dict[str, list]:
    kinds = (Entry, Author, Topic, Offer, Lead, SiteSettings, OutboxMessage, User)
    kinds += (Booking, BlockedPeriod, Calendar, DateOverride, LeadEvent, OfferTopic, RetentionRule)
    return {kind.__name__: list(kind.objects.order_by("pk").values()) for kind in kinds}


def test_the_second_demonstration_changes_nothing():
    demo()
    first = everything()
    demo()
    assert everything() == first
    assert len(first["Entry"]) == 24
    assert (len(first["Author"]), len(first["Offer"]), first["Lead"] != []) == (2, 2, True)
    assert {rule["days"] for rule in first["RetentionRule"]} <= {None, 60, 365}


def test_the_demonstration_leaves_a_site_that_is_set_up_alone():
    make_site(name="Somebody's own")
    demo("--once")
    assert (SiteSettings.objects.get().name, Entry.objects.count()) == ("Somebody's own", 0)


def test_in_development_an_administrator_is_made_once(settings, client):
    make_site()
    settings.DEBUG = True
    first, second = demo("--once"), demo("--once")
    (password,) = (line.split()[1] for line in first.splitlines() if "password  " in line)
    assert User.objects.get(is_superuser=True).username == "admin"
    assert client.login(username="admin", password=password)
    assert second == ""


def test_outside_development_no_administrator_is_made():
    make_site()
    assert (demo("--once"), User.objects.count()) == ("", 0)
