"""The puzzle of a busy network: opens one request of one form, and stands in nobody's way."""

import base64
import json
from datetime import UTC, datetime, timedelta

import altcha
import html5lib
import pytest
from django.utils import timezone

from config.models import SpentSolution
from leads import puzzles, schedules, submission
from leads.choosing import text_of
from leads.models import Booking, Lead
from tests.factories import make_calendar, make_offer
from tests.racing import contestants
from tests.test_requesting import fields, filled, promised, send

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
UNSOLVED = (
    "More than 0 requests from one network within an hour, and its puzzle was not solved. "
    "Browsers without JavaScript cannot."
)


@pytest.fixture(autouse=True)
def _easy(monkeypatch):
    monkeypatch.setattr(puzzles, "TRIES", 3)


@pytest.fixture
def _busy(monkeypatch):
    """Any network is busy."""
    monkeypatch.setattr(puzzles, "BUSY", 0)
    monkeypatch.setattr(puzzles, "FULL", 0)


def solved(token: str, now: datetime | None = None) -> str:
    """What the widget sends for the form with `token`."""
    return solve(puzzles.new(token, now=now))


def solve(challenge: altcha.Challenge) -> str:
    return altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()


def changed(sent: str, *path: str, to: object) -> str:
    """`sent` with another value at `path`."""
    payload = json.loads(base64.b64decode(sent))
    place = payload
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return base64.b64encode(json.dumps(payload).encode()).decode()


def form_with_solution(**changes: str) -> dict[str, str]:
    form = {**filled(**changes), "puzzle": "shown"}
    return {**form, "altcha": solved(form["token"])}


def state(client, form: dict[str, str]) -> tuple[int, str]:
    """The status of the answer, and why the newest lead is suspected."""
    return send(client, form).status_code, Lead.objects.latest("pk").suspicion


# Checked ----------------------------------------------------------------------------------


def test_a_solution_opens_the_form_that_it_was_made_for():
    token = submission.issue()
    sent = solved(token)
    assert len(puzzles.solution_of(sent, token)) == 64
    assert puzzles.solution_of(sent, submission.issue()) == ""


def test_two_puzzles_of_one_form_are_two():
    token = submission.issue()
    assert puzzles.solution_of(solved(token), token) != puzzles.solution_of(solved(token), token)


def test_a_puzzle_lasts_as_long_as_its_form():
    token, now = submission.issue(), timezone.now()
    young = solved(token, now=now - submission.LASTS + timedelta(minutes=1))
    old = solved(token, now=now - submission.LASTS - timedelta(minutes=1))
    assert [bool(puzzles.solution_of(sent, token)) for sent in (young, old)] == [True, False]


TOKEN = submission.issue()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("challenge", "parameters", "expiresAt"), 4102444800),
        (("challenge", "parameters", "data"), {"form": submission.form_mark("another")}),
        (("challenge", "parameters", "cost"), 1),
        (("challenge", "parameters", "keyPrefix"), ""),
        (("challenge", "parameters", "keySignature"), None),
        (("challenge", "parameters", "nonce"), "00" * 16),
        (("challenge", "signature"), "0" * 64),
        (("challenge", "signature"), None),
        (("solution", "derivedKey"), "0" * 64),
        (("solution", "derivedKey"), None),
    ],
)
def test_what_was_tampered_with_opens_nothing(path, value):
    sent = solved(TOKEN)
    assert puzzles.solution_of(sent, TOKEN)
    assert puzzles.solution_of(changed(sent, *path, to=value), TOKEN) == ""


def test_signs_that_wander_between_the_parameters_open_nothing():
    """CVE-2025-68113: a salt cut elsewhere gave the same hash, and so a new expiry."""
    sent = solved(TOKEN)
    parameters = json.loads(base64.b64decode(sent))["challenge"]["parameters"]
    nonce, salt = parameters["nonce"], parameters["salt"]
    for cut in (2, 8):
        moved = changed(sent, "challenge", "parameters", "nonce", to=salt[-cut:] + nonce)
        moved = changed(moved, "challenge", "parameters", "salt", to=salt[:-cut])
        assert puzzles.solution_of(moved, TOKEN) == ""


@pytest.mark.parametrize(
    "sent",
    ["", "x", "e30=", "é", "bnVsbA==", "W10=", "A" * 5_000, "W" * 3_000, "\0", "{}", "=" * 40],
    ids=lambda sent: sent[:8].encode("unicode_escape").decode() or "nothing",
)
def test_what_is_no_solution_opens_nothing(sent):
    assert puzzles.solution_of(sent, TOKEN) == ""


def test_somebody_elses_puzzle_opens_nothing(settings):
    sent = solved(TOKEN)
    settings.SECRET_KEY = "another secret, as long as it has to be, or somewhat longer"
    assert puzzles.solution_of(sent, TOKEN) == ""


