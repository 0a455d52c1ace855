"""Elementor's page builder: a tree of widgets as JSON, made HTML by what each one shows."""

import json
from collections.abc import Callable
from html import escape
from typing import Any

Settings = dict[str, Any]

_SILENT = {"spacer", "divider", "icon", "menu-anchor", "post-navigation"}
"""Widgets that say nothing."""
_WORDS = (
    *("title", "title_text", "heading", "before_title", "prefix", "ending_number", "suffix"),
    *("text", "editor", "description", "description_text", "content", "caption", "alert_title"),
    *("alert_description", "testimonial_content", "testimonial_name", "testimonial_job"),
    *("blockquote_content", "author_name", "sub_heading", "item_description", "html", "shortcode"),
)
_DEEPEST = 60


def to_html(raw: str) -> tuple[str, list[str]]:
    """Return what `_elementor_data` shows as HTML, and what to tell about it."""
    try:
        tree = json.loads(raw)
    except (ValueError, RecursionError):
        return "", ["the page builder's data are damaged and were left out"]
    told: list[str] = []
    return "\n\n".join(_elements(tree, told, 0)), told


def _elements(nodes: Any, told: list[str], depth: int) -> list[str]:
    found: list[str] = []
    for node in nodes if isinstance(nodes, list) else []:
        if not isinstance(node, dict):
            continue
        if depth > _DEEPEST:
            told.append("parts of the page builder that lie too deep were left out")
            break
        settings = node.get("settings")
        if node.get("elType") == "widget":
            kind = str(node.get("widgetType"))
            found += _widget(kind, settings if isinstance(settings, dict) else {}, told)
        found += _elements(node.get("elements"), told, depth + 1)
    return [part for part in found if part]


def _widget(kind: str, settings: Settings, told: list[str]) -> list[str]:
    if kind in _SILENT:
        return []
    if known := _WIDGETS.get(kind):
        return known(settings)
    words = _words(settings)
    said = "kept as plain words" if words else "without a text of its own left out"
    told.append(f"widget of the page builder {said}: {kind}")
    return words


def _words(settings: Settings) -> list[str]:
    """What an unknown widget shows: its texts, and those of its items."""
    found = [_paragraph(settings[key]) for key in _WORDS if isinstance(settings.get(key), str)]
    for value in settings.values():
        if isinstance(value, list):
            items = [item for item in value if isinstance(item, dict)]
            found += [part for item in items for part in _words(item)]
    return [part for part in found if part]


def _paragraph(text: Any) -> str:
    words = str(text or "").strip()
    return words if words.startswith("<") else f"<p>{words}</p>" * bool(words)


def _url(value: Any) -> str:
    url = value.get("url") if isinstance(value, dict) else value
    return escape(str(url or ""))


def _linked(inside: str, link: Any) -> str:
    target = _url(link)
    return f'<a href="{target}">{inside}</a>' if target and inside else inside


def _heading(settings: Settings) -> list[str]:
    size = str(settings.get("header_size") or "h2")
    tag = size if size in ("h1", "h2", "h3", "h4", "h5", "h6", "p", "div") else "p"
    inside = _linked(str(settings.get("title") or ""), settings.get("link"))
    return [f"<{tag}>{inside}</{tag}>"] if inside else []


def _picture(image: Any) -> str:
    source = _url(image)
    alt = escape(str(image.get("alt") or "")) if isinstance(image, dict) else ""
    return f'<img src="{source}" alt="{alt}">' if source else ""


def _image(settings: Settings) -> list[str]:
    picture = _linked(_picture(settings.get("image")), settings.get("link"))
    caption = str(settings.get("caption") or "")
    if not picture:
        return []
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return [f"<figure>{picture}{below}</figure>"]


def _pictures(settings: Settings) -> list[str]:
    found: list[str] = []
    for key in ("wp_gallery", "gallery", "carousel", "slides"):
        images = settings.get(key)
        if isinstance(images, list):
            found += [f"<p>{picture}</p>" for image in images if (picture := _picture(image))]
    return found


def _box(settings: Settings) -> list[str]:
    tag = str(settings.get("title_size") or "h3")
    title = _linked(str(settings.get("title_text") or ""), settings.get("link"))
    picture = _picture(settings.get("image"))
    heading = f"<{tag}>{title}</{tag}>" if tag[:1] == "h" and tag[1:].isdecimal() else title
    parts = [f"<p>{picture}</p>" * bool(picture), heading if title else ""]
    return [*filter(None, parts), _paragraph(settings.get("description_text"))]


def _button(settings: Settings) -> list[str]:
    inside = _linked(str(settings.get("text") or ""), settings.get("link"))
    return [f"<p>{inside}</p>"] if inside else []


def _list(settings: Settings) -> list[str]:
    rows = settings.get("icon_list")
    items = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    lines = [_linked(str(item.get("text") or ""), item.get("link")) for item in items]
    return ["<ul>" + "".join(f"<li>{line}</li>" for line in lines if line) + "</ul>"]


def _tabs(settings: Settings) -> list[str]:
    rows = settings.get("tabs")
    found: list[str] = []
    for item in rows if isinstance(rows, list) else []:
        if isinstance(item, dict):
            title = str(item.get("tab_title") or item.get("title") or "")
            content = item.get("tab_content") or item.get("content")
            found += [f"<h3>{title}</h3>" * bool(title), _paragraph(content)]
    return found


def _video(settings: Settings) -> list[str]:
    keys = ("youtube_url", "vimeo_url", "dailymotion_url", "external_url", "hosted_url")
    urls = [url for key in keys if (url := _url(settings.get(key)))]
    kind = str(settings.get("video_type") or "youtube")
    chosen = _url(settings.get(f"{kind}_url")) or next(iter(urls), "")
    return [f'<iframe src="{chosen}"></iframe>'] if chosen else []


def _code(settings: Settings) -> list[str]:
    language = escape(str(settings.get("language") or ""))
    code = escape(str(settings.get("code") or ""))
    return [f'<pre><code class="language-{language}">{code}</code></pre>'] if code else []


def _social(settings: Settings) -> list[str]:
    rows = settings.get("social_icon_list")
    links = [item.get("link") for item in rows or [] if isinstance(item, dict)]
    lines = [_linked(_url(link), link) for link in links]
    return ["<ul>" + "".join(f"<li>{line}</li>" for line in lines if line) + "</ul>"]


_WIDGETS: dict[str, Callable[[Settings], list[str]]] = {
    "heading": _heading,
    "text-editor": lambda settings: [_paragraph(settings.get("editor"))],
    "theme-post-content": lambda settings: [],
    "html": lambda settings: [str(settings.get("html") or "")],
    "shortcode": lambda settings: [_paragraph(settings.get("shortcode"))],
    "image": _image,
    "image-gallery": _pictures,
    "image-carousel": _pictures,
    "gallery": _pictures,
    "image-box": _box,
    "icon-box": _box,
    "button": _button,
    "icon-list": _list,
    "accordion": _tabs,
    "toggle": _tabs,
    "tabs": _tabs,
    "video": _video,
    "code-highlight": _code,
    "social-icons": _social,
}
