"""A draft for somebody without a login: pinned, for a time, revocable, and for nobody else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from glossary import publishing, revisions, sharing
from glossary.models import DraftShare, Entry
from tests.desk import change
from tests.factories import make_author, make_draft, make_entry, make_site, make_staff

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
TEXT = "Draft words.\n\n## A part\n\nMore of them."


def with_draft(**fields) -> Entry:
    entry = make_entry(term="Webhook", body="Live words.", **fields)
    publishing.save_draft(entry, {**revisions.newest(entry), "body": TEXT})
    return entry


def shared(entry: Entry | None = None, **fields) -> DraftShare:
    fields = {"recipient": "Rita", "lasts": WEEK} | fields
    return sharing.share(entry or with_draft(), **fields)


def test_the_link_shows_the_draft_to_whoever_has_it(client):
    response = client.get(sharing.path_of(shared()))
    page = response.content.decode()
    assert (response.status_code, "Draft words." in page, "Live words." in page) == (
        200,
        True,
        False,
    )
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in page
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.cookies == {}


def test_the_link_is_pinned_to_its_version(client):
    entry = with_draft()
    made = shared(entry)
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "Newer words."})
    page = client.get(sharing.path_of(made)).content.decode()
    assert ("Draft words." in page, "Newer words." in page) == (True, False)
    assert "The editors have a newer version meanwhile." in page


def test_the_draft_can_be_compared_with_the_live_text(client):
    page = client.get(sharing.path_of(shared()) + "?view=compare").content.decode()
    assert "<del>Live</del>" in page
    assert "<ins>Draft</ins>" in page


def test_what_was_never_published_has_nothing_to_compare_with(client):
    made = shared(make_draft(body="Draft words."))
    page = client.get(sharing.path_of(made) + "?view=compare").content.decode()
    assert ("Draft words." in page, "view=compare" in page) == (True, False)


def test_the_page_says_when_its_text_was_published_meanwhile(client):
    entry = with_draft()
    made = shared(entry)
    assert "This text is not published." in client.get(sharing.path_of(made)).content.decode()
    publishing.publish(entry)
    page = client.get(sharing.path_of(made)).content.decode()
    assert "This text is published meanwhile." in page
    assert "newer version" not in page


@pytest.mark.parametrize("way", ["expired", "revoked"])
def test_a_link_that_has_ended_shows_nothing(client, way):
    made = shared()
    if way == "expired":
        DraftShare.objects.update(expires_at=NOW)
    else:
        sharing.revoke(made)
    for response in (client.get(sharing.path_of(made)), client.post(sharing.path_of(made))):
        assert response.status_code == 410
        assert "Draft words." not in response.content.decode()


@pytest.mark.parametrize("token", ["1", "1~", "1~x", "~", "x" * 5000, "1%7Eabc", "%00"])
def test_a_made_up_link_is_not_found(client, token):
    shared()
    assert client.get(f"/drafts/{token}/").status_code == 404


def test_no_link_lasts_longer_than_90_days():
    made = shared(lasts=timedelta(days=1000), now=NOW)
    assert made.expires_at == NOW + timedelta(days=90)


# Comments ---------------------------------------------------------------------------------


def test_a_comment_on_a_heading_reaches_the_editors(client, publisher):
    entry = with_draft()
    path = sharing.path_of(shared(entry))
    response = client.post(
        path, {"act": "comment", "heading": "a-part", "text": "Too <b>long</b>."}
    )
    assert response.status_code == 302
    assert "Thank you, your comment is kept." in client.get(response["Location"]).content.decode()
    page = publisher.get(change(entry).replace("change/", "share/")).content.decode()
    assert "<strong>A part:</strong> Too &lt;b&gt;long&lt;/b&gt;." in page
    said = entry.events.first()
    assert (said.verb, said.by_name, said.note) == ("commented", "Rita", "Too <b>long</b>.")


@pytest.mark.parametrize(
    "data", [{"text": ""}, {"text": "x" * 2001}, {"text": "Fine.", "heading": "elsewhere"}]
)
def test_a_comment_that_cannot_be_kept_gets_a_sentence_and_is_not_lost(client, data):
    response = client.post(sharing.path_of(shared()), {"act": "comment", **data})
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert data["text"] in response.content.decode()
    assert DraftShare.objects.get().comments.count() == 0


def test_programs_and_other_sites_leave_no_comment(client):
    path = sharing.path_of(shared())
    data = {"act": "comment", "text": "Buy this."}
    client.post(path, {**data, "reference": "x"})
    assert client.post(path, data, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert DraftShare.objects.get().comments.count() == 0


def test_comments_of_one_link_are_bounded():
    made = shared()
    for _ in range(sharing.MOST_COMMENTS):
        assert sharing.comment(made, "Again.")
    assert not sharing.comment(made, "Once more.")


# Approval ---------------------------------------------------------------------------------


def for_reviewer() -> tuple[Entry, DraftShare]:
    reviewer = make_author(name="Rita Moss")
    entry = with_draft(reviewer=reviewer)
    publishing.submit(entry)
    return entry, shared(entry, reviewer=reviewer)


def test_the_named_reviewer_approves_without_a_login(client):
    make_site(requires_review=True)
    entry, made = for_reviewer()
    client.post(sharing.path_of(made), {"act": "approve"})
    entry.refresh_from_db()
    assert (entry.review, entry.events.first().by_name) == ("approved", "Rita Moss")
    publishing.publish(entry, by=make_staff("publisher"), now=NOW)
    assert (entry.state, entry.reviewed_on) == ("published", NOW.date())


def test_an_approval_counts_only_where_the_site_says_so(client):
    make_site(accepts_shared_approval=False)
    entry, made = for_reviewer()
    client.post(sharing.path_of(made), {"act": "approve"})
    entry.refresh_from_db()
    assert (entry.review, entry.events.first().by_name) == ("waiting", "Rita Moss")


def test_a_link_without_a_reviewer_approves_nothing(client):
    entry = with_draft()
    publishing.submit(entry)
    client.post(sharing.path_of(shared(entry)), {"act": "approve"})
    assert Entry.objects.get(pk=entry.pk).review == "waiting"


def test_a_text_that_changed_since_is_not_approved(client):
    entry, made = for_reviewer()
    publishing.save_draft(entry, {**revisions.newest(entry), "body": "Slipped in."})
    response = client.post(sharing.path_of(made), {"act": "approve"})
    page = client.get(response["Location"]).content.decode()
    assert "The text has changed since this link was made" in page
    assert Entry.objects.get(pk=entry.pk).review == "waiting"


# At the desk ------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["writer", "reviewer", "publisher", "administrator"])
def test_editors_share_and_end_a_link(client, role):
    entry = with_draft(reviewer=make_author())
    client.force_login(make_staff(role))
    path = change(entry).replace("change/", "share/")
    client.post(path, {"recipient": "Rita", "days": "14", "may_approve": "on"})
    made = DraftShare.objects.get()
    assert made.reviewer == (None if role == "writer" else entry.reviewer)
    page = client.get(path).content.decode()
    assert f"https://glossary.example{sharing.path_of(made)}" in page
    client.post(f"{path}{made.pk}/revoke/")
    assert client.get(sharing.path_of(made)).status_code == 410


@pytest.mark.parametrize("role", ["sales", "no group", "stranger"])
def test_others_share_and_end_nothing(client, role):
    entry = with_draft()
    made = shared(entry)
    if role != "stranger":
        client.force_login(make_staff(*([] if role == "no group" else [role])))
    path = change(entry).replace("change/", "share/")
    client.post(path, {"recipient": "Rita", "days": "14"})
    page = client.get(path).content.decode()
    client.post(f"{path}{made.pk}/revoke/")
    made.refresh_from_db()
    assert (DraftShare.objects.count(), made.revoked_at) == (1, None)
    assert "/drafts/" not in page


def test_verbs_of_sharing_ask_for_permission():
    entry, stranger = with_draft(), make_staff()
    with pytest.raises(PermissionDenied):
        sharing.share(entry, recipient="Rita", lasts=WEEK, by=stranger)
    # Whoever has such a link approves by it, the writer of the draft included.
    reviewer, writer = make_author(), make_staff("writer")
    with pytest.raises(PermissionDenied):
        sharing.share(entry, recipient="Rita", lasts=WEEK, reviewer=reviewer, by=writer)
    with pytest.raises(PermissionDenied):
        sharing.revoke(shared(entry), by=stranger)


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_of_links_asks_as_often_for_three_as_for_one(
    publisher, django_assert_num_queries, count
):
    entry = with_draft()
    for _ in range(count):
        sharing.comment(shared(entry), "Fine.")
    publisher.get("/admin/")
    with django_assert_num_queries(9):
        publisher.get(change(entry).replace("change/", "share/"))
