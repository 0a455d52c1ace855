"""What public pages are sent with: the same for HEAD as for GET, and by every process."""

import json
import re

import pytest
from django.conf import settings as rules
from django.core.handlers.wsgi import WSGIHandler
from django.urls import Resolver404, get_resolver, resolve

from config.demo import loading
from config.models import SiteSettings
from config.pagecache import PageCache
from glossary.models import Entry
from tests.asking import ask
from tests.processes import python

pytestmark = pytest.mark.django_db(transaction=True)

STARTS = (
    *("/", "/de/", "/robots.txt", "/llms.txt", "/sitemap.xml", "/favicon.ico", "/suggest/"),
    *("/nothing/", "/glossary", "/search/?q=data", "/search/suggest/?q=da", "/healthz", "/readyz"),
    *(
        "/consultation/thanks/",
        "/consultation/data-check/",
        "/suggest/thanks/",
        "/key-of-the-index.txt",
    ),
)
NOT_PUBLIC = (
    *("mail_events", "markdownx_upload", "markdownx_markdownify", "pictures", "picture_alt"),
    *(
        "reviews_due",
        "health",
        "health_report",
        "health_csv",
        "terms",
        "entry_checks",
        "entry_card",
        "entry_name_uses",
        "entry_links",
    ),
    *("glossary:draft", "glossary:helpful", "glossary:heard", "glossary:missed"),
)
"""The desk's, secret addresses and those that only a form goes to."""


def names() -> set[str]:
    """Return the names of all public addresses."""
    resolver = get_resolver()
    found = {name for name in resolver.reverse_dict if isinstance(name, str)}
    for app in ("glossary", "authors", "leads"):
        _, inner = resolver.namespace_dict[app]
        found |= {f"{app}:{name}" for name in inner.reverse_dict if isinstance(name, str)}
    secret = re.compile("leads:(booking|consent|subscription)")
    return {name for name in found - set(NOT_PUBLIC) if not secret.match(name)}


def kind(address: str) -> str:
    path, _, query = address.partition("?")
    try:
        return f"{resolve(path).view_name}{'?' if query else ''}"
    except Resolver404:
        return path.rpartition(".")[2]


def links(body: str) -> list[str]:
    found = re.findall(r'(?:href|src|content)="([^"#]*)|<loc>([^<]*)', body)
    paths = (
        text.removeprefix(rules.SITE_URL).replace("&amp;", "&") for pair in found for text in pair
    )
    return [path for path in paths if re.match(r"/(?!/|admin|static)", path)]


def pages(site):
    """Yield an address of each kind, with a query and without, as a reader finds them."""
    met: set[str] = set()
    waiting = [*STARTS, f"{Entry.objects.published()[0].get_absolute_url()}card/"]
    seen = set(waiting)
    while waiting:
        address = waiting.pop(0)
        if kind(address) in met and address not in STARTS:
            continue
        met.add(kind(address))
        yield address
        answer = ask(site, address)
        if answer.headers["Content-Type"].startswith(("text/html", "application/xml")):
            found = [
                each for each in dict.fromkeys(links(answer.body.decode())) if each not in seen
            ]
            seen.update(found)
            waiting += found


def told(site, address: str, method: str, coding: str):
    answer = ask(site, address, method=method, HTTP_ACCEPT_ENCODING=coding)
    headers = answer.headers
    if headers.get("Content-Encoding") and "public" not in headers.get("Cache-Control", ""):
        # Django pads what may hold a secret by chance: HEAD does not know how many bytes GET gets.
        assert ("Content-Length" in headers) == (method == "GET")
        headers.pop("Content-Length", None)
    return answer.status, headers


def test_head_is_answered_with_the_headers_of_get():
    """RFC 9110 §9.3.2."""
    loading.load()
    SiteSettings.objects.update(indexnow_key="key-of-the-index")
    site = PageCache(WSGIHandler())
    kinds = set()
    for address in pages(site):
        kinds.add(kind(address).rstrip("?"))
        for coding in ("", "gzip"):
            got, head = (told(site, address, method, coding) for method in ("GET", "HEAD"))
            assert head == got, (address, coding)
    assert kinds >= names(), names() - kinds
    site.versions.close()


SAID = """
import json, sys
from config.wsgi import application
from tests.asking import ask
print(json.dumps([vars(ask(application, path)) for path in sys.argv[1:]], default=bytes.hex))
"""


def test_all_processes_send_the_same_bytes_and_headers():
    """Sets and hashes have another order in each process; caches and browsers compare bytes."""
    loading.load()
    entry = Entry.objects.published()[0].get_absolute_url()
    paths = [*STARTS, entry, f"{entry}card/", f"{entry}mentions/", f"{entry.rstrip('/')}.md"]
    paths += ["/glossary/", "/topics/data/", "/authors/", "/feed/", "/compare/", "/paths/"]
    answers = []
    for seed in "12":
        with python("-c", SAID, *paths, seconds=60, PYTHONHASHSEED=seed) as process:
            answers.append(json.loads(process.stdout.read()))
    for path, *told in zip(paths, *answers, strict=True):
        assert told[0] == told[1], path
    assert {answer["status"] for answer in answers[0]} == {200, 301, 302, 404}
