"""Settings of the test suite: the site's own, with only what makes tests faster or quieter."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Workers and subprocesses of a run share its folder, which goes with whoever made it; two runs
# at once do not.
if "HEADWORD_TESTS" not in os.environ:
    os.environ["HEADWORD_TESTS"] = tempfile.mkdtemp(prefix="headword-tests-")
    atexit.register(shutil.rmtree, os.environ["HEADWORD_TESTS"], ignore_errors=True)
_own = Path(os.environ["HEADWORD_TESTS"])

for _name in (
    *("ALLOWED_HOSTS", "CACHE_URL", "DATABASE_REPLICA_URL", "MEDIA_ROOT"),
    *("MEDIA_STORAGE_URL", "PAGES_ROOT", "PAGE_MEMORY", "SEARCH_URL", "TRUSTED_PROXIES"),
    "WEBHOOK_ALLOWED_HOSTS",
):
    os.environ.pop(_name, None)
os.environ["DATABASE_URL"] = (
    os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{_own / 'db.sqlite3'}"
)
# Processes that a test starts share the cache that it names.
if "TEST_CACHE_URL" in os.environ:
    os.environ["CACHE_URL"] = os.environ["TEST_CACHE_URL"]
os.environ["DEBUG"] = "false"
os.environ["EMAIL_URL"] = "memory:"
os.environ["SECRET_KEY"] = "a key for tests only, long enough to satisfy the check of its length"
os.environ["SITE_URL"] = "https://glossary.example"

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, STORAGES, TEMPLATES  # noqa: E402

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# The site behind live_server speaks plain HTTP; tests of the redirect switch it on.
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
# No thread writes into the database of a test: `counting.flush` does.
COUNTS_WAIT = 0
# One process is all there is; tests of others say so.
PAGE_LEASE = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STORAGES["private"] |= {"OPTIONS": {"location": _own / "private"}}
WHITENOISE_AUTOREFRESH = True
TEMPLATES[0]["OPTIONS"]["debug"] = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: the workers of the outbox tests are real connections.
    DATABASES["default"]["TEST"] = {"NAME": str(_own / "test.sqlite3")}
else:
    DATABASES["default"]["OPTIONS"] = {}
