"""Other people's HTML made plain before it becomes Markdown, each loss told."""

import re
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString, PreformattedString

from glossary.importing.sources import Counts

HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
_LEFT_OUT = ["script", "style", "template", "svg", "canvas", "link", "meta", "map", "area"]
_CONTROLS = ["input", "select", "textarea", "button", "datalist", "output"]
_EMBEDS = ["iframe", "embed", "object", "video", "audio", "amp-img", "fb:post"]
_INLINE = ["b", "strong", "i", "em", "u", "s", "del", "font", "span", "small", "big", "tt", "mark"]
_SYNONYMS = {"b": "strong", "i": "em", "s": "del", "strike": "del"}
_BLOCKS = ["p", "div", "ul", "ol", "table", "pre", "blockquote", "figure", "hr", "dl", *HEADINGS]
_ADDRESS = re.compile(r"^\s*(https?://[^\s<>]+)\s*$")
_BACKGROUND = re.compile(r"background(?:-image)?\s*:[^;]*url\(\s*['\"]?([^'\")\s]+)")
_KEPT_COMMENTS = {"no links", "links"}
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-orig-file", "data-large-file")


class Tidied:
    """A text ready to be converted, what it held and what was lost."""

    def __init__(self, content: str) -> None:
        self.soup = BeautifulSoup(content, "html.parser")
        self.told: list[str] = []
        steps: list[Callable[[], None]] = [
            self.mark_code,
            self.leave_out,
            self.link_embeds,
            self.link_addresses,
            self.find_pictures,
        ]
        for step in steps:
            step()
        self.counts = self.counted()
        self.untangle()

    def all(
        self, names: list[str] | str | bool, **attributes: bool | re.Pattern[str]
    ) -> list[Tag]:
        found = self.soup.find_all(names, attrs=dict(attributes))
        return [tag for tag in found if isinstance(tag, Tag)]

    def tell(self, sentence: str) -> None:
        if sentence not in self.told:
            self.told.append(sentence)

    # What readers saw -----------------------------------------------------------------

    def mark_code(self) -> None:
        """Let code know the language that the block around it named."""
        for mark in self.all("hw-language"):
            block = mark.find_next("pre")
            if isinstance(block, Tag):
                block["data-language"] = str(mark.get("data-language", ""))
            mark.decompose()
        for code in self.all("code"):
            if code.find("br") and not code.find_parent("pre"):
                code.name = "pre"

    def leave_out(self) -> None:
        for text in self.soup.find_all(string=lambda s: isinstance(s, PreformattedString)):
            if isinstance(text, Comment) and text.strip() in _KEPT_COMMENTS:
                # An opt-out from automatic links, which a comment says in our texts as well.
                text.replace_with(
                    self.soup.new_tag("hw-comment", attrs={"data-say": text.strip()})
                )
            else:
                text.extract()
        lost: Counter[str] = Counter()
        for tag in self.all([*_LEFT_OUT, *_CONTROLS]):
            if tag.decomposed:
                continue
            lost[tag.name] += 1
            tag.decompose()
        for form in self.all("form"):
            lost["form"] += 1
            form.unwrap()
        for name, number in sorted(lost.items()):
            self.tell(f"left out: {number} × <{name}>")

    def link_embeds(self) -> None:
        """Films, players and frames become links to what they showed."""
        for tag in self.all(_EMBEDS):
            if tag.decomposed or tag.parent is None:
                continue
            target = _target_of(tag)
            if not target:
                self.tell(f"embedded <{tag.name}> without an address left out")
                tag.decompose()
                continue
            words = str(tag.get("title") or "") or _host(target)
            self.tell(f"embedded <{tag.name}> became a link: {target}")
            paragraph = self.soup.new_tag("p")
            paragraph.append(self.link(target, words))
            tag.replace_with(paragraph)

    def link_addresses(self) -> None:
        """An address alone in its paragraph was shown as what it leads to (oEmbed)."""
        for tag in self.all(["p", "div", "figure"]):
            if len(tag.contents) != 1 or not isinstance(tag.contents[0], NavigableString):
                continue
            if address := _ADDRESS.match(str(tag.contents[0])):
                self.tell(f"address on a line of its own became a link: {address[1]}")
                tag.contents[0].replace_with(self.link(address[1], address[1]))

    def link(self, target: str, words: str) -> Tag:
        link = self.soup.new_tag("a", href=target)
        link.string = words
        return link

    def find_pictures(self) -> None:
        for tag in self.all(True, style=_BACKGROUND):
            behind = _BACKGROUND.search(str(tag["style"]))
            if behind and not tag.find("img", src=behind[1]):
                self.tell(f"picture behind a text put before it: {behind[1]}")
                tag.insert(0, self.soup.new_tag("p"))
                first = tag.contents[0]
                if isinstance(first, Tag):
                    first.append(self.soup.new_tag("img", src=behind[1], alt=""))
        for image in self.all("img"):
            lazy = next((str(image[name]) for name in _LAZY if image.get(name)), "")
            source = str(image.get("src") or "")
            if lazy and (not source or source.startswith("data:")):
                source = image["src"] = lazy
            if not source or source.startswith("data:"):
                self.tell("picture without an address left out")
                image.decompose()

    def counted(self) -> Counts:
        links = [tag for tag in self.all("a", href=True) if _says(tag)]
        return Counts(
            headings=len([tag for tag in self.all(HEADINGS) if _says(tag)]),
            links=len(links),
            images=len(self.all("img")),
            code_blocks=len([tag for tag in self.all("pre") if tag.get_text().strip()]),
        )

    # What Markdown cannot say ---------------------------------------------------------

    def untangle(self) -> None:
        for tag in self.all(["noscript", "center", "font", "nobr", "main", "header", "footer"]):
            tag.unwrap()
        for mark in self.all([*_SYNONYMS]):
            mark.name = _SYNONYMS[mark.name]
        for mark in self.all(_INLINE):
            # A paragraph within emphasis, or emphasis within the same.
            if mark.find(_BLOCKS) or mark.find_parent(mark.name):
                mark.unwrap()
        self.untangle_links()
        for heading in self.all(HEADINGS):
            for line_break in heading.find_all("br"):
                line_break.replace_with(" ")
        for caption in self.all("figcaption"):
            caption.name = "p"
            caption["data-caption"] = "yes"
        for cell in self.all(["td", "th"]):
            self.flatten(cell)
        for table in self.all("table"):
            _even(table)

    def untangle_links(self) -> None:
        for link in self.all("a"):
            target = str(link.get("href") or "").strip()
            if not target or target.lower().startswith(("javascript:", "data:", "vbscript:")):
                if target:
                    self.tell(f"link that ran a script left out: {target[:40]}")
                link.unwrap()
            elif link.find_parent("a"):
                link.unwrap()
            elif link.find(_BLOCKS):
                self.move_link_inwards(link, target)

    def move_link_inwards(self, link: Tag, target: str) -> None:
        """Blocks cannot stand in a link: the innermost ones that say something get it each."""
        blocks = [tag for tag in link.find_all(_BLOCKS) if _says(tag) and not tag.find(_BLOCKS)]
        for block in blocks:
            inner = self.soup.new_tag("a", href=target)
            for child in list(block.contents):
                inner.append(child.extract())
            block.append(inner)
        link.unwrap()

    def flatten(self, cell: Tag) -> None:
        """A cell is one line: its paragraphs and list items end in line breaks."""
        for table in cell.find_all("table"):
            self.tell("table within a table became lines")
            for inner in table.find_all(["td", "th"]):
                inner.insert_after(" ")
                inner.unwrap()
            for row in table.find_all(["tr", "caption"]):
                row.insert_after(self.soup.new_tag("br"))
                row.unwrap()
            table.unwrap()
        for code in cell.find_all("pre"):
            code.name = "code"
        for item in cell.find_all("li"):
            item.insert(0, "• ")
        for block in cell.find_all(["p", "li", "div", "dt", "dd"]):
            if block.find_next_sibling():
                block.append(self.soup.new_tag("br"))
            block.unwrap()
        for rest in cell.find_all(["ul", "ol", "dl", "figure", "blockquote"]):
            rest.unwrap()


