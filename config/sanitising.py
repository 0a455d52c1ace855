"""What HTML may say on our pages: structure and text, nothing that runs or calls elsewhere."""

import html
from collections.abc import Callable
from urllib.parse import urlsplit

import nh3
from django.conf import settings

from config import picture_names

_TAGS = {
    *("a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "col"),
    *("colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p"),
    *("pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strong", "sub"),
    *("summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul"),
    *("var", "wbr"),
}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_ATTRIBUTES = {
    "*": {"class", "dir", "id", "lang", "title"},
    "a": {"href", "hreflang"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"datetime"},
    "details": {"open"},
    "div": {"tabindex"},
    "img": {"alt", "decoding", "height", "loading", "sizes", "src", "srcset", "width"},
    "ins": {"datetime"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "pre": {"tabindex"},
    "td": {"colspan", "headers", "rowspan"},
    "th": {"abbr", "colspan", "headers", "rowspan", "scope"},
    "time": {"datetime"},
}


def sanitised(
    fragment: str,
    *,
    heading_ids: frozenset[str] = frozenset(),
    link: Callable[[str], str | None] | None = None,
) -> str:
    """Return `fragment` with nothing in it that runs, loads from elsewhere or repeats an id.

    `link` maps the target of each link, whoever wrote it, to the one to show;
    None leaves words without a target.
    """
    ids: set[str] = set()

    def keep(tag: str, attribute: str, value: str) -> str | None:
        """Drop images from elsewhere, ids used twice and ids of the page itself."""
        if attribute == "src" and not is_local(value):
            return None
        if tag == "img" and not _may_say(attribute, value):
            return None
        if link and (tag, attribute) == ("a", "href"):
            return link(value)
        if attribute == "tabindex" and value != "0":
            return None
        if attribute == "id":
            is_taken = value in heading_ids and tag not in _HEADINGS
            if is_taken or value in ids or value.startswith("page-"):
                return None
            ids.add(value)
        return value

    return nh3.clean(
        fragment,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
    )


def _may_say(attribute: str, value: str) -> bool:
    """Return whether an image may say this of how it is loaded: what our renderer says."""
    if attribute == "srcset":
        addresses = picture_names.addresses_in(value)
        return bool(addresses) and all(map(is_local, addresses))
    allowed = {"sizes": picture_names.SIZES, "decoding": "async"}
    return allowed.get(attribute, value) == value


def plain(fragment: str) -> str:
    """Return the text of an HTML fragment, entities decoded."""
    return html.unescape(nh3.clean(fragment, tags=set()))


def is_local(address: str) -> bool:
    """Return whether `address` has neither scheme nor host, or is of this site or its uploads."""
    if address.startswith((f"{settings.SITE_URL}/", settings.MEDIA_URL)):
        return True
    try:
        # Browsers read a backslash as a slash.
        parts = urlsplit(address.replace("\\", "/"))
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc
