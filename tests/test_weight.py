"""What a reader's browser has to load."""

import gzip
from pathlib import Path

import pytest

from tests.factories import make_author, make_entry, make_offer, make_site

STATIC = Path(__file__).resolve().parent.parent / "static"
FOR_STAFF = (
    "admin",
    "checks",
    "desk",
    "editor",
    "imports",
    "pictures",
    "table",
    "ticks",
    "topics",
)
SCRIPTS = sorted(p for p in (STATIC / "js").glob("*.js") if not p.name.startswith(FOR_STAFF))


def weight(content: bytes) -> int:
    return len(gzip.compress(content, 9))


def test_all_scripts_for_readers_weigh_less_than_8_kilobytes():
    assert len(SCRIPTS) >= 6
    assert sum(weight(script.read_bytes()) for script in SCRIPTS) <= 8 * 1024


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
