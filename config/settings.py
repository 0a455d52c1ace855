"""Settings, read top to bottom. The environment variables are explained in README.md."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from config.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

# Development or not -----------------------------------------------------------------------

DEBUG = env.boolean("DEBUG", False)
if DEBUG:
    SECRET_KEY = env.text(
        "SECRET_KEY", "a key for development, known to everybody; never deploy it"
    )
    SITE_URL = env.origin("SITE_URL", "http://127.0.0.1:8000")
else:
    SECRET_KEY = env.text("SECRET_KEY")
    SITE_URL = env.origin("SITE_URL")
    if len(SECRET_KEY) < 50:
        raise ImproperlyConfigured("SECRET_KEY: fewer than 50 characters can be guessed")

SECRET_KEY_FALLBACKS = env.items("SECRET_KEY_FALLBACKS")
SITE_HOST = urlsplit(SITE_URL).hostname
# Absolute addresses are made from SITE_URL, never from the Host header, so that letting probes
# in by their local name gives nothing away.
ALLOWED_HOSTS = [SITE_HOST, *env.items("ALLOWED_HOSTS"), "localhost", "127.0.0.1", "[::1]"]

# The house --------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "markdownx",
    "taggit",
    "config",
    "authors",
    "glossary",
    "leads",
]
MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "config.proxies.TrustedProxyMiddleware",
    # Reports of views are many: they pass by everything that asks the database or knows sessions.
    "leads.beacons.SeenMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.http.ContentPolicyMiddleware",
    "config.http.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.http.GZipMiddleware",
    "config.http.ConditionalGetMiddleware",
    # Sessions and users only touch requests that ask for them: public pages stay cookie-free.
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.site.SiteMiddleware",
    "config.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.http.StorageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATE_LOADERS = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.site.context",
            ],
            # In development read anew for each page, so that a change of a template shows at once.
            "loaders": TEMPLATE_LOADERS
            if DEBUG
            else [("config.folded_templates.Loader", TEMPLATE_LOADERS)],
        },
    },
]
# Public templates never mention the user; the two admin processors above are lazy.

# Widgets' templates come from templates/ like all others.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Side effects by the kind of their outbox message: the only place that ties floors to handlers.
OUTBOX_HANDLERS = {
    "config.deliver_webhook": "config.webhook_delivery.deliver",
    "config.language_changed": "glossary.relinking.rerender_everything",
    "config.remove_picture": "config.pictures.remove_files",
    "glossary.adopt_pictures": "glossary.pictures.adopt",
    "config.review_interval_changed": "glossary.freshness.renew_all",
    "glossary.check_links": "glossary.link_checks.check",
    "glossary.bulk": "glossary.bulk_runs.carry_on",
    "glossary.import_run": "glossary.importing.running.work",
    "glossary.index_entries": "glossary.indexing.index",
    "glossary.indexnow": "glossary.indexnow.send",
    "glossary.publish_planned": "glossary.publishing.publish_planned",
    "glossary.relate": "glossary.related.relate",
    "glossary.relink": "glossary.relinking.relink_mentions",
    "glossary.remind_of_reviews": "glossary.reminding.remind",
    "glossary.rerender": "glossary.relinking.rerender_sources",
    "glossary.tell_reviewer": "glossary.review_mail.tell_reviewer",
    "glossary.tell_writer": "glossary.review_mail.tell_writer",
    "glossary.tell_asker": "glossary.askers.tell_asker",
    "glossary.tell_askers": "glossary.askers.tell_askers",
    "glossary.tell_webhooks": "glossary.webhooks.tell_of_appearance",
    "leads.expire_booking": "leads.booking.expire",
    "leads.fetch_feed": "leads.busy_feeds.fetch",
    "leads.notify_of_booking": "leads.booking_mail.notify",
    "leads.notify_staff": "leads.mail.notify_staff",
    "leads.remind": "leads.booking_mail.remind",
    "leads.send_reply": "leads.replying.send",
    "leads.send_digest": "leads.digest.send",
    "leads.tell_host": "leads.booking_mail.tell_host",
    "leads.tell_of_failures": "leads.failures.tell",
    "leads.tell_prospect": "leads.booking_mail.tell_prospect",
    "leads.warn_of_feed": "leads.busy_feeds.warn",
    "leads.confirm_request": "leads.mail.confirm_request",
}

# Where tests let a worker die, as config.failpoints says; nothing in the environment fills it.
FAILPOINTS: dict[str, str] = {}
# What is called with an outbox message that is given up, in the transaction that notes it.
OUTBOX_GIVEN_UP = ["leads.failures.note"]

# What the worker calls every hour, besides tidying the outbox.
TIDYING = [
    "config.limits.tidy",
    "config.page_files.tidy",
    "config.page_store.tidy",
    "config.webhooks.tidy",
    "glossary.hearing.tidy",
    "glossary.demand.tidy",
    "glossary.importing.running.tidy",
    "glossary.reminding.plan",
    "glossary.external_links.tidy",
    "glossary.link_checks.plan",
    "leads.busy_feeds.plan",
    "leads.puzzles.tidy",
    "leads.counting.tidy",
    "leads.digest.plan",
    "leads.retention.run",
]

# What the desk's home page says to do first, in this order.
FIRST_STEPS = [
    "config.first_steps.settings_step",
    "authors.first_steps.step",
    "leads.first_steps.step",
    "leads.first_steps.calendar_step",
    "glossary.first_steps.written",
    "glossary.first_steps.published",
    "config.first_steps.staff_step",
]

# What the desk's home page shows, in this order: each makes its part for whoever looks.
DESK_PANELS = [
    "leads.desk_home.unanswered",
    "leads.desk_home.todays_talks",
    "leads.desk_home.to_confirm",
    "leads.desk_home.month",
    "glossary.desk_home.reviews",
    "glossary.desk_home.demanded",
    "config.outbox_health.panel",
]

# Kinds of messages that are of no use once they are late.
REMINDERS = ["leads.remind"]

# Rows that come with the site settings, in the same query: attribute → what makes the subquery.
SITE_ROWS = {
    "offers": "leads.offers.rows",
    "offer_topics": "leads.offers.topic_rows",
    "has_webhooks": "config.webhooks.rows",
}

# What webhooks can be told of, in the words of the desk; docs/webhooks.md says what they are sent.
WEBHOOK_EVENTS = {
    "lead.created": "a request arrives, or is taken out of the suspected spam",
    "lead.status_changed": "a request changes its state",
    "booking.created": "a time is booked",
    "booking.confirmed": "a booking that waited is confirmed",
    "booking.moved": "a booking gets another time",
    "booking.cancelled": "a booking is cancelled, refused or expires",
    "booking.held": "a talk took place",
    "booking.no_show": "somebody did not come",
    "entry.published": "readers see an entry that they did not see before",
    "entry.updated": "readers see a new version of an entry",
    "entry.withdrawn": "an entry disappears from the site",
}

# What follows when topics become one: called with those that go, and `into`.
TOPICS_MERGED = ["leads.offers.follow_merge"]

# What the Markdown twin of an entry ends with: called with the entry, returns Markdown.
TWIN_CALL = "leads.twin_calls.of_entry"

# Seconds that views and clicks are added up in memory before they are written; 0: until asked.
COUNTS_WAIT = 5

# Modules that know where pictures are used; one in use is not deleted.
PICTURE_USES = ["config.picture_uses", "glossary.pictures"]
# What makes a remark beside the form of an entry, such as what it brought in.
ENTRY_REMARKS = ["leads.admin.entry_remarks.figures"]
# What the archive of the site holds besides the glossary: name of the file → what yields its rows.
ARCHIVED = {"calendars": "leads.archiving.calendars", "offers": "leads.archiving.offers"}

# Seconds that a process relies on what it asked about changed pages, and that whoever changes one
# waits before it answers.
PAGE_LEASE = 0.05
# Which rows public pages show: what changes of them make new.
PAGE_STAMPS = [
    "config.page_stamps.STAMPS",
    "authors.page_stamps.STAMPS",
    "glossary.page_stamps.STAMPS",
    "leads.page_stamps.STAMPS",
]

# Data -------------------------------------------------------------------------------------

VAR_DIR = BASE_DIR / "var"
"""Where data goes unless told otherwise; never in the repository."""
DATABASE_URL = env.text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'headword.sqlite3'}")
if str(VAR_DIR) in DATABASE_URL:
    VAR_DIR.mkdir(exist_ok=True)
DATABASES = {"default": env.read("dj_db_url", "DATABASE_URL", DATABASE_URL)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Writers queue instead of failing: Django's deferred transactions lose the race for the lock.
    DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Of the cache each thread has one, and keeps it as long as its connection.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4000;"
        ),
    }
    # Opening the file and reading its schema costs more than all queries of a page.
    DATABASES["default"]["CONN_MAX_AGE"] = 60  # seconds
else:
    # A machine that vanished would be waited for a quarter of an hour.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "tcp_user_timeout": 10_000,  # milliseconds; all others are seconds
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        **DATABASES["default"].get("OPTIONS", {}),
        # A page that cannot have a connection by then says so.
        "pool": {"min_size": 1, "max_size": 8, "timeout": 5},
    }
DATABASE_ROUTERS: list[str] = []
if env.text("DATABASE_REPLICA_URL", ""):
    DATABASE_ROUTERS = ["config.replica.Router"]
    DATABASES["replica"] = env.read("dj_db_url", "DATABASE_REPLICA_URL")
    if {each["ENGINE"] for each in DATABASES.values()} != {"django.db.backends.postgresql"}:
        raise ImproperlyConfigured(
            "DATABASE_REPLICA_URL: only PostgreSQL has replicas, so that both it and "
            "DATABASE_URL have to be addresses like postgres://user:password@host/headword"
        )
    # Whoever cannot have it at once asks the primary; a machine that vanished is soon noticed.
    DATABASES["replica"].setdefault("OPTIONS", {}).update(
        pool={"min_size": 1, "max_size": 8, "timeout": 0.25},
        connect_timeout=2,
        tcp_user_timeout=3000,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=2,
    )
REPLICA_CHECK = "config.replica.has_everything"
"""What says whether the replica may answer: it has all that was committed before."""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Several sites may share one server.
CACHES = {"default": {"KEY_PREFIX": SITE_HOST, **env.cache("CACHE_URL")}}
# Finished pages, in the same cache.
CACHES["pages"] = {**CACHES["default"], "KEY_PREFIX": f"{SITE_HOST}:pages"}
if CACHES["pages"]["BACKEND"].endswith(".FileBasedCache"):
    # For pages alone: Django's own would fail where the disk does, and unpickle what is there.
    CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
if CACHES["pages"]["BACKEND"].endswith(".SharedCache"):
    CACHES["pages"]["OPTIONS"] = {"serializer": "config.page_store.BytesSerializer"}
PAGE_MEMORY = env.integer("PAGE_MEMORY", 0 if DEBUG else 32)
"""Megabytes of finished pages that each process keeps; 0: none are kept anywhere."""
PAGES_ROOT = env.text("PAGES_ROOT", "")
"""Where finished pages are left for a web server on the same machine; nowhere when empty."""
SEARCH_SERVER = env.search_server("SEARCH_URL")
"""The OpenSearch server that finds entries; None: the database does."""

MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR_DIR / "media")))
_storage = env.media_storage("MEDIA_STORAGE_URL")
MEDIA_URL = (_storage and _storage.public) or "/media/"
"""Where readers find uploads. Texts always say /media/, so that uploads can move."""
# Longest form that is read, files not counted: a text of 200,000 characters in any script.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o644

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Uploads that wait for an import: beside the media folder, where no server looks.
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": MEDIA_ROOT.with_name(f"{MEDIA_ROOT.name}-private"),
            # Exports of other systems hold addresses: for nobody else on the machine.
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
if _storage:
    STORAGES |= {"default": _storage.media, "private": _storage.private}
WHITENOISE_MAX_AGE = 0 if DEBUG else 60

# Language and time ------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("pt", "Português"), ("de", "Deutsch")]
FORMAT_MODULE_PATH = ["config.formats"]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# Staff ------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")

TAGGIT_CASE_INSENSITIVE = True
MARKDOWNX_MARKDOWNIFY_FUNCTION = "config.markdown.to_html"
MARKDOWNX_URLS_PATH = reverse_lazy("markdownx_markdownify")
MARKDOWN_PREVIEW = "glossary.previewing.preview"
"""Renders the text of an entry for the editor; other texts have no links by name."""
MARKDOWN_WRITER_PERMISSIONS = (
    "authors.change_author",
    "config.change_sitesettings",
    "glossary.add_entry",
    "glossary.change_entry",
    "leads.change_offer",
)
"""Any of these lets staff preview Markdown and upload pictures for it."""
MARKDOWNX_UPLOAD_URLS_PATH = reverse_lazy("markdownx_upload")

# Mail -------------------------------------------------------------------------------------

_service = env.mail_service("EMAIL_URL", "EMAIL_WEBHOOK_SECRET")
MAIL_SERVICE = _service["MAIL_SERVICE"]
"""The service that sends by an API of its own, "" for a plain mail server."""
MAIL_SERVICE_REFUSALS = _service["MAIL_SERVICE_REFUSALS"]
MAIL_SERVICE_VIEW = _service["MAIL_SERVICE_VIEW"]
"""What hears of mails that came back; "" without EMAIL_WEBHOOK_SECRET."""
ANYMAIL = _service["ANYMAIL"]
if MAIL_SERVICE and find_spec("anymail") is None:
    raise ImproperlyConfigured("EMAIL_URL: mail services need the package django-anymail")
_mail = env.read("dj_email_url", "EMAIL_URL", *(["console:"] if DEBUG else [])) | _service
if "EMAIL_BACKEND" not in _mail:
    raise ImproperlyConfigured("EMAIL_URL: write it like smtp://user:password@host:587/?tls=True")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail["EMAIL_HOST"]
EMAIL_PORT = _mail["EMAIL_PORT"]
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _mail["EMAIL_USE_TLS"]
EMAIL_USE_SSL = _mail["EMAIL_USE_SSL"]
EMAIL_FILE_PATH = _mail["EMAIL_FILE_PATH"]
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = _mail.get("DEFAULT_FROM_EMAIL") or f"website@{SITE_HOST}"
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Safety -----------------------------------------------------------------------------------

_https = SITE_URL.startswith("https://")
TRUSTED_PROXIES = env.items("TRUSTED_PROXIES")
OUTGOING_ALLOWED_HOSTS = env.hosts("WEBHOOK_ALLOWED_HOSTS")
"""Hosts within the operator's network that `config.outgoing` may call nevertheless."""
INDEXNOW_ENDPOINT = "https://api.indexnow.org/indexnow"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
_elsewhere = ["{0.scheme}://{0.netloc}".format(urlsplit(MEDIA_URL))] if MEDIA_URL[0] != "/" else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # The admin's own style sheets hold small pictures.
        "img-src": [SELF, "data:", *_elsewhere],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}
# Whether the domain's other hosts speak TLS, and belong on browsers' preload lists, is for the
# owner of the domain to say, not for one site on it.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# Logs say what happened and where, never who: no address, no name, no message of a visitor.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.logs.DiscreetFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # It would tell of each attempt to reach a replica; what fails for want of it says so.
        "psycopg.pool": {"level": "ERROR"},
        # 404s of the open internet are not news.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"handlers": [], "propagate": False},
    },
}
