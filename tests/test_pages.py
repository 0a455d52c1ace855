import gzip
from collections import Counter
from io import StringIO
from xml.etree.ElementTree import Element

import html5lib
import pytest
from csp.constants import HEADER, HEADER_REPORT_ONLY
from csp.decorators import csp_update
from django.core.management import call_command
from django.http import HttpResponse

from config import site
from config.http import ContentPolicyMiddleware
from tests.factories import make_author, make_entry, make_offer, make_site

pytestmark = pytest.mark.django_db

BODY = "A text.\n\n## Size\n\n### Detail\n\nMore.\n\n## page-contents\n\n## Size\n"
HTML_PAGES = {
    "/": 200,
    "/glossary/": 200,
    "/glossary/letter/W/": 200,
    "/glossary/warp/": 200,
    "/pt/glossary/inteligencia/": 200,
    "/pt/": 200,
    "/pt/glossary/": 200,
    "/topics/": 200,
    "/topics/gpu/": 200,
    "/authors/": 200,
    "/authors/ines/": 200,
    "/search/": 200,
    "/search/?q=warp": 200,
    "/search/?q=zeppelin": 200,
    "/consultation/thanks/": 200,
    "/privacy/": 200,
    "/nowhere/": 404,
    "/glossary/nowhere/": 404,
}
OTHER_PAGES = {
    "/feed/": 200,
    "/pt/feed/": 200,
    "/sitemap.xml": 200,
    "/sitemap-entries.xml": 200,
    "/robots.txt": 200,
    "/llms.txt": 200,
    "/glossary/warp.md": 200,
    "/nowhere.txt": 404,
}
FORM_PAGES = {"/consultation/": 200, "/consultation/workshop/": 200}
PUBLIC_PAGES = HTML_PAGES | OTHER_PAGES
ALL_PAGES = PUBLIC_PAGES | FORM_PAGES


@pytest.fixture
def _data():
    ines, rui = make_author(name="Ines", biography="Writes."), make_author(name="Rui")
    make_offer()
    make_offer(name="Workshop", is_default=False, description="*Two* days.")
    common = {"author": ines, "reviewer": rui, "topics": ["GPU"], "body": BODY}
    make_entry(term="Warp", aliases=["Wavefront"], **common)
    make_entry(term="Inteligência", language="pt", aliases=["IA"], **common)


def every(pages: dict[str, int]):
    return pytest.mark.parametrize(("path", "status"), pages.items(), ids=pages)


