"""Reading a WordPress export: posts, pages and glossary entries of whatever editor."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from email.utils import parsedate_to_datetime
from html import escape, unescape
from typing import BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.core.files import File

from config import markdown
from config.alphabet import fold
from config.slugs import slugify
from glossary.importing import blocks, classic, elementor, seo_fields, shortcodes, wxr
from glossary.importing.foreign_html import TooDeep, to_markdown, to_words
from glossary.importing.media import Media
from glossary.importing.sources import (
    NotAnEntry,
    Skipped,
    Source,
    line_of,
    moment_of,
    term_of,
    unique,
)
from glossary.importing.wxr import Channel, Item

USUAL = ("post", "page")
_GLOSSARY = re.compile(r"glossar|lexi[ck]on|encyclop|dictionar|definition|(^|[-_])terms?$", re.I)
_OWN_ROLE = {
    "attachment": "a file: taken along where a text shows it",
    "revision": "an earlier version",
    "nav_menu_item": "a line of a menu",
}
_NEVER = {"trash": "in the bin", "auto-draft": "never saved", "inherit": "part of something else"}
_DRAFTS = {"draft", "pending"}
_PUBLIC = {"publish", "future"}
_NO_TOPICS = {"post_format", "nav_menu", "wp_theme", "language", "post_translations"}
_LANGUAGE_TAXONOMY = "language"
_SYNONYMS = re.compile(r"^_?cmtt_(synonyms|variations|abbreviations)$")
_CODES = {code for code, _ in settings.LANGUAGES}
_PAGE_BREAK = re.compile(r"<!--\s*nextpage\s*-->")


@dataclass
class _Site:
    """What the export says of the site and its files, found by the scan."""

    channel: Channel = field(default_factory=Channel)
    kinds: Counter[str] = field(default_factory=Counter)
    files: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Attachments by number: address, alternative text, caption."""
    children: dict[str, list[str]] = field(default_factory=dict)
    """Numbers of the attachments of each post."""
    pages: dict[str, str] = field(default_factory=dict)
    """Addresses of the attachments' own pages → of their files."""
    reusable: dict[str, str] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)
    base: str = ""
    """The path of the blog, without a slash at its end."""


