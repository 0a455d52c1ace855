"""Where the search server is, as SEARCH_URL says; pure, and read by the settings alone."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

EXAMPLE = "opensearch://user:password@search.internal:9200/headword?tls=true"
INDEX = "headword"
PORT = 9200

_INDEX = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class SearchServer:
    """An OpenSearch server of the operator's, and the name of the index there."""

    host: str
    port: int
    index: str = INDEX
    is_tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    ca: str | None = None
    """A file with the authorities that vouch for its certificate; the system's when None."""


def read(url: str) -> SearchServer | None:
    """Return the server that `url` names, None for "".

    `opensearch://user:password@host:9200/index?tls=true&ca=/etc/ca.pem`, or
    `https://user:password@host/index`. Raises ValueError, in words, without
    the password.
    """
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"cannot be read; write it like {EXAMPLE}") from None
    if parts.scheme not in ("opensearch", "https"):
        raise ValueError(f"begins with opensearch:// or https://; write it like {EXAMPLE}")
    if not host or port == 0 or parts.fragment:
        raise ValueError(f"needs a host and nothing after a #; write it like {EXAMPLE}")
    if parts.password and not parts.username:
        raise ValueError(f"has a password without a user; write it like {EXAMPLE}")
    index = unquote(parts.path).strip("/") or INDEX
    if not _INDEX.fullmatch(index):
        raise ValueError(f"the index {index!r} may hold small letters, digits, - and _ alone")
    options = _options(parts.query)
    is_tls = parts.scheme == "https" or _truth("tls", options.get("tls", "false"))
    if "ca" in options and not is_tls:
        raise ValueError("has a ca, but not tls=true")
    return SearchServer(
        host=host,
        port=port or (443 if parts.scheme == "https" else PORT),
        index=index,
        is_tls=is_tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ca=options.get("ca"),
    )


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in ("tls", "ca"):
            raise ValueError(f"nobody knows the option {name!r}; there are tls and ca")
    if "ca" in options and not Path(options["ca"]).is_file():
        raise ValueError(f"there is no file {options['ca']!r} for ca")
    return options


def _truth(name: str, value: str) -> bool:
    try:
        return _TRUTHS[value.lower()]
    except KeyError:
        raise ValueError(f"{name} is true or false, not {value!r}") from None
