"""WordPress's shortcodes as HTML; those that nobody here knows stay visible and are told."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape

Gallery = Callable[[list[str]], list[tuple[str, str, str]]]
"""Returns (address, alternative text, caption) of pictures by number, of all without one."""

_CODES = (
    *("code", "sourcecode", "source", "php", "css", "html", "xml", "js", "javascript", "python"),
    *("ruby", "java", "sql", "bash", "shell", "json", "yaml", "csharp", "cpp", "go", "crayon"),
    *("codesyntax", "cc", "highlight", "cci", "plain", "text", "prism"),
)
_LAYOUT = re.compile(r"\[/?((?:vc|et_pb|fusion|av|fl|mk|cs|x)_[a-z_]+)\b[^\]]*\]")
_MEDIA = {
    "youtube": "https://www.youtube.com/watch?v=",
    "vimeo": "https://vimeo.com/",
    "dailymotion": "https://www.dailymotion.com/video/",
    "soundcloud": "",
    "audio": "",
    "video": "",
    "embed": "",
    "wpvideo": "https://videopress.com/v/",
    "videopress": "https://videopress.com/v/",
    "googlemaps": "",
    "twitter": "",
    "tweet": "",
    "instagram": "",
    "gist": "",
    "slideshare": "https://www.slideshare.net/slideshow/embed_code/key/",
    "wordpress.tv": "",
    "ted": "https://www.ted.com/talks/",
}
_SOURCES = ("src", "url", "mp3", "mp4", "m4a", "m4v", "webm", "ogg", "ogv", "wav", "id", "href")
_ATTRIBUTE = re.compile(
    r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'\]]+))|"([^"]*)"|'([^']*)'|([^\s\]]+)"""
)
_CODE_PAIR = re.compile(rf"\[({'|'.join(_CODES)})\b([^\]]*)\](.*?)\[/\1\]", re.DOTALL)
_CAPTION = re.compile(r"\[(wp_)?caption\b([^\]]*)\](.*?)\[/(?:wp_)?caption\]", re.DOTALL)
_GALLERY = re.compile(r"\[(?:gallery|playlist)\b([^\]]*?)/?\]")
_EMBED = re.compile(
    rf"\[({'|'.join(map(re.escape, _MEDIA))})\b([=\s][^\]]*?)?/?\](?:([^\[]*)\[/\1\])?"
)
_NO_LINKS = re.compile(r"\[(/?)(?:glossary_exclude|cmtt_exclude|noglossary)\]")
_ESCAPED = re.compile(r"\[(\[/?[a-z][\w-]*\b[^\]]*\])\]")
_HAND_MADE = re.compile(r"<(pre|code|script|style|textarea)\b.*?</\1\s*>", re.DOTALL | re.I)
_LEFT = re.compile(r"\[/?[A-Za-z][\w-]*(?:\s[^\[\]]*|/)?\](?!\()")
_IMAGE = re.compile(r"^\s*((?:<a\b[^>]*>\s*)?<img\b[^>]*>\s*(?:</a>)?)\s*(.*)$", re.DOTALL | re.I)
_SHOWN = 60


@dataclass
class Shelf:
    """Parts of a text that nothing may touch, put aside and put back."""

    parts: list[str] = field(default_factory=list)

    def put(self, part: str) -> str:
        self.parts.append(part)
        return f"\ue000{len(self.parts) - 1}\ue001"

    def back(self, text: str) -> str:
        """Return `text` with every part in its place, those within parts as well."""
        for number in reversed(range(len(self.parts))):
            text = text.replace(f"\ue000{number}\ue001", self.parts[number])
        return text


def converted(content: str, gallery: Gallery) -> tuple[str, list[str]]:
    """Return `content` with its shortcodes as HTML, and what to tell about them."""
    told: list[str] = []
    shelf = Shelf()
    text = content.replace("\ue000", "").replace("\ue001", "")
    text = _CODE_PAIR.sub(lambda match: shelf.put(_code(match)), text)
    text = _HAND_MADE.sub(lambda match: shelf.put(match[0]), text)
    text = _ESCAPED.sub(lambda match: shelf.put(match[1]), text)
    text = _CAPTION.sub(_figure, text)
    text = _GALLERY.sub(lambda match: _gallery(match, gallery, told), text)
    text = _EMBED.sub(lambda match: _media(match, told), text)
    text = _NO_LINKS.sub(lambda match: f"<!-- {'' if match[1] else 'no '}links -->", text)
    layout = sorted({match[1] for match in _LAYOUT.finditer(text)})
    told += [f"layout of the page builder taken off: [{name}]" for name in layout]
    text = _LAYOUT.sub("\n\n", text)
    left = dict.fromkeys(match[0] for match in _LEFT.finditer(re.sub(r"<[^>]*>", " ", text)))
    told += [f"shortcode kept as text: {code[:_SHOWN]}" for code in left]
    return shelf.back(text), told


def attributes(raw: str) -> dict[str, str]:
    """Return the attributes of a shortcode; those without a name are numbered from 0."""
    plain = unescape(raw).replace("“", '"').replace("”", '"').replace("″", '"').strip(" /")
    found: dict[str, str] = {}
    loose = 0
    for name, *values in _ATTRIBUTE.findall(plain):
        value = next(filter(None, values), "")
        found[name.lower() or str(loose)] = value
        loose += not name
    return found


def _code(match: re.Match[str]) -> str:
    given = attributes(match[2])
    named = match[1] if match[1] not in ("code", "sourcecode", "source", "crayon", "text") else ""
    language = given.get("language") or given.get("lang") or named
    code = escape(unescape(match[3]).strip("\r\n"), quote=False)
    return f'\n\n<pre><code class="language-{escape(language)}">{code}</code></pre>\n\n'


def _figure(match: re.Match[str]) -> str:
    """Old captions are an attribute, newer ones follow the picture."""
    parts = _IMAGE.match(match[3])
    picture, below = (parts[1], parts[2]) if parts else (match[3], "")
    caption = below.strip() or attributes(match[2]).get("caption", "")
    shown = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f"\n\n<figure>{picture}{shown}</figure>\n\n"


def _gallery(match: re.Match[str], gallery: Gallery, told: list[str]) -> str:
    given = attributes(match[1])
    ids = given.get("ids") or given.get("include") or ""
    pictures = gallery(re.findall(r"\d+", ids))
    if not pictures:
        told.append(f"gallery whose pictures did not come along: {match[0][:_SHOWN]}")
        return ""
    figures = [
        f'<figure><img src="{escape(address)}" alt="{escape(alt)}">'
        + (f"<figcaption>{caption}</figcaption>" if caption else "")
        + "</figure>"
        for address, alt, caption in pictures
    ]
    told.append(f"gallery shown as {len(figures)} pictures, one below the other")
    return "\n\n" + "\n\n".join(figures) + "\n\n"


def _media(match: re.Match[str], told: list[str]) -> str:
    name, inside = match[1], (match[3] or "").strip()
    given = attributes((match[2] or "").strip().lstrip("="))
    named = next((given[key] for key in _SOURCES if given.get(key)), given.get("0", ""))
    # A shortcode's address may have been made a link by the editor.
    target = unescape(re.sub(r"<[^>]+>", "", inside) or named).strip(" =")
    if target and "://" not in target:
        target = f"{_MEDIA[name]}{target}" if _MEDIA[name] else ""
    if not target:
        told.append(f"shortcode kept as text: {match[0][:_SHOWN]}")
        return escape(match[0], quote=False) if match[3] is None else match[0]
    return f'\n\n<iframe src="{escape(target)}"></iframe>\n\n'
