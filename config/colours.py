"""One accent colour in, a readable palette out (WCAG 2.2, contrast 1.4.3)."""

import colorsys
import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError

LIGHT_PAGE = "#fbfaf7"
LIGHT_SUNKEN, DARK_SUNKEN = "#f1eee7", "#202529"
"""The grounds of site.css on which colours are hardest to read, by day and by night."""
READABLE = 4.6
"""A little above AA's 4.5 : 1, so that rounding never falls below it."""


@dataclass(frozen=True)
class Palette:
    """The accent as it is used: on light grounds, on dark ones, and text upon each."""

    light: str
    on_light: str
    dark: str
    on_dark: str


def validate_colour(value: str) -> None:
    """Raise ValidationError unless `value` is a colour such as #0f6b5c."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValidationError("Write the colour as # and six digits, for example #0f6b5c.")


def palette(accent: str) -> Palette:
    """Return shades of `accent` that can be read on every ground, by day and by night."""
    light = _shade_until_readable(accent, ground=LIGHT_SUNKEN, step=-0.02)
    dark = _shade_until_readable(accent, ground=DARK_SUNKEN, step=0.02)
    return Palette(light=light, on_light=_text_on(light), dark=dark, on_dark=_text_on(dark))


def theme_css(accent: str) -> str:
    """Return the style sheet that gives pages their accent colour, by day and by night."""
    shades = palette(accent)
    light = f"--accent:{shades.light};--on-accent:{shades.on_light}"
    dark = f"--accent:{shades.dark};--on-accent:{shades.on_dark}"
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in _channels(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))


def _shade_until_readable(accent: str, *, ground: str, step: float) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(accent))
    shade = accent.lower()
    # At the end of the scale stand black and white, which can be read.
    end = 0.0 if step < 0 else 1.0
    while contrast(shade, ground) < READABLE and lightness != end:
        lightness = min(1.0, max(0.0, lightness + step))
        red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
        shade = f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
    return shade


def _text_on(colour: str) -> str:
    white, black = "#ffffff", "#000000"
    return white if contrast(colour, white) >= contrast(colour, black) else black
