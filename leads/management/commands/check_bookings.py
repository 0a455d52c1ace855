from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import site
from leads.drift import drifted


class Command(BaseCommand):
    """Say which promised times are shown differently by today's rules of time zones.

    It moves nobody: whether a talk keeps its instant or its clock is for the
    people who are to meet. Ends with code 1 if there is anything to do.
    """

    help = "Lists coming bookings whose time zone has changed its rules since; changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        found = drifted()
        for drift in found:
            booking = drift.booking
            self.stdout.write(f"{booking.offer} with {booking.calendar}: {drift.problem}.")
            self.stdout.write(f"    {site.absolute(booking.get_admin_url())}")
        if found:
            number = "One booking has" if len(found) == 1 else f"{len(found)} bookings have"
            raise CommandError(
                f"{number} to be looked at. Ask the people when they mean to meet, and move the "
                "booking; moving it to the time on the clock keeps what was promised."
            )
        self.stdout.write("All coming bookings are at the times that were promised.")
