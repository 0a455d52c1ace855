"""Addresses are those of reverse(), whatever they depend on."""

from contextvars import Context, copy_context

import pytest
from django.test import Client
from django.urls import (
    NoReverseMatch,
    clear_url_caches,
    get_script_prefix,
    reverse,
    set_script_prefix,
    set_urlconf,
)
from django.utils import translation

from config import addresses, site
from config.addresses import address_of
from config.admin import SiteSettingsAdmin
from config.models import SiteSettings
from tests.desk import filled
from tests.factories import make_site

pytestmark = pytest.mark.django_db

PLAIN, OTHER = ("net-3", "a"), ("學習", "é", "Upper")


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    """As in a process that has just begun."""
    monkeypatch.setattr(addresses, "_parts", {})
    clear_url_caches()
    set_urlconf(None)


@pytest.mark.parametrize("slug", PLAIN + OTHER)
@pytest.mark.parametrize("name", ["glossary:entry", "glossary:entry_markdown", "authors:author"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_it_is_what_django_says(name, slug, language):
    make_site()
    site.current()
    with translation.override(language):
        assert [address_of(name, slug) for _ in "ab"] == [reverse(name, args=[slug])] * 2
        assert address_of("glossary:index") == reverse("glossary:index")


def test_it_can_be_of_another_language():
    make_site()
    site.current()
    with translation.override("en"):
        assert address_of("glossary:entry", "net", language="de") == "/de/glossary/net/"
        assert address_of("glossary:entry", "學習", language="de").startswith("/de/glossary/")
        assert address_of("glossary:entry", "net") == "/glossary/net/"


def test_another_language_may_lose_its_prefix():
    settings = make_site()
    with translation.override("de"):
        site.current()
        assert address_of("glossary:entry", "net") == "/de/glossary/net/"
        settings.language = "de"
        settings.save()
        site.renew()
        assert address_of("glossary:entry", "net") == "/glossary/net/"


def test_who_has_the_former_settings_still_does_not_disturb_the_others():
    settings = make_site()
    with translation.override("de"):
        late, new = copy_context(), copy_context()
        late.run(site.renew)
        settings.language = "de"
        settings.save()
        new.run(site.renew)
        assert late.run(reverse, "glossary:entry", args=["net"]) == "/de/glossary/net/"
        assert new.run(address_of, "glossary:entry", "net") == "/glossary/net/"
        assert late.run(address_of, "glossary:entry", "net") == "/de/glossary/net/"
        assert new.run(reverse, "glossary:entry", args=["net"]) == "/glossary/net/"
        assert new.run(reverse, "admin:index") == "/admin/"


def test_nothing_is_kept_before_the_settings_are_known():
    make_site()
    for _ in "ab":
        site.forget()
        assert address_of("glossary:entry", "net") == "/glossary/net/"
        assert addresses._parts == {}
    site.current()
    assert address_of("glossary:entry", "net") == "/glossary/net/"
    assert addresses._parts


def test_who_reverses_before_asking_learns_of_another_language():
    def reversed_in_german() -> str:
        with translation.override("de"):
            return reverse("glossary:index")

    settings = make_site()
    assert Context().run(reversed_in_german) == "/de/glossary/"
    settings.language = "de"
    settings.save()
    site.renew()
    assert Context().run(reversed_in_german) == "/glossary/"


@pytest.mark.parametrize("fails", [False, True])
def test_the_first_act_of_a_process_may_be_to_change_the_language(
    admin_client, monkeypatch, fails
):
    make_site(language="en")
    path = "/admin/config/sitesettings/1/change/"
    data = {**filled(admin_client, path), "language": "de", "_save": "x"}
    clear_url_caches()
    addresses._parts.clear()
    site.forget()
    set_urlconf(None)
    if fails:
        monkeypatch.setattr(SiteSettingsAdmin, "response_change", failing)
        admin_client.raise_request_exception = False
    status = admin_client.post(path, data).status_code
    assert (status, SiteSettings.objects.get().language) == ((500, "en") if fails else (302, "de"))
    SiteSettings.objects.update(language="en")
    page = Client().get("/glossary/").content.decode()
    assert 'href="/glossary/"' in page
    assert 'href="/en/' not in page


def failing(admin, request, obj):
    reverse("home")
    reverse("admin:index")
    raise ZeroDivisionError


def test_a_folder_of_a_server_is_part_of_it():
    make_site()
    site.current()
    outside = get_script_prefix()
    assert address_of("glossary:entry", "net") == "/glossary/net/"
    set_script_prefix("/terms/")
    try:
        assert address_of("glossary:entry", "net") == "/terms/glossary/net/"
    finally:
        set_script_prefix(outside)


@pytest.mark.parametrize("slug", ["", "two words", "--"])
def test_what_no_page_is_called_has_none(slug):
    make_site()
    site.current()
    with pytest.raises(NoReverseMatch):
        address_of("glossary:card", slug)
