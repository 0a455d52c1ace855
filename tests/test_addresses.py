import pytest

from config import site
from glossary import addresses, publishing
from glossary.addresses import Found, LinkResolver, target_of
from glossary.models import InternalLink
from tests.factories import make_draft, make_entry, make_site

pytestmark = pytest.mark.django_db

WARP = ("en", "warp")


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("/glossary/warp/", WARP),
        ("/glossary/warp", WARP),
        ("/glossary/warp/#size", WARP),
        ("/glossary/warp#size", WARP),
        ("/glossary/warp/?from=mail", WARP),
        ("https://glossary.example/glossary/warp/", WARP),
        ("https://glossary.example/glossary/warp?x=1#size", WARP),
        ("/pt/glossary/warp/", ("pt", "warp")),
        ("https://glossary.example/pt/glossary/warp/", ("pt", "warp")),
        ("/glossary/%E5%AD%A6%E7%BF%92/", ("en", "学習")),
        ("/glossary/学習/", ("en", "学習")),
        ("/pt/glossary/intelig%C3%AAncia/", ("pt", "inteligência")),
        # Elsewhere
        ("https://other.example/glossary/warp/", None),
        ("https://glossary.example.org/glossary/warp/", None),
        ("https://glossary.example@other.example/glossary/warp/", None),
        ("http://glossary.example/glossary/warp/", None),
        ("//glossary.example/glossary/warp/", None),
        ("//other.example/glossary/warp/", None),
        ("https://glossary.example//other.example/glossary/warp/", None),
        ("mailto:a@glossary.example", None),
        ("javascript:alert(1)", None),
        # Other pages, and what the entry's address is not
        ("/", None),
        ("/glossary/", None),
        ("/glossary/letter/W/", None),
        ("/topics/warp/", None),
        ("/admin/", None),
        ("/en/glossary/warp/", None),
        ("/xx/glossary/warp/", None),
        ("/glossary/warp/size/", None),
        ("/glossary/../glossary/warp/", None),
        ("glossary/warp/", None),
        ("warp", None),
        ("#size", None),
        ("", None),
        ("https://glossary.example", None),
        # Garbage
        ("http://[", None),
        ("https://[glossary.example]/", None),
        ("/glossary/[/", None),
        ("/glossary/wa\0rp/", None),
        ("/glossary/wa%00rp/", None),
        ("/glossary/%ff/", None),
        ("/glossary/\ud800/", None),
        ("/glossary/" + "é" * 5000 + " /", None),
    ],
)
def test_target_of_a_link(href, target):
    assert target_of(href) == target


def test_target_of_a_link_follows_the_site_s_own_language():
    assert target_of("/glossary/warp/") == ("en", "warp")
    make_site(language="pt")
    site.forget()
    assert target_of("/glossary/warp/") == ("pt", "warp")
    assert target_of("/en/glossary/warp/") == ("en", "warp")


@pytest.mark.parametrize(
    ("href", "shown"),
    [
        ("/glossary/warp/", "/new/"),
        ("/glossary/warp", "/new/"),
        ("/glossary/warp/#size", "/new/#size"),
        ("https://glossary.example/glossary/warp/#size", "/new/#size"),
        ("/glossary/hidden/", None),
        ("/glossary/hidden/#size", None),
        ("/glossary/", "/glossary/"),
        ("https://other.example/#x", "https://other.example/#x"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("http://[", "http://["),
        ("", ""),
    ],
)
def test_resolver_shows_public_entries_and_other_links(href, shown):
    assert LinkResolver({WARP: Found(1, "/new/")}.get)(href) == shown


def test_resolver_remembers_the_entries_a_text_names():
    resolver = LinkResolver({WARP: Found(1, "/new/")}.get)
    for href in ("/glossary/warp/", "/glossary/warp/#size", "/pt/glossary/x/", "/topics/y/", "#z"):
        resolver(href)
    assert resolver.targets == {WARP, ("pt", "x")}


@pytest.mark.parametrize(
    ("make", "address"),
    [
        (lambda: make_entry(slug="warp"), "/glossary/warp/"),
        (lambda: make_draft(slug="warp"), None),
        (lambda: make_entry(slug="warp", language="pt"), None),
        (lambda: None, None),
    ],
    ids=["public", "draft", "other language", "nothing"],
)
def test_only_public_entries_have_an_address(make, address):
    make()
    found = addresses.public_entry(WARP)
    assert (found.path if found else None) == address


def test_address_of_a_public_entry_costs_one_query_and_an_old_one_two(
    django_assert_num_queries,
):
    entry = make_entry(slug="wavefront")
    publishing.rename(entry, old_address=WARP)
    site.current()
    found = Found(entry.pk, "/glossary/wavefront/")
    with django_assert_num_queries(1):
        assert addresses.public_entry(("en", "wavefront")) == found
    with django_assert_num_queries(2):
        assert addresses.public_entry(WARP) == found


def links_of(entry):
    return sorted(InternalLink.objects.filter(source=entry).values_list("language", "slug"))


def test_links_of_a_text_are_stored_once_whether_public_or_not():
    make_entry(slug="warp")
    entry = make_entry(
        body="[a](/glossary/warp/) [b](/glossary/warp#x) [c](/glossary/missing/) "
        "[d](/pt/glossary/warp/) [e](https://other.example/glossary/no/) `[f](/glossary/code/)`"
    )
    assert links_of(entry) == [("en", "missing"), ("en", "warp"), ("pt", "warp")]


def test_storing_keeps_the_rows_that_stay():
    entry = make_draft()
    addresses.store(entry, [WARP, ("en", "old")])
    kept = InternalLink.objects.get(slug="warp").pk
    addresses.store(entry, [WARP, ("en", "new")])
    assert links_of(entry) == [("en", "new"), WARP]
    assert InternalLink.objects.get(slug="warp").pk == kept


def test_link_longer_than_any_address_is_no_obstacle_to_publishing():
    entry = make_entry(body=f"See [this](/glossary/{'a' * 101}/).")
    assert entry.body_html.strip() == "<p>See this.</p>"


def test_sources_are_found_at_every_address_of_their_target():
    target = make_entry(slug="wavefront")
    publishing.rename(target, old_address=WARP)
    by_old, by_new = (make_entry(body=f"[x](/glossary/{s}/)") for s in ("warp", "wavefront"))
    make_entry(body="[x](/pt/glossary/warp/) [itself](/topics/warp/)")
    assert sorted(addresses.sources_linking_to(target)) == [by_old.pk, by_new.pk]


def test_links_in_raw_html_are_decided_on_as_well():
    make_draft(term="Secret", slug="secret")
    make_entry(term="Open", slug="open")
    raw = '<a href="/glossary/secret/">one</a> <a href="/glossary/open/#x">two</a>'
    entry = make_entry(term="Raw", body=f"{raw}\n\n<div>{raw}</div>")
    assert "secret" not in entry.body_html
    assert entry.body_html.count('<a href="/glossary/open/#x">two</a>') == 2
