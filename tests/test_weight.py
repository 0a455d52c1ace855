"""What a reader's browser has to load."""

import gzip
from pathlib import Path

import pytest

from tests.factories import make_author, make_entry, make_offer, make_site

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
FOR_STAFF = (
    "admin",
    "checks",
    "copying",
    "desk",
    "editor",
    "imports",
    "pictures",
    "table",
    "ticks",
    "topics",
)
FOR_FORM = ("form", "zone")
"""Loaded by the steps to a consultation, and to another time for one, alone."""
PUZZLE = "puzzle.js"
"""Only on the form of a network that is busy at the moment, with what it loads."""
APART = (*FOR_STAFF, *FOR_FORM, PUZZLE)
SCRIPTS = sorted(p for p in (STATIC / "js").glob("*.js") if not p.name.startswith(APART))


def weight(content: bytes) -> int:
    return len(gzip.compress(content, 9))


def test_all_scripts_for_readers_weigh_less_than_8_and_a_half_kilobytes():
    assert len(SCRIPTS) >= 6
    assert sum(weight(script.read_bytes()) for script in SCRIPTS) <= 8704


def test_scripts_of_the_form_weigh_less_than_3_kilobytes_and_are_loaded_there_alone():
    names = [f"{name}.js" for name in FOR_FORM]
    found = [(STATIC / "js" / name).read_bytes() for name in names]
    assert sum(map(weight, found)) <= 3 * 1024
    loading = {
        page.relative_to(TEMPLATES).as_posix()
        for page in TEMPLATES.rglob("*.html")
        if any(f"js/{name}" in page.read_text() for name in names)
    }
    assert loading == {
        *("leads/book.html", "leads/booking/move.html"),
        *("leads/consultation.html", "leads/times.html"),
    }


def test_the_puzzle_of_a_busy_network_weighs_less_than_40_kilobytes():
    widget = list((STATIC / "vendor" / "altcha").glob("*.*s"))
    assert sorted(path.name for path in widget) == ["altcha.css", "altcha.min.js", "pbkdf2.js"]
    parts = [STATIC / "js" / PUZZLE, *widget]
    assert sum(weight(part.read_bytes()) for part in parts) <= 40 * 1024
    assert weight(parts[0].read_bytes()) <= 1024


@pytest.mark.django_db
def test_a_long_article_with_all_it_needs_weighs_less_than_60_kilobytes(client):
    make_site()
    make_offer()
    words = " ".join(f"word{number % 997}" for number in range(1500))
    body = "\n\n".join(f"## Section {number}\n\n{words[number::9]}" for number in range(9))
    entry = make_entry(term="Long", body=body, author=make_author(biography="Writes."))
    page = client.get(entry.get_absolute_url()).content
    style = (STATIC / "css" / "site.css").read_bytes()
    scripts = sum(weight(script.read_bytes()) for script in SCRIPTS)
    assert weight(page) + weight(style) + scripts <= 60 * 1024
