from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from config import languages, outbox, site
from config.models import SiteSettings
from tests import handlers
from tests.factories import make_entry, make_site

pytestmark = pytest.mark.django_db

STYLE = "/theme/0f6b5c.css"
PAGES = ["/", "/pt/", "/glossary/", "/de/topics/", "/authors/", "/privacy/", "/search/?q=robot"]
FILES = ["/robots.txt", "/sitemap.xml", "/feed/", STYLE]


def shown(name: str, language: str, **kwargs) -> str:
    with translation.override(language):
        return reverse(name, kwargs=kwargs)


def language_of(response: HttpResponse) -> str:
    return response.headers["Content-Language"]


# Settings -----------------------------------------------------------------------------------


def test_settings_are_read_once_and_again_after_they_were_forgotten(django_assert_num_queries):
    make_site(name="Before")
    with django_assert_num_queries(1):
        assert [site.current().name, site.current().name] == ["Before", "Before"]
    SiteSettings.objects.update(name="After")
    assert site.current().name == "Before"
    site.forget()
    assert site.current().name == "After"


def test_a_request_reads_the_settings_once(client, django_assert_num_queries):
    make_site()
    with django_assert_num_queries(1):
        client.get(STYLE)


@pytest.mark.parametrize("path", ["/", "/robots.txt"])
def test_pages_read_the_settings_once_too(client, path):
    make_site()
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    reads = [query for query in queries if 'FROM "config_sitesettings"' in query["sql"]]
    assert len(reads) == 1


def test_a_changed_row_is_seen_by_the_next_request(client):
    make_site(name="Before")
    assert b"Before" in client.get("/").content
    SiteSettings.objects.update(name="After")
    content = client.get("/").content
    assert (b"Before" in content, b"After" in content) == (False, True)


def test_a_site_without_settings_works_with_their_defaults(client):
    assert (client.get("/").status_code, SiteSettings.objects.count()) == (200, 0)


def test_a_request_is_answered_in_the_time_zone_of_the_site(rf):
    make_site(time_zone="Asia/Tokyo")
    zones = []
    middleware = site.SiteMiddleware(
        lambda request: zones.append(timezone.get_current_timezone()) or HttpResponse()
    )
    middleware(rf.get("/"))
    assert (zones, timezone.get_current_timezone_name()) == ([ZoneInfo("Asia/Tokyo")], "UTC")


def test_absolute_addresses_do_not_follow_the_host_that_was_asked(rf):
    make_site()
    request = rf.get("/glossário/", headers={"host": "evil.example"})
    assert site.context(request)["canonical_url"] == ("https://glossary.example/gloss%C3%A1rio/")


# Languages ----------------------------------------------------------------------------------


def test_only_the_language_of_the_site_has_no_prefix():
    for default in ("en", "pt", "en"):
        make_site(language=default)
        site.forget()
        site.current()
        prefixes = {"en": "/en", "pt": "/pt", "de": "/de", default: ""}
        addresses = {language: shown("glossary:index", language) for language in prefixes}
        assert addresses == {name: f"{prefix}/glossary/" for name, prefix in prefixes.items()}


def test_moving_the_language_of_the_site_moves_the_addresses_that_workers_write(settings):
    settings.OUTBOX_HANDLERS = handlers.OUTBOX_HANDLERS
    written = []
    for default in ("en", "pt"):
        make_site(language=default)
        message = outbox.enqueue("tests.note_address", view="glossary:index")
        call_command("work", "--once", stdout=StringIO())
        message.refresh_from_db()
        written.append(message.payload["address"])
    assert written == ["/glossary/", "/en/glossary/"]


def test_moving_the_language_of_the_site_moves_the_prefix(client):
    make_site(language="en")
    languages_before = [language_of(client.get(path)) for path in ("/", "/pt/")]
    before = shown("glossary:entry", "pt", slug="robô")
    SiteSettings.objects.update(language="pt")
    languages_after = [language_of(client.get(path)) for path in ("/", "/en/")]
    after = shown("glossary:entry", "pt", slug="robô")
    assert (languages_before, languages_after) == (["en", "pt"], ["pt", "en"])
    assert (before, after) == ("/pt/glossary/rob%C3%B4/", "/glossary/rob%C3%B4/")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/pt/", 200),
        ("/de/glossary/", 200),
        ("/en/", 404),
        ("/en/glossary/", 404),
        ("/fr/", 404),
        ("/pt-br/", 404),
    ],
)
def test_each_page_has_one_address_per_language(client, path, status):
    make_site(language="en")
    assert client.get(path).status_code == status


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "en"),
        ("/pt/glossary/", "pt"),
        ("/de", "de"),
        ("/portugal/", "en"),
        ("/glossary/pt/", "en"),
    ],
)
def test_language_of_a_path_is_said_by_its_first_part(path, expected):
    make_site(language="en")
    assert languages.of_path(path) == expected


def test_neither_header_nor_cookie_of_a_visitor_chooses_the_language(client):
    make_site(language="en")
    client.cookies["django_language"] = "de"
    response = client.get("/pt/", headers={"accept-language": "de"})
    assert language_of(response) == "pt"
    assert translation.get_language() == "en"


# The same bytes for everyone ----------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES + FILES)
def test_public_addresses_vary_on_nothing_but_encoding_and_set_no_cookie(client, path):
    make_site()
    make_entry(topics=["Robots"])
    session = f"sessionid={'x' * 32}; csrftoken={'y' * 32}"
    plain = client.get(path)
    packed = client.get(path, headers={"accept-encoding": "gzip", "cookie": session})
    assert [plain.status_code, packed.status_code] == [200, 200]
    assert {plain.headers.get("Vary"), packed.headers.get("Vary")} <= {"Accept-Encoding", None}
    assert (plain.cookies, packed.cookies) == ({}, {})


@pytest.mark.parametrize("path", PAGES + FILES)
def test_public_addresses_are_the_same_bytes_for_staff(client, admin_client, path):
    make_site()
    make_entry(topics=["Robots"])
    assert client.get(path).content == admin_client.get(path).content
