"""Settings of web servers and workers that tests run as processes of their own."""

import os

_cache_url = os.environ.get("WEB_CACHE_URL", "")

from tests.settings import *  # noqa: E402, F403
from tests.settings import SITE_HOST, env  # noqa: E402

os.environ["CACHE_URL"] = _cache_url
CACHES = {"default": {"KEY_PREFIX": SITE_HOST, **env.cache("CACHE_URL")}}
CACHES["pages"] = {**CACHES["default"], "KEY_PREFIX": f"{SITE_HOST}:pages"}
if CACHES["pages"]["BACKEND"].endswith(".FileBasedCache"):
    CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
if CACHES["pages"]["BACKEND"].endswith(".SharedCache"):
    CACHES["pages"]["OPTIONS"] = {"serializer": "config.page_store.BytesSerializer"}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
PAGE_LEASE = 0.05
