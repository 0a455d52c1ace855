"""Where a call stood: signed in its link, believed by the form, the same bytes for everybody."""

import re
from html import unescape
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.test import Client

from leads import marks, origin
from leads.models import Attribution, Lead
from leads.models.ledger import Position
from tests.factories import (
    make_draft,
    make_entry,
    make_offer,
    make_path,
    make_site,
    make_staff,
)
from tests.test_requesting import filled

pytestmark = pytest.mark.django_db
PATH = "/glossary/café-au-lait/"


def calls(client: Client, path: str) -> dict[str, dict[str, str]]:
    """What the link of each call on a page carries, by its position."""
    page = client.get(path).content.decode()
    found = {}
    for href, call in re.findall(r'href="([^"]+)" data-call="([^"]+)"', page):
        query = parse_qs(urlsplit(unescape(href)).query)
        carried = {name: values[0] for name, values in query.items()}
        assert carried["via"].partition(".")[0] == call.partition(".")[0]
        found[call.partition(".")[0]] = carried
    return found


# Signing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("position", Position)
def test_a_signed_position_is_believed_for_its_page_and_offer_alone(position):
    offer, other = make_offer(), make_offer(slug="other", is_default=False)
    via = origin.via(PATH, offer, position)
    assert origin.position_of(via, PATH, offer) == position
    assert origin.position_of(via, "/glossary/tea/", offer) == ""
    assert origin.position_of(via, PATH, other) == ""
    assert origin.position_of(via, PATH, None) == ""
    # The head of a page leads to the default offer, whichever that is when it is followed.
    general = origin.via(PATH, None, position)
    assert [origin.position_of(general, PATH, each) for each in (offer, other, None)] == [
        position
    ] * 3


@pytest.mark.parametrize(
    "via",
    [
        *("", ".", "end", "end.", "end.AAAAAAAAAAAAAAAA", "nowhere.{mark}", "bar.{mark}"),
        *("end.{mark}=", "END.{mark}", "end.{mark}.end", " end.{mark}", "end.\ud800", "end.é\0"),
        *("end." + "A" * 10_000, "{mark}"),
    ],
    ids=lambda via: ascii(via)[:30],
)
def test_what_we_did_not_sign_is_no_position(via):
    mark = origin.via(PATH, None, Position.END).partition(".")[2]
    assert origin.position_of(f"end.{mark}", PATH, None) == "end"
    assert origin.position_of(via.replace("{mark}", mark), PATH, None) == ""


def test_a_signature_has_96_bits_and_outlives_a_change_of_the_key(settings):
    via = origin.via(PATH, None, Position.END)
    assert re.fullmatch(r"end\.[\w-]{16}", via, re.ASCII)
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another key"
    assert origin.position_of(via, PATH, None) == ""
    settings.SECRET_KEY_FALLBACKS = [former]
    assert origin.position_of(via, PATH, None) == "end"
    assert marks.mark("a", "b", 1) != marks.mark("a", "b1") != marks.mark("ab", "1")


# Pages ------------------------------------------------------------------------------------


def test_every_call_of_an_entry_says_where_it_stands(client):
    make_site()
    offer = make_offer()
    path = make_entry(term="Café au lait", slug="café-au-lait").get_absolute_url()
    found = calls(client, path)
    assert sorted(found) == ["bar", "end", "footer", "header", "line"]
    assert {each["from"] for each in found.values()} == {PATH}
    assert {
        origin.position_of(each["via"], each["from"], offer) for each in found.values()
    } == set(found)


def test_other_pages_and_the_markdown_twin_say_it_as_well(client):
    make_site()
    offer = make_offer(search_phrases="tea")
    entry = make_entry(term="Tea")
    assert sorted(calls(client, "/search/?q=tea")) == ["end", "footer", "header", "search"]
    assert sorted(calls(client, "/glossary/")) == ["end", "footer", "header"]
    twin = client.get("/glossary/tea.md").content.decode()
    (link,) = re.findall(rf"\[{offer.button}\]\((\S+)\)", twin)
    query = parse_qs(urlsplit(link).query)
    assert link.startswith("https://glossary.example/consultation/")
    assert origin.position_of(query["via"][0], entry.get_absolute_url(), offer) == "twin"
    assert twin.endswith(f"\n\n[{offer.button}]({link})\n")