def test_a_puzzle_of_the_former_kind_opens_nothing():
    options = altcha.ChallengeOptionsV1(max_number=3, hmac_key=puzzles._key("puzzle"))
    challenge = altcha.create_challenge_v1(options)
    number = altcha.solve_challenge_v1(challenge).number
    parts = (challenge.algorithm, challenge.challenge, number, challenge.salt, challenge.signature)
    assert puzzles.solution_of(altcha.PayloadV1(*parts).to_base64(), TOKEN) == ""


# Spent ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_solution_is_spent_once_and_forgotten_when_its_puzzle_has_expired(settings):
    assert [puzzles.spend("a" * 64, NOW), puzzles.spend("a" * 64, NOW)] == [True, False]
    assert puzzles.tidy(NOW + puzzles.LASTS - timedelta(seconds=1)) == 0
    assert puzzles.tidy(NOW + puzzles.LASTS) == 1
    assert "leads.puzzles.tidy" in settings.TIDYING


@pytest.mark.django_db
@pytest.mark.usefixtures("_busy")
def test_a_solution_opens_one_request(client):
    form = form_with_solution()
    assert state(client, form) == (302, "")
    again = (302, "The solution of its puzzle had opened another request before.")
    assert state(client, {**form, "message": "Another one."}) == again
    assert SpentSolution.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("_busy")
def test_a_double_click_with_a_solution_is_one_request(client):
    form = form_with_solution()
    assert [state(client, form), state(client, form)] == [(302, "")] * 2
    assert (Lead.objects.count(), len(promised())) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_a_hundred_at_once_with_one_solution_are_one_request(client):
    """Four processes, 25 each; the network was full before."""
    form = form_with_solution()
    for _ in range(puzzles.FULL):
        puzzles.limits.hit(puzzles.SCOPE, "127.0.0.1", window=puzzles.WINDOW, now=timezone.now())
    with contestants(4) as race:
        for number in range(25):
            acts = [
                {
                    "verb": "post",
                    "path": "/consultation/",
                    "form": {**form, "message": f"{number} {n}"},
                }
                for n in range(4)
            ]
            assert race(acts) == ["302 /consultation/thanks/"] * 4
    assert Lead.objects.count() == 100
    assert Lead.objects.exclude(state=Lead.State.SPAM).count() == 1
    assert SpentSolution.objects.count() == 1


# On the page ------------------------------------------------------------------------------


def parts(response) -> list[str]:
    """Which parts of the puzzle a page has."""
    root = html5lib.parse(response.content, namespaceHTMLElements=False)
    sources = [
        e.get("src") or e.get("href") or "" for e in root.iter() if e.tag in ("script", "link")
    ]
    found = ["widget"] * len(list(root.iter("altcha-widget")))
    return found + [s.rpartition("/")[2] for s in sources if "altcha" in s or "puzzle" in s]


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["?time=none", "?time=2026-03-04T10:00Z"])
def test_the_form_of_a_busy_network_alone_has_a_puzzle(client, monkeypatch, query):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    make_calendar(make_offer())
    for _ in range(puzzles.BUSY - 1):
        puzzles.limits.hit(puzzles.SCOPE, "192.0.2.7", window=puzzles.WINDOW)
    here, there = {"REMOTE_ADDR": "192.0.2.7"}, {"REMOTE_ADDR": "192.0.2.8"}
    assert parts(client.get(f"/consultation/{query}", **here)) == []
    puzzles.limits.hit(puzzles.SCOPE, "192.0.2.7", window=puzzles.WINDOW)
    with_puzzle = ["altcha.css", "puzzle.js", "widget"]
    assert sorted(parts(client.get(f"/consultation/{query}", **here))) == with_puzzle
    assert parts(client.get("/consultation/", **here)) == []
    assert parts(client.get("/glossary/", **here)) == []
    assert parts(client.get(f"/consultation/{query}", **there)) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("_busy")
def test_a_form_shown_before_is_asked_for_once_more_with_all_that_was_written(client):
    form = filled()
    answer = send(client, form)
    assert (answer.status_code, Lead.objects.count()) == (422, 0)
    assert "One more step" in answer.content.decode()
    kept = fields(answer)
    assert {name: kept[name] for name in ("name", "email", "message", "token")} == {
        name: form[name] for name in ("name", "email", "message", "token")
    }
    root = html5lib.parse(answer.content, namespaceHTMLElements=False)
    challenge = json.loads(next(root.iter("altcha-widget")).get("challenge"))
    sent = solve(altcha.Challenge.from_dict(challenge))
    again = {**form, "puzzle": kept["puzzle"], "altcha": sent}
    assert state(client, again) == (302, "")


