"""Moments in words, for templates: `{{ booking.starts_at|whole:booking.shown_zone }}`."""

from django import template

from leads import clock

register = template.Library()
register.filter("day", clock.day)
register.filter("short_day", clock.short_day)
register.filter("time_of_day", clock.time)
register.filter("place", clock.place)
register.filter("whole", clock.whole)
