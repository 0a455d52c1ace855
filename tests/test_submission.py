"""The token of a form: when it was shown, and what counts as the same answer to it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing

from leads import submission

SHOWN_AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ANSWERS = {"name": "Paula", "email": "paula@example.com", "message": "Call me."}


def test_a_token_tells_how_long_ago_its_form_was_shown():
    token = submission.issue(now=SHOWN_AT)
    assert submission.age(token, now=SHOWN_AT + timedelta(minutes=7)) == timedelta(minutes=7)


def test_a_token_is_good_for_a_day():
    token = submission.issue(now=SHOWN_AT)
    assert submission.age(token, now=SHOWN_AT + timedelta(hours=24)) == timedelta(hours=24)


def test_a_token_of_yesterday_has_expired():
    token = submission.issue(now=SHOWN_AT)
    with pytest.raises(submission.FormExpired):
        submission.age(token, now=SHOWN_AT + timedelta(hours=24, seconds=1))


def test_two_forms_shown_at_once_have_different_tokens():
    assert submission.issue(now=SHOWN_AT) != submission.issue(now=SHOWN_AT)


@pytest.mark.parametrize(
    "token",
    ["", "x", ":", "::", "a:b:c", "é:ü:ß", "\0", "a" * 100_000, "e30:1tZ:signature", "🙂:🙂:🙂"],
    ids=lambda token: token[:12].encode("unicode_escape").decode() or "missing",
)
def test_what_is_no_token_counts_as_expired(token):
    with pytest.raises(submission.FormExpired):
        submission.age(token)


def test_a_token_with_one_letter_changed_counts_as_expired():
    token = submission.issue()
    altered = ("a" if token[0] != "a" else "b") + token[1:]
    with pytest.raises(submission.FormExpired):
        submission.age(altered)


@pytest.mark.parametrize("content", [["nonce"], ["nonce", "yesterday"], "text", 7, None, {}])
def test_a_signature_of_ours_over_something_else_counts_as_expired(content):
    with pytest.raises(submission.FormExpired):
        submission.age(signing.dumps(content, salt=submission.SALT))


def test_a_token_signed_for_another_purpose_counts_as_expired():
    token = signing.dumps(["nonce", SHOWN_AT.timestamp()], salt="password reset")
    with pytest.raises(submission.FormExpired):
        submission.age(token, now=SHOWN_AT)


def test_the_same_answers_on_the_same_form_have_the_same_mark():
    token = submission.issue()
    backwards = dict(reversed(ANSWERS.items()))
    assert submission.mark(token, ANSWERS) == submission.mark(token, backwards)


@pytest.mark.parametrize("field", sorted(ANSWERS))
def test_one_changed_answer_changes_the_mark(field):
    token = submission.issue()
    changed = {**ANSWERS, field: ANSWERS[field] + "!"}
    assert submission.mark(token, changed) != submission.mark(token, ANSWERS)


def test_the_same_answers_on_another_form_have_another_mark():
    marks = {submission.mark(submission.issue(), ANSWERS) for _ in range(3)}
    assert len(marks) == 3


def test_a_mark_fits_its_column():
    assert len(submission.mark(submission.issue(), ANSWERS)) == 64
