"""What the times of an offer cost: python -m tests.bench_consultations.

Looks into the site that the environment names, adds hosts with busy calendars
and bookings, counts, and takes them away again. Prints JSON: for each number
of bookings the SQL queries and the milliseconds (CPU of Python, and all in
all) of listing 60 days, and of checking one time.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from authors.models import Author  # noqa: E402
from leads import availability, schedules  # noqa: E402
from leads.models import Booking, Calendar, Lead, Offer  # noqa: E402

HOSTS = 5
EVENTS = 500
"""Of each host's other calendar."""
HORIZON = timedelta(days=60)
PLACES = 4_000
"""Where a host can have a booking within the horizon: twenty thousand with five hosts."""
STEP = HORIZON / PLACES
ROUNDS = 9


def main() -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    figures = {}
    with transaction.atomic():
        offer, calendars = offer_with_hosts(now)
        book(offer, calendars, range(0, PLACES, 10), now)
        figures["2,000 ahead"] = figures_of(offer, now)
        book(offer, calendars, range(-PLACES - 400, -400), now)
        figures["and 20,000 past"] = figures_of(offer, now)
        book(offer, calendars, (place for place in range(PLACES) if place % 10), now)
        figures["20,000 ahead and past"] = figures_of(offer, now)
        transaction.set_rollback(True)
    sys.stdout.write(json.dumps(figures))


def offer_with_hosts(now: datetime) -> tuple[Offer, list[Calendar]]:
    offer = Offer.objects.create(name="Bench", slug="bench-of-times", heading="-", text="-")
    calendars = []
    for number in range(HOSTS):
        host = Author.objects.create(name=f"Bench {number}", slug=f"bench-of-times-{number}")
        calendar = Calendar.objects.create(
            author=host,
            feed_url="https://calendar.example/busy.ics",
            feed_good_at=now,
            busy=json.dumps(events(now)),
        )
        calendar.offers.add(offer)
        calendars.append(calendar)
    return offer, calendars


def events(now: datetime) -> list[tuple[int, int]]:
    """Half an hour now and then, over the whole horizon."""
    step = int(HORIZON.total_seconds()) // EVENTS
    begin = int(now.timestamp())
    return [(begin + n * step, begin + n * step + 1800) for n in range(EVENTS)]


def book(offer: Offer, calendars: list[Calendar], places: Iterable[int], now: datetime) -> None:
    lead = Lead.objects.create(name="-", email="bench@example.com")
    taken = [(calendar, now + place * STEP) for place in places for calendar in calendars]
    Booking.objects.bulk_create(
        [row(offer, calendar, lead, start) for calendar, start in taken], batch_size=1_000
    )


def row(offer: Offer, calendar: Calendar, lead: Lead, start: datetime) -> Booking:
    end = start + STEP / 2
    mark = f"bench {calendar.pk} {start.isoformat()}"
    return Booking(
        offer=offer,
        calendar=calendar,
        lead=lead,
        starts_at=start,
        ends_at=end,
        blocked_from=start,
        blocked_until=end,
        time_zone=calendar.time_zone,
        wall_time=start.strftime("%Y-%m-%dT%H:%M"),
        uid=mark,
        token_hash=mark,
    )


def figures_of(offer: Offer, now: datetime) -> dict[str, float]:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE leads_booking")

    def list_all() -> list[datetime]:
        return schedules.times(schedules.calendars_of(offer), offer, now=now)

    def check_one() -> list[bool]:
        hosts = schedules.calendars_of(offer)
        found = schedules.of(hosts, offer, first=asked, last=asked, now=now)
        return [availability.is_offered(each, offer.rules, asked, now) for each in found.values()]

    asked = now.replace(hour=10, minute=0) + timedelta(days=30)
    with CaptureQueriesContext(connection) as captured:
        found = list_all()
    return {
        "times": len(found),
        "queries": len(captured),
        "cpu_ms": ms(list_all, clock=time.process_time),
        "all_ms": ms(list_all),
        "one_ms": ms(check_one),
    }


def ms(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    work()
    taken = []
    for _ in range(ROUNDS):
        started = clock()
        work()
        taken.append((clock() - started) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
