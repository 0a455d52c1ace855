from datetime import datetime

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
@pytest.mark.parametrize("name", ["DATETIME_FORMAT", "TIME_FORMAT", "SHORT_DATETIME_FORMAT"])
def test_every_language_has_a_clock_of_24_hours(language, name):
    with translation.override(language):
        assert "15:04" in date_format(datetime(2026, 3, 4, 15, 4), name)