class WordPressExport:
    """A WXR file; `types` are the kinds of posts to take, by default those of a glossary."""

    creates_authors = True

    def __init__(
        self,
        file: BinaryIO,
        *,
        name: str,
        types: tuple[str, ...] = (),
        media: Media | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        self.file = file
        self.name = name
        self.types = types
        self.media = media or Media(None)
        self.zone = zone
        self.site = _Site()
        self.prefix = f"wordpress:{name}/"

    # The stream -----------------------------------------------------------------------

    def scan(self) -> Iterator[Source | Skipped]:
        """Learn of the site and yield its items without their texts."""
        self.site = site = _Site()
        for item in wxr.items(self.file, site.channel):
            self._learn(item)
        self.types = self.types or _usual_types(site.kinds)
        if site.hosts:
            self.prefix = f"wordpress:{min(self._blog_hosts() or site.hosts)}{site.base}/"
        for item in wxr.items(self.file, Channel()):
            yield self._outline(item)

    def _outline(self, item: Item) -> Source | Skipped:
        try:
            if item.kind not in self.types:
                raise NotAnEntry(_reason(item.kind, self.types))
            return self._source(item)
        except NotAnEntry as error:
            return Skipped(self._place(item), str(error))

    def _learn(self, item: Item) -> None:
        site, key = self.site, item.key
        site.kinds[item.kind] += 1
        for name in ("wp:base_blog_url", "wp:base_site_url", "link"):
            if host := _host(site.channel.values.get(name, "")):
                site.hosts.add(host)
        blog = site.channel.values.get("wp:base_blog_url") or site.channel.values.get("link", "")
        site.base = urlsplit(blog).path.rstrip("/")
        if item.kind == "attachment":
            address = item.get("wp:attachment_url").strip() or item.get("guid").strip()
            alt = item.meta.get("_wp_attachment_image_alt", "")
            site.pages[_page_path(item.get("link"))] = address
            site.files[key] = address, alt, item.get("excerpt:encoded").strip()
            site.children.setdefault(item.get("wp:post_parent").strip(), []).append(key)
            site.hosts.add(_host(address))
        elif item.kind == "wp_block":
            site.reusable[key] = item.get("content:encoded")

    def read(self) -> Iterator[Source | Skipped]:
        seen: set[str] = set()
        for item in wxr.items(self.file, Channel()):
            try:
                if item.kind not in self.types:
                    raise NotAnEntry(_reason(item.kind, self.types))
                if item.key in seen:
                    raise NotAnEntry(f"the number {item.key} came before")
                seen.add(item.key)
                yield self._with_text(item, self._source(item))
            except NotAnEntry as error:
                yield Skipped(self._place(item), str(error))

    def _place(self, item: Item) -> str:
        title = line_of(item.get("title"))[:40]
        return f"{self.name}:{item.line} ({item.kind} {item.key}{f', {title}' * bool(title)})"

    # One item -------------------------------------------------------------------------

    def _source(self, item: Item) -> Source:
        """Return what `item` says besides its text. Raises NotAnEntry."""
        status = item.get("wp:status").strip() or "publish"
        if status in _NEVER:
            raise NotAnEntry(_NEVER[status])
        title = to_words(item.get("title")) if re.search("[<&]", item.get("title")) else ""
        title = line_of(title or item.get("title"))
        if not title:
            raise NotAnEntry("no title")
        term, heading = term_of(title)
        name = slugify(unquote(item.get("wp:post_name").strip()))
        paths = self._old_paths(item)
        source = Source(
            key=item.key or paths[0],
            place=self._place(item),
            location=paths[0] if paths else "",
            term=term,
            slug=name or slugify(term) or f"post-{item.key}",
            author=self._author(item),
            title_override=heading,
            language=self._language(item),
            is_draft=status in _DRAFTS,
            old_paths=paths,
        )
        self._judge_status(source, item, status)
        self._add_names(source, item)
        self._add_dates(source, item, status)
        return source

    def _judge_status(self, source: Source, item: Item, status: str) -> None:
        if item.get("wp:post_password").strip():
            source.is_hidden = True
            source.warnings.append("behind a password there: stays a draft")
        elif status not in _PUBLIC and status not in _DRAFTS:
            source.is_hidden = True
            source.warnings.append(f"{status} there: stays a draft")

    def _author(self, item: Item) -> str:
        login = item.get("dc:creator").strip()
        return line_of(unescape(self.site.channel.authors.get(login, login)))[:100]

    def _language(self, item: Item) -> str:
        """The language that a plug-in gave the post, else the site's if it is one of ours."""
        own = [nicename for domain, nicename, _ in item.terms if domain == _LANGUAGE_TAXONOMY]
        of_site = self.site.channel.values.get("language", "").lower()
        return (own or [code for code in [of_site.partition("-")[0]] if code in _CODES] or [""])[0]

    def _add_names(self, source: Source, item: Item) -> None:
        for domain, nicename, name in item.terms:
            if domain in _NO_TOPICS or domain.startswith("elementor"):
                continue
            if nicename != "uncategorized":
                words = line_of(unescape(name))
                source.topics.append(words)
                source.topic_paths[self._topic_path(domain, nicename)] = words
        source.topics = unique(source.topics)
        for key, value in item.meta.items():
            if _SYNONYMS.match(key):
                source.aliases += [line_of(name) for name in re.split("[,;|]", value)]
        named = [name for name in unique(source.aliases) if name]
        source.aliases = [name for name in named if fold(name) != fold(source.term)]

    def _topic_path(self, domain: str, nicename: str) -> str:
        above: list[str] = []
        parent = self.site.channel.parents.get(nicename, "") if domain == "category" else ""
        while parent and parent not in above:
            above.insert(0, parent)
            parent = self.site.channel.parents.get(parent, "")
        shown = {"post_tag": "tag"}.get(domain, domain)
        return f"{self.site.base}/{'/'.join([shown, *above, unquote(nicename)])}"

    def _add_dates(self, source: Source, item: Item, status: str) -> None:
        if status in _DRAFTS:
            return
        source.published_at = moment_of(item.get("wp:post_date_gmt").strip(), UTC)
        if source.published_at is None:
            source.published_at = moment_of(_of_mail(item.get("pubDate")), UTC)
        if source.published_at is None:
            source.published_at = moment_of(item.get("wp:post_date").strip(), self.zone)
        if source.published_at is None:
            said = line_of(item.get("wp:post_date")) or "none"
            source.warnings.append(f"date not understood: {said}")

    def _old_paths(self, item: Item) -> list[str]:
        """The permalink, its short forms by number, and those of the slugs it once had."""
        paths = []
        path = _page_path(item.get("link"))
        if path and path != self.site.base and "\0" not in path:
            paths.append(path)
            if slug := item.meta.get("_wp_old_slug"):
                paths.append(f"{path.rpartition('/')[0]}/{unquote(slug)}")
        if item.key:
            paths += [f"{self.site.base}/?{name}={item.key}" for name in ("p", "page_id")]
        return list(dict.fromkeys(paths))

    # Its text -------------------------------------------------------------------------

    def _with_text(self, item: Item, source: Source) -> Source:
        content, told = self._html(item)
        content = self._with_picture(item, content)
        try:
            source.body, source.counts, converted = to_markdown(content)
        except TooDeep as error:
            raise NotAnEntry("its elements lie within each other too deeply") from error
        source.body += "\n" * bool(source.body)
        if len(source.body) > markdown.MAX_LENGTH:
            raise NotAnEntry(f"longer than {markdown.MAX_LENGTH:,} characters")
        source.warnings += [*told, *converted]
        source.definition = seo_fields.definition(
            to_words(item.get("excerpt:encoded")), source.warnings
        )
        seo_fields.add(source, item.meta, self.site.channel.values.get("title", ""))
        if not source.body.strip() and not source.definition:
            raise NotAnEntry("no text")
        return source

    def _html(self, item: Item) -> tuple[str, list[str]]:
        content = item.get("content:encoded")
        told = ["page breaks taken out"] if _PAGE_BREAK.search(content) else []
        built = item.meta.get("_elementor_data", "")
        is_built = not content.strip() and bool(built)
        if is_built:
            content, said = elementor.to_html(built)
            told += said
        has_blocks = blocks.has_blocks(content)
        if has_blocks:
            content, said = blocks.without_comments(content, self._reusable)
            told += said
        content, said = shortcodes.converted(content, lambda ids: self._gallery(item, ids))
        if not (has_blocks or is_built):
            content = classic.with_paragraphs(content)
        return content, told + said

    def _reusable(self, number: str) -> str:
        content = self.site.reusable.get(number, "")
        # One reusable block within another is one step deep: no circle can arise.
        return blocks.without_comments(content, lambda _: "")[0]

    def _gallery(self, item: Item, ids: list[str]) -> list[tuple[str, str, str]]:
        wanted = ids or self.site.children.get(item.key, [])
        return [self.site.files[key] for key in wanted if key in self.site.files]

    def _with_picture(self, item: Item, content: str) -> str:
        """Put the post's own picture first, unless the text shows it anyway."""
        address, alt, _ = self.site.files.get(item.meta.get("_thumbnail_id", ""), ("", "", ""))
        stem = address.rpartition("/")[2].rpartition(".")[0]
        if not address or (stem and stem in content):
            return content
        return f'<p><img src="{escape(address)}" alt="{escape(alt)}"></p>\n\n{content}'

    # Links ----------------------------------------------------------------------------

    def find(self, source: Source, href: str, locations: dict[str, str]) -> str | None:
        if not self.is_ours(href):
            return None
        parts = urlsplit(href.replace("&amp;", "&"))
        query = parse_qs(parts.query)
        number = next((query[name][0] for name in ("p", "page_id") if name in query), "")
        if number:
            return locations.get(f"{self.site.base}/?p={number}")
        return locations.get(unquote(parts.path).rstrip("/") or "/")

    def is_ours(self, href: str) -> bool:
        try:
            parts = urlsplit(href)
        except ValueError:
            return False
        if parts.scheme not in ("", "http", "https"):
            return False
        return not parts.netloc or _host(href) in self._blog_hosts()

    def _blog_hosts(self) -> set[str]:
        values = self.site.channel.values
        named = (values.get(name, "") for name in ("wp:base_blog_url", "link"))
        return {host for url in named if (host := _host(url))}

    def brings(self, source: Source, href: str) -> bool:
        is_theirs = _host(href) in self.site.hosts or href.startswith("/")
        return is_theirs and self.media.has(self._file_of(href))

    def picture(self, source: Source, href: str) -> File | None:
        return self.media.get(self._file_of(href)) if self.brings(source, href) else None

    def _file_of(self, href: str) -> str:
        """The file that `href` names, by itself or by the page that WordPress made for it."""
        return self.site.pages.get(_page_path(href), href)


def _usual_types(kinds: Counter[str]) -> tuple[str, ...]:
    named = tuple(sorted(kind for kind in kinds if _GLOSSARY.search(kind)))
    return named or USUAL


def _reason(kind: str, types: tuple[str, ...]) -> str:
    return _OWN_ROLE.get(kind, f"{kind} is not among the types asked for: {', '.join(types)}")


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _page_path(url: str) -> str:
    try:
        return unquote(urlsplit(url.strip()).path).rstrip("/")
    except ValueError:
        return ""


def _of_mail(text: str) -> object:
    """A date as RSS writes it."""
    try:
        return parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError):
        return None
