import os
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from anymail.signals import tracking
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection
from django.db.utils import ConnectionHandler
from django.template.backends.django import DjangoTemplates
from django.template.loaders import cached
from django.test import override_settings
from django.utils.module_loading import import_string

from config import mail_services
from config.environment import VARIABLES
from config.mail_services import SERVICES
from config.search_address import SearchServer

ROOT = Path(__file__).resolve().parent.parent
KEY = "a key that nobody guesses, because it is longer than fifty"
PRODUCTION = {
    "SECRET_KEY": KEY,
    "SITE_URL": "https://glossary.example",
    "EMAIL_URL": "smtp://user:secret@mail.example:587/?tls=true",
}

SERVER = SearchServer("10.0.0.5", 9201, "terms", user="u", password="p@ss")


@pytest.fixture
def read(monkeypatch):
    """Read config/settings.py under these variables and no others of ours."""

    def read(**environment: str) -> dict:
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "config" / "settings.py"))

    return read


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run Python in a process that knows nothing but `environment`."""
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["SECRET_KEY", "SITE_URL", "EMAIL_URL"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_production_refuses_to_start_without(read, name, value):
    variables = {key: text for key, text in PRODUCTION.items() if key != name}
    if value is not None:
        variables[name] = value
    with pytest.raises(ImproperlyConfigured, match=f"^{name}: "):
        read(**variables)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "flase"),
        ("SECRET_KEY", "too short"),
        ("SITE_URL", "glossary.example"),
        ("SITE_URL", "ftp://glossary.example"),
        ("SITE_URL", "https://"),
        ("SITE_URL", "https://glossary.example/sub"),
        ("SITE_URL", "https://glossary.example?sub"),
        ("SITE_URL", "https://glossary.example#sub"),
        ("SITE_URL", "https://user@glossary.example"),
        ("SITE_URL", "https://glossary.example:port"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "unheard-of://a/b"),
        ("DATABASE_REPLICA_URL", "nonsense"),
        ("DATABASE_REPLICA_URL", "postgres://replica.example/headword"),
        ("CACHE_URL", "nonsense"),
        ("CACHE_URL", "unheard-of://a/b"),
        ("SEARCH_URL", "nonsense"),
        ("SEARCH_URL", "redis://search.example"),
        ("SEARCH_URL", "opensearch://"),
        ("SEARCH_URL", "opensearch://search.example:port"),
        ("SEARCH_URL", "opensearch://search.example:0"),
        ("SEARCH_URL", "opensearch://[::1/headword"),
        ("SEARCH_URL", "opensearch://:password@search.example"),
        ("SEARCH_URL", "opensearch://search.example/Headword"),
        ("SEARCH_URL", "opensearch://search.example/a/b"),
        ("SEARCH_URL", "opensearch://search.example/_all"),
        ("SEARCH_URL", "opensearch://search.example/headword*"),
        ("SEARCH_URL", "opensearch://search.example/headword#x"),
        ("SEARCH_URL", "opensearch://search.example/headword?tls=perhaps"),
        ("SEARCH_URL", "opensearch://search.example/headword?ssl=true"),
        ("SEARCH_URL", "opensearch://search.example/headword?tls=true&ca=/nowhere/ca.pem"),
        ("SEARCH_URL", f"opensearch://search.example/headword?ca={__file__}"),
        ("CACHE_URL", "valkey://"),
        ("CACHE_URL", "valkey://cache.example:port/0"),
        ("CACHE_URL", "redis://cache.example/first"),
        ("CACHE_URL", "redis://cache.example/0?socket_timeout=60"),
        ("CACHE_URL", "unix://"),
        ("EMAIL_URL", "nonsense"),
        ("EMAIL_URL", "unheard-of://a/b"),
        ("EMAIL_URL", "anymail+unheard-of://key@"),
        ("EMAIL_URL", "anymail+postmark://"),
        ("EMAIL_URL", "anymail+postmark://token:more@"),
        ("EMAIL_URL", "anymail+mailjet://key@"),
        ("EMAIL_URL", "anymail+postmark://token@?api_key=x"),
        ("EMAIL_WEBHOOK_SECRET", "too short"),
        ("MEDIA_STORAGE_URL", "nonsense"),
        ("MEDIA_STORAGE_URL", "s3://K:S@s3.example/bucket?public=https://cdn.example"),
    ],
)
def test_a_mistake_is_refused_naming_its_variable(read, name, value):
    with pytest.raises(ImproperlyConfigured, match=f"^{name}: "):
        read(**{**PRODUCTION, name: value})


def test_former_keys_stay_good_when_they_are_named(read):
    assert read(**PRODUCTION)["SECRET_KEY_FALLBACKS"] == []
    former = read(**PRODUCTION, SECRET_KEY_FALLBACKS="old key, older key")
    assert former["SECRET_KEY_FALLBACKS"] == ["old key", "older key"]


def test_trusted_proxies_that_are_no_networks_are_refused_by_name():
    # Whether static files were collected is not the question here.
    arguments = ("-W", "default", "-c", "import config.wsgi")
    started = python(*arguments, **PRODUCTION, TRUSTED_PROXIES="nonsense")
    last_line = started.stderr.splitlines()[-1]
    assert started.returncode == 1
    assert last_line.startswith("django.core.exceptions.ImproperlyConfigured: TRUSTED_PROXIES: ")


def test_empty_variables_count_as_not_set(read):
    blank = dict.fromkeys(VARIABLES, " ")
    assert read(**{**blank, **PRODUCTION})["DATABASES"] == read(**PRODUCTION)["DATABASES"]


def test_lists_may_be_written_with_spaces(read):
    settings = read(
        **PRODUCTION, ALLOWED_HOSTS=" a.example , ,b.example", TRUSTED_PROXIES="10.0.0.0/8, ::1"
    )
    assert settings["ALLOWED_HOSTS"][:3] == ["glossary.example", "a.example", "b.example"]
    assert settings["TRUSTED_PROXIES"] == ["10.0.0.0/8", "::1"]


@pytest.mark.parametrize(
    ("url", "origin", "host"),
    [
        ("https://glossary.example/", "https://glossary.example", "glossary.example"),
        ("https://glossary.example:8443", "https://glossary.example:8443", "glossary.example"),
        ("HTTPS://Glossary.Example", "https://glossary.example", "glossary.example"),
    ],
)
def test_site_over_tls_protects_its_cookies(read, url, origin, host):
    settings = read(**{**PRODUCTION, "SITE_URL": url})
    assert (settings["SITE_URL"], settings["ALLOWED_HOSTS"][0]) == (origin, host)
    names = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    assert [settings[name] for name in names] == [True] * 3
    assert settings["SECURE_HSTS_SECONDS"] == 31_536_000


def test_site_without_tls_can_be_used_without_it(read):
    settings = read(**{**PRODUCTION, "SITE_URL": "http://glossary.local"})
    names = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS")
    assert [settings[name] for name in names] == [False, False, 0]


def test_options_of_the_database_address_are_kept(read):
    url = "postgres://u:p%40ss@db.example/headword?sslmode=verify-full"
    [database] = read(**PRODUCTION, DATABASE_URL=url)["DATABASES"].values()
    assert (database["PASSWORD"], database["OPTIONS"].get("sslmode")) == ("p@ss", "verify-full")


def test_a_database_that_vanishes_is_given_up_unless_its_address_says_when(read):
    url = "postgres://u:p@db.example/headword?tcp_user_timeout=60000"
    [database] = read(**PRODUCTION, DATABASE_URL=url)["DATABASES"].values()
    options = database["OPTIONS"]
    assert (int(options["tcp_user_timeout"]), options["connect_timeout"]) == (60_000, 5)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("opensearch://search.example", SearchServer("search.example", 9200)),
        ("opensearch://u:p%40ss@10.0.0.5:9201/terms", SERVER),
        ("opensearch://u:p%40ss@10.0.0.5:9201/terms?tls=true", replace(SERVER, is_tls=True)),
        (f"https://h/x?ca={__file__}", SearchServer("h", 443, "x", is_tls=True, ca=__file__)),
        ("https://[fd00::5]:9200/x", SearchServer("fd00::5", 9200, "x", is_tls=True)),
        ("", None),
    ],
)
def test_searches_go_where_their_address_says(read, url, expected):
    assert read(**PRODUCTION, SEARCH_URL=url)["SEARCH_SERVER"] == expected


@pytest.mark.parametrize("end", ["/Wrong", "/x?ssl=1", ":0/x", "/x#y"])
def test_a_refused_search_address_keeps_its_password_to_itself(read, end):
    with pytest.raises(ImproperlyConfigured) as refused:
        read(**PRODUCTION, SEARCH_URL=f"opensearch://u:hush@search.example{end}")
    assert "hush" not in str(refused.value)
    assert "hush" not in repr(SearchServer("h", 1, password="hush"))


@pytest.mark.django_db
def test_writers_of_the_embedded_database_queue(read, tmp_path):
    """Without any of the three, clicks of one moment end in “database is locked”."""
    address = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    database = ConnectionHandler(read(**PRODUCTION, DATABASE_URL=address)["DATABASES"])["default"]
    with database.cursor() as cursor:
        found = [
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "busy_timeout")
        ]
    database.close()
    assert (*found, database.transaction_mode) == ("wal", 20_000, "IMMEDIATE")


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("valkey://u:p%40ss@cache.example:6380/2", "redis://u:p%40ss@cache.example:6380/2"),
        ("valkeys://cache.example", "rediss://cache.example"),
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("unix:///run/valkey.sock?db=1", "unix:///run/valkey.sock?db=1"),
    ],
)
def test_a_shared_cache_is_asked_with_patience_for_one_site(read, url, location):
    caches = read(**PRODUCTION, CACHE_URL=url)["CACHES"]
    where = {"BACKEND": "config.shared_cache.SharedCache", "LOCATION": location}
    assert caches == {
        "default": {**where, "KEY_PREFIX": "glossary.example"},
        "pages": {
            **where,
            "KEY_PREFIX": "glossary.example:pages",
            # Whatever somebody has put there, none of it is unpickled.
            "OPTIONS": {"serializer": "config.page_store.BytesSerializer"},
        },
    }


def test_pages_are_kept_unless_they_are_being_developed(read):
    assert read(**PRODUCTION)["PAGE_MEMORY"] > 0
    assert read(DEBUG="true")["PAGE_MEMORY"] == 0
    assert read(**PRODUCTION, PAGE_MEMORY="0", PAGES_ROOT="/srv/x")["PAGES_ROOT"] == "/srv/x"
    for wrong in ("-1", "many"):
        with pytest.raises(ImproperlyConfigured, match=r"^PAGE_MEMORY: "):
            read(**PRODUCTION, PAGE_MEMORY=wrong)


def test_a_replica_is_reached_soon_or_not_at_all(read):
    primary, copy = "postgres://u:p@db.example/headword", "postgres://u:p@copy.example/headword"
    settings = read(**PRODUCTION, DATABASE_URL=primary, DATABASE_REPLICA_URL=copy)
    assert settings["DATABASES"]["replica"]["HOST"] == "copy.example"
    assert settings["DATABASES"]["replica"]["OPTIONS"]["pool"]["timeout"] == 0.25
    assert settings["DATABASES"]["default"]["OPTIONS"]["pool"]["timeout"] == 5
    assert settings["DATABASE_ROUTERS"] == ["config.replica.Router"]


@pytest.mark.parametrize("primary", ["postgres://u:p@db.example/headword", "sqlite:///a.sqlite3"])
def test_sqlite_has_no_replica(read, primary):
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_REPLICA_URL: only PostgreSQL"):
        read(**PRODUCTION, DATABASE_URL=primary, DATABASE_REPLICA_URL="sqlite:///b.sqlite3")


def test_uploads_in_a_bucket_may_be_fetched_from_their_own_host(read):
    bucket = "s3://K:S@s3.example/b?private=p&public=https://cdn.example:8443/m"
    settings = read(**PRODUCTION, MEDIA_STORAGE_URL=bucket)
    assert settings["MEDIA_URL"] == "https://cdn.example:8443/m/"
    images = settings["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["img-src"]
    assert images == ["'self'", "data:", "https://cdn.example:8443"]
    kinds = {settings["STORAGES"][name]["BACKEND"] for name in ("default", "private")}
    assert kinds == {"config.object_storage.ObjectStorage"}


def test_uploads_in_a_hidden_bucket_are_served_by_the_site(read):
    settings = read(**PRODUCTION, MEDIA_STORAGE_URL="s3://K:S@s3.example/b")
    images = settings["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["img-src"]
    assert (settings["MEDIA_URL"], images) == ("/media/", ["'self'", "data:"])


def test_mail_is_sent_as_its_address_says(read):
    settings = read(**PRODUCTION)
    names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS")
    assert [settings[name] for name in names] == ["mail.example", 587, "user", "secret", True]
    assert settings["DEFAULT_FROM_EMAIL"] == "website@glossary.example"


@pytest.mark.parametrize(
    ("url", "backend", "told"),
    [
        ("anymail+postmark://TOK%2F1@", "postmark", {"POSTMARK_SERVER_TOKEN": "TOK/1"}),
        (
            "anymail+mailjet://KEY:SECRET@",
            "mailjet",
            {"MAILJET_API_KEY": "KEY", "MAILJET_SECRET_KEY": "SECRET"},
        ),
        (
            "anymail+mailgun://KEY@?sender_domain=mg.x.example",
            "mailgun",
            {"MAILGUN_API_KEY": "KEY", "MAILGUN_SENDER_DOMAIN": "mg.x.example"},
        ),
    ],
)
def test_a_mail_service_gets_what_it_needs(read, url, backend, told):
    sender = f"{'&' if '?' in url else '?'}_default_from_email=us@x.example"
    settings = read(**{**PRODUCTION, "EMAIL_URL": url + sender})
    assert settings["EMAIL_BACKEND"] == f"anymail.backends.{backend}.EmailBackend"
    assert settings["DEFAULT_FROM_EMAIL"] == "us@x.example"
    assert settings["ANYMAIL"] == {**told, "WEBHOOK_SECRET": ""}
    assert settings["MAIL_SERVICE_VIEW"] == ""


@pytest.mark.parametrize("name", SERVICES)
def test_every_mail_service_that_can_be_named_is_there(name):
    keys = ":".join("k" for _ in SERVICES[name].keys)
    found = mail_services.read(f"anymail+{name}://{keys}@", secret="s" * 20)
    assert import_string(found["MAIL_SERVICE_VIEW"]).signal is tracking
    with override_settings(ANYMAIL={**found["ANYMAIL"], "MAILGUN_SENDER_DOMAIN": "x.example"}):
        assert get_connection(found["EMAIL_BACKEND"]).esp_name


def test_complete_production_environment_passes_every_check(tmp_path):
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    complete = {**PRODUCTION, "DATABASE_URL": database, "TRUSTED_PROXIES": "127.0.0.1"}
    checked = python("manage.py", "check", "--deploy", **complete)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout == "System check identified no issues (2 silenced).\n"


def test_development_needs_one_word():
    checked = python("manage.py", "check", DEBUG="true")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_changed_templates_show_at_once_in_development(read):
    def loaders(templates: dict) -> list:
        del templates["BACKEND"]
        backend = DjangoTemplates({"NAME": "read", "APP_DIRS": False, **templates})
        return backend.engine.template_loaders

    found = loaders(*read(DEBUG="true")["TEMPLATES"])
    assert found
    assert not any(isinstance(each, cached.Loader) for each in found)
    [kept] = loaders(*read(DEBUG="false", **PRODUCTION)["TEMPLATES"])
    assert isinstance(kept, cached.Loader)


def test_every_periodic_job_is_named_once():
    assert sorted(settings.TIDYING) == [
        "config.limits.tidy",
        "config.page_files.tidy",
        "config.page_store.tidy",
        "config.webhooks.tidy",
        "glossary.demand.tidy",
        "glossary.external_links.tidy",
        "glossary.hearing.tidy",
        "glossary.importing.running.tidy",
        "glossary.link_checks.plan",
        "glossary.reminding.plan",
        "leads.busy_feeds.plan",
        "leads.counting.tidy",
        "leads.digest.plan",
        "leads.puzzles.tidy",
        "leads.retention.run",
    ]
    for path in (
        *settings.TIDYING,
        *settings.OUTBOX_HANDLERS.values(),
        *settings.OUTBOX_GIVEN_UP,
        *settings.FIRST_STEPS,
    ):
        assert callable(import_string(path)), path