@pytest.mark.django_db
@pytest.mark.usefixtures("_busy")
def test_who_runs_no_script_is_put_aside_and_told_the_same(client):
    send(client, filled())
    answer = send(client, {**filled(), "puzzle": "shown", "altcha": ""})
    assert (answer.status_code, answer["Location"]) == (302, "/consultation/thanks/")
    lead = Lead.objects.get()
    assert (lead.state, lead.suspicion, promised()) == (Lead.State.SPAM, UNSOLVED, [])


@pytest.mark.django_db
@pytest.mark.usefixtures("_busy")
def test_who_is_put_aside_anyway_has_no_further_step(client):
    assert state(client, filled(reference="x"))[0] == 302


@pytest.mark.django_db
@pytest.mark.usefixtures("_busy")
@pytest.mark.parametrize("kind", ["another form's", "tampered", "expired"])
def test_a_solution_that_does_not_hold_puts_aside(client, kind):
    form = form_with_solution()
    sent = {
        "another form's": solved(submission.issue()),
        "tampered": changed(form["altcha"], "solution", "derivedKey", to="0" * 64),
        "expired": solved(form["token"], now=timezone.now() - timedelta(days=2)),
    }
    assert state(client, {**form, "altcha": sent[kind]}) == (302, UNSOLVED)


# An office --------------------------------------------------------------------------------


@pytest.fixture
def starts():
    """The times that three hosts have, each of them free three times."""
    offer = make_offer()
    calendars = [make_calendar(offer) for _ in range(3)]
    # The first ones may be too soon in a moment.
    return schedules.times(calendars, offer)[5:]


def books(client, number: int, start: datetime, *, solves: bool) -> int:
    form = filled(email=f"person{number}@office.example", message="We come from your fair.")
    form |= {"start": text_of(start), "zone": ""}
    if solves:
        form |= {"puzzle": "shown", "altcha": solved(form["token"])}
    return send(client, form).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("solves", [False, True])
def test_thirty_people_behind_one_address_book_within_an_hour(client, monkeypatch, starts, solves):
    if solves:
        monkeypatch.setattr(puzzles, "BUSY", 3)
        monkeypatch.setattr(puzzles, "FULL", 5)
    told = [books(client, n, starts[n // 3], solves=solves) for n in range(30)]
    assert told == [303] * 30
    assert Booking.objects.held().count() == 30
    assert not Lead.objects.filter(state=Lead.State.SPAM).exists()


@pytest.mark.django_db
def test_an_office_that_passes_a_text_round_books_by_way_of_the_puzzle(client, starts):
    text = "Our head asks all of us to talk to you about our orders before the fair."
    told = []
    for number in range(6):
        form = filled(email=f"person{number}@office.example", message=text, zone="")
        form |= {"start": text_of(starts[number // 3])}
        answer = send(client, form)
        if number >= 3:
            assert (answer.status_code, parts(answer).count("widget")) == (422, 1)
            assert fields(answer)["puzzle"] == "shown"
            form |= {"puzzle": "shown", "altcha": solved(form["token"])}
            answer = send(client, form)
        told.append(answer.status_code)
    assert told == [303] * 6
    assert Booking.objects.held().count() == 6
    assert not Lead.objects.filter(state=Lead.State.SPAM).exists()


@pytest.mark.django_db
def test_forms_that_are_sent_again_for_another_time_count_once(client, starts):
    told = [books(client, n, starts[0], solves=False) for n in range(3)]
    late = [
        filled(email=f"late{n}@office.example", message="We come from your fair.", zone="")
        for n in range(puzzles.FULL - 3)
    ]
    told += [send(client, form | {"start": text_of(starts[0])}).status_code for form in late]
    told += [
        send(client, form | {"start": text_of(starts[1 + n // 3])}).status_code
        for n, form in enumerate(late)
    ]
    assert told == [303] * 3 + [409] * len(late) + [303] * len(late)
    assert Booking.objects.held().count() == puzzles.FULL
    assert not Lead.objects.filter(state=Lead.State.SPAM).exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("_busy")
def test_a_booking_has_its_further_step_and_keeps_its_wish_without_script(client, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    make_calendar(make_offer())
    form = filled() | {"start": text_of(TEN), "zone": "Asia/Kathmandu"}
    answer = send(client, form)
    assert (answer.status_code, Lead.objects.count()) == (422, 0)
    kept = fields(answer)
    assert (kept["start"], kept["name"], kept["puzzle"]) == (
        text_of(TEN),
        "Paula Prospect",
        "shown",
    )
    answer = send(client, form | {"puzzle": "shown"})
    assert (answer.status_code, answer["Location"]) == (303, "/consultation/thanks/")
    lead = Lead.objects.get()
    assert (lead.state, lead.suspicion) == (Lead.State.SPAM, UNSOLVED)
    assert "March 4, 2026, 15:45" in lead.preferred_time
    assert not Booking.objects.exists()