def parsed(html: bytes) -> Element:
    """The document as browsers see it; raises on what the HTML standard calls an error."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(html.decode())


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def with_id(root: Element, name: str) -> Element:
    (found,) = [element for element in root.iter() if element.get("id") == name]
    return found


def label(root: Element, element: Element) -> str:
    """What assistive technology calls `element`."""
    return element.get("aria-label") or words(with_id(root, element.get("aria-labelledby")))


# Every page ---------------------------------------------------------------------------------


@every(ALL_PAGES)
@pytest.mark.usefixtures("_data")
def test_page_answers_without_a_cookie(client, path, status):
    for method in (client.get, client.head):
        response = method(path)
        assert response.status_code == status
        assert not response.cookies
        assert response.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding"


@every(HTML_PAGES | FORM_PAGES)
@pytest.mark.usefixtures("_data")
def test_page_is_one_sound_document(client, path, status):
    root = parsed(client.get(path).content)
    assert root.get("lang") == ("pt" if path.startswith("/pt/") else "en")
    assert len(list(root.iter("h1"))) == 1
    assert len(list(root.iter("main"))) == 1
    assert words(root.find(".//h1"))
    assert words(root.find(".//title"))
    ids = Counter(element.get("id") for element in root.iter() if element.get("id"))
    assert [name for name, times in ids.items() if times > 1] == []
    for element in root.iter():
        assert label(root, element) if element.get("aria-labelledby") else True


@every(HTML_PAGES | FORM_PAGES)
@pytest.mark.usefixtures("_data")
def test_page_names_its_canonical_address(client, path, status):
    root = parsed(client.get(path, headers={"Host": "localhost"}).content)
    links = [link.get("href") for link in root.iter("link") if link.get("rel") == "canonical"]
    page = f"https://glossary.example{path.partition('?')[0]}"
    assert links == ([] if status == 404 else [page])


@every(HTML_PAGES | FORM_PAGES)
@pytest.mark.usefixtures("_data")
def test_page_holds_nothing_that_the_policy_forbids(client, path, status):
    root = parsed(client.get(path).content)
    assert list(root.iter("style")) == []
    for element in root.iter():
        assert [name for name in element.attrib if name == "style" or name[:2] == "on"] == []
    for script in root.iter("script"):
        assert script.get("src", "").startswith("/static/") or (
            script.get("type") == "application/ld+json"
        )
    for element in [*root.iter("img"), *root.iter("link"), *root.iter("script")]:
        if element.get("rel") != "canonical":
            assert (element.get("src") or element.get("href") or "/").startswith("/")


@every(ALL_PAGES)
@pytest.mark.usefixtures("_data")
def test_page_is_guarded_by_headers(client, path, status):
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_view_may_ask_for_another_policy(rf, settings):
    def policy(view) -> str:
        return ContentPolicyMiddleware(view)(rf.get("/")).headers[HEADER]

    def usual(_):
        return HttpResponse()

    names = list(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"])
    asking = csp_update({"img-src": "https://example.com", "media-src": "'self'"})(usual)
    assert [part.split()[0] for part in policy(usual).split("; ")] == names
    assert [part.split()[0] for part in policy(asking).split("; ")] == [*names, "media-src"]
    assert "img-src 'self' data: https://example.com;" in policy(asking)
    settings.CONTENT_SECURITY_POLICY_REPORT_ONLY = {"DIRECTIVES": {"img-src": ["'none'"]}}
    assert HEADER_REPORT_ONLY in ContentPolicyMiddleware(usual)(rf.get("/")).headers


@every(PUBLIC_PAGES)
@pytest.mark.usefixtures("_data")
def test_page_is_the_same_bytes_for_everyone(client, admin_client, path, status):
    anonymous, known = client.get(path), admin_client.get(path)
    assert admin_client.get("/admin/").status_code == 200
    assert anonymous.content == known.content
    assert anonymous.headers == known.headers
    assert not known.cookies


@every({path: status for path, status in PUBLIC_PAGES.items() if status == 200})
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.usefixtures("_data")
def test_page_is_sent_again_only_when_it_changed(client, path, status, encoding):
    first = client.get(path, headers={"Accept-Encoding": encoding})
    assert first.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    known = {"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]}
    again = client.get(path, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    make_site(name="Renamed", tagline="Otherwise")
    make_entry(term="Warp drive", topics=["GPU"])
    make_entry(term="Novo", language="pt")
    if path not in ("/robots.txt", "/glossary/warp.md"):
        assert client.get(path, headers=known).status_code == 200


@pytest.mark.usefixtures("_data")
def test_compressed_page_is_the_same_page(client):
    plain = client.get("/glossary/warp/")
    packed = client.get("/glossary/warp/", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.content) == plain.content


@every({path: status for path, status in PUBLIC_PAGES.items() if status == 200})
@pytest.mark.usefixtures("_data")
def test_page_can_only_be_read(client, path, status):
    methods = (client.post, client.put, client.patch, client.delete, client.options)
    assert [method(path).status_code for method in methods] == [405] * 5


@every(FORM_PAGES)
@pytest.mark.usefixtures("_data")
def test_form_page_is_never_stored(client, path, status):
    response = client.get(path)
    assert response.headers["Cache-Control"] == "no-store"
    assert client.get(path).content != response.content


# The entry's page ---------------------------------------------------------------------------


@pytest.mark.usefixtures("_data")
def test_entry_page_has_its_landmarks(client):
    make_entry(term="Lane", body="A warp has many.", topics=["GPU"])
    call_command("work", once=True, stdout=StringIO())
    root = parsed(client.get("/glossary/warp/").content)
    (article,) = root.iter("article")
    assert words(article.find(".//h1")) == "What is: Warp"
    (contents,) = [nav for nav in article.iter("nav") if nav.get("class") == "contents"]
    assert label(root, contents) == "On this page"
    assert [(a.get("href"), words(a)) for a in contents.iter("a")] == [
        ("#size", "Size"),
        ("#detail", "Detail"),
        ("#s-page-contents", "page-contents"),
        ("#size-2", "Size"),
    ]
    assert all(with_id(root, a.get("href")[1:]) is not None for a in contents.iter("a"))
    assert [label(root, section) for section in article.iter("section")] == [
        "Topics",
        "Was this helpful?",
        "About the author Ines",
        "Want to automate your business?",
        "Related terms",
        "Mentioned in",
    ]


def labels(client, path: str, term: str) -> dict[str, str]:
    root = parsed(client.get(path).content)
    named = [*root.iter("nav"), *root.find(".//article").iter("section")]
    return {
        "heading": words(root.find(".//h1")).replace(term, "…"),
        "skip": words(root.find(".//a[@class='skip']")),
        **{each.get("class") or each.get("aria-labelledby"): label(root, each) for each in named},
    }


@pytest.mark.parametrize(
    ("site_language", "english", "portuguese"),
    [
        ("en", "/glossary/warp/", "/pt/glossary/inteligencia/"),
        ("pt", "/en/glossary/warp/", "/glossary/inteligencia/"),
    ],
)
@pytest.mark.usefixtures("_data")
def test_labels_follow_the_entry_s_language(client, site_language, english, portuguese):
    make_site(language=site_language)
    site.forget()
    one, other = labels(client, english, "Warp"), labels(client, portuguese, "Inteligência")
    assert (one["heading"], one["contents"]) == ("What is: …", "On this page")
    assert one.keys() == other.keys()
    same = {name for name in one if one[name] == other[name]}
    assert same == {"call"}  # the offer's own words


# Queries ------------------------------------------------------------------------------------


def make_rows(number: int) -> None:
    make_offer()
    for each in range(number):
        author = make_author(name="Ines" if each == 0 else f"Ines {each}")
        make_entry(
            term="Warp" if each == 0 else f"Warp {each}",
            author=author,
            reviewer=make_author(),
            topics=["GPU", f"Topic {each}"],
            aliases=[f"Alias {each}"],
            body="[one](/glossary/warp/) [two](/glossary/warp-1/)",
        )


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/", 6),
        ("/glossary/", 4),
        ("/glossary/letter/W/", 3),
        ("/glossary/warp/", 2),
        ("/topics/", 2),
        ("/topics/gpu/", 5),
        ("/authors/", 2),
        ("/authors/ines/", 3),
        ("/search/?q=warp", 4),
        ("/search/?q=zeppelin", 5),
        ("/consultation/", 4),
        ("/consultation/?from=/glossary/warp/", 5),
        ("/privacy/", 2),
        ("/feed/", 2),
        ("/sitemap.xml", 11),
        ("/sitemap-pages.xml", 4),
        ("/sitemap-entries.xml", 3),
        ("/sitemap-topics.xml", 3),
        ("/sitemap-authors.xml", 3),
        ("/llms.txt", 3),
        ("/glossary/warp.md", 2),
        ("/robots.txt", 1),
        ("/nowhere/", 4),
        ("/glossary/nowhere/", 8),
    ],
)
def test_page_costs_the_same_queries_however_many_rows(
    client, django_assert_num_queries, path, queries, rows
):
    make_site()
    make_rows(rows)
    with django_assert_num_queries(queries):
        client.get(path)


# Whatever is asked --------------------------------------------------------------------------

LISTS = ["/glossary/", "/glossary/letter/W/", "/topics/gpu/", "/authors/ines/", "/search/?q=warp"]
PAGE_NUMBERS = [
    "0",
    "-1",
    "abc",
    "",
    "1.5",
    "9e99",
    "9" * 5000,
    "%00",
    "%ff",
    "%ED%A0%80",
    "½",
]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.usefixtures("_data")
def test_page_number_that_is_none_is_not_found(client, path):
    client.raise_request_exception = False
    asked = f"{path}{'&' if '?' in path else '?'}page="
    assert client.get(asked + "1", follow=True).status_code == 200
    answers = {number: client.get(asked + number).status_code for number in PAGE_NUMBERS}
    assert answers == dict.fromkeys(PAGE_NUMBERS, 404)


PARTS = [
    *("unknown", "warp%00", "%00", "%ff", "%ED%A0%80", "%F0%9F%98%80", "..", "%2e%2e%2f", "%0a"),
    *("ß", "w", "WW", "%23", "0-9", "%25", "'", '"', "\\", "<script>", "{{ 1 }}", "a" * 10_000),
    *("%E2%80%AE", "-", "_", "a--b", "letter", "é" * 3000, "%5B", "null", "+", "%20"),
]


@pytest.mark.parametrize(
    "folder", ["", "glossary/", "glossary/letter/", "topics/", "authors/", "consultation/", "pt/"]
)
@pytest.mark.usefixtures("_data")
def test_address_of_nothing_is_not_found(client, folder):
    client.raise_request_exception = False
    answers = {part: client.get(f"/{folder}{part}/").status_code for part in PARTS}
    small_letters = {"w": 301} if folder == "glossary/letter/" else {}
    assert answers == dict.fromkeys(PARTS, 404) | small_letters


@pytest.mark.parametrize("path", ["/media/", "/theme/", "/static/", "/admin/", "/xx/"])
def test_strange_address_is_never_our_fault(client, path):
    client.raise_request_exception = False
    for part in ("%00", "%ff", "%ED%A0%80", "a" * 10_000, "../../etc/passwd"):
        assert client.get(path + part).status_code in (302, 400, 404)


VALUES = [
    "%00",
    "%ff",
    "%ED%A0%80",
    "a" * 10_000,
    "%22",
    "[",
    "/glossary/%5B/",
    "//[",
    "http://[",
    "%",
]


@every(ALL_PAGES)
@pytest.mark.usefixtures("_data")
def test_strange_parameter_is_never_our_fault(client, path, status):
    client.raise_request_exception = False
    for name in ("q", "from", "x"):
        asked = f"{path}{'&' if '?' in path else '?'}{name}="
        answers = {value: client.get(asked + value).status_code for value in VALUES}
        assert answers == dict.fromkeys(VALUES, status)
