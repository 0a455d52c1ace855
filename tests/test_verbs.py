"""Every verb of the desk in every state, by everybody: who may, and what becomes of the entry."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from config.models import OutboxMessage
from glossary import edits, publishing, revisions
from glossary.models import Entry, EntryEvent
from tests.factories import make_draft, make_entry, make_site, make_staff

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(days=30), NOW + timedelta(days=3)

ROLES = {
    "writer": {"save_draft", "submit", "restore", "discard"},
    "reviewer": {"save_draft", "submit", "restore", "discard", "approve", "return"},
    "publisher": {
        *("save_draft", "submit", "restore", "discard", "approve", "return"),
        *("publish", "schedule", "unschedule", "withdraw"),
    },
    "administrator": {
        *("save_draft", "submit", "restore", "discard", "approve", "return"),
        *("publish", "schedule", "unschedule", "withdraw"),
    },
    "sales": set(),
    "no group": set(),
    "not staff": set(),
}
VERBS = {
    "save_draft": lambda entry, by: publishing.save_draft(
        entry, {**revisions.newest(entry), "body": "Other words."}, by=by, now=NOW
    ),
    "submit": lambda entry, by: publishing.submit(entry, by=by, now=NOW),
    "approve": lambda entry, by: publishing.approve(entry, by=by, now=NOW),
    "return": lambda entry, by: publishing.return_with_comment(
        entry, by=by, note="Too long.", now=NOW
    ),
    "publish": lambda entry, by: publishing.publish(entry, by=by, now=NOW),
    "schedule": lambda entry, by: publishing.schedule(entry, by=by, at=LATER, now=NOW),
    "unschedule": lambda entry, by: publishing.unschedule(entry, by=by, now=NOW),
    "withdraw": lambda entry, by: publishing.withdraw(entry, by=by, now=NOW),
    "restore": lambda entry, by: publishing.restore(
        entry, entry.revisions.order_by("number")[0], by=by, now=NOW
    ),
    "discard": lambda entry, by: publishing.discard(entry, by=by, now=NOW),
}


def a_draft() -> Entry:
    entry = make_draft(term="Webhook", body="First words.")
    publishing.save_draft(entry, revisions.snapshot_of(entry), note="The first", now=EARLIER)
    return entry


def in_review() -> Entry:
    entry = a_draft()
    publishing.submit(entry, now=EARLIER)
    return entry


def approved() -> Entry:
    entry = in_review()
    publishing.approve(entry, now=EARLIER)
    return entry


def returned() -> Entry:
    entry = in_review()
    publishing.return_with_comment(entry, note="Not yet.", now=EARLIER)
    return entry


def scheduled() -> Entry:
    entry = a_draft()
    publishing.publish(entry, at=LATER - timedelta(days=1), now=EARLIER)
    return entry


def published() -> Entry:
    entry = a_draft()
    publishing.publish(entry, at=EARLIER, now=EARLIER)
    return entry


def with_news() -> Entry:
    entry = published()
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "News."}, now=EARLIER)
    return entry


def news_in_review() -> Entry:
    entry = with_news()
    publishing.submit(entry, now=EARLIER)
    return entry


def with_planned_news() -> Entry:
    entry = with_news()
    publishing.schedule(entry, at=LATER - timedelta(days=1), now=EARLIER)
    return entry


def withdrawn() -> Entry:
    entry = published()
    publishing.withdraw(entry, now=EARLIER)
    return entry


STATES = {
    "draft": a_draft,
    "in review": in_review,
    "approved": approved,
    "returned": returned,
    "scheduled": scheduled,
    "published": published,
    "published, draft": with_news,
    "published, draft in review": news_in_review,
    "published, draft planned": with_planned_news,
    "withdrawn": withdrawn,
}


def state_of(entry: Entry) -> str:
    """What an editor would say of the entry: its public state, then that of its draft."""
    entry = Entry.objects.get(pk=entry.pk)
    review = {"waiting": "in review"}.get(entry.review, entry.review)
    if entry.state == "draft":
        return review or "draft"
    public = entry.state
    if entry.state == "published" and not entry.is_public(NOW):
        public = "scheduled"
    draft = "" if entry.draft is None else f", draft {review}".rstrip()
    return public + (", draft planned" if entry.planned else draft)


NO_DRAFT, NOT_PUBLISHED = publishing.NoDraft, publishing.NotPublished
OUTCOMES = {
    "draft": {
        "save_draft": "draft",
        "submit": "in review",
        "approve": "approved",
        "return": "returned",
        "publish": "published",
        "schedule": "scheduled",
        "unschedule": NO_DRAFT,
        "withdraw": NOT_PUBLISHED,
        "discard": NO_DRAFT,
    },
    "in review": {
        "save_draft": "in review",
        "submit": "in review",
        "approve": "approved",
        "return": "returned",
        "publish": "published",
        "schedule": "scheduled",
        "unschedule": NO_DRAFT,
        "withdraw": NOT_PUBLISHED,
        "discard": NO_DRAFT,
    },
    "approved": {
        "save_draft": "draft",
        "submit": "in review",
        "approve": "approved",
        "return": "returned",
        "publish": "published",
        "schedule": "scheduled",
        "unschedule": NO_DRAFT,
        "withdraw": NOT_PUBLISHED,
        "discard": NO_DRAFT,
    },
    "returned": {
        "save_draft": "returned",
        "submit": "in review",
        "approve": "approved",
        "return": "returned",
        "publish": "published",
        "schedule": "scheduled",
        "unschedule": NO_DRAFT,
        "withdraw": NOT_PUBLISHED,
        "discard": NO_DRAFT,
    },
    "scheduled": {
        "save_draft": "scheduled, draft",
        "submit": NO_DRAFT,
        "approve": NO_DRAFT,
        "return": NO_DRAFT,
        "publish": "scheduled",
        "schedule": "scheduled",
        "unschedule": "draft",
        "withdraw": "withdrawn",
        "discard": NO_DRAFT,
    },
    "published": {
        "save_draft": "published, draft",
        "submit": NO_DRAFT,
        "approve": NO_DRAFT,
        "return": NO_DRAFT,
        "publish": "published",
        "schedule": NO_DRAFT,
        "unschedule": NO_DRAFT,
        "withdraw": "withdrawn",
        "discard": NO_DRAFT,
    },
    "published, draft": {
        "save_draft": "published, draft",
        "submit": "published, draft in review",
        "approve": "published, draft approved",
        "return": "published, draft returned",
        "publish": "published",
        "schedule": "published, draft planned",
        "unschedule": NO_DRAFT,
        "withdraw": "withdrawn, draft",
        "discard": "published",
    },
    "published, draft in review": {
        "save_draft": "published, draft in review",
        "submit": "published, draft in review",
        "approve": "published, draft approved",
        "return": "published, draft returned",
        "publish": "published",
        "schedule": "published, draft planned",
        "unschedule": NO_DRAFT,
        "withdraw": "withdrawn, draft in review",
        "discard": "published",
    },
    "published, draft planned": {
        "save_draft": "published, draft planned",
        "submit": "published, draft planned",
        "approve": "published, draft planned",
        "return": "published, draft planned",
        "publish": "published",
        "schedule": "published, draft planned",
        "unschedule": "published, draft",
        "withdraw": "withdrawn, draft",
        "discard": "published",
    },
    "withdrawn": {
        "save_draft": "withdrawn, draft",
        "submit": NO_DRAFT,
        "approve": NO_DRAFT,
        "return": NO_DRAFT,
        "publish": "published",
        "schedule": "scheduled",
        "unschedule": NO_DRAFT,
        "withdraw": NOT_PUBLISHED,
        "discard": NO_DRAFT,
    },
}


def member(role: str):
    user = make_staff(*([] if role in ("no group", "not staff") else [role]))
    if role == "not staff":
        user.is_staff = False
        user.save()
    return user


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", ROLES)
def test_each_verb_by_each_role_in_each_state(role, state, verb):
    entry = STATES[state]()
    user = member(role)
    before = state_of(entry), entry.events.count(), entry.revisions.count()
    # To leave a draft that has its date is to take the date back.
    is_planned = state == "published, draft planned"
    needed = "unschedule" if is_planned and verb == "discard" else verb
    if not {verb, needed} <= ROLES[role]:
        with pytest.raises(PermissionDenied):
            VERBS[verb](entry, user)
        assert (state_of(entry), entry.events.count(), entry.revisions.count()) == before
        return
    outcome = OUTCOMES[state].get(verb)
    if outcome in (NO_DRAFT, NOT_PUBLISHED):
        with pytest.raises(outcome):
            VERBS[verb](entry, user)
        assert (state_of(entry), entry.events.count(), entry.revisions.count()) == before
        return
    VERBS[verb](entry, user)
    if outcome:
        assert state_of(entry) == outcome
    last = EntryEvent.objects.filter(entry=entry).first()
    assert (last.by, last.by_name, last.at) == (user, user.username, NOW)


def test_nobody_approves_their_own_draft():
    entry, writer = a_draft(), make_staff("publisher")
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "Mine."}, by=writer)
    with pytest.raises(PermissionDenied):
        publishing.approve(entry, by=writer)
    publishing.approve(entry, by=make_staff("reviewer"))
    assert state_of(entry) == "approved"


def test_a_site_may_publish_only_what_was_approved():
    make_site(requires_review=True)
    entry, publisher = in_review(), make_staff("publisher")
    with pytest.raises(publishing.NotApproved):
        publishing.publish(entry, by=publisher)
    with pytest.raises(publishing.NotApproved):
        publishing.schedule(entry, by=publisher, at=LATER, now=NOW)
    publishing.approve(entry, by=make_staff("reviewer"))
    publishing.publish(entry, by=publisher, now=NOW)
    assert state_of(entry) == "published"


def test_an_approval_lapses_when_the_text_changes():
    make_site(requires_review=True)
    entry, publisher = approved(), make_staff("publisher")
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "Slipped in."}, by=publisher)
    with pytest.raises(publishing.NotApproved):
        publishing.publish(entry, by=publisher)


@pytest.mark.parametrize(
    ("verb", "kind"), [("submit", "tell_reviewer"), ("return", "tell_writer")]
)
def test_the_other_side_hears_of_it(verb, kind):
    entry = a_draft()
    OutboxMessage.objects.all().delete()
    VERBS[verb](entry, None)
    assert [message.kind for message in OutboxMessage.objects.all()] == [f"glossary.{kind}"]


def test_a_time_that_is_past_schedules_nothing():
    with pytest.raises(publishing.TimeIsPast):
        publishing.schedule(make_entry(), at=EARLIER, now=NOW)


def test_a_site_that_reviews_is_not_changed_from_lists_and_tables():
    make_site(requires_review=True)
    entry, publisher = published(), make_staff("publisher")
    with pytest.raises(publishing.NotApproved):
        edits.revise(entry, lambda version: {**version, "short_definition": "New."}, by=publisher)
    again = Entry.objects.get(pk=entry.pk)
    assert (again.short_definition, again.revisions.count()) == (entry.short_definition, 1)