def test_a_twin_without_an_offer_ends_with_its_text(client):
    make_site()
    make_entry(term="Tea", body="Leaves.")
    assert client.get("/glossary/tea.md").content.decode().endswith("\n\nLeaves.\n")


def test_pages_are_the_same_bytes_for_everybody(client):
    make_site()
    make_offer()
    entries = [make_entry(term="Tea"), make_entry(term="Coffee")]
    path = make_path(*entries).get_absolute_url()
    staff, returning = Client(), Client(headers={"referer": "https://elsewhere.example/"})
    staff.force_login(make_staff("publisher"))
    for page in ("/", "/glossary/tea/", "/glossary/", "/search/?q=tea", path, "/glossary/tea.md"):
        answers = [each.get(page) for each in (client, returning, staff, client)]
        assert len({answer.content for answer in answers}) == 1, page
        assert not any(answer.cookies for answer in answers)


def test_no_link_carries_a_secret_address(client):
    make_site()
    make_offer()
    for path in ("/drafts/SECRET/", "/pt/drafts/SECRET/", "/consultation/booking/SECRET/"):
        page = client.get(path).content.decode()
        assert ("from=" in page, 'data-seen=""' in page, "<footer" in page) == (False, True, True)
        assert origin.clean_path(path) == ""
    make_entry(term="Drafts")
    assert calls(client, "/glossary/drafts/")["end"]["from"] == "/glossary/drafts/"


def test_the_form_does_not_name_itself_as_where_somebody_came_from(client):
    make_site()
    make_offer()
    for path in ("/consultation/", "/consultation/thanks/"):
        page = client.get(path).content.decode()
        assert (calls(client, path), 'href="/consultation/"' in page) == ({}, True)


# The form ---------------------------------------------------------------------------------


def send(client: Client, **fields: str) -> Attribution:
    assert client.post("/consultation/", filled(**fields)).status_code == 302
    return Lead.objects.get().attribution


def test_a_request_keeps_where_its_call_stood(client):
    make_site()
    make_offer()
    entry = make_entry(term="Tea")
    call = calls(client, "/glossary/tea/")["bar"]
    query = f"from={quote(call['from'])}&via={call['via']}"
    form = client.get(f"/consultation/?{query}").context["form"]
    assert (form["via"].value(), form["source"].value()) == (call["via"], "/glossary/tea/")
    line = send(client, via=call["via"], source=call["from"])
    assert (line.position, line.entry, line.lead.entry) == ("bar", entry, entry)


@pytest.mark.parametrize("via", ["bar.AAAAAAAAAAAAAAAA", "bar", "\0", "🙂" * 9000])
def test_a_forged_position_is_neither_carried_nor_kept(client, via):
    make_site()
    make_offer()
    make_entry(term="Tea")
    page = client.get("/consultation/", {"from": "/glossary/tea/", "via": via})
    assert page.context["form"]["via"].value() == ""
    line = send(client, via=via, source="/glossary/tea/")
    assert (line.position, line.lead.source_path) == ("", "/glossary/tea/")


def test_entries_are_found_by_their_paths_with_one_query(django_assert_num_queries):
    make_site()
    first, second = make_entry(term="Tea"), make_entry(term="Onda", language="pt")
    make_draft(term="Secret")
    paths = ["/pt/glossary/onda/", "/glossary/secret/", "/glossary/tea/", "/nowhere/", ""]
    with django_assert_num_queries(1):
        found = origin.entries_at(paths)
    assert list(found.items()) == [("/pt/glossary/onda/", second), ("/glossary/tea/", first)]
    with django_assert_num_queries(0):
        assert origin.entries_at(["/nowhere/"]) == {}
