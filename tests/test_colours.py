import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.colours import DARK_SUNKEN, LIGHT_SUNKEN, contrast, palette, theme_css, validate_colour

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21),
        ("#ffffff", "#ffffff", 1),
        # The two greys on either side of AA, as WebAIM's contrast checker gives them.
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_the_one_of_wcag(one, other, expected):
    assert contrast(one, other) == contrast(other, one) == pytest.approx(expected, abs=0.005)


@given(COLOURS)
@example("#000000")
@example("#ffffff")
@example("#ffff00")
@example("#0000ff")
@settings(deadline=None, database=None)
def test_any_accent_can_be_read_on_both_pages_and_under_text(accent):
    shades = palette(accent)
    assert contrast(shades.light, LIGHT_SUNKEN) >= 4.5
    assert contrast(shades.dark, DARK_SUNKEN) >= 4.5
    assert contrast(shades.light, shades.on_light) >= 4.5
    assert contrast(shades.dark, shades.on_dark) >= 4.5


@given(COLOURS)
@settings(deadline=None, database=None)
def test_shades_are_colours_themselves(accent):
    css = theme_css(accent)
    assert re.findall("#[^;})]*", css) == re.findall("#[0-9a-f]{6}", css)
    assert css.count("#") == 4


@pytest.mark.parametrize("accent", ["#0f6b5c", "#0F6B5C"])
def test_an_accent_that_can_be_read_is_left_alone(accent):
    assert palette(accent).light == "#0f6b5c"


def test_style_sheet_has_a_palette_by_day_and_one_by_night():
    shades = palette("#0000ff")
    assert (shades.light, shades.dark == shades.light) == ("#0000ff", False)
    assert theme_css("#0000ff") == (
        f":root{{--accent:#0000ff;--on-accent:{shades.on_light}}}"
        "@media (prefers-color-scheme:dark)"
        f"{{:root{{--accent:{shades.dark};--on-accent:{shades.on_dark}}}}}\n"
    )


@pytest.mark.parametrize(
    "value",
    ["", "red", "0f6b5c", "#0f6b5", "#0f6b5cc", "#0f6b5g", "#0f6b5c\n", "#0f6b5c}*{", "#٠٠٠٠٠٠"],
)
def test_what_is_no_colour_is_refused(value):
    with pytest.raises(ValidationError, match="six digits"):
        validate_colour(value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("colour", "status"), [("0f6b5c", 200), ("0F6B5C", 200), ("0f6b5", 404), ("0f6b5cc", 404)]
)
def test_style_sheet_of_a_colour_never_changes_and_of_another_word_is_not_found(
    client, colour, status
):
    response = client.get(f"/theme/{colour}.css")
    assert response.status_code == status
    if status == 200:
        assert response.content.decode() == theme_css(f"#{colour}")
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
