"""Fixtures for all tests: a media folder of their own, fresh site settings."""

import os
import shutil

import hypothesis
import pytest
from django.core.cache import cache

from config import site
from tests.factories import make_staff

hypothesis.settings.register_profile("suite", max_examples=30, deadline=None)
hypothesis.settings.load_profile("suite")


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _fresh_settings():
    site.forget()
    cache.clear()
    yield
    site.forget()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The machine's own Chromium: Playwright's would have to be downloaded."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.skip("no Chromium found")
    # Playwright's loop lives in this thread, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return {
        **browser_type_launch_args,
        "executable_path": chromium,
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    }


@pytest.fixture(scope="session")
def base_url():
    """None: tests name the address of their live server. The plugin's own is deprecated."""
    return


@pytest.fixture
def publisher(client):
    client.force_login(make_staff("publisher"))
    return client
