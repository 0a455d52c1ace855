"""Moments as machines read them."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import timezone


@pytest.mark.parametrize(
    ("zone", "said"),
    [("UTC", "2026-03-29T00:59:59+00:00"), ("Europe/Berlin", "2026-03-29T01:59:59+01:00")],
)
def test_moments_are_in_the_zone_of_the_page(zone, said):
    template = Template("{% load times %}{{ moment|iso }}{{ none|iso }}")
    moment = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
    with timezone.override(zone):
        assert template.render(Context({"moment": moment, "none": None})) == said
