"""Text that somebody typed, made fit for headers, files and mails of ours. Pure."""

import re

_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Controls, marks that turn the direction of what follows, halves of pairs. Emoji stay whole."""
_LINK = re.compile(r"(?<!\d):|:(?!\d)|[/\\@]|[.。．｡](?=\w{2})(?!(?<=\d.)\d)", re.UNICODE)
"""What mail programs make links of: schemes, paths, addresses, names of hosts; no 15:00, 12.03."""


def printable(text: str) -> str:
    """Return `text` with plain line breaks and without what nobody sees."""
    return _UNSEEN.sub("", _BREAKS.sub("\n", text).replace("\t", " "))


def one_line(text: str) -> str:
    """Return `text` in one line, words apart by single spaces."""
    return " ".join(printable(text).split())


def harmless(text: str, *, longest: int = 80) -> str:
    """Return `text` in one line if it is short and no link, else "".

    Whoever fills in a form can have our mail sent to anybody: an advertisement,
    or what a mail program would make a link of, is left out.
    """
    line = one_line(text)
    return "" if len(line) > longest or _LINK.search(line) else line


def as_name(text: str, *, longest: int = 60) -> str:
    """Return `text` if a person can be addressed by it, else ""."""
    return harmless(text, longest=longest)
