"""Every sentence that readers meet is there in every language of the site.

The sentences are read out of templates and code as makemessages would read
them, so that a new one without a translation fails here first.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template.base import Lexer, TokenType
from django.utils import translation
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
PACKAGES = ("authors", "config", "glossary", "leads")
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
WITHOUT_LANGUAGE = (
    *("400.html", "500.html", "config/csrf_failure.html", "config/storage_away.html"),
    "config/robots.txt",
)
"""Shown when the language is not known, or read by machines only."""
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}

FOR_MACHINES = {"article", "profile", "summary_large_image", "## Optional"}
"""Words of Open Graph, Twitter's cards and llms.txt, the same in all languages."""
NAMES = {"BibTeX", "Bluesky", "Google Calendar", "LinkedIn", "Markdown", "Outlook"}
_LITERAL = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(rf"\b(?:n?gettext|_)\({_LITERAL}(?:, {_LITERAL}, count)?\)")

Message = tuple[str, ...]
"""The singular, and the plural where there is one."""


def templates() -> Iterator[tuple[str, str]]:
    """(name, source) of every template but the admin's."""
    for path in sorted(TEMPLATES.rglob("*.*")):
        name = path.relative_to(TEMPLATES).as_posix()
        if path.suffix in (".html", ".txt") and not name.startswith("admin/"):
            yield name, path.read_text()


def said_in_python(source: str) -> set[Message]:
    """Messages that calls of the gettext family name, a plural with its singular."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CALLS:
            words = [word.value for word in node.args if isinstance(word, ast.Constant)]
            found.add(tuple(words[: 2 if node.func.id.startswith("n") else 1]))
    return found - {()}


def said_in_template(source: str) -> set[Message]:
    """Messages of a template's translation tags."""
    calls = _CALL.findall(templatize(source))
    return {tuple(ast.literal_eval(text) for text in call if text) for call in calls}


def said() -> set[Message]:
    """Everything that readers may meet."""
    found = set()
    for _, source in templates():
        found |= said_in_template(source)
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            found |= said_in_python(path.read_text())
    return found


def catalogue(language: str) -> dict[Message, list[str]]:
    """The translations of each message in a language's .po file, obsolete ones left out."""
    path = ROOT / "config" / "locale" / language / "LC_MESSAGES" / "django.po"
    found: dict[Message, list[str]] = {}
    for block in path.read_text().split("\n\n"):
        texts: dict[str, str] = {}
        keyword = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            keyword = line.split()[0] if not line.startswith('"') else keyword
            literal = line[line.index('"') :]
            texts[keyword] = texts.get(keyword, "") + ast.literal_eval(literal)
        if not texts.get("msgid"):
            continue
        message = tuple(texts[key] for key in ("msgid", "msgid_plural") if key in texts)
        found[message] = [text for key, text in texts.items() if key.startswith("msgstr")]
    return found


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s|\{\w+\}", text))


class _Words(HTMLParser):
    """Collects the words a reader would see or hear."""

    SPOKEN = ("alt", "aria-label", "placeholder", "title")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.skipping = False

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        self.skipping = tag in ("script", "style")
        self.note(*(value or "" for name, value in attrs if name in self.SPOKEN))

    def handle_endtag(self, tag: str) -> None:
        self.skipping = False

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.note(data)

    def note(self, *texts: str) -> None:
        lines = [line.strip() for text in texts for line in text.splitlines()]
        self.found += [line for line in lines if re.search(r"[^\W\d_]", line)]


def bare_words(source: str) -> list[str]:
    """Words of a template that no tag would translate."""
    kept, in_translation = [], False
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            tag = token.contents.split()[0]
            in_translation = tag == "blocktranslate" or (
                in_translation and tag != "endblocktranslate"
            )
        elif token.token_type == TokenType.TEXT and not in_translation:
            kept.append(token.contents)
    words = _Words()
    words.feed("".join(kept))
    words.close()
    return words.found


# Translations -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language):
    known = catalogue(language)
    assert sorted(message for message in said() if not all(known.get(message, [""]))) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_catalogue_says_what_its_source_says(language):
    with translation.override(language):
        for message, translated in catalogue(language).items():
            if len(message) == 1:
                answers = [translation.gettext(*message)]
            else:
                answers = [translation.ngettext(*message, number) for number in (1, 2)]
            assert (message, answers) == (message, translated)


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_places_of_names_and_numbers(language):
    for message, translated in catalogue(language).items():
        expected = placeholders("".join(message))
        assert (message, [placeholders(text) for text in translated]) == (
            message,
            [expected] * len(translated),
        )


@pytest.mark.parametrize("name", [name for name, _ in templates() if name not in WITHOUT_LANGUAGE])
def test_no_template_says_anything_past_the_translation(name):
    assert set(bare_words((TEMPLATES / name).read_text())) - FOR_MACHINES - NAMES == set()


# The readers above --------------------------------------------------------------------------


def test_sentences_are_found_in_all_their_shapes():
    source = (
        "{% load i18n %}{% translate \"It's here\" %}{% translate 'There' %}"
        '{{ offer.name|default:_("Nowhere") }}'
        "{% blocktranslate with name=site.name %}At “{{ name }}”'s{% endblocktranslate %}"
        "{% blocktranslate count number=n %}{{ number }} day"
        "{% plural %}{{ number }} days{% endblocktranslate %}"
    )
    assert said_in_template(source) == {
        ("It's here",),
        ("There",),
        ("Nowhere",),
        ("At “%(name)s”'s",),
        ("%(number)s day", "%(number)s days"),
    }
    assert said_in_python('_("One " "two")\ngettext_lazy("Three")\nother("Four")') == {
        ("One two",),
        ("Three",),
    }


def test_a_hundred_sentences_are_read():
    assert len(said()) > 90


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>Planted words</p>", ["Planted words"]),
        ('<nav aria-label="Planted">{{ menu }}</nav>', ["Planted"]),
        ("{{ term }}: 12 – {{ other }}", []),
        ("{% blocktranslate %}Known{% endblocktranslate %}<b>new</b>", ["new"]),
        ('<script type="module" src="a.js"></script>', []),
    ],
)
def test_words_past_the_translation_are_found(source, expected):
    assert bare_words(source) == expected
