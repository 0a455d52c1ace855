"""Many people want one time at one moment: one gets it, the others a polite answer.

Real connections in processes of their own. That the races see what they are
for is shown by the same races without the lock and the wall.
"""

from datetime import UTC, datetime, timedelta

import pytest

from config.models import OutboxMessage
from leads import booking
from leads.models import Booking, Lead
from tests.factories import make_calendar, make_lead, make_offer, make_staff
from tests.racing import contestants, doubles, wall_down

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER, ROUNDS = 40, 20
"""Contestants and rounds: enough that measurements without any guard saw a double each time."""
ALL_DAY = dict.fromkeys(
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "0:00–24:00"
)
QUARTERS = {"notice": 0, "interval": 15, "most_open": 0}
State = Booking.State


def open_calendar(*offers):
    return make_calendar(*offers, time_zone="UTC", **ALL_DAY)


class Contest:
    """One host with two offers, and a day of races after the other."""

    def __init__(self, number):
        self.number = number
        self.short = make_offer(duration=30, **QUARTERS)
        self.long = make_offer(
            name="Workshop", is_default=False, duration=45, buffer_after=10, **QUARTERS
        )
        open_calendar(self.short, self.long)
        make_staff("sales")
        self.leads = [make_lead(email=f"{place}@example.com") for place in range(number)]

    def round(self, day, *, shifted):
        """Everything that can take a time, towards 10:00 of `day` or the hour after it."""
        ten = at(day, 10)
        busy = {
            hour: booking.book(self.short, start=at(day, hour), lead=self.leads[0])
            for hour in (14, 16, 18, 20, 22)
        }
        Booking.objects.filter(pk=busy[20].pk).update(state=State.PENDING, holds_until=at(day, 20))
        acts = [
            {"verb": verb, "booked": busy[hour].pk}
            for verb, hour in zip(["move", "move_on_desk"] * 2, (14, 16, 18, 22), strict=True)
        ]
        acts += [self.act(place) for place in range(self.number - len(acts) - 2)]
        for place, act in enumerate(acts):
            act["start"] = (ten + timedelta(minutes=15) * (shifted * place % 4)).isoformat()
        # The time of a pending one is kept for it, and confirming it needs no other.
        verb = ["confirm", "confirm_on_desk"][day % 2]
        acts.append({"verb": verb, "booked": busy[20].pk})
        acts.append({**self.act(0), "start": at(day, 20).isoformat()})
        return acts

    def act(self, place):
        offer = [self.short, self.long][place // 2 % 2].pk
        lead = self.leads[place]
        if place % 5 == 3:
            return {"verb": "ask", "offer": offer, "mark": None, "email": f"ask{place}@x.example"}
        verb = "book_by_phone" if place % 7 == 2 else "book"
        return {"verb": verb, "offer": offer, "lead": lead.pk}

    def run(self, race, rounds):
        """Return the answers of each round: of those who wanted 10:00, and the last two."""
        for number in range(rounds):
            acts = self.round(number, shifted=number % 2)
            for place, act in enumerate(acts):
                if act["verb"] == "ask":
                    act |= {"mark": f"{number}-{place}", "email": f"{number}-{act['email']}"}
            answers = race(acts)
            yield acts[:-2], answers[:-2], answers[-2:]

    def are_taken(self, acts):
        """Whether each time that an act was refused is really somebody's."""
        held = list(Booking.objects.held().values_list("blocked_from", "blocked_until"))
        offers = {offer.pk: offer for offer in (self.short, self.long)}

        def is_taken(act):
            # Those that move are of the short one.
            offer = offers[act.get("offer", self.short.pk)]
            start = datetime.fromisoformat(act["start"])
            end = start + offer.length + timedelta(minutes=offer.buffer_after)
            return any(start < until and since < end for since, until in held)

        return all(map(is_taken, acts))


def at(day, hour):
    """That hour of a day ahead, in UTC."""
    start = datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return start + timedelta(days=2 + day)


def test_of_many_who_want_a_time_one_gets_it():
    contest = Contest(NUMBER)
    with contestants(NUMBER) as race:
        for place, (acts, answers, confirmed) in enumerate(contest.run(race, ROUNDS)):
            assert set(answers) <= {"done", "SlotTaken"}
            assert confirmed == ["done", "SlotTaken"]
            if place % 2 == 0:
                assert answers.count("done") == 1
            refused = [act for act, answer in zip(acts, answers, strict=True) if answer != "done"]
            assert contest.are_taken(refused)
    assert doubles() == []


def test_without_lock_and_wall_the_same_race_sees_doubles():
    contest = Contest(16)
    with wall_down(), contestants(16, locked=False) as race:
        list(contest.run(race, 2))
        assert doubles() != []


def test_the_wall_alone_lets_nobody_in_and_answers_politely():
    contest, by_the_wall = Contest(16), set()
    with contestants(16, locked=False) as race:
        for place, (_, answers, confirmed) in enumerate(contest.run(race, 6)):
            assert confirmed[0] == "done"
            assert {answer.split()[0] for answer in answers} == {"done", "SlotTaken"}
            if place % 2 == 0:
                assert answers.count("done") == 1
            by_the_wall.update(answer for answer in answers if " by " in answer)
    assert doubles() == []
    assert by_the_wall


def test_of_three_hosts_each_is_booked_once():
    offer = make_offer(**QUARTERS)
    for _ in range(3):
        open_calendar(offer)
    leads = [make_lead(email=f"{place}@example.com") for place in range(NUMBER)]
    # Half of them know the hosts in the opposite order, and still nobody waits for ever.
    acts = [
        {"verb": verb, "offer": offer.pk, "lead": lead.pk}
        for verb, lead in zip(["book", "book_backwards"] * (NUMBER // 2), leads, strict=True)
    ]
    with contestants(NUMBER) as race:
        for day in range(3):
            answers = race([{**act, "start": at(day, 10).isoformat()} for act in acts])
            assert sorted(answers) == ["SlotTaken"] * (NUMBER - 3) + ["done"] * 3
    hosts = list(Booking.objects.values_list("calendar", flat=True))
    assert [hosts.count(host) for host in set(hosts)] == [3, 3, 3]


def test_one_form_sent_twenty_times_at_once_books_once():
    offer = make_offer(**QUARTERS)
    open_calendar(offer)
    form = {"verb": "ask", "offer": offer.pk, "mark": "form", "email": "paula@example.com"}
    with contestants(20) as race:
        answers = race([{**form, "start": at(0, 10).isoformat()}] * 20)
    assert answers == ["done"] * 20
    assert (Lead.objects.count(), Booking.objects.count()) == (1, 1)
    kinds = sorted(OutboxMessage.objects.values_list("kind", flat=True))
    assert kinds == ["leads.remind"] * 2 + ["leads.tell_host", "leads.tell_prospect"]
    assert [event.kind for event in Lead.objects.get().events.order_by("pk")] == [
        *("lead.created", "booking.created", "lead.status_changed"),
    ]


@pytest.mark.parametrize(
    ("rules", "answer"),
    [({"most_open": 1}, "TooManyBookings"), ({"most_a_day": 1}, "SlotTaken")],
    ids=["of one address", "of one day"],
)
def test_a_limit_holds_however_many_times_are_asked_for_at_once(rules, answer):
    """The times are different ones, so that only the limit is between them."""
    offer = make_offer(**QUARTERS | rules)
    open_calendar(offer)
    leads = [make_lead(email=["paula@x.example", "Paula@X.example"][n % 2]) for n in range(20)]
    acts = [
        {"verb": "book", "offer": offer.pk, "lead": lead.pk, "start": at(0, place).isoformat()}
        for place, lead in enumerate(leads)
    ]
    with contestants(20) as race:
        assert sorted(race(acts)) == sorted([answer] * 19 + ["done"])
    assert Booking.objects.count() == 1


def test_what_expires_while_it_is_confirmed_is_one_or_the_other():
    offer = make_offer(**QUARTERS, confirms_by_hand=True)
    open_calendar(offer)
    leads = [make_lead(email=f"{place}@example.com") for place in range(3)]
    ends = datetime.now(UTC)
    before, after = (moment.isoformat() for moment in (ends - timedelta(seconds=1), ends))
    with contestants(4) as race:
        for day in range(10):
            start = at(day, 10).isoformat()
            waiting = booking.book(offer, start=at(day, 10), lead=leads[0])
            Booking.objects.filter(pk=waiting.pk).update(holds_until=ends)
            acts = [
                {"verb": "book", "offer": offer.pk, "lead": lead.pk, "start": start, "now": after}
                for lead in leads[1:]
            ]
            acts.append({"verb": "expire", "booked": waiting.pk})
            acts.append({"verb": "confirm", "booked": waiting.pk, "now": before})
            *booked, expired, confirmed = race(acts)
            waiting.refresh_from_db()
            if confirmed == "done":
                assert (waiting.state, booked) == (State.CONFIRMED, ["SlotTaken"] * 2)
            else:
                assert (waiting.state, confirmed) == (State.EXPIRED, "NotPossible")
                assert sorted(booked) == ["SlotTaken", "done"]
            assert expired == "done"
    assert doubles() == []