def _even(table: Tag) -> None:
    """Give each cell that spans rows an empty one below, since Markdown's cells span nothing."""
    pending: dict[int, int] = {}
    for row in table.find_all("tr"):
        place = 0
        for cell in [*row.find_all(["td", "th"], recursive=False), None]:
            while pending.get(place):
                pending[place] -= 1
                empty = Tag(name="td")
                (cell.insert_before if cell else row.append)(empty)
                place += 1
            if cell is None:
                continue
            span = str(cell.get("rowspan") or "1")
            width = str(cell.get("colspan") or "1")
            for _ in range(min(int(width), 100) if width.isdecimal() else 1):
                if span.isdecimal() and int(span) > 1:
                    pending[place] = min(int(span), 1000) - 1
                place += 1


def _says(tag: Tag) -> bool:
    return bool(tag.get_text().strip()) or tag.find("img") is not None


def _target_of(tag: Tag) -> str:
    """The address of what an embedded element shows, links to players made links to pages."""
    places = [tag, *tag.find_all(["source", "param", "embed", "a"])]
    named = [each.get(name) for each in places for name in ("src", "data", "href", "data-src")]
    named += [each.get("value") for each in places if each.get("name") == "movie"]
    target = next((str(value).strip() for value in named if value), "")
    if target.startswith("//"):
        target = f"https:{target}"
    film = re.match(r"https?://(?:www\.)?youtube(?:-nocookie)?\.com/(?:embed|v)/([\w-]+)", target)
    if film:
        return f"https://www.youtube.com/watch?v={film[1]}"
    film = re.match(r"https?://player\.vimeo\.com/video/(\d+)", target)
    return f"https://vimeo.com/{film[1]}" if film else target


def _host(target: str) -> str:
    try:
        return (urlsplit(target).hostname or target).removeprefix("www.")
    except ValueError:
        return target
