import re
from urllib.parse import unquote

import pytest
from django.urls import Resolver404, resolve, reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from config.slugs import MAX_LENGTH, SlugConverter, slugify


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Machine Learning Engineer", "machine-learning-engineer"),
        ("C", "c"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("F#", "f-sharp"),
        (".NET", "dot-net"),
        ("ASP.NET", "asp-net"),
        (".network", "network"),
        ("Node.js 20", "node-js-20"),
        ("R&D", "r-and-d"),
        ("95% rule", "95-percent-rule"),
        ("Résumé · Ångström", "resume-angstrom"),
        ("Re\u0301sume\u0301", "resume"),
        ("Straße", "strasse"),
        ("𝑨𝕀", "ai"),
        ("İstanbul", "istanbul"),
        ("Don’t ‘repeat’ yourself", "dont-repeat-yourself"),
        ("l'eau", "leau"),
        ("機械 学習", "機械-学習"),
        ("Обучение с учителем", "обучение-с-учителем"),
        ("Ελλάδα", "ελλάδα"),
        ("한국어", "한국어"),
        ("\u1112\u1161\u11ab", "한"),
        ("हिन्दी", "हिन्दी"),
        ("ภาษาที่", "ภาษาที่"),
        ("snake_case and __init__", "snake-case-and-init"),
        ("a _b", "a-b"),
        ("  --a -- b--  ", "a-b"),
        ("AI 🤖 agent", "ai-agent"),
        ("🤖", ""),
        ("!?", ""),
        ("", ""),
    ],
)
def test_slug_keeps_what_tells_terms_apart(text, expected):
    assert slugify(text) == expected


@pytest.mark.parametrize("text", ["word " * 60, "İ" * 300, "é" * 300, "機械 " * 100])
def test_slug_is_cut_to_its_length_without_a_hyphen_at_the_end(text):
    slug = slugify(text)
    assert MAX_LENGTH - 5 < len(slug) <= MAX_LENGTH
    assert slug == slug.strip("-")


TERMS = st.text() | st.text("aB1_-' .&é\u0301İ", max_size=12) | st.text("हिन्दी _-", max_size=12)


@given(TERMS)
@settings(deadline=None, database=None)
def test_every_slug_is_an_address_and_stays_itself(text):
    slug = slugify(text)
    assert slug == "" or re.fullmatch(SlugConverter.regex, slug)
    assert slugify(slug) == slug
    assert len(slug) <= MAX_LENGTH


@pytest.mark.django_db
@pytest.mark.parametrize("term", ["C++", "機械 学習", "Обучение", "हिन्दी", "a _b", "X" * 300])
def test_address_of_a_slug_leads_back_to_it(term):
    address = unquote(reverse("glossary:entry", args=[slugify(term)]))
    assert resolve(address).kwargs == {"slug": slugify(term)}


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["a--b", "-a", "a_b", "a b", "a.b", "a\0", "a/b", "--"])
def test_what_no_slug_can_be_is_no_address(part):
    with pytest.raises(Resolver404):
        resolve(f"/topics/{part}/")
