"""Addresses on other sites: noted when a text is published, forgotten when unused."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from config import markdown
from glossary import external_links, relinking
from glossary.external_links import found_in, store
from glossary.models import Entry, ExternalLink
from tests.factories import make_draft, make_entry

pytestmark = pytest.mark.django_db


def note(entry, *urls):
    store(entry, markdown.to_html(" ".join(f"[x]({url})" for url in urls)))


def urls_of(entry) -> list[str]:
    return sorted(entry.external_links.values_list("url", flat=True))


@pytest.mark.parametrize(
    ("href", "found"),
    [
        ("https://example.org/a?b=1&c=2", "https://example.org/a?b=1&c=2"),
        ("http://example.org", "http://example.org"),
        ("https://example.org/a#part", "https://example.org/a"),
        ("//example.org/a", "https://example.org/a"),
        ("HTTPS://Example.org/A", "https://example.org/A"),
        ("https://glossary.example.org/", "https://glossary.example.org/"),
        ("https://glossary.example/glossary/warp/", None),
        ("https://GLOSSARY.example/x", None),
        ("/glossary/warp/", None),
        ("warp", None),
        ("#part", None),
        ("mailto:a@example.org", None),
        ("tel:+1", None),
        ("https://user:secret@example.org/", None),
        ("https://[::1/", None),
        ("https://", None),
        ("", None),
    ],
)
def test_links_to_other_sites_are_found(href, found):
    html = f'<p>A <a class="x" href="{href.replace("&", "&amp;")}" title="a > b">word</a>.</p>'
    assert found_in(html) == ({found} if found else set())


def test_only_links_count_and_only_of_sensible_length():
    long = "https://example.org/" + "a" * external_links.LONGEST
    html = f'<img src="https://example.org/i.png"><a href="{long}">x</a><code>https://a.b/</code>'
    assert found_in(html) == set()


def test_addresses_follow_the_text(django_assert_num_queries):
    entry, other = make_entry(), make_entry()
    note(other, "https://example.org/b")
    note(entry, "https://example.org/a", "https://example.org/b")
    assert urls_of(entry) == ["https://example.org/a", "https://example.org/b"]
    assert ExternalLink.objects.count() == 2
    text = markdown.to_html("[x](https://example.org/b) [y](https://example.org/c)")
    with django_assert_num_queries(8):
        # Beginning and end of the transaction, and six.
        store(entry, text)
    assert urls_of(entry) == ["https://example.org/b", "https://example.org/c"]
    with django_assert_num_queries(3):
        store(entry, text)
    store(entry, "")
    assert (urls_of(entry), urls_of(other)) == ([], ["https://example.org/b"])


def test_more_addresses_cost_no_more_queries(django_assert_num_queries):
    entry = make_entry()
    html = markdown.to_html(" ".join(f"[x](https://example.org/{n})" for n in range(100)))
    with django_assert_num_queries(7):
        store(entry, html)
    assert entry.external_links.count() == 100


def test_unused_addresses_are_forgotten_used_ones_are_not():
    entry = make_entry()
    note(entry, "https://example.org/a", "https://example.org/b")
    note(entry, "https://example.org/b")
    assert external_links.tidy() == 1
    assert [link.url for link in ExternalLink.objects.all()] == ["https://example.org/b"]
    Entry.objects.all().delete()
    assert external_links.tidy() == 1


def test_only_addresses_of_the_site_s_entries_are_in_use():
    for state in ("draft", "withdrawn"):
        note(make_draft(state=state), f"https://example.org/{state}")
    shown = make_entry()
    note(shown, "https://example.org/a")
    note(make_entry(), "https://example.org/a")
    ExternalLink.objects.update(failures=2)
    assert [link.url for link in external_links.in_use()] == ["https://example.org/a"]
    assert external_links.broken().count() == 1
    ExternalLink.objects.update(failures=1)
    assert external_links.broken().count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_entries_may_come_to_one_address_at_once():
    entries = [make_entry(), make_entry()]
    barrier = Barrier(2, timeout=20)

    def publish(entry):
        try:
            barrier.wait()
            note(entry, "https://example.org/a", "https://example.org/b")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(publish, entries))
    assert [len(urls_of(entry)) for entry in entries] == [2, 2]
    assert ExternalLink.objects.count() == 2


def test_rendering_again_notes_the_addresses_of_older_entries():
    entry = make_entry(body="[x](https://example.org/a)")
    store(entry, "")
    relinking.rerender(entry)
    assert urls_of(entry) == ["https://example.org/a"]
